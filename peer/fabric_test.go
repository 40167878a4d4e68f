package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fabric is a network of hosts that one machine does not have. In a synctest bubble its cables are pipes in memory,
// otherwise connections over the loopback interface: those buffer what is written.
type fabric struct {
	t    testing.TB
	pair func() (near, far net.Conn)
	tap  func([]byte) // sees all that is written; set before anything is
	// connect is what rigs that start from now on dial with, instead of dial.
	connect func(ctx context.Context, address string) (net.Conn, error)

	mu    sync.Mutex
	doors map[string]*door
	cords []*cord
	last  byte
}

// door is a listener of the fabric.
type door struct {
	fabric  *fabric
	address netip.AddrPort
	calls   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// cord is a connection; once pulled, what is written vanishes.
type cord struct{ pulled atomic.Bool }

// end is one end of a cord.
type end struct {
	net.Conn
	tap           func([]byte)
	cord          *cord
	local, remote netip.AddrPort

	mu     sync.Mutex
	closed bool
}

func (e *end) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(e.local) }
func (e *end) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(e.remote) }

func (e *end) Write(p []byte) (int, error) {
	if e.cord.pulled.Load() {
		return len(p), nil
	}
	if e.tap != nil {
		e.tap(p)
	}
	return e.Conn.Write(p)
}

func newFabric(t testing.TB) *fabric {
	return &fabric{t: t, doors: make(map[string]*door), pair: func() (net.Conn, net.Conn) { return loopback(t) }}
}

func newBubble(t testing.TB) *fabric {
	return &fabric{t: t, doors: make(map[string]*door), pair: net.Pipe}
}

// loopback is a pair of connected sockets.
func loopback(t testing.TB) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return net.Pipe()
	}
	defer func() { _ = l.Close() }()
	near, err = net.Dial("tcp", l.Addr().String())
	if err == nil {
		far, err = l.Accept()
	}
	if err != nil {
		t.Error(err)
		return net.Pipe()
	}
	return near, far
}

func (f *fabric) listen(address netip.AddrPort) *door {
	d := &door{fabric: f, address: address, calls: make(chan net.Conn), closed: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doors[address.String()] = d
	return d
}

// Close is noticed by the other end unless the cable is pulled.
func (e *end) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.cord.pulled.Load() {
		return e.SetDeadline(time.Unix(1, 0))
	}
	return e.Conn.Close()
}

// SetReadDeadline does not open again what was closed.
func (e *end) SetReadDeadline(at time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return net.ErrClosed
	}
	return e.Conn.SetReadDeadline(at)
}

// tap keeps what went over the cables.
type tap struct {
	mu   sync.Mutex
	seen []byte
}

func (t *tap) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, p...)
}

func (t *tap) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// CloseWrite ends one direction where the cable can.
func (e *end) CloseWrite() error {
	if tcp, ok := e.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return e.Close()
}

func (d *door) Addr() net.Addr { return net.TCPAddrFromAddrPort(d.address) }

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.calls:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

var errNobody = errors.New("nobody listens there")

func (f *fabric) dial(ctx context.Context, from netip.Addr, to string) (net.Conn, error) {
	f.mu.Lock()
	d := f.doors[to]
	f.mu.Unlock()
	if d == nil {
		return nil, errNobody
	}
	near, far := f.pair()
	c := new(cord)
	caller := netip.AddrPortFrom(from, 40000)
	err := errNobody
	select {
	case d.calls <- &end{Conn: far, tap: f.tap, cord: c, local: d.address, remote: caller}:
		err = nil
	case <-d.closed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_, _ = near.Close(), far.Close()
		return nil, err
	}
	f.mu.Lock()
	f.cords = append(f.cords, c)
	f.mu.Unlock()
	return &end{Conn: near, tap: f.tap, cord: c, local: caller, remote: d.address}, nil
}

// pull makes all connections of now silent, as a cable does.
func (f *fabric) pull() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.cords {
		c.pulled.Store(true)
	}
}

// rig starts a Node on a host of its own.
func (f *fabric) rig(change ...func(*Config)) *rig {
	f.t.Helper()
	f.mu.Lock()
	f.last++
	host := netip.AddrFrom4([4]byte{10, 0, 0, f.last})
	f.mu.Unlock()
	cfg := Config{Identity: newIdentity(f.t), Version: "test", Logger: slog.New(failing{f.t})}
	for _, c := range change {
		c(&cfg)
	}
	n, err := newNode(cfg, f.listen(netip.AddrPortFrom(host, Port)))
	if err != nil {
		f.t.Fatal(err)
	}
	if n.connect = f.connect; n.connect == nil {
		n.connect = func(ctx context.Context, address string) (net.Conn, error) { return f.dial(ctx, host, address) }
	}
	return start(f.t, n)
}

// call connects to a rig from any address.
func (f *fabric) call(from string, to *rig) net.Conn {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := f.dial(ctx, netip.MustParseAddr(from), to.address())
	if err != nil {
		f.t.Fatal(fmt.Errorf("call: %w", err))
	}
	f.t.Cleanup(func() { _ = c.Close() })
	return c
}

// quiet fails the test if r tells anything within d.
func (r *rig) quiet(d time.Duration) {
	r.t.Helper()
	select {
	case e := <-r.Events():
		r.t.Errorf("unexpected %#v", e)
	case <-time.After(d):
	}
}
