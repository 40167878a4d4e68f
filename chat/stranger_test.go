package chat_test

import (
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// What a stranger may send before anybody here wants the room (A7, HP35 to HP48).

// backlog is what a stranger wants to say: groups of one short message each.
func backlog(a *author, n int) []*chat.Group {
	var list []*chat.Group
	for range n {
		list = append(list, a.group(says("x")))
	}
	return list
}

// heavy is a group of count messages of size bytes each, which nobody here can read.
func heavy(a *author, count, size int) *chat.Group {
	return a.group(repeat(count, line{kind: 77, body: make([]byte, size)})...)
}

// catchUp sends what the node's last Have says it lacks of a's log.
func catchUp(t *testing.T, f *far, a *author, all []*chat.Group) {
	t.Helper()
	var has uint64
	found := false
	for _, h := range heardOf[chat.Have](f) {
		if chat.RoomFor(f.person.id, f.d.me.id) != a.log.Room == (h.Mine == chat.Seller) {
			continue
		}
		found, has = true, 0
		for _, head := range h.Heads {
			if head.Author == a.log.Author && head.Device == a.log.Device {
				has = head.Seq
			}
		}
	}
	if !found {
		t.Error("the node does not ask for the rest")
	}
	for _, g := range all {
		if g.First() > has {
			f.say(f.entries(a.log, g))
		}
	}
}

func TestA7StrangerMessages(t *testing.T) {
	ends := map[string]func(*desk, chat.RoomID){
		"accept": func(d *desk, room chat.RoomID) { d.accepted(room) },
		"answer": func(d *desk, room chat.RoomID) { d.posted(room, "yes?") },
		"open":   func(d *desk, _ chat.RoomID) { d.opened(ann, me) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			play(t, func(d *desk) {
				f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
				all := backlog(a, 60)
				f.say(f.entries(a.log, all...))
				d.holds(a.log, chat.StrangerMessages)
				acks := receipts(a.log, f.heard())
				if len(acks) == 0 || acks[len(acks)-1].Delivered != chat.StrangerMessages {
					t.Errorf("acknowledged %v, want what is stored", acks)
				}
				view, err := d.node.Room(a.log.Room)
				if err != nil || !view.Request || view.Unread != chat.StrangerMessages {
					t.Errorf("the room is %+v, %v, want a request with 50 unread", view, err)
				}
				for range 3 {
					f.say(f.entries(a.log, all[50:]...))
				}
				d.holds(a.log, chat.StrangerMessages)
				f.heard()

				end(d, a.log.Room)
				catchUp(t, f, a, all)
				d.holds(a.log, 60)
				view, err = d.node.Room(a.log.Room)
				if err != nil || view.Request || view.Unread != 60 {
					t.Errorf("the room is %+v, %v, want a chat with 60 unread", view, err)
				}
				for range 100 {
					f.write(a, says("x"))
				}
				d.holds(a.log, 160)
			})
		})
	}
}

// TestA7StrangerAfterRestart keeps the count on disk.
func TestA7StrangerAfterRestart(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		all := backlog(a, 60)
		f.say(f.entries(a.log, all[:30]...))
		d.restart()
		f = d.met(ann, annDevice)
		f.say(f.entries(a.log, all[30:]...))
		d.holds(a.log, chat.StrangerMessages)
		d.unharmed()
	})
}

// TestA7StrangerGroups lets whole groups in: one that does not fit stays out, and so does what follows it.
func TestA7StrangerGroups(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		f.say(f.entries(a.log, a.group(repeat(30, says("x"))...), a.group(repeat(21, says("x"))...), a.group(says("x"))))
		d.holds(a.log, 30)
		d.unharmed()
	})
}

func TestA7StrangerBytes(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		var all []*chat.Group
		for range 8 {
			all = append(all, heavy(a, 3, 50<<10))
		}
		for _, g := range all {
			f.say(f.entries(a.log, g))
		}
		d.holds(a.log, 18) // 6 groups of 150 KiB and a bit
		s, err := d.disk.Room(a.log.Room)
		if err != nil || s.StrangerBytes > chat.StrangerBytes {
			t.Errorf("%d bytes of a stranger, %v", s.StrangerBytes, err)
		}
		d.accepted(a.log.Room)
		for _, g := range all[6:] {
			f.say(f.entries(a.log, g))
		}
		d.holds(a.log, 24)
		d.unharmed()
	})
}

// crowded is a disk with requests that nearly fill the quota of all strangers together.
type crowded struct{ chat.Store }

func (c crowded) EachRoom(do func(chat.RoomID, *chat.RoomState) bool) error {
	s := &chat.RoomState{Buyer: many(0).id, Seller: me.id, Shown: true, StrangerBytes: chat.StrangersBytes - 300<<10}
	if !do(s.ID(), s) {
		return nil
	}
	return c.Store.EachRoom(do)
}

// TestA7AllStrangers lets 64 MB of requests in and no more; bo, whom somebody here wants, is not among them.
func TestA7AllStrangers(t *testing.T) {
	playWith(t, func(c *chat.Config) { c.Store = crowded{c.Store} }, func(d *desk) {
		meets := func(p person) (*far, *author) { return d.met(p, annDevice), authorIn(p, me, chat.Buyer, annDevice) }
		first, a := meets(ann)
		first.say(first.entries(a.log, heavy(a, 3, 60<<10)))
		d.holds(a.log, 3)
		second, b := meets(many(1))
		g := heavy(b, 3, 60<<10)
		second.say(second.entries(b.log, g))
		d.holds(b.log, 0)
		third, c := meets(bo)
		d.opened(bo, me)
		third.say(third.entries(c.log, heavy(c, 3, 60<<10)))
		d.holds(c.log, 3)
		second.say(second.entries(b.log, g))
		d.holds(b.log, 0)
		d.accepted(a.log.Room) // one request less
		second.say(second.entries(b.log, g))
		d.holds(b.log, 3)
	})
}

