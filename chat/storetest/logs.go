package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"haggle/chat"
)

func testRooms(w *world) {
	id := chat.RoomFor(w.ann.id, w.me.id)
	_, err := w.store.Room(id)
	same(w, "no room", err, chat.ErrNotFound)
	w.commit(chat.RoomRecord{Buyer: w.ann.id, Seller: w.me.id, At: 5})
	same(w, "request", *w.state(id), chat.RoomState{Buyer: w.ann.id, Seller: w.me.id, CreatedAt: 5, Shown: true})
	w.commit(chat.RoomRecord{Buyer: w.ann.id, Seller: w.me.id, At: 9, Touch: true, Accepted: true, Pinned: chat.ListingID{1}})
	want := chat.RoomState{Buyer: w.ann.id, Seller: w.me.id, CreatedAt: 5, ActiveAt: 9, Shown: true, Accepted: true, Pinned: chat.ListingID{1}}
	same(w, "room", *w.state(id), want)
	w.reopen()
	same(w, "room after reopening", *w.state(id), want)
	_, err = w.store.Room(chat.RoomFor(w.me.id, w.ann.id))
	same(w, "room of the other direction", err, chat.ErrNotFound)
}

func testInboxIsOrdered(w *world) {
	var want []chat.RoomID
	for i := range 40 {
		p := someone(byte(100 + i))
		at := int64(i / 2) // pairs share an instant
		w.commit(chat.RoomRecord{Buyer: p.id, Seller: w.me.id, At: at, Touch: true})
		want = append(want, chat.RoomFor(p.id, w.me.id))
	}
	slices.Reverse(want)
	for i := 0; i < len(want); i += 2 {
		if slices.Compare(want[i][:], want[i+1][:]) > 0 {
			want[i], want[i+1] = want[i+1], want[i]
		}
	}
	list := func(limit int) []chat.RoomID {
		var got []chat.RoomID
		err := w.store.EachRoom(func(id chat.RoomID, s *chat.RoomState) bool {
			if s.ID() != id {
				w.Errorf("room %v has the state of %v", id, s.ID())
			}
			got = append(got, id)
			return len(got) < limit
		})
		same(w, "visit", err, nil)
		return got
	}
	same(w, "inbox", list(100), want)
	same(w, "top of the inbox", list(3), want[:3])
	a := newAuthor(someone(105), w.me, chat.Buyer, 1)
	w.commit(a.record(says("new")))
	same(w, "active room first", list(1), []chat.RoomID{a.log.Room})
	w.reopen()
	same(w, "after reopening", list(1), []chat.RoomID{a.log.Room})
	same(w, "number", len(list(100)), 40)
}

func testGroups(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me))
	var raw [][]byte
	for i := range 10 {
		r := a.record(says(fmt.Sprint(i, "a")), says(fmt.Sprint(i, "b")), says(fmt.Sprint(i, "c")))
		raw = append(raw, r.Group.Encode())
		w.commit(r)
	}
	get := func(from uint64, maxBytes int) [][]byte {
		w.Helper()
		groups, err := w.store.Groups(a.log, from, maxBytes)
		same(w, "error", err, nil)
		return groups
	}
	same(w, "all", get(1, 1<<20), raw)
	same(w, "at least one", get(1, 0), raw[:1])
	same(w, "from inside a group", get(5, 1<<20), raw[1:])
	same(w, "from a group's end", get(6, 1<<20), raw[1:])
	same(w, "never above the bytes", get(7, len(raw[2])+len(raw[3])), raw[2:4])
	same(w, "one byte short", get(7, len(raw[2])+len(raw[3])-1), raw[2:3])
	same(w, "the last", get(30, 1<<20), raw[9:])
	same(w, "beyond the head", len(get(31, 1<<20)), 0)
	other := a.log
	other.Device[0]++
	groups, err := w.store.Groups(other, 1, 100)
	same(w, "unknown log", err, nil)
	same(w, "unknown log", len(groups), 0)
	groups, err = w.store.Groups(chat.LogID{}, 1, 100)
	same(w, "unknown room", err, nil)
	same(w, "unknown room", len(groups), 0)
	w.reopen()
	same(w, "after reopening", get(1, 1<<20), raw)
}

