package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tappable is what buttons, chips, rows and cards have in common: something rounded that can be tapped, hovered, focused
// and pressed with Space or Return. Where the focus is, there is a ring.
type tappable struct {
	widget.BaseWidget
	self     fyne.Widget // as Fyne knows it: what embeds this
	on       fyne.CanvasObject
	tapped   func()
	keyed    func(fyne.KeyName) bool // further keys while it has the focus: reports whether it had a use for one
	color    fyne.ThemeColorName
	line     fyne.ThemeColorName
	radius   float32
	glyph    *icon                   // of an icon button: fades while it cannot be tapped; nil for others
	covered  func(fyne.Size) float32 // how much of its top something hides; nil for nothing
	scale    func() float32          // the screen's; needed where something is covered
	chosen   bool                    // has the ring without the focus
	plain    bool                    // shows neither that the pointer is over it nor that it has the focus
	disabled bool
	hovered  bool
	focused  bool
	name     string // what it does, for those who hear the screen
}

var (
	_ fyne.Tappable      = (*tappable)(nil)
	_ fyne.Focusable     = (*tappable)(nil)
	_ fyne.Disableable   = (*tappable)(nil)
	_ fyne.Accessible    = (*tappable)(nil)
	_ desktop.Hoverable  = (*tappable)(nil)
	_ desktop.Cursorable = (*tappable)(nil)
)

// newTappable makes anything something to tap.
func newTappable(on fyne.CanvasObject, radius float32, tapped func()) *tappable {
	t := &tappable{}
	t.become(t, on, radius, tapped)
	return t
}

// become makes the tappable that self embeds; Fyne knows it as self.
func (t *tappable) become(self fyne.Widget, on fyne.CanvasObject, radius float32, tapped func()) {
	t.self, t.on, t.radius, t.tapped = self, on, radius, tapped
	t.ExtendBaseWidget(self)
}

// paint gives it other colours; each may be "".
func (t *tappable) paint(color, line fyne.ThemeColorName) {
	if t.color != color || t.line != line {
		t.color, t.line = color, line
		t.Refresh()
	}
}

// mark puts the ring around it, or takes it away.
func (t *tappable) mark(chosen bool) {
	if t.chosen != chosen {
		t.chosen = chosen
		t.Refresh()
	}
}

// Tapped is for Fyne.
func (t *tappable) Tapped(*fyne.PointEvent) {
	if !t.disabled && t.tapped != nil {
		t.tapped()
	}
}

// MouseIn is for Fyne.
func (t *tappable) MouseIn(*desktop.MouseEvent) { t.hover(true) }

// MouseMoved is for Fyne.
func (*tappable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for Fyne.
func (t *tappable) MouseOut() { t.hover(false) }

func (t *tappable) hover(on bool) {
	if t.hovered != on {
		t.hovered = on
		t.Refresh()
	}
}

// Cursor is for Fyne.
func (t *tappable) Cursor() desktop.Cursor {
	if t.disabled || t.tapped == nil {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// FocusGained is for Fyne.
func (t *tappable) FocusGained() {
	t.focused = true
	t.Refresh()
	keepInSight(t.self)
}

// FocusLost is for Fyne.
func (t *tappable) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune is for Fyne.
func (*tappable) TypedRune(rune) {}

// TypedKey is for Fyne.
func (t *tappable) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.Tapped(nil)
	default:
		if t.keyed == nil || !t.keyed(e.Name) {
			passOn(t.self, e)
		}
	}
}

// Enable is for Fyne.
func (t *tappable) Enable() { t.disabled = false; t.Refresh() }

// Disable is for Fyne.
func (t *tappable) Disable() { t.disabled = true; t.Refresh() }

// Disabled is for Fyne.
func (t *tappable) Disabled() bool { return t.disabled }

// AccessibilityLabel is for Fyne.
func (t *tappable) AccessibilityLabel() string { return t.name }

// AccessibilityRole is for Fyne.
func (*tappable) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer is for Fyne.
func (t *tappable) CreateRenderer() fyne.WidgetRenderer {
	r := &tapRenderer{of: t, rect: canvas.NewRectangle(nil), veil: canvas.NewRectangle(nil), ring: canvas.NewRectangle(nil)}
	r.objects = []fyne.CanvasObject{r.rect, t.on, r.veil, r.ring}
	if t.covered != nil {
		r.lower = newLowerGround(r.rect)
		r.objects = slices.Insert(r.objects, 1, r.lower.objects()...)
	}
	r.color()
	return laidOut(r, t.self)
}

type tapRenderer struct {
	of               *tappable
	rect, veil, ring *canvas.Rectangle
	lower            *lowerGround // where the top is covered; rect is its foot
	objects          []fyne.CanvasObject
}

func (r *tapRenderer) color() {
	t := r.of
	surface(r.rect, t, t.color, t.line, t.radius)
	if r.lower != nil {
		r.lower.color()
	}
	surface(r.veil, t, "", "", t.radius)
	if t.hovered && !t.disabled && t.tapped != nil && !t.plain {
		surface(r.veil, t, colorHover, "", t.radius)
	}
	if t.glyph != nil {
		front := colorText
		if t.disabled {
			front = theme.ColorNameDisabled
		}
		t.glyph.set(t.glyph.name, front)
	}
	edge, away := t.ring()
	surface(r.ring, t, "", "", t.radius-away)
	if (t.focused || t.chosen) && !t.plain {
		surface(r.ring, t, "", edge, t.radius-away)
		r.ring.StrokeWidth = ringWidth
	}
}

// ringWidth is how broad the ring around what has the focus is.
const ringWidth = 2

// ring is the colour of the ring and how far inside it is drawn: on the accent's ground it would not be seen at the edge.
func (t *tappable) ring() (color fyne.ThemeColorName, away float32) {
	if t.color == colorAccent {
		return colorOnAccent, 3
	}
	return colorAccent, 0
}

// Layout is for Fyne.
func (r *tapRenderer) Layout(size fyne.Size) {
	for _, o := range []fyne.CanvasObject{r.rect, r.of.on, r.veil, r.ring} {
		o.Resize(size)
	}
	if r.lower != nil { // nothing is painted where nobody sees it
		r.lower.layout(r.of.covered(size), size, r.of.scale())
	}
	r.circle()
}

// circle puts the ring where it belongs.
func (r *tapRenderer) circle() {
	_, away := r.of.ring()
	size := r.of.self.Size()
	r.ring.Move(fyne.NewSquareOffsetPos(away))
	r.ring.Resize(fyne.NewSize(size.Width-2*away, size.Height-2*away))
}

// MinSize is for Fyne.
func (r *tapRenderer) MinSize() fyne.Size { return r.of.on.MinSize() }

// Refresh is for Fyne.
func (r *tapRenderer) Refresh() {
	r.color()
	r.circle()
	r.rect.Refresh()
	if r.lower != nil {
		r.lower.refresh()
	}
	r.veil.Refresh()
	r.ring.Refresh()
	r.of.on.Refresh()
	canvas.Refresh(r.of.self) // what was hidden is on no canvas yet
}

// Objects is for Fyne.
func (r *tapRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *tapRenderer) Destroy() {}
