// Package rogue is a hostile peer: it speaks the protocol as it should up to a point that a test chooses, and then wrongly.
//
// New makes one, Enter links it with a node, Say, Write and Hear are what it then likes to do. An Author writes logs as a
// node would, or not. The tests beside it are those of the catalogue of SECURITY.md that need a whole node with its disk,
// and meters on it; what a hostile peer does to one part alone is tested beside that part.
package rogue

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// alpn is what links are told apart by in TLS.
const alpn = "haggle/1"

// Peer is one hostile identity, linked with at most one node at a time.
type Peer struct {
	ID     chat.PeerID
	Key    ed25519.PrivateKey
	Device chat.DeviceID
	Victim chat.PeerID // whom it is linked with
	TLS    *tls.Config // for Enter; change it to be refused

	conn  *tls.Conn
	in    *wire.Reader
	pongs chan uint64   // answers that Drain has heard
	ended chan struct{} // closed when Drain returns
}

// New makes an identity with a key of its own.
func New() (*Peer, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	p := &Peer{ID: chat.PeerID(public), Key: key}
	_, _ = rand.Read(p.Device[:])
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		return nil, err
	}
	p.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{alpn},
		InsecureSkipVerify: true, // whom it meets is all the same to it
		Certificates:       []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
	return p, nil
}

// Dial opens a connection to address from an address of this machine, such as 127.0.7.9, and says nothing.
func Dial(ctx context.Context, from, address string) (net.Conn, error) {
	local := net.ParseIP(from)
	if local == nil {
		return nil, fmt.Errorf("dial from %q: no address", from)
	}
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: local}}).DialContext(ctx, "tcp", address)
}

// Enter links with the node at address as an honest peer does. An error says where it was turned away.
func (p *Peer) Enter(ctx context.Context, from, address string) error {
	raw, err := Dial(ctx, from, address)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	secure := tls.Client(raw, p.TLS)
	if err := p.greet(ctx, secure); err != nil {
		_ = raw.Close()
		return err
	}
	p.conn, p.pongs, p.ended = secure, make(chan uint64, 1), make(chan struct{})
	return nil
}

func (p *Peer) greet(ctx context.Context, secure *tls.Conn) error {
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	public, ok := secure.ConnectionState().PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok {
		return errors.New("handshake: no Ed25519 key")
	}
	p.Victim, p.in = chat.PeerID(public), wire.NewReader(secure)
	f, err := p.in.Read(wire.MaxHello)
	if err != nil {
		return fmt.Errorf("first read: %w", err)
	}
	if f.GetHello() == nil {
		return fmt.Errorf("first frame is %v", f)
	}
	hello, err := wire.Append(nil, &wire.Frame{Body: &wire.Frame_Hello{Hello: p.Hello()}})
	if err != nil {
		return err
	}
	_, err = secure.Write(hello)
	return err
}

// Hello is what it says of itself; as an honest peer would.
func (p *Peer) Hello() *wire.Hello {
	return &wire.Hello{
		ProtocolMin: wire.Protocol, ProtocolMax: wire.Protocol, Device: p.Device[:], Nonce: p.ID[:wire.NonceSize],
		WallMs: time.Now().UnixMilli(), Version: "rogue", Keep: true,
	}
}

// Say sends frames.
func (p *Peer) Say(frames ...chat.Frame) error {
	var b []byte
	for _, f := range frames {
		var err error
		if b, err = wire.Append(b, wire.Wrap(f)); err != nil {
			return err
		}
	}
	return p.Write(b)
}

// Write sends bytes as they are.
func (p *Peer) Write(b []byte) error {
	_, err := p.conn.Write(b)
	return err
}

// Settle waits until the node has read all that was said, or has ended the link. Drain runs meanwhile.
func (p *Peer) Settle(ctx context.Context) {
	b, err := wire.Append(nil, &wire.Frame{Body: &wire.Frame_Ping{Ping: &wire.Ping{Id: 1}}})
	if err != nil || p.Write(b) != nil {
		return
	}
	select {
	case <-p.pongs:
	case <-p.ended:
	case <-ctx.Done():
	}
}

// Hear returns the next frame for a person's node, passing over what links say among themselves.
func (p *Peer) Hear() (chat.Frame, error) {
	for {
		f, err := p.in.Read(wire.MaxFrame)
		if err != nil {
			return nil, err
		}
		switch f.GetBody().(type) {
		case nil, *wire.Frame_Ping, *wire.Frame_Pong, *wire.Frame_Keep, *wire.Frame_PeersAsk, *wire.Frame_Peers, *wire.Frame_ReachAsk, *wire.Frame_Reach:
		case *wire.Frame_Bye:
			return nil, net.ErrClosed
		default:
			return f.Chat()
		}
	}
}

// Drain reads whatever comes until the link ends, so that nothing holds the node up.
func (p *Peer) Drain() {
	defer close(p.ended)
	for {
		f, err := p.in.Read(wire.MaxFrame)
		if err != nil {
			return
		}
		if f.GetPong() != nil {
			select {
			case p.pongs <- f.GetPong().GetId():
			default:
			}
		}
	}
}

// Close ends the link without a word.
func (p *Peer) Close() {
	if p.conn != nil {
		_ = p.conn.NetConn().Close()
	}
}
