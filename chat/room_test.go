package chat_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
)

// openedNew opens a room and tells whether it is new.
func (d *desk) openedNew(buyer, seller chat.PeerID) (id chat.RoomID, created bool, err error) {
	d.Helper()
	type opening struct {
		view    chat.RoomView
		created bool
	}
	o, err := now(d, ask(func(then func(opening, error)) {
		d.node.OpenRoom(buyer, seller, chat.ListingID{}, func(v chat.RoomView, created bool, err error) { then(opening{v, created}, err) })
	}))
	return o.view.ID, o.created, err
}

// TestD1SameRoomForBoth opens the room at both ends offline: one ID, whoever does it, whatever they are called and
// whatever it is about; the other direction is another room.
func TestD1SameRoomForBoth(t *testing.T) {
	var ids []chat.RoomID
	for _, p := range []person{me, ann} {
		playWith(t, func(c *chat.Config) {
			c.Self.ID, c.Self.Key, c.Name = p.id, p.key, p.id.Short()
		}, func(d *desk) {
			d.pass(time.Duration(p.id[0]) * time.Minute)
			id, created, err := d.openedNew(ann.id, me.id)
			if err != nil || !created {
				t.Errorf("open: created %v, %v", created, err)
			}
			other, _, err := d.openedNew(me.id, ann.id)
			if err != nil || other == id {
				t.Errorf("the other direction is the same room (%v)", err)
			}
			ids = append(ids, id)
			equal(t, "rooms shown", d.inbox(), 2)
		})
	}
	equal(t, "the room at ann's", ids[1], ids[0])
	equal(t, "the room", ids[0], chat.RoomFor(ann.id, me.id))
}

// TestX9TwoClicks opens a room twice at once, before the disk has anything, and once more later.
func TestX9TwoClicks(t *testing.T) {
	play(t, func(d *desk) {
		d.disk.trouble.Store(&trouble{hold: true})
		created := make(chan bool, 3)
		open := func() {
			d.node.OpenRoom(me.id, ann.id, chat.ListingID{}, func(_ chat.RoomView, isNew bool, err error) {
				if err != nil {
					t.Error(err)
				}
				created <- isNew
			})
		}
		open()
		open()
		d.pass(time.Second)
		d.disk.release()
		d.disk.release()
		open()
		d.pass(time.Second)
		if got := drain(created); len(got) != 3 || !got[0] || got[1] || got[2] {
			t.Errorf("created: %v, want only the first", got)
		}
		equal(t, "rooms on disk", d.rooms(), 1)
		equal(t, "room records", len(of[chat.RoomRecord](drain(d.disk.records))), 1)
	})
}

// TestX9TwoMachines writes from one side before the other opens the room by itself.
func TestX9TwoMachines(t *testing.T) {
	play(t, func(d *desk) {
		_, a := talking(d)
		id, created, err := d.openedNew(ann.id, me.id)
		if err != nil || created || id != a.log.Room {
			t.Errorf("open: %v, created %v, %v, want the room that is there", id, created, err)
		}
		equal(t, "rooms on disk", d.rooms(), 1)
		d.shows(id, "one two")
	})
}

func TestX10ChatWithOneself(t *testing.T) {
	play(t, func(d *desk) {
		_, _, err := d.openedNew(me.id, me.id)
		fails(t, "open with oneself", err, chat.ErrSelfChat)
		_, _, err = d.openedNew(ann.id, bo.id)
		fails(t, "open between others", err, chat.ErrInvalid)
		_, _, err = d.openedNew(ann.id, ann.id)
		fails(t, "open of somebody else with herself", err, chat.ErrSelfChat)
		f := &far{d: d, person: me, device: chat.DeviceID{0x66}}
		d.ends = append(d.ends, f)
		f.up()
		a := authorIn(me, me, chat.Buyer, f.device)
		f.say(chat.Have{Mine: chat.Buyer, Ask: true}, f.entries(a.log, a.group(says("hello me"))))
		equal(t, "frames to oneself", len(f.heard()), 0)
		equal(t, "rooms on disk", d.rooms(), 0)
		equal(t, "peers", len(d.node.Peers()), 0)
	})
}

// TestD9X5OrderNotByTheSendersClock answers a question from a machine whose clock is a day behind: the answer stands below.
func TestD9X5OrderNotByTheSendersClock(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour, -20 * 365 * 24 * time.Hour, 20 * 365 * 24 * time.Hour} {
		playWith(t, func(c *chat.Config) { c.Now = func() time.Time { return time.Now().Add(off) } }, func(d *desk) {
			f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
			a.clock = chat.Clock(0).Next(time.Now())
			room := a.log.Room
			f.write(a, says("question"))
			d.posted(room, "answer")
			for _, g := range groups(t, d.mine(room, chat.Seller), f.heard()) {
				a.clock = max(a.clock, g.Entries[len(g.Entries)-1].Clock)
			}
			d.pass(time.Second)
			a.clock = a.clock.Next(time.Now()) - 1
			f.write(a, says("thanks"))
			d.posted(room, "welcome")
			d.shows(room, "question answer thanks welcome")
			equal(t, "time of the answer", d.page(room)[1].SentAt, time.Now().Add(off-time.Second).UnixMilli())
		})
	}
}

