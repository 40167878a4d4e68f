package ui

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"haggle/chat"
)

// countingNode counts the goods that the market reads.
type countingNode struct {
	Node
	read atomic.Int64
}

func (n *countingNode) Listings(q chat.ListingQuery) (int, []chat.ListingView, error) {
	total, page, err := n.Node.Listings(q)
	n.read.Add(int64(len(page)))
	return total, page, err
}

// TestMarketReadsOnce: scrolling through the market reads each of the goods once, not all that is here again for each page;
// and what is sold or comes meanwhile leaves no gap and nothing twice.
func TestMarketReadsOnce(t *testing.T) {
	play(t, func(w *world) {
		const all = 4 * marketPage
		var offered []*chat.Listing
		offer := func() {
			l, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
				w.me.node.Publish(chat.Goods{Title: fmt.Sprint("Thing ", len(offered)), Category: "home", Condition: "good", Quantity: 1, Price: chat.Money{Minor: 1, Currency: "EUR"}}, then)
			})
			if err != nil {
				w.Fatal(err)
			}
			offered = append(offered, l)
		}
		for range all {
			offer()
		}
		w.rest()
		counting := &countingNode{Node: w.me.node}
		w.app.kit.node = counting
		w.app.build()
		w.app.goTo(placeMarket)
		w.settle()
		m := w.market()
		down := func(pages int) {
			for want := min(all, len(m.items)+pages*marketPage); len(m.items) < want; {
				before := len(m.items)
				m.grid.scroll.ScrollToBottom()
				w.settle()
				if len(m.items) == before {
					w.Fatalf("at %d of %d goods no more come", before, m.total)
				}
			}
		}
		down(2)
		if n := counting.read.Load(); n != 3*marketPage {
			t.Errorf("%d goods were read to show %d", n, 3*marketPage)
		}

		offer()
		for _, gone := range []*chat.Listing{offered[3], offered[200]} {
			if _, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
				w.me.node.Revise(gone.ID, func(_ *chat.Goods, status *chat.Status) error { *status = chat.Hidden; return nil }, then)
			}); err != nil {
				w.Fatal(err)
			}
		}
		w.settle()
		m.grid.scroll.ScrollToBottom()
		w.pass(time.Second)
		seen := map[chat.ListingID]bool{}
		for _, v := range m.items {
			if seen[v.ID] {
				t.Errorf("%s is there twice", v.Goods.Title)
			}
			seen[v.ID] = true
		}
		for i, l := range offered {
			if hidden := i == 3 || i == 200; seen[l.ID] == hidden {
				t.Errorf("thing %d is there: %v", i, seen[l.ID])
			}
		}
	})
}
