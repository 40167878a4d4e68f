package storage

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"haggle/chat"
)

// pieces is a snapshot in memory.
type pieces struct {
	names []string
	data  map[string][]byte
}

func (p *pieces) put(name string, size int64, content io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(content, size+1))
	if int64(len(raw)) != size {
		err = errors.Join(err, errCorrupt)
	}
	p.names, p.data[name] = append(p.names, name), raw
	return err
}

func snapshotOf(t testing.TB, db *DB) *pieces {
	t.Helper()
	p := &pieces{data: map[string][]byte{}}
	if err := db.Snapshot(p.put); err != nil {
		t.Fatal(err)
	}
	return p
}

func restorePieces(p *pieces, o Options) error {
	r, err := Restore(o)
	if err != nil {
		return err
	}
	for _, name := range p.names {
		if err := r.Put(name, int64(len(p.data[name])), bytes.NewReader(p.data[name])); err != nil {
			r.Abort()
			return err
		}
	}
	return r.Finish(o.Self)
}

// TestSnapshot: what comes back is what was there, from a store in the open and from a locked one; what is written meanwhile is
// in it as a whole or not at all.
func TestSnapshot(t *testing.T) {
	me, _ := keyOf(1)
	for _, o := range []Options{{Dir: t.TempDir(), Self: me}, {Dir: t.TempDir(), Self: me, Key: &lockKey}} {
		db := mustOpen(t, o)
		a := markedStore(t, db)
		want := dump(t, db)
		p := snapshotOf(t, db)
		if err := commit(t, db, chatBatch(a.says("after it"))); err != nil {
			t.Fatal(err)
		}
		back := Options{Dir: t.TempDir(), Self: me}
		if err := restorePieces(p, back); err != nil {
			t.Fatal(err)
		}
		again := mustOpen(t, back)
		if wrong := differences(dump(t, again), want); len(wrong) > 0 {
			t.Errorf("%d keys differ: %v", len(wrong), wrong)
		}
		for n := range markers {
			if got, err := again.ReadBlob(hashOf(marked(n))); err != nil || !bytes.Equal(got, marked(n)) {
				t.Errorf("picture %d: %v", n, err)
			}
			seller, _ := keyOf(byte(100 + n))
			if d, err := again.Draft(chat.RoomFor(seller, seller)); err != nil || d != marker("draft", n) {
				t.Errorf("draft %d: %q, %v", n, d, err)
			}
		}
		if err := restorePieces(p, back); err == nil {
			t.Error("over a store")
		}
	}
}

// TestRestoreDamaged: what does not fit together is never taken for a store.
func TestRestoreDamaged(t *testing.T) {
	me, _ := keyOf(1)
	db := mustOpen(t, Options{Dir: t.TempDir(), Self: me})
	markedStore(t, db)
	p := snapshotOf(t, db)
	records := slices.IndexFunc(p.names, func(name string) bool { return strings.HasPrefix(name, recordsPiece) })
	picture := slices.IndexFunc(p.names, func(name string) bool { return strings.HasPrefix(name, blobsPiece) })
	if records < 0 || picture < 0 || !slices.Contains(p.names, draftsPiece) {
		t.Fatalf("pieces %v", p.names)
	}
	for what, spoil := range map[string]func(c *pieces){
		"records cut":     func(c *pieces) { d := c.data[c.names[records]]; c.data[c.names[records]] = d[:len(d)-3] },
		"records spoilt":  func(c *pieces) { c.data[c.names[records]][400] ^= 1 },
		"picture spoilt":  func(c *pieces) { c.data[c.names[picture]][40] ^= 1 },
		"picture renamed": func(c *pieces) { c.names[picture] = blobsPiece + "../../x" },
		"drafts spoilt":   func(c *pieces) { c.data[draftsPiece][20] ^= 1 },
		"unknown":         func(c *pieces) { c.names = append(c.names, "other"); c.data["other"] = nil },
	} {
		c := &pieces{names: slices.Clone(p.names), data: map[string][]byte{}}
		for name, raw := range p.data {
			c.data[name] = bytes.Clone(raw)
		}
		old := c.names[picture]
		spoil(c)
		if c.names[picture] != old {
			c.data[c.names[picture]] = c.data[old]
		}
		if err := restorePieces(c, Options{Dir: t.TempDir(), Self: me}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzRestore(f *testing.F) {
	me, _ := keyOf(1)
	db := mustOpen(f, Options{Dir: f.TempDir(), Self: me})
	a, room := newAuthor(0)
	if err := commit(f, db, chatBatch(room, a.says("hello"))); err != nil {
		f.Fatal(err)
	}
	p := snapshotOf(f, db)
	for _, name := range p.names {
		f.Add(name, p.data[name])
	}
	f.Add(blobsPiece+"zz", []byte{1})
	f.Add(recordsPiece+"000001", []byte{3, 1, 'g', 0})
	f.Add(recordsPiece+"000001", []byte{3, 1, '0', '0'}) // a key of no kind
	f.Add(recordsPiece+"000001", []byte{3, 1, keyHead, '0'})
	f.Add(recordsPiece+"000001", []byte{3, 1, keyTorn, '0'})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		o := Options{Dir: t.TempDir(), Self: me}
		r, err := Restore(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Put(name, int64(len(data)), bytes.NewReader(data)); err != nil {
			r.Abort()
			return
		}
		if err := r.Finish(me); err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}
