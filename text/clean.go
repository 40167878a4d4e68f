package text

import (
	"strings"
	"unicode/utf8"
)

// How much of a message Folded shows.
const (
	foldClusters = 2_000
	foldLines    = 200
)

// Clean makes a text of several lines harmless to draw. Line ends become \n, tabs and odd spaces a space, and each run
// of invalid bytes one U+FFFD. Text of ASCII, Chinese, Japanese kana, Cyrillic and the like comes back as it is, without
// an allocation.
func Clean(s string) string {
	clean, _ := cleaned(s, 0)
	return clean
}

// Line is Clean for text of one line, such as a name or a title: line ends become spaces, runs of spaces become one,
// those at the ends go, and at most limit grapheme clusters are kept.
func Line(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	if plainLine(s, limit) {
		return s
	}
	c := cleaner{oneLine: true}
	c.write(s, limit)
	line := strings.TrimRight(c.finish(s), " ")
	return strings.TrimRight(line[:cut(line, limit)], " ")
}

// Folded is the part of a message to show at first, clean and cut after 2,000 grapheme clusters or 200 lines, and
// whether there is more. What it shows is a prefix of Clean(s).
func Folded(s string) (shown string, more bool) {
	clean, stopped := cleaned(s, foldClusters)
	shown = firstLines(clean, foldLines)
	shown = shown[:cut(shown, foldClusters)]
	return shown, stopped || len(shown) < len(clean)
}

// Blank reports whether there is nothing to see in s: it is empty, or only spaces, line ends and what Clean drops.
func Blank(s string) bool {
	for _, r := range s {
		switch kindOf(r) {
		case hidden, newline, space, joiner, emojiStyle, mark:
		default:
			return false
		}
	}
	return true
}

// Characters counts the code points of s, the unit of the limits on what a person writes.
func Characters(s string) int {
	return utf8.RuneCountInString(s)
}

// cleaned is Clean(s). With a limit above 0 it may stop once more than that many clusters are done, and says so; the
// first limit clusters are then the same as Clean's.
func cleaned(s string, limit int) (clean string, stopped bool) {
	if plain(s) {
		return s, false
	}
	c := cleaner{}
	stopped = c.write(s, limit)
	return c.finish(s), stopped
}

// firstLines is s up to the line end that closes line n.
func firstLines(s string, n int) string {
	for i := 0; ; i++ {
		next := strings.IndexByte(s[i:], '\n')
		if next < 0 {
			return s
		}
		i += next
		if n--; n == 0 {
			return s[:i]
		}
	}
}
