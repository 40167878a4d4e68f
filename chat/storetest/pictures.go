package storetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"haggle/chat"
)

// picture is n bytes that no other picture has.
func picture(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func hashOf(data []byte) chat.Hash { return sha256.Sum256(data) }

// shows is a message with a picture.
func shows(data []byte) line {
	b := chat.Body{Kind: chat.KindImage, Image: &chat.Image{Hash: hashOf(data), Size: uint32(len(data)), Type: "png"}}
	return line{kind: chat.KindImage, body: b.Encode()}
}

func withPhotos(seller person, id byte, version uint64, pictures ...[]byte) chat.ListingRecord {
	g := chat.Goods{Title: "bike"}
	for _, p := range pictures {
		g.Photos = append(g.Photos, chat.Photo{Hash: hashOf(p), Size: uint32(len(p)), Type: "png"})
	}
	return chat.ListingRecord{Listing: goods(seller, id, version, chat.Available, g)}
}

func looksLike(p person, version uint64, picture []byte) chat.ProfileRecord {
	pr := &chat.Profile{Peer: p.id, Version: version, Name: "x"}
	if picture != nil {
		pr.Picture = hashOf(picture)
	}
	pr.Sign(p.key)
	return chat.ProfileRecord{Profile: pr}
}

func fine([]byte) error { return nil }

// wait waits for the fate of a call.
func wait(call func(done func(error))) error {
	done := make(chan error, 1)
	call(func(err error) { done <- err })
	return <-done
}

func (w *world) keep(data []byte) {
	w.Helper()
	w.expect("put", nil, func(done func(error)) {
		w.store.PutBlob(data, func(h chat.Hash, err error) {
			if err == nil && h != hashOf(data) {
				err = errors.New("another hash")
			}
			done(err)
		})
	})
}

func (w *world) expect(what string, want error, call func(done func(error))) {
	w.Helper()
	if err := wait(call); !errors.Is(err, want) {
		w.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// chunk appends data, a part of the whole, at offset.
func (w *world) chunk(whole []byte, from, to int, want error) {
	w.Helper()
	w.expect("append", want, func(done func(error)) {
		w.store.AppendBlob(hashOf(whole), uint32(len(whole)), uint32(from), whole[from:to], done)
	})
}

func (w *world) finish(whole []byte, check func([]byte) error, want error) {
	w.Helper()
	w.expect("finish", want, func(done func(error)) { w.store.FinishBlob(hashOf(whole), check, done) })
}

// fetch takes a whole picture in as it comes from others.
func (w *world) fetch(whole []byte) {
	w.Helper()
	half := len(whole) / 2
	w.chunk(whole, 0, half, nil)
	w.chunk(whole, half, len(whole), nil)
	w.finish(whole, fine, nil)
}

func (w *world) mark(data []byte, m chat.BlobMark, want error) {
	w.Helper()
	w.expect("mark", want, func(done func(error)) { w.store.MarkBlob(hashOf(data), m, done) })
}

// holds compares what is here of a picture.
func (w *world) holds(data []byte, want chat.BlobState) {
	w.Helper()
	h := hashOf(data)
	same(w, "blob", w.store.Blob(h), want)
	got, err := w.store.ReadBlob(h)
	open, openErr := w.store.OpenBlob(h)
	if !want.Here {
		same(w, "read", err, chat.ErrNotFound)
		same(w, "open", openErr, chat.ErrNotFound)
		return
	}
	if err != nil || !bytes.Equal(got, data) {
		w.Fatalf("read: %d bytes, %v", len(got), err)
	}
	if openErr != nil {
		w.Fatalf("open: %v", openErr)
	}
	all := make([]byte, open.Size())
	if _, err := open.ReadAt(all, 0); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(all, data) {
		w.Fatalf("open: %d bytes, %v", len(all), err)
	}
	if n, err := open.ReadAt(all[:3], int64(len(data)-2)); n != 2 || !errors.Is(err, io.EOF) {
		w.Fatalf("read at the end: %d, %v", n, err)
	}
	same(w, "close", open.Close(), nil)
}

func here(data []byte) chat.BlobState { return chat.BlobState{Here: true, Received: uint32(len(data))} }

func testPutBlob(w *world) {
	p := picture(1, 100_000)
	w.holds(p, chat.BlobState{})
	given := bytes.Clone(p)
	done := make(chan error, 1)
	w.store.PutBlob(given, func(_ chat.Hash, err error) { done <- err })
	clear(given)
	same(w, "put", <-done, nil)
	w.holds(p, here(p))
	w.keep(p)
	w.holds(p, here(p))
	read := must(w, must1(w.store.ReadBlob(hashOf(p))), nil)
	clear(read)
	w.holds(p, here(p))
	w.expect("too large", chat.ErrTooLarge, func(done func(error)) {
		w.store.PutBlob(make([]byte, chat.MaxBlob+1), func(_ chat.Hash, err error) { done(err) })
	})
	a := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), a.record(shows(p)))
	w.reopen()
	w.holds(p, here(p))
	largest := picture(2, chat.MaxBlob)
	w.keep(largest)
	w.holds(largest, here(largest))
}

func must1[T any](v T, _ error) T { return v }

func testBlobParts(w *world) {
	p, q, r := picture(1, 70_000), picture(2, 500), picture(3, 900)
	them := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), them.record(shows(p), shows(q), shows(r)))
	w.finish(p, fine, chat.ErrNotFound)
	w.chunk(p, 1, 2, chat.ErrInvalid) // a part begins at the beginning
	w.chunk(p, 0, 0, chat.ErrInvalid)
	w.chunk(p, 0, 65_536, nil)
	w.holds(p, chat.BlobState{Received: 65_536})
	w.chunk(p, 0, 10, chat.ErrInvalid)
	w.chunk(p, 65_537, 65_600, chat.ErrInvalid)
	w.expect("beyond its size", chat.ErrInvalid, func(done func(error)) {
		w.store.AppendBlob(hashOf(p), 65_540, 65_536, make([]byte, 5), done)
	})
	w.expect("larger than any", chat.ErrInvalid, func(done func(error)) {
		w.store.AppendBlob(hashOf(q), chat.MaxBlob+1, 0, q, done)
	})
	w.reopen()
	w.holds(p, chat.BlobState{Received: 65_536})
	given := bytes.Clone(p[65_536:])
	done := make(chan error, 1)
	w.store.AppendBlob(hashOf(p), uint32(len(p)), 65_536, given, func(err error) { done <- err })
	clear(given)
	same(w, "append", <-done, nil)
	w.holds(p, chat.BlobState{Received: 70_000})
	var checked []byte
	w.finish(p, func(data []byte) error { checked = bytes.Clone(data); return nil }, nil)
	same(w, "checked", hashOf(checked), hashOf(p))
	w.holds(p, here(p))
	w.finish(p, func([]byte) error { return errors.New("not asked again") }, nil)
	w.chunk(p, 0, 10, chat.ErrInvalid)
	w.chunk(p, 70_000, 70_000, chat.ErrInvalid)
	w.expect("drop of no part", nil, func(done func(error)) { w.store.DropPart(hashOf(p), done) })
	w.reopen()
	w.holds(p, here(p))

	refused := errors.New("no picture")
	w.chunk(q, 0, len(q), nil)
	w.finish(q, func([]byte) error { return refused }, refused)
	w.holds(q, chat.BlobState{})
	w.chunk(q, 0, len(q), nil)
	w.finish(q, func([]byte) error { return refused }, chat.ErrBlobRefused)

	w.expect("other bytes", nil, func(done func(error)) { w.store.AppendBlob(hashOf(r), uint32(len(r)), 0, p[:len(r)], done) })
	w.finish(r, func([]byte) error { return errors.New("not asked") }, chat.ErrBlobDamaged)
	w.holds(r, chat.BlobState{})
	w.chunk(r, 0, 100, nil)
	w.finish(r, fine, chat.ErrBlobDamaged)
	w.chunk(r, 0, 100, nil)
	w.expect("drop", nil, func(done func(error)) { w.store.DropPart(hashOf(r), done) })
	w.holds(r, chat.BlobState{})
	w.chunk(r, 0, 100, nil)
	w.keep(r)
	w.holds(r, here(r))
	w.reopen()
	w.holds(q, chat.BlobState{})
	w.holds(r, here(r))
}

