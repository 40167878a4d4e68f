package memory

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"haggle/chat"
)

// memBlob is a file and what is known of it. Its bytes are never changed in place.
type memBlob struct {
	whole bool
	data  []byte // the whole, or the part
	mark  chat.BlobMark
	came  int // the order of whole ones

	held     int       // puts whose first own reference is still to come
	checked  bool      // it is being checked; what else is to be done waits
	waiting  []pending // for that
	judged   bool      // the check is over, but for what waits
	orphaned bool      // its last reference went meanwhile
}

func (b *memBlob) empty() bool {
	return !b.whole && len(b.data) == 0 && b.mark == chat.NoMark && b.held == 0 && !b.checked
}

// uses counts what refers to a blob: other people's listings and profiles, and all else.
type uses struct{ firm, loose int }

func images(g *chat.Group) []chat.Hash {
	var hashes []chat.Hash
	g.Images(func(_ uint64, i *chat.Image) { hashes = append(hashes, i.Hash) })
	return hashes
}

func photos(l *chat.Listing) []chat.Hash {
	var hashes []chat.Hash
	if l.Goods != nil {
		for _, p := range l.Goods.Photos {
			hashes = append(hashes, p.Hash)
		}
	}
	return hashes
}

func portrait(p *chat.Profile) []chat.Hash {
	if p.Picture == (chat.Hash{}) {
		return nil
	}
	return []chat.Hash{p.Picture}
}

// uses goes through all there is.
func (c *content) uses() map[chat.Hash]uses {
	all := map[chat.Hash]uses{}
	add := func(hashes []chat.Hash, firm bool) {
		for _, h := range hashes {
			u := all[h]
			if firm {
				u.firm++
			} else {
				u.loose++
			}
			all[h] = u
		}
	}
	for _, r := range c.rooms {
		for _, groups := range r.logs {
			for _, g := range groups {
				add(g.images, true)
			}
		}
	}
	for key, l := range c.listings {
		add(photos(l), key.seller == c.self)
	}
	for id, p := range c.profiles {
		add(portrait(p), id == c.self)
	}
	return all
}

// uses is the content's, as long as there is a blob to use.
func (m *Store) uses() map[chat.Hash]uses {
	if len(m.blobs) == 0 {
		return nil
	}
	return m.written.uses()
}

// own lists the blobs that a record of one's own refers to.
func (m *Store) own(r chat.Record) []chat.Hash {
	switch r := r.(type) {
	case chat.GroupRecord:
		if mine, _ := m.written.rooms[r.Log.Room].state.Role(m.opts.Self); r.Log.Author == mine {
			return images(r.Group)
		}
	case chat.ListingRecord:
		if r.Listing.Seller == m.opts.Self {
			return photos(r.Listing)
		}
	case chat.ProfileRecord:
		if r.Profile.Peer == m.opts.Self {
			return portrait(r.Profile)
		}
	}
	return nil
}

// settle lets go of what a batch took the last reference from, and of what was put for its records.
func (m *Store) settle(before map[chat.Hash]uses, batch chat.Batch) {
	if len(m.blobs) == 0 {
		return
	}
	now := m.uses()
	for _, r := range batch.Records {
		for _, h := range m.own(r) {
			if b := m.blobs[h]; b != nil && b.held > 0 {
				b.held--
			}
			before[h] = uses{}
		}
	}
	for h := range before {
		if b := m.blobs[h]; b != nil && now[h] == (uses{}) && b.held == 0 {
			m.drop(h, b)
		}
	}
	m.evict(now)
}

// drop forgets a blob, at once or when its check is over.
func (m *Store) drop(h chat.Hash, b *memBlob) {
	if b.orphaned = b.checked && !b.judged; !b.orphaned {
		delete(m.blobs, h)
	}
}

// evict drops the oldest photos of other people until the rest may stay.
func (m *Store) evict(now map[chat.Hash]uses) {
	type cached struct {
		hash chat.Hash
		blob *memBlob
	}
	var cache []cached
	total := int64(0)
	for h, b := range m.blobs {
		if u := now[h]; b.whole && u.firm == 0 && u.loose > 0 {
			cache, total = append(cache, cached{h, b}), total+int64(len(b.data))
		}
	}
	slices.SortFunc(cache, func(a, b cached) int { return a.blob.came - b.blob.came })
	for total > m.opts.Photos {
		total -= int64(len(cache[0].blob.data))
		m.drop(cache[0].hash, cache[0].blob)
		cache = cache[1:]
	}
}