// TestX6LateArrival shows what was written earlier and came later, where it belongs, told and unread.
func TestX6LateArrival(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		phone := authorIn(ann, me, chat.Buyer, chat.DeviceID{0xab})
		phone.clock = a.clock + 5
		f.write(a, says("one").at(a.clock+1))
		f.write(a, says("three").at(a.clock+100))
		equal(t, "unread after reading", d.markedRead(a.id(2)), 0)
		d.told()
		f.write(phone, says("two"))
		d.shows(a.log.Room, "one two three")
		if got := toldOf[chat.MessageReceived](d); len(got) != 1 || got[0].Message.Text != "two" {
			t.Errorf("told of %v", got)
		}
		view, err := d.node.Room(a.log.Room)
		if err != nil || view.Unread != 1 || view.Last.Text != "three" {
			t.Errorf("the room is %+v, %v, want one unread and three as the last", view, err)
		}
		equal(t, "unread after reading again", d.markedRead(a.id(2)), 0)
	})
}

// TestX7EqualStampsAtAPageEdge pages through messages whose clocks are all the same.
func TestX7EqualStampsAtAPageEdge(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		var room chat.RoomID
		for i := range 7 {
			a := authorIn(ann, me, chat.Buyer, chat.DeviceID{byte(7 * i)})
			room = a.log.Room
			f.write(a, says(fmt.Sprintf("a%d", i)).at(5000), says(fmt.Sprintf("b%d", i)).at(5001))
		}
		want := words(d.page(room))
		for limit := 1; limit <= 15; limit++ {
			for _, before := range []bool{true, false} {
				var all []chat.Message
				at := chat.MessageID{}
				for range 20 {
					page, err := d.node.Messages(room, at, before, limit)
					if err != nil {
						t.Fatal(err)
					}
					if at == (chat.MessageID{}) && !before { // the newest page, then on to the oldest: begin there
						page = d.page(room)[:1]
					}
					if len(page) == 0 {
						break
					}
					if before {
						all = append(page, all...)
						at = page[0].ID
					} else {
						all = append(all, page...)
						at = page[len(page)-1].ID
					}
				}
				if got := words(all); got != want {
					t.Fatalf("in pages of %d, before %v: %q, want %q", limit, before, got, want)
				}
			}
		}
		_, err := d.node.Messages(room, chat.MessageID{LogID: chat.LogID{Room: chat.RoomFor(bo.id, me.id)}, Seq: 1}, true, 5)
		fails(t, "a page at another room's message", err, chat.ErrNotFound)
	})
}

// TestX8Reconnecting breaks the link at every step: what ann holds is never sent again from the start, and what she sends
// again is never there twice.
func TestX8Reconnecting(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		room := a.log.Room
		mine := d.mine(room, chat.Seller)
		all := []*chat.Group{}
		for i := range 10 {
			d.posted(room, fmt.Sprint("m", i))
			g := a.group(says(fmt.Sprint("a", i)))
			f.say(f.entries(a.log, g))
			all = append(all, g)
			f.down()
			f.up()
			held := chat.Head{Author: chat.Seller, Device: myDevice, Seq: uint64(i), Hash: hashAt(d, mine, uint64(i))}
			f.heard()
			f.say(f.have(room, a.head(), held), f.entries(a.log, all...))
			if got := entriesOf(groups(t, mine, f.heard())); len(got) != 1 || got[0].Seq != uint64(i)+1 {
				t.Errorf("link %d: ann lacks %d and gets %d entries", i, i+1, len(got))
			}
			f.say(f.receipt(mine, uint64(i)+1, 0))
		}
		equal(t, "messages", len(d.page(room)), 22)
		equal(t, "messages told of", len(toldOf[chat.MessageReceived](d)), 10)
		delivered := d.held(mine)
		seq, _ := delivered.Delivered()
		equal(t, "delivered", seq, 10)
	})
}

func hashAt(d *desk, log chat.LogID, seq uint64) chat.Hash {
	d.Helper()
	h, err := d.disk.HashAt(log, seq)
	if err != nil {
		d.Fatal(err)
	}
	return h
}

// TestX11NewName shows on old messages too: messages carry a key, and the name is looked up.
func TestX11NewName(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		rename := func(version uint64, name string) {
			p := &chat.Profile{Peer: ann.id, Version: version, Name: name}
			p.Sign(ann.key)
			f.say(chat.ProfileFrame{Record: p.Encode()})
		}
		nameOf := func() string { return d.node.Peer(d.page(a.log.Room)[0].Author).Name }
		rename(5, "Ann")
		equal(t, "name", nameOf(), "Ann")
		d.told()
		rename(6, "Anna")
		equal(t, "name", nameOf(), "Anna")
		equal(t, "changes told", len(toldOf[chat.PeerChanged](d)), 1)
		rename(5, "Ann")
		rename(6, "Anna")
		equal(t, "name after a replay", nameOf(), "Anna")
		equal(t, "changes told", len(toldOf[chat.PeerChanged](d)), 0)
		view, err := d.node.Room(a.log.Room)
		if err != nil || view.Peer.Name != "Anna" {
			t.Errorf("the room is with %q, %v", view.Peer.Name, err)
		}
		d.restart()
		equal(t, "name after a restart", nameOf(), "Anna")
	})
}

