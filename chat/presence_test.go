package chat_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"haggle/chat"
)

// presences are the peers that events tell to be online or offline, in order: "+" and "-" with the ID's start.
func presences(events []chat.Event) []string {
	var list []string
	for _, e := range events {
		switch e := e.(type) {
		case chat.PeerOnline:
			list = append(list, "+"+e.Peer.Short())
		case chat.PeerOffline:
			list = append(list, "-"+e.Peer.Short())
		}
	}
	return list
}

func (d *desk) presence(want ...string) {
	d.Helper()
	if got := presences(d.told()); !slices.Equal(got, want) {
		d.Errorf("presence told: %v, want %v", got, want)
	}
}

func named(p person, version uint64, name string) chat.ProfileFrame {
	profile := &chat.Profile{Peer: p.id, Version: version, Name: name}
	profile.Sign(p.key)
	return chat.ProfileFrame{Record: profile.Encode()}
}

// introduced is met with somebody who says their name.
func (d *desk) introduced(p person, device chat.DeviceID, name string) *far {
	d.Helper()
	f := d.met(p, device)
	f.say(named(p, 1, name))
	return f
}

// TestB7Presence follows links, and announcements only as far as their key was proven in this run.
func TestB7Presence(t *testing.T) {
	play(t, func(d *desk) {
		on, off := "+"+ann.id.Short(), "-"+ann.id.Short()
		d.wire.seen(ann.id, 7)
		d.presence() // a claim
		f := d.introduced(ann, annDevice, "Ann")
		d.presence(on)
		phone := d.introduced(ann, chat.DeviceID{0xab}, "Ann")
		f.down()
		d.presence()
		equal(t, "online", d.node.Peer(ann.id).Online, true)
		phone.down()
		d.presence(off)
		equal(t, "online", d.node.Peer(ann.id).Online, false)
		d.wire.seen(ann.id, 7)
		d.presence() // the link broke, and nobody has proven the key since
		f.up()
		d.presence(on)
		d.wire.seen(ann.id, 7)
		d.wire.down(f.remote(), true)
		d.presence() // closed in order, and announced
		d.pass(5 * time.Minute)
		d.presence()
		d.restart()
		equal(t, "online after a restart", d.node.Peer(ann.id).Online, false)
		if d.node.Peer(ann.id).LastSeen == 0 {
			t.Error("when ann was seen last is forgotten")
		}
	})
}

// TestB7Goodbye asks whoever is said to be gone: a goodbye may be anybody's.
func TestB7Goodbye(t *testing.T) {
	for _, lies := range []bool{true, false} {
		play(t, func(d *desk) {
			f := d.introduced(ann, annDevice, "Ann")
			d.wire.seen(ann.id, 7)
			d.wire.down(f.remote(), true)
			d.pass(time.Minute)
			d.told()
			asked[visited](d.wire)
			d.wire.tell(chat.PeerSeen{Peer: ann.id, Gone: true})
			if v := asked[visited](d.wire); len(v) != 1 || chat.PeerID(v[0]) != ann.id {
				t.Errorf("visits %v after a goodbye, want one to ann", v)
			}
			d.pass(time.Second)
			d.presence()
			if lies {
				f.up()
			}
			d.pass(5 * time.Second)
			if lies {
				d.presence()
			} else {
				d.presence("-" + ann.id.Short())
			}
			d.wire.tell(chat.PeerSeen{Peer: bo.id, Gone: true})
			equal(t, "visits to somebody never seen", len(asked[visited](d.wire)), 0)
		})
	}
}

// visitPause is how long a visit on a hint may have to wait.
const visitPause = 10 * time.Second

// TestForgedGoodbyeHidesNobody: the peer hears the goodbye in its name, too, and announces itself at once. Only if it then
// does not answer the visit is it gone.
func TestForgedGoodbyeHidesNobody(t *testing.T) {
	for _, answers := range []bool{true, false} {
		play(t, func(d *desk) {
			f := d.introduced(ann, annDevice, "Ann")
			d.wire.seen(ann.id, 7)
			d.wire.down(f.remote(), true)
			d.pass(time.Minute)
			d.told()
			for range 3 {
				d.wire.tell(chat.PeerSeen{Peer: ann.id, Gone: true})
				d.wire.seen(ann.id, 7)
				d.pass(100 * time.Millisecond)
			}
			d.presence()
			if answers {
				f.up()
				d.wire.down(f.remote(), true)
				d.pass(time.Minute)
				d.presence()
				equal(t, "online", d.node.Peer(ann.id).Online, true)
				return
			}
			asked[visited](d.wire)
			d.pass(5 * time.Second)
			d.presence("-" + ann.id.Short())
			d.pass(visitPause)
			equal(t, "visits to find out", len(asked[visited](d.wire)), 1)
		})
	}
}

