package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// helloLimit is from accept, or from the answer to a dial, to the other's hello.
const helloLimit = 3 * time.Second

// What ends a meeting besides errors of the network. errLinked is no failure for who dialled.
var (
	errMirror  = errors.New("this run of the program itself")
	errLinked  = errors.New("already linked")
	errBlocked = errors.New("blocked")
	errVersion = errors.New("no version of the protocol in common")
	errRefused = errors.New("the other side said goodbye")
	errClash   = errors.New("another run has the same device ID")
	errFull    = errors.New("too many connections")
	errPanic   = errors.New("the program failed at what it received")
	errEnding  = errors.New("the node ends")
)

// accepted proves both ends of a connection that came in, until the deadline of ctx. The link that results is for the
// caller to run; with errBlocked to ignore, with any other error to close.
//
// Who accepts speaks first: the dialler then knows which device it has reached and decides whether this connection
// becomes a link, by its own hello. So two diallings of one side never compete.
func (n *Node) accepted(ctx context.Context, raw net.Conn, t *ticket) (l *link, err error) {
	defer n.survive(&err)
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	c := newConn(raw)
	secure := tls.Server(c, n.acceptTLS())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if secure.ConnectionState().NegotiatedProtocol == asideALPN {
		return nil, &asideError{secure}
	}
	id, err := provenPeer(secure.ConnectionState())
	if err != nil {
		return nil, err
	}
	l = n.newLink(c, secure, t)
	hello := l.hello(id)
	if _, err := secure.Write(hello); err != nil {
		return nil, err
	}
	if err := l.readHello(id); err != nil {
		return nil, err
	}
	if port := l.port; port > 0 {
		l.address = hostPort(addressOf(raw), port)
	}
	err = n.register(l)
	if errors.Is(err, errLinked) {
		l.refuse(wire.Bye_REASON_DUPLICATE)
	}
	return l, err
}

// greet proves both ends of a connection that we dialled. The link that results runs by itself and returns the ticket;
// with an error both are the caller's. The other end is returned as far as it is known, with an error, too.
func (n *Node) greet(ctx context.Context, raw net.Conn, address string, want chat.PeerID, t *ticket) (met other, err error) {
	defer n.survive(&err)
	ctx, cancel := context.WithTimeout(ctx, helloLimit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	c := newConn(raw)
	secure := tls.Client(c, tlsConfig(n.certificate, want))
	id, err := prove(ctx, secure)
	if err != nil {
		return other{}, err
	}
	l := n.newLink(c, secure, t)
	l.dialled = true
	hello := l.hello(id)
	if err := l.readHello(id); err != nil {
		return other{Remote: chat.Remote{Peer: id}}, err
	}
	l.address = address
	err = n.register(l)
	switch {
	case errors.Is(err, errLinked):
		l.refuse(wire.Bye_REASON_DUPLICATE)
		return l.other, err
	case errors.Is(err, errClash):
		_, _ = secure.Write(hello) // the other run must hear of it, too
		return l.other, err
	case err != nil:
		return l.other, err
	}
	go l.run(hello)
	return l.other, nil
}

func prove(ctx context.Context, secure *tls.Conn) (chat.PeerID, error) {
	if err := secure.HandshakeContext(ctx); err != nil {
		return chat.PeerID{}, err
	}
	return provenPeer(secure.ConnectionState())
}

// hello is our hello to a peer, encoded. The link notes what it says of us.
func (l *link) hello(to chat.PeerID) []byte {
	n := l.node
	n.mu.Lock()
	device, keep := n.device, n.keeps(to)
	n.mu.Unlock()
	l.device = device
	l.ours.Store(keep)
	encoded, err := wire.Append(nil, &wire.Frame{Body: &wire.Frame_Hello{Hello: &wire.Hello{
		ProtocolMin: wire.Protocol, ProtocolMax: wire.Protocol, Device: device[:], Nonce: n.nonce[:],
		Port: uint32(n.port), WallMs: n.cfg.Now().UnixMilli(), Version: wire.Printable(n.cfg.Version), Keep: keep,
		Features: wire.FeatureParcels,
	}}})
	if err != nil { // no hello is too large
		n.log.Error("Hello cannot be encoded", "error", err)
	}
	return encoded
}

func (n *Node) newLink(c *conn, secure *tls.Conn, t *ticket) *link {
	return &link{
		node: n, conn: c, tls: secure, in: wire.NewReader(secure), ticket: t,
		queue: newQueue(), changed: make(chan struct{}, 1), bye: make(chan wire.Bye_Reason, 1),
		broken: make(chan struct{}), done: make(chan struct{}),
		pace: newPace(), reach: make(reachAnswers, 1), reachLimit: newReachLimit(), told: newTold(),
	}
}

// readHello takes over what the other side says of itself; only its key is proven.
func (l *link) readHello(id chat.PeerID) error {
	f, err := l.in.Read(wire.MaxHello)
	if err != nil {
		return err
	}
	if f.GetBye() != nil {
		return errRefused
	}
	h := f.GetHello()
	if h == nil {
		return fmt.Errorf("no hello: %w", errProtocol)
	}
	if !h.Speaks() {
		l.refuse(wire.Bye_REASON_PROTOCOL)
		return errVersion
	}
	l.other = other{
		Remote:   chat.Remote{Peer: id, Device: chat.DeviceID(h.GetDevice())},
		nonce:    [wire.NonceSize]byte(h.GetNonce()),
		port:     uint16(h.GetPort()),
		clockOff: clockOff(h.GetWallMs(), l.node.cfg.Now()),
		version:  h.GetVersion(),
		features: h.GetFeatures(),
	}
	l.theirs.Store(h.GetKeep())
	return nil
}

// clockOff is how far a wall clock in milliseconds is ahead of now, at most 100 years.
func clockOff(wall int64, now time.Time) time.Duration {
	const most = 100 * 365 * 24 * time.Hour
	ours := now.UnixMilli()
	low, high := ours-most.Milliseconds(), ours+most.Milliseconds()
	return time.Duration(min(max(wall, low), high)-ours) * time.Millisecond
}

// refuse says Bye on a connection that does not become a link.
func (l *link) refuse(reason wire.Bye_Reason) {
	bye, err := wire.Append(nil, &wire.Frame{Body: &wire.Frame_Bye{Bye: &wire.Bye{Reason: reason}}})
	if err == nil {
		_, _ = l.tls.Write(bye)
	}
}

const (
	ignoreBytes = 64 << 10
	ignoreTime  = 10 * time.Second
)

// ignore lets a blocked peer talk for a while without listening: it must not learn more than that nobody answers.
func (l *link) ignore(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	_ = l.conn.SetDeadline(time.Now().Add(ignoreTime))
	var drop [4 << 10]byte
	for left := ignoreBytes; left > 0; {
		got, err := l.tls.Read(drop[:min(left, len(drop))])
		if err != nil {
			return
		}
		left -= got
	}
}
