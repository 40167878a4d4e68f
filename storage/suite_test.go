package storage

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

// onDisk is a DB with its folder, and what happens to that between two starts.
type onDisk struct {
	*DB
	opts    Options
	between func(t *testing.T, d onDisk) Options
}

func (d onDisk) Reopen(t *testing.T) storetest.Reopener {
	t.Helper()
	o := d.between(t, d)
	return onDisk{mustOpen(t, o), o, d.between}
}

// mustOpen opens a store. Unless the options listen themselves, the test fails if there is something to notify of.
func mustOpen(t testing.TB, o Options) *DB {
	t.Helper()
	if o.Notify == nil {
		o.Notify = func(n chat.Notice) { t.Errorf("notice %q", n) }
	}
	db, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustClose(t testing.TB, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestStore runs the suite several times, each with something else between a store's two lives.
func TestStore(t *testing.T) {
	for _, c := range []struct {
		name    string
		between func(t *testing.T, d onDisk) Options
	}{
		{"Closed", func(t *testing.T, d onDisk) Options {
			mustClose(t, d.DB)
			return d.opts
		}},
		{"IndexLost", func(t *testing.T, d onDisk) Options {
			mustClose(t, d.DB)
			return loseIndex(t, d.opts)
		}},
		{"Baseline", func(t *testing.T, d onDisk) Options {
			mustClose(t, d.DB)
			db := mustOpen(t, d.opts)
			stopCommitter(t, db)
			if err := db.writeBaseline(); err != nil {
				t.Fatal(err)
			}
			if err := db.release(); err != nil {
				t.Fatal(err)
			}
			return loseIndex(t, d.opts)
		}},
		{"Killed", func(t *testing.T, d onDisk) Options {
			o := d.opts
			o.Dir = t.TempDir()
			copyTree(t, d.opts.Dir, o.Dir)
			mustClose(t, d.DB)
			o.Notify = mayRebuild(t) // the files were not copied at one instant
			return o
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, self chat.PeerID) storetest.Reopener {
				o := Options{Dir: t.TempDir(), Self: self, photos: storetest.CacheBytes}
				return onDisk{mustOpen(t, o), o, c.between}
			})
		})
	}
}

// loseIndex removes the index; that it is built again is no surprise from now on.
func loseIndex(t *testing.T, o Options) Options {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(o.Dir, dirIndex)); err != nil {
		t.Fatal(err)
	}
	o.Notify = mayRebuild(t)
	return o
}

// mayRebuild hears of an index that was built again, and of nothing else.
func mayRebuild(t testing.TB) func(chat.Notice) {
	return func(n chat.Notice) {
		if n != chat.NoticeRebuilt {
			t.Errorf("notice %q", n)
		}
	}
}

// stopCommitter ends the committer, so that the test may do its work.
func stopCommitter(t *testing.T, db *DB) {
	t.Helper()
	db.queue.close()
	<-db.ended
	db.stop()
	db.background.Wait()
}

// copyTree copies a folder as a kill would leave it: with what was written, synced or not. Badger may just be removing a
// file, then it is copied again.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	for {
		err := filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			below, err := filepath.Rel(from, name)
			if err != nil {
				return err
			}
			if e.IsDir() {
				return os.MkdirAll(filepath.Join(to, below), privateFolder)
			}
			return copyFile(name, filepath.Join(to, below))
		})
		if err == nil {
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
	}
}

// copyFile leaves holes where the file has zeros: Badger's files are large and nearly empty.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, privateFile)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := out.Truncate(info.Size()); err != nil {
		return err
	}
	block, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); ; {
		n, err := in.ReadAt(block, at)
		if !bytes.Equal(block[:n], zeros[:n]) {
			if _, err := out.WriteAt(block[:n], at); err != nil {
				return err
			}
		}
		if at += int64(n); err == io.EOF {
			return os.Chtimes(to, info.ModTime(), info.ModTime())
		} else if err != nil {
			return err
		}
	}
}
