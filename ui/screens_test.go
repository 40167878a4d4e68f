package ui

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// offers publishes goods of Wang's and waits until they are here.
func (w *world) offers(title string, minor int64, category string) *chat.Listing {
	w.Helper()
	l, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
		w.wang.node.Publish(chat.Goods{
			Title: title, Category: category, Condition: "good", Quantity: 1, Description: "words about " + title,
			Price: chat.Money{Minor: minor, Currency: "CNY"},
		}, then)
	})
	if err != nil {
		w.Fatal(err)
	}
	w.rest()
	return l
}

// rest lets what was said travel, and the market settle.
func (w *world) rest() {
	for range 6 {
		w.pass(time.Second)
	}
}

// sets gives goods of Wang's another status.
func (w *world) sets(l *chat.Listing, s chat.Status) {
	w.Helper()
	if _, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
		w.wang.node.Revise(l.ID, func(_ *chat.Goods, status *chat.Status) error { *status = s; return nil }, then)
	}); err != nil {
		w.Fatal(err)
	}
	w.rest()
}

// cards are the titles on the market's cards, in their order, and the badge of each that has one.
func (w *world) cards() string {
	m, ok := w.app.spots[placeMarket].list.(*market)
	if !ok {
		w.Fatal("there is no market")
	}
	var titles []string
	for i := range m.grid.count {
		if c, ok := m.grid.bound[i].(*listingCard); ok {
			title := c.title.text
			if c.badge.Visible() {
				title += "(" + c.badge.label.text + ")"
			}
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, " ")
}

func (w *world) market() *market {
	w.Helper()
	m, ok := w.app.spots[placeMarket].list.(*market)
	if !ok {
		w.Fatal("there is no market")
	}
	return m
}

// card is the card of goods.
func (w *world) card(title string) *listingCard {
	w.Helper()
	for _, cell := range w.market().grid.bound {
		if c, ok := cell.(*listingCard); ok && c.title.text == title {
			return c
		}
	}
	w.Fatalf("no card shows %q", title)
	return nil
}

func TestMarket(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		m := w.market()
		if m.empty == nil || m.grid.Visible() {
			t.Error("a market without goods says nothing")
		}
		bike := w.offers("自行车", 68000, "sport")
		w.offers("Table", 4500, "home")
		if got := w.cards(); got != "Table 自行车" {
			t.Errorf("newest first: %s", got)
		}
		if m.empty != nil || !m.grid.Visible() {
			t.Error("the goods are not seen")
		}

		test.Type(m.search, "行车")
		w.settle()
		if got := w.cards(); got != "自行车" {
			t.Errorf("a search shows %s", got)
		}
		m.search.SetText("nothing of the kind")
		w.settle()
		if m.empty == nil || w.cards() != "" {
			t.Errorf("a search that finds nothing shows %q", w.cards())
		}
		m.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		w.settle()
		if got := w.cards(); got != "Table 自行车" {
			t.Errorf("without a search: %s", got)
		}

		test.Tap(m.chips[2]) // home
		w.settle()
		if got := w.cards(); got != "Table" {
			t.Errorf("a category shows %s", got)
		}
		test.Tap(m.chips[0])
		w.settle()

		w.sets(bike, chat.Reserved)
		if got := w.cards(); !strings.Contains(got, "自行车(Reserved)") {
			t.Errorf("C5: after a reservation: %s", got)
		}
		w.sets(bike, chat.Hidden)
		if got := w.cards(); got != "Table" {
			t.Errorf("C5: hidden goods: %s", got)
		}
	})
}

// TestMarketCostsWhatIsVisible: of many goods there are only as many cards as fit, and one change binds one.
func TestMarketCostsWhatIsVisible(t *testing.T) {
	play(t, func(w *world) {
		for i := range 300 {
			w.wang.node.Publish(chat.Goods{Title: fmt.Sprintf("thing %d", i), Quantity: 1, Price: chat.Money{Minor: 100, Currency: "CNY"}}, func(*chat.Listing, error) {})
		}
		w.rest()
		w.rest()
		m := w.market()
		if m.total != 300 {
			t.Fatalf("%d goods", m.total)
		}
		if made := len(m.grid.bound) + len(m.grid.spare); made > 60 {
			t.Errorf("%d cards were made", made)
		}
		for range 40 {
			m.grid.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -2000)})
			w.settle()
		}
		if len(m.items) != 300 || m.grid.bound[299] == nil {
			t.Errorf("the end is not reached: %d of 300 loaded", len(m.items))
		}
		if made := len(m.grid.bound) + len(m.grid.spare); made > 60 {
			t.Errorf("%d cards were made while scrolling", made)
		}
		// What comes in now does not push away what is looked at.
		at := m.grid.scroll.Offset
		w.offers("late", 1, "home")
		if m.grid.scroll.Offset != at || !m.news.Visible() || w.cardsHave("late") {
			t.Errorf("new goods moved the view to %v, want %v; button %v", m.grid.scroll.Offset, at, m.news.Visible())
		}
		test.Tap(m.news)
		w.settle()
		if !w.cardsHave("late") || m.news.Visible() {
			t.Error("the button does not show the new goods")
		}
	})
}