// TestVisitsToTheUnproven hears another digest of somebody who never answers each 100 ms for a minute, on a small network:
// an invention must not keep anybody dialling.
func TestVisitsToTheUnproven(t *testing.T) {
	play(t, func(d *desk) {
		for i := range 600 {
			d.wire.seen(bo.id, uint32(i)+1)
			d.pass(100 * time.Millisecond)
		}
		if n := len(asked[visited](d.wire)); n < 7 || n > 9 {
			t.Errorf("%d visits in a minute, want three and then one per ten seconds", n)
		}
	})
}

// TestWatch and what else goes straight to the link.
func TestWatch(t *testing.T) {
	play(t, func(d *desk) {
		d.node.Watch(ann.id, true)
		d.node.Watch(ann.id, false)
		if w := asked[watched](d.wire); !slices.Equal(w, []watched{{ann.id, true}, {ann.id, false}}) {
			t.Errorf("watched %v", w)
		}
		d.introduced(ann, annDevice, "Ann")
		facts, err := d.node.Diagnose(t.Context(), ann.id)
		if err != nil || len(facts.Peers) != 1 || facts.Peers[0].Peer != ann.id || facts.Peers[0].Name != "Ann" {
			t.Errorf("diagnosis %+v, %v", facts, err)
		}
		if _, err := d.node.Diagnose(t.Context(), me.id); !errors.Is(err, chat.ErrSelf) {
			t.Errorf("diagnosis of oneself: %v", err)
		}
		if _, err := d.node.Probe(t.Context()); !errors.Is(err, chat.ErrUnreachable) {
			t.Errorf("probe: %v", err)
		}
	})
}

// TestVisitsAreSpread hears forty peers at one instant: each is visited once, within 1.5 s, and not all at once.
func TestVisitsAreSpread(t *testing.T) {
	play(t, func(d *desk) {
		began := time.Now()
		for i := range 40 {
			for range 3 {
				d.wire.events <- chat.PeerSeen{Peer: many(i).id, Catalogue: 7}
			}
		}
		at := map[chat.PeerID]time.Duration{}
		slots := map[int]int{}
		for time.Since(began) < 1600*time.Millisecond {
			d.pass(5 * time.Millisecond)
			for _, v := range asked[visited](d.wire) {
				if _, again := at[chat.PeerID(v)]; again {
					t.Error("one peer is visited twice")
				}
				at[chat.PeerID(v)] = time.Since(began)
				slots[int(time.Since(began)/(100*time.Millisecond))]++
			}
		}
		equal(t, "peers visited", len(at), 40)
		for slot, n := range slots {
			if n > 25 { // the first fewPeers hurry: the node does not know yet how many there are
				t.Errorf("%d visits in the tenth of a second number %d", n, slot)
			}
		}
		if len(slots) < 6 {
			t.Errorf("the visits are in %d tenths of a second", len(slots))
		}
	})
}

// TestVisitsOnHints hears another digest of one proven peer each 100 ms for a minute: three visits follow soon, so that
// people see a change of goods (C5), and then one each ten seconds.
func TestVisitsOnHints(t *testing.T) {
	play(t, func(d *desk) {
		for i := range 30 {
			d.wire.seen(many(i).id, 0)
		}
		d.pass(2 * time.Second)
		f := d.introduced(ann, annDevice, "Ann")
		f.say(chat.CatalogueFrame{})
		d.wire.seen(ann.id, 0)
		d.wire.down(f.remote(), true)
		d.pass(time.Second)
		asked[visited](d.wire)
		soon, n := 0, 0
		for i := range 600 {
			d.wire.seen(ann.id, uint32(i)+1)
			d.pass(100 * time.Millisecond)
			for _, v := range asked[visited](d.wire) {
				if chat.PeerID(v) == ann.id {
					n++
				}
			}
			if i < 60 {
				soon = n
			}
		}
		if soon < 2 || soon > 3 {
			t.Errorf("%d visits in six seconds, want two or three", soon)
		}
		if n < 7 || n > 9 {
			t.Errorf("%d visits in a minute, want three and then one per ten seconds", n)
		}
	})
}

