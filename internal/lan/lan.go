// Package lan is a network in memory: hosts on one LAN, joined by links with latency, loss, doubling and reordering,
// cut and mended at will. A Host is a chat.Link, so whole nodes run over it inside a testing/synctest bubble, where time
// is virtual and a day takes milliseconds.
//
// What it guarantees, so that a run can be repeated from its seed: every directed link draws from a random stream of its
// own, and no two deliveries share an instant. Frames travel encoded, as on the wire, so the two ends share no memory.
package lan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// Faults is how badly a network treats frames; the zero value is a good one.
type Faults struct {
	Latency time.Duration // least delay of a frame
	Jitter  time.Duration // more, at random
	Drop    float64       // share of frames that vanish
	Double  float64       // share that come twice
	Reorder float64       // share that may be overtaken
}

const (
	deadAfter = 6 * time.Second // until a cut is noticed: LAN.md's beat
	idleAfter = 3 * time.Second // until a link that nobody keeps ends
	redial    = time.Second
	backlog   = 8 << 20 // bytes on their way to a reader that does not read, before the link is dropped
)

// LAN is the network. Its methods may be called from any goroutine.
type LAN struct {
	seed uint64

	mu     sync.Mutex
	faults Faults
	hosts  []*Host // attached, in order of attachment
	cut    map[[2]chat.PeerID]bool
	random map[string]*rand.Rand
	number map[chat.PeerID]int // of peers, as they came
	used   map[time.Time]bool  // instants that are taken
	came   int                 // hosts, ever
	made   int                 // links, ever
}

// New makes a network whose accidents follow from seed.
func New(seed uint64, faults Faults) *LAN {
	return &LAN{seed: seed, faults: faults, cut: map[[2]chat.PeerID]bool{}, random: map[string]*rand.Rand{}, number: map[chat.PeerID]int{}, used: map[time.Time]bool{}}
}

// Host is one machine's place on the network; it is a chat.Link.
type Host struct {
	lan    *LAN
	remote chat.Remote

	events chan chat.LinkEvent
	wake   chan struct{}
	gone   chan struct{}

	// Guarded by LAN.mu.
	place     int // in the order of attachment
	skew      time.Duration
	conns     []*conn // in the order in which they were made
	queue     []delivery
	attached  bool
	kept      map[chat.PeerID]bool
	blocked   map[chat.PeerID]bool
	catalogue uint32
}

type delivery struct {
	event chat.LinkEvent
	conn  *conn // whose backlog it counts against, nil for none
	bytes int
}

// conn is a link between two hosts.
type conn struct {
	ends    [2]*Host
	up      bool
	silent  bool // cut, but not noticed yet
	pending [2]int
	used    time.Time
	order   [2]time.Time // no delivery to an end before this unless it was reordered
}

// Attach puts a machine on the network. skew is how far its wall clock is ahead of true time.
func (n *LAN) Attach(remote chat.Remote, skew time.Duration) *Host {
	h := &Host{
		lan: n, remote: remote, skew: skew, events: make(chan chat.LinkEvent, 64),
		wake: make(chan struct{}, 1), gone: make(chan struct{}), attached: true,
		kept: map[chat.PeerID]bool{}, blocked: map[chat.PeerID]bool{},
	}
	go h.pump()
	n.mu.Lock()
	defer n.mu.Unlock()
	h.place = n.came
	n.came++
	n.hosts = append(n.hosts, h)
	if _, known := n.number[remote.Peer]; !known {
		n.number[remote.Peer] = len(n.number)
	}
	for _, other := range n.hosts {
		if other != h {
			n.announce(other, h)
			n.announce(h, other)
		}
	}
	n.reconcile(h)
	return h
}

// SetSkew sets the wall clock of the machine, which the others notice when they link.
func (h *Host) SetSkew(skew time.Duration) {
	h.lan.mu.Lock()
	defer h.lan.mu.Unlock()
	h.skew = skew
}

// Detach takes the machine off the network as a crash does: its links break at the other ends.
func (h *Host) Detach() {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	if !h.attached {
		return
	}
	h.attached = false
	close(h.gone)
	n.hosts = slices.DeleteFunc(n.hosts, func(o *Host) bool { return o == h })
	for _, c := range slices.Clone(h.conns) {
		n.breakConn(c, false)
	}
}

// Cut pulls the cable between two peers; both notice after up to six seconds.
func (n *LAN) Cut(a, b chat.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[pair(a, b)] = true
	for _, h := range n.hosts {
		for _, c := range h.conns {
			if c.ends[0] == h && pair(h.remote.Peer, c.ends[1].remote.Peer) == pair(a, b) && !c.silent {
				c.silent = true
				n.later("dead", c.ends[0], c.ends[1], deadAfter/2, deadAfter/2, func() { n.breakConn(c, false) })
			}
		}
	}
}

