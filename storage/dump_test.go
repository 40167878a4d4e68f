package storage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/storage/journal"
)

// dump is all that the index holds but where it stands.
func dump(t *testing.T, db *DB) map[string]string {
	t.Helper()
	v := db.index.view()
	defer v.txn.Discard()
	all := map[string]string{}
	err := v.scan(nil, nil, func(key, value []byte) (bool, error) {
		if key[0] != keyHead {
			all[string(key)] = string(value)
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// differences names the keys, by kind, that two dumps do not agree on.
func differences(a, b map[string]string) []string {
	var all []string
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		x, inA := a[k]
		y, inB := b[k]
		if inA != inB || x != y {
			all = append(all, fmt.Sprintf("%c (%v, %v)", k[0], inA, inB))
		}
	}
	slices.Sort(all)
	return all
}

func commit(t testing.TB, db *DB, b chat.Batch) error {
	t.Helper()
	done := make(chan error, 1)
	db.Commit(b, func(err error) { done <- err })
	return <-done
}

// randomStore holds what random batches left.
func randomStore(t *testing.T, seed uint64, n int) (*DB, Options) {
	t.Helper()
	self, batches := storetest.Batches(t, seed, n)
	o := Options{Dir: t.TempDir(), Self: self}
	db := mustOpen(t, o)
	for _, b := range batches {
		b.Soft = true // without a sync: the contents matter here
		_ = commit(t, db, b)
	}
	return db, o
}

// TestRebuiltIndexIsTheSame builds the index again from the journal as it is, from a compacted one, and from a baseline.
func TestRebuiltIndexIsTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		db, o := randomStore(t, seed, 400)
		want := dump(t, db)
		check := func(what string, lostVersions bool) {
			t.Helper()
			mustClose(t, db)
			db = mustOpen(t, loseIndex(t, o))
			got := differences(dump(t, db), want)
			if lostVersions {
				// Versions that only forgotten messages were about may be gone.
				got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "a") || strings.HasPrefix(s, "v") })
			}
			if len(got) > 0 {
				t.Errorf("seed %d, %s: %d keys differ: %v", seed, what, len(got), got)
			}
			if err := db.checkNow(); err != nil {
				t.Errorf("seed %d, %s: %v", seed, what, err)
			}
		}
		check("as it is", false)
		before := records(t, db)
		compactEverything(t, db)
		db = mustOpen(t, o)
		if after := records(t, db); after >= before {
			t.Errorf("seed %d: compaction left %d of %d records", seed, after, before)
		}
		check("compacted", true)
		want = dump(t, db)
		stopCommitter(t, db)
		if err := db.writeBaseline(); err != nil {
			t.Fatal(err)
		}
		entries := 0
		for key := range want {
			if key[0] != keyReference {
				entries++
			}
		}
		if got := records(t, db); got != entries+2 {
			t.Errorf("seed %d: %d records after a baseline of %d entries", seed, got, entries)
		}
		if err := db.release(); err != nil {
			t.Fatal(err)
		}
		db = mustOpen(t, o)
		check("from a baseline", false)
	}
}

// records counts the journal's. The committer must be idle.
func records(t *testing.T, db *DB) (n int) {
	t.Helper()
	err := db.journal.Read(1, func(uint64, byte, []byte) error {
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compactEverything closes the store with a journal that has nothing superfluous.
func compactEverything(t *testing.T, db *DB) {
	t.Helper()
	stopCommitter(t, db)
	if err := db.journal.Rotate(); err != nil {
		t.Fatal(err)
	}
	v := db.index.view()
	err := db.compactAll(journal.Compaction{Keep: v.keep, All: true})
	v.txn.Discard()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.release(); err != nil {
		t.Fatal(err)
	}
}
