package chat_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"haggle/chat"
)

// TestA3SafetyCode holds the golden vectors of docs/protocol.md: both screens show the same, whoever comes first.
func TestA3SafetyCode(t *testing.T) {
	one, two := someone(1).id, someone(2).id
	ones := [3]string{"41401 73700 08750 79391 04325 77844", "meaning stubborn research panther piano audience", "牛车 性格 提高 森林 深情 标题"}
	twos := [3]string{"21653 76231 02578 53021 71494 71262", "flame forest untie sphere symphony chalk", "货车 急诊 月亮 象棋 研究 低声"}
	forms := func(c chat.SafetyCode) [3]string {
		return [3]string{strings.Join(c.Digits, " "), strings.Join(c.English, " "), strings.Join(c.Chinese, " ")}
	}
	for _, pair := range [][2]chat.PeerID{{one, two}, {two, one}} {
		for i, got := range forms(chat.SafetyCodeOf(pair[0], pair[1])) {
			if want := twos[i] + " " + ones[i]; got != want {
				t.Errorf("code %q, want %q", got, want)
			}
		}
	}
	for i, three := range forms(chat.SafetyCodeOf(one, someone(3).id)) {
		if !strings.Contains(three, ones[i]) || strings.Contains(three, twos[i]) {
			t.Errorf("a person's half is another one beside somebody else: %q", three)
		}
	}
}

// TestSafetyWords: the lists are full, no word stands there twice, and none ever moves: two versions of the program must
// show the same words.
func TestSafetyWords(t *testing.T) {
	for file, hash := range map[string]string{
		"words/en.txt": "4e3d30d46846da50ee6a837eddef816994859c9557fe61f1331fc04db5daec04",
		"words/zh.txt": "08f91147a88b7d51c51f0efb294a1635b7ef6922364ef1c0f097d02be8cae136",
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != hash {
			t.Errorf("%s has changed: its hash is %x", file, sum)
		}
		seen := map[string]bool{}
		for _, word := range strings.Fields(string(raw)) {
			if seen[word] {
				t.Errorf("%s: %s stands there twice", file, word)
			}
			seen[word] = true
			switch n := len([]rune(word)); {
			case file == "words/zh.txt" && n != 2, n > 8, file == "words/en.txt" && (n < 3 || strings.ToLower(word) != word):
				t.Errorf("%s: %s is no word for this list", file, word)
			}
		}
		if len(seen) != 2048 {
			t.Errorf("%s has %d words, want 2048", file, len(seen))
		}
	}
}