// TestX12NobodyElseReadsARoom lets bo ask for everything there is.
func TestX12NobodyElseReadsARoom(t *testing.T) {
	play(t, func(d *desk) {
		_, a := talking(d)
		d.posted(a.log.Room, "for ann's eyes")
		b := &far{d: d, person: bo, device: boDevice}
		d.ends = append(d.ends, b)
		b.up()
		b.say(
			chat.Have{Mine: chat.Buyer, Ask: true}, chat.Have{Mine: chat.Seller, Ask: true},
			chat.Have{Mine: chat.Buyer, Ask: true, Heads: []chat.Head{{Author: chat.Seller, Device: myDevice}, {Author: chat.Buyer, Device: annDevice}}},
			chat.CatalogueAsk{},
		)
		d.pass(2 * time.Minute)
		for _, f := range b.heard() {
			switch f := f.(type) {
			case chat.Entries, chat.ReceiptFrame:
				t.Errorf("bo is sent %T", f)
			case chat.Have:
				if len(f.Heads) != 0 {
					t.Errorf("bo is told of %v", f.Heads)
				}
			}
		}
	})
}

func TestX13BlankText(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(me, ann)
		for _, c := range []struct {
			text string
			want error
		}{
			{"", chat.ErrBlank},
			{" \t\r\n", chat.ErrBlank},
			{"\u3000\u00a0", chat.ErrBlank},
			{strings.Repeat("x", chat.MaxText), nil},
			{strings.Repeat("字", chat.MaxText), nil},
			{strings.Repeat("x", chat.MaxText+1), chat.ErrTooLarge},
			{strings.Repeat("😀", chat.MaxTextBytes/4+1), chat.ErrTooLarge},
			{strings.Repeat("x", 1<<20), chat.ErrTooLarge},
			{"\xff\xfe", chat.ErrInvalid},
			{"x", nil},
		} {
			_, err := now(d, d.posting(room, c.text))
			fails(t, fmt.Sprintf("post of %d bytes %.8q", len(c.text), c.text), err, c.want)
		}
		equal(t, "messages", len(d.page(room)), 3)
		_, err := now(d, d.posting(chat.RoomFor(me.id, bo.id), "x"))
		fails(t, "post in a room that was never opened", err, chat.ErrNotFound)
		d.absent(chat.RoomFor(me.id, bo.id))
	})
	playWith(t, func(c *chat.Config) { c.Blank = func(s string) bool { return s == "invisible" } }, func(d *desk) {
		_, err := now(d, d.posting(d.opened(me, ann), "invisible"))
		fails(t, "post of what shows nothing", err, chat.ErrBlank)
	})
}

type noDice struct{}

func (noDice) Read([]byte) (int, error) { return 0, errTorn }

// TestX14StrongIDs makes IDs on machines that started at the same instant: they have nothing in common. Without
// randomness there is no ID.
func TestX14StrongIDs(t *testing.T) {
	seen := map[chat.ListingID]bool{}
	bits := [128]int{}
	for range 2 {
		play(t, func(d *desk) {
			for range 200 {
				id := d.published(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}}).ID
				if seen[id] {
					t.Fatal("one ID twice")
				}
				seen[id] = true
				for i := range bits {
					bits[i] += int(id[i/8] >> (i % 8) & 1)
				}
			}
		})
	}
	for i, n := range bits { // 400 fair coins: 200 give or take 10
		if n < 130 || n > 270 {
			t.Errorf("bit %d of the ID is set %d times of 400", i, n)
		}
	}
	playWith(t, func(c *chat.Config) { c.Rand = noDice{} }, func(d *desk) {
		_, err := now(d, ask(func(then func(*chat.Listing, error)) {
			d.node.Publish(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}}, then)
		}))
		fails(t, "publish without randomness", err, errTorn)
	})
}

// TestX15TimesAreNumbers: what is stored and sent of a time is its milliseconds.
func TestX15TimesAreNumbers(t *testing.T) {
	play(t, func(d *desk) {
		d.pass(1234 * time.Millisecond)
		m := d.posted(d.opened(me, ann), "x")
		equal(t, "SentAt", m.SentAt, time.Now().UnixMilli())
		l := d.published(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}})
		equal(t, "UpdatedAt", l.UpdatedAt, time.Now().UnixMilli())
	})
}

// TestX16UnreadPerSide keeps the own read marks apart from the other side's.
func TestX16UnreadPerSide(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		room := a.log.Room
		unread := func() int {
			view, err := d.node.Room(room)
			if err != nil {
				t.Fatal(err)
			}
			return view.Unread
		}
		equal(t, "unread", unread(), 2)
		d.posted(room, "mine")
		equal(t, "unread after an own message", unread(), 2)
		f.say(f.receipt(d.mine(room, chat.Seller), 1, 1))
		equal(t, "unread after ann read", unread(), 2)
		f.heard()
		equal(t, "unread after reading one", d.markedRead(a.id(1)), 1)
		if got := receipts(a.log, f.heard()); len(got) != 1 || got[0].Read != 1 || got[0].Delivered != 2 {
			t.Errorf("ann is told %v", got)
		}
		equal(t, "unread after reading it again", d.markedRead(a.id(1)), 1)
		equal(t, "receipts for nothing new", len(f.heard()), 0)
		f.write(a, takesBack(2))
		equal(t, "unread, one taken back", unread(), 1)
		d.restart()
		equal(t, "unread after a restart", unread(), 1)
		equal(t, "unread after reading all", d.markedRead(a.id(2)), 0)
	})
}

