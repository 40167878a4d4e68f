package ui

import (
	"sync"
	"time"

	"haggle/chat"
)

// drainTime is how long events may be applied before the screen gets its turn.
const drainTime = 8 * time.Millisecond

// Feed carries events from the node's goroutine to the UI's. It takes events before there is a window, and loses none.
type Feed struct {
	mu      sync.Mutex
	queue   []chat.Event
	wake    func() // asks for a drain; nil before there is a window
	asleep  bool   // nobody was asked to drain since the queue was empty
	dropped bool
}

// NewFeed makes a feed without a window.
func NewFeed() *Feed { return &Feed{asleep: true} }

// Notify takes an event. It never blocks; Config.Notify of the node.
func (f *Feed) Notify(e chat.Event) {
	f.mu.Lock()
	if f.dropped {
		f.mu.Unlock()
		return
	}
	f.queue = append(f.queue, e)
	wake := f.wake
	if !f.asleep || wake == nil {
		wake = nil
	} else {
		f.asleep = false
	}
	f.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// attach begins to deliver: wake is called, on any goroutine, when there is something to take.
func (f *Feed) attach(wake func()) {
	f.mu.Lock()
	f.wake = wake
	waiting := len(f.queue) > 0
	f.asleep = !waiting
	f.mu.Unlock()
	if waiting {
		wake()
	}
}

// take returns the next event, if there is one; once there is none, the next one wakes again.
func (f *Feed) take() (chat.Event, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		f.asleep, f.queue = true, nil
		return nil, false
	}
	e := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return e, true
}

// drain applies what there is to take. What takes longer than a frame goes on after the screen had its turn.
func (f *Feed) drain(k *kit, apply func(chat.Event)) {
	if k.ctx.Err() != nil {
		return
	}
	for begun := time.Now(); time.Since(begun) < drainTime; {
		e, more := f.take()
		if !more {
			return
		}
		apply(e)
	}
	k.post(func() { f.drain(k, apply) })
}

// drop forgets what waits, and takes nothing more.
func (f *Feed) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue, f.wake, f.dropped = nil, nil, true
}
