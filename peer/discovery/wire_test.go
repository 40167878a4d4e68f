package discovery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a LAN in memory for tests under synctest: what a socket sends to the group reaches all sockets of the family,
// the sender's too.
type wire struct {
	mu    sync.Mutex
	conns []*wireConn
	log   []sent
	made  int         // sockets opened so far
	tap   func(sent)  // sees each packet before it is delivered
	lose  func() bool // whether a delivery is lost
}

// sent is a packet on the wire.
type sent struct {
	at     time.Time
	from   netip.AddrPort
	to     netip.AddrPort
	packet []byte
}

type wireConn struct {
	wire   *wire
	addr   netip.AddrPort
	family family
	via    int
	in     chan wirePacket
	closed chan struct{}
	once   sync.Once
	mute   bool // sends nothing and says so to nobody
	broken bool // sending fails
	deaf   bool // hears nothing
}

type wirePacket struct {
	packet []byte
	in     arrival
}

func (w *wire) attach(addr netip.Addr, f family, via int) *wireConn {
	c := &wireConn{
		wire: w, addr: netip.AddrPortFrom(addr, mdnsPort), family: f, via: via, in: make(chan wirePacket, 4096), closed: make(chan struct{}),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, c)
	w.made++
	return c
}

// send puts a packet on the wire.
func (w *wire) send(packet []byte, from, to netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sent{time.Now(), from, to, slices.Clone(packet)}
	w.log = append(w.log, s)
	if w.tap != nil {
		w.tap(s)
	}
	for _, c := range w.conns {
		multicast := to == c.family.group() && from.Addr().Is4() == (c.family == ipv4Family)
		if c.deaf || !multicast && to != c.addr || w.lose != nil && w.lose() {
			continue
		}
		select {
		case c.in <- wirePacket{slices.Clone(packet), arrival{from, c.via, !multicast}}:
		default:
		}
	}
}

// set changes a property of all sockets of an address.
func (w *wire) set(addr netip.Addr, change func(*wireConn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if c.addr.Addr() == addr {
			change(c)
		}
	}
}

// open is how many sockets are open.
func (w *wire) open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// since returns what was sent from an address, or from any if it is invalid, after a moment.
func (w *wire) since(then time.Time, from netip.Addr) []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []sent
	for _, s := range w.log {
		if !s.at.Before(then) && (!from.IsValid() || s.from.Addr() == from) {
			out = append(out, s)
		}
	}
	return out
}

func (c *wireConn) Read(buf []byte) (int, arrival, error) {
	select {
	case p := <-c.in:
		return copy(buf, p.packet), p.in, nil
	case <-c.closed:
		return 0, arrival{}, net.ErrClosed
	}
}

func (c *wireConn) Write(packet []byte, to netip.AddrPort) error {
	c.wire.mu.Lock()
	mute, broken := c.mute, c.broken
	c.wire.mu.Unlock()
	if broken {
		return errors.New("no buffer space")
	}
	if !mute {
		c.wire.send(packet, c.addr, to)
	}
	return nil
}

func (c *wireConn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.wire.mu.Lock()
		defer c.wire.mu.Unlock()
		c.wire.conns = slices.DeleteFunc(c.wire.conns, func(o *wireConn) bool { return o == c })
	})
	return nil
}

// wireHost is a machine on wires.
type wireHost struct {
	mu        sync.Mutex
	ifaces    []netInterface
	wires     map[int]*wire // by interface index
	failing   bool          // sockets cannot be opened
	zones     []*zone       // of the library's responders
	freeze    time.Duration // the next look at the interfaces takes so long
	asked     []time.Time   // queries of the library
	closed    bool          // lets nothing in
	libraryIs func() ([]found, error)
}

func (h *wireHost) machine() machine {
	return machine{
		interfaces: func(func(netInterface) bool) ([]netInterface, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			<-time.After(h.freeze) // the machine sleeps
			h.freeze = 0
			return slices.Clone(h.ifaces), nil
		},
		listen: func(i netInterface, f family) (conn, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			at := slices.IndexFunc(i.prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() == (f == ipv4Family) })
			if h.failing || at < 0 {
				return nil, errors.New("address already in use")
			}
			return h.wires[i.index].attach(i.prefixes[at].Addr(), f, i.index), nil
		},
		respond: func(_ netInterface, z *zone) (func(), error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.zones = append(h.zones, z)
			return func() {}, nil
		},
		ask: func(context.Context, netInterface, family) ([]found, error) {
			h.mu.Lock()
			h.asked = append(h.asked, time.Now())
			answer := h.libraryIs
			h.mu.Unlock()
			<-time.After(libraryTimeout)
			if answer != nil {
				return answer()
			}
			return nil, nil
		},
		echo: func(netInterface) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return !h.closed
		},
	}
}

// questions are when the library asked.
func (h *wireHost) questions() []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

// change changes the machine.
func (h *wireHost) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
}

const lanFlags = net.FlagUp | net.FlagBroadcast | net.FlagMulticast | net.FlagRunning

func lanInterface(index int, prefixes ...string) netInterface {
	i := netInterface{index: index, name: "eth" + string(rune('0'+index)), flags: lanFlags}
	for _, p := range prefixes {
		i.prefixes = append(i.prefixes, netip.MustParsePrefix(p))
	}
	return i
}

// wireNode is a discovery on a wire, with what it told.
type wireNode struct {
	*Discovery
	host *wireHost
	addr netip.Addr
	self Announcement
	stop func() // and wait until it has ended

	mu   sync.Mutex
	told []Sighting
	last map[instance]Sighting
}

// startOn starts node n with the address 10.0.0.n on a wire.
func startOn(t *testing.T, w *wire, n int) *wireNode {
	i := lanInterface(2, "10.0.0."+strconv.Itoa(n)+"/24")
	return startWith(t, &wireHost{ifaces: []netInterface{i}, wires: map[int]*wire{2: w}}, testAnnouncement(n))
}

func startWith(t *testing.T, h *wireHost, a Announcement) *wireNode {
	n := &wireNode{Discovery: New(Config{Self: a}), host: h, self: a, last: make(map[instance]Sighting)}
	if len(h.ifaces) > 0 {
		n.addr = h.ifaces[0].prefixes[0].Addr()
	}
	n.machine = h.machine()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := n.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	go func() {
		for batch := range n.Sightings() {
			n.mu.Lock()
			for _, s := range batch {
				n.told = append(n.told, s)
				n.last[instanceOf(s.Peer, s.Device)] = s
			}
			n.mu.Unlock()
		}
	}()
	n.stop = func() { cancel(); <-ended }
	return n
}

// of returns the latest word about who.
func (n *wireNode) of(who *wireNode) (Sighting, bool) { return n.about(who.self) }

func (n *wireNode) about(a Announcement) (Sighting, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, ok := n.last[instanceOf(a.Peer, a.Device)]
	return s, ok
}

// alive reports whether the latest word about who is that it is there.
func (n *wireNode) alive(who *wireNode) bool {
	s, ok := n.of(who)
	return ok && !s.Gone
}

// passed lets time pass in a bubble.
func passed(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
