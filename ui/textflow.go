package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"github.com/rivo/uniseg"
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

// newTextFlow breaks text, which must be clean. There is always a line, and none is empty but those the text says.
func newTextFlow(text string, width float32, m *measure) *textFlow {
	f := &textFlow{text: text, m: m}
	var (
		start   int     // of the open line
		at      int     // behind the last cluster taken
		taken   float32 // width from start to at
		chance  int     // where the open line could be broken, start if nowhere
		before  float32 // width from start to chance
		state   = -1
		cluster string
		rest    = text
		breaks  int
	)
	end := func(to int, wide float32) {
		if wide > width { // by the spaces that hang
			to, wide = trimmed(text, start, to), width
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
				end(trimmed(text, start, chance), before)
				start, taken = chance, max(0, taken-m.text(text[start:chance]))
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
func trimmed(text string, start, to int) int {
	return start + len(strings.TrimRight(text[start:to], " "))
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
