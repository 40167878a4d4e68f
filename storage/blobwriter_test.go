package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"haggle/chat"
)

// The writer of pictures makes each message one, but each fifth takes back the one three before. Odd ones are put and then
// said, even ones said and then fetched: message seq is safe when it is on disk with its picture.

func pictureOf(seq uint64) []byte {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], seq)
	r := rand.NewChaCha8(seed)
	b := make([]byte, 10_000+r.Uint64()%150_000)
	_, _ = r.Read(b)
	return b
}

func takesBack(seq uint64) (uint64, bool) { return seq - 3, seq%5 == 0 }

func takenBack(seq, last uint64) bool { return seq%5 == 2 && seq+3 <= last }

// shows is the record of a message with a picture.
func (a *author) shows(picture []byte) chat.GroupRecord {
	return a.body(chat.Body{Kind: chat.KindImage, Image: &chat.Image{Hash: sha256.Sum256(picture), Size: uint32(len(picture)), Type: "png"}})
}

func (a *author) body(b chat.Body) chat.GroupRecord {
	e := chat.Entry{Seq: a.seq + 1, Previous: a.hash, Clock: a.clock + 1, SentAt: 1_700_000_000_000 + int64(a.seq), Kind: b.Kind}
	e.SetBody(b.Encode())
	a.seq, a.hash, a.clock = e.Seq, e.Hash(), e.Clock
	g := &chat.Group{Entries: []chat.Entry{e}}
	g.Sign(a.key)
	return chat.GroupRecord{Log: a.log, Group: g, At: 1_700_000_000_000 + int64(a.clock)}
}

func wait(call func(done func(error))) error {
	done := make(chan error, 1)
	call(func(err error) { done <- err })
	return <-done
}

func keep(db *DB, data []byte) error {
	return wait(func(done func(error)) { db.PutBlob(data, func(_ chat.Hash, err error) { done(err) }) })
}

func fine([]byte) error { return nil }

// fetch takes in what is not here yet of a picture.
func fetch(db *DB, data []byte) error {
	h := chat.Hash(sha256.Sum256(data))
	s := db.Blob(h)
	for from := int(s.Received); from < len(data); from += 16 << 10 {
		chunk := data[from:min(from+16<<10, len(data))]
		err := wait(func(done func(error)) { db.AppendBlob(h, uint32(len(data)), uint32(from), chunk, done) })
		if err != nil {
			return err
		}
	}
	return wait(func(done func(error)) { db.FinishBlob(h, fine, done) })
}

func writePictures(db *DB, a *author, room chat.RoomRecord) error {
	do := func(r chat.Record) error {
		return wait(func(done func(error)) { db.Commit(chat.Batch{Records: []chat.Record{r}}, done) })
	}
	if err := a.resume(db); errors.Is(err, chat.ErrNotFound) {
		if err := do(room); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if _, no := takesBack(a.seq); a.seq > 0 && !no {
		if err := fetch(db, pictureOf(a.seq)); err != nil { // what the last writer did not come to the end of
			return fmt.Errorf("message %d: %w", a.seq, err)
		}
	}
	for {
		var err error
		seq := a.seq + 1
		data := pictureOf(seq)
		if back, yes := takesBack(seq); yes {
			err = do(a.body(chat.Body{Kind: chat.KindWithdrawal, Seq: back}))
		} else if seq%2 == 1 {
			if err = keep(db, data); err == nil {
				err = do(a.shows(data))
			}
		} else if err = do(a.shows(data)); err == nil {
			err = fetch(db, data)
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", seq, err)
		}
		fmt.Println("safe", seq)
	}
}

// verifyPictures opens what a dead writer left and checks each picture: those up to safe are whole, those taken back are
// gone, and nothing else is there. With torn, parts may be: the machine lost power.
func verifyPictures(t *testing.T, dir string, safe uint64, torn bool) uint64 {
	t.Helper()
	me, _ := keyOf(1)
	db := mustOpen(t, Options{Dir: dir, Self: me, MinFree: 1 << 20, Notify: mayRebuild(t)})
	defer mustClose(t, db)
	a, _ := newAuthor(0)
	if err := a.resume(db); err != nil && (safe > 0 || !errors.Is(err, chat.ErrNotFound)) {
		t.Fatal(err)
	}
	if a.seq < safe {
		t.Fatalf("%d messages, but %d were safe", a.seq, safe)
	}
	var files []string
	for seq := uint64(1); seq <= a.seq; seq++ {
		if _, yes := takesBack(seq); yes {
			continue
		}
		data := pictureOf(seq)
		h := chat.Hash(sha256.Sum256(data))
		s := db.Blob(h)
		switch {
		case takenBack(seq, a.seq):
			if s != (chat.BlobState{}) {
				t.Fatalf("picture %d was taken back: %+v", seq, s)
			}
			continue
		case !s.Here && seq <= safe:
			t.Fatalf("picture %d of %d safe ones: %+v", seq, safe, s)
		case !s.Here:
			err := fetch(db, data) // goes on where the writer was
			if torn && errors.Is(err, chat.ErrBlobDamaged) {
				err = fetch(db, data)
			}
			if err != nil {
				t.Fatalf("picture %d with %d bytes: %v", seq, s.Received, err)
			}
		}
		if got, err := db.ReadBlob(h); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("picture %d: %d bytes, %v", seq, len(got), err)
		}
		files = append(files, blobFile(h, wholeSuffix))
	}
	slices.Sort(files)
	if got := blobFiles(t, dir); !slices.Equal(got, files) {
		t.Fatalf("%d files, want %d: %v", len(got), len(files), got)
	}
	return a.seq
}

// blobFiles lists the folder.
func blobFiles(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, dirBlobs))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
