package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// called is what somebody is called, and right behind it a mark if a person verified them here.
type called struct {
	*label
	view *fyne.Container
	mark *icon
}

func newCalled(l *label) *called {
	c := &called{label: l, mark: newIcon("verified", colorAccent, 16)}
	c.mark.Hide()
	c.view = container.New(behind{gap, c}, l, c.mark)
	return c
}

func (c *called) show(k *kit, p chat.PeerView) {
	c.set(k.personName(p))
	visible(c.mark, p.Verified)
	c.view.Refresh()
}

// aloud is it for those who hear the screen.
func (c *called) aloud(k *kit) string {
	if c.mark.Visible() {
		return c.text + ", " + k.say("person.verified")
	}
	return c.text
}

// behind puts the mark where the name ends, which is cut where the mark would have no room.
type behind struct {
	gap float32
	of  *called
}

// Layout is for Fyne.
func (b behind) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	width := size.Width
	if b.of.mark.Visible() {
		side := b.of.mark.MinSize()
		width = min(ceil(b.of.face().width(b.of.text)), size.Width-side.Width-b.gap)
		b.of.mark.Resize(side)
		b.of.mark.Move(fyne.NewPos(width+b.gap, (size.Height-side.Height)/2))
	}
	b.of.Resize(fyne.NewSize(max(0, width), size.Height))
	b.of.Move(fyne.NewPos(0, 0))
}

// MinSize is for Fyne.
func (b behind) MinSize([]fyne.CanvasObject) fyne.Size {
	size := b.of.MinSize()
	if b.of.mark.Visible() {
		size = size.Max(b.of.mark.MinSize())
	}
	return size
}