func testBlobMarks(w *world) {
	p, q := picture(1, 300), picture(2, 300)
	them := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), them.record(shows(p), shows(q)))
	w.mark(p, chat.MarkFailed, nil)
	w.chunk(q, 0, 100, nil)
	w.mark(q, chat.MarkFailed, nil)
	w.mark(q, chat.MarkCancelled, nil)
	w.mark(q, chat.MarkCancelled, nil)
	for range 2 {
		w.holds(p, chat.BlobState{Mark: chat.MarkFailed})
		w.holds(q, chat.BlobState{Received: 100, Mark: chat.MarkCancelled})
		w.reopen()
	}
	w.mark(q, chat.NoMark, nil)
	w.mark(q, chat.NoMark, nil)
	w.holds(q, chat.BlobState{Received: 100})
	w.mark(q, chat.MarkFailed, nil)
	w.mark(q, chat.MarkCancelled+1, chat.ErrInvalid)
	w.chunk(q, 100, 300, nil)
	w.finish(q, fine, nil)
	w.keep(p)
	for range 2 {
		w.holds(p, here(p))
		w.holds(q, here(q))
		w.mark(p, chat.MarkFailed, chat.ErrInvalid)
		w.mark(p, chat.NoMark, nil)
		w.reopen()
	}
}

