package storage

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/internal/lan"
	"haggle/storage/journal"
)

// slowDisk is a folder that takes a while to sync, and counts how often it does.
type slowDisk struct {
	journal.FS
	syncs atomic.Int64
}

const syncTime = 2 * time.Millisecond

// pass lets time pass, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

type slowFile struct {
	journal.File
	disk *slowDisk
}

func (d *slowDisk) Create(name string) (journal.File, error) { return d.slow(d.FS.Create(name)) }
func (d *slowDisk) Open(name string) (journal.File, error)   { return d.slow(d.FS.Open(name)) }
func (d *slowDisk) slow(f journal.File, err error) (journal.File, error) {
	return slowFile{f, d}, err
}

func (f slowFile) Sync() error {
	f.disk.syncs.Add(1)
	pass(syncTime)
	return f.File.Sync()
}

// counted is a network that counts frames with messages.
type counted struct {
	*lan.Host
	frames atomic.Int64
}

func (c *counted) Send(to chat.Remote, f chat.Frame) error {
	if _, ok := f.(chat.Entries); ok {
		c.frames.Add(1)
	}
	return c.Host.Send(to, f)
}

// readStore is a store that counts the messages it reads.
type readStore struct {
	*DB
	rows atomic.Int64
}

func (s *readStore) Row(id chat.MessageID) (chat.Row, error) {
	s.rows.Add(1)
	return s.DB.Row(id)
}

// party is a whole node on a disk.
type party struct {
	node     *chat.Node
	db       *DB
	reads    readStore
	disk     *slowDisk
	link     *counted
	received atomic.Int64
	told     atomic.Uint64 // up to which own message is known to be there
	stop     func()
}

func joins(t *testing.T, net *lan.LAN, dir string, number byte) *party {
	t.Helper()
	id, key := keyOf(number)
	self := chat.Identity{ID: id, Key: key, Device: chat.DeviceID{number}}
	p := &party{disk: &slowDisk{FS: journal.DirFS(dir + "/" + dirJournal)}}
	p.db = mustOpen(t, Options{Dir: dir, Self: id, journalFS: p.disk})
	p.link = &counted{Host: net.Attach(chat.Remote{Peer: id, Device: self.Device}, 0)}
	p.reads.DB = p.db
	node, err := chat.New(chat.Config{Self: self, Store: &p.reads, Link: p.link, Name: "party", Notify: func(e chat.Event) {
		switch e := e.(type) {
		case chat.MessageReceived:
			p.received.Add(1)
		case chat.MessageStateChanged:
			p.told.Store(e.ID.Seq)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.node = node
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = node.Run(ctx)
	}()
	p.stop = func() {
		cancel()
		<-ended
		p.link.Detach()
		mustClose(t, p.db)
	}
	return p
}

// counts are how often each thing was done so far.
func (p *party) counts() [4]int64 {
	return [4]int64{p.disk.syncs.Load(), int64(p.db.index.db.MaxVersion()), p.link.frames.Load(), p.reads.rows.Load()}
}

// TestCounts counts what 10,000 messages cost that are sent without waiting for one another, on disks that take 2 ms to
// sync, first to somebody who is there and then to somebody who was not: not how long it takes, which a machine that is
// busy would decide, but how many syncs, transactions, frames, and messages that the node reads again. docs/performance.md has the goals: 400 syncs, a frame for 64.
func TestCounts(t *testing.T) {
	const n = 10_000
	dirs := []string{t.TempDir(), t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		net := lan.New(1, lan.Faults{})
		seller, buyer := joins(t, net, dirs[0], 1), joins(t, net, dirs[1], 2)
		room := chat.RoomFor(buyer.id(), seller.id())
		for _, p := range []*party{seller, buyer} {
			if _, err := chat.Await(t.Context(), func(then func(chat.RoomView, error)) {
				p.node.OpenRoom(buyer.id(), seller.id(), chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
			}); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Minute) // they meet
		say := func(n int) {
			for i := range n {
				pass(20 * time.Microsecond) // 50,000 a second
				buyer.node.Post(room, chat.Draft{Text: fmt.Sprintf("%08d %091d", i, i)}, func(_ chat.Message, err error) {
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		measure := func(what string, p *party, limits [4]int64, do func()) {
			t.Helper()
			before := p.counts()
			do()
			after := p.counts()
			for i, name := range []string{"syncs", "transactions", "frames with messages", "messages read"} {
				got := after[i] - before[i]
				t.Logf("%s: %d %s", what, got, name)
				if got > limits[i] {
					t.Errorf("%s: %d %s, want at most %d", what, got, name, limits[i])
				}
			}
		}
		there := func(total int64) {
			t.Helper()
			pass(time.Minute)
			if got, told := seller.received.Load(), int64(buyer.told.Load()); got != total || told != total {
				t.Fatalf("%d of %d came, %d are known to be there", got, total, told)
			}
		}
		measure("sender", buyer, [4]int64{150, 150, n / 64, 0}, func() {
			measure("receiver", seller, [4]int64{150, 150, 0, 0}, func() {
				say(n)
				there(n)
			})
		})

		sellerID, buyerID := seller.id(), buyer.id()
		net.Cut(sellerID, buyerID)
		pass(time.Minute)
		say(n)
		pass(time.Minute)
		measure("catch-up, sender", buyer, [4]int64{0, 20, n / 64, 0}, func() {
			measure("catch-up, receiver", seller, [4]int64{20, 20, 0, 0}, func() {
				net.Mend(sellerID, buyerID)
				there(2 * n)
			})
		})

		// One alone: one sync on each side, a transaction for the receipt, and nothing read, which would wait for the index.
		measure("one, sender", buyer, [4]int64{1, 2, 1, 0}, func() {
			measure("one, receiver", seller, [4]int64{1, 1, 0, 0}, func() {
				say(1)
				there(2*n + 1)
			})
		})
		buyer.stop()
		seller.stop()
	})
}

// id is who a party is.
func (p *party) id() chat.PeerID { return p.db.opts.Self }
