package storage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"haggle/chat"
	"haggle/storage/journal"
	"haggle/storage/seal"
)

// lockKey is the lock of these tests.
var lockKey = seal.Key{'l', 'o', 'c', 'k'}

// marker is a text that is found in a file if anything of it is in the open. Nothing in it repeats, so nobody compresses it.
func marker(kind string, n int) string {
	return fmt.Sprintf("%s %x", kind, sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n)))[:32]
}

// markers is how many there are of each kind.
const markers = 10

// marked is the picture with a marker, as a camera writes who took it.
func marked(n int) []byte {
	return append(append([]byte("\x89PNG Author: "), marker("picture", n)...), pictureOf(uint64(n))...)
}

// markedStore fills a store with markers, in texts, names, titles, pictures and drafts, and with a part of a picture, a mark
// of one and something in quarantine.
func markedStore(t testing.TB, db *DB) *author {
	t.Helper()
	a, room := newAuthor(0)
	records := []chat.Record{room}
	for n := range markers {
		if err := keep(db, marked(n)); err != nil {
			t.Fatal(err)
		}
		records = append(records, a.says(marker("text", n)), a.shows(marked(n)))
		seller, key := keyOf(byte(100 + n))
		p := &chat.Profile{Peer: seller, Version: 1, Name: marker("name", n)}
		p.Sign(key)
		l := &chat.Listing{Seller: seller, ID: chat.ListingID{5}, Version: 1, Status: chat.Available, UpdatedAt: 5}
		l.SetGoods(chat.Goods{Title: marker("title", n), Price: chat.Money{Minor: 100, Currency: "EUR"}})
		l.Sign(key)
		records = append(records, chat.ProfileRecord{Profile: p}, chat.ListingRecord{Listing: l})
		if err := db.SetDraft(chat.RoomFor(seller, seller), marker("draft", n), time.UnixMilli(1)); err != nil {
			t.Fatal(err)
		}
	}
	records = append(records, a.shows(pictureOf(77)), a.shows(pictureOf(78)))
	if err := commit(t, db, chatBatch(records...)); err != nil {
		t.Fatal(err)
	}
	half := pictureOf(77)[:70_000]
	err := wait(func(done func(error)) {
		db.AppendBlob(hashOf(pictureOf(77)), uint32(len(pictureOf(77))), 0, half, done)
	})
	if err == nil {
		err = wait(func(done func(error)) { db.MarkBlob(hashOf(pictureOf(78)), chat.MarkFailed, done) })
	}
	aside := filepath.Join(db.opts.Dir, dirQuarantine, "index-1")
	err = errors.Join(err, os.MkdirAll(aside, privateFolder))
	err = errors.Join(err, os.WriteFile(filepath.Join(aside, "000001.sst"), []byte(marker("text", 0)), privateFile))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// checkMarked fails unless everything of markedStore is there.
func checkMarked(t testing.TB, db *DB, a *author) {
	t.Helper()
	held := *a
	if err := held.resume(db); err != nil || held.seq != a.seq || held.hash != a.hash {
		t.Fatalf("%d messages, want %d: %v", held.seq, a.seq, err)
	}
	for n := range markers {
		if got, err := db.ReadBlob(hashOf(marked(n))); err != nil || !bytes.Equal(got, marked(n)) {
			t.Fatalf("picture %d: %d bytes, %v", n, len(got), err)
		}
		seller, _ := keyOf(byte(100 + n))
		if p, err := db.Profile(seller); err != nil || p.Name != marker("name", n) {
			t.Fatalf("profile %d: %v", n, err)
		}
		if l, err := db.Listing(seller, chat.ListingID{5}); err != nil || l.Goods.Title != marker("title", n) {
			t.Fatalf("listing %d: %v", n, err)
		}
		if d, err := db.Draft(chat.RoomFor(seller, seller)); err != nil || d != marker("draft", n) {
			t.Fatalf("draft %d: %q, %v", n, d, err)
		}
	}
	if s := db.Blob(hashOf(pictureOf(77))); s.Here || s.Received != 70_000 {
		t.Fatalf("part %+v", s)
	}
	if s := db.Blob(hashOf(pictureOf(78))); s.Mark != chat.MarkFailed {
		t.Fatalf("mark %+v", s)
	}
}

// readable counts the markers, and the hashes of pictures, that are in the open in the folder: in files or in their names.
func readable(t testing.TB, dir string) (hits []string) {
	t.Helper()
	var all []string
	for _, kind := range []string{"text", "name", "title", "picture", "draft"} {
		for n := range markers {
			all = append(all, marker(kind, n))
		}
	}
	for n := range markers {
		h := hashOf(marked(n))
		all = append(all, h.String(), string(h[:]))
	}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		content := []byte(name)
		if e.Type().IsRegular() {
			raw, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			content = append(content, raw...)
		}
		for _, m := range all {
			if bytes.Contains(content, []byte(m)) {
				hits = append(hits, filepath.Base(name)+": "+m)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// TestNothingReadable: with the lock on nothing that a person wrote or showed can be read in the folder, while the store is open
// and after, in a store that always had a lock and in one that got one. Without, all kinds are found: the scan can see.
func TestNothingReadable(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	a := markedStore(t, db)
	mustClose(t, db)
	if hits := readable(t, o.Dir); len(hits) < 60 {
		t.Fatalf("%d markers are found without a lock", len(hits))
	}
	locked := o
	locked.Key = &lockKey
	for _, o := range []Options{locked, {Dir: t.TempDir(), Self: me, Key: &lockKey}} {
		db := mustOpen(t, o)
		if o.Dir != locked.Dir {
			a = markedStore(t, db)
			// What lies in quarantine is sealed with what came before the lock only.
			if err := os.RemoveAll(filepath.Join(o.Dir, dirQuarantine)); err != nil {
				t.Fatal(err)
			}
		}
		checkMarked(t, db, a)
		if hits := readable(t, o.Dir); len(hits) > 0 {
			t.Errorf("open: %v", hits)
		}
		mustClose(t, db)
		if hits := readable(t, o.Dir); len(hits) > 0 {
			t.Errorf("closed: %v", hits)
		}
		if _, err := Open(Options{Dir: o.Dir, Self: me}); !errors.Is(err, ErrSealed) {
			t.Errorf("without the key: %v", err)
		}
		other := seal.NewKey()
		if _, err := Open(Options{Dir: o.Dir, Self: me, Key: &other}); !errors.Is(err, ErrSealed) {
			t.Errorf("with another key: %v", err)
		}
		db = mustOpen(t, o)
		checkMarked(t, db, a)
		mustClose(t, db)
	}
	locked.Unlock = true
	db = mustOpen(t, locked)
	checkMarked(t, db, a)
	mustClose(t, db)
	db, err = Open(o) // the lock is gone
	if err != nil {
		t.Fatal(err)
	}
	checkMarked(t, db, a)
	mustClose(t, db)
	if raw, err := os.ReadFile(filepath.Join(o.Dir, dirQuarantine, "index-1", "000001.sst")); err != nil || string(raw) != marker("text", 0) {
		t.Errorf("quarantine: %q, %v", raw, err)
	}
}

// changeRun is a store to be locked or unlocked, and what must be in it.
type changeRun struct {
	plain, sealed string // folders
	a             *author
}

func newChangeRun(t *testing.T) changeRun {
	t.Helper()
	me, _ := keyOf(1)
	r := changeRun{plain: t.TempDir(), sealed: t.TempDir()}
	db, err := Open(Options{Dir: r.plain, Self: me})
	if err != nil {
		t.Fatal(err)
	}
	r.a = markedStore(t, db)
	stopCommitter(t, db)
	for range 3 { // segments
		if err := db.journal.Rotate(); err != nil {
			t.Fatal(err)
		}
		if err := commitNow(db, r.a.says("one more")); err != nil {
			t.Fatal(err)
		}
	}
	db.clean = true
	if err := db.settle(); err != nil {
		t.Fatal(err)
	}
	db.drafts.close()
	if err := db.release(); err != nil {
		t.Fatal(err)
	}
	copyTree(t, r.plain, r.sealed)
	mustClose(t, mustOpen(t, Options{Dir: r.sealed, Self: me, Key: &lockKey}))
	return r
}

// commitNow commits without a committer.
func commitNow(db *DB, record chat.Record) error {
	c, err := newChange(record)
	if err != nil {
		return err
	}
	b := &batch{changes: []change{c}, done: func(error) {}}
	if err := db.write([]*batch{b}); err != nil {
		return err
	}
	return b.err
}

// options are for a copy of the store before the change.
func (r changeRun) options(t *testing.T, unlock bool) Options {
	t.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me, Key: &lockKey, Unlock: unlock, Notify: mayRebuild(t)}
	from := r.plain
	if unlock {
		from = r.sealed
	}
	copyTree(t, from, o.Dir)
	return o
}

// finish opens the store again and checks that the change is complete and nothing is lost.
func (r changeRun) finish(t *testing.T, o Options, what string) {
	t.Helper()
	db, err := Open(o)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	checkMarked(t, db, r.a)
	if err := db.checkNow(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	mustClose(t, db)
	hits := readable(t, o.Dir)
	if o.Unlock {
		if len(hits) == 0 {
			t.Fatalf("%s: nothing is in the open", what)
		}
		o.Key, o.Unlock = nil, false
	} else if len(hits) > 0 {
		t.Fatalf("%s: %v", what, hits)
	}
	for _, left := range []string{fileChange, dirIndex + oldSuffix, dirIndex + newSuffix} {
		if _, err := os.Lstat(filepath.Join(o.Dir, left)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: %s is left", what, left)
		}
	}
	db, err = Open(o)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	checkMarked(t, db, r.a)
	mustClose(t, db)
}

// TestChangeStops stops a change before each of its steps. Meanwhile no program without the key opens the store; the next start
// goes on, in the same direction or back.
func TestChangeStops(t *testing.T) {
	t.Parallel()
	r := newChangeRun(t)
	for _, unlock := range []bool{false, true} {
		steps := 0
		for n := 1; ; n++ {
			o := r.options(t, unlock)
			at, count := "", 0
			stopped := errors.New("stopped")
			o.step = func(what string) error {
				if count++; count == n {
					at = what
					return stopped
				}
				return nil
			}
			db, err := Open(o)
			if err == nil {
				mustClose(t, db)
				break
			}
			if !errors.Is(err, stopped) {
				t.Fatalf("unlock %v, step %d: %v", unlock, n, err)
			}
			steps++
			what := fmt.Sprintf("unlock %v, stopped at step %d, %s", unlock, n, at)
			if text, _ := os.ReadFile(filepath.Join(o.Dir, fileFormat)); at != "begin" && at != "format" && at != "end" && string(text) != "haggle store 2\n" {
				t.Fatalf("%s: an older program would open it: %q", what, text)
			}
			o.step = nil
			if n%3 == 0 {
				o.Unlock = !unlock
				r.finish(t, o, what+" and turned back")
				continue
			}
			r.finish(t, o, what)
		}
		t.Logf("unlock %v: %d steps", unlock, steps)
		if steps < 20 {
			t.Errorf("unlock %v: only %d steps", unlock, steps)
		}
	}
}

// TestChangeFaults lets each operation on the journal fail during a change.
func TestChangeFaults(t *testing.T) {
	t.Parallel()
	r := newChangeRun(t)
	for _, unlock := range []bool{false, true} {
		for n := int32(1); ; n += 1 + int32(7/soak(1)) {
			o := r.options(t, unlock)
			var count atomic.Int32
			o.journalFS = faulty{journal.DirFS(filepath.Join(o.Dir, dirJournal)), func(string) error {
				if count.Add(1) == n {
					return errIO
				}
				return nil
			}}
			if db, err := Open(o); err == nil {
				_ = db.Close()
			}
			o.journalFS = nil
			r.finish(t, o, fmt.Sprintf("unlock %v, operation %d failed", unlock, n))
			if count.Load() < n {
				break
			}
		}
	}
}

// TestChangeKilled kills a process before each step of a change, as kill -9 does.
func TestChangeKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	r := newChangeRun(t)
	for _, unlock := range []bool{false, true} {
		for n := 1; ; n += 1 + 4/soak(1) {
			o := r.options(t, unlock)
			mode := modeLock
			if unlock {
				mode = modeUnlock
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), writerDir+"="+o.Dir, writerMode+"="+mode, fmt.Sprintf("%s=%d", killStep, n))
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "error:") {
				t.Fatalf("%s", out)
			}
			r.finish(t, o, fmt.Sprintf("unlock %v, killed at step %d", unlock, n))
			if err == nil {
				break // there are fewer steps
			}
		}
	}
}

// killStep, in the environment, is the step at which the child of TestChangeKilled dies.
const killStep = "HAGGLE_TEST_KILL"

// changeLock is the child of TestChangeKilled.
func changeLock(dir string, unlock bool, step int) error {
	me, _ := keyOf(1)
	count := 0
	db, err := Open(Options{Dir: dir, Self: me, Key: &lockKey, Unlock: unlock, step: func(string) error {
		if count++; count == step {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(syscall.SIGKILL)
			}
			if err != nil {
				return err
			}
			select {}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return db.Close()
}

// TestChangeOfDamagedStore locks a store whose journal has a hole that the index can fill.
func TestChangeOfDamagedStore(t *testing.T) {
	t.Parallel()
	r := newChangeRun(t)
	for _, unlock := range []bool{false, true} {
		o := r.options(t, unlock)
		o.Notify = func(chat.Notice) {}
		segments := filesOf(t, o.Dir, dirJournal)
		raw, err := os.ReadFile(segments[0])
		if err != nil {
			t.Fatal(err)
		}
		clear(raw[6000:7000])
		if err := os.WriteFile(segments[0], raw, privateFile); err != nil {
			t.Fatal(err)
		}
		r.finish(t, o, fmt.Sprintf("unlock %v", unlock))
	}
}