// testLargeGroups stores groups as large as they may be: none of them may end up where the disk does not check.
func testLargeGroups(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me))
	random := rand.New(rand.NewPCG(1, 2))
	var raw [][]byte
	for range 4 {
		var lines []line
		for range 3 {
			body := make([]byte, chat.MaxEntryBody-200)
			for i := range body {
				body[i] = byte(random.Uint32())
			}
			lines = append(lines, line{kind: 77, body: body})
		}
		r := a.record(lines...)
		raw = append(raw, r.Group.Encode())
		w.commit(r)
	}
	many := make([]line, chat.MaxGroupCount)
	for i := range many {
		many[i] = says(fmt.Sprint(i))
	}
	r := a.record(many...)
	raw = append(raw, r.Group.Encode())
	w.commit(r)
	w.reopen()
	groups, err := w.store.Groups(a.log, 1, 1<<30)
	same(w, "error", err, nil)
	if len(groups) != len(raw) {
		w.Fatalf("%d groups, want %d", len(groups), len(raw))
	}
	for i := range raw {
		same(w, "size", len(groups[i]), len(raw[i]))
		same(w, "bytes", string(groups[i]) == string(raw[i]), true)
	}
	same(w, "rows", len(w.page(a.log.Room)), 4*3+chat.MaxGroupCount)
	w.refused(chat.ErrMalformed, a.fork().record(line{kind: 77, body: make([]byte, chat.MaxEntryBody+1)}))
	w.refused(chat.ErrInvalid, a.fork().record(append(many, says("one too many"))...))
}

func testHashAt(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me))
	want := []chat.Hash{a.hash}
	for range 4 {
		r := a.record(says("x"), says("y"), says("z"))
		for i := range r.Group.Entries {
			want = append(want, r.Group.Entries[i].Hash())
		}
		w.commit(r)
	}
	check := func(from int) {
		w.Helper()
		for seq := from; seq < len(want); seq++ {
			h, err := w.store.HashAt(a.log, uint64(seq))
			same(w, fmt.Sprint("error at ", seq), err, nil)
			same(w, fmt.Sprint("hash at ", seq), h, want[seq])
		}
	}
	check(0)
	none := func(log chat.LogID, seq uint64) {
		w.Helper()
		_, err := w.store.HashAt(log, seq)
		same(w, fmt.Sprint("beyond what is held, ", seq), err, chat.ErrNotFound)
	}
	none(a.log, uint64(len(want)))
	none(chat.LogID{Room: chat.RoomID{1}}, 0)
	none(chat.LogID{Room: a.log.Room, Author: chat.Seller}, 1)
	start, err := w.store.HashAt(chat.LogID{Room: a.log.Room, Author: chat.Seller}, 0)
	same(w, "start of a log that is not here", err, nil)
	same(w, "start of a log that is not here", start, chat.LogStart(a.log.Room, w.me.id, chat.DeviceID{}))
	w.commit(chat.ForgetRecord{Room: a.log.Room, Mine: chat.Seller})
	check(len(want) - 1)
	none(a.log, uint64(len(want)-2))
	r := a.record(says("later"))
	want = append(want, r.Group.Entries[0].Hash())
	w.commit(r)
	check(len(want) - 2)
}