// testBlobTurns: while one blob is checked others go on, and what is asked of it meanwhile comes after.
func testBlobTurns(w *world) {
	p, q := picture(1, 300), picture(2, 300)
	them := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), them.record(shows(p), shows(q)))
	w.chunk(p, 0, 300, nil)
	checking, proceed := make(chan struct{}), make(chan struct{})
	var order []string
	done := make(chan struct{}, 4)
	told := func(what string, want error) func(error) {
		return func(err error) {
			order = append(order, what)
			if !errors.Is(err, want) {
				w.Errorf("%s: %v, want %v", what, err, want)
			}
			done <- struct{}{}
		}
	}
	h := hashOf(p)
	w.store.FinishBlob(h, func([]byte) error {
		close(checking)
		<-proceed
		return errors.New("no picture")
	}, told("finish", chat.ErrBlobRefused))
	<-checking
	w.store.AppendBlob(h, 300, 0, p[:100], told("append", nil))
	w.store.AppendBlob(h, 300, 100, p[100:], told("append", nil))
	w.store.FinishBlob(h, fine, told("finish", nil))
	w.fetch(q) // another
	w.holds(q, here(q))
	w.holds(p, chat.BlobState{Received: 300})
	w.commit(opened(w.bo, w.me))
	close(proceed)
	for range 4 {
		<-done
	}
	same(w, "order", order, []string{"finish", "append", "append", "finish"})
	w.holds(p, here(p))

	// The last reference may go while a blob is checked.
	r := picture(3, 300)
	w.commit(them.record(shows(r)))
	seq := them.seq
	w.chunk(r, 0, 300, nil)
	checking, proceed = make(chan struct{}), make(chan struct{})
	fate := make(chan error, 1)
	w.store.FinishBlob(hashOf(r), func([]byte) error {
		close(checking)
		<-proceed
		return nil
	}, func(err error) { fate <- err })
	<-checking
	w.commit(them.record(takesBack(seq)))
	close(proceed)
	same(w, "finish", <-fate, nil)
	w.mark(r, chat.NoMark, nil) // after what is left to do
	w.holds(r, chat.BlobState{})
}

