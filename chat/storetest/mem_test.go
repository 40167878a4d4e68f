package storetest

import (
	"errors"
	"testing"
	"testing/synctest"

	"haggle/chat"
)

// memDisk is a Mem with its disk.
type memDisk struct{ *Mem }

func (m memDisk) Reopen(*testing.T) Reopener { return memDisk{m.Restart()} }

func TestMem(t *testing.T) {
	Run(t, func(_ *testing.T, self chat.PeerID) Reopener {
		m := NewMem(self)
		m.photos = CacheBytes
		return memDisk{m}
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
