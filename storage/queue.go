package storage

import "sync"

const (
	foldBytes   = 1 << 20 // of journal payloads in one write; more waits for the next
	foldChanges = 4000
)

// queue is what waits for the committer. Nobody waits on it but the committer.
type queue struct {
	mu      sync.Mutex
	waiting []*batch
	closed  bool
	wake    chan struct{} // holds a token when there may be something to do
}

// batch is one Commit.
type batch struct {
	changes []change
	size    int
	soft    bool
	err     error // why it was refused before it got here
	told    bool  // done was called
	done    func(error)
}

// tell calls done, unless it was called: with why the batch was refused, or else with err.
func (b *batch) tell(err error) {
	if b.told {
		return
	}
	b.told = true
	if b.err == nil {
		b.err = err
	}
	b.done(b.err)
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

// add puts a batch at the end; false when the queue is closed.
func (q *queue) add(b *batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, b)
	q.signal()
	return true
}

// signal wakes the committer.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close reports whether it was open.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := !q.closed
	q.closed = true
	q.signal()
	return was
}

// take removes what one write can hold, at least one batch if there is any. ended tells that none will ever follow.
func (q *queue) take() (fold []*batch, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size, changes, n := 0, 0, 0
	for n < len(q.waiting) {
		b := q.waiting[n]
		size, changes = size+b.size, changes+len(b.changes)
		if n > 0 && (size > foldBytes || changes > foldChanges) {
			break
		}
		n++
	}
	fold = q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return fold, q.closed && n == 0
}