// testPagesWithEqualClocks has three logs whose entries share clocks, and pages over them both ways with every page size.
func testPagesWithEqualClocks(w *world) {
	authors := []*author{
		newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Seller, 2),
	}
	w.commit(opened(w.ann, w.me))
	for i := range 24 {
		var records []chat.Record
		for _, a := range authors {
			lines := []line{says("x").at(chat.Clock(10*i + 1))}
			if i%3 == 0 {
				lines = append(lines, says("y").at(chat.Clock(10*i+2)), takesBack(1).at(chat.Clock(10*i+3)))
			}
			records = append(records, a.record(lines...))
		}
		w.commit(records...)
	}
	w.reopen()
	id := authors[0].log.Room
	all, err := w.store.Rows(id, nil, false, 1000)
	same(w, "error", err, nil)
	same(w, "rows", len(all), 3*(24+8))
	if !slices.IsSortedFunc(all, func(a, b chat.Row) int { return a.Position().Compare(b.Position()) }) {
		w.Fatal("not in order")
	}
	newest, err := w.store.Rows(id, nil, true, 1000)
	same(w, "error", err, nil)
	same(w, "newest", newest, all)
	for limit := 1; limit <= 40; limit++ {
		var up, down []chat.Row
		for at := (*chat.Position)(nil); ; {
			page := must2(w)(w.store.Rows(id, at, false, limit))
			if up = append(up, page...); len(page) < limit {
				break
			}
			last := page[len(page)-1].Position()
			at = &last
		}
		for at := (*chat.Position)(nil); ; {
			page := must2(w)(w.store.Rows(id, at, true, limit))
			if down = append(slices.Clone(page), down...); len(page) < limit {
				break
			}
			first := page[0].Position()
			at = &first
		}
		same(w, fmt.Sprint("forwards by ", limit), positions(up), positions(all))
		same(w, fmt.Sprint("backwards by ", limit), positions(down), positions(all))
	}
	between := chat.Position{Clock: 15, Author: chat.Seller}
	page := must2(w)(w.store.Rows(id, &between, false, 1))
	same(w, "after a place without a row", page[0].Entry.Clock, 21)
	page = must2(w)(w.store.Rows(id, &between, true, 1))
	same(w, "before a place without a row", page[0].Entry.Clock, 11)
	first, last := all[0].Position(), all[len(all)-1].Position()
	same(w, "before the first", len(must2(w)(w.store.Rows(id, &first, true, 5))), 0)
	same(w, "after the last", len(must2(w)(w.store.Rows(id, &last, false, 5))), 0)
	same(w, "no room", len(must2(w)(w.store.Rows(chat.RoomID{}, nil, true, 5))), 0)
	same(w, "no rows", len(must2(w)(w.store.Rows(id, nil, true, 0))), 0)
	for _, row := range all {
		got, err := w.store.Row(row.ID())
		same(w, "row", err, nil)
		same(w, "row", got, row)
	}
	_, err = w.store.Row(chat.MessageID{LogID: authors[0].log, Seq: 3})
	same(w, "a withdrawal is no row", err, chat.ErrNotFound)
	_, err = w.store.Row(chat.MessageID{LogID: authors[0].log, Seq: 1000})
	same(w, "beyond the head", err, chat.ErrNotFound)
}

func positions(rows []chat.Row) []chat.Position {
	var out []chat.Position
	for i := range rows {
		out = append(out, rows[i].Position())
	}
	return out
}

// testClocksAtTheCap has a log whose clocks stand still at the cap, which somebody with a far wrong clock would bring about.
func testClocksAtTheCap(w *world) {
	a, b := newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), a.record(says("1")))
	for i := range 6 {
		w.commit(a.record(says(fmt.Sprint("a", i)).at(chat.MaxClock), says(fmt.Sprint("b", i)).at(chat.MaxClock)),
			b.record(says(fmt.Sprint("c", i)).at(chat.MaxClock)))
	}
	want := []string{"1", "a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "a5", "b5", "c0", "c1", "c2", "c3", "c4", "c5"}
	same(w, "all", w.page(a.log.Room), want)
	var down []string
	for at := (*chat.Position)(nil); ; {
		page := must2(w)(w.store.Rows(a.log.Room, at, true, 4))
		if down = append(texts(page), down...); len(page) < 4 {
			break
		}
		first := page[0].Position()
		at = &first
	}
	same(w, "paged", down, want)
	seq, err := w.store.LastRow(a.log, chat.Position{Clock: chat.MaxClock, Author: chat.Buyer, Device: a.log.Device, Seq: 6})
	same(w, "error", err, nil)
	same(w, "last row", seq, 6)
	same(w, "clock", w.state(a.log.Room).Clock, chat.MaxClock)
}

