package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"github.com/rivo/uniseg"

	"haggle/text"
)

// flowLine is a part of a flow's text that is drawn as one: bytes from start to end, without the line end.
type flowLine struct {
	start, end int
	width      float32
}

// textFlow is text broken into lines that fit a width. It replaces wrapped labels, which measure the rest of the text again
// for every line and so stand still on what a stranger may send. Breaking costs one look at each grapheme cluster; lines
// break where Unicode (UAX 14) lets them, so Chinese does between characters and English at spaces, and a word longer than
// the line breaks anywhere.
type textFlow struct {
	text  string // clean: what package text returned
	lines []flowLine
	width float32 // of the widest line
	m     *measure
}

// newTextFlow breaks words, which must be clean. There is always a line, and none is empty but those the text says.
func newTextFlow(words string, width float32, m *measure) *textFlow {
	f := &textFlow{text: words, m: m}
	var (
		start   int     // of the open line
		at      int     // behind the last cluster taken
		taken   float32 // width from start to at
		chance  int     // where the open line could be broken, start if nowhere
		before  float32 // width from start to chance
		state   = -1
		cluster string
		rest    = words
		breaks  int
	)
	end := func(to int, wide float32) {
		if wide > width { // by the spaces that hang
			to, wide = trimmed(words, start, to), width
		}
		f.lines = append(f.lines, flowLine{start, to, wide})
		f.width = max(f.width, wide)
	}
	for rest != "" {
		cluster, rest, breaks, state = uniseg.StepString(rest, state)
		if cluster == "\n" {
			end(at, taken)
			at++
			start, chance, taken, before = at, at, 0, 0
			continue
		}
		w := m.cluster(cluster)
		if taken+w > width && cluster != " " && at > start { // spaces hang over the edge
			if chance > start {
				end(trimmed(words, start, chance), before)
				start, taken = chance, max(0, taken-m.text(words[start:chance]))
			} else {
				end(at, taken)
				start, taken = at, 0
			}
			chance, before = start, 0
		}
		at += len(cluster)
		taken += w
		if breaks&uniseg.MaskLine == uniseg.LineCanBreak {
			chance, before = at, taken
			if cluster == " " {
				before -= w
			}
		}
	}
	end(at, taken)
	return f
}

// trimmed is to, before the spaces that end the line.
func trimmed(s string, start, to int) int {
	return start + len(strings.TrimRight(s[start:to], " "))
}

// height of all lines.
func (f *textFlow) height() float32 { return float32(len(f.lines)) * f.m.height() }

// part is the text of a line.
func (f *textFlow) part(i int) string { return f.text[f.lines[i].start:f.lines[i].end] }

// last is the width of the last line.
func (f *textFlow) last() float32 { return f.lines[len(f.lines)-1].width }

// offset is the place in the text nearest to a point, between two grapheme clusters.
func (f *textFlow) offset(p fyne.Position) int {
	i := min(max(int(p.Y/f.m.height()), 0), len(f.lines)-1)
	if p.Y < 0 {
		return 0
	}
	if p.Y >= f.height() {
		return len(f.text)
	}
	at, x, state := f.lines[i].start, float32(0), -1
	var cluster string
	for rest := f.part(i); rest != ""; {
		cluster, rest, _, state = uniseg.StepString(rest, state)
		w := f.m.cluster(cluster)
		if p.X < x+w/2 {
			return at
		}
		at += len(cluster)
		x += w
	}
	return at
}

// span is where the text from one offset to another stands in a line: from x on, w wide. Both are 0 if none of it does.
func (f *textFlow) span(i, from, to int) (x, w float32) {
	l := f.lines[i]
	from, to = max(from, l.start), min(to, l.end)
	if from >= to {
		return 0, 0
	}
	x = f.m.whole(f.text[l.start:from])
	return x, f.m.whole(f.text[l.start:to]) - x
}

// lineOf is the line that a place in the text is in.
func (f *textFlow) lineOf(at int) int {
	i := 0
	for i+1 < len(f.lines) && f.lines[i+1].start <= at {
		i++
	}
	return i
}

// shorten ends the flow after some lines, with an ellipsis if something went, and returns how many bytes of the text are
// left.
func (f *textFlow) shorten(lines int, width float32) int {
	if len(f.lines) <= lines {
		return len(f.text)
	}
	last := &f.lines[lines-1]
	f.text = f.text[:last.start] + f.m.cut(f.text[last.start:], width)
	last.end = len(f.text)
	f.lines = f.lines[:lines]
	return len(f.text) - len(ellipsis)
}

// run is a part of a line that is drawn in one way.
type run struct {
	text.Span
	hit bool
}

// runs cuts a line where matches begin and end.
func (f *textFlow) runs(i int, hits []text.Span) []run {
	l := f.lines[i]
	var list []run
	at := l.start
	put := func(to int, hit bool) {
		if to > at {
			list = append(list, run{text.Span{From: at, To: to}, hit})
			at = to
		}
	}
	for _, h := range hits {
		if h.To > l.start && h.From < l.end {
			put(h.From, false)
			put(min(h.To, l.end), true)
		}
	}
	put(l.end, false)
	return list
}
