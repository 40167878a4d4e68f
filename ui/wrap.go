package ui

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
)

// ellipsis stands for what was cut off.
const ellipsis = "…"

// textFace is what decides how wide a text is.
type textFace struct {
	size  float32
	style fyne.TextStyle
}

func (f textFace) width(s string) float32 { return fyne.MeasureText(s, f.size, f.style).Width }

func (f textFace) height() float32 { return fyne.MeasureText("国", f.size, f.style).Height }

// wrap breaks a text into lines no wider than width; at most maxLines if that is positive, the last one then ends in an
// ellipsis if something was cut. Each word is measured once and each Chinese character by itself, so the work grows with
// the length of the text only; a wrapped Label of Fyne measures whole lines again and again.
func wrap(s string, f textFace, width float32, maxLines int) []string {
	var lines []string
	full := func() bool { return maxLines > 0 && len(lines) == maxLines }
	for p := range strings.SplitSeq(s, "\n") {
		if full() {
			lines[maxLines-1] = shorten(lines[maxLines-1]+ellipsis, f, width)
			break
		}
		rest := wrapParagraph(p, f, width, maxLines-len(lines), &lines)
		if rest != "" { // maxLines is reached
			lines[maxLines-1] = shorten(lines[maxLines-1]+rest, f, width)
			break
		}
	}
	return lines
}

// wrapParagraph appends the lines of a text without line ends, and returns what did not fit into limit lines.
func wrapParagraph(p string, f textFace, width float32, limit int, lines *[]string) (rest string) {
	line, used, count := "", float32(0), 0
	pieces := breakable(p)
	for i := 0; i < len(pieces); i++ {
		piece := pieces[i]
		w := f.width(piece)
		if used+f.width(strings.TrimRight(piece, " ")) <= width {
			line, used = line+piece, used+w
			continue
		}
		if line == "" { // wider than a line by itself
			head, tail := splitAt(piece, f, width)
			line = head
			pieces[i] = tail
			if tail == "" {
				continue
			}
		}
		if count++; limit > 0 && count == limit {
			*lines = append(*lines, line) // with its last space: the rest goes on behind it
			return strings.Join(pieces[i:], "")
		}
		*lines = append(*lines, strings.TrimRight(line, " "))
		line, used = "", 0
		i--
	}
	*lines = append(*lines, strings.TrimRight(line, " "))
	return ""
}

// breakable cuts a text into pieces between which a line may end: words with the space after them, and single
// characters of scripts that know no spaces. Marks stay with what they are on, and punctuation with what it closes or
// opens.
func breakable(s string) []string {
	var pieces []string
	start, last := 0, rune(0)
	for i, r := range s {
		if i > start && mayBreak(last, r) {
			pieces = append(pieces, s[start:i])
			start = i
		}
		last = r
	}
	if start < len(s) {
		pieces = append(pieces, s[start:])
	}
	return pieces
}

const (
	closing = "。，、！？：；）」』】》〉…”’·,.!?:;)]}%"
	opening = "（「『【《〈“‘([{"
)

func mayBreak(last, next rune) bool {
	switch {
	case next == ' ', attached(next), last == '\u200d', strings.ContainsRune(closing, next), strings.ContainsRune(opening, last):
		return false
	case last == ' ':
		return true
	}
	return ideographic(last) || ideographic(next)
}

// attached reports whether r belongs to the character before it.
func attached(r rune) bool {
	return unicode.Is(unicode.M, r) || r == '\u200d' || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xFE00 && r <= 0xFE0F
}

// ideographic reports whether a line may end on either side of r.
func ideographic(r rune) bool {
	return r >= 0x2E80 && r <= 0xA4CF || r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE4F || r >= 0xFF00 && r <= 0xFFEF ||
		r >= 0x1F000 && r <= 0x1FAFF || r >= 0x20000 && r <= 0x3FFFF
}

// splitAt cuts a piece that is wider than a line: head fits, or is one character.
func splitAt(piece string, f textFace, width float32) (head, tail string) {
	used := float32(0)
	start := 0
	starts := append(characters(piece), len(piece))
	for _, end := range starts[1:] {
		w := f.width(piece[start:end])
		if start > 0 && used+w > width {
			return piece[:start], piece[start:]
		}
		used += w
		start = end
	}
	return piece, ""
}

// characters are the offsets at which the characters of s begin, with what is attached to them.
func characters(s string) []int {
	starts := []int{0}
	last := rune(0)
	for i, r := range s {
		if i > 0 && !attached(r) && last != '\u200d' {
			starts = append(starts, i)
		}
		last = r
	}
	return starts
}

// shorten cuts a text of one line so that it fits, with an ellipsis where something went.
func shorten(s string, f textFace, width float32) string {
	if f.width(s) <= width {
		return s
	}
	room := width - f.width(ellipsis)
	starts := append(characters(s), len(s))
	used, kept := float32(0), 0
	for i := 1; i < len(starts); i++ {
		used += f.width(s[starts[i-1]:starts[i]])
		if used > room {
			break
		}
		kept = starts[i]
	}
	return strings.TrimRight(s[:kept], " ") + ellipsis
}
