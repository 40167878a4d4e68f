package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"haggle/chat"
	"haggle/memory"
)

// testLikeMem makes random batches, good and bad ones, and asks the store and a Mem the same questions after each.
func testLikeMem(w *world) {
	const batches = 300
	g := newGamble(w.me, w.ann, w.bo, 20)
	mem := memory.New(memory.Options{Self: w.me.id, Photos: CacheBytes})
	defer func() { _ = mem.Close() }()
	for i := range batches {
		g.blobs(w, mem)
		b := g.batch()
		got, want := commitWait(w.store, b), commitWait(mem, b)
		if (got == nil) != (want == nil) {
			w.Fatalf("batch %d, %d records: store says %v, Mem says %v", i, len(b.Records), got, want)
		}
		g.settle(want == nil)
		if g.IntN(10) == 0 {
			w.reopen()
			mem = mem.Restart()
		}
		if i%5 == 0 || i == batches-1 {
			g.compare(w, mem, i)
		}
	}
}

func commitWait(s chat.Store, b chat.Batch) error {
	done := make(chan error, 1)
	s.Commit(b, func(err error) { done <- err })
	return <-done
}

// Batches draws n random batches for the store of self, good ones and bad ones: all kinds of records, in rooms with two
// other people. Equal seeds draw equal batches.
func Batches(t testing.TB, seed uint64, n int) (self chat.PeerID, batches []chat.Batch) {
	t.Helper()
	g := newGamble(someone(1), someone(2), someone(3), seed)
	mem := NewMem(g.me.id)
	defer func() { _ = mem.Close() }()
	for range n {
		b := g.batch()
		batches = append(batches, b)
		g.settle(commitWait(mem, b) == nil)
	}
	return g.me.id, batches
}

// gamble draws batches and questions.
type gamble struct {
	*rand.Rand
	me      person
	people  []person
	rooms   []chat.RoomID
	authors []*author
	before  []author // what the authors were before the batch that is being decided
	heads   map[chat.LogID][]chat.Head
	goods   []*chat.Listing
	clock   int64
}

func newGamble(me, ann, bo person, seed uint64) *gamble {
	g := &gamble{Rand: rand.New(rand.NewPCG(seed, 1)), me: me, people: []person{ann, bo}, heads: map[chat.LogID][]chat.Head{}}
	for _, p := range g.people {
		for _, pair := range [][2]person{{p, me}, {me, p}} {
			g.rooms = append(g.rooms, chat.RoomFor(pair[0].id, pair[1].id))
			for device := range byte(3) {
				g.authors = append(g.authors, newAuthor(pair[0], pair[1], chat.Role(device%2), device))
			}
		}
	}
	return g
}

func (g *gamble) batch() chat.Batch {
	g.before = nil
	for _, a := range g.authors {
		g.before = append(g.before, *a)
	}
	var b chat.Batch
	for range 1 + g.IntN(5) {
		b.Records = append(b.Records, g.record())
	}
	b.Soft = g.IntN(4) == 0
	return b
}

// settle takes the authors back if the batch was refused.
func (g *gamble) settle(taken bool) {
	for i, a := range g.authors {
		if !taken {
			*a = g.before[i]
		} else if a.seq != g.before[i].seq {
			g.heads[a.log] = append(g.heads[a.log], a.head())
		}
	}
}

func pick[T any](g *gamble, from []T) T { return from[g.IntN(len(from))] }

func (g *gamble) someone() person { return pick(g, append([]person{g.me}, g.people...)) }

