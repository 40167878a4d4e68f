package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	do   func(chance *rand.Rand, name string, size int64) error
}{
	{"delete", func(_ *rand.Rand, name string, _ int64) error { return os.Remove(name) }},
	{"empty", func(_ *rand.Rand, name string, _ int64) error { return os.Truncate(name, 0) }},
	{"truncate", func(chance *rand.Rand, name string, size int64) error { return os.Truncate(name, chance.Int64N(size)) }},
	{"shorten", func(chance *rand.Rand, name string, size int64) error {
		return os.Truncate(name, size-1-chance.Int64N(min(size, 64)))
	}},
	{"flip", func(chance *rand.Rand, name string, size int64) error {
		return overwrite(chance, name, size, 1, func(b []byte) { b[0] ^= 1 << chance.IntN(8) })
	}},
	{"flips", func(chance *rand.Rand, name string, size int64) error {
		for range 20 {
			if err := overwrite(chance, name, size, 1, func(b []byte) { b[0] ^= 1 << chance.IntN(8) }); err != nil {
				return err
			}
		}
		return nil
	}},
	{"zero", func(chance *rand.Rand, name string, size int64) error {
		return overwrite(chance, name, size, 4096, func(b []byte) { clear(b) })
	}},
	{"garbage", func(chance *rand.Rand, name string, size int64) error {
		return overwrite(chance, name, size, 512, func(b []byte) {
			for i := range b {
				b[i] = byte(chance.Uint32())
			}
		})
	}},
}

// overwrite changes n bytes of a file somewhere in what was ever written of it.
func overwrite(chance *rand.Rand, name string, size, n int64, change func([]byte)) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	used := min(size, 300<<10) // the rest of preallocated files is empty
	b := make([]byte, min(n, used))
	at := chance.Int64N(used - int64(len(b)) + 1)
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

