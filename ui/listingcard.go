package ui

import (
	"cmp"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"haggle/chat"
)

// listingCard shows goods among others: photo, price, title and who sells them.
type listingCard struct {
	tappable
	kit      *kit
	photo    *photo
	badge    *statusBadge
	price    *label
	title    *label
	portrait *portrait
	seller   *label
	open     func(goodsKey)

	shown  goodsKey
	record *chat.Listing // the version that is shown
	peer   chat.PeerView
}

const (
	cardEdge  float32 = 12   // around the words of a card
	photoPart float32 = 0.75 // of the width, a photo's height
)

func newListingCard(k *kit, open func(goodsKey)) *listingCard {
	c := &listingCard{
		kit: k, open: open, photo: newPhoto("photo", radiusLarge), badge: newStatusBadge(k),
		price: newLabel("", sizeStrong, colorPrice).strong(), title: newLabel("", sizeBody, colorText).upTo(2),
		portrait: newPortrait(chat.PeerID{}, "", 20), seller: newLabel("", sizeCaption, colorMuted),
	}
	c.become(c, container.New(cardLayout{c}, c.photo, c.badge, c.price, c.title, c.portrait, c.seller), radiusLarge, func() { c.open(c.shown) })
	c.covered = func(size fyne.Size) float32 { return c.photoHeight(size) - radiusLarge }
	c.scale = func() float32 { return k.window.Canvas().Scale() }
	c.paint(colorSurface, colorLine)
	return c
}

// cardHeight is how high a card of a width is.
func (k *kit) cardHeight(width float32) float32 {
	body, strong := lineHeight(sizeBody), lineHeight(sizeStrong)
	lead := theme.Size(theme.SizeNameLineSpacing)
	return width*photoPart + grid + strong + gap + 2*body + lead + grid + max(20, lineHeight(sizeCaption)) + cardEdge
}

// photoHeight is that of a card's photo: what the words leave, so that cards of a row are in line.
func (c *listingCard) photoHeight(size fyne.Size) float32 {
	return size.Height - (c.kit.cardHeight(size.Width) - size.Width*photoPart)
}

// lineHeight is that of one line in a size of the theme.
func lineHeight(size fyne.ThemeSizeName) float32 { return textFace{size: theme.Size(size)}.height() }

// cardLayout stacks a card's parts by its width.
type cardLayout struct{ card *listingCard }

// Layout is for Fyne.
func (l cardLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	c := l.card
	width := size.Width - 2*cardEdge
	photo := c.photoHeight(size)
	at := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	at(c.photo, 0, 0, size.Width, photo)
	least := c.badge.MinSize()
	at(c.badge, grid, grid, least.Width, least.Height)
	y := photo + grid
	h := lineHeight(sizeStrong)
	at(c.price, cardEdge, y, width, h)
	y += h + gap
	h = 2*lineHeight(sizeBody) + theme.Size(theme.SizeNameLineSpacing)
	at(c.title, cardEdge, y, width, h)
	y += h + grid
	h = max(20, lineHeight(sizeCaption))
	at(c.portrait, cardEdge, y+(h-20)/2, 20, 20)
	at(c.seller, cardEdge+20+6, y, width-26, h)
}

// MinSize is for Fyne.
func (cardLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// show shows goods. Nothing happens if they are what is shown.
func (c *listingCard) show(l *chat.Listing, peer chat.PeerView, chosen bool) {
	if c.record == l && c.peer.Name == peer.Name && c.peer.Alias == peer.Alias && c.peer.NameTag == peer.NameTag && c.peer.Picture == peer.Picture &&
		c.peer.Online == peer.Online && c.chosen == chosen {
		return
	}
	before := c.record
	c.shown, c.record, c.peer = keyOf(l), l, peer
	c.mark(chosen)
	c.title.set(c.kit.title(l))
	c.name = c.title.text
	if l.Goods != nil {
		c.price.set(c.kit.price(l.Goods.Price))
	}
	c.badge.show(l.Status)
	c.seller.set(c.kit.personName(peer))
	c.kit.showPortrait(c.portrait, peer)
	if before == nil || before.Hash() != l.Hash() {
		c.showPhoto(l)
	}
}

func (c *listingCard) showPhoto(l *chat.Listing) {
	dim := l.Status == chat.Sold
	c.photo.show(nil, dim)
	if l.Goods == nil || len(l.Goods.Photos) == 0 {
		return
	}
	first := l.Goods.Photos[0]
	if len(first.Thumbnail) == 0 {
		return
	}
	c.kit.pics.small(first.Hash, first.Thumbnail, func(p image.Image) {
		if c.record == l {
			c.photo.show(p, dim)
		}
	})
}

// statusBadge says that goods are reserved, sold or hidden, and nothing if they can be had.
type statusBadge struct {
	panel
	kit    *kit
	label  *label
	status chat.Status
}

func newStatusBadge(k *kit) *statusBadge {
	b := &statusBadge{kit: k, label: newWhole("", sizeCaption, colorOnWarn).strong()}
	b.radius = radiusSmall
	b.on = inset(3, 3, grid, grid, b.label)
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

func (b *statusBadge) show(s chat.Status) {
	if b.status == s {
		return
	}
	b.status = s
	b.label.set(b.kit.status(s))
	switch s {
	case chat.Available:
		b.Hide()
		return
	case chat.Reserved:
		b.label.paint(colorOnWarn)
		b.paint(colorWarnSoft, "")
	default:
		b.label.paint(colorText)
		b.paint(colorRaised, colorLine)
	}
	b.Resize(b.MinSize())
	b.Show()
	canvas.Refresh(b)
}

// showPortrait lets a portrait stand for a peer, with the picture if it is here.
func (k *kit) showPortrait(p *portrait, peer chat.PeerView) {
	p.show(peer.ID, cmp.Or(peer.Alias, peer.Name), peer.Online)
	if peer.Picture == (chat.Hash{}) {
		p.paint(nil)
		return
	}
	k.pics.portrait(peer.Picture, func(picture image.Image) {
		if p.id == peer.ID {
			p.paint(picture)
		}
	})
}
