package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// personGoods is how many goods of somebody their page shows.
const personGoods = 60

// person is the page of a peer: who they are, what they offer, and what can be done.
type person struct {
	kit      *kit
	id       chat.PeerID
	view     *fyne.Container
	header   *header
	page     *page
	portrait *portrait
	called   *label
	mark     *fyne.Container // verified
	named    *label          // what they call themselves, if they have another name here
	presence *label
	tag      *label
	why      *button // while they are away
	talk     *button
	remark   *button
	block    *button
	note     *label
	noteBox  fyne.CanvasObject
	safety   *safety
	goods    *fyne.Container
	none     *label          // in place of the goods: loading, none, or that they cannot be read
	again    *fyne.Container // tries once more to read them
	count    *label
	reading  latest[[]chat.ListingView]
	cards    map[chat.ListingID]*listingCard
}

func newPerson(k *kit, id chat.PeerID) *person {
	p := &person{kit: k, id: id, cards: map[chat.ListingID]*listingCard{}}
	p.header = newHeader(k, newTitle(""))
	p.portrait = newPortrait(id, "", 88)
	p.called = newParagraph("", sizeTitle, colorText).strong().centred()
	p.mark = container.NewCenter(newRow(gap, -1, newIcon("verified", colorAccent, 18), newWhole(k.say("person.verified"), sizeBody, colorAccent).strong()))
	p.named = newParagraph("", sizeBody, colorMuted).centred()
	p.presence = newParagraph("", sizeBody, colorMuted).centred()
	p.tag = newParagraph("", sizeCaption, colorOnWarn).centred()
	p.why = newButton(plain, "network", k.say("person.why"), func() { k.ways.why(id) })
	p.talk = newButton(primary, "chats", k.say("person.talk"), func() { k.ways.chat(id, chat.ListingID{}) })
	p.remark = newButton(plain, "edit", k.say("remark.edit"), p.editRemark)
	p.block = newButton(plain, "block", "", p.toggleBlock)
	p.note = newParagraph("", sizeBody, colorText)
	p.noteBox = newPanel(colorRaised, radius, inset(12, 12, gutter, gutter,
		newColumn(4, newLabel(k.say("remark.note"), sizeCaption, colorText).strong(), p.note)))
	p.safety = newSafety(k, id, p.setVerified)
	p.count = newLabel(k.say("person.goods"), sizeStrong, colorText).strong()
	p.none = newParagraph(k.say("goods.loading"), sizeBody, colorMuted)
	p.again = newRow(0, -1, newButton(tonal, "refresh", k.say("do.retry"), p.read))
	p.again.Hide()
	p.goods = container.New(cardRows{k})
	p.page = newPage(760, inset(0, gutter, gutter, gutter, newColumn(12,
		container.NewCenter(p.portrait), p.called, p.mark, p.named, p.presence, p.tag,
		container.NewCenter(newRow(grid, -1, p.talk, p.remark, p.block)), container.NewCenter(p.why),
		p.noteBox, p.safety.panel, p.identity(),
		inset(grid, 0, 0, 0, p.count), p.none, p.again, p.goods,
	)))
	p.view = container.New(topAndRest{}, p.header.Container, p.page)
	p.show()
	p.read()
	return p
}

// identity is the peer's ID to compare and to copy: the name proves nothing.
func (p *person) identity() fyne.CanvasObject {
	id := p.id.String()
	half := len(id) / 2
	lines := newColumn(2, newLabel(id[:half+1], sizeCaption, colorMuted), newLabel(id[half+1:], sizeCaption, colorMuted))
	copyID := newIconButton("copy", p.kit.say("person.copyID"), func() {
		p.kit.copy(id)
	})
	return newPanel(colorRaised, radius, inset(grid, grid, gutter, grid,
		newRow(grid, 0, newColumn(4, newLabel(p.kit.say("person.id"), sizeCaption, colorText).strong(), lines), copyID)))
}

// copy puts our own words or an ID on the clipboard, and says so.
func (k *kit) copy(s string) {
	k.clipboard.SetContent(s)
	k.toast(k.say("do.copied"))
}

func (p *person) object() fyne.CanvasObject { return p.view }
func (p *person) back(leave func())         { p.header.back(leave) }
func (*person) closed()                     {}
func (*person) shown()                      {}

func (p *person) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.PeerOnline:
		p.renew(e.Peer)
	case chat.PeerOffline:
		p.renew(e.Peer)
	case chat.PeerChanged:
		p.renew(e.Peer)
	case chat.ListingChanged:
		if e.Listing.Seller == p.id {
			p.read()
		}
	default:
	}
}

