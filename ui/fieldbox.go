package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// boxed draws the box of a field as ours are drawn: to its very edge, so that it stands in line with what is above and below,
// and with a ring as broad as that of buttons where the focus is. Fyne keeps a pixel away on all sides.
type boxed struct {
	fyne.WidgetRenderer
	of      fyne.Widget
	focused func() bool
	lens    *icon // before the text; nil for none
}

// newBoxed wraps the renderer of Fyne's entry.
func newBoxed(fynes fyne.WidgetRenderer, of fyne.Widget, focused func() bool, lens *icon) *boxed {
	b := &boxed{fynes, of, focused, lens}
	b.color()
	return b
}

// box is Fyne's ground and edge.
func (b *boxed) box() (ground, edge *canvas.Rectangle) {
	objects := b.WidgetRenderer.Objects()
	ground, _ = objects[0].(*canvas.Rectangle)
	edge, _ = objects[1].(*canvas.Rectangle)
	return ground, edge
}

func (b *boxed) color() {
	ground, edge := b.box()
	if ground == nil || edge == nil {
		return
	}
	edge.FillColor, edge.CornerRadius, ground.Hidden = ground.FillColor, ground.CornerRadius, true // one instead of two
	if b.focused() {
		edge.StrokeColor, edge.StrokeWidth = theme.ColorForWidget(colorAccent, b.of), 2
	} else {
		edge.StrokeColor, edge.StrokeWidth = theme.ColorForWidget(theme.ColorNameInputBorder, b.of), 1
	}
	edge.Refresh()
}

// Layout is for Fyne.
func (b *boxed) Layout(size fyne.Size) {
	b.WidgetRenderer.Layout(size)
	if _, edge := b.box(); edge != nil {
		edge.Move(fyne.Position{})
		edge.Resize(size)
	}
	b.color()
	if b.lens != nil {
		inner := theme.SizeForWidget(theme.SizeNameInnerPadding, b.of)
		b.lens.Resize(b.lens.MinSize())
		b.lens.Move(fyne.NewPos(inner, (size.Height-b.lens.MinSize().Height)/2))
	}
}

// Refresh is for Fyne.
func (b *boxed) Refresh() {
	b.WidgetRenderer.Refresh()
	b.color()
	if b.lens != nil {
		b.lens.Refresh()
	}
}

// Objects is for Fyne.
func (b *boxed) Objects() []fyne.CanvasObject {
	if b.lens == nil {
		return b.WidgetRenderer.Objects()
	}
	return append(append([]fyne.CanvasObject{}, b.WidgetRenderer.Objects()...), b.lens)
}
