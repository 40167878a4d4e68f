package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// chooses takes an item of the menu that is open, by keys.
func (w *world) chooses(item int) {
	w.Helper()
	menu, ok := w.win.Canvas().Focused().(*menu)
	if !ok {
		w.Fatal("no menu is open")
	}
	for range item + 1 {
		menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.settle()
}

// TestC12SellersCard: the seller sees which of their goods the talk is about, that it turns to others, what they cost then
// and now, and changes their status right there.
func TestC12SellersCard(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		sell := func(title string) *chat.Listing {
			t.Helper()
			l, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
				w.me.node.Publish(chat.Goods{Title: title, Quantity: 1, Price: chat.Money{Minor: 4500, Currency: "CNY"}}, then)
			})
			if err != nil {
				t.Fatal(err)
			}
			w.rest()
			return l
		}
		lamp, bike := sell("lamp"), sell("bike")
		room := w.room(w.wang, w.me, w.wang)
		asks := func(l *chat.Listing, words string) {
			t.Helper()
			if _, err := chat.Await(w.Context(), func(then func(chat.Message, error)) {
				w.wang.node.Post(room, chat.Draft{Text: words, About: l.ID}, then)
			}); err != nil {
				t.Fatal(err)
			}
			w.rest()
		}
		asks(lamp, "is it still there?")
		p := w.enters(room)
		shows := func(when, title string, change bool) {
			t.Helper()
			g := p.goods
			if !g.object.Visible() || g.title.text != title || g.price.text != "¥45" || g.change.Visible() != change {
				t.Errorf("%s: the card shows %q, %q, visible %v, to change %v", when, g.title.text, g.price.text, g.object.Visible(), g.change.Visible())
			}
		}
		shows("asked about the lamp", "lamp", true)
		asks(bike, "or the bike?")
		shows("asked about the bike", "bike", true)
		var turns []string
		for _, r := range p.thread.rows {
			if r.kind == rowGoods {
				turns = append(turns, r.said.about.title)
			}
		}
		if len(turns) != 2 || turns[0] != "lamp" || turns[1] != "bike" {
			t.Errorf("the talk turned to %q", turns)
		}

		test.Tap(p.goods.change)
		w.chooses(1) // reserved
		w.rest()
		if v, err := w.wang.node.Listing(w.me.identity.ID, bike.ID); err != nil || v.Status != chat.Reserved {
			t.Errorf("to the buyer the bike is %v, %v", v.Status, err)
		}
		if got := p.goods.change.label.text; got != "Reserved" {
			t.Errorf("the card says %q", got)
		}

		if _, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
			w.me.node.Revise(bike.ID, func(g *chat.Goods, _ *chat.Status) error { g.Price.Minor = 4000; return nil }, then)
		}); err != nil {
			t.Fatal(err)
		}
		w.rest()
		if got := p.goods.price.text; got != "¥40" {
			t.Errorf("the card says %q once it is cheaper", got)
		}
		for _, r := range p.thread.rows {
			if r.kind == rowGoods && r.said.about.title == "bike" && (r.said.about.price != "¥45" || r.said.about.priceNow != "¥40") {
				t.Errorf("in the talk the bike was %q, now %q", r.said.about.price, r.said.about.priceNow)
			}
		}

		chair := w.offers("chair", 4500, "")
		w.app.openChat(w.wang.identity.ID, chair.ID)
		w.rest()
		p, _ = w.app.spots[placeChats].detail.(*roomPane)
		shows("as the buyer", "chair", false)
	})
}