// TestD12UnreadRows: the number of unread equals the rows after the read marks, whatever comes in whatever order.
func TestD12UnreadRows(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		phone := authorIn(ann, me, chat.Buyer, chat.DeviceID{0xab})
		phone.clock = a.clock - 1 // among the first ones
		f.write(phone, says("p1"), line{kind: 99, body: []byte("new")}, takesBack(1))
		f.write(a, says("gone").withoutBody(), says("three"))
		count := func() int {
			s, err := d.disk.Room(a.log.Room)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, m := range d.page(a.log.Room) {
				if m.ID.Author == chat.Buyer && m.ID.Seq > s.Log(chat.Buyer, m.ID.Device).ReadTo {
					n++
				}
			}
			return n
		}
		list := d.page(a.log.Room)
		equal(t, "messages", len(list), 5)
		for _, m := range list {
			equal(t, "unread up to "+m.ID.String(), d.markedRead(m.ID), count())
		}
		equal(t, "unread at the end", count(), 0)
		_, err := now(d, ask(func(then func(int, error)) { d.node.MarkRead(a.log.Room, a.id(99), then) }))
		fails(t, "mark up to nothing", err, chat.ErrNotFound)
		_, err = now(d, ask(func(then func(int, error)) { d.node.MarkRead(chat.RoomFor(me.id, ann.id), a.id(1), then) }))
		fails(t, "mark in another room", err, chat.ErrNotFound)
	})
}

// TestX17InboxInOrder reads rooms by activity, with every filter.
func TestX17InboxInOrder(t *testing.T) {
	play(t, func(d *desk) {
		var rooms []chat.RoomID
		for i := range 6 {
			d.pass(time.Second)
			p := many(i)
			if i%2 == 0 {
				rooms = append(rooms, d.opened(me, p))
			} else {
				rooms = append(rooms, d.opened(p, me))
			}
		}
		d.pass(time.Second)
		d.posted(rooms[2], "x")
		d.pass(time.Second)
		f := d.met(many(1), annDevice)
		a := authorIn(many(1), me, chat.Buyer, annDevice)
		f.write(a, says("y"))
		d.pass(time.Second)
		g := d.met(ann, annDevice)
		b := authorIn(me, ann, chat.Seller, annDevice)
		g.write(b, says("z"))
		want := map[chat.RoomFilter][]chat.RoomID{
			chat.AllRooms:   {b.log.Room, rooms[1], rooms[2], rooms[5], rooms[4], rooms[3], rooms[0]},
			chat.Buying:     {b.log.Room, rooms[2], rooms[4], rooms[0]},
			chat.Selling:    {rooms[1], rooms[5], rooms[3]},
			chat.Unread:     {b.log.Room, rooms[1]},
			chat.Unanswered: {b.log.Room, rooms[1]},
			chat.Requests:   {b.log.Room},
		}
		for filter, list := range want {
			for offset := range len(list) + 1 {
				total, page, err := d.node.Rooms(filter, offset, 2)
				if err != nil || total != len(list) || len(page) != min(2, len(list)-offset) {
					t.Errorf("filter %d at %d: %d of %d, %v", filter, offset, len(page), total, err)
				}
				for i, view := range page {
					if view.ID != list[offset+i] {
						t.Errorf("filter %d: place %d holds another room", filter, offset+i)
					}
				}
			}
		}
	})
}

// TestD26X18UnknownKinds keeps and passes on what this version does not know, byte for byte (X18: it is no text).
func TestD26X18UnknownKinds(t *testing.T) {
	text := says("looks like a text").body
	for name, l := range map[string]line{
		"new kind":              {kind: 42, body: text},
		"last kind":             {kind: math.MaxUint16, body: bytes.Repeat([]byte{0xff}, 100)},
		"no kind":               {kind: 0, body: text},
		"malformed text":        {kind: chat.KindText, body: []byte{0xff, 0xff}},
		"text of a picture":     {kind: chat.KindImage, body: text},
		"largest body":          {kind: 42, body: make([]byte, chat.MaxEntryBody)},
		"empty body":            {kind: 42},
		"text with more fields": {kind: chat.KindText, body: append(bytes.Clone(text), 0x80|0x0a, 0x7d, 3, 1, 2, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(d *desk) {
				f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
				g := f.write(a, says("before"), l, says("after"))
				list := d.page(a.log.Room)
				equal(t, "messages", len(list), 3)
				known := name == "text with more fields"
				m := list[1]
				if m.Unknown == known || (m.Text != "") != known || m.Kind != l.kind {
					t.Errorf("shown as %+v", m)
				}
				got := toldOf[chat.MessageReceived](d)
				if len(got) != 3 || got[1].Message.Unknown == known {
					t.Errorf("told of %v", got)
				}
				equal(t, "receipt", receipts(a.log, f.heard())[0].Delivered, 3)
				found, err := d.node.SearchMessages("looks", nil, 10)
				if err != nil || (len(found) > 0) != known {
					t.Errorf("search finds %v, %v", found, err)
				}
				phone := d.linked(ann, chat.DeviceID{0xab})
				phone.say(phone.have(a.log.Room))
				passed := of[chat.Entries](phone.heard())
				if len(passed) != 1 || len(passed[0].Groups) != 1 || !bytes.Equal(passed[0].Groups[0], g.Encode()) {
					t.Errorf("passed on as %v", passed)
				}
			})
		})
	}
}

