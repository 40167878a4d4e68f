package chat_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

const marker = "xyzzy-hidden"

// seller plays a whole catalogue by hand: it answers CatalogueAsk in pages, as a node does.
type seller struct {
	*far
	list   []*chat.Listing // lowest version first
	digest uint64
	page   int          // bytes
	asks   int          // questions answered
	others []chat.Frame // all it was sent
}

func (d *desk) seller(p person, list ...*chat.Listing) *seller {
	d.Helper()
	s := &seller{far: d.linked(p, annDevice), list: list, page: 160 << 10}
	for _, l := range list {
		s.digest ^= chat.ListingDigest(l)
	}
	return s
}

// serve announces the catalogue and answers until nothing is asked any more, at most limit times.
func (s *seller) serve(limit int) {
	s.say(chat.CatalogueFrame{Digest: s.digest})
	for range limit {
		frames := s.heard()
		s.others = append(s.others, frames...)
		asks := of[chat.CatalogueAsk](frames)
		if len(asks) == 0 {
			return
		}
		for _, a := range asks {
			s.asks++
			s.say(s.answer(a.After))
		}
	}
}

func (s *seller) answer(after uint64) chat.ListingsFrame {
	f := chat.ListingsFrame{Digest: s.digest}
	size := 0
	for _, l := range s.list {
		if l.Version <= after {
			continue
		}
		if l.Signature == [64]byte{} { // of ten thousand only those that are asked for
			l.Sign(s.person.key)
		}
		raw := l.Encode()
		if size += len(raw); size > s.page && len(f.Records) > 0 {
			f.More = true
			break
		}
		f.Records = append(f.Records, raw)
	}
	return f
}

// wordy is an unsigned listing of several kilobytes.
func wordy(p person, i int) *chat.Listing {
	l := &chat.Listing{Seller: p.id, ID: chat.ListingID{byte(i), byte(i >> 8), 1}, Version: uint64(i) + 1, Status: chat.Available}
	l.SetGoods(chat.Goods{Title: "x", Description: longText, Price: chat.Money{Currency: "EUR"}})
	return l
}

var longText = strings.Repeat("😀", chat.MaxDescription)

// brimming is a disk with most of every catalogue's quota used up already.
type brimming struct{ chat.Store }

const roomLeft = 1 << 20

func (s brimming) CatalogueState(p chat.PeerID) (uint64, int, int, error) {
	digest, count, bytes, err := s.Store.CatalogueState(p)
	return digest, count, bytes + chat.CatalogueBytes - roomLeft, err
}

// filled fails the test unless what is held of a catalogue has filled the room that was left, and not more.
func (d *desk) filled(p person) {
	d.Helper()
	_, held, bytes, err := d.disk.CatalogueState(p.id)
	if err != nil || bytes > roomLeft || bytes < roomLeft-20<<10 {
		d.Errorf("%d goods of %d bytes are held, %v, want nearly %d", held, bytes, err, roomLeft)
	}
}

// TestHP37Listings offers ten thousand goods of 8 kilobytes each: 8 MB of them stay, and the asking ends.
func TestHP37Listings(t *testing.T) {
	playWith(t, func(c *chat.Config) { c.Store = brimming{c.Store} }, func(d *desk) {
		const count = 10_000
		var list []*chat.Listing
		for i := range count {
			list = append(list, wordy(ann, i))
		}
		s := d.seller(ann, list...)
		s.serve(400)
		d.filled(ann)
		if pages := roomLeft / s.page; s.asks > pages+5 {
			t.Errorf("asked %d times for %d pages", s.asks, pages)
		}
		drain(d.events)
		d.unharmed()

		// Goods that are held can still be changed, and those of others come in.
		sold := wordy(ann, 0)
		sold.Version, sold.Status = count+1, chat.Sold
		sold.Sign(ann.key)
		s.say(chat.ListingsFrame{Records: [][]byte{sold.Encode()}})
		if l, err := d.disk.Listing(ann.id, sold.ID); err != nil || l.Status != chat.Sold {
			t.Errorf("the first listing is %v, %v, want sold", l, err)
		}
		b := d.seller(bo, goods(bo, 1, 1, chat.Available, "bike"))
		b.serve(5)
		if _, err := d.disk.Listing(bo.id, chat.ListingID{1, 0xff}); err != nil {
			t.Errorf("bo's bike: %v", err)
		}
	})
}

