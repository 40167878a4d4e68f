package storage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"haggle/chat"
)

func hashOf(data []byte) chat.Hash { return sha256.Sum256(data) }

// pictures is a store with a room in which so many pictures were shown that are all here.
func pictures(t testing.TB, o Options, n int) (*DB, *author) {
	t.Helper()
	db := mustOpen(t, o)
	a, room := newAuthor(0)
	records := []chat.Record{room}
	for i := range n {
		if err := keep(db, pictureOf(uint64(i))); err != nil {
			t.Fatal(err)
		}
		records = append(records, a.shows(pictureOf(uint64(i))))
	}
	if err := commit(t, db, chatBatch(records...)); err != nil {
		t.Fatal(err)
	}
	return db, a
}

// TestBlobsKilled kills a writer at random instants and looks at what it left.
func TestBlobsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	safe, held := uint64(0), uint64(0)
	parts, chance := 0, lots(t)
	for round := range soak(25) {
		w := startWriter(t, dir, modeBlobs)
		if round%4 > 0 {
			if line := w.line(); line != "open" {
				t.Fatalf("round %d: writer says %q", round, line)
			}
		}
		<-time.After(time.Duration(chance.IntN(80)) * time.Millisecond)
		if err := w.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		safe = w.drain(t, max(safe, held))
		parts += len(slices.DeleteFunc(blobFiles(t, dir), func(name string) bool { return !strings.HasSuffix(name, partSuffix) }))
		if round%3 == 2 {
			held = verifyPictures(t, dir, safe, false)
		}
	}
	if held = verifyPictures(t, dir, safe, false); held < 10 {
		t.Fatalf("only %d pictures", held)
	}
	t.Logf("%d pictures, %d times a part of one", held, parts)
}

// TestBlobDamage does to a picture's file what disks and people do, under an open store and between two starts. It is
// found when it is read, moved aside, and can be fetched again; nothing outside is touched.
func TestBlobDamage(t *testing.T) {
	me, _ := keyOf(1)
	outside := filepath.Join(t.TempDir(), "outside")
	secret := pictureOf(0) // even if it holds the right bytes
	if err := os.WriteFile(outside, secret, privateFile); err != nil {
		t.Fatal(err)
	}
	flip := func(name string) error {
		b, err := os.ReadFile(name)
		if err == nil {
			b[len(b)/2] ^= 1
			err = os.WriteFile(name, b, privateFile)
		}
		return err
	}
	replaced := func(by func(name string) error) func(string) error {
		return func(name string) error { return errors.Join(os.Remove(name), by(name)) }
	}
	for _, c := range []struct {
		name string
		do   func(name string) error
		kept bool // in quarantine
		seen bool // at the start
	}{
		{"flipped", flip, true, false},
		{"truncated", func(name string) error { return os.Truncate(name, 100) }, true, false},
		{"empty", func(name string) error { return os.Truncate(name, 0) }, true, false},
		{"longer", func(name string) error { return os.Truncate(name, 200_000) }, true, false},
		{"too long", func(name string) error { return os.Truncate(name, fileSize(chat.MaxBlob)+1) }, true, true},
		{"deleted", os.Remove, false, true},
		{"symlink to the outside", replaced(func(name string) error { return os.Symlink(outside, name) }), true, true},
		{"symlink to another", replaced(func(name string) error { return os.Symlink(blobFile(hashOf(pictureOf(1)), wholeSuffix), name) }), true, true},
		{"symlink to nothing", replaced(func(name string) error { return os.Symlink("nothing", name) }), true, true},
		{"folder", replaced(func(name string) error { return os.Mkdir(name, privateFolder) }), true, true},
		{"swapped", func(name string) error {
			other := filepath.Join(filepath.Dir(name), blobFile(hashOf(pictureOf(1)), wholeSuffix))
			return errors.Join(os.Rename(name, name+"x"), os.Rename(other, name), os.Rename(name+"x", other))
		}, true, false},
	} {
		for _, while := range []string{"open", "closed"} {
			for _, how := range []string{"read", "open", "put"} {
				t.Run(fmt.Sprint(c.name, "/", while, "/", how), func(t *testing.T) {
					t.Parallel()
					o := Options{Dir: t.TempDir(), Self: me}
					db, _ := pictures(t, o, 3)
					if while == "closed" {
						mustClose(t, db)
					}
					if err := c.do(filepath.Join(o.Dir, dirBlobs, blobFile(hashOf(pictureOf(0)), wholeSuffix))); err != nil {
						t.Fatal(err)
					}
					if while == "closed" {
						db = mustOpen(t, o)
						if s := db.Blob(hashOf(pictureOf(0))); s.Here == c.seen {
							t.Errorf("after the start %+v", s)
						}
					}
					meet(t, db, how)
					if how != "put" {
						if s := db.Blob(hashOf(pictureOf(0))); s != (chat.BlobState{}) {
							t.Errorf("%+v", s)
						}
					}
					aside, err := filepath.Glob(filepath.Join(o.Dir, dirQuarantine, "*"))
					if err != nil || (len(aside) > 0) != c.kept {
						t.Errorf("in quarantine: %v, %v", aside, err)
					}
					for i := range uint64(3) {
						if err := fetch(db, pictureOf(i)); err != nil && i != 1 {
							t.Errorf("fetched again: %v", err)
						}
						if got, err := db.ReadBlob(hashOf(pictureOf(i))); i != 1 && (err != nil || !bytes.Equal(got, pictureOf(i))) {
							t.Errorf("picture %d: %d bytes, %v", i, len(got), err)
						}
					}
					if got, err := os.ReadFile(outside); err != nil || !bytes.Equal(got, secret) {
						t.Errorf("outside: %v", err)
					}
				})
			}
		}
	}
}