func testBlobReferences(w *world) {
	p := picture(1, 1000)
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me))
	hidden := withPhotos(w.me, 1, 2, p)
	hidden.Listing = goods(w.me, 1, 2, chat.Hidden, *hidden.Listing.Goods)
	bare := withPhotos(w.ann, 1, 2, p)
	bare.Listing = goods(w.ann, 1, 2, chat.Hidden, *bare.Listing.Goods).HeaderOnly()
	for i, c := range []struct {
		name string
		come chat.Record
		stay chat.Record // leaves a reference
		end  chat.Record // takes the last one
	}{
		{"own message", mine.record(shows(p)), mine.record(says("x")), mine.record(takesBack(1))},
		{"their message", theirs.record(shows(p)), theirs.record(says("x")), theirs.record(takesBack(1))},
		{"taken back at once", nil, theirs.record(shows(p), shows(p)), theirs.record(takesBack(5), takesBack(4))},
		{"own listing", withPhotos(w.me, 1, 1, p), hidden, withPhotos(w.me, 1, 3)},
		{"their listing", withPhotos(w.ann, 1, 1, p), nil, bare},
		{"their other listing", withPhotos(w.ann, 2, 1, p, p), withPhotos(w.ann, 2, 2, p), chat.DropCatalogueRecord{Seller: w.ann.id}},
		{"own profile", looksLike(w.me, 1, p), looksLike(w.me, 2, p), looksLike(w.me, 3, nil)},
		{"their profile", looksLike(w.ann, 1, p), looksLike(w.ann, 1, p), looksLike(w.ann, 2, picture(2, 10))},
	} {
		if c.come != nil {
			w.commit(c.come)
		}
		if c.stay != nil {
			w.commit(c.stay)
		}
		w.fetch(p)
		if i%3 == 0 {
			w.reopen()
		}
		if w.store.Blob(hashOf(p)) != here(p) {
			w.Fatalf("%s: %+v", c.name, w.store.Blob(hashOf(p)))
		}
		w.commit(c.end)
		if w.store.Blob(hashOf(p)) != (chat.BlobState{}) {
			w.Fatalf("%s: %+v after the last reference", c.name, w.store.Blob(hashOf(p)))
		}
		w.holds(p, chat.BlobState{})
	}
	// Parts and marks go, too, and a room is a reference until it is deleted.
	w.commit(theirs.record(shows(p)))
	w.chunk(p, 0, 10, nil)
	w.mark(p, chat.MarkCancelled, nil)
	w.commit(chat.ForgetRecord{Room: theirs.log.Room, Mine: chat.Seller})
	w.holds(p, chat.BlobState{})
	w.reopen()
	w.holds(p, chat.BlobState{})
	// What was hidden is held, and referred to.
	taken := newAuthor(w.bo, w.me, chat.Seller, 2)
	w.commit(opened(w.bo, w.me))
	head := taken.head()
	r := taken.record(shows(p))
	r.Hide = true
	w.commit(r)
	w.keep(p)
	w.reopen()
	w.holds(p, here(p))
	w.commit(chat.TruncateRecord{Log: taken.log, Head: head})
	w.holds(p, chat.BlobState{})
}

// testBlobHeld: what nothing refers to yet stays until the store is closed.
func testBlobHeld(w *world) {
	p, q, r := picture(1, 1000), picture(2, 1000), picture(3, 1000)
	mine := newAuthor(w.ann, w.me, chat.Seller, 1)
	theirs := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me))
	w.keep(p)
	w.fetch(q)
	w.chunk(r, 0, 10, nil)
	w.commit(mine.record(says("x")), theirs.record(shows(p)))
	w.commit(theirs.record(takesBack(1)))
	w.holds(p, here(p)) // it was put for a message of one's own
	w.holds(q, here(q))
	w.holds(r, chat.BlobState{Received: 10})
	// Put twice for two messages: the first one's end is not the second one's.
	w.keep(p)
	w.commit(mine.record(shows(p)))
	w.commit(mine.record(takesBack(mine.seq)))
	w.holds(p, here(p))
	w.commit(mine.record(shows(p)))
	w.commit(mine.record(takesBack(mine.seq)))
	w.holds(p, chat.BlobState{})
	// Sent and taken back in one batch.
	w.keep(p)
	first := mine.record(shows(p))
	w.commit(first, mine.record(takesBack(mine.seq)))
	w.holds(p, chat.BlobState{})
	w.keep(p)
	w.reopen()
	for _, gone := range [][]byte{p, q, r} {
		w.holds(gone, chat.BlobState{})
	}
}

