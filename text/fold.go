package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form of s that searches compare: without case, full and half width, other compatibility forms, and what
// Clean or a reader would not see. Diacritics and Chinese stay as they are. Text that is folded already, Chinese and
// lower-case ASCII above all, comes back as it is, without an allocation.
func Fold(s string) string {
	n := foldedPrefix(s)
	if n == len(s) {
		return s
	}
	if folded, ok := appendFold(make([]byte, 0, len(s)), s, n); ok {
		return string(folded)
	}
	return foldFully(s)
}

// foldFully is Fold for any text: compatibility forms, then case, both in NFKC, without joiners and emoji styles. The
// second cleaning takes what the mappings bring in, such as the bare mark that U+00A8 stands for.
func foldFully(s string) string {
	c := cleaner{bare: true}
	c.write(s, 0)
	clean := c.finish(s)
	folded := strings.ReplaceAll(strings.Map(foldCase, norm.NFKC.String(clean)), "ß", "ss")
	if folded = norm.NFKC.String(folded); folded == clean {
		return clean
	}
	return Clean(folded)
}

// foldCase goes by way of the capital, because some letters share one: σ and ς, i and ı.
func foldCase(r rune) rune {
	return unicode.ToLower(unicode.ToUpper(r))
}

// foldedPrefix is the length of a part of s, from its start, that Fold leaves alone if it leaves the rest alone.
func foldedPrefix(s string) int {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c < utf8.RuneSelf:
			if foldASCII[c] != c {
				return i
			}
			i++
		case han(s, i):
			i += 3
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if foldRune(r) != r {
				return i
			}
			i += n
		}
	}
	return len(s)
}

// appendFold appends Fold(s) to dst rune by rune. Only the first n bytes are known to be folded already. It gives up
// at the first rune that needs foldFully.
func appendFold(dst []byte, s string, n int) (folded []byte, ok bool) {
	dst = append(dst, s[:n]...)
	for i := n; i < len(s); {
		switch c := s[i]; {
		case c < utf8.RuneSelf:
			f := foldASCII[c]
			if f == control {
				return dst, false
			}
			dst = append(dst, f)
			i++
		case han(s, i):
			dst = append(dst, s[i], s[i+1], s[i+2])
			i += 3
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			i += n
			switch f := foldRune(r); {
			case f >= 0:
				dst = utf8.AppendRune(dst, f)
			case r == '…':
				dst = append(dst, "..."...)
			case r == variation16, r == zwj, r == zwnj:
			default:
				return dst, false
			}
		}
	}
	return dst, true
}

// han reports whether a rune of U+4000 to U+9FFF, which folding leaves alone, is at s[i]. Most of Chinese is.
func han(s string, i int) bool {
	return s[i] >= 0xe4 && s[i] <= 0xe9 && i+2 < len(s) && s[i+1]&0xc0 == 0x80 && s[i+2]&0xc0 == 0x80
}

// foldASCII is what each byte folds to, or control, which foldFully has to drop.
var foldASCII = func() (table [utf8.RuneSelf]byte) {
	for i := range table {
		switch c := byte(i); {
		case c >= ' ' && c < 0x7f:
			table[c] = byte(unicode.ToLower(rune(c)))
		case c == '\n':
			table[c] = c
		case c == '\t':
			table[c] = ' '
		default:
			table[c] = control
		}
	}
	return table
}()

const control = utf8.RuneSelf // no byte of ASCII

// foldRune is the one rune that r folds to beside any others of this function, or -1 if foldFully has to look. It need
// not know every such rune, only the frequent ones.
func foldRune(r rune) rune {
	if r < 0x2000 {
		return foldLetter(r)
	}
	switch {
	case r >= 0x2010 && r < 0x2028: // dashes, quotes
		if r == 0x2011 || r == 0x2017 || r >= 0x2024 && r <= 0x2026 {
			return -1
		}
		return r
	case r == '€', r >= 0x2500 && r < 0x2800: // boxes, dingbats
		return r
	case r >= 0x3000 && r < 0x3030: // Chinese punctuation
		if r >= 0x302a {
			return -1
		}
		if r == ideographicSpace {
			return ' '
		}
		return r
	case r > 0x3040 && r < 0x3097, r > 0x30a0 && r < 0x30ff, r > 0x3104 && r < 0x3130: // kana, bopomofo
		return r
	case r >= 0x3400 && r < 0xa000, r >= 0xac00 && r < 0xd7a4: // Han, Hangul
		return r
	case r > 0xff00 && r < 0xff5f: // full-width ASCII
		return unicode.ToLower(r - 0xfee0)
	case r == '￥':
		return '¥'
	case r >= 0x1f300 && r < 0x1fb00: // emoji
		if r >= 0x1f3fb && r <= 0x1f3ff {
			return -1
		}
		return r
	case r >= 0x20000 && r < 0x2a6e0: // rarer Han
		return r
	}
	return -1
}

func foldLetter(r rune) rune {
	switch {
	case r >= 0x410 && r < 0x430: // Cyrillic
		return r + 0x20
	case r >= 0x430 && r < 0x460:
		return r
	case r >= 0x400 && r < 0x410:
		return r + 0x50
	case r >= 0xc0 && r < 0x180: // Latin
		switch r {
		case 'ß', 'İ', 'ı', 'Ĳ', 'ĳ', 'Ŀ', 'ŀ', 'ŉ', 'ſ':
			return -1
		}
		return unicode.ToLower(r)
	case r == '£', r == '¥', r == '°', r == '±', r == '·', r == '«', r == '»':
		return r
	case r == 'Ơ', r == 'ơ', r == 'Ư', r == 'ư', r >= 0x1ea0 && r <= 0x1ef9: // Vietnamese
		return unicode.ToLower(r)
	case r >= 0x391 && r < 0x3cf && r != 0x3a2 && r != 'ς': // Greek
		return unicode.ToLower(r)
	case r >= 0x5d0 && r < 0x5eb, r >= 0x620 && r < 0x64b, r >= 0x679 && r < 0x6d4, r == '،', r == '؟': // Hebrew, Arabic
		return r
	}
	return -1
}