// meet comes upon picture 0, which is damaged.
func meet(t *testing.T, db *DB, how string) {
	t.Helper()
	h := hashOf(pictureOf(0))
	switch how {
	case "read":
		if b, err := db.ReadBlob(h); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("read %d bytes, %v", len(b), err)
		}
	case "put":
		if err := keep(db, pictureOf(0)); err != nil {
			t.Error(err)
		}
	case "open":
		b, err := db.OpenBlob(h)
		if err == nil { // unverified: reading it tells
			err = b.Close()
			_, readErr := db.ReadBlob(h)
			err = errors.Join(err, readErr)
		}
		if !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("open: %v", err)
		}
	}
}

// TestPartDamage: a part is judged when it is finished, wherever what stands in its place leads.
func TestPartDamage(t *testing.T) {
	me, _ := keyOf(1)
	data := pictureOf(0)
	h := hashOf(data)
	for _, c := range []struct {
		name string
		do   func(part, other string) error
	}{
		{"flipped", func(part, _ string) error {
			b, err := os.ReadFile(part)
			if err == nil {
				b[0] ^= 1
				err = os.WriteFile(part, b, privateFile)
			}
			return err
		}},
		{"truncated", func(part, _ string) error { return os.Truncate(part, 10) }},
		{"deleted", func(part, _ string) error { return os.Remove(part) }},
		{"symlink to another", func(part, other string) error {
			return errors.Join(os.Remove(part), os.Symlink(filepath.Base(other), part))
		}},
		{"symlink to the outside", func(part, other string) error {
			return errors.Join(os.Remove(part), os.Symlink(other, part))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Dir: t.TempDir(), Self: me}
			db, _ := pictures(t, o, 2)
			folder := filepath.Join(o.Dir, dirBlobs)
			if err := os.Remove(filepath.Join(folder, blobFile(h, wholeSuffix))); err != nil {
				t.Fatal(err)
			}
			meet(t, db, "read")
			half := len(data) / 2
			appendAll := func(from, to int) error {
				return wait(func(done func(error)) { db.AppendBlob(h, uint32(len(data)), uint32(from), data[from:to], done) })
			}
			if err := appendAll(0, half); err != nil {
				t.Fatal(err)
			}
			other := filepath.Join(folder, blobFile(hashOf(pictureOf(1)), wholeSuffix))
			was, err := os.ReadFile(other)
			if err == nil {
				err = c.do(filepath.Join(folder, blobFile(h, partSuffix)), other)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = appendAll(half, len(data))
			if err == nil {
				err = wait(func(done func(error)) { db.FinishBlob(h, fine, done) })
			}
			if err == nil {
				t.Error("nothing was noticed")
			}
			if db.Blob(h).Received > 0 { // an append that failed leaves it to whoever asked
				if err := wait(func(done func(error)) { db.DropPart(h, done) }); err != nil {
					t.Fatal(err)
				}
			}
			if err := fetch(db, data); err != nil {
				t.Errorf("fetched again: %v", err)
			}
			if got, err := os.ReadFile(other); err != nil || !bytes.Equal(got, was) {
				t.Errorf("another one was touched: %v", err)
			}
		})
	}
}