// TestVisitsWhenTheCatalogueDiffers and not when it is the one that is here.
func TestVisitsWhenTheCatalogueDiffers(t *testing.T) {
	play(t, func(d *desk) {
		lamp := goods(ann, 1, 1, chat.Available, "lamp")
		digest := chat.ListingDigest(lamp)
		s := d.seller(ann, lamp)
		d.wire.seen(ann.id, uint32(digest))
		s.serve(5)
		d.wire.down(s.remote(), true)
		d.pass(time.Minute)
		asked[visited](d.wire)
		for range 10 {
			d.wire.seen(ann.id, uint32(digest))
			d.pass(20 * time.Second)
		}
		equal(t, "visits for a catalogue that is here", len(asked[visited](d.wire)), 0)
		d.wire.seen(ann.id, uint32(digest)+1)
		d.pass(20 * time.Second)
		equal(t, "visits for another", len(asked[visited](d.wire)), 1)
		equal(t, "peers that one is oneself", len(d.node.Peers()), 1)
		d.wire.seen(me.id, 1)
		d.pass(20 * time.Second)
		for _, v := range asked[visited](d.wire) {
			if chat.PeerID(v) == me.id {
				t.Error("visits oneself")
			}
		}
	})
}

// TestA4LookAlikes carry a tag, the own name among them, as long as they look alike.
func TestA4LookAlikes(t *testing.T) {
	play(t, func(d *desk) {
		tags := func(p ...person) string {
			s := ""
			for _, q := range p {
				if tag := d.node.Peer(q.id).NameTag; tag == "" {
					s += "-"
				} else if tag == q.id.Short() {
					s += "x"
				} else {
					s += "?"
				}
			}
			return s
		}
		d.introduced(ann, annDevice, "Rosa")
		b := d.introduced(bo, boDevice, "Bo")
		equal(t, "tags", tags(ann, bo), "--")
		b.say(named(bo, 2, "rosa"))
		equal(t, "tags", tags(ann, bo), "xx")
		d.restart()
		equal(t, "tags after a restart", tags(ann, bo), "xx")
		a := d.met(ann, annDevice)
		b = d.met(bo, boDevice)
		a.say(named(ann, 3, "ME")) // as the node itself is called
		equal(t, "tags", tags(ann, bo), "x-")
		b.say(named(bo, 4, "Rosa"))
		a.say(named(ann, 5, "Ann"))
		equal(t, "tags", tags(ann, bo), "--")
		room := d.opened(me, ann)
		b.say(named(bo, 6, "ANN"))
		view, err := d.node.Room(room)
		if err != nil || view.Peer.NameTag != ann.id.Short() {
			t.Errorf("the room is with %+v, %v", view.Peer, err)
		}
	})
	fold := func(c *chat.Config) { c.Skeleton = func(s string) string { return s[:min(1, len(s))] } }
	playWith(t, fold, func(d *desk) {
		d.introduced(ann, annDevice, "Anna")
		d.introduced(bo, boDevice, "Alan")
		equal(t, "tag by the given skeleton", d.node.Peer(ann.id).NameTag, ann.id.Short())
	})
}

// TestB2AddPeer links to whoever proves a key at an address, and waits until the node has seen it.
func TestB2AddPeer(t *testing.T) {
	play(t, func(d *desk) {
		add := func(want chat.PeerID) chan fate[chat.PeerView] {
			return ask(func(then func(chat.PeerView, error)) {
				go func() {
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					then(d.node.AddPeer(ctx, "192.0.2.9:7", want))
				}()
			})
		}
		d.wire.dial = func(address string, want chat.PeerID) (chat.PeerID, error) {
			equal(t, "address", address, "192.0.2.9:7")
			switch {
			case want == bo.id:
				return chat.PeerID{}, chat.ErrWrongIdentity
			case want == me.id:
				return chat.PeerID{}, chat.ErrSelf
			case want == many(1).id:
				return chat.PeerID{}, chat.ErrUnreachable
			}
			return ann.id, nil
		}
		for want, wrong := range map[chat.PeerID]error{bo.id: chat.ErrWrongIdentity, me.id: chat.ErrSelf, many(1).id: chat.ErrUnreachable} {
			_, err := now(d, add(want))
			fails(t, "add", err, wrong)
		}
		equal(t, "peers", len(d.node.Peers()), 0)
		adding := add(chat.PeerID{})
		equal(t, "waits for the link", pending(adding), true)
		d.introduced(ann, annDevice, "Ann")
		p, err := now(d, adding)
		if err != nil || p.ID != ann.id || !p.Online || p.Name != "Ann" || !slices.Equal(p.Addresses, []string{"192.0.2.2:7"}) {
			t.Errorf("added %+v, %v", p, err)
		}
		if p, err = now(d, add(ann.id)); err != nil || p.ID != ann.id {
			t.Errorf("added once more: %+v, %v", p, err)
		}
		d.wire.dial = func(string, chat.PeerID) (chat.PeerID, error) { return bo.id, nil }
		adding = add(bo.id)
		d.pass(2 * time.Minute)
		_, err = now(d, adding)
		fails(t, "add somebody whose link never comes up", err, context.DeadlineExceeded)
	})
}

