package text

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// plain reports whether Clean(s) is s because every rune of it isPlain.
func plain(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isPlain(r) {
			return false
		}
		i += n
	}
	return true
}

// plainLine reports whether Line(s, limit) is s because s is plain, has its spaces in place and is short enough.
func plainLine(s string, limit int) bool {
	spaced, count := true, 0 // spaced: a space here would be one too many
	for _, r := range s {
		if !isPlain(r) || r == '\n' || r == ideographicSpace || r == ' ' && spaced {
			return false
		}
		spaced = r == ' '
		if count++; count > limit {
			return false
		}
	}
	return !spaced || s == ""
}

// isPlain reports whether r is a grapheme cluster of its own among others of the kind, never changes in NFC beside
// them, and is nothing that Clean treats. It need not know every such rune, only the frequent ones.
func isPlain(r rune) bool {
	switch {
	case r < 0x80:
		return r >= ' ' && r != 0x7f || r == '\n'
	case r < 0x300: // Latin
		return r > 0xa0 && r != 0xad
	case r < 0x530: // Greek, Cyrillic
		return r >= 0x388 && (r < 0x483 || r > 0x489)
	case r < 0x3000: // Latin with diacritics, punctuation, currencies, arrows, boxes, dingbats
		return r >= 0x1e00 && r < 0x1f00 || r >= 0x2010 && r < 0x2028 || r >= 0x2030 && r < 0x205f ||
			r >= 0x20a0 && r < 0x20c1 || r >= 0x2100 && r < 0x2126 || r >= 0x2190 && r < 0x2329 || r >= 0x232b && r < 0x2800
	case r < 0x3400: // Chinese and Japanese punctuation, kana
		return r < 0x302a || r >= 0x3030 && r < 0x3099 && r != 0x3040 || r > 0x309a && r < 0x3130 || r >= 0x3190
	case r < 0xa000: // Han
		return true
	case r < 0x10000: // Hangul syllables, full width
		return r >= 0xac00 && r < 0xd7a4 || r > 0xff00 && r < 0xff9e || r >= 0xffe0 && r < 0xffe7
	default: // emoji, rarer Han
		return r >= 0x1f300 && r < 0x1f3fb || r > 0x1f3ff && r < 0x1fb00 || r >= 0x20000 && r < 0x2f800
	}
}

// cut is the length of the first limit grapheme clusters of s, which is clean.
func cut(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	i := 0
	r, n := utf8.DecodeRuneInString(s)
	for ; n > 0 && limit > 0; limit-- {
		next, m := utf8.DecodeRuneInString(s[i+n:])
		if !isPlain(r) || m > 0 && !isPlain(next) {
			cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[i:], -1)
			n = len(cluster)
			next, m = utf8.DecodeRuneInString(s[i+n:])
		}
		i += n
		r, n = next, m
	}
	return i
}
