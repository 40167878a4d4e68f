package rpc

import (
	"container/list"
	"sync"
)

const (
	maxAnswers     = 4096     // queued answers beyond which no more requests are read
	maxAnswerBytes = 16 << 20 // the same for their size
	maxNotices     = 1 << 16  // queued notifications beyond which all of them are dropped
	maxNoticeBytes = 32 << 20 // the same for their size
)

// item is one line to be written.
type item struct {
	line []byte // the line with its end, or
	// make returns what to encode as a line, nil for nothing; it is called when its turn has come.
	make   func() any
	reads  bool // make reads the store: lines before it are not to wait for that
	size   int  // bytes it keeps in memory, roughly
	key    any  // a notice with the same key replaces it; nil for none
	answer bool
}

// outbox is the queue of what is to be written: answers, which are never dropped, and notices (events), which are.
// Adding never waits. Methods may be called from any goroutine.
type outbox struct {
	mu      sync.Mutex
	items   list.List // of *item
	keyed   map[any]*list.Element
	lagged  *list.Element // stands for what was dropped, nil if nothing was
	dropped int
	sums    [2]struct{ count, bytes int } // of notices and answers
	notices int                           // at most
	closed  bool

	filled  chan struct{} // has a value when items came in or it was closed
	emptied *sync.Cond    // told when answers were taken or it was closed
}

func newOutbox() *outbox {
	o := &outbox{keyed: map[any]*list.Element{}, notices: maxNotices, filled: make(chan struct{}, 1)}
	o.emptied = sync.NewCond(&o.mu)
	return o
}

// add queues an item at the end. A notice whose key is queued already takes that one's place out: it comes after every
// answer that was queued before it.
func (o *outbox) add(it *item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if old := o.keyed[it.key]; it.key != nil && old != nil {
		o.remove(old)
	}
	e := o.items.PushBack(it)
	o.count(it, 1)
	if it.key != nil {
		o.keyed[it.key] = e
	}
	if n := o.sums[0]; n.count > o.notices || n.bytes > maxNoticeBytes {
		o.drop()
	}
	o.signal()
}

// first queues an item before all others.
func (o *outbox) first(it *item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.items.PushFront(it)
	o.count(it, 1)
	o.signal()
}

// drop drops all notices. One line in the place of the newest tells how many: who reads it lists again.
func (o *outbox) drop() {
	var next *list.Element
	for e := o.items.Front(); e != nil; e = next {
		next = e.Next()
		if it := e.Value.(*item); !it.answer && e != o.lagged {
			o.remove(e)
			o.dropped++
		}
	}
	if o.lagged == nil {
		o.lagged = o.items.PushBack(&item{answer: true})
		o.count(o.lagged.Value.(*item), 1)
		return
	}
	o.items.MoveToBack(o.lagged)
}

func (o *outbox) remove(e *list.Element) {
	it := o.items.Remove(e).(*item)
	o.count(it, -1)
	if it.key != nil && o.keyed[it.key] == e {
		delete(o.keyed, it.key)
	}
}

func (o *outbox) count(it *item, sign int) {
	sum := &o.sums[0]
	if it.answer {
		sum = &o.sums[1]
	}
	sum.count += sign
	sum.bytes += sign * it.size
}

func (o *outbox) signal() {
	select {
	case o.filled <- struct{}{}:
	default:
	}
}

// take removes the first item; nil if there is none.
func (o *outbox) take() (it *item, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.items.Front()
	if e == nil {
		return nil, o.closed
	}
	it = e.Value.(*item)
	full := o.full()
	o.remove(e)
	if e == o.lagged {
		dropped := o.dropped
		it.make = func() any { return notice("lagged", lagged{dropped}) }
		o.lagged, o.dropped = nil, 0
	}
	if full && !o.full() {
		o.emptied.Broadcast()
	}
	return it, false
}

func (o *outbox) full() bool {
	return o.sums[1].count >= maxAnswers || o.sums[1].bytes >= maxAnswerBytes
}

// wait returns once there is room for answers.
func (o *outbox) wait() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.full() && !o.closed {
		o.emptied.Wait()
	}
}

// close refuses further items; those queued can still be taken.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.emptied.Broadcast()
	o.signal()
}