// TestAddresses remembers those that worked, newest first, at most eight.
func TestAddresses(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		for i := range 12 {
			d.wire.tell(chat.LinkUp{Remote: f.remote(), Address: "192.0.2." + string(rune('a'+i)) + ":7"})
		}
		d.wire.tell(chat.LinkUp{Remote: f.remote(), Address: "192.0.2.k:7"})
		d.wire.tell(chat.LinkUp{Remote: f.remote()})
		d.restart()
		got := d.node.Peer(ann.id).Addresses
		if len(got) != 8 || got[0] != "192.0.2.k:7" || got[1] != "192.0.2.l:7" || got[7] != "192.0.2.e:7" {
			t.Errorf("addresses %v", got)
		}
	})
}

// TestKeep names whom to stay linked with: accepted rooms before requests, newest activity first, not more than a mesh of
// a thousand machines bears; whoever is blocked or has been silent for a week is not among them.
func TestKeep(t *testing.T) {
	var later time.Duration
	wall := func(c *chat.Config) { c.Now = func() time.Time { return time.Now().Add(later) } }
	playWith(t, wall, func(d *desk) {
		last := func() []chat.PeerID {
			var ids []chat.PeerID
			all := asked[kept](d.wire)
			if len(all) == 0 {
				return nil
			}
			for _, w := range all[len(all)-1] {
				ids = append(ids, w.Peer)
			}
			return ids
		}
		d.opened(me, many(500))
		later = 8 * 24 * time.Hour
		for i := range 130 {
			d.pass(time.Second)
			d.opened(me, many(i))
		}
		d.pass(time.Second)
		request := many(501)
		f, a := d.met(request, annDevice), authorIn(request, me, chat.Buyer, annDevice)
		f.write(a, says("hello"))
		ids := last()
		if len(ids) < chat.MaxLinks || len(ids) > chat.MaxLinks+chat.MaxNeighbours {
			t.Fatalf("%d peers are kept", len(ids))
		}
		equal(t, "the first", ids[0], many(129).id)
		equal(t, "the last", ids[chat.MaxLinks-1], many(130-chat.MaxLinks).id)
		if slices.Contains(ids[:chat.MaxLinks], request.id) {
			t.Error("a request is kept before accepted rooms")
		}
		if slices.Contains(ids, many(500).id) {
			t.Error("somebody silent for a week is kept")
		}
	})
	playWith(t, wall, func(d *desk) {
		room := d.opened(me, ann)
		d.posted(room, "are you there?")
		later += 30 * 24 * time.Hour
		d.restart()
		all := asked[kept](d.wire)
		if len(all) == 0 || len(all[len(all)-1]) != 1 || all[len(all)-1][0].Peer != ann.id {
			t.Errorf("kept %v, want ann, for whom something waits", all)
		}
	})
}

// TestKeepNeighbours stays linked with a few of those it has no room with, and announces its catalogue from the start.
func TestKeepNeighbours(t *testing.T) {
	play(t, func(d *desk) {
		for i := range 2 * chat.MaxNeighbours {
			d.introduced(many(i), annDevice, "somebody")
		}
		d.pass(time.Minute)
		all := asked[kept](d.wire)
		equal(t, "neighbours kept", len(all[len(all)-1]), chat.MaxNeighbours)
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		d.restart()
		if told := asked[announced](d.wire); len(told) != 1 || uint32(told[0]) != uint32(chat.ListingDigest(l)) {
			t.Errorf("announced %v at the start, want the lamp's digest", told)
		}
	})
}

