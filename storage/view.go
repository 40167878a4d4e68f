package storage

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"haggle/chat"
)

// errDamaged says that the index lacks what it must hold, or holds what was never written: it is rebuilt.
var errDamaged = errors.New("index is damaged")

// view is the store as it was at one moment. Any goroutine may read it while the store goes on.
type view struct {
	self  chat.PeerID
	txn   *badger.Txn // nil until something is read, if begin is set
	begin func() *badger.Txn
	rooms *rooms
	goods *goods
}

// transaction is what the view reads in.
func (v *view) transaction() *badger.Txn {
	if v.txn == nil {
		v.txn = v.begin()
	}
	return v.txn
}

// discard ends the view.
func (v *view) discard() {
	if v.txn != nil {
		v.txn.Discard()
	}
}

// get returns a value, or chat.ErrNotFound.
func (v *view) get(key []byte) ([]byte, error) {
	item, err := v.transaction().Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, chat.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("%w: get: %w", errDamaged, err)
	}
	return readItem(key, item)
}

// need is get for what must be there.
func (v *view) need(key []byte) ([]byte, error) {
	value, err := v.get(key)
	if errors.Is(err, chat.ErrNotFound) {
		return nil, fmt.Errorf("%w: %c is missing", errDamaged, key[0])
	}
	return value, err
}

// readItem copies and checks an item's value.
func readItem(key []byte, item *badger.Item) ([]byte, error) {
	summed, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: value: %w", errDamaged, err)
	}
	value, err := cutSum(key, summed)
	if err != nil {
		return nil, fmt.Errorf("%w: %c: %w", errDamaged, key[0], err)
	}
	return value, nil
}

// scan calls do for the entries with the prefix from the key on, in order, until it returns false.
func (v *view) scan(prefix, from []byte, do func(key, value []byte) (bool, error)) error {
	it := v.iterator(prefix, false)
	defer it.Close()
	for it.Seek(from); it.Valid(); it.Next() {
		item := it.Item()
		key := item.KeyCopy(nil)
		value, err := readItem(key, item)
		if err != nil {
			return err
		}
		if more, err := do(key, value); err != nil || !more {
			return err
		}
	}
	return nil
}

func (v *view) iterator(prefix []byte, reverse bool) *badger.Iterator {
	return v.transaction().NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: reverse})
}

func (v *view) room(id chat.RoomID) *chat.RoomState {
	if e := v.rooms.find(id); e != nil {
		return e.state
	}
	return nil
}

func (v *view) listing(key goodsID) *item { return v.goods.find(key) }

func (v *view) listingsOf(seller chat.PeerID) []*item { return v.goods.of(seller) }

// source is what records are applied on: a view, or a stage with changes above one.
type source interface {
	get(key []byte) ([]byte, error)
	scan(prefix, from []byte, do func(key, value []byte) (bool, error)) error
	room(id chat.RoomID) *chat.RoomState // nil if there is none; never changed in place
	listing(key goodsID) *item           // nil if there is none; never changed in place
	listingsOf(seller chat.PeerID) []*item
}

// groupAt returns the stored group that holds seq, with its last seq. The caller knows that the log holds it.
func groupAt(s source, log chat.LogID, seq uint64) (storedGroup, uint64, error) {
	var found storedGroup
	var last uint64
	prefix := logKey(keyGroup, log)
	err := s.scan(prefix, groupKey(log, seq), func(key, value []byte) (bool, error) {
		var err error
		if _, last, _ = parseGroupKey(key); last < seq {
			return false, errDamaged
		}
		found, err = decodeGroup(value)
		return false, err
	})
	if err != nil {
		return found, 0, asDamage(err)
	}
	if first, _, _ := found.start(); last == 0 || first == 0 || first > seq {
		return found, 0, fmt.Errorf("%w: group is missing", errDamaged)
	}
	return found, last, nil
}

// asDamage marks errors of decoding as damage.
func asDamage(err error) error {
	if errors.Is(err, errCorrupt) && !errors.Is(err, errDamaged) {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return err
}

// held is the lowest seq of a log whose group is kept: groups of the other's below the floor are gone.
func held(l *chat.LogState, mine chat.Role) uint64 {
	if l.Author == mine {
		return 1
	}
	return l.Floor + 1
}

// holds reports whether the group of seq is kept.
func holds(l *chat.LogState, mine chat.Role, seq uint64) bool {
	return seq >= held(l, mine) && seq <= l.Seq
}