func testLateEntry(w *world) {
	a, b := newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), b.record(says("written last").at(100)))
	w.commit(a.record(says("written first, arrived last").at(50)))
	same(w, "rows", w.page(a.log.Room), []string{"written first, arrived last", "written last"})
	s := w.state(a.log.Room)
	same(w, "clock", s.Clock, 100)
	same(w, "last", *s.Last, chat.Position{Clock: 100, Author: chat.Seller, Device: b.log.Device, Seq: 1})
	same(w, "active", s.ActiveAt, 1_700_000_000_050)
}

func testLastRow(w *world) {
	a, b := newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me))
	w.commit(a.record(says("1").at(10), says("2").at(20), takesBack(1).at(30)))
	w.commit(a.record(takesBack(2).at(40)), b.record(says("mine").at(45)))
	w.commit(a.record(says("5").at(50), says("6").at(60)))
	for _, c := range []struct {
		at   chat.Position
		want uint64
	}{
		{chat.Position{Clock: 9}, 0},
		{chat.Position{Clock: 10, Author: chat.Buyer, Device: a.log.Device, Seq: 1}, 1},
		{chat.Position{Clock: 10, Author: chat.Seller}, 1},
		{chat.Position{Clock: 20}, 1},
		{chat.Position{Clock: 45, Author: chat.Seller, Device: b.log.Device, Seq: 1}, 2},
		{chat.Position{Clock: 50, Author: chat.Buyer, Device: a.log.Device, Seq: 4}, 2},
		{chat.Position{Clock: 55}, 5},
		{chat.Position{Clock: chat.MaxClock}, 6},
	} {
		seq, err := w.store.LastRow(a.log, c.at)
		same(w, "error", err, nil)
		same(w, fmt.Sprint("last row at ", c.at.Clock), seq, c.want)
	}
	seq, err := w.store.LastRow(chat.LogID{}, chat.Position{Clock: 1})
	same(w, "unknown log", err, nil)
	same(w, "unknown log", seq, 0)
}

func testUnreadPerSide(w *world) {
	theirs, mine := newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.ann, w.me, chat.Seller, 1)
	id := theirs.log.Room
	w.commit(opened(w.ann, w.me))
	w.commit(theirs.record(says("1"), says("2"), takesBack(1), says("4")))
	w.commit(mine.record(says("a"), says("b"), says("c"), says("d")))
	same(w, "unread of the seller", w.state(id).Unread(chat.Seller), 3)
	same(w, "unread of the buyer", w.state(id).Unread(chat.Buyer), 4)
	read := func(seq uint64) { w.commit(chat.ReadRecord{Log: theirs.log, Seq: seq}) }
	read(2)
	same(w, "after two", w.state(id).Unread(chat.Seller), 1)
	read(1)
	same(w, "a mark never goes back", w.state(id).Unread(chat.Seller), 1)
	read(3)
	same(w, "a withdrawal does not count", w.state(id).Unread(chat.Seller), 1)
	w.reopen()
	same(w, "after reopening", w.state(id).Unread(chat.Seller), 1)
	read(1000)
	same(w, "all", w.state(id).Unread(chat.Seller), 0)
	w.commit(theirs.record(says("5")))
	same(w, "no mark beyond the head", w.state(id).Unread(chat.Seller), 1)
	same(w, "the buyer's own", w.state(id).Unread(chat.Buyer), 4)
	read(5)
	s := w.state(id)
	l := s.Log(chat.Buyer, theirs.log.Device)
	same(w, "rows", []uint64{l.Rows, l.RowsRead, l.ReadTo}, []uint64{4, 4, 5})
	w.commit(chat.ReadRecord{Log: chat.LogID{Room: id, Author: chat.Buyer, Device: chat.DeviceID{99}}, Seq: 1})
	w.commit(chat.ReadRecord{Log: chat.LogID{Room: chat.RoomID{1}}, Seq: 1})
	same(w, "marks of unknown logs", w.state(id), s)
}

