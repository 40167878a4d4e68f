package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"haggle/chat"
)

func at(ms int64) time.Time { return time.UnixMilli(ms) }

func (w *world) listing(l *chat.Listing) *chat.Listing {
	w.Helper()
	got, err := w.store.Listing(l.Seller, l.ID)
	if err != nil {
		w.Fatalf("listing: %v", err)
	}
	return got
}

func (w *world) put(own bool, listings ...*chat.Listing) {
	w.Helper()
	var records []chat.Record
	for _, l := range listings {
		records = append(records, chat.ListingRecord{Listing: l, Own: own})
	}
	w.commit(records...)
}

func testListingVersions(w *world) {
	one := goods(w.ann, 1, 1, chat.Available, chat.Goods{Title: "one"})
	two := goods(w.ann, 1, 2, chat.Available, chat.Goods{Title: "two"})
	three := goods(w.ann, 1, 3, chat.Sold, chat.Goods{Title: "three"})
	tied := goods(w.ann, 1, 3, chat.Sold, chat.Goods{Title: "tied"})
	winner, loser := three, tied
	if tied.Newer(three) {
		winner, loser = tied, three
	}
	version := func(l *chat.Listing) string {
		w.Helper()
		got, err := w.store.ListingVersion(l.Hash())
		if err != nil {
			same(w, "error", err, chat.ErrNotFound)
			return ""
		}
		same(w, "hash", got.Hash(), l.Hash())
		return got.Goods.Title
	}
	_, err := w.store.Listing(w.ann.id, one.ID)
	same(w, "no listing", err, chat.ErrNotFound)
	a := newAuthor(w.me, w.ann, chat.Buyer, 1)
	w.put(false, two)
	w.put(false, one)
	same(w, "an older one is ignored", w.listing(one).Goods.Title, "two")
	same(w, "and not kept", version(one), "")
	w.commit(opened(w.me, w.ann), a.record(about("still there?", two)))
	w.put(false, loser)
	w.put(false, winner)
	w.put(false, loser)
	same(w, "ties go to the larger hash", w.listing(one).Hash(), winner.Hash())
	w.reopen()
	same(w, "ties go to the larger hash", w.listing(one).Hash(), winner.Hash())
	same(w, "the version asked about", version(two), "two")
	same(w, "one that nobody asked about", version(loser), "")
	same(w, "the current one", version(winner), winner.Goods.Title)
	same(w, "encoding", bytes.Equal(w.listing(one).Encode(), winner.Encode()), true)

	mine := goods(w.me, 1, 5, chat.Available, chat.Goods{Title: "mine"})
	w.put(true, mine)
	w.put(true, goods(w.me, 1, 6, chat.Available, chat.Goods{Title: "mine, cheaper"}))
	same(w, "an earlier own one", version(mine), "mine")

	// A message may come before the version it is about.
	early := goods(w.bo, 1, 1, chat.Available, chat.Goods{Title: "early"})
	b := newAuthor(w.me, w.bo, chat.Seller, 1)
	w.commit(opened(w.me, w.bo), b.record(about("look", early)))
	w.put(false, early)
	w.put(false, goods(w.bo, 1, 2, chat.Available, chat.Goods{Title: "late"}))
	same(w, "asked about before it came", version(early), "early")
}

func testListingHidden(w *world) {
	shown := goods(w.ann, 1, 1, chat.Available, chat.Goods{Title: "bike"})
	hidden := goods(w.ann, 1, 2, chat.Hidden, chat.Goods{Title: "bike"})
	w.put(false, shown)
	w.put(false, hidden.HeaderOnly())
	got := w.listing(shown)
	same(w, "status", got.Status, chat.Hidden)
	same(w, "goods", got.Goods, nil)
	_, err := w.store.ListingVersion(shown.Hash())
	same(w, "earlier version", err, chat.ErrNotFound)
	w.put(false, hidden)
	same(w, "the body may follow", w.listing(shown).Goods.Title, "bike")
	w.put(false, hidden.HeaderOnly())
	same(w, "and does not go", w.listing(shown).Goods.Title, "bike")
	mine := goods(w.me, 7, 1, chat.Hidden, chat.Goods{Title: "mine"})
	w.put(true, mine)
	w.reopen()
	find := func(q chat.ListingQuery) []string {
		w.Helper()
		q.Self = w.me.id
		_, page, err := w.store.Listings(q)
		same(w, "error", err, nil)
		return titles(page)
	}
	same(w, "nobody finds hidden goods", find(chat.ListingQuery{}), []string{})
	same(w, "but their seller who asks", find(chat.ListingQuery{Status: chat.Hidden}), []string{"mine"})
	same(w, "not even by seller", find(chat.ListingQuery{Status: chat.Hidden, Seller: w.ann.id}), []string{})
	records, _, err := w.store.Catalogue(w.me.id, 0, 1<<20)
	same(w, "error", err, nil)
	same(w, "catalogue shows the header only", records, [][]byte{mine.HeaderOnly().Encode()})
}

