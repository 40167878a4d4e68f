package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// question is something to be sure about before it is done.
type question struct {
	title, words string
	deed         string // on the button that does it
	kind         buttonKind
	then         func()
}

// ask covers the window with a question. Esc and the other button leave everything as it is.
func (k *kit) ask(q question) {
	c := k.window.Canvas()
	before := c.Focused()
	var cover *curtain
	leave := func() {
		c.Overlays().Remove(cover)
		if before != nil {
			c.Focus(before)
		}
	}
	keep := newButton(plain, "", k.say("do.cancel"), leave)
	do := newButton(q.kind, "", q.deed, func() { leave(); q.then() })
	inside := newColumn(grid+gap, newParagraph(q.title, sizeStrong, colorText).strong(), newParagraph(q.words, sizeBody, colorMuted),
		inset(grid, 0, 0, 0, newRow(grid, 0, container.NewWithoutLayout(), keep, do)))
	p := newPanel(colorSurface, radiusLarge, inset(gutter+grid, gutter+grid, gutter+grid, gutter+grid, inside))
	p.lifted = true
	cover = newCurtain(container.New(middle{400}, p), leave)
	keep.keyed = func(key fyne.KeyName) bool { return cover.escape(key) }
	do.keyed = keep.keyed
	c.Overlays().Add(cover)
	cover.Resize(c.Size())
	c.Focus(keep)
}

// curtain dims the window behind what lies on it and takes every tap beside that.
type curtain struct {
	widget.BaseWidget
	on    fyne.CanvasObject
	leave func()
}

func newCurtain(on fyne.CanvasObject, leave func()) *curtain {
	c := &curtain{on: on, leave: leave}
	c.ExtendBaseWidget(c)
	return c
}

func (c *curtain) escape(key fyne.KeyName) bool {
	if key == fyne.KeyEscape {
		c.leave()
		return true
	}
	return false
}

// Tapped is for Fyne.
func (*curtain) Tapped(*fyne.PointEvent) {}

// CreateRenderer is for Fyne.
func (c *curtain) CreateRenderer() fyne.WidgetRenderer {
	r := &curtainRenderer{of: c, scrim: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return laidOut(r, c)
}

type curtainRenderer struct {
	of    *curtain
	scrim *canvas.Rectangle
}

// Layout is for Fyne.
func (r *curtainRenderer) Layout(size fyne.Size) {
	r.scrim.Resize(size)
	r.of.on.Resize(size)
}

// MinSize is for Fyne.
func (r *curtainRenderer) MinSize() fyne.Size { return r.of.on.MinSize() }

// Refresh is for Fyne.
func (r *curtainRenderer) Refresh() {
	r.scrim.FillColor = theme.ColorForWidget(colorScrim, r.of)
	r.scrim.Refresh()
	r.of.on.Refresh()
}

// Objects is for Fyne.
func (r *curtainRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.scrim, r.of.on} }

// Destroy is for Fyne.
func (r *curtainRenderer) Destroy() {}