func testReceipts(w *world) {
	mine := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), mine.record(says("1"), says("2"), says("3")))
	receive := func(device byte, delivered, read uint64) (uint64, uint64) {
		w.Helper()
		w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: mine.log, By: chat.DeviceID{device}, Delivered: delivered, Read: read}})
		return w.state(mine.log.Room).Log(chat.Seller, mine.log.Device).Delivered()
	}
	for _, c := range []struct {
		device                    byte
		delivered, read           uint64
		wantDelivered, wantedRead uint64
	}{
		{1, 0, 0, 0, 0}, {1, 2, 0, 2, 0}, {1, 1, 1, 2, 1}, {2, 1, 1, 2, 1}, {2, 3, 0, 3, 1}, {1, 99, 99, 3, 3}, {1, 0, 0, 3, 3},
	} {
		d, r := receive(c.device, c.delivered, c.read)
		same(w, fmt.Sprint("marks after ", c), []uint64{d, r}, []uint64{c.wantDelivered, c.wantedRead})
	}
	want := []chat.DeviceMark{{Device: chat.DeviceID{1}, Delivered: 3, Read: 3}, {Device: chat.DeviceID{2}, Delivered: 3, Read: 1}}
	same(w, "marks", w.state(mine.log.Room).Logs[0].Marks, want)
	w.commit(mine.record(says("4")))
	d, r := receive(3, 0, 0)
	same(w, "clamped to the head of then", []uint64{d, r}, []uint64{3, 3})
	w.reopen()
	same(w, "after reopening", w.state(mine.log.Room).Logs[0].Marks, want)
	for i := range 2 * chat.MaxLogs {
		w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: mine.log, By: chat.DeviceID{200, byte(i), byte(i >> 8)}, Delivered: 1}})
	}
	same(w, "devices", len(w.state(mine.log.Room).Logs[0].Marks), chat.MaxLogs)
	w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: chat.LogID{Room: chat.RoomID{1}}, Delivered: 1}})
}

func testWithdrawal(w *world) {
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	id := mine.log.Room
	w.commit(opened(w.ann, w.me), mine.record(says("one"), says("two"), says("three")), theirs.record(says("theirs")))
	w.commit(mine.record(takesBack(2), says("five"), takesBack(5), takesBack(4), takesBack(99)))
	same(w, "rows", w.page(id), []string{"theirs", "one", "-", "three", "-"})
	w.reopen()
	same(w, "rows", w.page(id), []string{"theirs", "one", "-", "three", "-"})
	groups, err := w.store.Groups(mine.log, 1, 1<<20)
	same(w, "error", err, nil)
	var previous chat.Hash
	for i, raw := range groups {
		g, err := chat.DecodeGroup(raw)
		if err == nil {
			err = g.Verify(w.me.id)
		}
		same(w, "group still verifies", err, nil)
		if i > 0 {
			same(w, "chain", g.Entries[0].Previous, previous)
		}
		previous = g.Entries[len(g.Entries)-1].Hash()
		for j := range g.Entries {
			e := &g.Entries[j]
			same(w, fmt.Sprint("body of ", e.Seq), e.HasBody(), e.Seq != 2 && e.Seq != 5)
			if strings.Contains(string(raw), "two") || strings.Contains(string(raw), "five") {
				w.Fatal("the words are still there")
			}
		}
	}
	same(w, "unread", w.state(id).Unread(chat.Buyer), 4)
	same(w, "search", len(must2(w)(w.store.SearchRows("two", nil, 10))), 0)
	row, err := w.store.Row(chat.MessageID{LogID: mine.log, Seq: 2})
	same(w, "row", err, nil)
	same(w, "row", row.Entry.HasBody(), false)
	w.commit(theirs.record(takesBack(1)))
	same(w, "rows", w.page(id)[0], "-")
}

func testTakenBackBefore(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	gone := says("gone")
	gone.bare = true
	w.commit(opened(w.ann, w.me), a.record(says("1")))
	at := w.state(a.log.Room).ActiveAt
	w.commit(a.record(gone, takesBack(2)))
	s := w.state(a.log.Room)
	same(w, "rows", w.page(a.log.Room), []string{"1"})
	same(w, "unread", s.Unread(chat.Seller), 1)
	same(w, "active", s.ActiveAt, at)
	same(w, "clock", s.Clock, 3)
	same(w, "last", s.Last.Seq, 1)
	w.commit(a.record(says("4")))
	same(w, "rows", w.page(a.log.Room), []string{"1", "4"})
}