// TestHP37ListingsAtOnce pushes twice what there is room for before the disk has any of it.
func TestHP37ListingsAtOnce(t *testing.T) {
	playWith(t, func(c *chat.Config) { c.Store = brimming{c.Store} }, func(d *desk) {
		s := d.seller(ann, goods(ann, 1, 1, chat.Available, "tells how much is here"))
		s.serve(5)
		d.disk.trouble.Store(&trouble{latency: 20 * time.Second})
		for i := range 13 {
			var frame chat.ListingsFrame
			for j := range 20 {
				l := wordy(ann, 20*i+j+1)
				l.Sign(ann.key)
				frame.Records = append(frame.Records, l.Encode())
			}
			s.say(frame)
		}
		d.disk.trouble.Store(&trouble{})
		d.pass(time.Minute)
		d.filled(ann)
		d.unharmed()
	})
}

// inflated is a disk on which each byte of a catalogue weighs a megabyte.
type inflated struct{ chat.Store }

func (s inflated) CatalogueState(p chat.PeerID) (uint64, int, int, error) {
	digest, count, bytes, err := s.Store.CatalogueState(p)
	return digest, count, bytes << 20, err
}

// TestHP37Market keeps all goods together under their quota: whom one has a room with stays, of the others whoever was
// seen last stays longest.
func TestHP37Market(t *testing.T) {
	playWith(t, func(c *chat.Config) { c.Store = inflated{c.Store} }, func(d *desk) {
		offer := func(p person) {
			f := d.seller(p, goods(p, 1, 1, chat.Available, "thing"))
			f.serve(5)
			d.wire.down(f.remote(), true)
			d.pass(time.Second)
		}
		held := func(people ...person) string {
			s := ""
			for _, p := range people {
				if _, err := d.disk.Listing(p.id, chat.ListingID{1, 0xff}); err == nil {
					s += "x"
				} else {
					s += "-"
				}
			}
			return s
		}
		d.opened(me, ann)
		offer(ann) // about 150 MB each
		offer(many(1))
		equal(t, "held", held(ann, many(1)), "xx")
		offer(many(2))
		offer(many(3))
		equal(t, "held", held(ann, many(1), many(2), many(3)), "x-xx")
		for range 3 { // and it comes back when there is room for it
			d.pass(time.Minute)
			offer(many(1))
		}
		equal(t, "held", held(ann, many(1), many(2), many(3)), "xx-x")
	})
}

// TestC1PublishIsPushed tells everybody linked of new goods and of each change at once.
func TestC1PublishIsPushed(t *testing.T) {
	play(t, func(d *desk) {
		a, b := d.met(ann, annDevice), d.met(bo, boDevice)
		asked[announced](d.wire)
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Minor: 500, Currency: "EUR"}, Quantity: 2})
		versions := []*chat.Listing{l}
		for _, status := range []chat.Status{chat.Reserved, chat.Sold, chat.Available} {
			d.pass(time.Second)
			l = d.revised(l.ID, func(g *chat.Goods, s *chat.Status) { *s = status; g.Price.Minor++ })
			versions = append(versions, l)
		}
		for _, f := range []*far{a, b} {
			pushed := heardOf[chat.ListingsFrame](f)
			equal(t, "pushes", len(pushed), len(versions))
			for i, p := range pushed {
				got, err := chat.DecodeListing(me.id, p.Records[0])
				if err != nil || len(p.Records) != 1 || got.Hash() != versions[i].Hash() || p.More || p.Yours || p.Digest != chat.ListingDigest(got) {
					t.Errorf("push %d: %+v, %v", i, p, err)
				}
				if i > 0 && got.Version <= versions[i-1].Version {
					t.Errorf("version %d after %d", got.Version, versions[i-1].Version)
				}
			}
		}
		told := asked[announced](d.wire)
		if len(told) != len(versions) || uint32(told[len(told)-1]) != uint32(chat.ListingDigest(l)) {
			t.Errorf("announced %v, want %d and the last version's digest at the end", told, len(versions))
		}
		equal(t, "events", len(toldOf[chat.ListingChanged](d)), len(versions))
	})
}

