package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// inboxHeight is that of a room's row at 100 % text size.
const inboxHeight float32 = 92

// inboxCell shows one room of the inbox.
type inboxCell struct {
	tappable
	kit      *kit
	portrait *portrait
	called   *called
	time     *label
	said     *label
	tick     *tickIcon
	about    *label
	goods    *photo
	goodsBox *fyne.Container
	number   *counter
	shown    inboxRow
	row      *inboxRow
}

func newInboxCell(k *kit, open func(*inboxRow)) *inboxCell {
	c := &inboxCell{
		kit: k, portrait: newPortrait(chat.PeerID{}, "", 48), called: newCalled(newLabel("", sizeBody, colorText).strong()),
		time: newWhole("", sizeCaption, colorMuted), said: newLabel("", sizeBody, colorMuted), tick: newTickIcon(),
		about: newLabel("", sizeCaption, colorMuted), goods: newPhoto("goods", radiusSmall), number: newCounter(),
	}
	c.goodsBox = container.NewCenter(newSized(44, 44, c.goods))
	words := newColumn(2,
		newRow(grid, 0, c.called.view, c.time),
		newRow(6, 1, c.tick, c.said, c.number),
		c.about)
	inside := newRow(12, 1, c.portrait, words, c.goodsBox)
	c.become(c, inset(grid, grid, grid+gap, grid+gap, inside), radius, func() { open(c.row) })
	return c
}

// show shows a room; open marks the one beside the list.
func (c *inboxCell) show(r *inboxRow, open bool) {
	c.row = r
	ground := fyne.ThemeColorName("")
	if open {
		ground = colorAccentSoft
	}
	c.paint(ground, "")
	now := *r
	now.photo = nil
	if sameRow(&now, &c.shown) {
		return
	}
	k := c.kit
	c.shown = now
	k.showPortrait(c.portrait, r.peer)
	c.called.show(k, r.peer)
	c.name = c.called.aloud(k)
	c.time.set(k.stamp(r.activeAt))
	c.number.set(r.unread)
	c.showWords(r)
	role := k.say("inbox.selling")
	if r.mine == chat.Buyer {
		role = k.say("inbox.buying")
	}
	if r.title != "" {
		role += " · " + r.title
	}
	c.about.set(role)
	visible(c.goodsBox, r.photo != nil)
	c.goods.show(nil, false)
	if r.photo != nil {
		k.pics.small(r.hash, r.photo, func(i image.Image) {
			if c.shown.hash == r.hash {
				c.goods.show(i, false)
			}
		})
	}
	c.Refresh()
}

// showWords shows what was said last, or what is being written.
func (c *inboxCell) showWords(r *inboxRow) {
	words, color := r.preview, colorMuted
	switch {
	case r.draft != "":
		words, color = c.kit.say("inbox.draft", r.draft), colorDanger
	case words == "":
		words = c.kit.say("inbox.nothing")
	case r.unread > 0:
		color = colorText
	}
	c.said.set(words)
	c.said.paint(color)
	visible(c.tick, r.lastMine && r.draft == "" && r.state != chat.Withdrawn)
	c.tick.show(r.state)
}

// sameRow reports whether two rows look the same.
func sameRow(a, b *inboxRow) bool {
	return a.id == b.id && a.name == b.name && a.peer.Online == b.peer.Online && a.peer.Name == b.peer.Name && a.peer.Verified == b.peer.Verified && a.mine == b.mine &&
		a.activeAt == b.activeAt && a.preview == b.preview && a.lastMine == b.lastMine && a.state == b.state && a.draft == b.draft &&
		a.title == b.title && a.hash == b.hash && a.unread == b.unread && a.request == b.request
}