func testHide(w *world) {
	a := newAuthor(w.ann, w.me, chat.Seller, 1)
	w.commit(opened(w.ann, w.me))
	r := a.record(says("1"), says("2"))
	r.Hide = true
	w.commit(r)
	s := w.state(a.log.Room)
	same(w, "rows", w.page(a.log.Room), []string{})
	same(w, "last", s.Last, nil)
	same(w, "head", s.Logs[0].Head(), a.head())
	groups, err := w.store.Groups(a.log, 1, 1)
	same(w, "error", err, nil)
	same(w, "still served", len(groups), 1)
	same(w, "not found", len(must2(w)(w.store.SearchRows("1", nil, 5))), 0)
	w.commit(a.record(says("3")))
	same(w, "rows", w.page(a.log.Room), []string{"3"})
}

func testStrangers(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(chat.RoomRecord{Buyer: w.ann.id, Seller: w.me.id, At: 1})
	r := a.record(says("1"), takesBack(1))
	r.Stranger = true
	w.commit(r)
	s := w.state(a.log.Room)
	same(w, "count", s.StrangerCount, 1)
	same(w, "bytes", int(s.StrangerBytes), len(r.Group.Encode()))
	w.commit(a.record(says("accepted now")))
	same(w, "count", w.state(a.log.Room).StrangerCount, 1)
}

func testForget(w *world) {
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	id := mine.log.Room
	w.commit(opened(w.ann, w.me), theirs.record(says("a"), says("b")), theirs.record(says("c")))
	w.commit(mine.record(says("delivered"), takesBack(1)), mine.record(says("waiting")))
	w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: mine.log, By: chat.DeviceID{9}, Delivered: 2}})
	w.commit(chat.ForgetRecord{Room: id, Mine: chat.Seller})
	check := func() {
		w.Helper()
		s := w.state(id)
		same(w, "shown", s.Shown, false)
		same(w, "last", s.Last, nil)
		same(w, "unread", s.Unread(chat.Seller), 0)
		same(w, "rows", w.page(id), []string{})
		same(w, "their head", s.Log(chat.Buyer, theirs.log.Device).Head(), theirs.head())
		same(w, "floor", s.Log(chat.Buyer, theirs.log.Device).Floor, 3)
		same(w, "search", len(must2(w)(w.store.SearchRows("a", nil, 5))), 0)
		_, err := w.store.Row(chat.MessageID{LogID: mine.log, Seq: 3})
		same(w, "row", err, chat.ErrNotFound)
		groups, err := w.store.Groups(theirs.log, 1, 1<<20)
		same(w, "error", err, nil)
		same(w, "their groups", len(groups), 0)
		groups, err = w.store.Groups(mine.log, 1, 1<<20)
		same(w, "error", err, nil)
		same(w, "my groups", len(groups), 2)
		var bodies []bool
		for _, raw := range groups {
			g, err := chat.DecodeGroup(raw)
			same(w, "error", err, nil)
			for i := range g.Entries {
				bodies = append(bodies, g.Entries[i].HasBody())
			}
		}
		same(w, "bodies", bodies, []bool{false, true, true})
	}
	check()
	w.reopen()
	check()
	w.refused(chat.ErrFork, theirs.fork().forgetful().record(says("a"), says("b")))
	w.commit(theirs.record(says("d")))
	same(w, "rows", w.page(id), []string{"d"})
	same(w, "shown again", w.state(id).Shown, true)
	same(w, "unread", w.state(id).Unread(chat.Seller), 1)
	groups, err := w.store.Groups(theirs.log, 1, 1<<20)
	same(w, "error", err, nil)
	same(w, "below what is held", len(groups), 0)
	groups, err = w.store.Groups(theirs.log, 4, 1<<20)
	same(w, "error", err, nil)
	same(w, "what is held", len(groups), 1)
	w.commit(chat.ReadRecord{Log: theirs.log, Seq: 2})
	same(w, "read below the floor", w.state(id).Unread(chat.Seller), 1)
	w.commit(chat.ReadRecord{Log: theirs.log, Seq: 4})
	same(w, "read", w.state(id).Unread(chat.Seller), 0)
	w.commit(chat.ForgetRecord{Room: id, Mine: chat.Seller}, chat.ForgetRecord{Room: chat.RoomID{1}})
	same(w, "rows", w.page(id), []string{})
	w.commit(opened(w.ann, w.me))
	same(w, "opened again", w.state(id).Shown, true)
	same(w, "history does not come back", w.page(id), []string{})
}

