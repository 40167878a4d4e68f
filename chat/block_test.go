package chat_test

import (
	"errors"
	"testing"
	"time"

	"haggle/chat"
)

func (d *desk) blocks(p person, on bool) (chat.PeerView, error) {
	d.Helper()
	done := ask(func(then func(chat.PeerView, error)) { d.node.Block(p.id, on, then) })
	d.pass(5 * time.Millisecond) // as long as a full disk takes to say so
	return now(d, done)
}

// TestA6Block: nothing of a blocked peer is left in sight, nothing of it is taken, across restarts, and everything comes
// back with the unblocking.
func TestA6Block(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		f.write(a, says("hello"))
		l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: 5, Status: chat.Available}
		l.SetGoods(chat.Goods{Title: "Lamp", Price: chat.Money{Minor: 1, Currency: "CNY"}})
		l.Sign(ann.key)
		f.say(chat.ListingsFrame{Records: [][]byte{l.Encode()}, Digest: chat.ListingDigest(l)})
		d.pass(time.Second)
		offered := func() int {
			total, _, err := d.node.Listings(chat.ListingQuery{Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			return total
		}
		if d.inbox() != 1 || offered() != 1 {
			t.Fatalf("%d rooms, %d goods", d.inbox(), offered())
		}
		asked[blocked](d.wire)
		if v, err := d.blocks(ann, true); err != nil || !v.Blocked || v.Online {
			t.Fatalf("%+v, %v", v, err)
		}
		if b := asked[blocked](d.wire); len(b) != 1 || b[0] != (blocked{ann.id, true}) {
			t.Errorf("the network was told %v", b)
		}
		f.write(a, says("are you there?")) // what was on its way
		gone := func(when string) {
			t.Helper()
			if d.inbox() != 0 || offered() != 0 {
				t.Errorf("%s: %d rooms, %d goods", when, d.inbox(), offered())
			}
			if found, err := d.node.SearchMessages("hello", nil, 9); err != nil || len(found) > 0 {
				t.Errorf("%s: found %v, %v", when, found, err)
			}
			if _, err := now(d, d.posting(room, "psst")); !errors.Is(err, chat.ErrBlocked) {
				t.Errorf("%s: Post: %v", when, err)
			}
			if _, _, err := d.openedNew(ann.id, me.id); !errors.Is(err, chat.ErrBlocked) {
				t.Errorf("%s: OpenRoom: %v", when, err)
			}
		}
		gone("blocked")
		if got := len(d.page(room)); got != 1 {
			t.Errorf("%d messages are held", got)
		}
		f.down()
		d.restart()
		if b := asked[blocked](d.wire); len(b) != 1 || b[0] != (blocked{ann.id, true}) {
			t.Errorf("after a restart the network was told %v", b)
		}
		gone("after a restart")
		if v, err := d.blocks(ann, false); err != nil || v.Blocked {
			t.Fatalf("%+v, %v", v, err)
		}
		if b := asked[blocked](d.wire); len(b) != 1 || b[0] != (blocked{ann.id, false}) {
			t.Errorf("the network was told %v", b)
		}
		if d.inbox() != 1 || len(d.page(room)) != 1 {
			t.Errorf("%d rooms, %d messages", d.inbox(), len(d.page(room)))
		}
		if v, err := d.node.Room(room); err != nil || !v.Request {
			t.Errorf("the room is no request: %v", err)
		}
		f = d.met(ann, annDevice)
		f.write(a, says("at last"))
		f.say(f.entries(a.log)) // nothing
		f.say(chat.ListingsFrame{Records: [][]byte{l.Encode()}, Digest: chat.ListingDigest(l)})
		if offered() != 1 {
			t.Errorf("%d goods", offered())
		}
	})
}

// TestSearchPastBlocked: however much a blocked person said, what others said before is found.
func TestSearchPastBlocked(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(bo, boDevice), authorIn(bo, me, chat.Buyer, boDevice)
		f.write(a, says("hello once"), says("hello twice"))
		d.pass(time.Second)
		g, b := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		for range 20 {
			g.write(b, says("hello, hello"))
		}
		if _, err := d.blocks(ann, true); err != nil {
			t.Fatal(err)
		}
		for limit, want := range []int{0, 1, 2, 2} {
			found, err := d.node.SearchMessages("hello", nil, limit)
			if err != nil || len(found) != want {
				t.Errorf("of at most %d there are %d, %v", limit, len(found), err)
			}
			if len(found) > 0 && found[0].Text != "hello twice" {
				t.Errorf("the newest is %q", found[0].Text)
			}
		}
		ids, err := d.node.FindMessages("HELLO", a.log.Room, 9)
		if err != nil || len(ids) != 2 || ids[0].Seq != 2 || ids[1].Seq != 1 {
			t.Errorf("named are %v, %v", ids, err)
		}
	})
}

func TestBlockRefuses(t *testing.T) {
	play(t, func(d *desk) {
		if _, err := d.blocks(me, true); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("oneself: %v", err)
		}
		if _, err := d.blocks(bo, true); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a stranger: %v", err)
		}
		d.met(ann, annDevice)
		d.full()
		if v, err := d.blocks(ann, true); !errors.Is(err, chat.ErrDiskFull) || d.node.Peer(ann.id).Blocked {
			t.Errorf("with a full disk: %+v, %v", v, err)
		}
		d.disk.release()
		for range 2 {
			if v, err := d.blocks(ann, true); err != nil || !v.Blocked {
				t.Errorf("%+v, %v", v, err)
			}
		}
	})
}

// TestUnblockedBacklogIsAStrangers: DESIGN 6.
func TestUnblockedBacklogIsAStrangers(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		f.write(a, says("hello"))
		for _, on := range []bool{true, false} {
			if _, err := d.blocks(ann, on); err != nil {
				t.Fatal(err)
			}
		}
		f = d.met(ann, annDevice)
		for range 2 * chat.StrangerMessages {
			f.write(a, says("let me in"))
		}
		if got := len(d.page(room)); got != 1+chat.StrangerMessages {
			t.Errorf("%d messages were taken", got)
		}
	})
}
