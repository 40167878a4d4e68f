package text

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// runes calls f with every code point that UTF-8 can carry.
func runes(f func(r rune)) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if utf8.ValidRune(r) {
			f(r)
		}
	}
}

func joined(s string) bool { return uniseg.GraphemeClusterCount(s) == 1 }

// TestKinds compares the tables with the clusters that uniseg sees and the marks that NFC reorders.
func TestKinds(t *testing.T) {
	runes(func(r rune) {
		s, k := string(r), kindOf(r)
		if k == hidden || k == newline || k == joiner {
			if isPlain(r) && r != '\n' {
				t.Errorf("U+%04X is plain and of kind %d", r, k)
			}
			return
		}
		extends := joined("a" + s)
		isPict := !extends && r != '↔' && joined(s+"\u200d"+s)
		switch {
		case extends != (k == mark || k == extender || k == emojiStyle):
			t.Errorf("U+%04X extends a cluster: %t, but has kind %d", r, extends, k)
		case isPict != (k == pict):
			t.Errorf("U+%04X is a pictograph: %t, but has kind %d", r, isPict, k)
		case joined(s+"a") != (k == prepend):
			t.Errorf("U+%04X takes in what follows: %t, but has kind %d", r, joined(s+"a"), k)
		case !extends && joined("ᄀ"+s) != hangulJoins(hangulL, k), !extends && joined("가"+s) != hangulJoins(hangulLV, k),
			!extends && joined("각"+s) != hangulJoins(hangulLVT, k):
			t.Errorf("U+%04X continues a Korean syllable, or not, but has kind %d", r, k)
		case norm.NFC.PropertiesString(s).CCC() != 0 && k != mark:
			t.Errorf("U+%04X has a combining class, but kind %d", r, k)
		case joined("\r" + s):
			t.Errorf("U+%04X joins a line end", r)
		case !joined(s+"\u0308") && r != '\t':
			t.Errorf("U+%04X is a control to uniseg, but has kind %d", r, k)
		}
	})
}

// TestNormalizationKeepsKinds checks what makes Clean idempotent: NFC turns no rune into another whose kind would be
// treated in another way.
func TestNormalizationKeepsKinds(t *testing.T) {
	runes(func(r rune) {
		k, nfd := kindOf(r), []rune(norm.NFD.String(string(r)))
		if k == hidden || k == space || len(nfd) == 1 && nfd[0] == r {
			return
		}
		first := kindOf(nfd[0])
		for _, d := range nfd[1:] {
			if kd := kindOf(d); kd != mark && kd < hangulL {
				t.Errorf("U+%04X decomposes to U+%04X of kind %d", r, d, kd)
			}
		}
		if first != k && k < hangulL {
			t.Errorf("U+%04X has kind %d, decomposed %d", r, k, first)
		}
		if shapes(r) != shapes(nfd[0]) {
			t.Errorf("U+%04X shapes: %t, decomposed %t", r, shapes(r), shapes(nfd[0]))
		}
	})
}

func TestPlain(t *testing.T) {
	var all []rune
	runes(func(r rune) {
		if isPlain(r) {
			all = append(all, r)
		}
	})
	if len(all) < 70_000 {
		t.Errorf("only %d runes are plain", len(all))
	}
	for _, r := range all {
		for _, neighbour := range []string{"a", "é", "か", "가", "©", "😀"} {
			s := neighbour + string(r) + neighbour
			if r != '\n' && uniseg.GraphemeClusterCount(s) != 3 || !norm.NFC.IsNormalString(s) {
				t.Errorf("U+%04X is not plain in %q", r, s)
			}
			c := cleaner{}
			c.write(s, 0)
			if got := c.finish(""); got != s {
				t.Errorf("the cleaner makes %q of %q", got, s)
			}
		}
	}
	// The whole of it too, and in another order.
	slices.Reverse(all)
	s := string(all)
	c := cleaner{}
	c.write(s, 0)
	if got := c.finish(""); got != s || !plain(s) {
		t.Error("plain runes change when cleaned together")
	}
}

// TestFoldRune compares the fast path with the full definition, alone and between letters.
func TestFoldRune(t *testing.T) {
	known := 0
	runes(func(r rune) {
		f := foldRune(r)
		if r < 0x80 || f < 0 {
			return
		}
		known++
		if got := foldFully("x" + string(r) + "x"); got != "x"+string(f)+"x" {
			t.Errorf("foldRune(U+%04X) = U+%04X, foldFully says %+q", r, f, got)
		}
		if foldRune(f) != f && f >= 0x80 {
			t.Errorf("foldRune(U+%04X) = U+%04X, which folds on", r, f)
		}
	})
	if known < 80_000 {
		t.Errorf("only %d runes take the fast path", known)
	}
	for r := rune(0); r < 0x80; r++ {
		in := "x" + string(r) + "x"
		if got, ok := appendFold(nil, in, 0); ok && string(got) != foldFully(in) {
			t.Errorf("appendFold(%q) = %q, foldFully says %q", in, got, foldFully(in))
		}
	}
}

func TestFoldOfEachRune(t *testing.T) {
	runes(func(r rune) {
		if r >= 0x3400 && r < 0xa000 || r >= 0x20000 {
			return
		}
		s := "x" + string(r) + "x"
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Errorf("U+%04X folds to %+q, that to %+q", r, folded, again)
		}
		if upper := "x" + string(unicode.ToUpper(r)) + "x"; Fold(upper) != folded && r != 0x345 {
			t.Errorf("U+%04X folds to %+q, its capital to %+q", r, folded, Fold(upper))
		}
	})
}

func TestLookalikesStayFolded(t *testing.T) {
	for r, like := range lookalikes {
		if _, twice := lookalikes[like]; twice {
			t.Errorf("%c looks like %c, which looks like another", r, like)
		}
		if Fold(string(like)) != string(like) {
			t.Errorf("%c stands for %c, but folds to %s", like, r, Fold(string(like)))
		}
	}
}