// sweep drops what nothing refers to: the first thing a store does.
func (m *Store) sweep() {
	now := m.uses()
	for h, b := range m.blobs {
		if now[h] == (uses{}) {
			delete(m.blobs, h)
		}
		m.came = max(m.came, b.came)
	}
}

// keptBlobs is what a kill leaves.
func (m *Store) keptBlobs() map[chat.Hash]*memBlob {
	kept := map[chat.Hash]*memBlob{}
	for h, b := range m.blobs {
		kept[h] = &memBlob{whole: b.whole, data: b.data, mark: b.mark, came: b.came}
	}
	return kept
}

// tornBlobs is what a power cut leaves: the second half of each part never reached the disk.
func (m *Store) tornBlobs() map[chat.Hash]*memBlob {
	kept := m.keptBlobs()
	for _, b := range kept {
		if b.mark = chat.NoMark; !b.whole {
			b.data = bytes.Clone(b.data)
			clear(b.data[len(b.data)/2:])
		}
	}
	return kept
}

// change does something to one blob when it is its turn: after all that was asked for before.
func (m *Store) change(h chat.Hash, do func(b *memBlob) error, done func(error)) {
	m.begin(h, func(b *memBlob) func() {
		err := do(b)
		return func() { done(err) }
	}, done)
}

func (m *Store) begin(h chat.Hash, do func(b *memBlob) (then func()), done func(error)) {
	var turn func() func()
	turn = func() func() {
		b := m.blobs[h]
		if b == nil {
			b = &memBlob{}
			m.blobs[h] = b
		}
		if b.checked {
			b.waiting = append(b.waiting, pending{turn, func() { done(chat.ErrClosed) }})
			return func() {}
		}
		then := do(b)
		if b.empty() {
			delete(m.blobs, h)
		}
		return then
	}
	m.add(turn, done)
}

// PutBlob implements chat.Blobs.
func (m *Store) PutBlob(data []byte, done func(chat.Hash, error)) {
	data = bytes.Clone(data)
	h := chat.Hash(sha256.Sum256(data))
	m.change(h, func(b *memBlob) error {
		if len(data) > chat.MaxBlob {
			return fmt.Errorf("blob of %d bytes: %w", len(data), chat.ErrTooLarge)
		}
		if !b.whole {
			if err := m.take(int64(len(data))); err != nil {
				return err
			}
			m.complete(b, data)
		}
		b.held++
		return nil
	}, func(err error) { done(h, err) })
}

// complete makes a blob whole.
func (m *Store) complete(b *memBlob, data []byte) {
	m.came++
	b.whole, b.data, b.mark, b.came = true, data, chat.NoMark, m.came
	m.evict(m.uses())
}

// AppendBlob implements chat.Blobs.
func (m *Store) AppendBlob(h chat.Hash, size, offset uint32, data []byte, done func(error)) {
	data = bytes.Clone(data)
	m.change(h, func(b *memBlob) error {
		end := uint64(offset) + uint64(len(data))
		if b.whole || len(data) == 0 || int(offset) != len(b.data) || end > uint64(size) || size > chat.MaxBlob {
			return fmt.Errorf("chunk: %w", chat.ErrInvalid)
		}
		if err := m.take(int64(len(data))); err != nil {
			return err
		}
		b.data = append(b.data, data...)
		return nil
	}, done)
}

// FinishBlob implements chat.Blobs.
func (m *Store) FinishBlob(h chat.Hash, check func(data []byte) error, done func(error)) {
	m.begin(h, func(b *memBlob) func() {
		switch {
		case b.whole:
			return func() { done(nil) }
		case len(b.data) == 0:
			return func() { done(chat.ErrNotFound) }
		}
		b.checked = true
		m.checked++
		return func() { go m.finish(h, b, check, done) }
	}, done)
}

func (m *Store) finish(h chat.Hash, b *memBlob, check func(data []byte) error, done func(error)) {
	err := checkBlob(h, b.data, check)
	m.mu.Lock()
	b.judged = true // whoever hears of it may take the last reference before this goroutine goes on
	switch {
	case m.aborted:
		err = chat.ErrClosed
	case err != nil:
		b.data = nil
	default:
		m.complete(b, b.data)
	}
	m.mu.Unlock()
	done(err)

	m.mu.Lock()
	defer m.mu.Unlock()
	b.checked, b.judged = false, false
	m.checked--
	if m.blobs[h] == b && (b.empty() || b.orphaned && b.held == 0 && m.uses()[h] == (uses{})) {
		delete(m.blobs, h)
	}
	for _, p := range b.waiting {
		if m.aborted {
			go p.refuse()
		}
	}
	if !m.aborted {
		m.queue = append(b.waiting, m.queue...)
	}
	b.waiting, b.orphaned = nil, false
	m.signal()
}

