package ui

import (
	"fyne.io/fyne/v2"

	"haggle/chat"
)

// foundHeight is that of a message that was found, at 100 % text size.
const foundHeight float32 = 92

// foundCell shows a message that was found: whose room it is in, when it was written, and what it says around the match.
type foundCell struct {
	tappable
	kit      *kit
	portrait *portrait
	called   *label
	time     *label
	said     *quote
	row      *foundRow
}

func newFoundCell(k *kit, open func(*foundRow)) *foundCell {
	c := &foundCell{
		kit: k, portrait: newPortrait(chat.PeerID{}, "", 48), called: newLabel("", sizeBody, colorText).strong(),
		time: newWhole("", sizeCaption, colorMuted), said: newQuote(),
	}
	words := newColumn(2, newRow(grid, 0, c.called, c.time), c.said)
	c.become(c, inset(grid, grid, grid+gap, grid+gap, newRow(12, 1, c.portrait, words)), radius, func() { open(c.row) })
	return c
}

// show shows a message; open marks the one beside the list.
func (c *foundCell) show(r *foundRow, open bool) {
	ground := fyne.ThemeColorName("")
	if open {
		ground = colorAccentSoft
	}
	c.paint(ground, "")
	if c.row == r {
		return
	}
	c.row, c.name = r, r.name
	c.kit.showPortrait(c.portrait, r.peer)
	c.called.set(r.name)
	c.time.set(c.kit.stamp(r.sent))
	c.said.set(r.said, r.hits)
	c.Refresh()
}