// TestC1RefusedGoods names the rule that is broken, and nothing is stored.
func TestC1RefusedGoods(t *testing.T) {
	play(t, func(d *desk) {
		for name, g := range map[string]chat.Goods{
			"no title":       {Price: chat.Money{Currency: "EUR"}},
			"blank title":    {Title: " \u3000", Price: chat.Money{Currency: "EUR"}},
			"long title":     {Title: strings.Repeat("字", chat.MaxTitle+1), Price: chat.Money{Currency: "EUR"}},
			"no currency":    {Title: "x"},
			"bad currency":   {Title: "x", Price: chat.Money{Currency: "EURO"}},
			"negative price": {Title: "x", Price: chat.Money{Minor: -1, Currency: "EUR"}},
			"quantity":       {Title: "x", Price: chat.Money{Currency: "EUR"}, Quantity: chat.MaxQuantity + 1},
			"photos":         {Title: "x", Price: chat.Money{Currency: "EUR"}, Photos: make([]chat.Photo, chat.MaxPhotos+1)},
		} {
			_, err := now(d, ask(func(then func(*chat.Listing, error)) { d.node.Publish(g, then) }))
			fails(t, name, err, chat.ErrInvalid)
		}
		_, err := now(d, d.revising(chat.ListingID{1}, func(*chat.Goods, *chat.Status) {}))
		fails(t, "revise nothing", err, chat.ErrNotFound)
		_, count, _, err := d.disk.CatalogueState(me.id)
		equal(t, "goods on disk", count, 0)
		fails(t, "state", err, nil)
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		_, err = now(d, ask(func(then func(*chat.Listing, error)) {
			d.node.Revise(l.ID, func(*chat.Goods, *chat.Status) error { return errTorn }, then)
		}))
		fails(t, "revise with an edit that fails", err, errTorn)
	})
}

// TestC5HiddenGoodsKeepTheirText: hidden goods leave as a status and nothing else, pushed or asked for.
func TestC5HiddenGoodsKeepTheirText(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		f.heard()
		hidden := d.revised(l.ID, func(g *chat.Goods, s *chat.Status) { g.Title, g.Description, *s = marker, marker, chat.Hidden })
		f.say(chat.CatalogueAsk{}, chat.CatalogueAsk{After: hidden.Version - 1})
		frames := heardOf[chat.ListingsFrame](f)
		equal(t, "frames", len(frames), 3)
		for _, frame := range frames {
			for _, raw := range frame.Records {
				if bytes.Contains(raw, []byte(marker)) {
					t.Error("the text of hidden goods left")
				}
				got, err := chat.DecodeListing(me.id, raw)
				if err != nil || got.Status != chat.Hidden || got.Goods != nil || got.Hash() != hidden.Hash() {
					t.Errorf("ann gets %+v, %v", got, err)
				}
			}
			equal(t, "digest", frame.Digest, chat.ListingDigest(hidden))
		}
		own, err := d.node.Listing(me.id, l.ID)
		if err != nil || own.Goods == nil || own.Goods.Title != marker {
			t.Errorf("the seller sees %v, %v", own, err)
		}
		shown := d.revised(l.ID, func(_ *chat.Goods, s *chat.Status) { *s = chat.Available })
		if got := heardOf[chat.ListingsFrame](f); len(got) != 1 || !bytes.Contains(got[0].Records[0], []byte(marker)) {
			t.Error("goods that are shown again did not come back")
		}
		equal(t, "goods", shown.Goods.Title, marker)
	})
}

