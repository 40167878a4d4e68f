package ui

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// myGoods is the list of own goods, the newest first, with what can be done with each.
type myGoods struct {
	kit  *kit
	head *header
	view *fyne.Container

	goods   []*chat.Listing
	chosen  chat.ListingID // open in the editor; zero for none
	loaded  bool
	reading latest[[]*chat.Listing]
	grid    *gridView
	empty   fyne.CanvasObject
	wait    fyne.CanvasObject
	failed  fyne.CanvasObject
}

func newMyGoods(k *kit) *myGoods {
	m := &myGoods{kit: k}
	offer := newIconButton("plus", k.say("mygoods.offer"), k.ways.offer)
	offer.paint(colorAccentSoft, "")
	m.head = newHeader(k, newTitle(k.say("mygoods.title")), offer)
	m.grid = newGridView(k, 0, grid, grid, func(float32) float32 { return myRowHeight() }, func() fyne.CanvasObject { return newMyRow(m) }, m.bind)
	m.empty = newEmpty("goods", k.say("mygoods.empty"), k.say("mygoods.empty.hint"),
		newButton(primary, "plus", k.say("mygoods.offer"), k.ways.offer))
	m.failed = newEmpty("warning", k.say("mygoods.failed"), "", newButton(tonal, "refresh", k.say("do.again"), m.read))
	m.wait = newEmpty("clock", k.say("mygoods.loading"), "")
	m.view = stacked(m.head.Container, container.NewStack(m.grid, m.empty, m.failed, m.wait))
	m.show(m.wait)
	m.read()
	return m
}

func (m *myGoods) object() fyne.CanvasObject { return m.view }
func (m *myGoods) back(leave func())         { m.head.back(leave) }
func (*myGoods) shown()                      {}
func (*myGoods) closed()                     {}