func (g *gamble) record() chat.Record {
	g.clock += int64(g.IntN(3))
	a := pick(g, g.authors)
	switch g.IntN(25) {
	case 0, 1:
		p := pick(g, g.people)
		r := chat.RoomRecord{Buyer: p.id, Seller: g.me.id, At: g.clock, Touch: g.IntN(2) == 0, Accepted: g.IntN(2) == 0}
		if g.IntN(2) == 0 {
			r.Buyer, r.Seller = r.Seller, r.Buyer
		}
		return r
	case 2:
		return chat.ReadRecord{Log: a.log, Seq: g.Uint64N(a.seq + 3)}
	case 3:
		return chat.ReceiptRecord{Receipt: chat.Receipt{
			Log: a.log, By: chat.DeviceID{byte(g.IntN(2))}, Delivered: g.Uint64N(a.seq + 3), Read: g.Uint64N(a.seq + 3),
		}}
	case 4:
		if g.IntN(4) == 0 {
			return chat.ForgetRecord{Room: a.log.Room, Mine: g.roleIn(a.log.Room)}
		}
	case 5:
		if heads := g.heads[a.log]; len(heads) > 0 && a.log.Author == g.roleIn(a.log.Room) {
			h := pick(g, heads)
			if h.Seq <= a.seq { // an author who lost this head again makes an invalid record, which is welcome too
				a.seq, a.hash = h.Seq, h.Hash
			}
			return chat.TruncateRecord{Log: a.log, Head: h}
		}
	case 6:
		if g.IntN(20) == 0 {
			return chat.ForkRecord{Log: a.log, Evidence: []byte{1}}
		}
	case 7, 8, 9:
		return g.listing()
	case 10:
		if g.IntN(5) == 0 {
			return chat.DropCatalogueRecord{Seller: g.someone().id}
		}
	case 11:
		who := pick(g, []person{g.me, g.people[0], g.people[0]})
		p := chat.Profile{Peer: who.id, Version: 1 + g.Uint64N(5), Name: fmt.Sprint(g.IntN(9))}
		if g.IntN(2) == 0 {
			p.Picture = hashOf(pick(g, gamblePictures))
		}
		p.Sign(who.key)
		return chat.ProfileRecord{Profile: &p}
	case 12:
		return chat.PeerRecord{Peer: chat.Peer{ID: g.someone().id, LastSeen: g.clock, Blocked: g.IntN(2) == 0}}
	case 13:
		r := chat.SettingRecord{Key: fmt.Sprint("k", g.IntN(3))}
		if g.IntN(3) > 0 {
			r.Value = []byte{byte(g.IntN(4))}
		}
		return r
	}
	return g.group(a)
}

func (g *gamble) roleIn(id chat.RoomID) chat.Role {
	for _, p := range g.people {
		if id == chat.RoomFor(g.me.id, p.id) {
			return chat.Buyer
		}
	}
	return chat.Seller
}

func (g *gamble) group(a *author) chat.Record {
	var lines []line
	for range 1 + g.IntN(4) {
		l := says(pick(g, []string{"red", "blue", "自行车", "Ｒed blue", "x"}))
		switch g.IntN(8) {
		case 0:
			l = takesBack(1 + g.Uint64N(a.seq+2))
		case 1:
			l.bare = true
		case 2:
			l = line{kind: 42, body: []byte("red")}
		case 3:
			if len(g.goods) > 0 {
				l = about("red", pick(g, g.goods))
			}
		case 4:
			l = shows(pick(g, gamblePictures))
		}
		// Clocks of all logs stay close together and meet often.
		l.clock = max(a.clock+1+chat.Clock(g.IntN(3)), chat.Clock(g.clock))
		if len(lines) > 0 {
			l.clock = max(l.clock, lines[len(lines)-1].clock+1)
		}
		lines = append(lines, l)
	}
	r := a.record(lines...)
	r.At, r.Hide, r.Stranger, r.ClockOff = g.clock, g.IntN(10) == 0, g.IntN(10) == 0, int32(g.IntN(3)-1)*g.Int32()
	if g.IntN(60) == 0 {
		r.Group.Entries[0].Previous[0] ^= 1 // does not continue the log
	}
	return r
}

func (g *gamble) listing() chat.Record {
	seller := g.someone()
	var photos []chat.Photo
	for range g.IntN(4) {
		photos = append(photos, chat.Photo{Hash: hashOf(pick(g, gamblePictures))})
	}
	l := goods(seller, byte(1+g.IntN(4)), 1+g.Uint64N(6), chat.Status(1+g.IntN(4)), chat.Goods{
		Title: pick(g, []string{"bike", "自行车", "Lamp red"}), Description: pick(g, []string{"", "old red"}), Category: pick(g, []string{"", "Home", "home"}),
		Price:  chat.Money{Minor: int64(g.IntN(5)), Currency: pick(g, []string{"EUR", "CNY"})},
		Photos: photos,
	})
	g.goods = append(g.goods, l)
	if g.IntN(5) == 0 && seller.id != g.me.id {
		return chat.ListingRecord{Listing: l.HeaderOnly()}
	}
	return chat.ListingRecord{Listing: l, Own: seller.id == g.me.id}
}

