package storage

import (
	"fmt"
	"os"
	"testing"

	"haggle/chat"
)

// benchStore holds n messages of two people, in groups as catch-up makes them, and is closed again.
func benchStore(b *testing.B, n int) Options {
	b.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: b.TempDir(), Self: me}
	db := mustOpen(b, o)
	a, room := newAuthor(0)
	if err := commit(b, db, chatBatch(room)); err != nil {
		b.Fatal(err)
	}
	for a.seq < uint64(n) {
		batch := chat.Batch{Soft: true}
		for range 8 {
			var texts []string
			for range min(64, n) {
				texts = append(texts, benchText(a.seq+uint64(len(texts))))
			}
			batch.Records = append(batch.Records, a.says(texts...))
		}
		if err := commit(b, db, batch); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, db)
	return o
}

// benchText is about 100 bytes of Chinese; one in 10,000 mentions a bicycle.
func benchText(seq uint64) string {
	if seq%10_000 == 0 {
		return fmt.Sprintf("%d 这辆自行车还在吗？我想明天下午过来看看，可以便宜一点吗？", seq)
	}
	return fmt.Sprintf("%d 这个东西还在吗？我想明天下午过来看看，可以便宜一点吗？谢谢", seq)
}

// BenchmarkCommit puts so many messages in one go: in groups of at most 250, as a burst makes them.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			db := mustOpen(b, Options{Dir: b.TempDir(), Self: func() chat.PeerID { me, _ := keyOf(1); return me }()})
			a, room := newAuthor(0)
			if err := commit(b, db, chatBatch(room)); err != nil {
				b.Fatal(err)
			}
			texts := make([]string, min(size, 250))
			for i := range texts {
				texts[i] = randomText(100)
			}
			done := make(chan error, size/len(texts))
			b.ReportAllocs()
			for b.Loop() {
				for range cap(done) {
					db.Commit(chatBatch(a.says(texts...)), func(err error) { done <- err })
				}
				for range cap(done) {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkPage reads 50 rows of a room of 100,000: the newest, and those around its middle.
func BenchmarkPage(b *testing.B) {
	db := mustOpen(b, benchStore(b, 100_000))
	a, _ := newAuthor(0)
	for _, c := range []struct {
		name string
		at   *chat.Position
	}{{"newest", nil}, {"middle", &chat.Position{Clock: 50_000}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rows, err := db.Rows(a.log.Room, c.at, true, 50); err != nil || len(rows) != 50 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
}

// BenchmarkGroups reads what catch-up sends.
func BenchmarkGroups(b *testing.B) {
	db := mustOpen(b, benchStore(b, 100_000))
	a, _ := newAuthor(0)
	b.ReportAllocs()
	messages := 0
	for b.Loop() {
		for seq := uint64(1); seq < 100_000; {
			groups, err := db.Groups(a.log, seq, 128<<10)
			if err != nil || len(groups) == 0 {
				b.Fatal(err)
			}
			seq += uint64(64 * len(groups))
			messages += 64 * len(groups)
		}
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkOpen opens a store after a clean end.
func BenchmarkOpen(b *testing.B) {
	for _, n := range benchSizes() {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o := benchStore(b, n)
			for b.Loop() {
				db := mustOpen(b, o)
				b.StopTimer()
				mustClose(b, db)
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRebuild makes the index again.
func BenchmarkRebuild(b *testing.B) {
	o := benchStore(b, 100_000)
	o.Notify = func(chat.Notice) {}
	for b.Loop() {
		if err := os.RemoveAll(o.Dir + "/" + dirIndex); err != nil {
			b.Fatal(err)
		}
		mustClose(b, mustOpen(b, o))
	}
}

// benchSizes are numbers of messages; a million only in a long run.
func benchSizes() []int {
	if os.Getenv("HAGGLE_SOAK") != "" {
		return []int{100_000, 1_000_000}
	}
	return []int{100_000}
}

// benchTyped holds n messages in 200 rooms, each typed by itself and so a group of its own, in Chinese and in English with
// capitals, and is closed again.
func benchTyped(b *testing.B, n int) Options {
	b.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: b.TempDir(), Self: me}
	db := mustOpen(b, o)
	var authors []*author
	for i := range byte(100) {
		for range 2 {
			a, room := newAuthor(i)
			a.log.Device = chat.DeviceID{byte(len(authors))}
			a.hash = chat.LogStart(a.log.Room, me, a.log.Device)
			authors = append(authors, a)
			if err := commit(b, db, chatBatch(room)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for seq := uint64(1); seq <= uint64(n); {
		batch := chat.Batch{Soft: true}
		for range 500 {
			a, words := authors[seq*7919%uint64(len(authors))], benchText(seq)
			if seq%2 == 1 {
				words = fmt.Sprintf("Hello! Is the Thing number %d still THERE? I could come by Tomorrow, in the Afternoon", seq)
			}
			a.clock = max(a.clock, chat.Clock(seq)) // rooms go on side by side
			batch.Records = append(batch.Records, a.says(words))
			seq++
		}
		if err := commit(b, db, batch); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, db)
	return o
}

// BenchmarkSearchRows searches all rooms for what one message in 10,000 says, what nobody does and what every second one
// does. The bound is 200 ms for 100,000 messages (D22).
func BenchmarkSearchRows(b *testing.B) {
	for _, n := range benchSizes() {
		for _, c := range []struct {
			name string
			fill func(*testing.B, int) Options
		}{{"caught up", benchStore}, {"typed", benchTyped}} {
			o := c.fill(b, n)
			db := mustOpen(b, o)
			for _, query := range []string{"自行车", "点吗", "nothing at all", "下午", "tomorrow come"} {
				b.Run(fmt.Sprint(n, "/", c.name, "/", query), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if _, err := db.SearchRows(query, nil, 50); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			mustClose(b, db)
			b.Run(fmt.Sprint(n, "/", c.name, "/first after a start"), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					db := mustOpen(b, o)
					b.StartTimer()
					if _, err := db.SearchRows("nothing at all", nil, 50); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					mustClose(b, db)
					b.StartTimer()
				}
			})
		}
	}
}

// BenchmarkFindRows names what matches in a room of 100,000.
func BenchmarkFindRows(b *testing.B) {
	db := mustOpen(b, benchStore(b, 100_000))
	a, _ := newAuthor(0)
	for _, query := range []string{"自行车", "下午", "nothing at all"} {
		for _, limit := range []int{10_000, 200_000} {
			b.Run(fmt.Sprint(query, "/", limit), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := db.FindRows(query, a.log.Room, limit); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkListings searches 5,000 goods of 100 sellers.
func BenchmarkListings(b *testing.B) {
	me, _ := keyOf(1)
	db := mustOpen(b, Options{Dir: b.TempDir(), Self: me})
	for s := range byte(100) {
		seller, key := keyOf(101 + s)
		batch := chat.Batch{Soft: true}
		for i := range 50 {
			l := &chat.Listing{Seller: seller, ID: chat.ListingID{1, byte(i)}, Version: uint64(1 + i), Status: chat.Available, UpdatedAt: int64(i)*100 + int64(s)}
			l.SetGoods(chat.Goods{
				Title: fmt.Sprintf("商品 %d of %d", i, s), Description: benchText(uint64(i)*100 + uint64(s)), Category: "sport",
				Price: chat.Money{Minor: int64(i * 7 % 50), Currency: "EUR"},
			})
			l.Sign(key)
			batch.Records = append(batch.Records, chat.ListingRecord{Listing: l})
		}
		if err := commit(b, db, batch); err != nil {
			b.Fatal(err)
		}
	}
	for _, q := range []chat.ListingQuery{
		{Limit: 50}, {Text: "自行车", Limit: 50}, {Text: "下午 商品", Sort: chat.PriceUp, Limit: 50}, {Text: "nothing", Limit: 50},
	} {
		b.Run(fmt.Sprintf("%q", q.Text), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := db.Listings(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInbox visits 1,000 rooms.
func BenchmarkInbox(b *testing.B) {
	me, _ := keyOf(1)
	db := mustOpen(b, Options{Dir: b.TempDir(), Self: me})
	batch := chat.Batch{}
	for i := range 1000 {
		seller := chat.PeerID{9, byte(i), byte(i >> 8)}
		batch.Records = append(batch.Records, chat.RoomRecord{Buyer: me, Seller: seller, At: int64(i), Touch: true})
	}
	if err := commit(b, db, batch); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := db.EachRoom(func(chat.RoomID, *chat.RoomState) bool { n++; return true }); err != nil || n != 1000 {
			b.Fatal(n, err)
		}
	}
}