// show shows one of the things that the list may be.
func (m *myGoods) show(one fyne.CanvasObject) {
	for _, o := range []fyne.CanvasObject{m.grid, m.empty, m.failed, m.wait} {
		if o == one {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

func (m *myGoods) read() {
	m.reading.read(m.kit, func() ([]*chat.Listing, error) { return ownGoods(m.kit.node) }, func(goods []*chat.Listing, err error) {
		if err != nil {
			m.kit.log.Error("Own goods not read", "err", err)
			if !m.loaded {
				m.show(m.failed)
			}
			return
		}
		m.goods, m.loaded = goods, true
		m.renew()
	})
}

// ownGoods reads all own goods, hidden ones too, the newest first.
func ownGoods(n Node) ([]*chat.Listing, error) {
	var goods []*chat.Listing
	self := n.Self().ID
	for _, status := range []chat.Status{0, chat.Hidden} {
		for offset := 0; ; offset += chat.MaxPage {
			_, page, err := n.Listings(chat.ListingQuery{Seller: self, Status: status, Offset: offset, Limit: chat.MaxPage})
			if err != nil {
				return nil, err
			}
			for _, l := range page {
				goods = append(goods, l.Listing)
			}
			if len(page) < chat.MaxPage {
				break
			}
		}
	}
	slices.SortStableFunc(goods, func(a, b *chat.Listing) int { return int(b.UpdatedAt - a.UpdatedAt) })
	return goods, nil
}

func (m *myGoods) renew() {
	m.kit.ways.bare()
	if len(m.goods) == 0 {
		m.show(m.empty)
		return
	}
	m.show(m.grid)
	m.grid.show(len(m.goods))
}

// bare is for the frame.
func (m *myGoods) bare() bool { return m.loaded && len(m.goods) == 0 }

// apply follows a change of own goods: one row, which stays where it is; new goods come on top.
func (m *myGoods) apply(e chat.Event) {
	changed, ok := e.(chat.ListingChanged)
	if !ok || !m.loaded || changed.Listing.Seller != m.kit.node.Self().ID {
		return
	}
	l := changed.Listing
	i := slices.IndexFunc(m.goods, func(g *chat.Listing) bool { return g.ID == l.ID })
	switch {
	case i < 0:
		m.goods = append([]*chat.Listing{l}, m.goods...)
		m.renew()
	case l.Newer(m.goods[i]):
		m.goods[i] = l
		m.grid.renew(i)
	}
}

func (m *myGoods) bind(i int, o fyne.CanvasObject) {
	if row, ok := o.(*myRow); ok && i < len(m.goods) {
		row.show(m.goods[i])
		row.mark(m.goods[i].ID == m.chosen)
	}
}

// choose marks the goods that are open in the editor; zero for none.
func (m *myGoods) choose(id chat.ListingID) {
	m.chosen = id
	m.grid.show(len(m.goods))
}

// setStatus changes the status of own goods; what shows them does so when the node says that it changed.
func (k *kit) setStatus(id chat.ListingID, to chat.Status) {
	k.off(func() {
		k.node.Revise(id, func(_ *chat.Goods, s *chat.Status) error { *s = to; return nil },
			answer(k, func(_ *chat.Listing, err error) {
				if err != nil {
					k.log.Error("Status not changed", "err", err)
					k.toast(k.failure(err))
				}
			}))
	})
}

// myRow is one of the own goods.
type myRow struct {
	tappable
	of     *myGoods
	record *chat.Listing
	photo  *photo
	title  *label
	price  *label
	status *statusChoice
}

const myPhotoSide float32 = 80

// myRowHeight is what a row takes: its photo, or its lines where text is large.
func myRowHeight() float32 {
	return max(myPhotoSide, lineHeight(sizeBody)+lineHeight(sizeStrong)+touch+2*gap) + 2*grid
}

func newMyRow(m *myGoods) *myRow {
	r := &myRow{
		of: m, photo: newPhoto("photo", radiusSmall), title: newLabel("", sizeBody, colorText).strong(),
		price: newLabel("", sizeBody, colorPrice).strong(),
	}
	r.status = newStatusChoice(m.kit, func(to chat.Status) { m.kit.setStatus(r.record.ID, to) })
	words := newColumn(gap, r.title, r.price, newRow(0, -1, r.status))
	r.become(r, pad(grid, newRow(12, 1, newSized(myPhotoSide, myPhotoSide, r.photo), words)), radius, func() { m.kit.ways.edit(r.record.ID) })
	r.paint(colorSurface, colorLine)
	return r
}

func (r *myRow) show(l *chat.Listing) {
	if r.record == l {
		return
	}
	r.record = l
	r.title.set(r.of.kit.title(l))
	r.name = r.title.text
	r.price.set("")
	if l.Goods != nil {
		r.price.set(r.of.kit.price(l.Goods.Price))
	}
	r.status.show(l.Status)
	dim := l.Status == chat.Sold || l.Status == chat.Hidden
	if l.Goods == nil || len(l.Goods.Photos) == 0 {
		r.photo.show(nil, dim)
		return
	}
	cover := l.Goods.Photos[0]
	r.of.kit.pics.small(cover.Hash, cover.Thumbnail, func(p image.Image) {
		if r.record == l {
			r.photo.show(p, dim)
		}
	})
}

// mark tells whether the goods are open in the editor.
func (r *myRow) mark(open bool) {
	line := colorLine
	if open {
		line = colorAccent
	}
	r.paint(colorSurface, line)
}

// statusChoice shows what can be done with goods, and changes it by a menu.
type statusChoice struct {
	tappable
	kit    *kit
	label  *label
	arrow  *icon
	status chat.Status
	set    func(chat.Status)
}

func newStatusChoice(k *kit, set func(chat.Status)) *statusChoice {
	s := &statusChoice{kit: k, label: newWhole("", sizeCaption, colorText).strong(), arrow: newIcon("down", colorMuted, 16), set: set}
	s.become(s, newSized(0, touch, inset(0, 0, 12, 10, container.NewCenter(newRow(gap, -1, s.label, s.arrow)))), touch/2, s.open)
	return s
}

func (s *statusChoice) show(status chat.Status) {
	s.status = status
	ground, front := colorAccentSoft, colorOnSoft
	switch status {
	case chat.Reserved:
		ground, front = colorWarnSoft, colorOnWarn
	case chat.Sold, chat.Hidden:
		ground, front = colorRaised, colorText
	case chat.Available:
	}
	s.label.set(s.kit.status(status))
	s.label.paint(front)
	s.arrow.set("down", front)
	s.name = s.kit.say("mygoods.status", s.label.text)
	s.paint(ground, "")
	s.Refresh()
}

func (s *statusChoice) open() {
	var items []menuItem
	for _, c := range []struct {
		to  chat.Status
		say string
	}{
		{chat.Available, s.kit.say("mygoods.available")},
		{chat.Reserved, s.kit.say("mygoods.reserve")},
		{chat.Sold, s.kit.say("mygoods.sold")},
		{chat.Hidden, s.kit.say("mygoods.hide")},
	} {
		items = append(items, menuItem{text: c.say, chosen: c.to == s.status, do: func() {
			if c.to != s.status {
				s.set(c.to)
			}
		}})
	}
	s.kit.menuBelow(s, items)
}
