package storage

import (
	"bytes"
	"cmp"
	"container/heap"
	"runtime"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"haggle/chat"
	"haggle/text"
)

// searchSpan is how many sequence numbers of a log one worker looks through at a time.
const searchSpan = 4096

// SearchRows implements chat.Store. There is no index of words: Chinese has none, and all messages of years are read in a
// second. What is older than all that was found is not read.
func (db *DB) SearchRows(query string, in *chat.RoomID, limit int) ([]chat.Row, error) {
	needle := text.NewNeedle(query)
	if needle.Empty() || limit <= 0 {
		return nil, nil
	}
	return read(db, func(v *view) ([]chat.Row, error) {
		s := search{v: v, needle: needle, limit: limit}
		s.spans(in)
		return s.run()
	})
}

// search is one search of messages.
type search struct {
	v      *view
	needle text.Needle
	limit  int

	mu   sync.Mutex
	todo []span
	best found // the worst of the best so far on top
	err  error
}

// span is a piece of a log, from high down to low.
type span struct {
	log       chat.LogID
	low, high uint64
	clock     chat.Clock // nothing in it is newer
}

// found is a heap of rows, the oldest on top.
type found []chat.Row

func (f found) Len() int           { return len(f) }
func (f found) Less(i, j int) bool { return compareFound(f[i], f[j]) > 0 }
func (f found) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *found) Push(x any)        { *f = append(*f, x.(chat.Row)) } //nolint:forcetypeassert // container/heap's contract
func (f *found) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// compareFound orders rows as they are returned: newest first.
func compareFound(a, b chat.Row) int {
	return cmp.Or(b.Position().Compare(a.Position()), bytes.Compare(a.Log.Room[:], b.Log.Room[:]))
}

// spans cuts the logs of one room, or of all, into pieces, the newest logs first.
func (s *search) spans(in *chat.RoomID) {
	for _, e := range s.v.rooms.byID {
		if in != nil && e.id != *in {
			continue
		}
		mine, _ := e.state.Role(s.v.self)
		for i := range e.state.Logs {
			l := &e.state.Logs[i]
			low := max(held(l, mine), l.Floor+1)
			if l.Rows == 0 {
				continue
			}
			log := chat.LogID{Room: e.id, Author: l.Author, Device: l.Device}
			for high := l.Seq; high >= low; high -= min(high, searchSpan) {
				s.todo = append(s.todo, span{log, max(low, high-min(high-1, searchSpan-1)), high, l.Clock})
			}
		}
	}
	slices.SortStableFunc(s.todo, func(a, b span) int { return cmp.Compare(b.clock, a.clock) })
}

func (s *search) run() ([]chat.Row, error) {
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(s.todo)) {
		workers.Go(func() {
			for {
				p, ok := s.next()
				if !ok {
					return
				}
				if err := guarded(func() error { return s.look(p) }); err != nil {
					s.fail(err)
				}
			}
		})
	}
	workers.Wait()
	if s.err != nil {
		return nil, s.err
	}
	rows := []chat.Row(s.best)
	slices.SortFunc(rows, compareFound)
	return rows, nil
}

func (s *search) next() (span, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || len(s.todo) == 0 {
		return span{}, false
	}
	p := s.todo[0]
	s.todo = s.todo[1:]
	return p, true
}

func (s *search) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// late reports whether nothing with this clock can be among the best any more.
func (s *search) late(clock chat.Clock) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.best) == s.limit && clock < s.best[0].Entry.Clock
}

func (s *search) add(r chat.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heap.Push(&s.best, r)
	if len(s.best) > s.limit {
		heap.Pop(&s.best)
	}
}

// look searches one piece, newest groups first.
func (s *search) look(p span) error {
	if s.late(p.clock) {
		return nil
	}
	_, last, err := groupAt(s.v, p.log, p.high)
	if err != nil {
		return err
	}
	it := s.v.iterator(logKey(keyGroup, p.log), true)
	defer it.Close()
	for it.Seek(groupKey(p.log, last)); ; it.Next() {
		if !it.Valid() {
			return errGap
		}
		first, more, err := s.group(p, it.Item(), last)
		if err != nil || !more || first <= p.low {
			return err
		}
		last = first - 1
	}
}

// group searches one stored group, which must end with last. more is false when nothing older can be among the best.
func (s *search) group(p span, item *badger.Item, last uint64) (first uint64, more bool, err error) {
	if _, ends, ok := parseGroupKey(item.Key()); !ok || ends != last {
		return 0, false, errGap
	}
	err = item.Value(func(sealed []byte) error {
		value, err := unseal(item.Key(), sealed)
		if err != nil {
			return err
		}
		stored, err := decodeGroup(value)
		if err != nil {
			return err
		}
		var clock chat.Clock
		if first, _, clock = stored.start(); first == 0 {
			return errCorrupt
		}
		more = !s.late(clock)
		return s.rows(p, &stored, first)
	})
	return first, more, asDamage(err)
}

// rows adds the rows of a group that match. The group is only decoded if there is one.
func (s *search) rows(p span, stored *storedGroup, first uint64) error {
	var matches []int
	err := chat.ScanGroup(stored.raw, func(e *chat.Entry) bool {
		i := int(e.Seq - first)
		if e.Seq >= p.low && e.Seq <= p.high && stored.rows.Has(i) {
			if text := chat.ScanText(e.Kind, e.Body); text != nil && s.needle.MatchBytes(text) {
				matches = append(matches, i)
			}
		}
		return true
	})
	if err != nil || len(matches) == 0 {
		return err
	}
	g, err := stored.group()
	if err != nil {
		return err
	}
	for _, i := range matches {
		e := &g.Entries[i]
		body, err := chat.DecodeBody(e.Kind, e.Body)
		if err != nil || !s.needle.Match(body.Text) || s.late(e.Clock) {
			continue
		}
		s.add(newRow(p.log, e, stored.clockOff))
	}
	return nil
}
