package storetest

import (
	"slices"
	"sync"
	"time"

	"haggle/chat"
)

// Mem is a Store in memory. Batches are applied, and their done called, by one goroutine, which Close ends. Reads may come
// from any goroutine; a read that a visitor makes sees the store as it is, not a lock.
type Mem struct {
	self chat.PeerID

	mu     sync.Mutex
	closed bool
	queue  []pending
	wake   chan struct{} // holds one token while there may be work
	ended  chan struct{}

	// What is written, and what of it a power cut leaves: Soft batches reach the second with the next hard one.
	written *content
	synced  *content
	soft    []chat.Batch
}

type pending struct {
	batch chat.Batch
	done  func(error)
}

var _ chat.Store = (*Mem)(nil)

// NewMem makes an empty store. Close it.
func NewMem(self chat.PeerID) *Mem { return newMem(self, newContent(self), newContent(self)) }

func newMem(self chat.PeerID, written, synced *content) *Mem {
	m := &Mem{self: self, wake: make(chan struct{}, 1), ended: make(chan struct{}), written: written, synced: synced}
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
		refused, m.queue = m.queue, nil
	}
	first := !m.closed
	m.closed = true
	m.mu.Unlock()
	if first {
		close(m.wake)
	}
	<-m.ended
	for _, p := range refused {
		p.done(chat.ErrClosed)
	}
}

// Snapshot is a second store with a copy of all that is written now: a backup to be restored later.
func (m *Mem) Snapshot() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return newMem(m.self, m.written.clone(), m.written.clone())
}

// Restart is the store that the next start finds after the process was killed: with all that is written. What waits is
// refused with chat.ErrClosed.
func (m *Mem) Restart() *Mem {
	m.close(true)
	return newMem(m.self, m.written.clone(), m.written.clone())
}

// PowerCut is the store that the next start finds after the machine lost power: without the Soft batches after the last
// hard one.
func (m *Mem) PowerCut() *Mem {
	m.close(true)
	return newMem(m.self, m.synced.clone(), m.synced.clone())
}

// Commit implements chat.Store. Refused batches change nothing.
func (m *Mem) Commit(b chat.Batch, done func(error)) {
	b = copyBatch(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		go done(chat.ErrClosed)
		return
	}
	m.queue = append(m.queue, pending{b, done})
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *Mem) run() {
	defer close(m.ended)
	for range m.wake {
		for {
			p, err, ok := m.next()
			if !ok {
				break
			}
			p.done(err)
		}
	}
	for { // closed: what was taken before is still written
		p, err, ok := m.next()
		if !ok {
			return
		}
		p.done(err)
	}
}

// next applies the oldest batch that waits.
func (m *Mem) next() (pending, error, bool) { //nolint:revive // the error is the batch's, not next's
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return pending{}, nil, false
	}
	p := m.queue[0]
	m.queue = m.queue[1:]
	err := m.written.apply(p.batch)
	if err == nil {
		m.sync(p.batch)
	}
	return p, err, true
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
