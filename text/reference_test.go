package text_test

import (
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// referenceClean says what Clean means, slowly: clusters come from uniseg, sizes from really decomposing, and each
// question is asked of the whole cluster so far.
func referenceClean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	var done strings.Builder
	var cluster []rune
	held := rune(0)
	next := func(r rune) {
		done.WriteString(string(cluster))
		cluster = []rune{r}
	}
	add := func(rs ...rune) {
		if grown := append(slices.Clone(cluster), rs...); fits(grown) {
			cluster = grown
		}
	}
	for _, r := range s {
		if r = mapped(r); r < 0 {
			continue
		}
		open := len(cluster) > 0 && cluster[0] != '\n'
		if r == zwj || r == zwnj || r == vs16 {
			if !open {
				continue
			}
			base, last := cluster[baseOf(cluster)], cluster[len(cluster)-1]
			emoji := isPict(base) && !slices.ContainsFunc(cluster[baseOf(cluster)+1:], notEmojiStyle)
			switch {
			case r == vs16 && isPict(last):
				add(r)
			case r == vs16 && strings.ContainsRune("0123456789#*", last):
				held = r
			case r == vs16, last == zwj, last == zwnj:
			case emoji && r == zwj:
				held = r
			case !emoji && unicode.In(base, joiningScripts...):
				add(r)
			}
			continue
		}
		h := held
		held = 0
		switch {
		case r == '\n':
			next(r)
		case extends(r) && unicode.Is(unicode.M, r):
			switch {
			case !open, cluster[baseOf(cluster)] == ' ', cluster[baseOf(cluster)] == '\u3000':
			case h == vs16 && r == '\u20e3':
				add(h, r)
			default:
				add(r)
			}
		case !open:
			next(r)
		case h == zwj && isPict(r):
			add(h, r)
		case !one(string(cluster) + string(r)):
			next(r)
		case isPrepend(cluster[len(cluster)-1]) && isPrepend(r):
		default:
			add(r)
		}
	}
	return norm.NFC.String(done.String() + string(cluster))
}

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
	vs16 = '\ufe0f'
)

var joiningScripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
	unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Myanmar, unicode.Khmer, unicode.Syriac,
	unicode.Mongolian, unicode.Nko,
}

// mapped is what becomes of a rune wherever it stands, -1 if it is dropped.
func mapped(r rune) rune {
	switch {
	case r == zwj, r == zwnj, r == vs16, r == '\n', r == '\u3000':
		return r
	case strings.ContainsRune("\r\v\f\u0085\u2028\u2029", r):
		return '\n'
	case r == '\t', unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector, unicode.Noncharacter_Code_Point,
		unicode.Other_Default_Ignorable_Code_Point), r >= 0xe0000:
		return -1
	case strings.ContainsRune("\u2800\ufffc\U00013441\U00013442\U00016fe4\U0001d159", r):
		return -1
	}
	return r
}

func one(s string) bool         { return uniseg.GraphemeClusterCount(s) == 1 }
func extends(r rune) bool       { return one("a" + string(r)) }
func isPrepend(r rune) bool     { return one(string(r) + "a") }
func isPict(r rune) bool        { return r != '↔' && !extends(r) && one(string(r)+"\u200d"+string(r)) }
func notEmojiStyle(r rune) bool { return r != vs16 && (r < 0x1f3fb || r > 0x1f3ff) }

// baseOf is the index of the cluster's last rune that could stand alone.
func baseOf(cluster []rune) int {
	for i := len(cluster) - 1; i > 0; i-- {
		if !extends(cluster[i]) {
			return i
		}
	}
	return 0
}

// fits reports whether a cluster is within the limits: 16 code points and 4 marks, decomposed.
func fits(cluster []rune) bool {
	size, marks := weight(string(cluster))
	return size <= 16 && marks <= 4
}

func weight(cluster string) (size, marks int) {
	for _, r := range norm.NFD.String(cluster) {
		size++
		if unicode.Is(unicode.M, r) && r != vs16 {
			marks++
		}
	}
	return size, marks
}
