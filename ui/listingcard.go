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
	chosen bool
}

// What a card takes below its photo.
const (
	cardEdge  float32 = 10
	photoPart float32 = 0.78 // of the width, a photo's height
)

func newListingCard(k *kit, open func(goodsKey)) *listingCard {
	c := &listingCard{
		kit: k, open: open, photo: newPhoto("photo", radius), badge: newStatusBadge(k),
		price: newLabel("", sizeStrong, colorPrice).strong(), title: newLabel("", sizeBody, colorText).upTo(2),
		portrait: newPortrait(chat.PeerID{}, "", 20), seller: newLabel("", sizeCaption, colorMuted),
	}
	c.become(c, container.New(cardLayout{c}, c.photo, c.badge, c.price, c.title, c.portrait, c.seller), radiusLarge, func() { c.open(c.shown) })
	c.paint(colorSurface, colorLine)
	return c
}

// cardHeight is how high a card of a width is.
func (k *kit) cardHeight(width float32) float32 {
	body, strong := lineHeight(sizeBody), lineHeight(sizeStrong)
	lead := theme.Size(theme.SizeNameLineSpacing)
	return (width-2*cardEdge)*photoPart + 2*cardEdge + grid + strong + gap + 2*body + lead + grid + max(20, lineHeight(sizeCaption))
}

// lineHeight is that of one line in a size of the theme.
func lineHeight(size fyne.ThemeSizeName) float32 { return textFace{size: theme.Size(size)}.height() }

// cardLayout stacks a card's parts by its width.
type cardLayout struct{ card *listingCard }

// Layout is for Fyne.
func (l cardLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	c := l.card
	width := size.Width - 2*cardEdge
	photo := size.Height - (c.kit.cardHeight(size.Width) - width*photoPart) // by the height, so that cards of a row are in line
	at := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	y := cardEdge
	at(c.photo, cardEdge, y, width, photo)
	least := c.badge.MinSize()
	at(c.badge, cardEdge+grid, y+grid, least.Width, least.Height)
	y += photo + grid
	h := lineHeight(sizeStrong)
	at(c.price, cardEdge+2, y, width-4, h)
	y += h + gap
	h = 2*lineHeight(sizeBody) + theme.Size(theme.SizeNameLineSpacing)
	at(c.title, cardEdge+2, y, width-4, h)
	y += h + grid
	h = max(20, lineHeight(sizeCaption))
	at(c.portrait, cardEdge+2, y+(h-20)/2, 20, 20)
	at(c.seller, cardEdge+2+20+6, y, width-4-26, h)
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
	c.shown, c.record, c.peer, c.chosen = keyOf(l), l, peer, chosen
	line := colorLine
	if chosen {
		line = colorAccent
	}
	c.paint(colorSurface, line)
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