func (w *world) cardsHave(title string) bool { return strings.Contains(w.cards(), title) }

func TestGoodsPage(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		bike := w.offers("自行车", 68000, "sport")
		test.Tap(w.card("自行车"))
		w.settle()
		g, ok := w.app.spots[placeMarket].detail.(*goodsPage)
		if !ok {
			t.Fatal("C3: a tap opens no page")
		}
		if g.price.text != "¥680" || g.title.text != "自行车" || g.words.text != "words about 自行车" || g.seller.called.text != "Wang" || g.seller.presence.text != "Online" {
			t.Errorf("shown: %q %q %q, seller %q %q", g.price.text, g.title.text, g.words.text, g.seller.called.text, g.seller.presence.text)
		}
		if !w.card("自行车").chosen {
			t.Error("the card is not marked")
		}
		w.sets(bike, chat.Sold)
		if !g.badge.Visible() || g.badge.label.text != "Sold" {
			t.Errorf("C5: badge says %q", g.badge.label.text)
		}

		test.Tap(g.chat)
		test.Tap(g.chat) // a double click
		w.settle()
		room, ok := w.app.spots[placeChats].detail.(*roomPane)
		if !ok || w.app.at != placeChats || room.id != chat.RoomFor(w.me.identity.ID, w.wang.identity.ID) {
			t.Fatal("C3: the button does not open the room")
		}
		if n, _, err := w.me.node.Rooms(chat.AllRooms, 0, 10); err != nil || n != 1 {
			t.Errorf("C3: %d rooms, %v", n, err)
		}

		// C4: the seller goes; the page stays and says of when it is.
		w.app.goTo(placeMarket)
		w.network.Cut(w.me.identity.ID, w.wang.identity.ID)
		w.pass(10 * time.Minute)
		g.read()
		w.settle()
		if !g.asOf.Visible() || !strings.HasPrefix(g.seller.presence.text, "Last seen") || g.chat.disabled {
			t.Errorf("C4: as of %q, seller %q", g.asOf.text, g.seller.presence.text)
		}
		w.app.typed(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.app.spots[placeMarket].detail != nil || w.card("自行车").chosen {
			t.Error("Esc does not close the page")
		}
	})
}

func TestPeople(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		w.app.goTo(placePeople)
		w.settle()
		p, ok := w.app.spots[placePeople].list.(*people)
		if !ok || len(p.peers) != 1 {
			t.Fatal("Wang is not among the people")
		}
		row, _ := p.list.bound[0].(*personRow)
		if row.called.text != "Wang" || row.note.text != "Online" {
			t.Errorf("a row says %q, %q", row.called.text, row.note.text)
		}
		test.Tap(row)
		w.settle()
		one, ok := w.app.spots[placePeople].detail.(*person)
		if !ok {
			t.Fatal("a tap opens nobody")
		}
		w.offers("Table", 4500, "home")
		if len(one.goods.Objects) != 1 {
			t.Errorf("the page shows %d goods", len(one.goods.Objects))
		}

		test.Tap(one.block)
		w.tapButton("Cancel")
		if w.me.node.Peer(w.wang.identity.ID).Blocked {
			t.Error("cancelling blocks")
		}
		test.Tap(one.block)
		w.tapButton("Block")
		if !w.me.node.Peer(w.wang.identity.ID).Blocked || one.presence.text != "Blocked" || !one.talk.disabled {
			t.Errorf("A6: after a block the page says %q", one.presence.text)
		}
		test.Tap(one.block)
		w.pass(time.Second)
		if w.me.node.Peer(w.wang.identity.ID).Blocked {
			t.Error("A6: unblocking does nothing")
		}
	})
}

func TestAddPerson(t *testing.T) {
	play(t, func(w *world) {
		w.pass(time.Second)
		w.app.openAdd()
		w.settle()
		p, _ := w.app.spots[placePeople].detail.(*addPerson)
		if w.win.Canvas().Focused() != fyne.Focusable(p.where) {
			t.Error("typing goes elsewhere")
		}
		test.Type(p.where, "haggle:not an invite")
		test.Tap(p.add)
		w.settle()
		if !p.field.wrong.Visible() || p.add.disabled {
			t.Error("a broken invite line is not complained of")
		}
		wang := w.wang.node.Self()
		p.where.SetText(chat.Invite{Peer: wang.ID, Addresses: wang.Addresses}.String())
		test.Tap(p.add)
		w.pass(2 * time.Second)
		if one, ok := w.app.spots[placePeople].detail.(*person); !ok || one.id != wang.ID {
			t.Errorf("B2: an invite line leads to %T: %s", w.app.spots[placePeople].detail, p.field.wrong.text)
		}
	})
}

