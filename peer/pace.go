package peer

import (
	"time"

	"golang.org/x/time/rate"
)

// What is read of one link in a second. Honest peers stay far below: one who catches up sends hundreds of messages in a
// frame, and pictures come no faster than they are asked for. Who sends more waits, and holds up nobody else.
const (
	frameRate  = 1000
	frameBurst = 2000
	byteRate   = 32 << 20
	byteBurst  = 8 << 20
)

// pace is how fast a link is read.
type pace struct {
	frames, bytes *rate.Limiter
	seen          int64 // bytes of the connection that were counted
}

func newPace() pace {
	return pace{frames: rate.NewLimiter(frameRate, frameBurst), bytes: rate.NewLimiter(byteRate, byteBurst)}
}

// paced waits until the next frame may be read; false if the link or the node ends first.
func (l *link) paced() bool {
	now, got := time.Now(), l.conn.got.Load()
	fresh := got - l.pace.seen
	l.pace.seen = got
	wait := max(l.pace.frames.ReserveN(now, 1).DelayFrom(now), l.pace.bytes.ReserveN(now, int(min(fresh, byteBurst))).DelayFrom(now))
	if wait == 0 {
		return true
	}
	l.busy.Store(true)
	defer l.busy.Store(false)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.broken:
	case <-l.node.ending:
	}
	return false
}