// TestX19DeletedRoom deletes a conversation here: it is gone from sight, and what comes later opens the same room
// without the old words.
func TestX19DeletedRoom(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		room := a.log.Room
		d.posted(room, "delivered")
		mine := d.mine(room, chat.Seller)
		f.say(f.receipt(mine, 1, 0))
		d.posted(room, "waits")
		f.heard()
		d.told()
		if v, err := d.node.Room(room); err != nil || !v.Shown {
			t.Errorf("before: shown %v, %v", v.Shown, err)
		}
		d.deleted(room)
		equal(t, "rooms shown", d.inbox(), 0)
		if v, err := d.node.Room(room); err != nil || v.Shown {
			t.Errorf("deleted: shown %v, %v", v.Shown, err)
		}
		equal(t, "events", len(toldOf[chat.RoomChanged](d)), 1)
		d.shows(room, "")
		found, err := d.node.SearchMessages("one", nil, 10)
		if err != nil || len(found) != 0 {
			t.Errorf("search finds %v, %v", found, err)
		}

		for _, restart := range []bool{false, true} {
			if restart {
				d.restart()
			} else {
				f.down()
			}
			f = d.linked(ann, annDevice)
			all := authorIn(ann, me, chat.Buyer, annDevice)
			f.say(f.have(room, a.head()), f.entries(a.log, all.group(says("one")), all.group(says("two")))) // her history
			equal(t, "rooms shown", d.inbox(), 0)
			equal(t, "messages told of", len(toldOf[chat.MessageReceived](d)), 0)
			sent := entriesOf(groups(t, mine, f.heard()))
			if len(sent) != 2 || sent[0].HasBody() || textOf(sent[1]) != "waits" {
				t.Errorf("ann lacks our log and gets %v, want the delivered one bare and the other whole", sent)
			}
		}
		f.write(a, says("three"))
		equal(t, "rooms shown", d.inbox(), 1)
		equal(t, "rooms on disk", d.rooms(), 1)
		d.shows(room, "three")
		view, err := d.node.Room(room)
		if err != nil || view.Unread != 1 || view.Last.Text != "three" {
			t.Errorf("the room is %+v, %v", view, err)
		}
		d.posted(room, "four")
		d.shows(room, "three four")
		d.holds(mine, 3)

		d.deleted(room)
		id, created, err := d.openedNew(ann.id, me.id)
		if err != nil || id != room || !created {
			t.Errorf("opened again: created %v, %v", created, err)
		}
		d.shows(room, "")
		equal(t, "rooms on disk", d.rooms(), 1)
		err = func() error {
			_, err := now(d, ask(func(then func(struct{}, error)) { d.node.DeleteRoom(chat.RoomFor(me.id, bo.id), then) }))
			return err
		}()
		fails(t, "delete of no room", err, chat.ErrNotFound)
	})
}

// TestX20OneFunctionForRoomIDs looks for a second place that hashes what a room's ID is made of.
func TestX20OneFunctionForRoomIDs(t *testing.T) {
	var found []string
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // the files of one folder are all that is asked for
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range packages["chat"].Files {
		for _, decl := range file.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && strings.Contains(lit.Value, "haggle room") {
					name := "?"
					if fn, ok := decl.(*ast.FuncDecl); ok {
						name = fn.Name.Name
					}
					found = append(found, name)
				}
				return true
			})
		}
	}
	if len(found) != 1 || found[0] != "RoomFor" {
		t.Errorf("the room's tag is used in %v, want RoomFor alone", found)
	}
}

// TestD6Withdraw takes messages back at every stage of their way.
func TestD6Withdraw(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		first, second := d.posted(room, "slip"), d.posted(room, "stays")
		d.told()
		w, err := now(d, d.withdrawing(first.ID))
		if err != nil || w.maySeen || w.message.State != chat.Withdrawn || w.message.Text != "" {
			t.Errorf("withdraw before any link: %+v, %v", w, err)
		}
		if got := toldOf[chat.MessageStateChanged](d); len(got) != 1 || got[0].ID != first.ID || got[0].State != chat.Withdrawn {
			t.Errorf("told %v", got)
		}
		d.shows(room, "- stays")
		if w, err := now(d, d.withdrawing(first.ID)); err != nil || w.message.State != chat.Withdrawn {
			t.Errorf("withdraw once more: %+v, %v", w, err)
		}
		_, err = now(d, d.withdrawing(chat.MessageID{LogID: first.ID.LogID, Seq: 3}))
		fails(t, "withdraw of the withdrawal", err, chat.ErrNotFound)
		f := d.met(ann, annDevice)
		f.up()
		f.heard()
		f.say(f.have(room))
		sent := entriesOf(groups(t, first.ID.LogID, f.heard()))
		if len(sent) != 3 || sent[0].HasBody() || textOf(sent[1]) != "stays" || sent[2].Kind != chat.KindWithdrawal {
			t.Errorf("ann gets %v, want the first without its body", sent)
		}
		w, err = now(d, d.withdrawing(second.ID))
		if err != nil || !w.maySeen || w.message.State != chat.Withdrawn {
			t.Errorf("withdraw after it was handed to a link: %+v, %v", w, err)
		}
		third := d.posted(room, "delivered")
		f.say(f.receipt(third.ID.LogID, third.ID.Seq, 0))
		_, err = now(d, d.withdrawing(third.ID))
		fails(t, "withdraw after delivery", err, chat.ErrDelivered)
		d.shows(room, "- - delivered")

		a := authorIn(ann, me, chat.Buyer, annDevice)
		f.write(a, says("hers"))
		_, err = now(d, d.withdrawing(a.id(1)))
		fails(t, "withdraw of hers", err, chat.ErrInvalid)
		for _, id := range []chat.MessageID{
			{LogID: third.ID.LogID, Seq: 99},
			{LogID: chat.LogID{Room: room, Author: chat.Seller, Device: chat.DeviceID{9}}, Seq: 1},
			{LogID: chat.LogID{Room: chat.RoomFor(me.id, bo.id)}, Seq: 1},
		} {
			_, err = now(d, d.withdrawing(id))
			fails(t, "withdraw of nothing", err, chat.ErrNotFound)
		}
		d.restart()
		d.shows(room, "hers - - delivered")
	})
}