// checkBlob is what makes bytes a blob.
func checkBlob(h chat.Hash, data []byte, check func(data []byte) error) error {
	if sha256.Sum256(data) != h {
		return chat.ErrBlobDamaged
	}
	if err := check(data); err != nil {
		return fmt.Errorf("%w: %w", chat.ErrBlobRefused, err)
	}
	return nil
}

// DropPart implements chat.Blobs.
func (m *Store) DropPart(h chat.Hash, done func(error)) {
	m.change(h, func(b *memBlob) error {
		if !b.whole {
			b.data = nil
		}
		return nil
	}, done)
}

// MarkBlob implements chat.Blobs.
func (m *Store) MarkBlob(h chat.Hash, mark chat.BlobMark, done func(error)) {
	m.change(h, func(b *memBlob) error {
		if mark > chat.MarkCancelled || b.whole && mark != chat.NoMark {
			return fmt.Errorf("mark: %w", chat.ErrInvalid)
		}
		b.mark = mark
		return nil
	}, done)
}

// Blob implements chat.Blobs.
func (m *Store) Blob(h chat.Hash) chat.BlobState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state(h)
}

func (m *Store) state(h chat.Hash) chat.BlobState {
	b := m.blobs[h]
	if b == nil {
		return chat.BlobState{}
	}
	return chat.BlobState{Here: b.whole, Received: uint32(len(b.data)), Mark: b.mark}
}

// OpenBlob implements chat.Blobs.
func (m *Store) OpenBlob(h chat.Hash) (chat.Blob, error) {
	data, err := m.ReadBlob(h)
	if err != nil {
		return nil, err
	}
	return openBlob{bytes.NewReader(data)}, nil
}

type openBlob struct{ *bytes.Reader }

func (b openBlob) Close() error { return nil }

func (b openBlob) Size() uint32 { return uint32(b.Reader.Size()) }

// ReadBlob implements chat.Blobs.
func (m *Store) ReadBlob(h chat.Hash) ([]byte, error) {
	return look(m, func(*content) ([]byte, error) {
		b := m.blobs[h]
		if b == nil || !b.whole {
			return nil, chat.ErrNotFound
		}
		return bytes.Clone(b.data), nil
	})
}

// Lose makes a whole blob one whose file was damaged or deleted: what refers to it stays.
func (m *Store) Lose(h chat.Hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.blobs[h]; b != nil {
		b.whole, b.data = false, nil
	}
}

// RoomImages implements chat.Blobs.
func (m *Store) RoomImages(id chat.RoomID, do func(chat.MessageID, chat.Hash) bool) error {
	type message struct {
		id   chat.MessageID
		hash chat.Hash
	}
	all, err := look(m, func(c *content) ([]message, error) {
		var all []message
		r := c.rooms[id]
		if r == nil {
			return nil, nil
		}
		for _, log := range slices.SortedFunc(maps.Keys(r.logs), compareLogs) {
			floor := r.state.Log(log.Author, log.Device).Floor
			for _, g := range r.logs[log] {
				g.Images(func(seq uint64, i *chat.Image) {
					if g.rows.Has(int(seq-g.First())) && seq > floor {
						all = append(all, message{chat.MessageID{LogID: log, Seq: seq}, i.Hash})
					}
				})
			}
		}
		return all, nil
	})
	for _, msg := range all {
		if !do(msg.id, msg.hash) {
			break
		}
	}
	return err
}

func compareLogs(a, b chat.LogID) int {
	return cmp.Or(cmp.Compare(a.Author, b.Author), bytes.Compare(a.Device[:], b.Device[:]))
}

// RoomBytes implements chat.Blobs.
func (m *Store) RoomBytes(id chat.RoomID) (int64, error) {
	return look(m, func(c *content) (int64, error) {
		r := c.rooms[id]
		if r == nil {
			return 0, nil
		}
		counted := map[chat.Hash]bool{}
		total := int64(0)
		for _, groups := range r.logs {
			for _, g := range groups {
				for _, h := range g.images {
					if !counted[h] {
						total += int64(m.state(h).Received)
					}
					counted[h] = true
				}
			}
		}
		return total, nil
	})
}
