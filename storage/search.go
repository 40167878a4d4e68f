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

// SearchRows implements chat.Store.
func (db *DB) SearchRows(query string, in *chat.RoomID, limit int) ([]chat.Row, error) {
	return read(db, func(v *view) ([]chat.Row, error) {
		hits, err := v.search(query, in, limit)
		rows := make([]chat.Row, 0, len(hits))
		for i := range hits {
			var row chat.Row
			if row, err = v.row(hits[i].id); err != nil {
				return nil, asDamage(err)
			}
			rows = append(rows, row)
		}
		return rows, err
	})
}

// FindRows implements chat.Store.
func (db *DB) FindRows(query string, in chat.RoomID, limit int) ([]chat.MessageID, error) {
	return read(db, func(v *view) ([]chat.MessageID, error) {
		hits, err := v.search(query, &in, limit)
		ids := make([]chat.MessageID, len(hits))
		for i := range hits {
			ids[i] = hits[i].id
		}
		return ids, err
	})
}

// search finds rows, newest first. There is no index of words: Chinese has none, and 100,000 messages are read in less
// than the blink of an eye. What is older than all that was found is not read.
func (v *view) search(query string, in *chat.RoomID, limit int) ([]hit, error) {
	needle := text.NewNeedle(query)
	if needle.Empty() || limit <= 0 {
		return nil, nil
	}
	s := search{v: v, needle: needle, limit: limit, over: map[chat.LogID]uint64{}}
	s.spans(in)
	return s.run()
}

// search is one search of messages.
type search struct {
	v      *view
	needle text.Needle
	limit  int

	mu   sync.Mutex
	todo []span
	over map[chat.LogID]uint64 // what a log has before that seq is too old, as clocks rise along it
	best found                 // the worst of the best so far on top
	err  error
}

// span is a piece of a log, from high down to low.
type span struct {
	log       chat.LogID
	low, high uint64
	clock     chat.Clock // nothing in it is newer
}

// hit is a row that was found.
type hit struct {
	id chat.MessageID
	at chat.Position
}

// found is a heap of hits, the oldest on top.
type found []hit

func (f found) Len() int           { return len(f) }
func (f found) Less(i, j int) bool { return compareFound(f[i], f[j]) > 0 }
func (f found) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *found) Push(x any)        { *f = append(*f, x.(hit)) } //nolint:forcetypeassert // container/heap's contract
func (f *found) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// compareFound orders hits as they are returned: newest first.
func compareFound(a, b hit) int {
	return cmp.Or(b.at.Compare(a.at), bytes.Compare(a.id.Room[:], b.id.Room[:]))
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

func (s *search) run() ([]hit, error) {
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
	slices.SortFunc(s.best, compareFound)
	return s.best, nil
}

func (s *search) next() (span, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil && len(s.todo) > 0 {
		p := s.todo[0]
		s.todo = s.todo[1:]
		if p.high >= s.over[p.log] {
			return p, true
		}
	}
	return span{}, false
}

// end notes that nothing before seq in a log can be among the best any more.
func (s *search) end(log chat.LogID, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over[log] = max(s.over[log], seq)
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
	return len(s.best) == s.limit && clock < s.best[0].at.Clock
}

func (s *search) add(h hit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heap.Push(&s.best, h)
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
	err = item.Value(func(summed []byte) error {
		value, err := cutSum(item.Key(), summed)
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
		if more = !s.late(clock); !more {
			s.end(p.log, first)
		}
		return s.rows(p, &stored, first)
	})
	return first, more, asDamage(err)
}

// rows adds the rows of a group that match.
func (s *search) rows(p span, stored *storedGroup, first uint64) error {
	return chat.ScanGroup(stored.raw, func(e *chat.Entry) bool {
		if e.Seq >= p.low && e.Seq <= p.high && stored.rows.Has(int(e.Seq-first)) && s.matches(e) && !s.late(e.Clock) {
			s.add(hit{chat.MessageID{LogID: p.log, Seq: e.Seq}, e.At(p.log)})
		}
		return true
	})
}

// matches first looks at the bytes where the text must be, and then at what they decode to.
func (s *search) matches(e *chat.Entry) bool {
	if text := chat.ScanText(e.Kind, e.Body); text == nil || !s.needle.MatchBytes(text) {
		return false
	}
	body, err := chat.DecodeBody(e.Kind, e.Body)
	return err == nil && s.needle.Match(body.Text)
}
