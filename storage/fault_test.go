package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"haggle/chat"
	"haggle/storage/journal"
)

// faulty is the journal's folder on a disk that fails when it is told to.
type faulty struct {
	journal.FS
	fail func(what string) error
}

type faultyFile struct {
	journal.File
	fail func(what string) error
}

func (f faulty) Create(name string) (journal.File, error) {
	if err := f.fail("create"); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name)
	return faultyFile{file, f.fail}, err
}

func (f faulty) Open(name string) (journal.File, error) {
	if err := f.fail("open"); err != nil {
		return nil, err
	}
	file, err := f.FS.Open(name)
	return faultyFile{file, f.fail}, err
}

func (f faulty) Rename(from, to string) error {
	return errors.Join(f.fail("rename"), f.FS.Rename(from, to))
}

func (f faulty) SyncDir(name string) error { return errors.Join(f.fail("syncdir"), f.FS.SyncDir(name)) }

func (f faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.fail("write"); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, err
	}
	return f.File.WriteAt(b, off)
}

func (f faultyFile) Sync() error { return errors.Join(f.fail("sync"), f.File.Sync()) }

var errIO = errors.New("input/output error")

// faultyStore is a store whose journal asks fail before each operation.
func faultyStore(t *testing.T, fail func(what string) error) (*DB, Options) {
	t.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me, Notify: mayRebuild(t)}
	mustClose(t, mustOpen(t, o))
	plain := o
	o.journalFS = faulty{journal.DirFS(filepath.Join(o.Dir, dirJournal)), fail}
	return mustOpen(t, o), plain
}

func TestJournalFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		what  string
		times int32 // how often it fails
		err   error
		want  error // what the commit says
		after error // what the next one says
	}{
		{"one failed sync is made good", "sync", 1, errIO, nil, nil},
		{"one failed write is made good", "write", 1, errIO, nil, nil},
		{"full at a write", "write", 1, errNoSpace, chat.ErrDiskFull, nil},
		{"no more syncs", "sync", 1 << 30, errIO, chat.ErrReadOnly, chat.ErrReadOnly},
		{"no more writes", "write", 1 << 30, errIO, chat.ErrReadOnly, chat.ErrReadOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			var left atomic.Int32
			db, o := faultyStore(t, func(what string) error {
				if what == c.what && left.Load() > 0 {
					left.Add(-1)
					return c.err
				}
				return nil
			})
			a := messages(t, db, 20)
			was := *a
			left.Store(c.times)
			err := commit(t, db, chatBatch(a.says("in question")))
			if !errors.Is(err, c.want) {
				t.Fatalf("commit: %v, want %v", err, c.want)
			}
			if err != nil {
				*a = was
			}
			err = commit(t, db, chatBatch(a.says("next")))
			if !errors.Is(err, c.after) {
				t.Fatalf("next commit: %v, want %v", err, c.after)
			}
			if err != nil {
				*a = was
			}
			if held := *a; held.resume(db) != nil || held.seq != a.seq {
				t.Fatalf("%d messages, want %d", held.seq, a.seq)
			}
			left.Store(0)
			_ = db.Close()
			db = mustOpen(t, o)
			held := *a
			// What was refused for good may be there after a restart: its numbers are not used again by then.
			if err := held.resume(db); err != nil || held.seq < a.seq || c.after == nil && held.seq != a.seq {
				t.Fatalf("%d messages after a restart, want %d: %v", held.seq, a.seq, err)
			}
			if err := db.checkNow(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEveryJournalFault lets each operation of a scenario fail, once and for good: what was confirmed is there afterwards.
func TestEveryJournalFault(t *testing.T) {
	t.Parallel()
	for _, sticky := range []bool{false, true} {
		for n := int32(1); ; n++ {
			var count atomic.Int32
			armed := atomic.Bool{}
			db, o := faultyStore(t, func(string) error {
				if !armed.Load() {
					return nil
				}
				if at := count.Add(1); at == n || sticky && at > n {
					return errIO
				}
				return nil
			})
			a := messages(t, db, 5)
			armed.Store(true)
			for i := range 12 {
				was := *a
				b := chatBatch(a.says(fmt.Sprint(i), randomText(40_000)))
				b.Soft = i%3 == 0
				if err := commit(t, db, b); err != nil {
					*a = was
				}
			}
			armed.Store(false)
			_ = db.Close()
			db = mustOpen(t, o)
			held := *a
			if err := held.resume(db); err != nil || held.seq < a.seq {
				t.Fatalf("sticky %v, operation %d: %d messages, want %d: %v", sticky, n, held.seq, a.seq, err)
			}
			hash, err := db.HashAt(a.log, a.seq)
			if err != nil || hash != a.hash {
				t.Fatalf("sticky %v, operation %d: another message %d: %v", sticky, n, a.seq, err)
			}
			mustClose(t, db)
			if count.Load() < n {
				t.Logf("sticky %v: %d operations", sticky, n-1)
				break
			}
		}
	}
}

// TestIndexFault takes the index away under the committer.
func TestIndexFault(t *testing.T) {
	me, _ := keyOf(1)
	rebuilt := 0
	o := Options{Dir: t.TempDir(), Self: me, Notify: func(n chat.Notice) {
		if n == chat.NoticeRebuilt {
			rebuilt++
		}
	}}
	db := mustOpen(t, o)
	a := messages(t, db, 20)
	if err := db.index.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, db, chatBatch(a.says("after"))); err != nil {
		t.Fatal(err)
	}
	if held := *a; held.resume(db) != nil || held.seq != a.seq || rebuilt != 1 {
		t.Fatalf("%d messages, want %d; rebuilt %d times", held.seq, a.seq, rebuilt)
	}
}
