package storetest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/memory"
)

// memDisk is a Mem with its disk.
type memDisk struct{ *Mem }

func (m memDisk) Reopen(*testing.T) Reopener { return memDisk{m.Restart()} }

func TestMem(t *testing.T) {
	Run(t, func(_ *testing.T, self chat.PeerID) Reopener {
		return memDisk{memory.New(memory.Options{Self: self, Photos: CacheBytes})}
	})
}

func TestMemInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		me, ann := someone(1), someone(2)
		m := NewMem(me.id)
		fate := errors.New("not called")
		m.Commit(chat.Batch{Records: []chat.Record{opened(ann, me)}}, func(err error) { fate = err })
		synctest.Wait()
		if fate != nil {
			t.Fatal(fate)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMemPowerCutLosesSoftBatches(t *testing.T) {
	w := newWorld(t)
	m := NewMem(w.me.id)
	set := func(value string, soft bool) {
		t.Helper()
		b := chat.Batch{Records: []chat.Record{chat.SettingRecord{Key: "k", Value: []byte(value)}}, Soft: soft}
		if err := commitWait(m, b); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(s *Mem, want string) {
		t.Helper()
		got, err := s.Setting("k")
		if err != nil || string(got) != want {
			t.Fatalf("setting %q, %v, want %q", got, err, want)
		}
	}
	set("soft, then covered", true)
	set("hard", false)
	set("soft", true)
	old := m.Snapshot()
	defer func() { _ = old.Close() }()
	m = m.Restart()
	expect(m, "soft")
	set("softer", true)
	m = m.PowerCut()
	defer func() { _ = m.Close() }()
	expect(m, "soft") // the restart read it back from the disk
	set("softest", true)
	cut := m.PowerCut()
	defer func() { _ = cut.Close() }()
	expect(cut, "soft")
	expect(old, "soft")
}

// TestMemBlobsAfterPowerCut: what is whole stays, parts are torn and marks are lost, and what nothing refers to is swept.
func TestMemBlobsAfterPowerCut(t *testing.T) {
	w := newWorld(t)
	m := NewMem(w.me.id)
	w.store = memDisk{m}
	put, fetched, part, orphan := picture(1, 500), picture(2, 500), picture(3, 500), picture(4, 500)
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), a.record(shows(put), shows(fetched), shows(part)))
	w.keep(put)
	w.keep(orphan)
	w.fetch(fetched)
	w.chunk(part, 0, 400, nil)
	w.mark(part, chat.MarkFailed, nil)
	old := m.Snapshot()
	w.store = memDisk{m.Restart()}
	w.holds(part, chat.BlobState{Received: 400, Mark: chat.MarkFailed})
	w.holds(orphan, chat.BlobState{})
	cut := w.store.(memDisk).PowerCut() //nolint:forcetypeassert // as made above
	w.store = memDisk{cut}
	w.holds(put, here(put))
	w.holds(fetched, here(fetched))
	w.holds(part, chat.BlobState{Received: 400})
	w.chunk(part, 400, 500, nil)
	w.finish(part, fine, chat.ErrBlobDamaged)
	same(w, "close", cut.Close(), nil)
	w.store = memDisk{old} // the same, before it all
	w.holds(part, chat.BlobState{Received: 400, Mark: chat.MarkFailed})
	w.chunk(part, 400, 500, nil)
	w.finish(part, fine, nil)
	same(w, "close", old.Close(), nil)
}

// TestMemKilledWhileChecking: what a check says after the end does not count.
func TestMemKilledWhileChecking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		m := NewMem(w.me.id)
		w.store = memDisk{m}
		p := picture(1, 500)
		w.commit(looksLike(w.ann, 1, p))
		w.chunk(p, 0, 500, nil)
		fates := map[string]error{}
		m.FinishBlob(hashOf(p), func([]byte) error { <-time.After(time.Second); return nil }, func(err error) { fates["finish"] = err })
		m.MarkBlob(hashOf(p), chat.MarkFailed, func(err error) { fates["mark"] = err })
		synctest.Wait()
		w.store = memDisk{m.Restart()}
		synctest.Wait()
		same(w, "fates", fates, map[string]error{"finish": chat.ErrClosed, "mark": chat.ErrClosed})
		w.holds(p, chat.BlobState{Received: 500})
		w.finish(p, fine, nil)
		same(w, "close", w.store.Close(), nil)
	})
}

// TestMemLimit: what would go beyond the limit is refused, and what went makes room again.
func TestMemLimit(t *testing.T) {
	w := newWorld(t)
	m := memory.New(memory.Options{Self: w.me.id, Limit: 30_000})
	w.store = memDisk{m}
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), a.record(says("one")))
	p := picture(1, 20_000)
	w.keep(p)
	full := a.fork()
	w.refused(chat.ErrDiskFull, full.record(says(string(make([]byte, 12_000)))))
	w.expect("a second picture", chat.ErrDiskFull, func(done func(error)) {
		m.PutBlob(picture(2, 12_000), func(_ chat.Hash, err error) { done(err) })
	})
	w.commit(a.record(says("two")))
	m.Lose(hashOf(p))
	w.commit(a.record(says(string(make([]byte, 12_000)))))
	same(w, "close", m.Close(), nil)
}

// TestMemWipe: nothing is answered any more, and what the store held of messages and pictures is overwritten.
func TestMemWipe(t *testing.T) {
	w := newWorld(t)
	m := NewMem(w.me.id)
	w.store = memDisk{m}
	a := newAuthor(w.ann, w.me, chat.Buyer, 1)
	w.commit(opened(w.ann, w.me), a.record(says("secret")))
	m.Wipe()
	_, err := m.Room(a.log.Room)
	same(w, "read", err, chat.ErrClosed)
	w.refused(chat.ErrClosed, a.record(says("more")))
	m.Wipe()
	same(w, "close", m.Close(), nil)
}

func TestMemParcels(t *testing.T) {
	p := memory.NewParcels()
	RunParcels(t, func(*testing.T) chat.Parcels { return p })
}