// forgetful is the author at the start of the log.
func (a *author) forgetful() *author { a.seq, a.clock = 0, 0; return a }

func testTruncate(w *world) {
	mine, theirs := newAuthor(w.ann, w.me, chat.Seller, 1), newAuthor(w.ann, w.me, chat.Buyer, 1)
	id := mine.log.Room
	w.commit(opened(w.ann, w.me), theirs.record(says("hi").at(15)), mine.record(says("1").at(10), says("2").at(20)))
	base := mine.fork()
	other := mine.fork()
	w.commit(mine.record(says("3").at(30)), mine.record(says("4").at(40), says("5").at(50)))
	w.commit(chat.ReceiptRecord{Receipt: chat.Receipt{Log: mine.log, By: chat.DeviceID{9}, Delivered: 4}})
	w.refused(chat.ErrInvalid, chat.TruncateRecord{Log: mine.log, Head: chat.Head{Seq: 4}})
	wrong := base.head()
	wrong.Hash[0] ^= 1
	w.refused(chat.ErrInvalid, chat.TruncateRecord{Log: mine.log, Head: wrong})
	middle, err := w.store.HashAt(mine.log, 4)
	same(w, "error", err, nil)
	w.refused(chat.ErrInvalid, chat.TruncateRecord{Log: mine.log, Head: chat.Head{Author: chat.Seller, Device: mine.log.Device, Seq: 4, Hash: middle}})
	taken := other.record(says("other 3").at(35), says("other 4").at(45))
	w.commit(chat.TruncateRecord{Log: mine.log, Head: base.head()}, taken)
	check := func() {
		w.Helper()
		same(w, "rows", w.page(id), []string{"1", "hi", "2", "other 3", "other 4"})
		groups, err := w.store.Groups(mine.log, 3, 1<<20)
		same(w, "error", err, nil)
		same(w, "groups", groups, [][]byte{taken.Group.Encode()})
		l := w.state(id).Log(chat.Seller, mine.log.Device)
		same(w, "head", l.Head(), other.head())
		same(w, "rows", l.Rows, 4)
		same(w, "marks", l.Marks, []chat.DeviceMark{{Device: chat.DeviceID{9}, Delivered: 2}})
		hash, err := w.store.HashAt(mine.log, 3)
		same(w, "error", err, nil)
		same(w, "hash", hash, taken.Group.Entries[0].Hash())
	}
	check()
	w.reopen()
	check()
	start := chat.Head{Author: chat.Seller, Device: mine.log.Device, Hash: chat.LogStart(id, w.me.id, mine.log.Device)}
	w.commit(chat.TruncateRecord{Log: mine.log, Head: start})
	same(w, "rows", w.page(id), []string{"hi"})
	s := w.state(id)
	same(w, "last", s.Last.Seq, 1)
	same(w, "head", s.Log(chat.Seller, mine.log.Device).Head(), start)
	same(w, "clock never goes back", s.Clock, 50)

	// What was deleted here stays out of sight when it is taken back.
	again := mine.fork().forgetful()
	again.hash = start.Hash
	whole := again.record(says("1").at(60), says("2").at(70))
	w.commit(whole, chat.ForgetRecord{Room: id, Mine: chat.Seller}, chat.TruncateRecord{Log: mine.log, Head: start}, whole)
	same(w, "deleted rows", w.page(id), []string{})
	s = w.state(id)
	same(w, "no row came", []any{s.Last, s.Shown}, []any{(*chat.Position)(nil), false})
	w.reopen()
	same(w, "deleted rows", w.page(id), []string{})
	w.commit(again.record(says("3").at(80)))
	same(w, "rows", w.page(id), []string{"3"})
	w.refused(chat.ErrNotFound, chat.TruncateRecord{Log: chat.LogID{Room: chat.RoomID{1}}})
}

