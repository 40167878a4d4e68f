package storetest

import (
	"slices"
	"sync"
	"time"

	"haggle/chat"
)

// Mem is a Store in memory, with its Blobs. What changes it is done in order, and each done called, by one goroutine, which
// Close ends; only the check of a blob has a goroutine of its own. Reads may come from any goroutine; a read that a visitor
// makes sees the store as it is, not a lock.
type Mem struct {
	self   chat.PeerID
	photos int64 // what other people's photos may take

	mu      sync.Mutex
	closed  bool
	aborted bool // as if the process had ended: nothing happens any more
	queue   []pending
	wake    chan struct{} // holds one token while there may be work
	ended   chan struct{}

	// What is written, and what of it a power cut leaves: Soft batches reach the second with the next hard one.
	written *content
	synced  *content
	soft    []chat.Batch

	blobs   map[chat.Hash]*memBlob
	checked int // blobs that are being checked
	came    int // whole blobs that ever came
}

// pending is something to be done.
type pending struct {
	do     func() (then func()) // with the lock, and then without
	refuse func()               // instead, once it is too late
}

var (
	_ chat.Store = (*Mem)(nil)
	_ chat.Blobs = (*Mem)(nil)
)

// NewMem makes an empty store. Close it.
func NewMem(self chat.PeerID) *Mem {
	return newMem(self, chat.PhotoBytes, newContent(self), newContent(self), map[chat.Hash]*memBlob{})
}

func newMem(self chat.PeerID, photos int64, written, synced *content, blobs map[chat.Hash]*memBlob) *Mem {
	m := &Mem{
		self: self, photos: photos, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		written: written, synced: synced, blobs: blobs,
	}
	m.sweep()
	go m.run()
	return m
}

// Close ends the store once everything that Commit took before is written. It may be called again.
func (m *Mem) Close() error {
	m.close(false)
	return nil
}

// close ends the goroutine. With abort what waits is refused, as if the process had ended.
func (m *Mem) close(abort bool) {
	m.mu.Lock()
	var refused []pending
	if abort {
		refused, m.queue, m.aborted = m.queue, nil, true
	}
	m.closed = true
	m.signal()
	m.mu.Unlock()
	<-m.ended
	for _, p := range refused {
		p.refuse()
	}
}

// Snapshot is a second store with a copy of all that is written now: a backup to be restored later.
func (m *Mem) Snapshot() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return newMem(m.self, m.photos, m.written.clone(), m.written.clone(), m.keptBlobs())
}

// Restart is the store that the next start finds after the process was killed: with all that is written. What waits is
// refused with chat.ErrClosed.
func (m *Mem) Restart() *Mem {
	m.close(true)
	return newMem(m.self, m.photos, m.written.clone(), m.written.clone(), m.keptBlobs())
}

// PowerCut is the store that the next start finds after the machine lost power: without the Soft batches after the last
// hard one, with torn parts of blobs, and without marks.
func (m *Mem) PowerCut() *Mem {
	m.close(true)
	return newMem(m.self, m.photos, m.synced.clone(), m.synced.clone(), m.tornBlobs())
}

// Commit implements chat.Store. Refused batches change nothing.
func (m *Mem) Commit(b chat.Batch, done func(error)) {
	b = copyBatch(b)
	m.add(func() func() {
		err := m.commit(b)
		return func() { done(err) }
	}, done)
}

// add puts something to do at the end of the queue.
func (m *Mem) add(do func() func(), done func(error)) {
	p := pending{do, func() { done(chat.ErrClosed) }}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		go p.refuse()
		return
	}
	m.queue = append(m.queue, p)
	m.signal()
}

func (m *Mem) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *Mem) run() {
	defer close(m.ended)
	for {
		then, ended := m.next()
		switch {
		case then != nil:
			then()
		case ended:
			return
		default:
			<-m.wake
		}
	}
}

// next does the oldest thing that waits and returns what is left to do of it without the lock, nil if nothing waits. ended
// tells that nothing ever will.
func (m *Mem) next() (then func(), ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return nil, m.closed && m.checked == 0
	}
	p := m.queue[0]
	m.queue = m.queue[1:]
	return p.do(), false
}

func (m *Mem) commit(b chat.Batch) error {
	before := m.uses()
	if err := m.written.apply(b); err != nil {
		return err
	}
	m.sync(b)
	m.settle(before, b)
	return nil
}

// sync repeats on the synced content what a sync after this batch would make safe.
func (m *Mem) sync(b chat.Batch) {
	m.soft = append(m.soft, b)
	if b.Soft {
		return
	}
	for _, b := range m.soft {
		// A batch may fail here only if it failed on the written content, and then it is not in the list.
		_ = m.synced.apply(b)
	}
	m.soft = nil
}

// SetDraft implements chat.Store.
func (m *Mem) SetDraft(room chat.RoomID, text string, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return chat.ErrClosed
	}
	for _, c := range []*content{m.written, m.synced} {
		if text == "" {
			delete(c.drafts, room)
		} else {
			c.drafts[room] = text
		}
	}
	return nil
}

// copyBatch is b without any memory of the caller's.
func copyBatch(b chat.Batch) chat.Batch {
	b.Records = slices.Clone(b.Records)
	for i, r := range b.Records {
		switch r := r.(type) {
		case chat.GroupRecord:
			r.Group = copyGroup(r.Group)
			b.Records[i] = r
		case chat.ForkRecord:
			r.Evidence = slices.Clone(r.Evidence)
			b.Records[i] = r
		case chat.ListingRecord:
			r.Listing = copyListing(r.Listing)
			b.Records[i] = r
		case chat.ProfileRecord:
			r.Profile = copyProfile(r.Profile)
			b.Records[i] = r
		case chat.PeerRecord:
			r.Peer.Addresses = slices.Clone(r.Peer.Addresses)
			b.Records[i] = r
		case chat.SettingRecord:
			r.Value = slices.Clone(r.Value)
			b.Records[i] = r
		}
	}
	return b
}

func copyGroup(g *chat.Group) *chat.Group {
	if g == nil {
		return nil
	}
	c := *g
	c.Entries = slices.Clone(g.Entries)
	for i := range c.Entries {
		c.Entries[i].Body = slices.Clone(c.Entries[i].Body)
	}
	return &c
}

// copyListing goes through the encoding: a listing keeps its signed bytes to itself.
func copyListing(l *chat.Listing) *chat.Listing {
	if l == nil {
		return nil
	}
	c, err := chat.ReadListing(l.Seller, l.Encode())
	if err != nil {
		return nil // CheckRecord refuses it
	}
	return c
}

func copyProfile(p *chat.Profile) *chat.Profile {
	if p == nil {
		return nil
	}
	c := *p // its bytes are never changed in place
	return &c
}