// TestC5HiddenGoodsOfOthers are taken out of sight, and their text is not kept even if the seller sends it.
func TestC5HiddenGoodsOfOthers(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		f.say(catalogue(goods(ann, 1, 1, chat.Available, "lamp")))
		f.say(catalogue(goods(ann, 1, 2, chat.Hidden, marker)))
		l, err := d.disk.Listing(ann.id, chat.ListingID{1, 0xff})
		if err != nil || l.Status != chat.Hidden || l.Goods != nil {
			t.Errorf("kept %+v, %v", l, err)
		}
		total, _, err := d.node.Listings(chat.ListingQuery{Status: chat.Hidden})
		if err != nil || total != 0 {
			t.Errorf("%d hidden goods are found, %v", total, err)
		}
		if got := toldOf[chat.ListingChanged](d); len(got) != 2 || got[1].Listing.Status != chat.Hidden || got[1].Listing.Goods != nil {
			t.Errorf("told %v", got)
		}
	})
}

// TestC1CatalogueInPages asks a node for a catalogue that does not fit into one frame.
func TestC1CatalogueInPages(t *testing.T) {
	play(t, func(d *desk) {
		const count = 500
		text := strings.Repeat("字", 500)
		for i := range count {
			d.published(chat.Goods{Title: fmt.Sprint(i), Description: text, Price: chat.Money{Currency: "EUR"}})
		}
		f := d.linked(ann, annDevice)
		f.heard()
		var digest, after uint64
		got, pages := 0, 0
		for more := true; more && pages < 100; pages++ {
			f.say(chat.CatalogueAsk{After: after})
			page := heardOf[chat.ListingsFrame](f)
			if len(page) != 1 {
				t.Fatalf("%d pages for one question", len(page))
			}
			size := 0
			for _, raw := range page[0].Records {
				l, err := chat.DecodeListing(me.id, raw)
				if err != nil || l.Version <= after {
					t.Fatalf("version %d after %d: %v", l.Version, after, err)
				}
				after, digest, size, got = l.Version, digest^chat.ListingDigest(l), size+len(raw), got+1
			}
			if more = page[0].More; !more {
				equal(t, "digest", digest, page[0].Digest)
			}
			if size > 200<<10 {
				t.Errorf("a page of %d bytes", size)
			}
		}
		equal(t, "goods", got, count)
		if pages < 5 {
			t.Errorf("%d pages", pages)
		}
	})
}

// TestC1AskedInPages takes a catalogue page by page and keeps what it says it is.
func TestC1AskedInPages(t *testing.T) {
	play(t, func(d *desk) {
		var list []*chat.Listing
		for i := range 300 {
			list = append(list, goods(ann, byte(i), uint64(i/2)+1, chat.Available, strings.Repeat("x", 70)))
			list[i].ID[2] = byte(i >> 8)
			list[i].Sign(ann.key)
		}
		s := d.seller(ann, list...)
		s.page = 10_000
		s.serve(50)
		digest, count, _, err := d.disk.CatalogueState(ann.id)
		if err != nil || digest != s.digest || count != 300 {
			t.Errorf("%d goods with digest %x, %v, want 300 with %x", count, digest, err, s.digest)
		}
		d.told()
		s.down()
		s.up()
		s.heard()
		s.say(chat.CatalogueFrame{Digest: s.digest})
		equal(t, "questions about a catalogue that is here", len(heardOf[chat.CatalogueAsk](s.far)), 0)
		newer := goods(ann, 1, 1000, chat.Sold, "x")
		s.say(chat.CatalogueFrame{Digest: 1})
		if asks := heardOf[chat.CatalogueAsk](s.far); len(asks) != 1 || asks[0].After != 150 {
			t.Errorf("asks %v, want what is newer than 150", asks)
		}
		s.say(chat.ListingsFrame{Records: [][]byte{newer.Encode()}, Digest: s.digest ^ chat.ListingDigest(newer) ^ chat.ListingDigest(list[1])})
		if got := toldOf[chat.ListingChanged](d); len(got) != 1 || got[0].Listing.Hash() != newer.Hash() {
			t.Errorf("told %v", got)
		}
	})
}

