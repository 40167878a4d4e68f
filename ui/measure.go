package ui

import (
	"fyne.io/fyne/v2"
	"github.com/rivo/uniseg"
)

// measure knows how wide text of one size and style is. It measures each grapheme cluster once: 5,000 characters cost
// what their different characters do. Kerning is left out, which makes text at most a little narrower than it says.
type measure struct {
	size   float32
	style  fyne.TextStyle
	line   float32
	ascii  [128]float32
	others map[string]float32
}

// measured bounds the memory of a measure: more clusters than the common use of any one language.
const measured = 16 << 10

func newMeasure(size float32, style fyne.TextStyle) *measure {
	return &measure{size: size, style: style, others: map[string]float32{}}
}

// height of a line, a little more than the font asks for: Chinese is unreadable without.
func (m *measure) height() float32 {
	if m.line == 0 {
		m.line = float32(int(fyne.MeasureText("M", m.size, m.style).Height*1.08 + 0.5))
	}
	return m.line
}

// cluster is the width of one grapheme cluster.
func (m *measure) cluster(s string) float32 {
	if len(s) == 1 && s[0] < 128 {
		if m.ascii[s[0]] == 0 {
			m.ascii[s[0]] = m.whole(s)
		}
		return m.ascii[s[0]]
	}
	w, known := m.others[s]
	if !known {
		if len(m.others) >= measured {
			clear(m.others)
		}
		w = m.whole(s)
		m.others[s] = w
	}
	return w
}

// text is the width of its clusters together.
func (m *measure) text(s string) (width float32) {
	state := -1
	var cluster string
	for s != "" {
		cluster, s, _, state = uniseg.StepString(s, state)
		width += m.cluster(cluster)
	}
	return width
}

// whole is the width of s as it is drawn, kerning included. It costs more the longer s is; s is at most a line.
func (m *measure) whole(s string) float32 {
	if s == "" {
		return 0
	}
	return fyne.MeasureText(s, m.size, m.style).Width
}

// cut shortens a line to fit a width, with an ellipsis if something is missing.
func (m *measure) cut(s string, width float32) string {
	const dots = "…"
	room := width - m.cluster(dots)
	state, at, fit := -1, 0, 0
	taken := float32(0)
	var cluster string
	for rest := s; rest != ""; {
		cluster, rest, _, state = uniseg.StepString(rest, state)
		taken += m.cluster(cluster)
		at += len(cluster)
		if taken <= room {
			fit = at
		}
		if taken > width {
			return s[:fit] + dots
		}
	}
	return s
}
