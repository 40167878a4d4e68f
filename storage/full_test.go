package storage

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"haggle/chat"
)

// TestReserve: a disk with too little room refuses cleanly, and is taken again by itself.
func TestReserve(t *testing.T) {
	me, _ := keyOf(1)
	var free atomic.Uint64
	free.Store(math.MaxUint64)
	o := Options{Dir: t.TempDir(), Self: me, free: func(string) (uint64, error) { return free.Load(), nil }}
	db := mustOpen(t, o)
	a := messages(t, db, 10)
	last := a.seq
	free.Store(MinFree - 1)
	ahead := *a
	for range 2 {
		if err := commit(t, db, chatBatch(ahead.says("no room"))); !errors.Is(err, chat.ErrDiskFull) {
			t.Fatalf("commit: %v", err)
		}
		ahead = *a
	}
	if err := db.SetDraft(a.log.Room, "no room", time.UnixMilli(1)); !errors.Is(err, chat.ErrDiskFull) {
		t.Fatalf("draft: %v", err)
	}
	if rows, err := db.Rows(a.log.Room, nil, true, 100); err != nil || uint64(len(rows)) != last {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	free.Store(MinFree)
	if err := commit(t, db, chatBatch(a.says("room again"))); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	free.Store(MinFree - 1)
	if _, err := open(o); !errors.Is(err, chat.ErrDiskFull) {
		t.Fatalf("open: %v", err)
	}
	free.Store(MinFree)
	db = mustOpen(t, o)
	if err := a.resume(db); err != nil || a.seq != last+1 {
		t.Fatalf("%d messages, %v", a.seq, err)
	}
}
