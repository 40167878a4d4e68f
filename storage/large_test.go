package storage

import (
	"fmt"
	"testing"

	"haggle/chat"
)

// TestLargeChange forgets a room whose groups are more than one transaction of the index can delete.
func TestLargeChange(t *testing.T) {
	me, _ := keyOf(100) // the seller of newAuthor's room: the messages are the other's
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	a, room := newAuthor(0)
	if err := commit(t, db, chatBatch(room)); err != nil {
		t.Fatal(err)
	}
	const n = 20_000
	for a.seq < n {
		b := chat.Batch{Soft: true}
		for range 1000 {
			b.Records = append(b.Records, a.says(fmt.Sprint(a.seq)))
		}
		if err := commit(t, db, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := commit(t, db, chatBatch(chat.ForgetRecord{Room: a.log.Room, Mine: chat.Seller})); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, db, chatBatch(a.says("later"))); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		groups := 0
		for key := range dump(t, db) {
			if key[0] == keyGroup {
				groups++
			}
		}
		if groups != 1 {
			t.Errorf("%d groups are left", groups)
		}
		if err := db.checkNow(); err != nil {
			t.Error(err)
		}
	}
	check()
	mustClose(t, db)
	db = mustOpen(t, o)
	check()

	// A large change that a crash cut short has left its mark.
	txn := db.index.db.NewTransaction(true)
	if err := put(txn, []byte{keyTorn}, []byte{}); err != nil {
		t.Fatal(err)
	}
	if err := txn.Commit(); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	rebuilt := 0
	o.Notify = func(n chat.Notice) {
		if n == chat.NoticeRebuilt {
			rebuilt++
		}
	}
	db = mustOpen(t, o)
	check()
	if rebuilt != 1 {
		t.Errorf("rebuilt %d times", rebuilt)
	}
}

// TestSearchFindsEachOnce searches a log that several workers share.
func TestSearchFindsEachOnce(t *testing.T) {
	me, _ := keyOf(1)
	db := mustOpen(t, Options{Dir: t.TempDir(), Self: me})
	a, room := newAuthor(0)
	b := chat.Batch{Records: []chat.Record{room}, Soft: true}
	const n = 3*searchSpan + 100
	for a.seq < n {
		var texts []string
		for range 100 {
			texts = append(texts, "red")
		}
		b.Records = append(b.Records, a.says(texts...))
	}
	if err := commit(t, db, b); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 150, searchSpan + 1, 2 * n} {
		rows, err := db.SearchRows("RED", nil, limit)
		if err != nil || len(rows) != min(limit, int(a.seq)) {
			t.Fatalf("limit %d: %d rows, %v", limit, len(rows), err)
		}
		for i := range rows {
			if rows[i].Entry.Seq != a.seq-uint64(i) {
				t.Fatalf("limit %d: row %d is message %d", limit, i, rows[i].Entry.Seq)
			}
		}
	}
}

// TestCompaction writes what supersedes itself until the journal is compacted by itself, and reads it all again.
func TestCompaction(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me, growth: 2 << 20}
	db := mustOpen(t, o)
	a := messages(t, db, 20)
	written := 0
	for i := 0; written < 24<<20; i++ {
		b := chat.Batch{Soft: true}
		for k := range 50 {
			r := chat.SettingRecord{Key: fmt.Sprint(k), Value: []byte(randomText(4000))}
			b.Records = append(b.Records, r)
			written += len(r.Value)
		}
		if i%10 == 0 {
			b.Records = append(b.Records, a.says(textOf(a.seq+1)))
		}
		if err := commit(t, db, b); err != nil {
			t.Fatal(err)
		}
	}
	want := dump(t, db)
	mustClose(t, db)
	db = mustOpen(t, loseIndex(t, o))
	if wrong := differences(dump(t, db), want); len(wrong) > 0 {
		t.Errorf("the index built again differs: %v", wrong)
	}
	stats := db.journal.Stats()
	t.Logf("%d bytes written, %d in the journal", written, stats.Bytes)
	if stats.Bytes > int64(written)/2 {
		t.Errorf("%d bytes written, and still %d in the journal", written, stats.Bytes)
	}
}