// TestNeighboursChooseOneAnother: forty who all hear one another choose so alike that hardly anybody is kept by many more
// than it keeps itself.
func TestNeighboursChooseOneAnother(t *testing.T) {
	play(t, func(d *desk) {
		const peers = 40
		for i := range peers {
			d.wire.seen(many(i).id, 7)
			f := d.introduced(many(i), annDevice, "somebody")
			d.wire.down(f.remote(), true)
		}
		d.pass(time.Minute)
		all := asked[kept](d.wire)
		mine := map[chat.PeerID]bool{}
		for _, w := range all[len(all)-1] {
			mine[w.Peer] = true
		}
		equal(t, "neighbours kept", len(mine), chat.MaxNeighbours)
		near := func(a, b chat.PeerID) []byte {
			d := make([]byte, len(a))
			for i := range a {
				d[i] = a[i] ^ b[i]
			}
			return d
		}
		for i := range peers {
			for j := range peers {
				a, b := many(i).id, many(j).id
				if mine[a] && !mine[b] && bytes.Compare(near(a, me.id), near(b, me.id)) > 0 {
					t.Errorf("%v is kept, the nearer %v is not", a.Short(), b.Short())
				}
			}
		}
	})
}

// TestA5AnotherDevice of one's own is told once; when both have one device ID, this one takes another.
func TestA5AnotherDevice(t *testing.T) {
	play(t, func(d *desk) {
		other := chat.DeviceID{0x55}
		for range 3 {
			d.wire.tell(chat.SelfElsewhere{Device: other, Addresses: []string{"192.0.2.5:7"}})
		}
		equal(t, "events", len(toldOf[chat.OtherDevice](d)), 1)
		if got := d.node.Self().OtherDevices; !slices.Equal(got, []chat.DeviceID{other}) {
			t.Errorf("other devices %v", got)
		}
		d.wire.tell(chat.SelfElsewhere{Device: other, Gone: true})
		equal(t, "other devices", len(d.node.Self().OtherDevices), 0)

		d.wire.tell(chat.NetworkChanged{})
		equal(t, "events of another network", len(toldOf[chat.NetworkChanged](d)), 1)

		room := d.opened(ann, me)
		d.posted(room, "under the old device")
		asked[rotated](d.wire)
		d.wire.tell(chat.DeviceClash{})
		if got := asked[rotated](d.wire); len(got) != 1 || chat.DeviceID(got[0]) != (chat.DeviceID{0x12}) {
			t.Errorf("the link took the devices %v", got)
		}
		m := d.posted(room, "under the new")
		equal(t, "device", m.ID.Device, chat.DeviceID{0x12})
		equal(t, "seq", m.ID.Seq, 1)
		d.shows(room, "under the old device under the new")
	})
	playWith(t, func(c *chat.Config) { c.Rotate = func() (chat.DeviceID, error) { return chat.DeviceID{}, errTorn } }, func(d *desk) {
		d.wire.tell(chat.DeviceClash{})
		equal(t, "device", d.node.Self().Device, myDevice)
		equal(t, "rotations", len(asked[rotated](d.wire)), 0)
	})
}

// TestReminders: a link on which frames were lost is mended without a break, with growing patience.
func TestReminders(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		f := d.met(ann, annDevice)
		m := d.posted(room, "lost on the way")
		f.heard()
		var at []int
		for s := range 130 {
			d.pass(time.Second)
			for _, h := range heardOf[chat.Have](f) {
				if h.Ask && h.Mine == chat.Seller {
					at = append(at, s+1)
				}
			}
		}
		if len(at) < 4 || at[0] > 6 || at[1]-at[0] < 9 || at[2]-at[1] < 19 {
			t.Errorf("asked at %v, want after 5 s, 10 s, 20 s and so on", at)
		}
		f.say(f.have(room))
		equal(t, "entries sent again", len(entriesOf(groups(t, m.ID.LogID, f.heard()))), 1)
		f.say(f.receipt(m.ID.LogID, 1, 0))
		d.pass(5 * time.Minute)
		equal(t, "questions when all is well", len(heardOf[chat.Have](f)), 0)
	})
}

// townsfolk is a disk that remembers so many peers.
type townsfolk struct {
	chat.Store
	count int
}

func (f townsfolk) Peers() ([]chat.Peer, error) {
	list := make([]chat.Peer, f.count)
	for i := range list {
		list[i] = chat.Peer{ID: many(i).id, ProvenAt: 1, LastSeen: 1}
	}
	return list, nil
}

// TestHP36EndlessIdentities: beyond so many peers nobody new is remembered; those who are known come and go.
func TestHP36EndlessIdentities(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	const most = chat.MaxPeers
	playWith(t, func(c *chat.Config) { c.Store = townsfolk{c.Store, most} }, func(d *desk) {
		for i := range 5 {
			d.met(many(most+i), annDevice).say(named(many(most+i), 1, "One more"))
		}
		equal(t, "peers", len(d.node.Peers()), most)
		d.met(many(7), annDevice).say(named(many(7), 1, "An old one"))
		equal(t, "name", d.node.Peer(many(7).id).Name, "An old one")
	})
}