// TestListingTies: two versions with one number are told apart in the same way everywhere, in any order of arrival.
func TestListingTies(t *testing.T) {
	one, two := goods(ann, 1, 7, chat.Available, "one"), goods(ann, 1, 7, chat.Available, "two")
	if one.Newer(two) == two.Newer(one) || one.Newer(one) {
		t.Error("a tie is not decided")
	}
	var kept []chat.Hash
	for _, order := range [][2]*chat.Listing{{one, two}, {two, one}} {
		play(t, func(d *desk) {
			f := d.met(ann, annDevice)
			f.say(catalogue(order[0]))
			f.say(catalogue(order[1]))
			l, err := d.disk.Listing(ann.id, one.ID)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, l.Hash())
		})
	}
	equal(t, "kept", kept[0], kept[1])
}

// TestVersionsRise whatever the wall clock does, and across restarts.
func TestVersionsRise(t *testing.T) {
	year := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	playWith(t, func(c *chat.Config) { c.Now = func() time.Time { return year } }, func(d *desk) {
		last := d.published(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}})
		for _, y := range []int{2030, 2020, 1900, 1, 2199, 2030} {
			year = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
			d.restart()
			next := d.revised(last.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity++ })
			if next.Version <= last.Version || !next.Newer(last) {
				t.Errorf("in %d: version %d after %d", y, next.Version, last.Version)
			}
			last = next
		}
	})
}

// TestRolledBackCatalogue gives a seller its newer records back, and takes the own ones from whoever has them.
func TestRolledBackCatalogue(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		f.say(catalogue(goods(ann, 1, 5, chat.Sold, "lamp"), goods(ann, 2, 6, chat.Available, "bike")))
		f.heard()
		f.down()
		s := d.seller(ann, goods(ann, 1, 3, chat.Available, "lamp")) // an older state: no bike yet
		s.serve(10)
		var back []string
		for _, frame := range s.others {
			yours, ok := frame.(chat.ListingsFrame)
			if !ok || !yours.Yours {
				continue
			}
			for _, raw := range yours.Records {
				l, err := chat.DecodeListing(ann.id, raw)
				if err != nil {
					t.Error(err)
				}
				back = append(back, l.Goods.Title)
			}
		}
		if all := strings.Join(back, " "); !strings.Contains(all, "lamp") || !strings.Contains(all, "bike") {
			t.Errorf("ann gets back %q, want her lamp and her bike", all)
		}
	})
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		old := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		sold, bike := goods(me, 1, old.Version+7, chat.Sold, "lamp"), goods(me, 2, old.Version+8, chat.Available, "bike")
		sold.ID = old.ID
		sold.Sign(me.key)
		stale := goods(me, 1, old.Version-1, chat.Available, "older lamp")
		stale.ID = old.ID
		stale.Sign(me.key)
		f.heard()
		d.told()
		f.say(chat.ListingsFrame{Records: [][]byte{stale.Encode(), sold.Encode(), bike.Encode()}, Yours: true})
		equal(t, "events", len(toldOf[chat.ListingChanged](d)), 2)
		d.digestHolds()
		next := d.revised(old.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity = 3 })
		if next.Version <= bike.Version || next.Status != chat.Sold {
			t.Errorf("the next version is %d %s, want one after %d, sold", next.Version, next.Status, bike.Version)
		}
		d.digestHolds()
	})
}

