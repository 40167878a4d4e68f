package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"time"

	"haggle/chat"
)

// Aside is a connection on the same port that is no link: two keys, proven by TLS as for links, and what another protocol
// makes of it. It names nobody: who asks has a key for this one talk.
type Aside struct {
	*tls.Conn
	Peer chat.PeerID // the other side's key
}

// asideALPN names the one such protocol inside TLS.
const asideALPN = "haggle-take/1"

// asideExporter names what binds a talk to its connection.
const asideExporter = "EXPORTER-haggle-take"

// Binding names this connection to both ends, and to nobody between them: a secret of its handshake, the key of who
// accepted it, and that of who asked.
func (a *Aside) Binding(accepted, asked chat.PeerID) ([]byte, error) {
	state := a.ConnectionState()
	secret, err := state.ExportKeyingMaterial(asideExporter, nil, 32)
	if err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	return slices.Concat(secret, accepted[:], asked[:]), nil
}

// Receive has who asks for a talk aside heard by hear, each on a goroutine of its own; nil refuses them again. ctx ends with
// the Node, and the connection is closed when hear returns.
func (n *Node) Receive(hear func(context.Context, *Aside)) { n.aside.Store(&hear) }

// hearer is who hears talks aside; nil for nobody.
func (n *Node) hearer() func(context.Context, *Aside) {
	if hear := n.aside.Load(); hear != nil {
		return *hear
	}
	return nil
}

// acceptTLS is the configuration for what comes in.
func (n *Node) acceptTLS() *tls.Config {
	c := tlsConfig(n.certificate, chat.PeerID{})
	if n.hearer() != nil {
		c.NextProtos = append(c.NextProtos, asideALPN)
		c.VerifyConnection = func(state tls.ConnectionState) error {
			_, err := provenKey(state)
			return err
		}
	}
	return c
}

// asideError says that what came in is a talk aside.
type asideError struct{ conn *tls.Conn }

func (*asideError) Error() string { return "a talk aside" }

// hearAside hears a talk that came in, and ends it.
func (n *Node) hearAside(ctx context.Context, secure *tls.Conn) {
	ctx, cancel := context.WithTimeout(ctx, asideLimit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = secure.NetConn().Close() })()
	defer func() { _ = secure.Close() }()
	id, err := provenKey(secure.ConnectionState())
	if hear := n.hearer(); hear != nil && err == nil {
		hear(ctx, &Aside{secure, id})
	}
}

// AskAside asks for a talk aside at an address, with a key made for it, which it returns; want is who must answer, zero for
// anybody. The caller closes it.
func AskAside(ctx context.Context, address string, want chat.PeerID) (a *Aside, self chat.PeerID, err error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, self, err
	}
	certificate, err := newCertificate(key)
	if err != nil {
		return nil, self, err
	}
	ctx, cancel := context.WithTimeout(ctx, manualLimit)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, self, fmt.Errorf("%w: %w", chat.ErrUnreachable, err)
	}
	config := tlsConfig(certificate, chat.PeerID{})
	config.NextProtos = []string{asideALPN}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		id, err := provenKey(state)
		if err == nil && !want.IsZero() && id != want {
			return chat.ErrWrongIdentity
		}
		return err
	}
	secure := tls.Client(raw, config)
	if err = secure.HandshakeContext(ctx); err == nil {
		var id chat.PeerID
		if id, err = provenKey(secure.ConnectionState()); err == nil {
			return &Aside{secure, id}, chat.PeerID(public), nil
		}
	}
	_ = raw.Close()
	return nil, self, fmt.Errorf("ask for a talk: %w", err)
}

// asideLimit is how long a talk may take.
const asideLimit = 5 * time.Minute
