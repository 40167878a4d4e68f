package storage

import (
	"bytes"
	"cmp"
	"slices"

	"haggle/chat"
)

// rooms holds the states of all rooms in memory: a few hundred bytes each, read by everything and changed by each message.
// It is never changed in place, so that a view is free.
type rooms struct {
	byID     []*roomEntry
	byActive []*roomEntry // the inbox: newest first
}

type roomEntry struct {
	id    chat.RoomID
	state *chat.RoomState // never changed in place
	sum   uint64          // its share in indexHead.quick
}

func (e *roomEntry) compareID(id chat.RoomID) int { return bytes.Compare(e.id[:], id[:]) }

func compareRooms(a, b *roomEntry) int { return a.compareID(b.id) }

func compareActive(a, b *roomEntry) int {
	return cmp.Or(cmp.Compare(b.state.ActiveAt, a.state.ActiveAt), bytes.Compare(a.id[:], b.id[:]))
}

// find returns a room's entry, nil if there is none.
func (r *rooms) find(id chat.RoomID) *roomEntry {
	if i, ok := slices.BinarySearchFunc(r.byID, id, (*roomEntry).compareID); ok {
		return r.byID[i]
	}
	return nil
}

// with is r with entries put in or replaced; changed is sorted by ID.
func (r *rooms) with(changed []*roomEntry) *rooms {
	if len(changed) == 0 {
		return r
	}
	n := &rooms{
		byID:     make([]*roomEntry, 0, len(r.byID)+len(changed)),
		byActive: make([]*roomEntry, 0, len(r.byID)+len(changed)),
	}
	replaced := make(map[*roomEntry]bool, len(changed))
	old := r.byID
	for _, e := range changed {
		i, found := slices.BinarySearchFunc(old, e.id, (*roomEntry).compareID)
		n.byID = append(append(n.byID, old[:i]...), e)
		if found {
			replaced[old[i]] = true
			i++
		}
		old = old[i:]
	}
	n.byID = append(n.byID, old...)

	fresh := slices.SortedFunc(slices.Values(changed), compareActive)
	for _, e := range r.byActive {
		if replaced[e] {
			continue
		}
		for len(fresh) > 0 && compareActive(fresh[0], e) < 0 {
			n.byActive, fresh = append(n.byActive, fresh[0]), fresh[1:]
		}
		n.byActive = append(n.byActive, e)
	}
	n.byActive = append(n.byActive, fresh...)
	return n
}
