package storage

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"haggle/chat"
)

// fill takes room on the disk until only so much is free.
func (d disk) fill(t *testing.T, leave uint64) (name string) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.mount, &st); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(d.mount, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if size := int64(st.Bavail)*st.Bsize - int64(leave); size > 0 {
		err = syscall.Fallocate(int(f.Fd()), 0, 0, size)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFullDisk writes until a real disk has no room, goes on when there is some, and starts again.
func TestFullDisk(t *testing.T) {
	needDisk(t)
	d := newDisk(t, 192<<20)
	me, _ := keyOf(1)
	o := Options{Dir: d.store(), Self: me}
	db := mustOpen(t, o)
	a := messages(t, db, 50)
	filler := d.fill(t, MinFree+4<<20)
	writeUntilFull := func() {
		t.Helper()
		for {
			b := *a
			err := commit(t, db, chatBatch(a.says(randomText(15_000), randomText(15_000))))
			if errors.Is(err, chat.ErrDiskFull) {
				*a = b
				return
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	writeUntilFull()
	first := a.seq
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, db, chatBatch(a.says("room again"))); err != nil {
		t.Fatal(err)
	}
	writeUntilFull()
	if a.seq < first+10 {
		t.Fatalf("%d messages, then %d", first, a.seq)
	}
	mustClose(t, db)
	filler = d.fill(t, MinFree/2)
	if _, err := Open(o); !errors.Is(err, chat.ErrDiskFull) {
		t.Fatalf("open: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	o.MinFree = 16 << 20
	db = mustOpen(t, o)
	held := *a
	if err := held.resume(db); err != nil || held.seq != a.seq || held.hash != a.hash {
		t.Fatalf("%d messages, want %d: %v", held.seq, a.seq, err)
	}
	if err := db.checkNow(); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFillsUp has next to no reserve: Badger may take the process down with it. Nothing that was safe is lost, and with
// room it starts again.
func TestDiskFillsUp(t *testing.T) {
	needDisk(t)
	d := newDisk(t, 96<<20)
	filler := d.fill(t, 16<<20)
	w := startWriter(t, d.store(), "")
	safe := uint64(0)
	for w.lines.Scan() { // until it dies or gives up
		if seq, ok := parseSafe(w.lines.Text()); ok {
			safe = seq
		}
	}
	_ = w.cmd.Wait()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if held := verify(t, d.store(), safe); held < 100 {
		t.Fatalf("only %d messages were written", held)
	}
}
