package chat_test

import (
	"testing"
	"time"

	"haggle/chat"
)

// playGuest runs a test at the desk of a guest's node.
func playGuest(t *testing.T, test func(*desk)) {
	t.Helper()
	playWith(t, func(c *chat.Config) { c.Host = new(chat.Node) }, test)
}

func (d *desk) introducing(i chat.Introduction) chan fate[struct{}] {
	return ask(func(then func(struct{}, error)) { d.node.Introduce(i, then) })
}

// TestGuestIsQuiet: a guest's node visits nobody and keeps nobody but those it writes to.
func TestGuestIsQuiet(t *testing.T) {
	playGuest(t, func(d *desk) {
		profile := &chat.Profile{Peer: ann.id, Version: 1, Name: "Ann"}
		profile.Sign(ann.key)
		bike := goods(ann, 1, 1, chat.Available, "bike")
		known := chat.Peer{ID: ann.id, ProvenAt: 5, LastSeen: 6, Addresses: []string{"192.0.2.9:7"}}
		i := chat.Introduction{Peer: known, Online: true, Profile: profile, Listings: []*chat.Listing{bike}}
		if _, err := now(d, d.introducing(i)); err != nil {
			t.Fatal(err)
		}
		neighbour := chat.Introduction{Peer: chat.Peer{ID: bo.id, ProvenAt: 5, Addresses: []string{"192.0.2.8:7"}}, Online: true}
		if _, err := now(d, d.introducing(neighbour)); err != nil {
			t.Fatal(err)
		}
		d.wire.seen(ann.id, 7)
		d.pass(time.Minute)
		if got := asked[visited](d.wire); len(got) != 0 {
			t.Errorf("visits %v", got)
		}
		for _, keep := range asked[kept](d.wire) {
			if len(keep) != 0 {
				t.Errorf("keeps %v", keep)
			}
		}
		p := d.node.Peer(ann.id)
		if p.Name != "Ann" || !p.Online || len(p.Addresses) != 1 || p.ProvenAt != 5 {
			t.Errorf("the guest knows %+v", p)
		}
		if total, _, err := d.node.Listings(chat.ListingQuery{Limit: 10}); total != 1 || err != nil {
			t.Errorf("%d listings, %v", total, err)
		}
		i.Online, i.Profile, i.Listings = false, nil, nil
		if _, err := now(d, d.introducing(i)); err != nil {
			t.Fatal(err)
		}
		equal(t, "online", d.node.Peer(ann.id).Online, false)

		d.posted(d.opened(me, ann), "hello")
		keeps := asked[kept](d.wire)
		if len(keeps) == 0 || len(keeps[len(keeps)-1]) != 1 || keeps[len(keeps)-1][0].Addresses[0] != "192.0.2.9:7" {
			t.Errorf("keeps %v after a message", keeps)
		}
		i.Peer.Addresses = []string{"192.0.2.10:7"}
		if _, err := now(d, d.introducing(i)); err != nil {
			t.Fatal(err)
		}
		keeps = asked[kept](d.wire)
		if len(keeps) == 0 || keeps[len(keeps)-1][0].Addresses[0] != "192.0.2.10:7" {
			t.Errorf("keeps %v after a move", keeps)
		}
	})
}

// TestIntroductionsAreForGuests: nobody else takes over what another node says, nor anybody what is said of themselves.
func TestIntroductionsAreForGuests(t *testing.T) {
	known := chat.Introduction{Peer: chat.Peer{ID: ann.id, ProvenAt: 5}}
	play(t, func(d *desk) {
		_, err := now(d, d.introducing(known))
		fails(t, "introduction", err, chat.ErrInvalid)
	})
	playGuest(t, func(d *desk) {
		for _, p := range []chat.Peer{{ID: me.id, ProvenAt: 5}, {ID: ann.id}, {ProvenAt: 5}} {
			_, err := now(d, d.introducing(chat.Introduction{Peer: p}))
			fails(t, "introduction", err, chat.ErrInvalid)
		}
	})
}

// TestGuestsDoNotCrowdOut: people who can be found are linked before very many guests who were never heard of again.
func TestGuestsDoNotCrowdOut(t *testing.T) {
	play(t, func(d *desk) {
		d.introduced(ann, annDevice, "Ann")
		d.opened(me, ann)
		for i := range chat.MaxLinks + 10 {
			d.pass(time.Second)
			d.opened(many(i), me)
		}
		keeps := asked[kept](d.wire)
		if last := keeps[len(keeps)-1]; last[0].Peer != ann.id {
			t.Errorf("%v is kept first", last[0].Peer)
		}
	})
}
