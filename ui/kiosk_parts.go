package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// What a finger finds: lengths at a kiosk.
const (
	reach       float32 = 56 // the least side of what can be tapped; 48 is asked for
	kioskGutter float32 = 24
	kioskBar    float32 = 72
	kioskWide   float32 = 1180 // wider than that nothing gets
)

// cursorHides is how long the pointer is seen after it moved.
const cursorHides = 3 * time.Second

// stirred tells that a person did something, where that matters.
func (k *kit) stirred() {
	if k.stir != nil {
		k.stir()
	}
}

// big gives something to tap the height that a finger needs.
func big(o fyne.CanvasObject) *fyne.Container { return newSized(reach, reach, o) }

// fit gives something to tap the size that suits who taps it.
func (k *kit) fit(o fyne.CanvasObject) fyne.CanvasObject {
	if k.guest {
		return big(o)
	}
	return o
}

// side is that of the round buttons that lie on a photo.
func (k *kit) side() float32 {
	if k.guest {
		return reach
	}
	return touch
}

// bigButton is a button for a finger.
func (k *kit) bigButton(kind buttonKind, drawing, text string, tapped func()) *button {
	return newButton(kind, drawing, text, func() {
		k.stirred()
		tapped()
	})
}

// bigIcon is a drawing to tap, for a finger.
func (k *kit) bigIcon(drawing, name string, tapped func()) *tappable {
	glyph := newIcon(drawing, colorText, 28)
	t := newTappable(newSized(reach, reach, container.NewCenter(glyph)), reach/2, func() {
		k.stirred()
		tapped()
	})
	t.name, t.glyph = name, glyph
	return t
}

// dragger lies over something that scrolls, so that a finger moves it: the toolkit takes a finger for a mouse, which drags
// nothing. Taps go through.
type dragger struct {
	widget.BaseWidget
	kit *kit
	by  func(dy float32)
}

var _ fyne.Draggable = (*dragger)(nil)

func newDragger(k *kit, by func(dy float32)) *dragger {
	d := &dragger{kit: k, by: by}
	d.ExtendBaseWidget(d)
	return d
}

// strip is a row that is wider than its place: a finger moves it to the sides, or the wheel.
type strip struct {
	widget.BaseWidget
	kit    *kit
	row    *fyne.Container
	clip   *fyne.Container
	offset float32
}

func newStrip(k *kit, row *fyne.Container) *strip {
	s := &strip{kit: k, row: row}
	s.clip = container.New(stripLayout{s}, row)
	s.ExtendBaseWidget(s)
	return s
}

func (s *strip) move(by float32) {
	s.kit.stirred()
	s.offset -= by
	s.clip.Refresh()
}

// Dragged is for Fyne.
func (s *strip) Dragged(e *fyne.DragEvent) { s.move(e.Dragged.DX) }

// DragEnd is for Fyne.
func (*strip) DragEnd() {}

// Scrolled is for Fyne.
func (s *strip) Scrolled(e *fyne.ScrollEvent) { s.move(e.Scrolled.DX + e.Scrolled.DY) }

// CreateRenderer is for Fyne.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewClip(s.clip))
}

// stripLayout puts the row where it was moved to, never away from either edge.
type stripLayout struct{ of *strip }

// Layout is for Fyne.
func (l stripLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s := l.of
	least := s.row.MinSize()
	s.offset = max(0, min(s.offset, least.Width-size.Width))
	s.row.Resize(fyne.NewSize(max(least.Width, size.Width), size.Height))
	s.row.Move(fyne.NewPos(-s.offset, 0))
}

// MinSize is for Fyne.
func (l stripLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, l.of.row.MinSize().Height)
}

// overScroll is a dragger for one of the toolkit's scrolls.
func overScroll(k *kit, s *container.Scroll) *dragger {
	return newDragger(k, func(dy float32) { s.ScrollToOffset(s.Offset.SubtractXY(0, dy)) })
}

// Dragged is for Fyne.
func (d *dragger) Dragged(e *fyne.DragEvent) {
	d.kit.stirred()
	d.by(e.Dragged.DY)
}

// DragEnd is for Fyne.
func (*dragger) DragEnd() {}

// CreateRenderer is for Fyne.
func (d *dragger) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// veil lies over everything and is seen by nobody. The toolkit asks whatever is under the pointer for its shape each time
// that moves, what lies on top last: so the veil hides a pointer that rests, and knows that somebody moved it.
type veil struct {
	widget.BaseWidget
	moved  func() // somebody moved the pointer
	nudged bool   // the next movement is our own
}

var _ desktop.Cursorable = (*veil)(nil)

func newVeil(moved func()) *veil {
	v := &veil{moved: moved}
	v.ExtendBaseWidget(v)
	return v
}

// Cursor is for Fyne.
func (v *veil) Cursor() desktop.Cursor {
	if v.nudged {
		return desktop.HiddenCursor
	}
	v.moved()
	return desktop.DefaultCursor
}

// CreateRenderer is for Fyne.
func (v *veil) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// secret is a place that nobody knows of: whoever taps it often enough in time is asked for the PIN.
type secret struct {
	widget.BaseWidget
	now  func() time.Time
	open func()
	taps []time.Time
}

// The owner's gesture.
const (
	cornerTaps = 5
	cornerTime = 3 * time.Second
	cornerSide = kioskBar
)

var _ fyne.Tappable = (*secret)(nil)

func newSecret(now func() time.Time, open func()) *secret {
	c := &secret{now: now, open: open}
	c.ExtendBaseWidget(c)
	return c
}

// Tapped is for Fyne.
func (c *secret) Tapped(*fyne.PointEvent) {
	now := c.now()
	c.taps = append(c.taps, now)
	if len(c.taps) > cornerTaps {
		c.taps = c.taps[1:]
	}
	if len(c.taps) == cornerTaps && now.Sub(c.taps[0]) <= cornerTime {
		c.taps = nil
		c.open()
	}
}

// CreateRenderer is for Fyne.
func (c *secret) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}

// MinSize is for Fyne.
func (c *secret) MinSize() fyne.Size { return fyne.NewSquareSize(cornerSide) }