// TestHP60BlobFolder starts with a folder that others have been in.
func TestHP60BlobFolder(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, _ := pictures(t, o, 1)
	mustClose(t, db)
	folder := filepath.Join(o.Dir, dirBlobs)
	ours, orphan := blobFile(hashOf(pictureOf(0)), wholeSuffix), blobFile(hashOf(pictureOf(9)), wholeSuffix)
	foreign := []string{"CON", "notes.txt", strings.ToUpper(orphan), orphan[:63], orphan + "0", orphan + ".jpg", orphan + ".part.part", "-rf", "$(x)"}
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), data, privateFile); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range foreign {
		write(name, []byte("foreign"))
	}
	if err := os.Mkdir(filepath.Join(folder, "folder"), privateFolder); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(o.Dir, fileFormat), filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	foreign = append(foreign, "folder", "link")
	for _, suffix := range []string{wholeSuffix, partSuffix, temporaryFiles, ".failed", ".cancelled"} {
		write(orphan+suffix, pictureOf(9)) // of no message
		if suffix != wholeSuffix {
			write(ours+suffix, pictureOf(9)[:50]) // a kill may leave these
		}
	}
	db = mustOpen(t, o)
	want := append([]string{ours}, foreign...)
	slices.Sort(want)
	if got := blobFiles(t, o.Dir); !slices.Equal(got, want) {
		t.Errorf("files are %v, want %v", got, want)
	}
	if s := db.Blob(hashOf(pictureOf(0))); s != (chat.BlobState{Here: true, Received: uint32(len(pictureOf(0)))}) {
		t.Errorf("%+v", s)
	}
	mustClose(t, db)

	// The folder itself may be a file, or lead elsewhere.
	for i, spoil := range []func() error{
		func() error { return os.WriteFile(folder, nil, privateFile) },
		func() error { return os.Symlink(t.TempDir(), folder) },
	} {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		db = mustOpen(t, o)
		if err := fetch(db, pictureOf(0)); err != nil {
			t.Error(err)
		}
		mustClose(t, db)
		if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
			t.Errorf("folder %d: %v, %v", i, info, err)
		}
		if aside, err := filepath.Glob(filepath.Join(o.Dir, dirQuarantine, "*")); err != nil || len(aside) != i+1 {
			t.Errorf("in quarantine: %v, %v", aside, err)
		}
	}
}

