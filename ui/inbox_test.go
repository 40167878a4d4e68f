package ui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

func (w *world) inbox() *inbox {
	w.Helper()
	w.app.goTo(placeChats)
	w.settle()
	b, ok := w.app.spots[placeChats].list.(*inbox)
	if !ok {
		w.Fatal("no inbox")
	}
	return b
}

// names are the rooms shown, top first.
func (b *inbox) names() string {
	var names []string
	for _, r := range b.rows.shown {
		names = append(names, fmt.Sprintf("%s:%v", r.name, r.mine))
	}
	return strings.Join(names, " ")
}

func TestE1Inbox(t *testing.T) {
	play(t, func(w *world) {
		b := w.inbox()
		if !b.stand.Visible() || len(b.rows.all) != 0 {
			t.Error("an empty inbox says nothing")
		}
		w.pass(5 * time.Second)
		buying := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.pass(time.Second)
		selling := w.room(w.wang, w.me, w.me)
		if got := b.names(); got != "Wang:seller Wang:buyer" {
			t.Errorf("rooms %s", got)
		}
		w.says(w.me, buying, "hello")
		w.pass(2 * time.Second)
		cell, _ := b.list.bound[0].(*inboxCell)
		if cell == nil || cell.row.id != buying || cell.said.text != "hello" || !cell.tick.Visible() || cell.tick.state != chat.Delivered ||
			!cell.portrait.online || !strings.HasPrefix(cell.about.text, "Buying") || cell.number.Visible() {
			t.Fatalf("the first row is %+v", b.rows.shown[0])
		}
		w.says(w.wang, buying, "hi\nthere")
		w.pass(2 * time.Second)
		if cell.said.text != "hi there" || cell.tick.Visible() || !cell.number.Visible() || cell.number.label.text != "1" {
			t.Errorf("the preview is %q, %q unread", cell.said.text, cell.number.label.text)
		}
		w.says(w.me, selling, "still interested?")
		if got := b.names(); got != "Wang:seller Wang:buyer" {
			t.Errorf("the newest activity is not first: %s", got)
		}
		for f, want := range [...]int{showAll: 2, showUnread: 1, showUnanswered: 1, showBuying: 1, showSelling: 1} {
			f := inboxFilter(f)
			test.Tap(b.chips[f])
			w.settle()
			if len(b.rows.shown) != want || b.rows.counts[f] != want {
				t.Errorf("E2: filter %d shows %d of %d", f, len(b.rows.shown), want)
			}
		}
		w.cut()
		if cell, _ := b.list.bound[0].(*inboxCell); cell == nil || cell.portrait.online {
			t.Error("somebody who is away has a dot")
		}
	})
}

// TestX11ChangedName: a new name shows in the inbox and in the room that is open, on what was said before, too.
func TestX11ChangedName(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.says(w.me, room, "hello")
		w.pass(2 * time.Second)
		b, p := w.inbox(), w.enters(room)
		name := "Wang Xiaoming"
		if _, err := chat.Await(w.Context(), func(then func(chat.SelfView, error)) {
			w.wang.node.SetSelf(chat.SelfChange{Name: &name}, then)
		}); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		if p.called.text != name || p.thread.peer != name || b.rows.byID[room].name != name {
			t.Errorf("the room says %q, its messages %q, the inbox %q", p.called.text, p.thread.peer, b.rows.byID[room].name)
		}
	})
}

// TestX19DeletedRoom: a deleted conversation leaves the inbox, and the same room comes back with the next message.
func TestX19DeletedRoom(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.says(w.wang, room, "old words")
		w.pass(2 * time.Second)
		b, p := w.inbox(), w.enters(room)
		p.delete()
		w.tapButton("Delete conversation")
		if len(b.rows.all) != 0 || w.app.spots[placeChats].detail != nil {
			t.Errorf("%d rooms left, the room is open: %v", len(b.rows.all), w.app.spots[placeChats].detail != nil)
		}
		w.says(w.wang, room, "new words")
		w.pass(5 * time.Second)
		if len(b.rows.all) != 1 || b.rows.all[0].id != room || w.enters(room).said() != "new words" {
			t.Errorf("%d rooms, the room shows %q", len(b.rows.all), w.enters(room).said())
		}
	})
}

