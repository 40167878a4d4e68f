package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
	if _, err := open(o); !errors.Is(err, chat.ErrDiskFull) {
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

// TestBlobsFillDisk gives the folder of pictures a disk of its own, so small that the reserve elsewhere says nothing of it:
// what does not fit is refused and leaves nothing, and with room all goes on.
func TestBlobsFillDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: needs root")
	}
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	folder := filepath.Join(o.Dir, dirBlobs)
	if err := os.Mkdir(folder, privateFolder); err != nil {
		t.Fatal(err)
	}
	run(t, "mount", "-t", "tmpfs", "-o", "size=1028k", "none", folder)
	t.Cleanup(disk{mount: folder}.unmount)
	db := mustOpen(t, o)
	defer mustClose(t, db)
	a, room := newAuthor(0)
	records := []chat.Record{room}
	large := bytes.Repeat(pictureOf(1), 10)
	records = append(records, a.shows(large))
	n := uint64(2)
	for ; ; n++ {
		before := blobFiles(t, o.Dir)
		err := keep(db, pictureOf(n))
		if errors.Is(err, chat.ErrDiskFull) {
			if after := blobFiles(t, o.Dir); !slices.Equal(before, after) {
				t.Fatalf("%v are left of %v", after, before)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, a.shows(pictureOf(n)))
	}
	if err := commit(t, db, chatBatch(records...)); err != nil {
		t.Fatal(err)
	}
	part := func() uint32 { return db.Blob(hashOf(large)).Received }
	rest := func(done func(error)) {
		db.AppendBlob(hashOf(large), uint32(len(large)), part(), large[part():], done)
	}
	if err := errors.Join(fetch(db, large), wait(rest)); !errors.Is(err, chat.ErrDiskFull) {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, blobFile(hashOf(large), partSuffix)))
	if err != nil || part() == 0 || info.Size() != fileSize(int64(part())) {
		t.Fatalf("%d bytes are here, %v", part(), err)
	}
	run(t, "mount", "-o", "remount,size=4m", folder)
	was := part()
	if err := fetch(db, large); err != nil {
		t.Fatal(err)
	}
	for i := uint64(2); i <= n; i++ {
		if err := fetch(db, pictureOf(i)); err != nil {
			t.Fatal(err)
		}
		if got, err := db.ReadBlob(hashOf(pictureOf(i))); err != nil || !bytes.Equal(got, pictureOf(i)) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	t.Logf("%d pictures, and %d bytes of a part", n-2, was)
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
