package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"haggle/chat"
)

const (
	memTableSize = 5 << 20  // a transaction may hold 15 % of it
	vlogSize     = 16 << 20 // nothing lives there, but on Windows two files of it are really made
	blockCache   = 1 << 20
	indexCache   = 8 << 20
	threshold    = 512 << 10 // above every value: a value log read error would pass unnoticed
	letGoEvery   = 1 << 20   // bytes written

	indexLayout = 1 // of the keys; 0 knew no references to blobs
)

// index is an open Badger with the rooms and goods it holds. It answers every query and can be made again from the journal
// at any time. One goroutine commits; views may be had from any.
type index struct {
	db   *badger.DB
	self chat.PeerID
	head indexHead // the committer's

	refs  *references
	mu    sync.RWMutex // held while a commit makes the next moment
	torn  bool         // a commit failed: the last moment may be neither the old nor the new one
	fresh int          // bytes written since letGo; the committer's
	rooms *rooms
	goods *goods
}

// indexHead says what the index has applied, and sums up what it must therefore hold: Badger can lose a part without an
// error.
type indexHead struct {
	position uint64 // newest journal record applied
	hard     uint64 // newest journal record that was synced when this was written
	quick    uint64 // digests of all but groups and versions, combined by exclusive or
	slow     uint64 // digests of versions

	compacted uint64 // bytes of the journal after its last compaction
	layout    uint64 // what was read; indexLayout is what is written
}

func (h indexHead) encode() []byte {
	b := binary.AppendUvarint(nil, h.position)
	b = binary.AppendUvarint(b, h.hard)
	b = binary.AppendUvarint(b, h.compacted)
	b = binary.BigEndian.AppendUint64(b, h.quick)
	b = binary.BigEndian.AppendUint64(b, h.slow)
	return binary.AppendUvarint(b, indexLayout)
}

func decodeHead(b []byte) (h indexHead, err error) {
	s := scanner{b: b}
	h.position, h.hard, h.compacted = s.uvarint(), s.uvarint(), s.uvarint()
	if rest := s.take(16); rest != nil {
		h.quick, h.slow = binary.BigEndian.Uint64(rest), binary.BigEndian.Uint64(rest[8:])
	}
	if len(s.b) > 0 {
		h.layout = s.uvarint()
	}
	return h, s.err()
}

// badgerOptions are for an index that is encrypted with key, if there is one.
func badgerOptions(dir string, key []byte) badger.Options {
	o := badger.DefaultOptions(dir).
		WithLogger(nil).WithMetricsEnabled(false).
		WithSyncWrites(false). // the journal's is the only sync
		WithMemTableSize(memTableSize).WithNumMemtables(2).WithNumCompactors(2).WithNumGoroutines(1).
		WithValueLogFileSize(vlogSize).WithValueThreshold(threshold).
		WithBlockCacheSize(blockCache).
		WithDetectConflicts(false). // one writer
		WithBypassLockGuard(true)   // the profile has a lock of its own
	if key != nil {
		// Without a cache Badger would decrypt a table's index for each key that it looks for.
		o = o.WithEncryptionKey(key).WithEncryptionKeyRotationDuration(keyLife).WithIndexCacheSize(indexCache)
	}
	return o
}

// openBadger opens Badger, which may also panic or fault over a damaged file.
func openBadger(dir string, key []byte) (db *badger.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("%w: open panics: %v", errDamaged, p)
		}
	}()
	if db, err = badger.Open(badgerOptions(dir, key)); err != nil {
		return nil, fmt.Errorf("%w: open: %w", errDamaged, err)
	}
	return db, nil
}