func (p *person) renew(id chat.PeerID) {
	if id == p.id {
		p.show()
		p.read()
	}
}

// show shows who the peer is now.
func (p *person) show() {
	v := p.kit.node.Peer(p.id)
	p.kit.showPortrait(p.portrait, v)
	p.portrait.dotOn = colorPage
	p.called.set(p.kit.personName(v))
	visible(p.mark, v.Verified)
	p.named.set(p.kit.say("person.named", p.kit.personName(chat.PeerView{Peer: v.Peer, Name: v.Name})))
	p.named.Hidden = v.Alias == ""
	p.note.set(text.Clean(v.Note))
	visible(p.noteBox, v.Note != "")
	p.presence.set(p.kit.presence(v))
	p.tag.set(p.kit.say("person.sameName", v.NameTag))
	if v.Resembles != (chat.PeerID{}) {
		p.tag.set(p.kit.say("room.another", p.called.text, v.Resembles.Short(), v.NameTag))
	}
	p.tag.Hidden = v.NameTag == ""
	visible(p.why, !v.Online && !v.Blocked)
	p.talk.enable(!v.Blocked)
	p.remark.enable(v.ProvenAt != 0)
	p.safety.show(v)
	p.block.say(p.kit.say("person.block"))
	if v.Blocked {
		p.block.say(p.kit.say("person.unblock"))
	}
	p.page.relayout()
}

// toggleBlock asks before it blocks, since everything of that person goes out of sight.
func (p *person) toggleBlock() {
	if p.kit.node.Peer(p.id).Blocked {
		p.setBlocked(false)
		return
	}
	p.kit.confirm(p.kit.say("person.blockAsk", p.called.text), p.kit.say("person.blockHint"), p.kit.say("person.block"), func() { p.setBlocked(true) })
}

func (p *person) setBlocked(on bool) {
	then := answer(p.kit, func(_ chat.PeerView, err error) {
		if err != nil {
			p.kit.log.Error("Block not changed", "err", err)
			p.kit.toast(p.kit.failure(err))
		}
		p.show()
	})
	p.kit.off(func() { p.kit.node.Block(p.id, on, then) })
}

func (p *person) read() {
	p.reading.read(p.kit, func() ([]chat.ListingView, error) {
		_, page, err := p.kit.node.Listings(chat.ListingQuery{Seller: p.id, Limit: personGoods})
		return page, err
	}, func(page []chat.ListingView, err error) {
		p.none.set(p.kit.say("person.noGoods"))
		if err != nil {
			p.kit.log.Error("Goods not read", "err", err)
			p.none.set(p.kit.say("person.goodsFailed"))
			page = nil
		}
		visible(p.again, err != nil)
		p.showGoods(page)
	})
}

// showGoods shows what the peer offers; a card stays the card of its goods.
func (p *person) showGoods(page []chat.ListingView) {
	v := p.kit.node.Peer(p.id)
	p.goods.Objects = nil
	left := map[chat.ListingID]*listingCard{}
	for _, l := range page {
		c := p.cards[l.ID]
		if c == nil {
			c = newListingCard(p.kit, func(key goodsKey) { p.kit.ways.goods(key.seller, key.id) })
		}
		left[l.ID] = c
		c.show(l.Listing, v, false)
		p.goods.Add(c)
	}
	p.cards = left
	p.none.Hidden = len(page) > 0
	p.page.relayout()
}

// cardRows lays a few cards out in columns; the many of the market are a gridView.
type cardRows struct{ kit *kit }

// Layout is for Fyne.
func (c cardRows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.place(objects, size.Width, true)
}

// MinSize is for Fyne.
func (c cardRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) == 0 {
		return fyne.Size{}
	}
	width := float32(0) // that of the last layout
	for _, o := range objects {
		width = max(width, o.Position().X+o.Size().Width)
	}
	return fyne.NewSize(0, c.place(objects, max(width, 168), false))
}

func (c cardRows) place(objects []fyne.CanvasObject, width float32, move bool) float32 {
	const least, between = 168, 12
	columns := max(1, int((width+between)/(least+between)))
	each := (width - between*float32(columns-1)) / float32(columns)
	height := c.kit.cardHeight(each)
	for i, o := range objects {
		if move {
			o.Resize(fyne.NewSize(each, height))
			o.Move(fyne.NewPos(float32(i%columns)*(each+between), float32(i/columns)*(height+between)))
		}
	}
	rows := float32((len(objects) + columns - 1) / columns)
	return rows*height + max(0, rows-1)*between
}