// TestA7RefusedBatchesDoNotCount fills no quota with what a full disk did not take.
func TestA7RefusedBatchesDoNotCount(t *testing.T) {
	play(t, func(d *desk) {
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		g := heavy(a, 3, 60<<10)
		frame := f.entries(a.log, g)
		d.full()
		for range chat.StrangersBytes/(180<<10) + 20 {
			f.say(frame)
			d.pass(10 * time.Millisecond)
			drain(d.wire.sent)
		}
		d.holds(a.log, 0)
		d.disk.release()
		f.say(frame)
		d.holds(a.log, 3)
	})
}

// TestA7DeletedRequest makes room for as much again, whether the node was started again since or not.
func TestA7DeletedRequest(t *testing.T) {
	for _, restart := range []bool{false, true} {
		play(t, func(d *desk) {
			f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
			all := backlog(a, 120)
			f.say(f.entries(a.log, all...))
			d.deleted(a.log.Room)
			equal(t, "rooms shown", d.inbox(), 0)
			if restart {
				d.restart()
				f = d.met(ann, annDevice)
			}
			f.say(f.entries(a.log, all[50:]...))
			d.holds(a.log, 2*chat.StrangerMessages)
			view, err := d.node.Room(a.log.Room)
			if err != nil || !view.Request || view.Unread != chat.StrangerMessages {
				t.Errorf("the room is %+v, %v, want a request with the new 50 unread", view, err)
			}
		})
	}
}

// TestA7OwnWordsDoNotCount: what the node wrote itself is not the stranger's.
func TestA7OwnWordsDoNotCount(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		lost := authorIn(ann, me, chat.Seller, chat.DeviceID{0x70}) // our other machine's
		f.say(f.entries(lost.log, lost.group(repeat(60, says("x"))...)))
		d.holds(lost.log, 60)
		a := authorIn(ann, me, chat.Buyer, annDevice)
		f.say(f.entries(a.log, backlog(a, 50)...))
		d.holds(a.log, 50)
	})
}

// TestA7OwnGroupsFitTheQuota ends a group where the other side's quota for strangers ends, so that all of it is used.
func TestA7OwnGroupsFitTheQuota(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(me, ann)
		for range 120 {
			d.posting(room, "is anybody there?")
		}
		f := d.met(ann, annDevice)
		f.up()
		f.say(f.have(room))
		ends := map[uint64]bool{}
		list := groups(t, d.mine(room, chat.Buyer), f.heard())
		for _, g := range list {
			ends[g.Last()] = true
		}
		if !ends[chat.StrangerMessages] || !ends[120] {
			t.Errorf("groups end at %v, want one to end at 50", ends)
		}
	})
}

// TestA7TextsOfOneMegabyte posts as much as fits and sees it fit.
func TestA7TextsOfOneMegabyte(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(me, ann)
		text := strings.Repeat("字", chat.MaxText)
		for range 30 {
			d.posting(room, text)
		}
		f := d.met(ann, annDevice)
		f.up()
		f.say(f.have(room))
		for _, e := range heardOf[chat.Entries](f) {
			size := 0
			for _, g := range e.Groups {
				if len(g) > chat.MaxGroupBytes {
					t.Errorf("a group of %d bytes", len(g))
				}
				size += len(g)
			}
			if size > 255<<10 {
				t.Errorf("a frame of %d bytes", size)
			}
		}
	})
}

// TestA7ManyRequests: requests of one word each fill the quota of all strangers by their number, not by their words.
func TestA7ManyRequests(t *testing.T) {
	most := chat.StrangersBytes / (chat.RequestBytes + 200)
	full := func(c *chat.Config) { c.Store = manyRequests{c.Store, most - 3} }
	playWith(t, full, func(d *desk) {
		taken := 0
		for i := range 10 {
			p := many(most + i)
			f, a := d.met(p, annDevice), authorIn(p, me, chat.Buyer, annDevice)
			f.write(a, says("x"))
			if s, err := d.disk.Room(a.log.Room); err == nil && s.StrangerCount == 1 {
				taken++
			}
		}
		if taken < 1 || taken > 4 {
			t.Errorf("%d further requests were taken, want three or four", taken)
		}
		d.unharmedByAcceptance()
	})
}

// unharmedByAcceptance: whom a person here wants is not among them.
func (d *desk) unharmedByAcceptance() {
	d.Helper()
	d.opened(bo, me)
	d.unharmed()
}

// manyRequests is a disk with so many requests of one word.
type manyRequests struct {
	chat.Store
	count int
}

func (m manyRequests) EachRoom(do func(chat.RoomID, *chat.RoomState) bool) error {
	for i := range m.count {
		s := &chat.RoomState{Buyer: many(i).id, Seller: me.id, Shown: true, StrangerCount: 1, StrangerBytes: 200}
		if !do(s.ID(), s) {
			return nil
		}
	}
	return m.Store.EachRoom(do)
}
