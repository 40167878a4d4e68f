package ui

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// box is where something is, in the window.
type box struct{ left, top, right, bottom float32 }

func boxAt(at fyne.Position, size fyne.Size) box {
	return box{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
}

func (b box) and(o box) box {
	return box{max(b.left, o.left), max(b.top, o.top), min(b.right, o.right), min(b.bottom, o.bottom)}
}

func (b box) has(o box) bool {
	const most = 1 // pixels
	return o.left >= b.left-most && o.top >= b.top-most && o.right <= b.right+most && o.bottom <= b.bottom+most
}

func (b box) empty() bool { return b.right <= b.left || b.bottom <= b.top }

// seenText is a text on the screen.
type seenText struct {
	words string
	at    box         // of the ink, as wide as it is drawn
	seen  box         // what of that is not scrolled away
	room  box         // what it has to stay within
	cut   bool        // an ellipsis stands for some of it
	name  bool        // the beginnings of a name
	size  float32     // of its letters
	ink   color.Color // nil for a field's
	on    color.Color // what it is drawn on; nil if on a photo
	where string
	line  *fyne.Container // the lines of one text stand in one; nil for a text by itself
	layer int             // what floats over the rest is in another
}

// seenThing is a widget on the screen that can be tapped or typed into.
type seenThing struct {
	widget fyne.CanvasObject
	at     box
	on     color.Color // what is behind it
	where  string
}

// seen is what a person sees: the topmost layer of the window.
type seen struct {
	texts  []seenText
	things []seenThing
	paint  []paint
	page   color.Color
	line   *fyne.Container
	layer  int
	clip   box // nothing is seen beyond
	// scrolled counts the views one is in.
	scrolled int
}

// paint is a shape that was painted, in the order of painting. A colour of nil is a picture.
type paint struct {
	at    box
	color color.Color
}

// look sees what a window shows now: the topmost overlay, or the content.
func look(t *testing.T, w fyne.Window) *seen {
	t.Helper()
	c := w.Canvas()
	s := &seen{page: theme.ColorForWidget(colorPage, newLabel("", sizeBody, colorText))}
	top := w.Content()
	if over := c.Overlays().Top(); over != nil {
		top = over
	}
	s.clip = boxAt(fyne.Position{}, c.Size())
	s.visit(top, fyne.Position{}, boxAt(fyne.Position{}, c.Size()), "")
	if len(s.texts)+len(s.things) == 0 {
		t.Error("nothing is seen")
	}
	return s
}

func (s *seen) visit(o fyne.CanvasObject, from fyne.Position, room box, where string) {
	if o == nil || !o.Visible() {
		return
	}
	at := from.Add(o.Position())
	mine := boxAt(at, o.Size())
	where += "/" + strings.TrimPrefix(fmt.Sprintf("%T", o), "*ui.")
	if _, ok := o.(fyne.Tappable); ok && !mine.and(room).and(s.clip).empty() {
		s.things = append(s.things, seenThing{o, mine, s.ground(mine.middle()), where})
	}
	switch o := o.(type) {
	case *label:
		s.label(o, at, room, where)
	case *entry:
		s.field(o, at, room, where)
	case *writing:
		s.field(o, at, room, where)
	case *portrait:
		s.initials(o, at, room, where)
	case *canvas.Text:
		s.letters(o, at, room, where)
	case *canvas.Rectangle:
		s.shape(mine, o.FillColor)
	case *canvas.Circle:
		s.shape(mine, o.FillColor)
	case *canvas.Image:
		if o.Image != nil || o.Resource != nil {
			s.paint = append(s.paint, paint{mine.and(s.clip), nil})
		}
	case *fyne.Container:
		if floats(o) {
			s.layer++
			defer func() { s.layer-- }()
		}
		if _, placed := o.Layout.(still); placed {
			s.line = o
			defer func() { s.line = nil }()
		}
		s.inside(o.Objects, at, room, where)
	case *container.Scroll:
		room = room.and(mine)
		room.top, room.bottom = -math.MaxFloat32, math.MaxFloat32
		s.within(mine, func() { s.inside([]fyne.CanvasObject{o.Content}, at, room, where) })
	case *thread: // scrolls, too
		room = room.and(mine)
		room.top, room.bottom = -math.MaxFloat32, math.MaxFloat32
		s.within(mine, func() { s.inside(test.WidgetRenderer(o).Objects(), at, room, where) })
	case fyne.Widget:
		if bounded(o) {
			room = room.and(mine)
		}
		s.inside(test.WidgetRenderer(o).Objects(), at, room, where)
	}
}

// within sees what is inside a view of something larger.
func (s *seen) within(view box, see func()) {
	before := s.clip
	s.clip = before.and(view)
	s.scrolled++
	see()
	s.scrolled--
	s.clip = before
}

// add remembers a text, unless it is scrolled away.
func (s *seen) add(t seenText) {
	t.seen = t.at.and(s.clip)
	if t.seen.empty() && s.scrolled > 0 {
		return
	}
	t.on = s.ground(t.seen.middle())
	s.texts = append(s.texts, t)
}

// floats reports whether a container lies over others on purpose: a toast, what is said over a thread, the button over a list.
func floats(c *fyne.Container) bool {
	switch c.Layout.(type) {
	case toastLayout, topMiddle:
		return true
	}
	if len(c.Objects) != 2 {
		return false
	}
	_, back := c.Objects[0].(*canvas.Rectangle)
	_, words := c.Objects[1].(*canvas.Text)
	_, placed := c.Layout.(still)
	return placed && back && words
}

// whole is all of what a text is a line of.
func (s *seen) whole(t seenText) string {
	if t.line == nil {
		return t.words
	}
	var all []string
	for _, o := range t.line.Objects {
		if line, ok := o.(*canvas.Text); ok {
			all = append(all, line.Text)
		}
	}
	return strings.Join(all, " ")
}

// fillOf is the ground that a widget gives itself, nil if none.
func fillOf(o fyne.CanvasObject) color.Color {
	w, ok := o.(fyne.Widget)
	if !ok {
		return nil
	}
	for _, o := range test.WidgetRenderer(w).Objects() {
		if r, ok := o.(*canvas.Rectangle); ok && r.Visible() && !nothing(r.FillColor) {
			return r.FillColor
		}
	}
	return nil
}

// bounded reports whether what is on a widget has to stay on it.
func bounded(w fyne.Widget) bool {
	_, surface := w.(*panel)
	_, button := w.(fyne.Tappable)
	return surface || button
}

func (s *seen) inside(objects []fyne.CanvasObject, at fyne.Position, room box, where string) {
	for _, o := range objects {
		s.visit(o, at, room, where)
	}
}

func (b box) middle() fyne.Position { return fyne.NewPos((b.left+b.right)/2, (b.top+b.bottom)/2) }

// shape remembers what was painted.
func (s *seen) shape(at box, c color.Color) {
	if !nothing(c) {
		s.paint = append(s.paint, paint{at.and(s.clip), c})
	}
}

// ground is the colour at a point, of all that was painted there by now; nil if that is a picture.
func (s *seen) ground(p fyne.Position) color.Color {
	ground := s.page
	for _, one := range s.paint {
		if p.X < one.at.left || p.X > one.at.right || p.Y < one.at.top || p.Y > one.at.bottom {
			continue
		}
		if one.color == nil {
			ground = nil
			continue
		}
		if _, _, _, alpha := one.color.RGBA(); alpha == 0xffff {
			ground = one.color
		} else if ground != nil {
			ground = blended(ground, one.color)
		}
	}
	return ground
}

// blended is a colour behind one that lets some of it through.
func blended(behind, front color.Color) color.Color {
	r, g, b, _ := behind.RGBA()
	fr, fg, fb, a := front.RGBA()
	mix := func(b, f uint32) uint8 { return uint8((f + b*(0xffff-a)/0xffff) >> 8) }
	return color.NRGBA{mix(r, fr), mix(g, fg), mix(b, fb), 0xff}
}

func (s *seen) label(l *label, at fyne.Position, room box, where string) {
	if l.text == "" {
		return
	}
	face := l.face()
	width := l.Size().Width
	one := seenText{words: l.text, room: room, size: face.size, ink: theme.ColorForWidget(l.color, l), where: where, layer: s.layer}
	ink := face.width(l.text)
	switch {
	case l.whole:
	case l.lines == 1:
		one.cut = ink > width+0.5
		ink = min(ink, width)
	default:
		lines := wrap(l.text, face, width, 0)
		one.cut = l.lines > 0 && len(lines) > l.lines
		ink = min(ink, width)
	}
	left := at.X
	if l.align == fyne.TextAlignCenter {
		left += (width - ink) / 2
	}
	height := l.MinSize().Height
	top := at.Y
	if l.lines == 1 {
		top += (l.Size().Height - height) / 2
	}
	one.at = box{left, top, left + ink, top + height}
	s.add(one)
}

// field sees the hint of an empty field; what is in it, a person wrote.
func (s *seen) field(w fyne.Widget, at fyne.Position, room box, where string) {
	words, hint := "", ""
	switch o := w.(type) {
	case *entry:
		words, hint = o.Text, o.PlaceHolder
	case *writing:
		words, hint = o.Text, o.PlaceHolder
	}
	for _, o := range test.WidgetRenderer(w).Objects() {
		if r, ok := o.(*canvas.Rectangle); ok && r.Visible() {
			s.shape(boxAt(at.Add(r.Position()), r.Size()), r.FillColor)
		}
	}
	if words != "" || hint == "" {
		return
	}
	face := textFace{size: theme.SizeForWidget(sizeBody, w)}
	inner := theme.SizeForWidget(theme.SizeNameInnerPadding, w)
	left := inner
	if o, ok := w.(*entry); ok && o.lens != nil {
		left += o.lens.Size().Width
	}
	ink := boxAt(at.AddXY(left, inner), fyne.NewSize(face.width(hint), face.height()))
	if o, ok := w.(*entry); ok && o.MultiLine {
		ink.right = min(ink.right, at.X+w.Size().Width)
	}
	s.add(seenText{
		words: hint, at: ink, room: room.and(boxAt(at, w.Size())), size: face.size,
		ink: theme.ColorForWidget(theme.ColorNamePlaceHolder, w), where: where, line: s.line, layer: s.layer,
	})
}

// initials sees the letters on a portrait. What it stands on counts as a photo: TestContrast knows all its colours.
func (s *seen) initials(p *portrait, at fyne.Position, room box, where string) {
	s.paint = append(s.paint, paint{boxAt(at, p.Size()).and(s.clip), nil})
	for _, o := range test.WidgetRenderer(p).Objects() {
		if text, ok := o.(*canvas.Text); ok && text.Visible() && text.Text != "" {
			before := len(s.texts)
			s.letters(text, at.Add(text.Position()), room, where)
			for i := before; i < len(s.texts); i++ {
				s.texts[i].name = true
			}
		}
	}
}

// letters sees a text that is drawn without a label.
func (s *seen) letters(o *canvas.Text, at fyne.Position, room box, where string) {
	if o.Text == "" {
		return
	}
	width := fyne.MeasureText(o.Text, o.TextSize, o.TextStyle).Width
	left := at.X
	if o.Alignment == fyne.TextAlignCenter {
		left += (o.Size().Width - width) / 2
	}
	ink := box{left, at.Y, left + width, at.Y + o.MinSize().Height}
	s.add(seenText{
		words: o.Text, at: ink, room: room, cut: strings.HasSuffix(o.Text, ellipsis), size: o.TextSize, ink: o.Color, where: where, line: s.line, layer: s.layer,
	})
}
