package chat

import (
	"bytes"
	"crypto/sha512"
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
)

// The safety code lets two people see that nobody stands between them: they compare what their two screens show, in words
// or in digits. Each has a half of it, from their key alone, so that a key whose half looks like another's has to be found
// once for each person who is to be deceived, and every try costs all the rounds: 2^82 hashes for the words, 2^115 for the
// digits.

const (
	safetyTag    = "haggle safety code v1\x00"
	safetyRounds = 1 << 16 // some 40 ms
	safetyGroups = 6       // of five digits, in one half: 99 bits
	safetyWords  = 6       // in one half, each one of 2,048: 66 bits
	wordsAt      = 5 * safetyGroups
)

// The words of a language, in the order that their numbers have for ever. Everyday words that look and sound apart.
var (
	//go:embed words/en.txt
	rawEnglish string
	//go:embed words/zh.txt
	rawChinese string

	englishWords = strings.Fields(rawEnglish)
	chineseWords = strings.Fields(rawChinese)
)

// SafetyCode is the code of two peers in the three forms that people may compare. All say the same.
type SafetyCode struct {
	Digits           []string // twelve groups of five
	English, Chinese []string // twelve words
}

// SafetyCodeOf is the code of two peers, the same whichever comes first. It takes some 80 ms: not for the UI's goroutine,
// nor for the node's.
func SafetyCodeOf(a, b PeerID) SafetyCode {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	var code SafetyCode
	code.add(stretched(a))
	code.add(stretched(b))
	return code
}

// add appends one person's half.
func (c *SafetyCode) add(h [sha512.Size]byte) {
	for i := range safetyGroups {
		var five [8]byte
		copy(five[3:], h[5*i:5*i+5])
		c.Digits = append(c.Digits, fmt.Sprintf("%05d", binary.BigEndian.Uint64(five[:])%100_000))
	}
	for i := range safetyWords {
		n := int(binary.BigEndian.Uint16(h[wordsAt+2*i:]))
		c.English = append(c.English, englishWords[n%len(englishWords)])
		c.Chinese = append(c.Chinese, chineseWords[n%len(chineseWords)])
	}
}

// stretched is a key's hash that costs many rounds: what its half of the code is made of, in digits or in words.
func stretched(id PeerID) [sha512.Size]byte {
	h := sha512.Sum512(append([]byte(safetyTag), id[:]...))
	round := make([]byte, sha512.Size+len(id))
	copy(round[sha512.Size:], id[:])
	for range safetyRounds - 1 {
		copy(round, h[:])
		h = sha512.Sum512(round)
	}
	return h
}
