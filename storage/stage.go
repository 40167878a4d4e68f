package storage

import (
	"slices"
	"strings"

	"haggle/chat"
)

// stage is a source with changes above another: a batch above those before it, those above the index. What is refused is
// dropped with its stage.
type stage struct {
	base  source
	puts  map[string][]byte // nil deletes; values are without their sums yet
	keys  []string          // of puts, sorted
	size  int
	state map[chat.RoomID]*chat.RoomState
	items map[goodsID]*item // nil: taken out

	adopted    []chat.Hash       // blobs that own records refer to
	references []referenceChange // what a commit changed
}

func newStage(base source) *stage {
	return &stage{base: base}
}

func (s *stage) put(key, value []byte) {
	if s.puts == nil {
		s.puts = map[string][]byte{}
	}
	k := string(key)
	if old, ok := s.puts[k]; ok {
		s.size -= len(k) + len(old)
	} else {
		i, _ := slices.BinarySearch(s.keys, k)
		s.keys = slices.Insert(s.keys, i, k)
	}
	s.size += len(k) + len(value)
	s.puts[k] = value
}

func (s *stage) delete(key []byte) { s.put(key, nil) }

func (s *stage) get(key []byte) ([]byte, error) {
	if value, ok := s.puts[string(key)]; ok {
		if value == nil {
			return nil, chat.ErrNotFound
		}
		return value, nil
	}
	return s.base.get(key)
}

// scan merges the changes into what the base has.
func (s *stage) scan(prefix, from []byte, do func(key, value []byte) (bool, error)) error {
	i, _ := slices.BinarySearch(s.keys, string(from))
	own := s.keys[i:]
	stopped := false
	emit := func(key string, value []byte) error {
		if value == nil || stopped {
			return nil
		}
		more, err := do([]byte(key), value)
		stopped = !more
		return err
	}
	err := s.base.scan(prefix, from, func(key, value []byte) (bool, error) {
		k := string(key)
		for len(own) > 0 && own[0] < k && !stopped {
			if err := emit(own[0], s.puts[own[0]]); err != nil {
				return false, err
			}
			own = own[1:]
		}
		if stopped {
			return false, nil
		}
		if len(own) > 0 && own[0] == k {
			value, own = s.puts[k], own[1:]
		}
		err := emit(k, value)
		return !stopped, err
	})
	for err == nil && !stopped && len(own) > 0 && strings.HasPrefix(own[0], string(prefix)) {
		err = emit(own[0], s.puts[own[0]])
		own = own[1:]
	}
	return err
}

func (s *stage) room(id chat.RoomID) *chat.RoomState {
	if r, ok := s.state[id]; ok {
		return r
	}
	return s.base.room(id)
}

func (s *stage) setRoom(id chat.RoomID, r *chat.RoomState) {
	if s.state == nil {
		s.state = map[chat.RoomID]*chat.RoomState{}
	}
	s.state[id] = r
}

func (s *stage) listing(key goodsID) *item {
	if i, ok := s.items[key]; ok {
		return i
	}
	return s.base.listing(key)
}

func (s *stage) listingsOf(seller chat.PeerID) []*item {
	var all []*item
	for _, i := range s.base.listingsOf(seller) {
		if _, changed := s.items[i.key]; !changed {
			all = append(all, i)
		}
	}
	for key, i := range s.items {
		if key.seller == seller && i != nil {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return a.key.compare(b.key) })
	return all
}

func (s *stage) setListing(i *item) { s.change(i.key, i) }

func (s *stage) dropListing(key goodsID) { s.change(key, nil) }

func (s *stage) change(key goodsID, i *item) {
	if s.items == nil {
		s.items = map[goodsID]*item{}
	}
	s.items[key] = i
}

// merge takes over the changes of a stage above this one.
func (s *stage) merge(above *stage) {
	for _, k := range above.keys {
		s.put([]byte(k), above.puts[k])
	}
	for id, r := range above.state {
		s.setRoom(id, r)
	}
	for key, i := range above.items {
		s.change(key, i)
	}
	s.adopt(above.adopted...)
}

// touchesBlobs reports whether references to pictures change, or own records take over pictures that are held for them.
func (s *stage) touchesBlobs() bool {
	i, _ := slices.BinarySearch(s.keys, string(keyReference))
	return len(s.adopted) > 0 || i < len(s.keys) && s.keys[i][0] == keyReference
}

func (s *stage) empty() bool { return len(s.puts) == 0 && len(s.state) == 0 && len(s.items) == 0 }
