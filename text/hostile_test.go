package text_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"haggle/text"
)

// hostile are the generators of text that froze a widget, and some aimed at the cleaner itself.
var hostile = []struct {
	name string
	unit string
}{
	{"words", "lorem ipsum "},
	{"chinese", "这件商品还在吗？"},
	{"newlines", "\r\n"},
	{"zalgo", "Z" + strings.Repeat("\u0301\u0316\u0489", 20)},
	{"families", "👩🏽\u200d❤️\u200d💋\u200d👨🏻👨\u200d👩\u200d👧\u200d👦\u200d"},
	{"bidi", "\u202ea\u2067b\u2066\u202d"},
	{"nul", "\x00"},
	{"badUTF8", "\xff\xc0\x80a\xed\xa0\x80"},
	{"privateUse", "\ue000\U000f0000\U0010fffd"},
	{"ligatures", "\ufdfa\ufdfb"},
	{"blanks", "\u3164\u115f\u2800\uffa0\u200b\u2060\u00ad\ufeff\u200d\ufe0f\u034f"},
	{"tags", "🏴\U000e0067\U000e0062\U000e0065\U000e007f"},
	{"jamo", "\u1100\u1100\u1161\u11a8\u11a8"},
	{"endlessMarks", "\u0301"},
	{"endlessJoins", "👩\u200d"},
	{"endlessJamo", "\u1161"},
	{"spaces", " \u3000\t\u00a0"},
	{"prepends", "\U000111c2\u0d4ea"},
	{"joiners", "م\u200c\u200d"},
	{"musical", "\U0001d15e\U0001d160"},
	{"flags", "🇨🇳"},
	{"reordered", "a\u0315\u0300\u05ae\u0327"},
}

func generate(unit string, n int) string {
	return strings.Repeat(unit, n/len(unit)+1)
}

// checkClean holds s, which came from a function that cleans, against what the package promises.
func checkClean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) {
		t.Fatalf("%+.100q is not UTF-8 in NFC", s)
	}
	for _, r := range s {
		if m := mapped(r); m != r {
			t.Fatalf("%+.100q holds U+%04X", s, r)
		}
	}
	for g := uniseg.NewGraphemes(s); g.Next(); {
		rs := g.Runes()
		if len(rs) == 1 && rs[0] < 0x80 {
			continue
		}
		if size, marks := weight(g.Str()); size > 16 || marks > 4 {
			t.Fatalf("cluster %+q has %d code points, %d marks", g.Str(), size, marks)
		}
		if unicode.Is(unicode.M, rs[0]) && extends(rs[0]) {
			t.Fatalf("cluster %+q has no base", g.Str())
		}
	}
}

func TestHP58Hostile(t *testing.T) {
	for _, h := range hostile {
		for _, size := range []int{2 << 10, 8 << 10, 64 << 10, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", h.name, size), func(t *testing.T) {
				s := generate(h.unit, size)
				start := time.Now()
				clean := text.Clean(s)
				line := text.Line(s, 80)
				shown, _ := text.Folded(s)
				folded := text.Fold(s)
				key := text.Skeleton(s)
				file := text.FileName(s)
				text.Blank(s)
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("took %v: the work is not linear", took)
				}
				checkClean(t, line)
				checkFileName(t, file)
				if !strings.HasPrefix(clean, shown) {
					t.Error("what is shown is no prefix of the clean text")
				}
				if n := uniseg.GraphemeClusterCount(line); n > 80 || strings.ContainsAny(line, "\n\t") {
					t.Errorf("line of %d clusters: %+.100q", n, line)
				}
				if n := uniseg.GraphemeClusterCount(shown); n > 2000 || strings.Count(shown, "\n") >= 200 {
					t.Errorf("%d clusters and %d line ends shown", n, strings.Count(shown, "\n"))
				}
				if text.Clean(clean) != clean || text.Line(line, 80) != line || text.Skeleton(key) != key {
					t.Error("Clean, Line or Skeleton is not idempotent")
				}
				if size > 8<<10 {
					return // the checks below are slow
				}
				checkClean(t, clean)
				checkClean(t, folded)
				if want := referenceClean(s); clean != want {
					t.Errorf("Clean = %+.200q, the reference says %+.200q", clean, want)
				}
				if text.Fold(folded) != folded {
					t.Error("Fold is not idempotent")
				}
			})
		}
	}
}