// gamblePictures are more than the cache can hold.
var gamblePictures = func() (all [][]byte) {
	for i := range byte(8) {
		all = append(all, picture(i, CacheBytes/5+int(i)))
	}
	return all
}()

// blobs does something to some pictures in both stores, and sees that the same is left of each.
func (g *gamble) blobs(w *world, mem *Mem) {
	w.Helper()
	for i, p := range gamblePictures {
		if got, want := w.store.Blob(hashOf(p)), mem.Blob(hashOf(p)); got != want {
			w.Fatalf("picture %d: %+v, want %+v", i, got, want)
		}
	}
	for range g.IntN(3) {
		p := pick(g, gamblePictures)
		h, size := hashOf(p), uint32(len(p))
		from := mem.Blob(h).Received
		to := min(from+1+g.Uint32N(size), size)
		var check error
		if g.IntN(4) == 0 {
			check = errBoring
		}
		act := pick(g, []func(s chat.Blobs, done func(error)){
			func(s chat.Blobs, done func(error)) { s.PutBlob(p, func(_ chat.Hash, err error) { done(err) }) },
			func(s chat.Blobs, done func(error)) { s.AppendBlob(h, size, from, p[from:to], done) },
			func(s chat.Blobs, done func(error)) { s.AppendBlob(h, size, from, p[from:], done) },
			func(s chat.Blobs, done func(error)) { s.FinishBlob(h, func([]byte) error { return check }, done) },
			func(s chat.Blobs, done func(error)) { s.FinishBlob(h, func([]byte) error { return check }, done) },
			func(s chat.Blobs, done func(error)) { s.DropPart(h, done) },
			func(s chat.Blobs, done func(error)) { s.MarkBlob(h, chat.BlobMark(from%3), done) },
		})
		got := wait(func(done func(error)) { act(w.store, done) })
		want := wait(func(done func(error)) { act(mem, done) })
		if (got == nil) != (want == nil) {
			w.Fatalf("a blob's turn: store says %v, Mem says %v", got, want)
		}
	}
}

var errBoring = errors.New("boring")

// compare asks both stores everything there is, and some things at random.
func (g *gamble) compare(w *world, mem chat.Store, step int) {
	w.Helper()
	type visit struct {
		id    chat.RoomID
		state chat.RoomState
	}
	agree(w, step, mem, "EachRoom", func(s chat.Store) (any, error) {
		var all []visit
		err := s.EachRoom(func(id chat.RoomID, state *chat.RoomState) bool {
			all = append(all, visit{id, normal(state)})
			return true
		})
		return all, err
	})
	agree(w, step, mem, "Peers", func(s chat.Store) (any, error) { return s.Peers() })
	agree(w, step, mem, "Profile", func(s chat.Store) (any, error) { return s.Profile(g.people[0].id) })
	for i := range 3 {
		agree(w, step, mem, "Setting", func(s chat.Store) (any, error) { return s.Setting(fmt.Sprint("k", i)) })
	}
	for _, id := range g.rooms {
		g.compareRoom(w, mem, step, id)
	}
	for _, a := range g.authors {
		g.compareLog(w, mem, step, a)
	}
	for _, l := range g.goods {
		agree(w, step, mem, "ListingVersion", func(s chat.Store) (any, error) { return s.ListingVersion(l.Hash()) })
		agree(w, step, mem, "Listing", func(s chat.Store) (any, error) { return s.Listing(l.Seller, l.ID) })
	}
	if len(g.goods) > 60 {
		g.goods = g.goods[len(g.goods)-30:]
	}
	for range 10 {
		q := chat.ListingQuery{
			Self: g.me.id, Text: pick(g, []string{"", "red", "行车", "old lamp"}), Category: pick(g, []string{"", "HOME"}),
			Status: chat.Status(g.IntN(5)), Sort: chat.Sort(g.IntN(3)), Offset: g.IntN(3), Limit: g.IntN(20),
		}
		if g.IntN(3) == 0 {
			q.Seller = g.someone().id
		}
		if g.IntN(3) == 0 {
			q.Min = &chat.Money{Minor: int64(g.IntN(4)), Currency: "EUR"}
		}
		agree(w, step, mem, fmt.Sprintf("Listings %+v", q), func(s chat.Store) (any, error) {
			total, page, err := s.Listings(q)
			return []any{total, page}, err
		})
	}
	for _, p := range []person{g.me, g.people[0], g.people[1]} {
		agree(w, step, mem, "CatalogueState", func(s chat.Store) (any, error) {
			digest, count, bytes, err := s.CatalogueState(p.id)
			return []any{digest, count, bytes}, err
		})
		after, size := g.Uint64N(6), g.IntN(2000)
		agree(w, step, mem, "Catalogue", func(s chat.Store) (any, error) {
			records, more, err := s.Catalogue(p.id, after, size)
			return []any{records, more}, err
		})
	}
}

