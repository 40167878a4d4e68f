package storetest

import (
	"fmt"
	"sync"

	"haggle/chat"
)

func testCommitsInOrder(w *world) {
	const n = 300
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	order := make(chan int, n)
	w.store.Commit(chat.Batch{Records: []chat.Record{opened(w.ann, w.me)}}, func(error) {})
	for i := range n {
		b := chat.Batch{Records: []chat.Record{a.record(says(fmt.Sprint(i)))}, Soft: i%3 == 0}
		w.store.Commit(b, func(err error) {
			if err != nil {
				w.Errorf("commit %d: %v", i, err)
			}
			order <- i
		})
	}
	for i := range n {
		same(w, "order of done", <-order, i)
	}
	same(w, "head", w.state(a.log.Room).Log(chat.Buyer, a.log.Device).Head(), a.head())
	same(w, "rows", len(w.page(a.log.Room)), n)
}

func testBatchIsAllOrNothing(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), a.record(says("one")))
	before := w.state(a.log.Room)
	ahead := a.fork()
	ahead.group(says("never came"))
	ahead.group(says("nor did this"))
	w.refused(chat.ErrGap,
		chat.PeerRecord{Peer: chat.Peer{ID: w.bo.id}},
		opened(w.bo, w.me),
		a.fork().record(says("two")),
		chat.SettingRecord{Key: "k", Value: []byte("v")},
		ahead.record(says("four")))
	same(w, "state", w.state(a.log.Room), before)
	same(w, "rows", w.page(a.log.Room), []string{"one"})
	_, err := w.store.Room(chat.RoomFor(w.bo.id, w.me.id))
	same(w, "other room", err, chat.ErrNotFound)
	_, err = w.store.Peer(w.bo.id)
	same(w, "peer", err, chat.ErrNotFound)
	_, err = w.store.Setting("k")
	same(w, "setting", err, chat.ErrNotFound)
	w.commit(a.record(says("two")))
	w.reopen()
	same(w, "rows", w.page(a.log.Room), []string{"one", "two"})
}

func testRefusesBadRecords(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.refused(chat.ErrNotFound, a.fork().record(says("no room")))
	w.commit(opened(w.ann, w.me))
	first := a.record(says("one"), says("two"))
	w.commit(first)
	w.refused(chat.ErrFork, first)
	w.refused(chat.ErrGap, func() chat.Record { b := a.fork(); b.seq++; return b.record(says("gap")) }())
	w.refused(chat.ErrFork, func() chat.Record { b := a.fork(); b.hash[0] ^= 1; return b.record(says("other chain")) }())
	w.refused(chat.ErrMalformed, func() chat.Record { b := a.fork(); return b.record(says("x").at(1)) }())
	w.refused(chat.ErrInvalid, chat.GroupRecord{Log: a.log, Group: &chat.Group{}})
	w.refused(chat.ErrInvalid, chat.RoomRecord{Buyer: w.me.id, Seller: w.me.id})
	w.refused(chat.ErrInvalid, chat.SettingRecord{Key: "", Value: []byte{1}})
	w.refused(chat.ErrInvalid, chat.SettingRecord{Key: "k", Value: make([]byte, 4097)})
	w.refused(chat.ErrInvalid, chat.ForkRecord{Log: chat.LogID{Room: a.log.Room, Author: chat.Seller}})
	w.refused(chat.ErrInvalid, chat.TruncateRecord{Log: a.log, Head: chat.Head{Seq: 3}})
	big := make([]chat.Record, 0, chat.MaxLogs)
	for i := range chat.MaxLogs - 1 {
		b := newAuthor(w.ann, w.me, chat.Buyer, 1)
		b.log.Device = chat.DeviceID{2, byte(i)}
		b.hash = chat.LogStart(b.log.Room, w.ann.id, b.log.Device)
		big = append(big, b.record(says("x")))
	}
	w.commit(big...)
	w.refused(chat.ErrInvalid, newAuthor(w.ann, w.me, chat.Buyer, 9).record(says("one log too many")))
	w.commit(newAuthor(w.ann, w.me, chat.Seller, 9).record(says("the other author has room")))
}

