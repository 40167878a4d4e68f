package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// How the market loads: a page at a time, and changes at most so often.
const (
	marketPage   = 120
	marketSettle = 250 * time.Millisecond
)

// market shows what everybody offers, or what oneself does: search, categories, and a grid of cards.
type market struct {
	kit    *kit
	view   *fyne.Container
	search *entry
	sort   *button
	chips  []*chip
	line   *chipLine
	grid   *gridView
	body   *fyne.Container // the grid, or what stands in its place
	news   *button         // goods came while one looks at others

	query   chat.ListingQuery
	items   []chat.ListingView
	index   map[goodsKey]int
	total   int
	reading latest[found]
	stale   bool // a change waits for its turn
	pending *found
	loaded  bool
	chosen  goodsKey
	empty   fyne.CanvasObject
}

// found is a part of the market: goods that a query matches, one after the other.
type found struct {
	query chat.ListingQuery
	from  int // the place of the first one
	total int
	items []chat.ListingView
}

func newMarket(k *kit) *market {
	m := &market{kit: k, index: map[goodsKey]int{}}
	m.search = newSearch(k, k.say("market.search"), func(string) { m.ask() })
	m.sort = newButton(plain, "sort", k.say("market.newest"), m.chooseSort)
	top := inset(12, grid, gutter, gutter, newRow(grid, 0, tall(m.search), m.sort))
	m.grid = newGridView(k, 168, 12, gutter, k.cardHeight, m.newCard, m.bind)
	m.grid.near = m.more
	m.news = newButton(primary, "up", "", m.showNews)
	m.news.Hide()
	m.body = container.NewStack(m.grid, container.New(topMiddle{}, m.news))
	m.view = stacked(newColumn(0, top, m.categoryChips()), m.body)
	m.ask()
	return m
}

// categoryChips are all categories, side by side.
func (m *market) categoryChips() fyne.CanvasObject {
	line := newChipLine(m.kit)
	add := func(stored, text string) {
		var c *chip
		c = newChip(text, func() { m.chooseCategory(c, stored) })
		c.choose(stored == "")
		m.chips = append(m.chips, c)
		line.add(c)
	}
	add("", m.kit.say("market.all"))
	for _, w := range categories {
		add(w.stored, m.kit.say(w.key))
	}
	m.line = line
	return inset(0, grid, gutter, gutter, line)
}

func (m *market) object() fyne.CanvasObject { return m.view }
func (*market) back(func())                 {}
func (*market) closed()                     {}

// shown is told when the market is in front. The focus stays where it is: a screen should not jump into its search.
func (*market) shown() {}

// find takes the focus to the search.
func (m *market) find() { m.kit.window.Canvas().Focus(m.search) }

// choose marks the goods whose page is open.
func (m *market) choose(key goodsKey) {
	before := m.chosen
	m.chosen = key
	for _, k := range []goodsKey{before, key} {
		if i, ok := m.index[k]; ok {
			m.grid.renew(i)
		}
	}
}

func (m *market) newCard() fyne.CanvasObject {
	c := newListingCard(m.kit, func(key goodsKey) { m.kit.ways.goods(key.seller, key.id) })
	c.keyed = func(key fyne.KeyName) bool {
		to, ok := m.grid.step(m.grid.indexOf(c), key)
		if next, is := m.grid.reveal(to).(*listingCard); ok && is {
			m.kit.window.Canvas().Focus(next)
		}
		return ok
	}
	return c
}

func (m *market) bind(i int, cell fyne.CanvasObject) {
	if c, ok := cell.(*listingCard); ok {
		l := m.items[i].Listing
		c.show(l, m.kit.person(l.Seller), keyOf(l) == m.chosen)
	}
}

// chooseSort offers the orders.
func (m *market) chooseSort() {
	order := func(sort chat.Sort, text string) menuItem {
		return menuItem{text: text, chosen: m.query.Sort == sort, do: func() {
			m.query.Sort = sort
			m.sort.say(text)
			m.view.Refresh()
			m.ask()
		}}
	}
	m.kit.menuBelow(m.sort, []menuItem{
		order(chat.Newest, m.kit.say("market.newest")), order(chat.PriceUp, m.kit.say("market.cheapest")),
		order(chat.PriceDown, m.kit.say("market.dearest")),
	})
}

func (m *market) chooseCategory(c *chip, stored string) {
	for _, other := range m.chips {
		other.choose(other == c)
	}
	m.line.Refresh()
	m.query.Category = stored
	m.ask()
}

// ask starts a search anew: from the beginning, for what is typed and chosen now.
func (m *market) ask() {
	m.query.Text = strings.TrimSpace(m.search.Text)
	m.pending = nil
	m.read(0, marketPage, func(f found) {
		m.take(f)
		m.grid.top()
	})
}

// more loads what follows when the end of what is here comes near: all anew if goods have come or gone meanwhile.
func (m *market) more() {
	switch {
	case !m.loaded || len(m.items) >= m.total || m.reading.running:
	case m.stale, m.pending != nil:
		m.read(0, len(m.items)+marketPage, m.take)
	default:
		m.read(len(m.items), marketPage, m.follow)
	}
}

// follow puts what was loaded behind what is here. Where goods have moved meanwhile, all is read anew.
func (m *market) follow(f found) {
	moved := f.from != len(m.items)
	for _, v := range f.items {
		_, twice := m.index[keyOf(v.Listing)]
		moved = moved || twice
	}
	if moved || len(f.items) == 0 {
		m.read(0, len(m.items)+marketPage, m.take)
		return
	}
	m.total = f.total
	for _, v := range f.items {
		m.index[keyOf(v.Listing)] = len(m.items)
		m.items = append(m.items, v)
	}
	m.grid.show(len(m.items))
}