// TestHP60LinksInTheBlobFolder: somebody who can write there puts links in the place of files: nothing is written through
// them, and nothing is read through them that is not the picture.
func TestHP60LinksInTheBlobFolder(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, _ := pictures(t, o, 1)
	defer mustClose(t, db)
	folder := filepath.Join(o.Dir, dirBlobs)
	outside := filepath.Join(t.TempDir(), "outside")
	const words = "not a picture, and not to be touched"
	content := strings.Repeat(words, 200)
	if err := os.WriteFile(outside, []byte(content), privateFile); err != nil {
		t.Fatal(err)
	}
	link := func(name string) {
		t.Helper()
		_ = os.Remove(filepath.Join(folder, name))
		if err := os.Symlink(outside, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	ours, other := hashOf(pictureOf(0)), hashOf(pictureOf(9))
	for _, suffix := range []string{wholeSuffix, partSuffix, temporaryFiles} {
		link(other.String() + suffix)
	}
	_ = fetch(db, pictureOf(9)) // it may come or not
	link(ours.String() + wholeSuffix)
	if data, err := db.ReadBlob(ours); err == nil || bytes.Contains(data, []byte(words)) {
		t.Errorf("a link was read: %q, %v", data, err)
	}
	if b, err := db.OpenBlob(ours); err == nil {
		data := make([]byte, len(words))
		n, _ := b.ReadAt(data, 0)
		_ = b.Close()
		if string(data[:n]) == words {
			t.Error("a link out of the folder would be sent to others")
		}
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != content {
		t.Errorf("outside is now %.100q, %v", data, err)
	}
}

// TestNothingIsSweptAfterALoss: what the journal and the index lost may come back from others, and the pictures with it.
func TestNothingIsSweptAfterALoss(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, a := pictures(t, o, 3)
	if err := commit(t, db, chatBatch(a.says("the journal does not end with them"))); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	if err := os.RemoveAll(filepath.Join(o.Dir, dirIndex)); err != nil {
		t.Fatal(err)
	}
	for _, name := range filesOf(t, o.Dir, dirJournal) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(b, a.log.Room[:]) // in a message
		b[at] ^= 1
		if err := os.WriteFile(name, b, privateFile); err != nil {
			t.Fatal(err)
		}
	}
	damaged := false
	o.Notify = func(n chat.Notice) { damaged = damaged || n == chat.NoticeDamaged }
	db = mustOpen(t, o)
	if !damaged {
		t.Fatal("nothing is lost")
	}
	if got := len(blobFiles(t, o.Dir)); got != 3 {
		t.Errorf("%d files", got)
	}
	if got, err := db.ReadBlob(hashOf(pictureOf(0))); err != nil || !bytes.Equal(got, pictureOf(0)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestLastReferenceWhileBusy: for whoever reads, a blob is gone with its last reference even if its turn is not over.
func TestLastReferenceWhileBusy(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, a := pictures(t, o, 1)
	h := hashOf(pictureOf(0))
	busy, proceed := make(chan struct{}), make(chan struct{})
	db.MarkBlob(h, chat.NoMark, func(error) {
		close(busy)
		<-proceed
	})
	<-busy
	if err := commit(t, db, chatBatch(a.body(chat.Body{Kind: chat.KindWithdrawal, Seq: 1}))); err != nil {
		t.Fatal(err)
	}
	if s := db.Blob(h); s != (chat.BlobState{}) {
		t.Errorf("%+v", s)
	}
	if _, err := db.ReadBlob(h); !errors.Is(err, chat.ErrNotFound) {
		t.Error(err)
	}
	// It is wanted again before it is gone.
	if err := commit(t, db, chatBatch(a.shows(pictureOf(0)))); err != nil {
		t.Fatal(err)
	}
	if s := db.Blob(h); !s.Here {
		t.Errorf("%+v", s)
	}
	close(proceed)
	if err := wait(func(done func(error)) { db.MarkBlob(h, chat.NoMark, done) }); err != nil { // after what was to be done
		t.Fatal(err)
	}
	if got, err := db.ReadBlob(h); err != nil || !bytes.Equal(got, pictureOf(0)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestBlobsWithAnotherIndex: an index that is built again while the store is open counts the same references.
func TestBlobsWithAnotherIndex(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me, Notify: mayRebuild(t)}
	db, a := pictures(t, o, 3)
	if err := db.index.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, db, chatBatch(a.says("after"))); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Room(a.log.Room); err != nil || db.builds != 1 { // whoever reads waits for it
		t.Fatal(db.builds, err)
	}
	if err := commit(t, db, chatBatch(a.body(chat.Body{Kind: chat.KindWithdrawal, Seq: 2}))); err != nil {
		t.Fatal(err)
	}
	want := []string{blobFile(hashOf(pictureOf(0)), wholeSuffix), blobFile(hashOf(pictureOf(2)), wholeSuffix)}
	slices.Sort(want)
	if got := blobFiles(t, o.Dir); !slices.Equal(got, want) {
		t.Errorf("files are %v, want %v", got, want)
	}
	n := 0
	if err := db.RoomImages(a.log.Room, func(chat.MessageID, chat.Hash) bool { n++; return true }); err != nil || n != 2 {
		t.Errorf("%d pictures, %v", n, err)
	}
}

// TestOldIndex opens an index that was written before there were references.
func TestOldIndex(t *testing.T) {
	t.Parallel()
	db, o := randomStore(t, 3, 400)
	want := dump(t, db)
	mustClose(t, db)
	x, err := openTestIndex(o)
	if err != nil {
		t.Fatal(err)
	}
	txn := x.db.NewTransaction(true)
	head, n := x.head, 0
	for key, value := range want {
		if key[0] == keyReference {
			n++
			head.quick ^= digest([]byte(key), []byte(value))
			err = errors.Join(err, txn.Delete([]byte(key)))
		}
	}
	old := head.encode()
	old = old[:len(old)-1] // the layout
	err = errors.Join(err, put(txn, []byte{keyHead}, old), txn.Commit(), x.close())
	if err != nil || n < 20 {
		t.Fatal(n, err)
	}
	for range 2 {
		db = mustOpen(t, o) // without a word
		if wrong := differences(dump(t, db), want); len(wrong) > 0 {
			t.Errorf("of %d references: %v", n, wrong)
		}
		mustClose(t, db)
	}
}

// TestOneFileForManyRooms: the same picture in 50 rooms takes its bytes once, and none after the last.
func TestOneFileForManyRooms(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	data := pictureOf(0)
	var authors []*author
	for i := range byte(50) {
		a, room := newAuthor(i)
		if err := errors.Join(keep(db, data), commit(t, db, chatBatch(room, a.shows(data)))); err != nil {
			t.Fatal(err)
		}
		authors = append(authors, a)
	}
	if got := blobFiles(t, o.Dir); !slices.Equal(got, []string{blobFile(hashOf(data), wholeSuffix)}) {
		t.Fatalf("files are %v", got)
	}
	for i, a := range authors {
		if got := len(blobFiles(t, o.Dir)); got != 1 {
			t.Fatalf("%d files after %d", got, i)
		}
		if err := commit(t, db, chatBatch(a.body(chat.Body{Kind: chat.KindWithdrawal, Seq: 1}))); err != nil {
			t.Fatal(err)
		}
	}
	if got := blobFiles(t, o.Dir); len(got) > 0 {
		t.Fatalf("files are %v", got)
	}
}

// TestBlobReserve: a disk with too little room refuses every write of a blob, and what frees room goes on.
func TestBlobReserve(t *testing.T) {
	me, _ := keyOf(1)
	var free atomic.Uint64
	free.Store(math.MaxUint64)
	o := Options{Dir: t.TempDir(), Self: me, free: func(string) (uint64, error) { return free.Load(), nil }}
	db, a := pictures(t, o, 2)
	data := pictureOf(7)
	h := hashOf(data)
	if err := commit(t, db, chatBatch(a.shows(data))); err != nil {
		t.Fatal(err)
	}
	first := func() error {
		return wait(func(done func(error)) { db.AppendBlob(h, uint32(len(data)), 0, data[:1000], done) })
	}
	if err := first(); err != nil {
		t.Fatal(err)
	}
	before := blobFiles(t, o.Dir)
	refused := map[string]func(done func(error)){
		"put":    func(done func(error)) { db.PutBlob(pictureOf(8), func(_ chat.Hash, err error) { done(err) }) },
		"append": func(done func(error)) { db.AppendBlob(h, uint32(len(data)), 1000, data[1000:2000], done) },
		"mark":   func(done func(error)) { db.MarkBlob(h, chat.MarkFailed, done) },
	}
	for _, left := range []uint64{MinFree - 1, MinFree + 999} {
		free.Store(left)
		for name, call := range refused {
			if err := wait(call); !errors.Is(err, chat.ErrDiskFull) && (name != "mark" || left < MinFree) {
				t.Errorf("%s with %d bytes free: %v", name, left, err)
			}
		}
	}
	if err := wait(func(done func(error)) { db.MarkBlob(h, chat.NoMark, done) }); err != nil {
		t.Error(err)
	}
	if got := blobFiles(t, o.Dir); !slices.Equal(got, before) {
		t.Errorf("files are %v, were %v", got, before)
	}
	if s := db.Blob(h); s != (chat.BlobState{Received: 1000}) {
		t.Errorf("%+v", s)
	}
	if err := keep(db, pictureOf(0)); err != nil { // it is here
		t.Error(err)
	}
	if err := wait(func(done func(error)) { db.DropPart(h, done) }); err != nil {
		t.Error(err)
	}
	free.Store(math.MaxUint64)
	if err := errors.Join(first(), fetch(db, data)); err != nil {
		t.Error(err)
	}
}

// TestReadOnlyBlobs: when the store cannot be written any more, nor can blobs; they can be read.
func TestReadOnlyBlobs(t *testing.T) {
	var broken atomic.Bool
	db, _ := faultyStore(t, func(what string) error {
		if broken.Load() && what == "sync" {
			return errIO
		}
		return nil
	})
	a, room := newAuthor(0)
	if err := errors.Join(keep(db, pictureOf(0)), commit(t, db, chatBatch(room, a.shows(pictureOf(0))))); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	if err := commit(t, db, chatBatch(a.says("x"))); !errors.Is(err, chat.ErrReadOnly) {
		t.Fatal(err)
	}
	if err := keep(db, pictureOf(1)); !errors.Is(err, chat.ErrReadOnly) {
		t.Error(err)
	}
	if got, err := db.ReadBlob(hashOf(pictureOf(0))); err != nil || !bytes.Equal(got, pictureOf(0)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	broken.Store(false)
}

// TestBlobMemory: the largest picture is in memory twice at most while it is put, read or finished.
func TestBlobMemory(t *testing.T) {
	me, _ := keyOf(1)
	db := mustOpen(t, Options{Dir: t.TempDir(), Self: me})
	data := make([]byte, chat.MaxBlob)
	for i := range data {
		data[i] = byte(i >> 8)
	}
	other := bytes.Clone(data)
	other[0] ^= 1
	h := hashOf(other)
	for from := 0; from < len(other); from += chat.ChunkBytes {
		err := wait(func(done func(error)) {
			db.AppendBlob(h, uint32(len(other)), uint32(from), other[from:from+chat.ChunkBytes], done)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, do := range map[string]func() error{
		"put":     func() error { return keep(db, data) },
		"put two": func() error { return keep(db, data) },
		"finish":  func() error { return wait(func(done func(error)) { db.FinishBlob(h, fine, done) }) },
		"read":    func() error { _, err := db.ReadBlob(hashOf(data)); return err },
	} {
		if name == "read" {
			if err := keep(db, data); err != nil {
				t.Fatal(err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := do()
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; err != nil || taken > chat.MaxBlob+2<<20 {
			t.Errorf("%s takes %d bytes: %v", name, taken, err)
		}
	}
}

// TestBlobNameTaken: a name that cannot be made leaves the part, and nothing of what was put.
func TestBlobNameTaken(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, a := pictures(t, o, 1)
	data := pictureOf(5)
	h := hashOf(data)
	if err := commit(t, db, chatBatch(a.shows(data))); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(o.Dir, dirBlobs, blobFile(h, wholeSuffix))
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), privateFolder); err != nil {
		t.Fatal(err)
	}
	if err := keep(db, data); err == nil {
		t.Error("put over a folder")
	}
	if err := fetch(db, data); err == nil {
		t.Error("finished over a folder")
	}
	if s := db.Blob(h); s != (chat.BlobState{Received: uint32(len(data))}) {
		t.Errorf("%+v", s)
	}
	if got := blobFiles(t, o.Dir); len(got) != 3 || !slices.Contains(got, blobFile(h, partSuffix)) {
		t.Errorf("files are %v", got)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	if err := fetch(db, data); err != nil {
		t.Error(err)
	}
	if s := db.Blob(h); !s.Here {
		t.Errorf("%+v", s)
	}
	if _, err := os.Stat(inTheWay + partSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
