package peer

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"haggle/chat"
	"haggle/peer/discovery"
	"haggle/peer/wire"
)

// Port is where links are accepted unless Config.Listen says otherwise or it is taken.
const Port = 42445

// maxEvents is how many events wait for chat; beyond it links stop reading.
const maxEvents = 32

// Discovery finds peers on the LAN; *discovery.Discovery is the real one. Its methods are called from any goroutine.
type Discovery interface {
	Run(ctx context.Context) error
	Sightings() <-chan []discovery.Sighting
	Networks() <-chan struct{}
	Announce(discovery.Announcement)
	Kick()
	Addresses() []netip.Addr
	Interfaces() []discovery.InterfaceState
	Check(ctx context.Context, ask bool) []discovery.InterfaceState
	Heard(chat.PeerID) time.Time
}

// Config says who a Node is and where it listens. Only Identity is required.
type Config struct {
	Identity Identity
	// Listen is host:port for links; an error if it is taken. Empty: Port on all addresses, or any free port.
	Listen string
	// Deaf: no links are accepted, and nobody is asked or told where others are; the Node dials those whom it is told to
	// keep. For who leaves soon and whom nobody else needs to hear of.
	Deaf bool
	// Discovery is run by the Node. Nil: peers are met by address only.
	Discovery Discovery
	// Interfaces limits Addresses to these when there is no Discovery.
	Interfaces []string
	// Static are peers to be linked with whatever happens: of an invite without a peer, whoever proves a key there first.
	Static []chat.Invite
	// Probe has all addresses of the own networks tried while nobody is met otherwise; see chat.Link. For those who agreed.
	Probe bool
	// Known reports whether a peer is more than a stranger, whose connections are limited. Peers to keep are anyway. It
	// is called from any goroutine and must be quick. Nil: nobody else is.
	Known func(chat.PeerID) bool
	// Version of the program, for the other side to show.
	Version string
	// Now is the wall clock, time.Now if nil. It is told to others, nothing else hangs on it.
	Now    func() time.Time
	Logger *slog.Logger // nil: none

	// Beat is the longest time without sending anything, 2 s if zero; Silence, 5.5 s if zero, is the longest without
	// receiving, after which a link is gone; Idle, 3 s if zero, how long a link that nobody keeps lasts.
	Beat, Silence, Idle time.Duration
}

// Node is the network as chat sees it; see chat.Link for its methods. Make it with New, start it with Run. Its methods
// may be called from any goroutine, before, during and after Run.
type Node struct {
	cfg          Config
	self         chat.PeerID
	nonce        [wire.NonceSize]byte
	certificate  tls.Certificate
	log          *slog.Logger
	listener     net.Listener
	port         int
	guard        *guard
	doorway      *doorway
	events       chan chat.LinkEvent
	wakeKeeper   chan struct{}
	diagnosing   chan struct{} // holds a value while a diagnosis runs
	knocks       chan struct{} // holds a value for each knock for another peer
	questions    atomic.Uint32 // of askReach, so far
	hints        *rate.Limiter
	wakeExchange chan struct{}
	ending       chan struct{} // closed when Run begins to end
	running      sync.WaitGroup
	started      atomic.Bool
	aside        atomic.Pointer[func(context.Context, *Aside)]
	seldom       rate.Sometimes // for log lines that others can cause

	// connect is the network; tests have their own.
	connect func(ctx context.Context, address string) (net.Conn, error)

	mu        sync.Mutex
	work      context.Context // of what links begin; ends with Run, nil before
	device    chat.DeviceID
	catalogue uint32
	links     map[chat.Remote]*link
	peers     map[chat.PeerID]*neighbour
	wrong     map[wrongAddress]time.Time // until when not to try again
	severed   severed
	dials     int       // in flight by the keeper
	news      uint64    // changes of what others may be told
	hinted    int       // peers with hints
	hintAt    time.Time // when the last hint is dialled
	over      bool
}

var _ chat.Link = (*Node)(nil)

// New returns a Node that listens already and is driven by Run. If Run is never called, the caller calls Close.
func New(cfg Config) (*Node, error) {
	listener, err := cfg.listen()
	if err != nil {
		return nil, err
	}
	n, err := newNode(cfg, listener)
	if err != nil {
		_ = listener.Close()
	}
	return n, err
}

func (c *Config) listen() (net.Listener, error) {
	if c.Deaf {
		return newDeaf(), nil
	}
	return listen(c.Listen)
}

func listen(address string) (net.Listener, error) {
	if address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listen for peers: %w", err)
		}
		return l, nil
	}
	l, err := net.Listen("tcp", ":"+strconv.Itoa(Port))
	if err != nil {
		l, err = net.Listen("tcp", ":0") //nolint:gosec // the LAN may come by any interface
	}
	if err != nil {
		return nil, fmt.Errorf("listen for peers: %w", err)
	}
	return l, nil
}

func newNode(cfg Config, listener net.Listener) (*Node, error) {
	certificate, err := newCertificate(cfg.Identity.Key)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, self: cfg.Identity.ID, certificate: certificate, log: cfg.Logger, listener: listener,
		guard:        newGuard(),
		doorway:      newDoorway(),
		events:       make(chan chat.LinkEvent, maxEvents),
		wakeKeeper:   make(chan struct{}, 1),
		diagnosing:   make(chan struct{}, 1),
		knocks:       make(chan struct{}, maxKnocks),
		hints:        rate.NewLimiter(rate.Every(hintEvery), 2*hintBurst),
		wakeExchange: make(chan struct{}, 1),
		ending:       make(chan struct{}),
		seldom:       rate.Sometimes{Interval: time.Second},
		device:       cfg.Identity.Device,
		links:        make(map[chat.Remote]*link),
		peers:        make(map[chat.PeerID]*neighbour),
		wrong:        make(map[wrongAddress]time.Time),
		connect: func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
	}
	if _, err := rand.Read(n.nonce[:]); err != nil {
		return nil, err
	}
	if addr, ok := listener.Addr().(*net.TCPAddr); ok {
		n.port = addr.Port
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.cfg.defaults()
	n.neighbour(n.self).kept = true
	return n, nil
}

