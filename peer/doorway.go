package peer

import (
	"context"
	"net"
	"sync"
	"time"
)

const (
	maxHandshakes = 8
	slowHandshake = time.Second // may be cut short for those who wait
)

// doorway bounds how many handshakes are under way. Whoever waits puts those out that take long: a few silent callers
// must not shut the door for all.
type doorway struct {
	places chan struct{}

	mu     sync.Mutex
	inside []caller // the first came first
}

// caller is a connection before its hello.
type caller struct {
	conn  net.Conn
	since time.Time
}

func newDoorway() *doorway { return &doorway{places: make(chan struct{}, maxHandshakes)} }

// enter waits for a place; false if ctx was done before. After true the caller leaves.
func (d *doorway) enter(ctx context.Context, c net.Conn) bool {
	for {
		timer := time.NewTimer(d.putOut())
		select {
		case d.places <- struct{}{}:
			timer.Stop()
			d.mu.Lock()
			defer d.mu.Unlock()
			d.inside = append(d.inside, caller{c, time.Now()})
			return true
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

func (d *doorway) leave(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.inside {
		if d.inside[i].conn == c {
			d.inside = append(d.inside[:i], d.inside[i+1:]...)
			break
		}
	}
	<-d.places
}

// putOut closes the slow connections if there is no place left, and tells how long nobody else will be slow.
func (d *doorway) putOut() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.inside) < maxHandshakes {
		return slowHandshake
	}
	for _, c := range d.inside {
		if left := slowHandshake - time.Since(c.since); left > 0 {
			return left
		}
		_ = c.conn.Close()
	}
	return slowHandshake
}