// openIndex opens what is in dir, an empty index if there is nothing, and loads rooms and goods. errDamaged means that it
// is to be made again. suspicious has every table checked. key is what the index is encrypted with, nil if it is not.
func openIndex(dir string, self chat.PeerID, key []byte, suspicious bool) (*index, error) {
	tables, err := openRegistry(dir, key)
	if err == nil {
		err = preflight(dir, tables, suspicious)
	}
	if err != nil {
		return nil, err
	}
	db, err := openBadger(dir, key)
	if err != nil {
		return nil, err
	}
	x := &index{db: db, self: self, rooms: &rooms{}, goods: &goods{}, refs: newReferences()}
	err = guarded(x.load)
	if err == nil && x.head.layout < indexLayout && x.head.position > 0 {
		err = guarded(x.addReferences)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return x, nil
}

// load reads all that is kept in memory and compares the digest of all that is small with the head.
func (x *index) load() error {
	v := x.view()
	defer v.discard()
	if _, err := v.get([]byte{keyTorn}); !errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("%w: a large change was not finished", errDamaged)
	}
	head, err := v.get([]byte{keyHead})
	if errors.Is(err, chat.ErrNotFound) {
		return nil // new, or so damaged that it looks new: the journal will tell
	}
	if err == nil {
		x.head, err = decodeHead(head)
	}
	if err == nil && x.head.layout > indexLayout {
		err = fmt.Errorf("%w: layout %d is not known", errDamaged, x.head.layout)
	}
	if err != nil {
		return asDamage(err)
	}
	var quick uint64
	var entries []*roomEntry
	list := new(goods)
	for _, kind := range []byte{keyRoom, keyListing, keyEvidence, keyAbout, keyReference, keyPeer, keyProfile, keySetting} {
		err := v.scan([]byte{kind}, []byte{kind}, func(key, value []byte) (bool, error) {
			sum := digest(key, value)
			quick ^= sum
			switch kind {
			case keyRoom:
				state, err := decodeState(value)
				if err != nil {
					return false, err
				}
				entries = append(entries, &roomEntry{state.ID(), state, sum})
			case keyListing:
				i, err := decodeItem(key, value)
				if err != nil {
					return false, err
				}
				i.sum = sum
				list.items = append(list.items, i)
			case keyReference:
				return true, x.refs.load(x.self, key, value)
			}
			return true, nil
		})
		if err != nil {
			return asDamage(err)
		}
	}
	if quick != x.head.quick {
		return fmt.Errorf("%w: digest differs", errDamaged)
	}
	x.rooms, x.goods = x.rooms.with(entries), list
	return nil
}

// view is the store now, for the committer. Its transaction must be discarded.
func (x *index) view() *view {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.now()
}

// latest is view where the next moment is made: by the committer, who makes no other meanwhile. What it says of rooms and
// goods, and that is all of most, costs no transaction.
func (x *index) latest() *view {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return &view{self: x.self, begin: func() *badger.Txn { return x.db.NewTransaction(false) }, rooms: x.rooms, goods: x.goods}
}

// believed is view for other goroutines than the committer's: errDamaged if a commit failed. Badger may then never begin a
// transaction again.
func (x *index) believed() (*view, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.torn {
		return nil, errDamaged
	}
	return x.now(), nil
}

func (x *index) now() *view {
	return &view{self: x.self, txn: x.db.NewTransaction(false), rooms: x.rooms, goods: x.goods}
}

// commit makes the stage's changes the next moment, at that journal position. The stage stands on a view of the last one.
// sure, if any, is called first, when there are no more views of the last moment to be had. An error means that the index
// cannot be trusted any more.
func (x *index) commit(s *stage, on *view, position, hard uint64, sure func()) (err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer func() { x.torn = x.torn || err != nil }()
	if sure != nil {
		sure()
		runtime.Gosched() // whoever it told is in more of a hurry
	}
	head := x.head
	head.position, head.hard, head.layout = position, hard, indexLayout
	var entries []*roomEntry
	err = guarded(func() (err error) {
		entries, err = x.settle(s, on, &head)
		return err
	})
	if err != nil {
		return err
	}
	s.put([]byte{keyHead}, head.encode())
	nextRooms, nextGoods := on.rooms.with(entries), on.goods.with(s.items)
	err = x.write(s)
	if errors.Is(err, badger.ErrTxnTooBig) {
		err = x.writeParts(s)
	}
	if err != nil {
		return fmt.Errorf("%w: write: %w", errDamaged, err)
	}
	x.head, x.rooms, x.goods = head, nextRooms, nextGoods
	x.refs.change(x.self, s.references)
	x.fresh += s.size
	return nil
}

