package chat_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"haggle/chat"
)

// TestHP19SameNameOtherKey: somebody comes under the name of a person who is known here. Both get a tag, whoever looks at
// either is told, in the list of people and in the room, and the newcomer is said not to be the known one.
func TestHP19SameNameOtherKey(t *testing.T) {
	play(t, func(d *desk) {
		d.introduced(ann, annDevice, "Rosa")
		room := d.opened(me, ann)
		d.posted(room, "hello")
		b := d.introduced(bo, boDevice, "Bo")
		theirs := d.opened(bo, me)
		d.told()

		b.say(named(bo, 2, "rosa"))
		changed, rooms := map[chat.PeerID]bool{}, map[chat.RoomID]bool{}
		for _, e := range d.told() {
			switch e := e.(type) {
			case chat.PeerChanged:
				changed[e.Peer] = true
			case chat.RoomChanged:
				rooms[e.Room] = true
			}
		}
		if !changed[ann.id] || !changed[bo.id] || !rooms[room] || !rooms[theirs] {
			t.Errorf("told of the peers %v and the rooms %v, want both of each", changed, rooms)
		}
		alike := func(when string) {
			t.Helper()
			a, b := d.node.Peer(ann.id), d.node.Peer(bo.id)
			equal(t, when+": tags", a.NameTag+" "+b.NameTag, ann.id.Short()+" "+bo.id.Short())
			equal(t, when+": bo resembles", b.Resembles, ann.id)
			view, err := d.node.Room(theirs)
			if err != nil || view.Peer.Resembles != ann.id || view.Peer.NameTag != bo.id.Short() {
				t.Errorf("%s: bo's room is with %+v, %v", when, view.Peer, err)
			}
		}
		alike("renamed")
		equal(t, "ann resembles", d.node.Peer(ann.id).Resembles, chat.PeerID{})
		d.restart()
		alike("after a restart")

		b = d.met(bo, boDevice)
		d.told()
		b.say(named(bo, 3, "Bo"))
		if e := toldOf[chat.PeerChanged](d); len(e) != 2 {
			t.Errorf("told of %v, want both", e)
		}
		equal(t, "tags in the end", d.node.Peer(ann.id).NameTag+d.node.Peer(bo.id).NameTag, "")
	})
}

// TestHP19WhoIsKnown: who was compared counts more than who came first, and nobody who was compared resembles another.
func TestHP19WhoIsKnown(t *testing.T) {
	play(t, func(d *desk) {
		d.introduced(ann, annDevice, "Rosa")
		d.introduced(bo, boDevice, "Rosa")
		equal(t, "strangers resemble", d.node.Peer(ann.id).Resembles, chat.PeerID{})
		equal(t, "strangers resemble", d.node.Peer(bo.id).Resembles, chat.PeerID{})
		if _, err := d.verified(bo.id, true); err != nil {
			t.Fatal(err)
		}
		equal(t, "the first resembles", d.node.Peer(ann.id).Resembles, bo.id)
		equal(t, "the compared resembles", d.node.Peer(bo.id).Resembles, chat.PeerID{})
	})
}

// TestHP18LongName: a name beyond all measure is not taken, and the one before stays.
func TestHP18LongName(t *testing.T) {
	play(t, func(d *desk) {
		f := d.introduced(ann, annDevice, "Ann")
		for _, size := range []int{chat.MaxName + 1, 1000, 10 << 10} {
			name := make([]rune, size)
			for i := range name {
				name[i] = 'x'
			}
			f.say(named(ann, 9, string(name)))
			equal(t, "name", d.node.Peer(ann.id).Name, "Ann")
		}
		d.unharmed()
	})
}

// TestHP66RecordsOfVersion255: records that begin with a version nobody knows are refused, nothing else happens.
func TestHP66RecordsOfVersion255(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		g := a.copied().group(says("three")).Encode()
		profile := named(ann, 5, "Other").Record
		listing := goods(ann, 1, 1, chat.Available, "lamp").Encode()
		for _, raw := range [][]byte{g, profile, listing} {
			raw[0] = 255
		}
		f.say(
			chat.Entries{Mine: chat.Buyer, Author: chat.Buyer, Device: annDevice, Groups: [][]byte{g}},
			chat.ProfileFrame{Record: profile}, chat.ListingsFrame{Records: [][]byte{listing}},
		)
		d.holds(a.log, 2)
		equal(t, "forked", d.held(a.log).Forked, false)
		if d.node.Peer(ann.id).Name == "Other" {
			t.Error("a profile of a later version was taken")
		}
		if n, _, err := d.node.Listings(chat.ListingQuery{Limit: 1}); n != 0 || err != nil {
			t.Errorf("%d goods of a later version, %v", n, err)
		}
		f.write(a, says("three"))
		d.shows(a.log.Room, "one two three")
		d.unharmed()
	})
}

// TestHP48RenamingStranger: a stranger who changes its name without end, and has no room here, causes no line of the log.
func TestHP48RenamingStranger(t *testing.T) {
	lines := make(logLines, manyFrames)
	playWith(t, func(c *chat.Config) { c.Logger = slog.New(slog.NewTextHandler(lines, nil)) }, func(d *desk) {
		f := d.introduced(ann, annDevice, "Ann")
		f.say(f.have(chat.RoomFor(ann.id, me.id)), f.have(chat.RoomFor(me.id, ann.id)))
		for i := range uint64(100) {
			f.say(named(ann, 2+i, fmt.Sprint("Ann ", i)))
		}
		d.pass(time.Second)
		equal(t, "name", d.node.Peer(ann.id).Name, "Ann 99")
		if got := drain(lines); len(got) > 0 {
			t.Errorf("%d lines: %s", len(got), got[0])
		}
	})
}

// TestHP18NamesWithoutEnd: of a peer who takes another name a thousand times at once a few are told of, and the last one.
func TestHP18NamesWithoutEnd(t *testing.T) {
	play(t, func(d *desk) {
		f := d.introduced(ann, annDevice, "Ann")
		d.told()
		var all []chat.Frame
		for i := range uint64(1000) {
			all = append(all, named(ann, 2+i, fmt.Sprint("Ann ", i)))
		}
		f.say(all...)
		if n := len(toldOf[chat.PeerChanged](d)); n > 20 {
			t.Errorf("told of %d names", n)
		}
		d.pass(time.Second)
		equal(t, "name", d.node.Peer(ann.id).Name, "Ann 999")
		d.unharmed()
	})
}
