package peer

import "sync"

// lane is a queue of a link; the writer empties lower ones first.
type lane int

const (
	talkLane lane = iota // messages, receipts, and what keeps the link
	bulkLane             // catalogues
	lanes
)

// maxQueued is how many bytes wait for one peer before it counts as gone.
const maxQueued = 8 << 20

// queue holds encoded frames until a link's writer takes them.
type queue struct {
	mu     sync.Mutex
	lanes  [lanes]fifo
	bytes  int
	closed bool
	wake   chan struct{} // holds a value when there may be something to take
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put adds a frame; false if the queue is full or closed.
func (q *queue) put(l lane, frame []byte) bool {
	q.mu.Lock()
	ok := !q.closed && q.bytes+len(frame) <= maxQueued
	if ok {
		q.lanes[l].put(frame)
		q.bytes += len(frame)
	}
	q.mu.Unlock()
	if ok {
		q.poke()
	}
	return ok
}

// poke makes the writer look.
func (q *queue) poke() { poke(q.wake) }

// take removes the next frame, nil if there is none.
func (q *queue) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	for l := range q.lanes {
		if frame := q.lanes[l].take(); frame != nil {
			q.bytes -= len(frame)
			return frame
		}
	}
	return nil
}

// close drops what waits and refuses what comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.lanes, q.bytes = true, [lanes]fifo{}, 0
}

// fifo is first in, first out; once empty it starts over in the same memory.
type fifo struct {
	frames [][]byte
	taken  int
}

func (f *fifo) put(frame []byte) {
	if len(f.frames) == cap(f.frames) && f.taken > len(f.frames)/2 {
		rest := copy(f.frames, f.frames[f.taken:])
		clear(f.frames[rest:])
		f.frames, f.taken = f.frames[:rest], 0
	}
	f.frames = append(f.frames, frame)
}

func (f *fifo) take() []byte {
	if f.taken == len(f.frames) {
		return nil
	}
	frame := f.frames[f.taken]
	f.frames[f.taken] = nil
	if f.taken++; f.taken == len(f.frames) {
		f.frames, f.taken = f.frames[:0], 0
	}
	return frame
}
