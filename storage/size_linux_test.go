package storage

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// sizes are the bytes that a folder seems to have and those it takes.
func sizes(t testing.TB, dir string) (apparent, taken int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(name, &st); err != nil {
			return err
		}
		apparent += st.Size
		taken += st.Blocks * 512
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return apparent, taken
}

func TestEmptyStoreIsSmall(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	db := mustOpen(t, o)
	check := func(what string) {
		t.Helper()
		apparent, taken := sizes(t, o.Dir)
		t.Logf("%s: %d bytes, %d taken", what, apparent, taken)
		if apparent > 100<<20 || taken > 1<<20 {
			t.Errorf("%s store has %d bytes and takes %d", what, apparent, taken)
		}
	}
	check("open")
	mustClose(t, db)
	check("closed")
}

// TestBytesPerMessage: 100-byte messages, as a burst makes groups of them.
func TestBytesPerMessage(t *testing.T) {
	for _, c := range []struct {
		name  string
		group int
		limit int64
	}{{"burst", 64, 400}, {"one by one", 1, 1000}} {
		const n = 6400
		me, _ := keyOf(1)
		o := Options{Dir: t.TempDir(), Self: me}
		db := mustOpen(t, o)
		a, room := newAuthor(0)
		if err := commit(t, db, chatBatch(room)); err != nil {
			t.Fatal(err)
		}
		_, before := sizes(t, o.Dir)
		for a.seq < n {
			var texts []string
			for range c.group {
				texts = append(texts, randomText(100))
			}
			b := chatBatch(a.says(texts...))
			b.Soft = true
			if err := commit(t, db, b); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, db)
		_, after := sizes(t, o.Dir)
		each := (after - before) / n
		t.Logf("%s: %d bytes per message", c.name, each)
		if each > c.limit {
			t.Errorf("%s: %d bytes per message, at most %d", c.name, each, c.limit)
		}
	}
}
