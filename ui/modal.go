package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// modalEdge is around what is on a modal.
const modalEdge = gutter + grid

// modal is a card over the window, which waits for an answer behind it. Esc and a tap beside it close it. Where it is higher
// than the window, it scrolls.
type modal struct {
	widget.BaseWidget
	kit    *kit
	card   *panel
	page   *page   // on the card; nil if that has a height of its own
	height float32 // without a page
	most   float32
	before fyne.Focusable
	gone   func() // called when it is closed; may be nil
}

// showModal shows a card with something on it, at most so wide. The first of focus takes the keyboard.
func showModal(k *kit, most float32, on fyne.CanvasObject, focus fyne.Focusable) *modal {
	page := newPage(0, container.NewStack(on))
	m := &modal{kit: k, most: most, page: page}
	m.show(page, focus)
	return m
}

// showTall shows a card with something on it that scrolls by itself: so high, or as high as the window allows.
func showTall(k *kit, most, height float32, on fyne.CanvasObject, focus fyne.Focusable) *modal {
	m := &modal{kit: k, most: most, height: height}
	m.show(on, focus)
	return m
}

func (m *modal) show(on fyne.CanvasObject, focus fyne.Focusable) {
	m.card = newPanel(colorSurface, radiusLarge, pad(modalEdge, on))
	m.card.lifted = true
	m.ExtendBaseWidget(m)
	c := m.kit.window.Canvas()
	m.before = c.Focused()
	c.Overlays().Add(m)
	m.Resize(c.Size())
	if focus != nil {
		c.Focus(focus)
	}
}

// close takes the card away; the focus goes back to where it was.
func (m *modal) close() {
	c := m.kit.window.Canvas()
	c.Overlays().Remove(m)
	if m.before != nil {
		c.Focus(m.before)
	}
	if m.gone != nil {
		m.gone()
	}
}

// Tapped is for Fyne.
func (m *modal) Tapped(e *fyne.PointEvent) {
	at, size := m.card.Position(), m.card.Size()
	if p := e.Position; p.X < at.X || p.Y < at.Y || p.X > at.X+size.Width || p.Y > at.Y+size.Height {
		m.close()
	}
}

// CreateRenderer is for Fyne.
func (m *modal) CreateRenderer() fyne.WidgetRenderer {
	return laidOut(&modalRenderer{m, canvas.NewRectangle(theme.ColorForWidget(colorScrim, m))}, m)
}

type modalRenderer struct {
	of    *modal
	scrim *canvas.Rectangle
}

// Layout is for Fyne.
func (r *modalRenderer) Layout(size fyne.Size) {
	r.scrim.Resize(size)
	card := r.of.card
	width := min(r.of.most, size.Width-2*gutter)
	card.Resize(fyne.NewSize(width, size.Height)) // heights follow from widths
	height := r.of.height
	if r.of.page != nil {
		height = r.of.page.height()
	}
	height = min(height+2*modalEdge, size.Height-2*gutter)
	card.Resize(fyne.NewSize(width, height))
	card.Move(fyne.NewPos((size.Width-width)/2, (size.Height-height)*0.45))
}

// MinSize is for Fyne.
func (r *modalRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(320) }

// Refresh is for Fyne.
func (r *modalRenderer) Refresh() {
	r.scrim.FillColor = theme.ColorForWidget(colorScrim, r.of)
	r.scrim.Refresh()
	r.Layout(r.of.Size())
	r.of.card.Refresh()
}

// Objects is for Fyne.
func (r *modalRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.scrim, r.of.card}
}

// Destroy is for Fyne.
func (r *modalRenderer) Destroy() {}

// confirm asks before something that cannot be undone, or that somebody could regret.
func (k *kit) confirm(question, hint, action string, do func()) {
	var m *modal
	cancel := newButton(plain, "", k.say("do.cancel"), func() { m.close() })
	act := newButton(danger, "", action, func() {
		m.close()
		do()
	})
	m = showModal(k, 440, newColumn(12,
		newParagraph(question, sizeStrong, colorText).strong(),
		newParagraph(hint, sizeBody, colorMuted),
		inset(grid, 0, 0, 0, container.New(toRight{grid}, cancel, act)),
	), cancel)
}

// toRight puts objects side by side at the right edge.
type toRight struct{ gap float32 }

// Layout is for Fyne.
func (l toRight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := size.Width
	for i := len(objects) - 1; i >= 0; i-- {
		o := objects[i]
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		x -= least.Width
		o.Resize(fyne.NewSize(least.Width, size.Height))
		o.Move(fyne.NewPos(x, 0))
		x -= l.gap
	}
}

// MinSize is for Fyne.
func (l toRight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return row{l.gap, -1}.MinSize(objects)
}
