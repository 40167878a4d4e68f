package peer

import (
	"container/list"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

const (
	maxConnections   = 128
	reservedForDials = 8 // of these: strangers that fill the house do not lock us in
	maxPerAddress    = 4 // beyond known peers
	addressRate      = 5 // connections per second and address
	addressBurst     = 10
	maxAddresses     = 4096 // remembered for their rate
)

// guard bounds connections before anybody is known. Its methods may be called from any goroutine.
type guard struct {
	mu     sync.Mutex
	open   int
	places map[netip.Addr]*list.Element // of *place
	recent *list.List                   // places, the latest caller first
}

// place is an address that connections came from.
type place struct {
	address netip.Addr
	open    int // connections that count against maxPerAddress
	rate    *rate.Limiter
}

// ticket is leave for one connection, until it is returned.
type ticket struct {
	guard *guard
	place *place // nil once the peer is known, and for own dials
}

func newGuard() *guard {
	return &guard{places: make(map[netip.Addr]*list.Element), recent: list.New()}
}

// admit asks for a connection that came from address; nil refuses it.
func (g *guard) admit(address netip.Addr) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.place(address)
	if p == nil || !p.rate.Allow() || p.open >= maxPerAddress || g.open >= maxConnections-reservedForDials {
		return nil
	}
	p.open++
	g.open++
	return &ticket{guard: g, place: p}
}

// dial asks for an own connection; nil when there are too many.
func (g *guard) dial() *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= maxConnections {
		return nil
	}
	g.open++
	return &ticket{guard: g}
}

// full reports whether nobody is admitted any more.
func (g *guard) full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open >= maxConnections-reservedForDials
}

// known stops a connection from counting against its address.
func (t *ticket) known() {
	t.guard.mu.Lock()
	defer t.guard.mu.Unlock()
	t.leave()
}

// done returns the ticket.
func (t *ticket) done() {
	t.guard.mu.Lock()
	defer t.guard.mu.Unlock()
	t.leave()
	t.guard.open--
}

func (t *ticket) leave() {
	if t.place != nil {
		t.place.open--
		t.place = nil
	}
}

// place finds or makes the place of an address. The one that called longest ago makes room, unless it is still here.
func (g *guard) place(address netip.Addr) *place {
	if e := g.places[address]; e != nil {
		g.recent.MoveToFront(e)
		return e.Value.(*place)
	}
	for e := g.recent.Back(); e != nil && g.recent.Len() >= maxAddresses; e = g.recent.Back() {
		oldest := e.Value.(*place)
		if oldest.open > 0 {
			g.recent.MoveToFront(e) // at most maxConnections of them
			continue
		}
		g.recent.Remove(e)
		delete(g.places, oldest.address)
	}
	p := &place{address: address, rate: rate.NewLimiter(addressRate, addressBurst)}
	g.places[address] = g.recent.PushFront(p)
	return p
}
