package ui

import (
	"errors"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// fresh is how long a copy of goods counts as what they are now.
const fresh = 2 * time.Minute

// goodsPage shows goods: photos, price, words, who sells them, and what can be done.
type goodsPage struct {
	kit     *kit
	key     goodsKey
	view    *fyne.Container
	header  *header
	body    *fyne.Container // the page, or what stands in its place
	page    *page
	whole   fyne.CanvasObject // the page, or what it is a part of
	bar     *fyne.Container   // what can be done
	gallery *gallery
	badge   *statusBadge
	price   *label
	title   *label
	facts   *fyne.Container
	words   *label
	asOf    *label
	seller  *personCard

	reading latest[chat.ListingView]
	record  *chat.Listing
	mine    bool
	busy    bool // a change is on its way
	chat    *button
}

func newGoodsPage(k *kit, key goodsKey) *goodsPage {
	g := &goodsPage{kit: k, key: key, mine: key.seller == k.node.Self().ID}
	g.header = newHeader(k, newTitle(""))
	g.gallery = newGallery(k)
	g.badge = newStatusBadge(k)
	g.price = newLabel("", sizeDisplay, colorPrice).strong()
	g.title = newParagraph("", sizeTitle, colorText).strong()
	g.facts = newFlow(grid)
	g.words = newParagraph("", sizeBody, colorText)
	g.asOf = newParagraph("", sizeCaption, colorMuted)
	g.asOf.Hide()
	g.seller = newPersonCard(k, g.toSeller())
	above := []fyne.CanvasObject{g.gallery, newRow(12, 0, g.price, g.badge), g.title, g.facts, g.words, g.asOf}
	if !g.mine {
		above = append(above, inset(grid, 0, 0, 0, g.seller))
	}
	g.page = newPage(720, inset(0, gutter, gutter, gutter, newColumn(12, above...)))
	g.bar = container.NewStack()
	g.body = container.NewStack(newEmpty("goods", k.say("goods.loading"), ""))
	g.whole = g.page
	if k.guest {
		g.whole = g.forGuest(above[1:])
		g.header.Container = container.NewStack()
	}
	g.view = container.NewStack(newFill(colorSurface), container.New(headBodyFoot{}, g.header.Container, g.body, g.bar))
	g.read()
	k.off(func() { k.node.FetchPhotos(key.seller, key.id) })
	return g
}

func (g *goodsPage) object() fyne.CanvasObject { return g.view }
func (g *goodsPage) back(leave func())         { g.header.back(leave) }
func (*goodsPage) closed()                     {}

// shown takes the focus to the one thing that can be done, so that Return does it.
func (*goodsPage) shown() {}

func (g *goodsPage) read() {
	g.reading.read(g.kit, func() (chat.ListingView, error) { return g.kit.node.Listing(g.key.seller, g.key.id) }, g.show)
}

func (g *goodsPage) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.ListingChanged:
		if keyOf(e.Listing) == g.key {
			g.read()
		}
	case chat.PeerOnline:
		g.renewSeller(e.Peer)
	case chat.PeerOffline:
		g.renewSeller(e.Peer)
	case chat.PeerChanged:
		g.renewSeller(e.Peer)
	default:
	}
}

func (g *goodsPage) renewSeller(id chat.PeerID) {
	if id == g.key.seller && g.record != nil {
		g.read() // "as of" may be another, too
	}
}

// show shows what was read.
func (g *goodsPage) show(v chat.ListingView, err error) {
	switch {
	case errors.Is(err, chat.ErrNotFound), err == nil && v.Goods == nil:
		g.record = nil
		g.replace(newEmpty("goods", g.kit.say("goods.gone"), g.kit.say("goods.goneHint")))
		return
	case err != nil:
		g.kit.log.Error("Goods not read", "err", err)
		g.replace(newEmpty("warning", g.kit.say("goods.failed"), "", g.kit.fit(newButton(tonal, "refresh", g.kit.say("do.retry"), g.read))))
		return
	}
	first := g.record == nil
	g.record = v.Listing
	g.price.set(g.kit.price(v.Goods.Price))
	g.title.set(g.kit.title(v.Listing))
	g.badge.show(v.Status)
	g.gallery.show(v.Goods.Photos)
	g.showFacts(v)
	g.showWords(v)
	g.seller.show(g.kit.person(g.key.seller))
	g.showBar()
	if first {
		g.replace(g.whole)
		g.page.top()
	}
	g.page.relayout()
	g.view.Refresh()
}