// read reads count goods from a place on, or as many as there are.
func (m *market) read(from, count int, show func(found)) {
	query := m.query
	m.reading.read(m.kit, func() (found, error) { return m.load(query, from, count) }, func(f found, err error) {
		if err != nil {
			m.kit.log.Error("Market not read", "err", err)
			m.replace(newEmpty("warning", m.kit.say("market.failed"), m.kit.say("market.failedHint"),
				m.kit.fit(newButton(tonal, "refresh", m.kit.say("do.retry"), m.ask))))
			return
		}
		show(f)
	})
	if !m.loaded {
		m.replace(newEmpty("search", m.kit.say("market.loading"), ""))
	}
}

func (m *market) load(query chat.ListingQuery, from, count int) (found, error) {
	f := found{query: query, from: from}
	for len(f.items) < count {
		query.Offset, query.Limit = from+len(f.items), min(count-len(f.items), chat.MaxPage)
		total, page, err := m.kit.node.Listings(query)
		if err != nil {
			return f, err
		}
		f.total, f.items = total, append(f.items, page...)
		if len(page) < query.Limit {
			break
		}
	}
	return f, nil
}

// take shows what was found.
func (m *market) take(f found) {
	m.loaded, m.pending = true, nil
	m.news.Hide()
	keep := make(map[goodsKey]*chat.Listing, len(m.items))
	for _, v := range m.items {
		keep[keyOf(v.Listing)] = v.Listing
	}
	m.items, m.total, m.index = f.items, f.total, make(map[goodsKey]int, len(f.items))
	for i, v := range m.items {
		key := keyOf(v.Listing)
		m.index[key] = i
		if old := keep[key]; old != nil && old.Version == v.Version && old.Signature == v.Signature && (old.Goods == nil) == (v.Goods == nil) {
			m.items[i].Listing = old // cards know by this that nothing changed
		}
	}
	m.grid.show(len(m.items))
	switch {
	case len(m.items) > 0:
		m.replace(nil)
	case f.query.Text != "" || f.query.Category != "":
		m.replace(newEmpty("search", m.kit.say("market.nothing"), m.kit.say("market.nothingHint")))
	case m.kit.guest:
		m.replace(newEmpty("market", m.kit.say("kiosk.empty"), m.kit.say("kiosk.emptyHint")))
	default:
		m.replace(newEmpty("market", m.kit.say("market.empty"), m.kit.say("market.emptyHint"),
			newButton(primary, "plus", m.kit.say("goods.offer"), m.kit.ways.offer),
			newButton(plain, "network", m.kit.say("settings.check"), func() { m.kit.ways.why(chat.PeerID{}) })))
	}
}

// replace puts something in place of the grid, or with nil the grid itself.
func (m *market) replace(o fyne.CanvasObject) {
	if m.empty != nil {
		m.body.Remove(m.empty)
	}
	m.empty = o
	if o == nil {
		m.grid.Show()
	} else {
		m.grid.Hide()
		m.body.Add(o)
	}
	m.body.Refresh()
}

func (m *market) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.ListingChanged:
		m.changed(e.Listing)
	case chat.PeerOnline:
		m.renewSeller(e.Peer)
	case chat.PeerOffline:
		m.renewSeller(e.Peer)
	case chat.PeerChanged:
		m.renewSeller(e.Peer)
		m.settle() // a block hides goods
	default:
	}
}

// changed shows the new version of goods on their card at once; whether it stands elsewhere now, or no longer, or has come
// anew, is read again soon, once for many changes.
func (m *market) changed(l *chat.Listing) {
	if i, ok := m.index[keyOf(l)]; ok && l.Goods != nil && l.Status != chat.Hidden {
		m.items[i].Listing = l
		m.grid.renew(i)
	}
	m.settle()
}

func (m *market) settle() {
	if m.stale {
		return
	}
	m.stale = true
	m.kit.after(marketSettle, func() {
		m.stale = false
		if m.reading.running { // of what was asked then
			m.settle()
			return
		}
		m.read(0, max(len(m.items), marketPage), m.settled)
	})
}

// settled takes what the market is now. While somebody looks at what is further down, goods that came do not push it
// away: a button tells how many there are.
func (m *market) settled(f found) {
	fresh := 0
	for _, v := range f.items {
		if _, known := m.index[keyOf(v.Listing)]; !known {
			fresh++
		}
	}
	if fresh == 0 || m.grid.scroll.Offset.Y < m.grid.cell.Height/2 || len(m.items) == 0 {
		m.take(f)
		return
	}
	m.pending = &f
	m.news.say(m.kit.count("market.news", fresh))
	m.news.Show()
	m.body.Refresh()
}

func (m *market) showNews() {
	if f := m.pending; f != nil {
		m.take(*f)
		m.grid.top()
	}
}

func (m *market) renewSeller(id chat.PeerID) {
	for i := range m.grid.bound {
		if i < len(m.items) && m.items[i].Seller == id {
			m.grid.renew(i)
		}
	}
}

// topMiddle puts an object to the top, in the middle.
type topMiddle struct{}

// Layout is for Fyne.
func (topMiddle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		least := o.MinSize()
		o.Resize(least)
		o.Move(fyne.NewPos((size.Width-least.Width)/2, 12))
	}
}

// MinSize is for Fyne.
func (topMiddle) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