func testFork(w *world) {
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), a.record(says("1")))
	w.commit(chat.ForkRecord{Log: a.log, Evidence: []byte("their other version")})
	w.reopen()
	same(w, "forked", w.state(a.log.Room).Logs[0].Forked, true)
	w.refused(chat.ErrFork, a.fork().record(says("2")))
	same(w, "rows", w.page(a.log.Room), []string{"1"})
	if err := try(w.store, chat.ForkRecord{Log: chat.LogID{Room: chat.RoomID{1}}}); !errors.Is(err, chat.ErrNotFound) {
		w.Fatalf("fork of no room: %v", err)
	}
}

func testSearchRows(w *world) {
	a, b := newAuthor(w.ann, w.me, chat.Buyer, 1), newAuthor(w.me, w.bo, chat.Seller, 1)
	w.commit(opened(w.ann, w.me), opened(w.me, w.bo))
	picture := chat.Body{Kind: chat.KindImage, Text: "Bild vom Fahrrad", Image: &chat.Image{Hash: chat.Hash{1}, Type: "png"}}
	w.commit(a.record(
		says("这个自行车还在吗？").at(10),
		says("Is the BICYCLE red?").at(20),
		says("red, or blue").at(30),
		line{kind: chat.KindImage, body: picture.Encode(), clock: 40},
		line{kind: 99, body: []byte("red"), clock: 50},
		says("ｆｕｌｌ width").at(60)))
	w.commit(b.record(says("自行车 很好").at(15), says("red").at(30), says("secret red").at(45), takesBack(3).at(46)))
	find := func(query string, in *chat.RoomID, limit int) []string {
		w.Helper()
		return texts(must2(w)(w.store.SearchRows(query, in, limit)))
	}
	other := b.log.Room
	for _, c := range []struct {
		query string
		in    *chat.RoomID
		limit int
		want  []string
	}{
		{"自行车", nil, 10, []string{"自行车 很好", "这个自行车还在吗？"}},
		{"自行车", &other, 10, []string{"自行车 很好"}},
		{"行车 好", nil, 10, []string{"自行车 很好"}},
		{"bicycle", nil, 10, []string{"Is the BICYCLE red?"}},
		{"RED", nil, 10, []string{"red", "red, or blue", "Is the BICYCLE red?"}},
		{"RED", nil, 2, []string{"red", "red, or blue"}},
		{"RED", nil, 0, []string{}},
		{"blue red", nil, 10, []string{"red, or blue"}},
		{"fahrrad", nil, 10, []string{"Bild vom Fahrrad"}},
		{"FULL", nil, 10, []string{"ｆｕｌｌ width"}},
		{"ｗｉｄｔｈ", nil, 10, []string{"ｆｕｌｌ width"}},
		{"secret", nil, 10, []string{}},
		{"  ", nil, 10, []string{}},
		{"red", &chat.RoomID{1}, 10, []string{}},
	} {
		same(w, "search for "+c.query, find(c.query, c.in, c.limit), c.want)
	}
	for _, c := range []struct {
		query string
		in    chat.RoomID
		limit int
		want  []uint64
	}{
		{"red", a.log.Room, 10, []uint64{3, 2}},
		{"RED", a.log.Room, 1, []uint64{3}},
		{"red", a.log.Room, 0, []uint64{}},
		{"自行车", other, 10, []uint64{1}},
		{"secret", other, 10, []uint64{}},
		{"", other, 10, []uint64{}},
		{"red", chat.RoomID{1}, 10, []uint64{}},
	} {
		seqs := []uint64{}
		ids, err := w.store.FindRows(c.query, c.in, c.limit)
		for _, id := range must(w, ids, err) {
			same(w, "room", id.Room, c.in)
			seqs = append(seqs, id.Seq)
		}
		same(w, "find "+c.query, seqs, c.want)
	}
	w.reopen()
	same(w, "after reopening", find("自行车", nil, 10), []string{"自行车 很好", "这个自行车还在吗？"})
}