// openBelow lists the files of a folder that this process has open, where the system tells.
func openBelow(dir string) []string {
	var names []string
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, l := range links {
		name, err := os.Readlink(filepath.Join("/proc/self/fd", l.Name()))
		if err == nil && strings.HasPrefix(name, dir+string(filepath.Separator)) {
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

// TestDamagedIndex damages each file of the index in each way, after a clean end and after a kill, and reads everything: it
// is all there, whatever it takes.
func TestDamagedIndex(t *testing.T) { testDamage(t, dirIndex) }

// TestDamagedJournal does the same to the journal: what it lost, the index gives back.
func TestDamagedJournal(t *testing.T) { testDamage(t, dirJournal) }

func testDamage(t *testing.T, folder string) {
	me, _ := keyOf(1)
	clean, killed := t.TempDir(), t.TempDir()
	db, safe := twoStarts(t, clean)
	copyTree(t, clean, killed)
	mustClose(t, db)
	for i, from := range []string{clean, killed} {
		for j, file := range filesOf(t, from, folder) {
			name, _ := filepath.Rel(from, file)
			for k, d := range damages {
				if (i+j+k)%2 > 0 && soak(1) == 1 {
					continue // each in turn is enough for every day
				}
				for i := range soak(1) {
					t.Run(fmt.Sprint(map[bool]string{true: "clean", false: "killed"}[from == clean], "/", name, "/", d.name, "/", i), func(t *testing.T) {
						t.Parallel()
						dir := t.TempDir()
						copyTree(t, from, dir)
						info, err := os.Stat(filepath.Join(dir, name))
						if err == nil {
							err = d.do(lots(t), filepath.Join(dir, name), info.Size())
						}
						if err != nil {
							t.Fatal(err)
						}
						notify := mayRebuild(t)
						if folder == dirJournal && from == killed {
							notify = func(chat.Notice) {} // how much the end of the journal held is not known
						}
						if held := verifyWith(t, dir, safe, notify); held != safe {
							t.Fatalf("%d messages", held)
						}
						if held := verify(t, dir, safe); held != safe {
							t.Fatalf("%d messages at the second start", held)
						}
						if folder == dirIndex {
							return
						}
						scrubAll(t, Options{Dir: dir, Self: me})
						if err := os.RemoveAll(filepath.Join(dir, dirIndex)); err != nil {
							t.Fatal(err)
						}
						if held := verify(t, dir, safe); held != safe {
							t.Fatalf("%d messages in the journal alone", held)
						}
					})
				}
			}
		}
	}
}

// TestMissingTable: an index of which a table is missing, as virus scanners take files away, is moved while none of its
// files is open, which Windows needs.
func TestMissingTable(t *testing.T) {
	dir := t.TempDir()
	db, safe := twoStarts(t, dir)
	mustClose(t, db)
	tables, err := filepath.Glob(filepath.Join(dir, dirIndex, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables: %q, %v", tables, err)
	}
	if err := os.Remove(tables[0]); err != nil {
		t.Fatal(err)
	}
	if held := verifyWith(t, dir, safe, mayRebuild(t)); held != safe {
		t.Errorf("%d messages, want %d", held, safe)
	}
	if left := openBelow(filepath.Join(dir, dirQuarantine)); len(left) > 0 {
		t.Errorf("still open: %q", left)
	}
}

// TestMissingManifest: Badger would take an index without a manifest for a new one, and remove its tables. They go to quarantine
// as they are, for whoever wants to get something back out of them.
func TestMissingManifest(t *testing.T) {
	dir := t.TempDir()
	db, safe := twoStarts(t, dir)
	mustClose(t, db)
	want := filesOf(t, dir, dirIndex)
	if err := os.Remove(filepath.Join(dir, dirIndex, "MANIFEST")); err != nil {
		t.Fatal(err)
	}
	if held := verifyWith(t, dir, safe, mayRebuild(t)); held != safe {
		t.Errorf("%d messages, want %d", held, safe)
	}
	tables := 0
	for _, name := range want {
		if filepath.Ext(name) != ".sst" {
			continue
		}
		tables++
		if _, err := os.Stat(filepath.Join(dir, dirQuarantine, dirIndex+"-1", filepath.Base(name))); err != nil {
			t.Error(err)
		}
	}
	if tables == 0 {
		t.Errorf("no table in %q", want)
	}
}

// TestIndexThatCannotBeMoved: what Badger refused cannot go to quarantine where its files are still open; the next start
// moves it before Badger sees it.
func TestIndexThatCannotBeMoved(t *testing.T) {
	dir := t.TempDir()
	db, safe := twoStarts(t, dir)
	mustClose(t, db)
	logs, err := filepath.Glob(filepath.Join(dir, dirIndex, "*.vlog"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("value logs: %q, %v", logs, err)
	}
	for _, name := range logs {
		if err := overwrite(lots(t), name, 16, 16, func(b []byte) { b[0] ^= 0xff }); err != nil {
			t.Fatal(err)
		}
	}
	errOpen := errors.New("a file of it is open")
	me, _ := keyOf(1)
	o := Options{Dir: dir, Self: me, MinFree: 1 << 20, Notify: mayRebuild(t)}
	stuck := o
	stuck.step = func(what string) error {
		if what == "quarantine" {
			return errOpen
		}
		return nil
	}
	if _, err := open(stuck); !errors.Is(err, errOpen) {
		t.Fatalf("open: %v, want %v", err, errOpen)
	}
	before := openBelow(filepath.Join(dir, dirIndex))
	if held := verifyWith(t, dir, safe, o.Notify); held != safe {
		t.Errorf("%d messages, want %d", held, safe)
	}
	if after := openBelow(filepath.Join(dir, dirQuarantine)); len(after) > len(before) {
		t.Errorf("the second start opened it, too: %q, before %q", after, before)
	}
}

// twoStarts fills the store of a folder, so that its index has tables and a memtable, and says how many messages it holds.
func twoStarts(t *testing.T, dir string) (db *DB, held uint64) {
	t.Helper()
	const n = 600
	me, _ := keyOf(1)
	db = mustOpen(t, Options{Dir: dir, Self: me})
	messages(t, db, n/2)
	mustClose(t, db)
	db = mustOpen(t, Options{Dir: dir, Self: me})
	a, _ := newAuthor(0)
	if err := a.resume(db); err != nil {
		t.Fatal(err)
	}
	for a.seq < n {
		if err := commit(t, db, chat.Batch{Records: []chat.Record{a.says(textOf(a.seq + 1))}, Soft: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := commit(t, db, chatBatch(a.says(textOf(a.seq+1)))); err != nil { // with a sync
		t.Fatal(err)
	}
	return db, a.seq
}

// TestSilentLoss takes single keys out of the index, as a lost block would, and gives back an older value of others: the
// next start notices, or for what it does not look at, the full check.
func TestSilentLoss(t *testing.T) {
	t.Parallel()
	db, o := randomStore(t, 7, 400)
	want, chance := dump(t, db), lots(t)
	mustClose(t, db)
	byKind := map[byte][]string{}
	for key := range want {
		byKind[key[0]] = append(byKind[key[0]], key)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		keys := byKind[kind]
		slices.Sort(keys)
		for _, lose := range []bool{true, false} {
			key := []byte(keys[chance.IntN(len(keys))])
			old := append([]byte(want[keys[chance.IntN(len(keys))]]), 0)
			if kind == keyAbout {
				lose = true // it has no value
			}
			x, err := openTestIndex(o)
			if err != nil {
				t.Fatal(err)
			}
			txn := x.db.NewTransaction(true)
			if lose {
				err = txn.Delete(key)
			} else {
				err = put(txn, key, old)
			}
			if err = errors.Join(err, txn.Commit(), x.close()); err != nil {
				t.Fatal(err)
			}
			rebuilt := 0
			o.Notify = func(n chat.Notice) {
				if n == chat.NoticeRebuilt {
					rebuilt++
				}
			}
			db := mustOpen(t, o)
			if kind == keyGroup || kind == keyVersion {
				stopCommitter(t, db)
				if err := db.checkNow(); !errors.Is(err, errDamaged) {
					t.Errorf("check with a spoilt %c (lost %v): %v", kind, lose, err)
				}
				if err := db.rebuild(errDamaged); err != nil {
					t.Fatal(err)
				}
				if err := db.release(); err != nil {
					t.Fatal(err)
				}
				db = mustOpen(t, o)
			}
			if wrong := differences(dump(t, db), want); len(wrong) > 0 || rebuilt != 1 {
				t.Errorf("after a spoilt %c (lost %v): rebuilt %d times, %v differ", kind, lose, rebuilt, wrong)
			}
			mustClose(t, db)
		}
	}
}

// TestLostManifest: Badger would delete all tables and call it a new database.
func TestLostManifest(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	a := messages(t, db, 50)
	mustClose(t, db)
	if err := os.Remove(filepath.Join(o.Dir, dirIndex, "MANIFEST")); err != nil {
		t.Fatal(err)
	}
	if held := verify(t, o.Dir, a.seq); held != a.seq {
		t.Errorf("%d messages", held)
	}
	tables, err := filepath.Glob(filepath.Join(o.Dir, dirQuarantine, "*", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Errorf("quarantine has %d tables, %v", len(tables), err)
	}
}

// scrubAll lets a store check its whole journal.
func scrubAll(t *testing.T, o Options) {
	t.Helper()
	db := mustOpen(t, o)
	stopCommitter(t, db)
	for db.scrub > 0 {
		db.scrubStep()
	}
	db.clean = true
	if err := db.release(); err != nil {
		t.Fatal(err)
	}
}

func TestSeal(t *testing.T) {
	key, value := []byte("key"), []byte("value")
	summed := withSum(key, append([]byte{}, value...))
	if got, err := cutSum(key, summed); err != nil || string(got) != "value" {
		t.Fatalf("%q, %v", got, err)
	}
	for i := range 8 * len(summed) {
		spoilt := append([]byte{}, summed...)
		spoilt[i/8] ^= 1 << (i % 8)
		if _, err := cutSum(key, spoilt); !errors.Is(err, errCorrupt) {
			t.Errorf("bit %d: %v", i, err)
		}
	}
	if _, err := cutSum([]byte("kex"), summed); !errors.Is(err, errCorrupt) {
		t.Errorf("under another key: %v", err)
	}
	for n := range summed {
		if _, err := cutSum(key, summed[:n]); !errors.Is(err, errCorrupt) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// TestCheck spoils what the full check alone looks at.
func TestCheck(t *testing.T) {
	me, _ := keyOf(1)
	db := mustOpen(t, Options{Dir: t.TempDir(), Self: me})
	a := messages(t, db, 20)
	if err := db.checkNow(); err != nil {
		t.Fatal(err)
	}
	stopCommitter(t, db) // which looks at the index when it has nothing to do
	t.Cleanup(func() { _ = db.release() })
	on := db.index.view()
	stored, last, err := groupAt(on, a.log, 10)
	if err != nil {
		t.Fatal(err)
	}
	g, err := stored.group()
	if err != nil {
		t.Fatal(err)
	}
	stored.before++ // one row too many
	s := newStage(on)
	s.put(groupKey(a.log, last), stored.encode(len(g.Entries)))
	err = db.index.commit(s, on, db.index.head.position, db.index.head.hard, nil)
	on.txn.Discard()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.checkNow(); !errors.Is(err, errDamaged) {
		t.Errorf("rows do not add up: %v", err)
	}
}

// TestIndexAheadOfJournal: a power cut may take soft records out of the journal that the index has applied.
func TestIndexAheadOfJournal(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	a := messages(t, db, 20)
	stopCommitter(t, db)
	on := db.index.view()
	err := db.index.commit(newStage(on), on, db.index.head.position+5, db.index.head.hard, nil)
	on.txn.Discard()
	if err = errors.Join(err, db.release()); err != nil {
		t.Fatal(err)
	}
	db = mustOpen(t, o)
	if position, next := db.index.head.position, db.journal.Stats().Next; position != next-1 {
		t.Errorf("index stands at %d, journal goes on with %d", position, next)
	}
	if held := *a; held.resume(db) != nil || held.seq != a.seq {
		t.Errorf("%d messages, want %d", held.seq, a.seq)
	}
}