// relieve keeps what was written, or read, of the tables from staying in memory.
func (x *index) relieve() {
	if x.fresh >= letGoEvery {
		x.fresh = 0
		x.letGo()
	}
}

// settle turns rooms and listings of the stage into entries and moves the digests from the old values to the new ones.
func (x *index) settle(s *stage, on *view, head *indexHead) ([]*roomEntry, error) {
	for _, k := range s.keys {
		key, value := []byte(k), s.puts[k]
		var sum *uint64
		switch key[0] {
		case keyGroup:
			continue
		case keyVersion:
			sum = &head.slow
		default:
			sum = &head.quick
		}
		old, err := on.get(key)
		if err == nil {
			*sum ^= digest(key, old)
		} else if !errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		if value != nil {
			*sum ^= digest(key, value)
		}
		if key[0] == keyReference {
			s.references = append(s.references, referenceChange{key, old, value})
		}
	}
	var entries []*roomEntry
	for id, state := range s.state {
		key, value := roomKey(id), encodeState(state)
		if old := on.rooms.find(id); old != nil {
			head.quick ^= old.sum
		}
		e := &roomEntry{id, state, digest(key, value)}
		head.quick ^= e.sum
		entries = append(entries, e)
		s.put(key, value)
	}
	slices.SortFunc(entries, compareRooms)
	for id, i := range s.items {
		key := listingKey(id)
		if old := on.goods.find(id); old != nil {
			head.quick ^= old.sum
		}
		if i == nil {
			s.delete(key)
			continue
		}
		value := i.encode()
		i.sum = digest(key, value)
		head.quick ^= i.sum
		s.put(key, value)
	}
	return entries, nil
}

// write commits the stage in one transaction, or returns badger.ErrTxnTooBig and did nothing.
func (x *index) write(s *stage) error {
	txn := x.db.NewTransaction(true)
	defer txn.Discard()
	for _, k := range s.keys {
		if err := put(txn, []byte(k), s.puts[k]); err != nil {
			return err
		}
	}
	return txn.Commit()
}

// writeParts commits a stage that is too large for a transaction. The mark that stands meanwhile makes the next start
// build the index again; nobody gets a view before it is gone.
func (x *index) writeParts(s *stage) error {
	txn := x.db.NewTransaction(true)
	defer func() { txn.Discard() }()
	if err := put(txn, []byte{keyTorn}, []byte{}); err != nil {
		return err
	}
	for _, k := range s.keys {
		err := put(txn, []byte(k), s.puts[k])
		if errors.Is(err, badger.ErrTxnTooBig) {
			if err = txn.Commit(); err == nil {
				txn = x.db.NewTransaction(true)
				err = put(txn, []byte(k), s.puts[k])
			}
		}
		if err != nil {
			return err
		}
	}
	if err := txn.Commit(); err != nil {
		return err
	}
	txn = x.db.NewTransaction(true)
	if err := txn.Delete([]byte{keyTorn}); err != nil {
		return err
	}
	return txn.Commit()
}

func put(txn *badger.Txn, key, value []byte) error {
	if value == nil {
		return txn.Delete(key)
	}
	return txn.Set(key, withSum(key, slices.Clip(value)))
}

// close ends Badger. Views must be gone.
func (x *index) close() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: close panics: %v", errDamaged, p)
		}
	}()
	return x.db.Close()
}