// Mend plugs it in again.
func (n *LAN) Mend(a, b chat.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cut, pair(a, b))
	for _, h := range n.hosts {
		for _, o := range n.hosts {
			if h != o && pair(h.remote.Peer, o.remote.Peer) == pair(a, b) {
				n.announce(h, o)
				n.rejoin(h, o)
			}
		}
	}
}

// Links tells how many links were made in all, and how many who has most has now.
func (n *LAN) Links() (ever, most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.hosts {
		most = max(most, len(h.conns))
	}
	return n.made, most
}

// SetFaults changes how frames are treated from now on.
func (n *LAN) SetFaults(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

// MendAll plugs everything in again.
func (n *LAN) MendAll() {
	n.mu.Lock()
	pairs := make([][2]chat.PeerID, 0, len(n.cut))
	for p := range n.cut {
		pairs = append(pairs, p)
	}
	n.mu.Unlock()
	slices.SortFunc(pairs, func(a, b [2]chat.PeerID) int {
		return strings.Compare(string(a[0][:])+string(a[1][:]), string(b[0][:])+string(b[1][:]))
	})
	for _, p := range pairs {
		n.Mend(p[0], p[1])
	}
}

func pair(a, b chat.PeerID) [2]chat.PeerID {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return [2]chat.PeerID{a, b}
}

// stream is the random stream of one purpose on one directed link.
func (n *LAN) stream(purpose string, from, to *Host) *rand.Rand {
	key := purpose + string(from.remote.Peer[:]) + string(from.remote.Device[:]) + string(to.remote.Peer[:]) + string(to.remote.Device[:])
	r := n.random[key]
	if r == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(key))
		r = rand.New(rand.NewPCG(n.seed, h.Sum64()))
		n.random[key] = r
	}
	return r
}

// later runs f under the lock after least plus up to spread, at an instant of its own.
func (n *LAN) later(purpose string, from, to *Host, least, spread time.Duration, f func()) {
	d := least
	if spread > 0 {
		d += time.Duration(n.stream(purpose, from, to).Int64N(int64(spread)))
	}
	n.at(purpose, from, to, time.Now().Add(d), f)
}

// What happens on the network happens at instants that no two purposes and no two pairs of peers share: whole ticks,
// plus a share of the tick that belongs to the purpose and the directed pair. So the order in which goroutines plan at
// one instant does not matter.
const (
	// Tick is how far apart two things that happen for one purpose between two peers are, at least.
	Tick = 10 * time.Microsecond
	// Busy is the part of each tick, from its start, in which the network does what it does. Whatever else happens in a
	// run keeps out of it.
	Busy = time.Duration(len(purposes) * maxPeers * maxPeers)

	maxPeers = 32
)

var purposes = [7]string{"frames", "announce", "connect", "idle", "dead", "keep", "rotate"}

// at runs f under the lock at when, or a little later, and says when.
func (n *LAN) at(purpose string, from, to *Host, when time.Time, f func()) time.Time {
	share := (slices.Index(purposes[:], purpose)*maxPeers+n.number[from.remote.Peer])*maxPeers + n.number[to.remote.Peer]
	when = when.Truncate(Tick).Add(Tick + time.Duration(share))
	for n.used[when] {
		when = when.Add(Tick)
	}
	n.used[when] = true
	time.AfterFunc(time.Until(when), func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.used, when)
		f()
	})
	return when
}

// announce lets to hear of from, unless they are cut apart.
func (n *LAN) announce(from, to *Host) {
	if from.remote.Peer == to.remote.Peer {
		return
	}
	n.later("announce", from, to, time.Millisecond, 50*time.Millisecond, func() {
		if from.attached && to.attached && !n.cut[pair(from.remote.Peer, to.remote.Peer)] {
			to.put(delivery{event: chat.PeerSeen{Peer: from.remote.Peer, Catalogue: from.catalogue}})
		}
	})
}

// reconcile plans a link for every pair with h in it that lacks one.
func (n *LAN) reconcile(h *Host) {
	for _, o := range n.hosts {
		if o != h {
			n.rejoin(h, o)
		}
	}
}

// rejoin plans a link between two hosts of which one keeps the other and that have none.
func (n *LAN) rejoin(a, b *Host) {
	if a.place > b.place {
		a, b = b, a
	}
	if a.attached && b.attached && (a.kept[b.remote.Peer] || b.kept[a.remote.Peer]) {
		n.connect(a, b, redial)
	}
}

