package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"haggle/chat"
)

// messages fills a store with what a writer would have written, in groups of different sizes.
func messages(t testing.TB, db *DB, n int) *author {
	t.Helper()
	a, room := newAuthor(0)
	if err := commit(t, db, chat.Batch{Records: []chat.Record{room}}); err != nil {
		t.Fatal(err)
	}
	for size := 1; a.seq < uint64(n); size = size%5 + 1 {
		var texts []string
		for i := range size {
			texts = append(texts, textOf(a.seq+1+uint64(i)))
		}
		if err := commit(t, db, chat.Batch{Records: []chat.Record{a.says(texts...)}, Soft: true}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// damages are what disks and people do to files.
var damages = []struct {
	name string
	do   func(name string, size int64) error
}{
	{"delete", func(name string, _ int64) error { return os.Remove(name) }},
	{"empty", func(name string, _ int64) error { return os.Truncate(name, 0) }},
	{"truncate", func(name string, size int64) error { return os.Truncate(name, rand.Int64N(size)) }},
	{"shorten", func(name string, size int64) error { return os.Truncate(name, size-1-rand.Int64N(min(size, 64))) }},
	{"flip", func(name string, size int64) error {
		return overwrite(name, size, 1, func(b []byte) { b[0] ^= 1 << rand.IntN(8) })
	}},
	{"flips", func(name string, size int64) error {
		for range 20 {
			if err := overwrite(name, size, 1, func(b []byte) { b[0] ^= 1 << rand.IntN(8) }); err != nil {
				return err
			}
		}
		return nil
	}},
	{"zero", func(name string, size int64) error { return overwrite(name, size, 4096, func(b []byte) { clear(b) }) }},
	{"garbage", func(name string, size int64) error {
		return overwrite(name, size, 512, func(b []byte) {
			for i := range b {
				b[i] = byte(rand.Uint32())
			}
		})
	}},
}

// overwrite changes n bytes of a file somewhere in what was ever written of it.
func overwrite(name string, size, n int64, change func([]byte)) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	used := min(size, 300<<10) // the rest of preallocated files is empty
	b := make([]byte, min(n, used))
	at := rand.Int64N(used - int64(len(b)) + 1)
	if _, err = f.ReadAt(b, at); err == nil {
		change(b)
		_, err = f.WriteAt(b, at)
	}
	return errors.Join(err, f.Close())
}

// filesOf lists the files below a folder of the store that have a content.
func filesOf(t *testing.T, dir, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(dir, folder), func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if info, err := e.Info(); err == nil && info.Size() > 0 {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestDamagedIndex damages each file of the index in each way, after a clean end and after a kill, and reads everything: it
// is all there, whatever it takes.
func TestDamagedIndex(t *testing.T) { testDamage(t, dirIndex) }

// TestDamagedJournal does the same to the journal: what it lost, the index gives back.
func TestDamagedJournal(t *testing.T) { testDamage(t, dirJournal) }

func testDamage(t *testing.T, folder string) {
	const n = 600
	me, _ := keyOf(1)
	clean, killed := t.TempDir(), t.TempDir()
	db := mustOpen(t, Options{Dir: clean, Self: me})
	messages(t, db, n/2)
	mustClose(t, db)
	db = mustOpen(t, Options{Dir: clean, Self: me}) // so that there are tables and a memtable
	a, _ := newAuthor(0)
	if err := a.resume(db); err != nil {
		t.Fatal(err)
	}
	for a.seq < n {
		if err := commit(t, db, chat.Batch{Records: []chat.Record{a.says(textOf(a.seq + 1))}, Soft: true}); err != nil {
			t.Fatal(err)
		}
	}
	copyTree(t, clean, killed)
	mustClose(t, db)
	for _, from := range []string{clean, killed} {
		for _, file := range filesOf(t, from, folder) {
			name, _ := filepath.Rel(from, file)
			for _, d := range damages {
				for i := range soak(1) {
					t.Run(fmt.Sprint(map[bool]string{true: "clean", false: "killed"}[from == clean], "/", name, "/", d.name, "/", i), func(t *testing.T) {
						t.Parallel()
						dir := t.TempDir()
						copyTree(t, from, dir)
						info, err := os.Stat(filepath.Join(dir, name))
						if err == nil {
							err = d.do(filepath.Join(dir, name), info.Size())
						}
						if err != nil {
							t.Fatal(err)
						}
						notify := mayRebuild(t)
						if folder == dirJournal && from == killed {
							notify = func(chat.Notice) {} // how much the end of the journal held is not known
						}
						if held := verifyWith(t, dir, a.seq, notify); held != a.seq {
							t.Fatalf("%d messages", held)
						}
						if held := verify(t, dir, a.seq); held != a.seq {
							t.Fatalf("%d messages at the second start", held)
						}
					})
				}
			}
		}
	}
}
