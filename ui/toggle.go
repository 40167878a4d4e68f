package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// toggle is a line that can be on or off: what it is, a word about it, and a switch.
type toggle struct {
	tappable
	knob    *knob
	changed func(bool)
}

func newToggle(name, hint string, on bool, changed func(bool)) *toggle {
	t := &toggle{knob: newKnob(on), changed: changed}
	words := newColumn(2, newParagraph(name, sizeBody, colorText))
	if hint != "" {
		words.Add(newParagraph(hint, sizeCaption, colorMuted))
	}
	t.become(t, newSized(0, touch, inset(grid, grid, 12, 12, newRow(gutter, 0, words, t.knob))), radius, func() {
		t.set(!t.knob.on)
		t.changed(t.knob.on)
	})
	t.name = name
	return t
}

// set shows it on or off.
func (t *toggle) set(on bool) {
	if t.knob.on != on {
		t.knob.on = on
		t.knob.Refresh()
	}
}

// knob is the switch itself.
type knob struct {
	widget.BaseWidget
	on bool
}

func newKnob(on bool) *knob {
	k := &knob{on: on}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer is for Fyne.
func (k *knob) CreateRenderer() fyne.WidgetRenderer {
	r := &knobRenderer{k, canvas.NewRectangle(nil), canvas.NewCircle(nil)}
	r.Refresh()
	return laidOut(r, k)
}

type knobRenderer struct {
	of    *knob
	track *canvas.Rectangle
	ball  *canvas.Circle
}

// Layout is for Fyne.
func (r *knobRenderer) Layout(size fyne.Size) {
	r.track.Resize(size)
	side := size.Height - 6
	r.ball.Resize(fyne.NewSquareSize(side))
	x := float32(3)
	if r.of.on {
		x = size.Width - side - 3
	}
	r.ball.Move(fyne.NewPos(x, 3))
}

// MinSize is for Fyne.
func (r *knobRenderer) MinSize() fyne.Size { return fyne.NewSize(46, 26) }

// Refresh is for Fyne.
func (r *knobRenderer) Refresh() {
	k := r.of
	r.track.CornerRadius = 13
	if k.on {
		r.track.FillColor, r.track.StrokeWidth = theme.ColorForWidget(colorAccent, k), 0
		r.ball.FillColor = theme.ColorForWidget(colorOnAccent, k)
	} else {
		r.track.FillColor, r.track.StrokeWidth = theme.ColorForWidget(colorRaised, k), 1
		r.track.StrokeColor = theme.ColorForWidget(colorMuted, k)
		r.ball.FillColor = theme.ColorForWidget(colorMuted, k)
	}
	r.Layout(k.Size())
	r.track.Refresh()
	r.ball.Refresh()
}

// Objects is for Fyne.
func (r *knobRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.track, r.ball} }

// Destroy is for Fyne.
func (r *knobRenderer) Destroy() {}