// digestHolds fails the test unless the node announces what its disk holds.
func (d *desk) digestHolds() {
	d.Helper()
	digest, _, _, err := d.disk.CatalogueState(d.me.id)
	if err != nil {
		d.Fatal(err)
	}
	told := asked[announced](d.wire)
	if len(told) == 0 || uint32(told[len(told)-1]) != uint32(digest) {
		d.Errorf("announced %x, the disk holds %x", told, uint32(digest))
	}
}

// TestDigestAfterRefusedCommits changes goods while the disk refuses some of it: what is announced is what is held.
func TestDigestAfterRefusedCommits(t *testing.T) {
	play(t, func(d *desk) {
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		d.disk.trouble.Store(&trouble{latency: time.Millisecond, refuse: func(b chat.Batch) error {
			for _, r := range of[chat.ListingRecord](b.Records) {
				if r.Listing.Goods.Quantity == 1 {
					return errTorn
				}
			}
			return nil
		}})
		first := d.revising(l.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity = 1 })
		if !pending(first) {
			t.Fatal("the first change is not on its way")
		}
		second := d.revising(l.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity = 2 })
		d.pass(time.Second)
		_, err := now(d, first)
		fails(t, "the first change", err, errTorn)
		if _, err := now(d, second); err != nil {
			t.Log("the second change:", err)
		}
		d.disk.release()
		d.revised(l.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity = 3 })
		d.digestHolds()
	})
}

// TestDigestWhenTwoChangesMeet takes an own record back while the person changes the same goods.
func TestDigestWhenTwoChangesMeet(t *testing.T) {
	for _, later := range []uint64{1, 1 << 50} {
		play(t, func(d *desk) {
			f := d.met(ann, annDevice)
			l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
			back := goods(me, 1, l.Version+later, chat.Sold, "lamp")
			back.ID = l.ID
			back.Sign(me.key)
			d.pass(time.Second)
			d.disk.trouble.Store(&trouble{hold: true})
			mine := d.revising(l.ID, func(g *chat.Goods, _ *chat.Status) { g.Quantity = 2 })
			f.say(chat.ListingsFrame{Records: [][]byte{back.Encode()}, Yours: true})
			d.disk.release()
			d.disk.release()
			if _, err := now(d, mine); err != nil {
				t.Error(err)
			}
			d.published(chat.Goods{Title: "bike", Price: chat.Money{Currency: "EUR"}})
			d.digestHolds()
		})
	}
}

// TestGivingBackFitsIntoFrames answers a page of small old records with the large new ones it holds.
func TestGivingBackFitsIntoFrames(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		var old chat.ListingsFrame
		for i := range 100 {
			l := wordy(ann, 100+i)
			l.Sign(ann.key)
			f.say(chat.ListingsFrame{Records: [][]byte{l.Encode()}})
			before := &chat.Listing{Seller: ann.id, ID: l.ID, Version: uint64(i) + 1, Status: chat.Available}
			before.SetGoods(chat.Goods{Title: "x", Price: chat.Money{Currency: "EUR"}})
			before.Sign(ann.key)
			old.Records = append(old.Records, before.Encode())
		}
		f.heard()
		f.say(old)
		back := 0
		for _, frame := range heardOf[chat.ListingsFrame](f) {
			size := 0
			for _, raw := range frame.Records {
				size += len(raw)
			}
			if size > 240<<10 {
				t.Errorf("a frame of %d bytes", size)
			}
			back += len(frame.Records)
		}
		equal(t, "records given back", back, 100)
	})
}