func (g *goodsPage) replace(o fyne.CanvasObject) {
	g.body.Objects = []fyne.CanvasObject{o}
	g.body.Refresh()
	if o != g.whole {
		g.bar.Objects = nil
		g.view.Refresh()
	}
}

// showFacts shows category, condition and number as small badges.
func (g *goodsPage) showFacts(v chat.ListingView) {
	g.facts.Objects = nil
	add := func(s string) {
		if s != "" {
			g.facts.Add(newBadge(s, colorRaised, colorMuted))
		}
	}
	add(g.kit.word(categories, v.Goods.Category))
	add(g.kit.word(conditions, v.Goods.Condition))
	if v.Goods.Quantity > 1 {
		add(g.kit.say("goods.pieces", grouped(strconv.FormatUint(uint64(v.Goods.Quantity), 10))))
	}
	g.facts.Hidden = len(g.facts.Objects) == 0
}

func (g *goodsPage) showWords(v chat.ListingView) {
	words, _ := text.Folded(v.Goods.Description)
	g.words.set(words)
	g.words.Hidden = words == ""
	g.asOf.Hidden = g.kit.now().Sub(g.kit.at(v.AsOf)) < fresh
	if !g.asOf.Hidden {
		g.asOf.set(g.kit.say("goods.asOf", g.kit.moment(v.AsOf)))
	}
}

// showBar shows what can be done.
func (g *goodsPage) showBar() {
	var does fyne.CanvasObject
	if g.mine {
		does = g.ownActions()
	} else {
		if g.chat == nil {
			g.chat = newButton(primary, "chats", g.kit.say("goods.chat"), func() { g.kit.ways.chat(g.key.seller, g.key.id) })
		}
		does = g.kit.fit(g.chat)
	}
	g.bar.Objects = []fyne.CanvasObject{newColumn(0, newLine(), inset(12, 12, gutter, gutter, does))}
}

// ownActions are what sellers do with their goods.
func (g *goodsPage) ownActions() fyne.CanvasObject {
	say, now := g.kit.say, g.record.Status
	buttons := []fyne.CanvasObject{newButton(tonal, "edit", say("goods.edit"), func() { g.kit.ways.edit(g.key.id) })}
	to := func(s chat.Status, text string) {
		b := newButton(plain, "", text, func() { g.set(s) })
		b.enable(!g.busy)
		buttons = append(buttons, b)
	}
	if now != chat.Available {
		to(chat.Available, say("goods.makeAvailable"))
	}
	if now == chat.Available {
		to(chat.Reserved, say("goods.reserve"))
	}
	if now != chat.Sold {
		to(chat.Sold, say("goods.sell"))
	}
	if now != chat.Hidden {
		to(chat.Hidden, say("goods.hide"))
	}
	return newFlow(grid, buttons...)
}

// set gives the goods another status; the event that follows shows it.
func (g *goodsPage) set(s chat.Status) {
	if g.busy {
		return
	}
	g.busy = true
	g.showBar()
	then := answer(g.kit, func(_ *chat.Listing, err error) {
		g.busy = false
		if err != nil {
			g.kit.log.Error("Status not changed", "err", err)
			g.kit.toast(g.kit.failure(err))
		}
		g.showBar()
		g.view.Refresh()
	})
	g.kit.off(func() {
		g.kit.node.Revise(g.key.id, func(_ *chat.Goods, status *chat.Status) error {
			*status = s
			return nil
		}, then)
	})
}

// headBodyFoot gives the first and the last their least height and what is between them the rest.
type headBodyFoot struct{}

// Layout is for Fyne.
func (headBodyFoot) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	head, body, foot := objects[0], objects[1], objects[2]
	for _, o := range []fyne.CanvasObject{head, foot} {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
	}
	top, bottom := head.MinSize().Height, foot.MinSize().Height
	head.Resize(fyne.NewSize(size.Width, top))
	foot.Resize(fyne.NewSize(size.Width, bottom))
	foot.Move(fyne.NewPos(0, size.Height-bottom))
	body.Move(fyne.NewPos(0, top))
	body.Resize(fyne.NewSize(size.Width, max(0, size.Height-top-bottom)))
}

// MinSize is for Fyne.
func (headBodyFoot) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		least := o.MinSize()
		size.Width = max(size.Width, least.Width)
		size.Height += least.Height
	}
	return size
}
