package memory

import (
	"slices"
	"sync"
	"time"

	"haggle/chat"
)

// Store is a chat.Store in memory, with its chat.Blobs. What changes it is done in order, and each done called, by one goroutine, which
// Close ends; only the check of a blob has a goroutine of its own. Reads may come from any goroutine; a read that a visitor
// makes sees the store as it is, not a lock.
type Store struct {
	opts Options

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
	checked int   // blobs that are being checked
	size    int64 // of all there is, roughly and at most; see take
	came    int   // whole blobs that ever came
}

// pending is something to be done.
type pending struct {
	do     func() (then func()) // with the lock, and then without
	refuse func()               // instead, once it is too late
}

var (
	_ chat.Store = (*Store)(nil)
	_ chat.Blobs = (*Store)(nil)
)

// Options say whose store it is, and how much it takes.
type Options struct {
	Self chat.PeerID
	// Limit is the bytes that records and pictures may take together; beyond it all is refused with chat.ErrDiskFull, but for
	// Soft batches, which are small and cannot wait. 0: no limit.
	Limit int64
	// Photos is what other people's photos may take of them, chat.PhotoBytes if 0.
	Photos int64
}

// New makes an empty store. Close it, or Wipe it.
func New(o Options) *Store {
	return open(o, newContent(o.Self), newContent(o.Self), map[chat.Hash]*memBlob{})
}

func open(o Options, written, synced *content, blobs map[chat.Hash]*memBlob) *Store {
	if o.Photos == 0 {
		o.Photos = chat.PhotoBytes
	}
	m := &Store{
		opts: o, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		written: written, synced: synced, blobs: blobs,
	}
	m.sweep()
	go m.run()
	return m
}

// Close ends the store once everything that Commit took before is written. It may be called again.
func (m *Store) Close() error {
	m.close(false)
	return nil
}

// close ends the goroutine. With abort what waits is refused, as if the process had ended.
func (m *Store) close(abort bool) {
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
func (m *Store) Snapshot() *Store {
	m.mu.Lock()
	defer m.mu.Unlock()
	return open(m.opts, m.written.clone(), m.written.clone(), m.keptBlobs())
}

// Restart is the store that the next start finds after the process was killed: with all that is written. What waits is
// refused with chat.ErrClosed.
func (m *Store) Restart() *Store {
	m.close(true)
	return open(m.opts, m.written.clone(), m.written.clone(), m.keptBlobs())
}

// PowerCut is the store that the next start finds after the machine lost power: without the Soft batches after the last
// hard one, with torn parts of blobs, and without marks.
func (m *Store) PowerCut() *Store {
	m.close(true)
	return open(m.opts, m.synced.clone(), m.synced.clone(), m.tornBlobs())
}

// Commit implements chat.Store. Refused batches change nothing.
func (m *Store) Commit(b chat.Batch, done func(error)) {
	b = copyBatch(b)
	m.add(func() func() {
		err := m.commit(b)
		return func() { done(err) }
	}, done)
}

// add puts something to do at the end of the queue.
func (m *Store) add(do func() func(), done func(error)) {
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

func (m *Store) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *Store) run() {
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
func (m *Store) next() (then func(), ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return nil, m.closed && m.checked == 0
	}
	p := m.queue[0]
	m.queue = m.queue[1:]
	return p.do(), false
}

func (m *Store) commit(b chat.Batch) error {
	if !b.Soft {
		var size int64
		for _, r := range b.Records {
			if err := chat.CheckRecord(r); err != nil {
				return err
			}
			size += weight(r)
		}
		if err := m.take(size); err != nil {
			return err
		}
	}
	before := m.uses()
	if err := m.written.apply(b); err != nil {
		return err
	}
	m.sync(b)
	m.settle(before, b)
	return nil
}

// sync repeats on the synced content what a sync after this batch would make safe.
func (m *Store) sync(b chat.Batch) {
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
func (m *Store) SetDraft(room chat.RoomID, text string, _ time.Time) error {
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