// TestD6WithdrawBeforeTheDisk takes a message back before it is durable, with ann linked: its text never leaves.
func TestD6WithdrawBeforeTheDisk(t *testing.T) {
	play(t, func(d *desk) {
		room, other := d.opened(ann, me), d.opened(bo, me)
		f := d.met(ann, annDevice)
		d.disk.trouble.Store(&trouble{hold: true})
		busy := d.posting(other, "keeps the disk busy")
		synctest.Wait()
		slip := d.posting(room, "slip")
		synctest.Wait()
		log := d.mine(room, chat.Seller)
		back := d.withdrawing(chat.MessageID{LogID: log, Seq: 1})
		d.disk.release()
		for _, c := range []chan fate[chat.Message]{busy, slip} {
			if _, err := now(d, c); err != nil {
				t.Error(err)
			}
		}
		if w, err := now(d, back); err != nil || w.maySeen || w.message.State != chat.Withdrawn {
			t.Errorf("withdraw: %+v, %v", w, err)
		}
		sent := entriesOf(groups(t, log, f.heard()))
		if len(sent) != 2 || sent[0].HasBody() || sent[1].Kind != chat.KindWithdrawal {
			t.Errorf("ann gets %v, want the first without its body", sent)
		}
	})
}

// TestD6WithdrawAfterRestart: what an earlier run handed to a link may have been seen.
func TestD6WithdrawAfterRestart(t *testing.T) {
	play(t, func(d *desk) {
		room, never := d.opened(ann, me), d.opened(bo, me)
		d.met(ann, annDevice)
		handed, kept := d.posted(room, "x"), d.posted(never, "y")
		d.restart()
		w, err := now(d, d.withdrawing(handed.ID))
		if err != nil || !w.maySeen {
			t.Errorf("withdraw of what was on a link: may be seen %v, %v", w.maySeen, err)
		}
		w, err = now(d, d.withdrawing(kept.ID))
		if err != nil || w.maySeen {
			t.Errorf("withdraw of what bo, who was never met, cannot have: may be seen %v, %v", w.maySeen, err)
		}
	})
}

// TestD6HerWithdrawal takes back what is shown here; before it came it is never shown.
func TestD6HerWithdrawal(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		f.write(a, takesBack(2), says("secret").withoutBody(), takesBack(4), takesBack(7), says("last"))
		events := d.told()
		states := of[chat.MessageStateChanged](events)
		if len(states) != 1 || states[0].ID != a.id(2) || states[0].State != chat.Withdrawn {
			t.Errorf("told %v", states)
		}
		d.shows(a.log.Room, "one - last")
		if got := of[chat.MessageReceived](events); len(got) != 1 || got[0].Message.Text != "last" {
			t.Errorf("told of %v", got)
		}
		found, err := d.node.SearchMessages("two", nil, 10)
		if err != nil || len(found) != 0 {
			t.Errorf("search finds %v, %v", found, err)
		}
		d.unharmed()
	})
}

// TestD13ReceiptsOff: with read receipts switched off nothing is sent when a message is read, not even the same receipt
// once more, which would tell the hour.
func TestD13ReceiptsOff(t *testing.T) {
	play(t, func(d *desk) {
		off, on := false, true
		set := func(receipts *bool) {
			view, err := now(d, ask(func(then func(chat.SelfView, error)) { d.node.SetSelf(chat.SelfChange{ReadReceipts: receipts}, then) }))
			if err != nil || view.ReadReceipts != *receipts {
				t.Errorf("set: %v, %v", view.ReadReceipts, err)
			}
		}
		f, a := talking(d)
		set(&off)
		f.heard()
		d.markedRead(a.id(2))
		equal(t, "frames when read", len(f.heard()), 0)
		f.write(a, says("three"))
		for _, r := range receipts(a.log, f.heard()) {
			equal(t, "read in a receipt", r.Read, 0)
		}
		f.say(chat.Have{Mine: chat.Buyer, Ask: true})
		for _, r := range receipts(a.log, f.heard()) {
			equal(t, "read in a receipt after Have", r.Read, 0)
		}
		d.restart()
		equal(t, "still off after a restart", d.node.Self().ReadReceipts, false)
		f = d.met(ann, annDevice)
		d.markedRead(a.id(3))
		equal(t, "frames when read", len(f.heard()), 0)
		set(&on)
		f.write(a, says("four"))
		f.heard()
		d.markedRead(a.id(4))
		if got := receipts(a.log, f.heard()); len(got) != 1 || got[0].Read != 4 {
			t.Errorf("ann is told %v", got)
		}
	})
}