// connect links two hosts a little later if they can reach one another and are not linked by then.
func (n *LAN) connect(a, b *Host, spread time.Duration) {
	if a.remote.Peer == b.remote.Peer || n.linked(a, b) != nil {
		return
	}
	n.later("connect", a, b, time.Millisecond, spread, func() {
		if !a.attached || !b.attached || n.cut[pair(a.remote.Peer, b.remote.Peer)] || n.linked(a, b) != nil {
			return
		}
		c := &conn{ends: [2]*Host{a, b}, up: true, used: time.Now()}
		n.made++
		for i, h := range c.ends {
			h.conns = append(h.conns, c)
			other := c.ends[1-i]
			if other.blocked[h.remote.Peer] {
				continue
			}
			h.put(delivery{event: chat.LinkUp{Remote: other.remote, Address: address(other), ClockOff: other.skew - h.skew, Version: "lan", Parcels: true}})
		}
		n.watchIdle(c)
	})
}

func (n *LAN) watchIdle(c *conn) {
	n.later("idle", c.ends[0], c.ends[1], idleAfter, time.Millisecond, func() {
		if !c.up {
			return
		}
		a, b := c.ends[0], c.ends[1]
		if time.Since(c.used) >= idleAfter && !a.kept[b.remote.Peer] && !b.kept[a.remote.Peer] {
			n.breakConn(c, true)
			return
		}
		n.watchIdle(c)
	})
}

func (n *LAN) linked(a, b *Host) *conn {
	for _, c := range a.conns {
		if c.ends[1-c.end(a)] == b {
			return c
		}
	}
	return nil
}

// breakConn ends a link at both ends and, unless it was idle, plans a new one.
func (n *LAN) breakConn(c *conn, idle bool) {
	if !c.up {
		return
	}
	c.up = false
	for i, h := range c.ends {
		h.conns = slices.DeleteFunc(h.conns, func(o *conn) bool { return o == c })
		h.put(delivery{event: chat.LinkDown{Remote: c.ends[1-i].remote, Idle: idle}})
	}
	n.rejoin(c.ends[0], c.ends[1])
}

func address(h *Host) string { return fmt.Sprintf("10.0.0.%d:42445", h.remote.Device[0]) }

// put queues an event for the host's node.
func (h *Host) put(d delivery) {
	h.queue = append(h.queue, d)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// pump hands events over one by one, as fast as the node reads.
func (h *Host) pump() {
	for {
		select {
		case <-h.gone:
			return
		case <-h.wake:
		}
		for {
			h.lan.mu.Lock()
			if len(h.queue) == 0 {
				h.lan.mu.Unlock()
				break
			}
			d := h.queue[0]
			h.queue = h.queue[1:]
			if d.conn != nil {
				d.conn.pending[d.conn.end(h)] -= d.bytes
			}
			h.lan.mu.Unlock()
			select {
			case h.events <- d.event:
			case <-h.gone:
				return
			}
		}
	}
}

func (c *conn) end(h *Host) int {
	if c.ends[0] == h {
		return 0
	}
	return 1
}

// Send implements chat.Link.
func (h *Host) Send(to chat.Remote, f chat.Frame) error {
	if c, ok := f.(chat.Chunks); ok {
		return h.answer(to, c)
	}
	raw, err := wire.Append(nil, wire.Wrap(f))
	if err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	var c *conn
	for _, o := range h.conns {
		if o.ends[1-o.end(h)].remote == to {
			c = o
		}
	}
	if c == nil || !h.attached {
		return chat.ErrNotLinked
	}
	other := c.ends[1-c.end(h)]
	c.used = time.Now()
	random := n.stream("frames", h, other)
	copies := 1
	if random.Float64() < n.faults.Drop {
		copies = 0
	} else if random.Float64() < n.faults.Double {
		copies = 2
	}
	for range copies {
		n.deliver(c, h, other, raw, random)
	}
	return nil
}

// answer sends the chunks of a blob, or that it is absent.
func (h *Host) answer(to chat.Remote, c chat.Chunks) error {
	blob, err := c.Open()
	if err != nil {
		return h.Send(to, chat.Absent{Hash: c.Hash})
	}
	defer func() { _ = blob.Close() }()
	size := blob.Size()
	if c.Offset >= size {
		return h.Send(to, chat.Absent{Hash: c.Hash})
	}
	for end := min(size, c.Offset+c.Count); c.Offset < end; {
		data := make([]byte, min(end-c.Offset, chat.ChunkBytes))
		if _, err := blob.ReadAt(data, int64(c.Offset)); err != nil && !errors.Is(err, io.EOF) {
			return h.Send(to, chat.Absent{Hash: c.Hash})
		}
		if err := h.Send(to, chat.Chunk{Hash: c.Hash, Size: size, Offset: c.Offset, Data: data}); err != nil {
			return err
		}
		c.Offset += uint32(len(data))
	}
	return nil
}

func (n *LAN) deliver(c *conn, from, to *Host, raw []byte, random *rand.Rand) {
	end := c.end(to)
	when := time.Now().Add(n.faults.Latency + time.Duration(random.Int64N(int64(n.faults.Jitter+Tick))))
	inOrder := random.Float64() >= n.faults.Reorder
	if inOrder && !when.After(c.order[end]) {
		when = c.order[end]
	}
	c.pending[end] += len(raw)
	if c.pending[end] > backlog {
		n.breakConn(c, false)
		return
	}
	when = n.at("frames", from, to, when, func() {
		if !c.up || c.silent || !to.attached || to.blocked[from.remote.Peer] {
			c.pending[end] -= len(raw)
			return
		}
		frame, err := wire.NewReader(bytes.NewReader(raw)).Read(wire.MaxFrame)
		if err != nil {
			return
		}
		f, err := frame.Chat()
		if err != nil || f == nil {
			return
		}
		to.put(delivery{event: chat.FrameReceived{Remote: from.remote, Frame: f}, conn: c, bytes: len(raw)})
	})
	if inOrder {
		c.order[end] = when
	}
}

// Events implements chat.Link.
func (h *Host) Events() <-chan chat.LinkEvent { return h.events }

// Keep implements chat.Link.
func (h *Host) Keep(wanted []chat.Wanted) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	// Not at once: two ends of a new link call this at one instant, in any order.
	n.at("keep", h, h, time.Now(), func() {
		clear(h.kept)
		for _, w := range wanted {
			h.kept[w.Peer] = true
		}
		n.reconcile(h)
	})
}