func testSharesNoMemory(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	r := a.record(says("hello"))
	l := goods(w.me, 1, 1, chat.Available, chat.Goods{Title: "bike"})
	value, peer := []byte("v"), chat.Peer{ID: w.ann.id, Addresses: []string{"a:1"}}
	records := []chat.Record{
		opened(w.ann, w.me), r,
		chat.ListingRecord{Listing: l, Own: true},
		chat.SettingRecord{Key: "k", Value: value},
		chat.PeerRecord{Peer: peer},
	}
	done := make(chan error, 1)
	w.store.Commit(chat.Batch{Records: records}, func(err error) { done <- err })
	spoil := func(b []byte) {
		for i := range b {
			b[i] = '!'
		}
	}
	spoil(r.Group.Entries[0].Body)
	r.Group.Entries[0].Seq = 99
	spoil(value)
	peer.Addresses[0] = "!"
	l.Goods.Title = "!"
	clear(records)
	if err := <-done; err != nil {
		w.Fatal(err)
	}
	check := func() {
		w.Helper()
		rows := must2(w)(w.store.Rows(a.log.Room, nil, true, 10))
		same(w, "rows", texts(rows), []string{"hello"})
		spoil(rows[0].Entry.Body)
		found := must2(w)(w.store.SearchRows("hello", nil, 10))
		same(w, "search", texts(found), []string{"hello"})
		spoil(found[0].Entry.Body)
		raw, err := w.store.Groups(a.log, 1, 1)
		same(w, "groups", err, nil)
		if _, err := chat.DecodeGroup(raw[0]); err != nil {
			w.Fatal(err)
		}
		spoil(raw[0])
		s := w.state(a.log.Room)
		same(w, "seq", s.Logs[0].Seq, 1)
		s.Logs[0].Seq, s.Last.Seq = 7, 7
		v, err := w.store.Setting("k")
		same(w, "setting", err, nil)
		same(w, "setting", string(v), "v")
		spoil(v)
		p, err := w.store.Peer(w.ann.id)
		same(w, "peer", err, nil)
		same(w, "address", p.Addresses, []string{"a:1"})
		p.Addresses[0] = "!"
		k, err := w.store.Listing(w.me.id, l.ID)
		same(w, "listing", err, nil)
		same(w, "title", k.Goods.Title, "bike")
		k.Goods.Title = "!"
		_, list, err := w.store.Listings(chat.ListingQuery{Self: w.me.id, Limit: 1})
		same(w, "listings", err, nil)
		same(w, "title", list[0].Goods.Title, "bike")
		list[0].Goods.Title = "!"
	}
	check()
	check()
}

// must2 is must for a call with two results.
func must2(w *world) func(rows []chat.Row, err error) []chat.Row {
	return func(rows []chat.Row, err error) []chat.Row {
		w.Helper()
		return must(w, rows, err)
	}
}

// testReadsAreSnapshots writes pairs, one message of each side in a batch, while others read: nobody ever sees half a pair.
func testReadsAreSnapshots(w *world) {
	const n = 200
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), mine.record(says("0")), theirs.record(says("0")))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				rows, err := w.store.Rows(mine.log.Room, nil, true, chat.MaxPage)
				if err != nil || len(rows)%2 != 0 {
					w.Errorf("%d rows, %v", len(rows), err)
					return
				}
				s, err := w.store.Room(mine.log.Room)
				if err != nil || s.Logs[0].Seq != s.Logs[1].Seq || int(s.Logs[0].Seq) < len(rows)/2 {
					w.Errorf("state %+v after %d rows, %v", s, len(rows), err)
					return
				}
			}
		})
	}
	for i := range n {
		w.commit(mine.record(says(fmt.Sprint(i))), theirs.record(says(fmt.Sprint(i))))
	}
	close(stop)
	readers.Wait()
}

func testClosedRefuses(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	done := make(chan error, 1)
	w.store.Commit(chat.Batch{Records: []chat.Record{opened(w.ann, w.me), a.record(says("hi"))}}, func(err error) { done <- err })
	if err := w.store.Close(); err != nil {
		w.Fatal(err)
	}
	same(w, "batch before Close", <-done, nil)
	w.refused(chat.ErrClosed, opened(w.bo, w.me))
	_, err := w.store.Room(a.log.Room)
	same(w, "read", err, chat.ErrClosed)
	same(w, "draft", w.store.SetDraft(a.log.Room, "x", at(0)), chat.ErrClosed)
	w.reopen()
	same(w, "rows", w.page(a.log.Room), []string{"hi"})
}

func testSoft(w *world) {
	a := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), a.record(says("one")))
	done := make(chan error, 1)
	w.store.Commit(chat.Batch{Soft: true, Records: []chat.Record{
		chat.ReceiptRecord{Receipt: chat.Receipt{Log: a.log, By: chat.DeviceID{7}, Delivered: 1}},
		chat.PeerRecord{Peer: chat.Peer{ID: w.ann.id, LastSeen: 5}},
	}}, func(err error) { done <- err })
	same(w, "soft commit", <-done, nil)
	w.reopen()
	delivered, _ := w.state(a.log.Room).Log(chat.Seller, a.log.Device).Delivered()
	same(w, "delivered", delivered, 1)
	p, err := w.store.Peer(w.ann.id)
	same(w, "peer", err, nil)
	same(w, "last seen", p.LastSeen, 5)
}