// TestD5States goes from waiting to read, and tells each step once.
func TestD5States(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		var last chat.Message
		for range 3 {
			last = d.posted(room, "x")
		}
		state := func() string {
			s := ""
			for _, m := range d.page(room) {
				s += m.State.String() + " "
			}
			return s
		}
		equal(t, "states", state(), "waiting waiting waiting ")
		f := d.met(ann, annDevice)
		d.told()
		log := last.ID.LogID
		step := func(r chat.ReceiptFrame, want string, events string) {
			t.Helper()
			f.say(r)
			equal(t, "states", state(), want)
			got := ""
			for _, e := range toldOf[chat.MessageStateChanged](d) {
				got += fmt.Sprintf("%d %s ", e.ID.Seq, e.State)
			}
			equal(t, "told", got, events)
		}
		step(f.receipt(log, 1, 0), "delivered waiting waiting ", "1 delivered ")
		step(f.receipt(log, 3, 1), "read delivered delivered ", "3 delivered 1 read ")
		step(f.receipt(log, 3, 1), "read delivered delivered ", "")
		step(f.receipt(log, 3, 3), "read read read ", "3 read ")
		d.restart()
		equal(t, "states after a restart", state(), "read read read ")

		f = d.met(ann, annDevice)
		phone := d.met(ann, chat.DeviceID{0xab})
		d.posted(room, "y")
		d.told()
		phone.say(phone.receipt(log, 4, 4))
		equal(t, "one device is enough", state(), "read read read read ")
		d.told()
		f.say(f.receipt(log, 4, 0))
		equal(t, "told for the second device", len(toldOf[chat.MessageStateChanged](d)), 0)
	})
}

// TestMessageReceivedOnce: each message of the other person is told once, in the order of its log, whatever happens on
// the way.
func TestMessageReceivedOnce(t *testing.T) {
	play(t, func(d *desk) {
		d.opened(ann, me)
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		var all []*chat.Group
		for i := range 40 {
			all = append(all, a.group(repeat(1+i%5, says("x"))...))
		}
		for i := range all {
			d.disk.trouble.Store(&trouble{latency: time.Duration(i%3) * time.Millisecond})
			f.say(f.entries(a.log, all[max(0, i-3):i+1]...), f.entries(a.log, all[i/2]), f.entries(a.log, all[:i/4]...))
			if i%7 == 0 {
				f.down()
				f.up()
			}
			d.pass(time.Duration(i%2) * time.Millisecond)
		}
		d.pass(time.Second)
		var seq uint64
		for _, e := range toldOf[chat.MessageReceived](d) {
			if e.Message.ID.LogID != a.log || e.Message.ID.Seq != seq+1 || e.Message.Author != ann.id {
				t.Fatalf("told of %v after %d", e.Message.ID, seq)
			}
			seq++
		}
		equal(t, "messages told of", seq, a.seq)
	})
}

// TestDrafts are kept per room, and only for rooms there are.
func TestDrafts(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		if err := d.node.SetDraft(room, "half a th"); err != nil {
			t.Fatal(err)
		}
		view, err := d.node.Room(room)
		if err != nil || view.Draft != "half a th" {
			t.Errorf("draft %q, %v", view.Draft, err)
		}
		fails(t, "draft without a room", d.node.SetDraft(chat.RoomFor(me.id, bo.id), "x"), chat.ErrNotFound)
		fails(t, "draft of a megabyte", d.node.SetDraft(room, strings.Repeat("x", 1<<20)), chat.ErrTooLarge)
		if err := d.node.SetDraft(room, ""); err != nil {
			t.Error(err)
		}
		view, err = d.node.Room(room)
		if err != nil || view.Draft != "" {
			t.Errorf("draft %q, %v", view.Draft, err)
		}
	})
}

// TestPinnedGoods: opening a room about goods pins them here; a message about others pins those.
func TestPinnedGoods(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		lamp, bike := goods(ann, 1, 1, chat.Available, "lamp"), goods(ann, 2, 2, chat.Available, "bike")
		f.say(catalogue(lamp, bike))
		open := func(about chat.ListingID) (chat.RoomView, error) {
			return now(d, ask(func(then func(chat.RoomView, error)) {
				d.node.OpenRoom(me.id, ann.id, about, func(v chat.RoomView, _ bool, err error) { then(v, err) })
			}))
		}
		pinned := func(v chat.RoomView, err error) chat.ListingID {
			t.Helper()
			if err != nil || v.Listing == nil {
				t.Errorf("no goods are pinned: %v", err)
				return chat.ListingID{}
			}
			return v.Listing.ID
		}
		equal(t, "pinned", pinned(open(lamp.ID)), lamp.ID)
		room := chat.RoomFor(me.id, ann.id)
		equal(t, "pinned after opening without goods", pinned(open(chat.ListingID{})), lamp.ID)
		_, err := open(chat.ListingID{9})
		fails(t, "open about nothing", err, chat.ErrNotFound)
		post := func(about chat.ListingID) error {
			_, err := now(d, ask(func(then func(chat.Message, error)) { d.node.Post(room, chat.Draft{Text: "x", About: about}, then) }))
			return err
		}
		if err := post(bike.ID); err != nil {
			t.Error(err)
		}
		equal(t, "pinned after a message about the bike", pinned(d.node.Room(room)), bike.ID)
		if err := post(chat.ListingID{9}); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("post about nothing: %v", err)
		}
		d.restart()
		equal(t, "pinned after a restart", pinned(d.node.Room(room)), bike.ID)
		equal(t, "messages", len(d.page(room)), 1)
	})
}