func titles(page []*chat.Listing) []string {
	out := []string{}
	for _, l := range page {
		out = append(out, l.Goods.Title)
	}
	return out
}

func testListingSearch(w *world) {
	eur := func(minor int64) chat.Money { return chat.Money{Minor: minor, Currency: "EUR"} }
	cny := func(minor int64) chat.Money { return chat.Money{Minor: minor, Currency: "CNY"} }
	w.put(false,
		goods(w.ann, 1, 10, chat.Available, chat.Goods{Title: "自行车", Description: "红色 old BIKE", Category: "Sport", Price: eur(500)}),
		goods(w.ann, 2, 30, chat.Sold, chat.Goods{Title: "Lamp", Description: "bright", Category: "home", Price: eur(200)}),
		goods(w.bo, 1, 20, chat.Reserved, chat.Goods{Title: "bike bell", Category: "sport", Price: cny(100)}),
		goods(w.bo, 2, 20, chat.Available, chat.Goods{Title: "Ｂｉｋｅ lock", Category: "SPORT", Price: cny(900)}),
		goods(w.bo, 3, 5, chat.Available, chat.Goods{Title: "free", Category: "home", Price: eur(0)}))
	low, high := eur(200), eur(500)
	yuan := cny(100)
	for _, c := range []struct {
		name string
		q    chat.ListingQuery
		want []string
	}{
		{"all, newest first", chat.ListingQuery{}, []string{"Lamp", "bike bell", "Ｂｉｋｅ lock", "自行车", "free"}},
		{"price up", chat.ListingQuery{Sort: chat.PriceUp}, []string{"bike bell", "Ｂｉｋｅ lock", "free", "Lamp", "自行车"}},
		{"price down", chat.ListingQuery{Sort: chat.PriceDown}, []string{"Ｂｉｋｅ lock", "bike bell", "自行车", "Lamp", "free"}},
		{"text", chat.ListingQuery{Text: "bike"}, []string{"bike bell", "Ｂｉｋｅ lock", "自行车"}},
		{"words anywhere", chat.ListingQuery{Text: "BIKE 红"}, []string{"自行车"}},
		{"Chinese", chat.ListingQuery{Text: "行车"}, []string{"自行车"}},
		{"no match across title and description", chat.ListingQuery{Text: "lampbright"}, []string{}},
		{"seller", chat.ListingQuery{Seller: w.ann.id}, []string{"Lamp", "自行车"}},
		{"category", chat.ListingQuery{Category: "sPort"}, []string{"bike bell", "Ｂｉｋｅ lock", "自行车"}},
		{"category is exact", chat.ListingQuery{Category: "spor"}, []string{}},
		{"status", chat.ListingQuery{Status: chat.Reserved}, []string{"bike bell"}},
		{"from", chat.ListingQuery{Min: &low}, []string{"Lamp", "自行车"}},
		{"to", chat.ListingQuery{Max: &low}, []string{"Lamp", "free"}},
		{"between", chat.ListingQuery{Min: &low, Max: &high}, []string{"Lamp", "自行车"}},
		{"two currencies", chat.ListingQuery{Min: &yuan, Max: &high}, []string{}},
		{"everything at once", chat.ListingQuery{Text: "bike", Seller: w.bo.id, Category: "sport", Min: &yuan, Status: chat.Reserved}, []string{"bike bell"}},
	} {
		c.q.Self = w.me.id
		for limit := 1; limit <= 6; limit++ {
			got := []string{}
			for c.q.Offset = 0; c.q.Offset <= len(c.want); c.q.Offset += limit {
				c.q.Limit = limit
				total, page, err := w.store.Listings(c.q)
				same(w, c.name, err, nil)
				same(w, c.name+": total", total, len(c.want))
				got = append(got, titles(page)...)
			}
			same(w, c.name, got, c.want)
		}
	}
	w.put(false, goods(w.ann, 1, 11, chat.Available, chat.Goods{Title: "Roller", Category: "sport"}))
	w.reopen()
	total, page, err := w.store.Listings(chat.ListingQuery{Text: "roll"})
	same(w, "error", err, nil)
	same(w, "total", total, 1)
	same(w, "new version found", titles(page), []string{"Roller"})
	total, _, err = w.store.Listings(chat.ListingQuery{Text: "自行车"})
	same(w, "error", err, nil)
	same(w, "old version not found", total, 0)
	_, page, err = w.store.Listings(chat.ListingQuery{Offset: 100, Limit: 1 << 30})
	same(w, "error", err, nil)
	same(w, "beyond the end", len(page), 0)
}