// Visit implements chat.Link.
func (h *Host) Visit(p chat.PeerID) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.hosts {
		if o.remote.Peer == p && h.attached {
			n.connect(h, o, time.Millisecond)
		}
	}
}

// Dial implements chat.Link: addresses are those that LinkUp and AddressesOf give.
func (h *Host) Dial(ctx context.Context, where string, want chat.PeerID) (chat.PeerID, error) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return chat.PeerID{}, err
	}
	for _, o := range n.hosts {
		switch {
		case address(o) != where || n.cut[pair(h.remote.Peer, o.remote.Peer)]:
		case o.remote.Peer == h.remote.Peer:
			return chat.PeerID{}, chat.ErrSelf
		case !want.IsZero() && want != o.remote.Peer:
			return chat.PeerID{}, chat.ErrWrongIdentity
		default:
			n.connect(h, o, time.Millisecond)
			return o.remote.Peer, nil
		}
	}
	return chat.PeerID{}, chat.ErrUnreachable
}

// Announce implements chat.Link.
func (h *Host) Announce(catalogue uint32) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	h.catalogue = catalogue
	if !h.attached {
		return
	}
	for _, o := range n.hosts {
		if o != h {
			n.announce(h, o)
		}
	}
}

// Block implements chat.Link.
func (h *Host) Block(p chat.PeerID, blocked bool) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	h.blocked[p] = blocked
}

// Rotate implements chat.Link: all links are made again under the new device.
func (h *Host) Rotate(d chat.DeviceID) {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at("rotate", h, h, time.Now(), func() {
		for _, c := range slices.Clone(h.conns) {
			n.breakConn(c, false)
		}
		h.remote.Device = d
	})
}

// Diagnose implements chat.Link: a network in memory has no interfaces.
func (h *Host) Diagnose(context.Context, chat.PeerID) (chat.Diagnosis, error) {
	return chat.Diagnosis{Discovers: true}, nil
}

// Probe implements chat.Link: all are announced to all.
func (h *Host) Probe(context.Context) (int, error) { return 0, nil }

// Watch implements chat.Link: that a peer is gone is noticed at once in any case.
func (h *Host) Watch(chat.PeerID, bool) {}

// Addresses implements chat.Link.
func (h *Host) Addresses() []string { return []string{address(h)} }

// AddressesOf implements chat.Link.
func (h *Host) AddressesOf(p chat.PeerID) []string {
	n := h.lan
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []string
	for _, o := range n.hosts {
		if o.remote.Peer == p {
			found = append(found, address(o))
		}
	}
	return found
}

// Device is a readable device ID for tests.
func Device(n uint64) chat.DeviceID {
	var d chat.DeviceID
	binary.LittleEndian.PutUint64(d[:], n)
	return d
}