// TestC12SellersGoods: on the seller's machine the pinned goods follow the buyer's newest message, and nothing else.
func TestC12SellersGoods(t *testing.T) {
	play(t, func(d *desk) {
		lamp, bike := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}}), d.published(chat.Goods{Title: "bike", Price: chat.Money{Currency: "EUR"}})
		about := func(l *chat.Listing, text string) line {
			b := chat.Body{Kind: chat.KindText, Text: text, About: &chat.About{Listing: l.ID, Version: l.Version, Hash: l.Hash()}}
			return line{kind: chat.KindText, body: b.Encode()}
		}
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		phone := authorIn(ann, me, chat.Buyer, chat.DeviceID{0xab})
		room := a.log.Room
		pinned := func(when string, want chat.ListingID) {
			t.Helper()
			v, err := d.node.Room(room)
			var got chat.ListingID
			if v.Listing != nil {
				got = v.Listing.ID
			}
			if err != nil || got != want {
				t.Errorf("%s: pinned %v, %v, want %v", when, got, err, want)
			}
		}
		f.write(a, says("hello"))
		pinned("a message about nothing", chat.ListingID{})
		f.write(a, about(lamp, "is it still there?"), says("please"))
		pinned("a message about the lamp", lamp.ID)
		if v, err := d.node.Room(room); err != nil || !v.Request {
			t.Errorf("a stranger's room is no request any more: %v", err)
		}
		f.write(a, about(&chat.Listing{ID: chat.ListingID{9}}, "and this?"))
		pinned("a message about what is not mine", lamp.ID)
		f.write(a, about(bike, "or the bike"))
		pinned("a message about the bike", bike.ID)
		f.write(phone, about(lamp, "written before").at(a.clock-2))
		pinned("an older message from another machine", bike.ID)
		d.restart()
		pinned("after a restart", bike.ID)

		f = d.met(bo, chat.DeviceID{0xb0}) // who buys is never taken back by what the seller answers
		chair := goods(bo, 1, 1, chat.Available, "chair")
		f.say(catalogue(chair))
		seller := authorIn(me, bo, chat.Seller, chat.DeviceID{0xb0})
		room = seller.log.Room
		d.opened(me, bo)
		f.write(seller, about(chair, "take this one"))
		pinned("a seller's message", chat.ListingID{})
	})
}

// TestD12FirstUnread: the divider stands above the unread message that sorts first, which need not be the newest log's.
func TestD12FirstUnread(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		phone := authorIn(ann, me, chat.Buyer, chat.DeviceID{0xab})
		phone.clock = a.clock + 5
		room := a.log.Room
		f.write(a, says("one").at(a.clock+1), says("three").at(a.clock+100))
		d.markedRead(a.id(2))
		if _, err := d.node.FirstUnread(room); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("all read: %v, want ErrNotFound", err)
		}
		f.write(a, says("four"))
		f.write(phone, says("two"))
		first, err := d.node.FirstUnread(room)
		if err != nil || first != phone.id(1) {
			t.Errorf("first unread is %v, %v, want %v", first, err, phone.id(1))
		}
		var unread []string
		for _, m := range d.page(room) {
			if m.Unread {
				unread = append(unread, m.Text)
			}
		}
		equal(t, "unread", strings.Join(unread, " "), "two four")
		f.write(phone, takesBack(1)) // stays a row
		first, err = d.node.FirstUnread(room)
		if err != nil || first != phone.id(1) {
			t.Errorf("first unread is %v, %v, want what was taken back", first, err)
		}
		d.markedRead(phone.id(1))
		first, err = d.node.FirstUnread(room)
		if err != nil || first != a.id(3) {
			t.Errorf("first unread is %v, %v, want %v", first, err, a.id(3))
		}
	})
}

// TestMessagePosted: an own message is told once, durable, with what a screen needs to place it; a withdrawal is none.
func TestMessagePosted(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		d.told()
		m := d.posted(room, "hello")
		got := toldOf[chat.MessagePosted](d)
		if len(got) != 1 || got[0].Message.ID != m.ID || got[0].Message.State != chat.Waiting {
			t.Fatalf("told of %v, want %v", got, m.ID)
		}
		row, err := d.disk.Row(m.ID)
		if err != nil || got[0].Message.Position() != row.Position() {
			t.Errorf("position %v, %v, want %v", got[0].Message.Position(), err, row.Position())
		}
		if _, err := now(d, d.withdrawing(m.ID)); err != nil {
			t.Fatal(err)
		}
		equal(t, "told of a withdrawal", len(toldOf[chat.MessagePosted](d)), 0)
	})
}