func testBlobInManyRooms(w *world) {
	p := picture(1, 5000)
	var authors []*author
	for i := range byte(50) {
		other := someone(100 + i)
		w.commit(opened(other, w.me))
		a := newAuthor(other, w.me, chat.Seller, 1)
		authors = append(authors, a)
		w.keep(p)
		w.commit(a.record(shows(p)))
		size, err := w.store.RoomBytes(a.log.Room)
		same(w, "error", err, nil)
		same(w, "bytes of a room", size, int64(len(p)))
	}
	for i, a := range authors {
		w.holds(p, here(p))
		if i%2 == 0 {
			w.commit(a.record(takesBack(1)))
			continue
		}
		w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: a.log, By: chat.DeviceID{7}, Delivered: 1}})
		w.commit(chat.ForgetRecord{Room: a.log.Room, Mine: chat.Seller})
	}
	w.holds(p, chat.BlobState{})
}

// testBlobOfDeletedRoom: own bodies that were not delivered stay when a room is deleted, and so do their pictures.
func testBlobOfDeletedRoom(w *world) {
	p, q := picture(1, 1000), picture(2, 1000)
	mine := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.keep(p)
	w.keep(q)
	w.commit(opened(w.ann, w.me), mine.record(shows(p)), mine.record(shows(q)))
	w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: mine.log, By: chat.DeviceID{7}, Delivered: 1}})
	w.commit(chat.ForgetRecord{Room: mine.log.Room, Mine: chat.Seller})
	for range 2 {
		w.holds(p, chat.BlobState{})
		w.holds(q, here(q))
		size, err := w.store.RoomBytes(mine.log.Room)
		same(w, "error", err, nil)
		same(w, "bytes", size, int64(len(q)))
		same(w, "rows", len(w.images(mine.log.Room)), 0)
		w.reopen()
	}
}

