package rpc

import (
	"sync"
	"time"

	"haggle/chat"
)

// roomPause is how long after one room.changed the next of the same room waits. A message changes its room twice, on its
// way out and with its receipt, and the room is read and shown whole each time: where messages follow one another closely,
// that took longer than they did.
const roomPause = 20 * time.Millisecond

// pauses keep changes of rooms apart. The first is told at once, and those that follow closely once, after roomPause: the
// room is shown as it is then. Nothing is left untold.
type pauses struct {
	mu    sync.Mutex
	open  map[chat.RoomID]*pause
	ended bool
}

// pause is that of one room, which was told of a moment ago.
type pause struct {
	timer *time.Timer
	again func() // tells of what has changed since; nil for nothing
}

// tell tells now, or after the pause that another tell began.
func (p *pauses) tell(id chat.RoomID, now func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open := p.open[id]; open != nil {
		open.again = now
		return
	}
	if p.ended {
		now()
		return
	}
	if p.open == nil {
		p.open = map[chat.RoomID]*pause{}
	}
	p.open[id] = &pause{timer: time.AfterFunc(roomPause, func() { p.over(id) })}
	now()
}

// over ends a pause, or begins it anew with what changed meanwhile.
func (p *pauses) over(id chat.RoomID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := p.open[id]
	switch {
	case open == nil: // the end came first
	case open.again == nil:
		delete(p.open, id)
	default:
		open.again()
		open.again = nil
		open.timer.Reset(roomPause)
	}
}

// end tells what waits; from now on nothing does.
func (p *pauses) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for id, open := range p.open {
		open.timer.Stop()
		if open.again != nil {
			open.again()
		}
		delete(p.open, id)
	}
}
