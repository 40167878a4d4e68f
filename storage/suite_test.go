package storage

import (
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

// onDisk is a DB with its folder.
type onDisk struct {
	*DB
	opts Options
}

func (d onDisk) Reopen(t *testing.T) storetest.Reopener {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return onDisk{mustOpen(t, d.opts), d.opts}
}

// mustOpen opens a store; the test fails if the store has something to notify of.
func mustOpen(t testing.TB, o Options) *DB {
	t.Helper()
	if o.Notify == nil {
		o.Notify = func(n chat.Notice) { t.Errorf("notice %q", n) }
	}
	db, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, self chat.PeerID) storetest.Reopener {
		o := Options{Dir: t.TempDir(), Self: self}
		return onDisk{mustOpen(t, o), o}
	})
}