// testBlobCache: other people's photos give way to newer ones, but not what a message or an own record refers to.
func testBlobCache(w *world) {
	const n = CacheBytes / 10
	var p [][]byte
	for i := range byte(14) {
		p = append(p, picture(i, n))
	}
	mine := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), mine.record(shows(p[0])), looksLike(w.me, 1, p[1]), withPhotos(w.me, 1, 1, p[2]),
		withPhotos(w.ann, 1, 1, p[:9]...), withPhotos(w.ann, 2, 1, p[9:13]...), looksLike(w.ann, 1, p[13]))
	order := []int{0, 1, 2, 9, 3, 4, 5, 6, 7, 8, 10, 11, 12} // ten of them cached
	for _, i := range order {
		w.fetch(p[i])
	}
	list := func() (got []int) {
		for i := range p {
			if w.store.Blob(hashOf(p[i])).Here {
				got = append(got, i)
			}
		}
		return got
	}
	same(w, "all fit", list(), []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	w.reopen()
	w.fetch(p[13])
	same(w, "the oldest went", list(), []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13})
	w.holds(p[9], chat.BlobState{})
	w.fetch(p[9])
	same(w, "the next one went", list(), []int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	// A photo that was somebody's own becomes one of many, and the oldest.
	w.commit(mine.record(takesBack(1)))
	same(w, "not one's own any more", list(), []int{1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	// And the other way round: a message frees room in the cache.
	w.commit(mine.record(shows(p[4])))
	w.fetch(p[3])
	same(w, "in a message", list(), []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	w.commit(chat.DropCatalogueRecord{Seller: w.ann.id})
	same(w, "the rest", list(), []int{1, 2, 4, 13})
	w.reopen()
	same(w, "the rest", list(), []int{1, 2, 4, 13})
}

// images are a room's pictures as "author seq".
func (w *world) images(room chat.RoomID) map[chat.MessageID]chat.Hash {
	w.Helper()
	all := map[chat.MessageID]chat.Hash{}
	last := map[chat.LogID]uint64{}
	err := w.store.RoomImages(room, func(id chat.MessageID, h chat.Hash) bool {
		if id.Seq <= last[id.LogID] {
			w.Errorf("%d comes after %d", id.Seq, last[id.LogID])
		}
		last[id.LogID] = id.Seq
		all[id] = h
		return true
	})
	same(w, "error", err, nil)
	return all
}

func testRoomImages(w *world) {
	p, q, r := picture(1, 1000), picture(2, 300), picture(3, 50)
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	room := mine.log.Room
	same(w, "no room", len(w.images(room)), 0)
	size, err := w.store.RoomBytes(room)
	same(w, "error", err, nil)
	same(w, "no room", size, 0)
	w.commit(opened(w.ann, w.me), opened(w.bo, w.me), newAuthor(w.bo, w.me, chat.Seller, 1).record(shows(r)))
	unread := chat.Body{Kind: chat.KindImage, Text: "no image in it"}
	w.commit(theirs.record(says("x"), shows(p), line{kind: chat.KindImage, body: unread.Encode()}, shows(q)), mine.record(shows(p)))
	hidden := mine.record(shows(r))
	hidden.Hide = true
	w.commit(hidden)
	at := func(a *author, seq uint64) chat.MessageID { return chat.MessageID{LogID: a.log, Seq: seq} }
	want := map[chat.MessageID]chat.Hash{at(theirs, 2): hashOf(p), at(theirs, 4): hashOf(q), at(mine, 1): hashOf(p)}
	same(w, "images", w.images(room), want)
	w.keep(p)
	w.chunk(q, 0, 200, nil)
	bytesOf := func(want int64) {
		w.Helper()
		size, err := w.store.RoomBytes(room)
		same(w, "error", err, nil)
		same(w, "bytes", size, want)
	}
	bytesOf(1200)
	w.reopen()
	same(w, "images", w.images(room), want)
	bytesOf(1200)
	n := 0
	same(w, "error", w.store.RoomImages(room, func(chat.MessageID, chat.Hash) bool { n++; return false }), nil)
	same(w, "visits", n, 1)
	w.commit(theirs.record(takesBack(4)))
	delete(want, at(theirs, 4))
	same(w, "images", w.images(room), want)
	bytesOf(1000)
	same(w, "log by log", slices.IsSortedFunc(w.visits(room), compareLogs), true)
}

// visits are the logs in the order in which their pictures are visited.
func (w *world) visits(room chat.RoomID) (logs []chat.LogID) {
	_ = w.store.RoomImages(room, func(id chat.MessageID, _ chat.Hash) bool {
		logs = append(logs, id.LogID)
		return true
	})
	return logs
}

func testBlobsClosed(w *world) {
	p, q := picture(1, 1000), picture(2, 1000)
	them := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), them.record(shows(p), shows(q)))
	w.keep(p)
	done := make(chan error, 1)
	w.store.AppendBlob(hashOf(q), 1000, 0, q[:500], func(err error) { done <- err })
	if err := w.store.Close(); err != nil {
		w.Fatal(err)
	}
	same(w, "chunk before Close", <-done, nil)
	h := hashOf(q)
	for i, call := range []func(done func(error)){
		func(done func(error)) { w.store.PutBlob(p, func(_ chat.Hash, err error) { done(err) }) },
		func(done func(error)) { w.store.AppendBlob(h, 1000, 500, q[500:], done) },
		func(done func(error)) { w.store.FinishBlob(h, fine, done) },
		func(done func(error)) { w.store.DropPart(h, done) },
		func(done func(error)) { w.store.MarkBlob(h, chat.MarkFailed, done) },
	} {
		w.expect(fmt.Sprint("call ", i), chat.ErrClosed, call)
	}
	_, err := w.store.ReadBlob(hashOf(p))
	same(w, "read", err, chat.ErrClosed)
	_, err = w.store.OpenBlob(hashOf(p))
	same(w, "open", err, chat.ErrClosed)
	_, err = w.store.RoomBytes(them.log.Room)
	same(w, "bytes", err, chat.ErrClosed)
	same(w, "images", w.store.RoomImages(them.log.Room, func(chat.MessageID, chat.Hash) bool { return true }), chat.ErrClosed)
	w.reopen()
	w.holds(p, here(p))
	w.holds(q, chat.BlobState{Received: 500})
}

func compareLogs(a, b chat.LogID) int {
	return cmp.Or(cmp.Compare(a.Author, b.Author), bytes.Compare(a.Device[:], b.Device[:]))
}