func testCatalogue(w *world) {
	var want [][]byte
	var digest uint64
	size := 0
	for i := range 12 {
		l := goods(w.me, byte(i+1), uint64(10+i/3), chat.Available, chat.Goods{Title: fmt.Sprint("item ", i)})
		w.put(true, l)
		want = append(want, l.Encode())
		digest ^= chat.ListingDigest(l)
		size += len(l.Encode())
	}
	w.put(false, goods(w.ann, 1, 11, chat.Available, chat.Goods{Title: "not mine"}))
	w.reopen()
	gotDigest, count, bytes, err := w.store.CatalogueState(w.me.id)
	same(w, "error", err, nil)
	same(w, "digest", gotDigest, digest)
	same(w, "count", count, 12)
	same(w, "bytes", bytes, size)
	gotDigest, count, bytes, err = w.store.CatalogueState(w.bo.id)
	same(w, "error", err, nil)
	same(w, "of nobody", []int{int(gotDigest), count, bytes}, []int{0, 0, 0})
	for maxBytes := 0; maxBytes < size+100; maxBytes += size / 9 {
		var got [][]byte
		for after, more := uint64(9), true; more; {
			var page [][]byte
			page, more, err = w.store.Catalogue(w.me.id, after, maxBytes)
			same(w, "error", err, nil)
			if len(page) == 0 {
				w.Fatal("a page without a record")
			}
			got = append(got, page...)
			last, err := chat.DecodeListing(w.me.id, page[len(page)-1])
			same(w, "error", err, nil)
			after = last.Version
		}
		same(w, "order", len(got), len(want))
		same(w, fmt.Sprint("records by ", maxBytes), got, want)
	}
	page, more, err := w.store.Catalogue(w.me.id, 13, 1<<20)
	same(w, "error", err, nil)
	same(w, "nothing above", len(page), 0)
	same(w, "more", more, false)
	w.put(true, goods(w.me, 1, 50, chat.Available, chat.Goods{Title: "changed"}))
	page, _, err = w.store.Catalogue(w.me.id, 13, 1<<20)
	same(w, "error", err, nil)
	same(w, "what changed", len(page), 1)
	_, count, _, err = w.store.CatalogueState(w.me.id)
	same(w, "error", err, nil)
	same(w, "count", count, 12)
}

func testDropCatalogue(w *world) {
	asked := goods(w.ann, 1, 1, chat.Available, chat.Goods{Title: "asked"})
	w.put(false, asked, goods(w.ann, 2, 1, chat.Available, chat.Goods{Title: "other"}), goods(w.bo, 1, 1, chat.Available, chat.Goods{Title: "stays"}))
	w.put(true, goods(w.me, 1, 1, chat.Available, chat.Goods{Title: "mine"}))
	w.commit(opened(w.me, w.ann), newAuthor(w.me, w.ann, chat.Buyer, 1).record(about("?", asked)))
	w.commit(chat.DropCatalogueRecord{Seller: w.ann.id}, chat.DropCatalogueRecord{Seller: w.me.id})
	w.reopen()
	_, page, err := w.store.Listings(chat.ListingQuery{})
	same(w, "error", err, nil)
	got := titles(page)
	slices.Sort(got)
	same(w, "left", got, []string{"mine", "stays"})
	_, err = w.store.Listing(w.ann.id, asked.ID)
	same(w, "listing", err, chat.ErrNotFound)
	kept, err := w.store.ListingVersion(asked.Hash())
	same(w, "error", err, nil)
	same(w, "the version asked about", kept.Goods.Title, "asked")
	w.put(false, asked)
	same(w, "back again", w.listing(asked).Goods.Title, "asked")
}