func (c *Config) defaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Known == nil {
		c.Known = func(chat.PeerID) bool { return false }
	}
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&c.Beat, 2 * time.Second}, {&c.Silence, 5500 * time.Millisecond}, {&c.Idle, 3 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
}

// Run accepts and dials until ctx is done, then says goodbye and returns when all it started has ended, within a second
// or two. It is called once.
func (n *Node) Run(ctx context.Context) error {
	if n.started.Swap(true) {
		return errors.New("the node was started before")
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	n.mu.Lock()
	n.work = inner
	n.mu.Unlock()
	n.running.Go(func() { n.accept(inner) })
	n.running.Go(func() { n.keepLinks(inner) })
	n.running.Go(func() { n.exchange(inner) })
	for _, i := range n.cfg.Static {
		n.running.Go(func() { n.meetStatic(inner, i) })
	}
	if n.cfg.Probe {
		n.running.Go(func() { n.lookAround(inner) })
	}
	stopFinding, found := n.find(context.WithoutCancel(ctx))
	<-inner.Done()

	n.mu.Lock()
	n.over = true
	for _, l := range n.links {
		l.end(wire.Bye_REASON_QUIT)
	}
	n.mu.Unlock()
	close(n.ending)
	_ = n.listener.Close()
	n.running.Wait()
	stopFinding()
	return <-found
}

// Close ends a Node that Run was never called for.
func (n *Node) Close() error { return n.listener.Close() }

// find runs discovery on its own: it says goodbye after the links did.
func (n *Node) find(ctx context.Context) (stop func(), done <-chan error) {
	result := make(chan error, 1)
	if n.cfg.Discovery == nil {
		result <- nil
		return func() {}, result
	}
	ctx, cancel := context.WithCancel(ctx)
	n.announce()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		n.watchNetwork(ctx)
	}()
	go func() {
		err := n.cfg.Discovery.Run(ctx)
		<-heard
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		if err != nil {
			n.log.Warn("Discovery ended", "error", err)
		}
		result <- err
	}()
	return cancel, result
}

func (n *Node) announce() {
	if n.cfg.Discovery == nil {
		return
	}
	n.mu.Lock()
	a := discovery.Announcement{
		Peer: n.self, Device: n.device, Port: n.port, Catalog: n.catalogue, Protocol: wire.Protocol,
	}
	n.mu.Unlock()
	n.cfg.Discovery.Announce(a)
}

// deliver hands an event to chat, in turn with all links; false if the node ends first.
func (n *Node) deliver(e chat.LinkEvent) bool {
	select {
	case n.events <- e:
		return true
	case <-n.ending:
		return false
	}
}

// Events implements chat.Link. The channel is never closed.
func (n *Node) Events() <-chan chat.LinkEvent { return n.events }

// Send implements chat.Link: chat.ErrNotLinked.
func (n *Node) Send(to chat.Remote, f chat.Frame) error {
	n.mu.Lock()
	l := n.links[to]
	n.mu.Unlock()
	if l == nil || l.isSelf() {
		return chat.ErrNotLinked
	}
	if c, ok := f.(chat.Chunks); ok {
		l.answers.put(c)
		l.queue.poke()
		return nil
	}
	encoded, err := wire.Append(nil, wire.Wrap(f))
	if err != nil {
		l.cut() // as Send's contract has it; the frame would be as large in the next link
		n.log.Error("Frame cannot be sent", "peer", to.Peer, "error", err)
		return fmt.Errorf("%w: %w", chat.ErrNotLinked, err)
	}
	l.touch()
	return l.send(laneOf(f), encoded)
}

// laneOf says what may wait for messages to pass.
func laneOf(f chat.Frame) lane {
	switch f.(type) {
	case chat.CatalogueFrame, chat.CatalogueAsk, chat.ListingsFrame, chat.ParcelChunk:
		return bulkLane
	default:
		return talkLane
	}
}

// Announce implements chat.Link.
func (n *Node) Announce(catalogue uint32) {
	n.mu.Lock()
	n.catalogue = catalogue
	n.mu.Unlock()
	n.announce()
}

// Addresses implements chat.Link.
func (n *Node) Addresses() []string {
	if n.cfg.Deaf {
		return nil
	}
	if tcp, ok := n.listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return []string{tcp.String()}
	}
	own := n.cfg.Discovery
	if own == nil {
		own = n.unheard()
	}
	var out []string
	for _, ip := range own.Addresses() {
		out = append(out, netip.AddrPortFrom(ip, uint16(n.port)).String())
	}
	return out
}

// unheard is a discovery that only looks at the machine.
func (n *Node) unheard() *discovery.Discovery {
	return discovery.New(discovery.Config{Interfaces: n.cfg.Interfaces})
}

// interfaces are those of the machine.
func (n *Node) interfaces() []discovery.InterfaceState {
	if n.cfg.Discovery == nil {
		return n.unheard().Interfaces()
	}
	return n.cfg.Discovery.Interfaces()
}

// Kick looks for everybody again at once: after the machine woke up, or because somebody waits.
func (n *Node) Kick() {
	if n.cfg.Discovery != nil {
		n.cfg.Discovery.Kick()
	}
	n.hurryDials()
}
