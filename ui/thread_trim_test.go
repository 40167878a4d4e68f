package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"haggle/chat"
)

// pages lets the thread read on in b.all as a room's pane would, a page at a time.
func (b *book) pages(size int) {
	at := func(id chat.MessageID) int { return int(id.Seq) - 1 }
	b.OnOlder = func() {
		i := at(b.firstID())
		page := b.all[max(0, i-size):i]
		b.OnOlder, b.OnNewer = nil, nil // one at a time
		b.addOlder(slices.Clone(page), i > size)
		b.pages(size)
	}
	b.OnNewer = func() {
		i := at(b.lastID()) + 1
		page := b.all[i:min(len(b.all), i+size)]
		b.OnOlder, b.OnNewer = nil, nil
		b.addNewer(slices.Clone(page), i+size < len(b.all))
		b.pages(size)
	}
}

// TestD11PagesComeAndGo: reading through a long room, up and down again, holds a bounded part of it, and what is in view
// moves by what was scrolled and nothing else, as pages go and come back.
func TestD11PagesComeAndGo(t *testing.T) {
	b := open(t, 3600, 60)
	b.about(700, 705, 2000, 3200)
	b.pages(60)
	most := 0
	turn := func(dy float32, times int) {
		for i := range times {
			before := b.places()
			b.scroll(dy)
			after := b.places()
			most = max(most, len(b.rows), len(b.byID), len(b.views))
			atEnd := b.stuck || b.rows[0].said.id.Seq == 1
			for id, y := range before {
				if now, still := after[id]; still && !atEnd && (now-y-dy > 1 || now-y-dy < -1) {
					t.Fatalf("step %d: message %d moved by %v, scrolled %v", i, id.Seq, now-y, dy)
				}
			}
		}
	}
	for b.rows[0].said.id.Seq != 1 || b.visible[0].index != 0 {
		turn(150, 10)
	}
	if !b.newer || b.older || most > rowsMost+60*4 {
		t.Errorf("at the beginning %d rows are held, %d at most; older %t, newer %t", len(b.rows), most, b.older, b.newer)
	}
	top := b.texts()
	for !b.stuck {
		turn(-150, 10)
	}
	if b.newer || !b.older || !strings.Contains(b.texts(), "message 3599") || most > rowsMost+60*4 {
		t.Errorf("at the end %d rows are held, %d at most; older %t, newer %t; %s", len(b.rows), most, b.older, b.newer, b.texts())
	}
	if seen := b.rows[len(b.rows)-1].said.at; b.seen != seen {
		t.Errorf("seen up to %v, want %v", b.seen, seen)
	}
	for b.rows[0].said.id.Seq != 1 || b.visible[0].index != 0 {
		b.scroll(400)
	}
	if again := b.texts(); again != top {
		t.Errorf("the beginning has become\n%s, was\n%s", again, top)
	}
	for i := 1; i < len(b.rows); i++ {
		if b.rows[i].message() && b.rows[i-1].message() && b.rows[i].said.id.Seq != b.rows[i-1].said.id.Seq+1 {
			t.Fatalf("message %d follows %d", b.rows[i].said.id.Seq, b.rows[i-1].said.id.Seq)
		}
	}
}

// about lets messages be about goods.
func (b *book) about(numbers ...int) {
	for _, i := range numbers {
		b.all[i].about = &goodsCard{listing: chat.ListingID{1}, title: "Lamp", price: "¥45"}
	}
}

// TestD11CatchUpIsBounded: 10,000 messages that come in while one reads the end or the middle do not all stay.
func TestD11CatchUpIsBounded(t *testing.T) {
	for _, stuck := range []bool{true, false} {
		b := open(t, 600, 60)
		b.pages(60)
		if !stuck {
			b.scroll(1000)
		}
		measured := 0
		for i := 600; i < 10_600; i += 250 {
			var list []*said
			for n := i; n < i+250; n++ {
				list = append(list, sayingAt(n, fmt.Sprint("m", n)))
			}
			b.all = append(b.all, list...)
			if stuck {
				b.add(list)
			} else {
				b.unmoved("arrivals", func() { b.add(list) })
			}
			if len(b.rows) > rowsMost+2*250 {
				t.Fatalf("%d rows are held", len(b.rows))
			}
		}
		for _, r := range b.rows {
			if r.shape.width != 0 {
				measured++
			}
		}
		if measured > 200 {
			t.Errorf("stuck %t: %d rows were measured", stuck, measured)
		}
		if stuck && (!b.stuck || !strings.HasSuffix(b.texts(), "m10599")) || !stuck && (b.stuck || b.fresh != 10_000) {
			t.Errorf("stuck %t: now %t, %d fresh, shown %s", stuck, b.stuck, b.fresh, b.texts())
		}
	}
}

// TestX17LateBeforeThePage: what comes late and belongs before what is loaded comes with its page, not next to what it
// does not belong to.
func TestX17LateBeforeThePage(t *testing.T) {
	b := open(t, 300, 60)
	b.add([]*said{mineAt(50, 1, "late")})
	if first := b.rows[0].said.id; first != b.all[240].id {
		t.Errorf("the first of what is loaded is now %v", first)
	}
	b.addOlder(b.all[:240], false)
	b.add([]*said{mineAt(50, 1, "late")})
	if i := b.indexOf(b.byID[chat.MessageID{LogID: myLog, Seq: 1}]); b.rows[i-1].said.id.Seq > 51 {
		t.Errorf("it follows %v", b.rows[i-1].said.id)
	}
}