// TestProfile tells everybody of a new name, in one version after another.
func TestProfile(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		set := func(c chat.SelfChange) chan fate[chat.SelfView] {
			return ask(func(then func(chat.SelfView, error)) { d.node.SetSelf(c, then) })
		}
		name, about, blank, long := "Kim", "sells lamps", " ", strings.Repeat("x", chat.MaxName+1)
		for _, bad := range []*string{&blank, &long} {
			_, err := now(d, set(chat.SelfChange{Name: bad}))
			fails(t, fmt.Sprintf("name %.3q", *bad), err, chat.ErrInvalid)
		}
		if view, err := now(d, set(chat.SelfChange{Name: &name})); err != nil || view.Name != name {
			t.Errorf("%+v, %v", view, err)
		}
		pushed := heardOf[chat.ProfileFrame](f)
		equal(t, "profiles pushed", len(pushed), 1)
		first, err := chat.DecodeProfile(me.id, pushed[0].Record)
		if err != nil || first.Name != name || first.Sealing == [32]byte{} {
			t.Errorf("%+v, %v", first, err)
		}
		if _, err := now(d, set(chat.SelfChange{})); err != nil {
			t.Error(err)
		}
		equal(t, "profiles pushed for no change", len(f.heard()), 0)

		// Two changes before the disk has the first.
		d.disk.trouble.Store(&trouble{hold: true})
		other := "Lee"
		c1, c2 := set(chat.SelfChange{Name: &other}), set(chat.SelfChange{About: &about})
		if !pending(c1) {
			t.Error("answered before the disk")
		}
		d.disk.release()
		d.disk.release()
		for _, c := range []chan fate[chat.SelfView]{c1, c2} {
			if _, err := now(d, c); err != nil {
				t.Error(err)
			}
		}
		d.restart()
		self := d.node.Self()
		equal(t, "name", self.Name, other)
		equal(t, "about", self.About, about)
	})
}

// TestStrangeProfiles refuses what is not ann's, and keeps what is.
func TestStrangeProfiles(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		sign := func(key ed25519.PrivateKey, version uint64, name string) []byte {
			p := &chat.Profile{Peer: ann.id, Version: version, Name: name}
			p.Sign(key)
			return p.Encode()
		}
		good := sign(ann.key, 3, "Ann")
		f.say(chat.ProfileFrame{Record: good})
		for _, raw := range [][]byte{
			sign(bo.key, 9, "Ann?"), sign(ann.key, 0, "zero"), sign(ann.key, 1<<63, "beyond"), sign(ann.key, 9, strings.Repeat("x", 33)),
			sign(ann.key, 9, "\xff"), sign(ann.key, 2, "old"), nil,
			{1},
			make([]byte, 1<<20),
		} {
			f.say(chat.ProfileFrame{Record: raw})
		}
		equal(t, "name", d.node.Peer(ann.id).Name, "Ann")
		d.unharmed()
	})
}

// TestHP37AsksForEverything: who asks for all goods a thousand times gets them all at once so often as anybody needs, and then
// slowly; the last question is answered, too.
func TestHP37AsksForEverything(t *testing.T) {
	play(t, func(d *desk) {
		l := d.published(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}})
		f := d.met(ann, annDevice)
		f.heard()
		asks := make([]chat.Frame, 1000)
		for i := range asks {
			asks[i] = chat.CatalogueAsk{}
		}
		asks[len(asks)-1] = chat.CatalogueAsk{After: l.Version}
		f.say(asks...)
		at := len(heardOf[chat.ListingsFrame](f))
		d.pass(time.Second)
		later := heardOf[chat.ListingsFrame](f)
		if at < 43 || at > 61 || len(later) != 1 || len(later[0].Records) != 0 {
			t.Errorf("%d answers at once, then %v; want at most 61, and then the last question's", at, later)
		}
		for range 100 {
			f.say(asks[:10]...)
			d.pass(100 * time.Millisecond)
		}
		if n := len(heardOf[chat.ListingsFrame](f)); n < 40 || n > 55 {
			t.Errorf("%d answers in ten seconds", n)
		}
		d.unharmed()
	})
}