// TestX2NothingWatchesALeftRoom: a room that was left does nothing any more when something happens in it.
func TestX2NothingWatchesALeftRoom(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		p := w.enters(room)
		w.app.apply(chat.MessageReceived{Message: chat.Message{ID: chat.MessageID{LogID: chat.LogID{Room: room}, Seq: 1}, Text: "made ready"}})
		if !p.working {
			t.Fatal("nothing is being made ready")
		}
		w.app.leave()
		w.says(w.wang, room, "anybody there?")
		w.pass(5 * time.Second)
		if len(p.facts) != 0 || p.working || p.said() != "" {
			t.Errorf("%d facts wait, working %v, shown %q", len(p.facts), p.working, p.said())
		}
		if v, err := w.me.node.Room(room); err != nil || v.Unread != 1 {
			t.Errorf("%d unread, %v", v.Unread, err)
		}
	})
}

// TestX9TwoClicks: however often and from wherever a seller is chatted with, it is one room.
func TestX9TwoClicks(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		for range 3 {
			w.app.openChat(w.wang.identity.ID, chat.ListingID{})
		}
		w.settle()
		if n := len(w.inbox().rows.all); n != 1 {
			t.Errorf("%d rooms", n)
		}
	})
}

// TestX17OneOrder: whatever changes in whatever order, the rows stand as one ordered read would give them, and the counts
// are true.
func TestX17OneOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rows := inboxRows{byID: map[chat.RoomID]*inboxRow{}}
	for step := range 4000 {
		r := &inboxRow{
			id: chat.RoomID{byte(random.IntN(60))}, activeAt: int64(random.IntN(40)), unread: random.IntN(3),
			unanswered: random.IntN(2) == 0, request: random.IntN(5) == 0, mine: chat.Role(random.IntN(2)),
		}
		switch random.IntN(12) {
		case 0:
			rows.remove(r.id)
		case 1:
			rows.choose(inboxFilter(random.IntN(int(inboxFilters))))
		default:
			rows.put(r)
		}
		if !slices.IsSortedFunc(rows.all, (*inboxRow).before) || len(rows.all) != len(rows.byID) {
			t.Fatalf("step %d: out of order", step)
		}
		var shown []*inboxRow
		counts := [inboxFilters]int{}
		for _, r := range rows.all {
			for f := range inboxFilters {
				if f.takes(r) {
					counts[f]++
				}
			}
			if rows.filter.takes(r) {
				shown = append(shown, r)
			}
		}
		if !slices.Equal(shown, rows.shown) || counts != rows.counts {
			t.Fatalf("step %d: %d shown of %d, counts %v of %v", step, len(rows.shown), len(shown), rows.counts, counts)
		}
	}
}

// quietNode answers the inbox's questions about nothing; its rows are given by hand.
type quietNode struct{ Node }

func (quietNode) Rooms(chat.RoomFilter, int, int) (int, []chat.RoomView, error) { return 0, nil, nil }

func benchInbox(b *testing.B, n int) (*inbox, []*inboxRow, func()) {
	b.Helper()
	stage(b)
	k := &kit{
		node: quietNode{}, words: NewWords("en"), now: func() time.Time { return noon }, post: func(func()) {}, ctx: b.Context(),
		busy: new(sync.WaitGroup),
	}
	k.pics = newPictures(k, &Config{})
	box, _ := newInbox(k).(*inbox)
	w := window(b, box.object(), listWidth, 750)
	var rows []*inboxRow
	for i := range n {
		rows = append(rows, &inboxRow{
			id: chat.RoomID{byte(i), byte(i >> 8)}, name: fmt.Sprint("Somebody ", i), activeAt: int64(1_700_000_000_000 + i),
			preview: "Is it still there? I could come by", unread: i % 3, peer: chat.PeerView{Peer: chat.Peer{ID: chat.PeerID{byte(i)}}},
		})
	}
	return box, rows, func() { w.Canvas().Capture() }
}

func BenchmarkInboxOpen1000(b *testing.B) {
	box, rows, frame := benchInbox(b, 1000)
	box.loaded = true
	for b.Loop() {
		box.rows.reset(slices.Clone(rows))
		box.present()
		frame()
	}
}

func BenchmarkInboxChange1000(b *testing.B) {
	box, rows, _ := benchInbox(b, 1000)
	box.loaded = true
	box.rows.reset(rows)
	box.present()
	at := int64(1_800_000_000_000)
	for b.Loop() {
		at++
		r := *rows[at%1000]
		r.activeAt, r.unread = at, 1
		box.rows.put(&r)
		box.present()
	}
}

func BenchmarkInboxScroll1000(b *testing.B) {
	box, rows, _ := benchInbox(b, 1000)
	box.loaded = true
	box.rows.reset(rows)
	box.present()
	y, step := float32(0), float32(20)
	for b.Loop() {
		if y += step; y > 80_000 || y < 20 {
			step = -step
		}
		box.list.scroll.ScrollToOffset(fyne.NewPos(0, y))
	}
}