func testProfiles(w *world) {
	profile := func(version uint64, name string) *chat.Profile {
		p := &chat.Profile{Peer: w.ann.id, Version: version, Name: name}
		p.Sign(w.ann.key)
		return p
	}
	_, err := w.store.Profile(w.ann.id)
	same(w, "no profile", err, chat.ErrNotFound)
	w.commit(chat.ProfileRecord{Profile: profile(2, "Ann")})
	w.commit(chat.ProfileRecord{Profile: profile(1, "old")})
	a, b := profile(3, "Anna"), profile(3, "安娜")
	w.commit(chat.ProfileRecord{Profile: a}, chat.ProfileRecord{Profile: b}, chat.ProfileRecord{Profile: a})
	want := a
	if b.Newer(a) {
		want = b
	}
	w.reopen()
	got, err := w.store.Profile(w.ann.id)
	same(w, "error", err, nil)
	same(w, "profile", got.Encode(), want.Encode())
	same(w, "name", got.Name, want.Name)
}

func testPeers(w *world) {
	_, err := w.store.Peer(w.ann.id)
	same(w, "no peer", err, chat.ErrNotFound)
	ann := chat.Peer{
		ID: w.ann.id, ProvenAt: 1, LastSeen: 2, Addresses: []string{"10.0.0.1:7", "[fe80::1]:7"}, Blocked: true, Verified: true,
		CatalogueVersion: 3, CatalogueDigest: 1 << 63, CatalogueAt: -4,
	}
	bo := chat.Peer{ID: w.bo.id}
	w.commit(chat.PeerRecord{Peer: bo}, chat.PeerRecord{Peer: chat.Peer{ID: ann.ID}}, chat.PeerRecord{Peer: ann})
	w.reopen()
	got, err := w.store.Peer(w.ann.id)
	same(w, "error", err, nil)
	same(w, "peer", got, ann)
	all, err := w.store.Peers()
	same(w, "error", err, nil)
	want := []chat.Peer{ann, bo}
	slices.SortFunc(want, func(a, b chat.Peer) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	same(w, "peers", all, want)
}

func testSettings(w *world) {
	get := func(key string) string {
		w.Helper()
		v, err := w.store.Setting(key)
		if err != nil {
			same(w, "error", err, chat.ErrNotFound)
			return "none"
		}
		return string(v)
	}
	same(w, "none", get("a"), "none")
	w.commit(chat.SettingRecord{Key: "a", Value: []byte("1")}, chat.SettingRecord{Key: "b", Value: []byte{}}, chat.SettingRecord{Key: "c", Value: []byte("3")})
	w.commit(chat.SettingRecord{Key: "a", Value: []byte("2")}, chat.SettingRecord{Key: "c"})
	w.reopen()
	same(w, "replaced", get("a"), "2")
	same(w, "empty is not none", get("b"), "")
	same(w, "removed", get("c"), "none")

	key := "remark/" + w.ann.id.String() // what a person notes about a peer: long, and of any bytes
	note := strings.Repeat("价\x00", 1000)
	w.commit(chat.PeerRecord{Peer: chat.Peer{ID: w.ann.id}}, chat.SettingRecord{Key: key, Value: []byte(note)})
	w.reopen()
	same(w, "of a peer", get(key), note)
	w.commit(chat.SettingRecord{Key: key})
	w.reopen()
	same(w, "removed", get(key), "none")
	same(w, "of another key", get("a"), "2")
}

func testDrafts(w *world) {
	a, b := chat.RoomID{1}, chat.RoomID{2}
	get := func(id chat.RoomID) string {
		w.Helper()
		text, err := w.store.Draft(id)
		same(w, "error", err, nil)
		return text
	}
	set := func(id chat.RoomID, text string) {
		w.Helper()
		same(w, "error", w.store.SetDraft(id, text, at(1)), nil)
	}
	same(w, "none", get(a), "")
	set(a, "half a wor")
	set(a, "半句话\n\x00\xff")
	set(b, "other")
	set(b, "")
	w.reopen()
	same(w, "draft", get(a), "半句话\n\x00\xff")
	same(w, "removed", get(b), "")
}
