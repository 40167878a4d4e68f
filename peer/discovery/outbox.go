package discovery

import (
	"slices"
	"sync"
	"time"
)

// outboxPause lies between two batches, so that a peer whose packets come by several ways, or who changes its mind a
// thousand times a second, is one sighting and not many.
const outboxPause = 50 * time.Millisecond

// maxPending leaves, beside all that the cache holds, room for as many that left it.
const maxPending = 2 * maxPeers

// outbox hands sightings to a reader that may be slow: unread ones are replaced by newer ones of the same device.
type outbox struct {
	batches chan []Sighting
	full    chan struct{}
	mu      *sync.Mutex
	pending map[instance]Sighting
}

func newOutbox() outbox {
	return outbox{
		batches: make(chan []Sighting),
		full:    make(chan struct{}, 1),
		mu:      new(sync.Mutex),
		pending: make(map[instance]Sighting),
	}
}

// put never blocks.
func (o *outbox) put(sightings []Sighting) {
	if len(sightings) == 0 {
		return
	}
	o.mu.Lock()
	for _, s := range sightings {
		s.Addrs = slices.Clone(s.Addrs)
		o.makeRoom(instanceOf(s.Peer, s.Device))
		o.pending[instanceOf(s.Peer, s.Device)] = s
	}
	o.mu.Unlock()
	signal(o.full)
}

// makeRoom bounds what waits for a reader that does not come: hints that somebody is gone go first.
func (o *outbox) makeRoom(in instance) {
	if _, known := o.pending[in]; known || len(o.pending) < maxPending {
		return
	}
	for other, s := range o.pending {
		if s.Gone {
			delete(o.pending, other)
			return
		}
	}
}

func (o *outbox) take() []Sighting {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := make([]Sighting, 0, len(o.pending))
	for _, s := range o.pending {
		batch = append(batch, s)
	}
	clear(o.pending)
	return batch
}

// deliver passes batches on until stop is closed; then it closes the channel.
func (o *outbox) deliver(stop <-chan struct{}) {
	defer close(o.batches)
	for {
		select {
		case <-stop:
			return
		case <-o.full:
		}
		select {
		case <-stop:
			return
		case o.batches <- o.take():
		}
		pause := time.NewTimer(outboxPause)
		select {
		case <-stop:
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}
