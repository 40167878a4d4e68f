package ui

import (
	"image/color"
	"slices"
	"time"

	"fyne.io/fyne/v2/canvas"
)

// Colourful glyphs are drawings: each takes the painter about a millisecond, hundreds of times what a letter takes, and a
// stranger may send two thousand at once. So only some are painted for the first time in one frame; the lines that are
// left follow in the next ones, and in between the window hears its person.
const (
	inkMost = 40                    // colourful glyphs
	inkTick = 20 * time.Millisecond // after which there is as much again
)

// colourful is how many of such glyphs a text has, at most.
func colourful(s string) (n int) {
	for _, r := range s {
		if r >= 0x1F000 && r < 0xE0000 || r >= 0x2600 && r < 0x27C0 {
			n++
		}
	}
	return n
}

// affords reports whether a line can be painted in this frame: it was already, or there is ink for it.
func (t *thread) affords(v *rowView, s string, f *measure, c color.Color) bool {
	n := colourful(s)
	if n == 0 || v.find(s, f, c) >= 0 {
		return true
	}
	if t.spent >= inkMost {
		return false
	}
	if t.spent == 0 {
		t.kit.after(inkTick, t.refill)
	}
	t.spent += n
	return true
}

// refill lets the lines follow that had to wait.
func (t *thread) refill() {
	t.spent = 0
	late := false
	for r, v := range t.views {
		if v.late {
			r.look++
			late = true
		}
	}
	if late {
		t.arrange()
	}
}

// find is which of the objects that are not used yet shows a line already, -1 if none does.
func (v *rowView) find(s string, f *measure, c color.Color) int {
	for i := v.used; i < len(v.texts); i++ {
		if o := v.texts[i]; o.Text == s && o.TextSize == f.size && o.Color == c && o.TextStyle == f.style {
			return i
		}
	}
	return -1
}

// object is an object that shows a line. A line that is shown already keeps its object, which need not be painted anew: so
// a long text can be scrolled.
func (v *rowView) object(s string, f *measure, c color.Color) *canvas.Text {
	i := v.find(s, f, c)
	if i < 0 {
		if v.used == len(v.texts) {
			v.texts = append(v.texts, canvas.NewText("", c))
		}
		i = len(v.texts) - 1 // those in front may be of lines that come next
	}
	o := v.texts[i]
	v.texts = slices.Insert(slices.Delete(v.texts, i, i+1), v.used, o)
	v.used++
	return o
}