func (g *gamble) compareRoom(w *world, mem chat.Store, step int, id chat.RoomID) {
	w.Helper()
	all, err := mem.Rows(id, nil, false, 1<<20)
	if err != nil {
		w.Fatal(err)
	}
	agree(w, step, mem, "Room", func(s chat.Store) (any, error) {
		state, err := s.Room(id)
		if err != nil {
			return nil, err
		}
		return normal(state), nil
	})
	agree(w, step, mem, "Rows", func(s chat.Store) (any, error) { return s.Rows(id, nil, false, 1<<20) })
	for range 5 {
		at := &chat.Position{Clock: chat.Clock(g.Int64N(g.clock + 1)), Author: chat.Role(g.IntN(2)), Device: chat.DeviceID{byte(g.IntN(4))}}
		if len(all) > 0 && g.IntN(2) == 0 {
			row := pick(g, all)
			p := row.Position()
			at = &p
		}
		before, limit := g.IntN(2) == 0, g.IntN(12)
		agree(w, step, mem, "Rows at", func(s chat.Store) (any, error) { return s.Rows(id, at, before, limit) })
		a := pick(g, g.authors)
		agree(w, step, mem, "LastRow", func(s chat.Store) (any, error) { return s.LastRow(a.log, *at) })
	}
	agree(w, step, mem, "RoomImages", func(s chat.Store) (any, error) {
		var all []any
		err := s.(chat.Blobs).RoomImages(id, func(id chat.MessageID, h chat.Hash) bool { //nolint:forcetypeassert // both are
			all = append(all, id, h)
			return true
		})
		return all, err
	})
	agree(w, step, mem, "RoomBytes", func(s chat.Store) (any, error) {
		return s.(chat.Blobs).RoomBytes(id) //nolint:forcetypeassert // both are
	})
	agree(w, step, mem, "SearchRows", func(s chat.Store) (any, error) { return s.SearchRows("RED", &id, 5) })
	agree(w, step, mem, "FindRows", func(s chat.Store) (any, error) { return s.FindRows("e", id, 40) })
	agree(w, step, mem, "SearchRows everywhere", func(s chat.Store) (any, error) { return s.SearchRows("行车", nil, 20) })
}

func (g *gamble) compareLog(w *world, mem chat.Store, step int, a *author) {
	w.Helper()
	for range 3 {
		seq, size := g.Uint64N(a.seq+3), g.IntN(1000)
		agree(w, step, mem, "Groups", func(s chat.Store) (any, error) { return s.Groups(a.log, seq, size) })
		agree(w, step, mem, "HashAt", func(s chat.Store) (any, error) { return s.HashAt(a.log, seq) })
		agree(w, step, mem, "Row", func(s chat.Store) (any, error) { return s.Row(chat.MessageID{LogID: a.log, Seq: seq}) })
	}
}

// normal is a state without the difference between no list and an empty one.
func normal(s *chat.RoomState) chat.RoomState {
	s = s.Clone()
	if len(s.Logs) == 0 {
		s.Logs = nil
	}
	for i := range s.Logs {
		if len(s.Logs[i].Marks) == 0 {
			s.Logs[i].Marks = nil
		}
	}
	return *s
}

func agree(w *world, step int, mem chat.Store, what string, ask func(chat.Store) (any, error)) {
	w.Helper()
	got, err := ask(w.store)
	want, wantErr := ask(mem)
	if (err == nil) != (wantErr == nil) || err == nil && !alike(got, want) {
		w.Fatalf("after batch %d, %s:\n got %+v, %v\nwant %+v, %v", step, what, got, err, want, wantErr)
	}
}

// alike is equality that takes a list without elements for none.
func alike(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() == reflect.Slice && y.Kind() == reflect.Slice && x.Len() == y.Len() {
		for i := range x.Len() {
			if !alike(x.Index(i).Interface(), y.Index(i).Interface()) {
				return false
			}
		}
		return true
	}
	return false
}