func TestSettings(t *testing.T) {
	play(t, func(w *world) {
		var kept []Settings
		w.app.cfg.Save = func(s Settings) error { kept = append(kept, s); return nil }
		w.app.goTo(placeSettings)
		s, _ := w.app.spots[placeSettings].list.(*settings)
		s.page.scroll.ScrollToBottom()
		if !w.shows("Haggle 1.2.3") || !w.shows(testBuild) {
			t.Error("F12: nothing tells the version and what it was built of")
		}
		s.name.SetText("  ")
		w.tapButton("Save")
		if !s.nameField.wrong.Visible() {
			t.Error("a blank name is taken")
		}
		s.name.SetText("Maria")
		w.tapButton("Save")
		if got := w.me.node.Self().Name; got != "Maria" {
			t.Errorf("the name is %q", got)
		}
		if got := initials(w.app.frame.rail.portrait.name); got != "M" {
			t.Errorf("the rail's portrait says %q", got)
		}
		test.Tap(s.receipts)
		w.settle()
		if w.me.node.Self().ReadReceipts {
			t.Error("D13: the switch does nothing")
		}

		w.app.change(func(s *Settings) { s.Language = "zh" })
		w.settle()
		if got := w.app.frame.rail.items[placeMarket].name; got != "集市" || w.app.at != placeSettings {
			t.Errorf("in Chinese the market is called %q, at place %d", got, w.app.at)
		}
		w.app.Keep(900, 700)
		w.settle()
		if n := len(kept); n == 0 || kept[n-1].Language != "zh" || kept[n-1].Width != 900 {
			t.Errorf("kept: %+v", kept)
		}
	})
}

func TestIntroduction(t *testing.T) {
	play(t, func(w *world) {
		w.app.settings.Introduced = false
		w.app.build()
		i := w.app.intro
		if i == nil || i.name.Text != "Me" {
			t.Fatal("the first start does not ask for a name, or does not offer one")
		}
		i.name.SetText("")
		test.Tap(i.start)
		w.settle()
		if w.win.Canvas().Focused() != fyne.Focusable(i.name) {
			t.Errorf("the cursor is at %T, not where something is to be mended", w.win.Canvas().Focused())
		}
		if w.app.intro == nil || !i.field.wrong.Visible() {
			t.Error("nobody can start without a name")
		}
		i.name.SetText("小李")
		w.app.change(func(s *Settings) { s.Language = "zh" })
		if i = w.app.intro; i == nil || i.name.Text != "小李" || i.start.name != "开始" {
			t.Fatalf("another language loses what was typed")
		}
		test.Tap(i.start)
		w.settle()
		if w.app.intro != nil || w.me.node.Self().Name != "小李" || !w.app.settings.Introduced || w.app.at != placeMarket {
			t.Error("Start does not lead to the market")
		}
	})
}

func TestKeysOfTheWindow(t *testing.T) {
	play(t, func(w *world) {
		c := w.win.Canvas()
		w.app.goTo(placePeople)
		w.app.find()
		if w.app.at != placeMarket || c.Focused() != fyne.Focusable(w.market().search) {
			t.Error("Ctrl+F does not lead into the market's search")
		}
		w.market().search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF1})
		if _, open := c.Overlays().Top().(*modal); !open {
			t.Fatal("F1 in a field shows no list of keys")
		}
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if c.Overlays().Top() != nil {
			t.Error("Esc does not close the list")
		}
		if c.Focused() != fyne.Focusable(w.market().search) {
			t.Error("the focus does not come back")
		}
	})
}

// TestPicturesForget: decoded pictures stay within their budget, and what has not come is asked for anew.
func TestPicturesForget(t *testing.T) {
	play(t, func(w *world) {
		p := w.app.kit.pics
		p.budget = 10 * weight(image.NewGray(image.Rect(0, 0, 8, 6)))
		shown := 0
		for i := range 100 {
			p.small(chat.Hash{byte(i)}, []byte("any"), func(picture image.Image) {
				if picture != nil {
					shown++
				}
			})
		}
		w.settle()
		if shown != 100 || p.bytes > p.budget || len(p.by) > 10 || len(p.by) != p.order.Len() {
			t.Errorf("%d shown; %d bytes of %d in %d pictures", shown, p.bytes, p.budget, len(p.by))
		}
		asked := 0
		for range 2 {
			p.full(chat.Hash{200}, 100, func(picture image.Image) { asked++ })
			w.settle()
			if _, kept := p.by[pictureKey{chat.Hash{200}, 100}]; kept {
				t.Error("a picture that has not come counts as refused")
			}
		}
		if asked != 2 {
			t.Errorf("answered %d times", asked)
		}
	})
}
