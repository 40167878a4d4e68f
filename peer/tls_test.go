package peer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// intruder is a hostile end: TLS as crypto/tls lets anybody configure it, and then whatever it likes.
type intruder struct {
	t        testing.TB
	identity Identity
	config   *tls.Config
	port     uint32 // where it says that it accepts links
}

func newIntruder(t testing.TB) *intruder {
	id := newIdentity(t)
	return &intruder{t: t, identity: id, config: &tls.Config{
		MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, ClientAuth: tls.RequestClientCert, NextProtos: []string{alpn},
		Certificates: []tls.Certificate{certificateOf(t, id.Key)},
	}}
}

func certificateOf(t testing.TB, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (i *intruder) hello() *wire.Hello {
	return &wire.Hello{
		ProtocolMin: wire.Protocol, ProtocolMax: wire.Protocol, Device: i.identity.Device[:], Nonce: make([]byte, wire.NonceSize),
		WallMs: time.Now().UnixMilli(), Version: evil, Keep: true, Port: i.port,
	}
}

func framed(t testing.TB, f *wire.Frame) []byte {
	t.Helper()
	b, err := wire.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func helloFrame(h *wire.Hello) *wire.Frame { return &wire.Frame{Body: &wire.Frame_Hello{Hello: h}} }

// enter does what an honest dialler does, as far as it gets: the error says where it was turned away.
func (i *intruder) enter(c net.Conn) (*tls.Conn, *wire.Reader, error) {
	_ = c.SetDeadline(time.Now().Add(patience))
	secure := tls.Client(c, i.config)
	if err := secure.Handshake(); err != nil {
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	in := wire.NewReader(secure)
	f, err := in.Read(wire.MaxHello)
	if err != nil {
		return nil, nil, fmt.Errorf("first read: %w", err)
	}
	if f.GetHello() == nil {
		return nil, nil, fmt.Errorf("first frame is %v", f)
	}
	if _, err := secure.Write(framed(i.t, helloFrame(i.hello()))); err != nil {
		return nil, nil, fmt.Errorf("hello: %w", err)
	}
	return secure, in, nil
}

// serve is enter for who is dialled: it answers one call.
func (i *intruder) serve(l net.Listener) error {
	c, err := l.Accept()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	secure := tls.Server(c, i.config)
	if err := secure.Handshake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if _, err := secure.Write(framed(i.t, helloFrame(i.hello()))); err != nil {
		return err
	}
	f, err := wire.NewReader(secure).Read(wire.MaxHello)
	if err != nil {
		return fmt.Errorf("first read: %w", err)
	}
	if f.GetHello() == nil {
		return fmt.Errorf("first frame is %v", f)
	}
	_, _ = secure.Read(make([]byte, 1))
	return nil
}

func ecdsaKey(t testing.TB) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// padded is a certificate of key with about size bytes.
func padded(t testing.TB, key ed25519.PrivateKey, size int) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames: []string{string(bytes.Repeat([]byte(evil), size/4))},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestHP2NoCertificate(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.Certificates = nil })
}

// TestHP4StolenCertificate: without its key, in either role.
func TestHP4StolenCertificate(t *testing.T) {
	turnedAway(t, func(i *intruder, victim tls.Certificate) {
		i.config.Certificates[0].Certificate = victim.Certificate
	})
}

func TestHP5TLS12(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.MaxVersion = tls.VersionTLS12 })
}

func TestHP6NoALPN(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.NextProtos = nil })
}

func TestHP6OtherALPN(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.NextProtos = []string{evil} })
}

func TestHP7ECDSA(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.Certificates[0] = certificateOf(i.t, ecdsaKey(i.t)) })
}

func TestHP7RSA(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { i.config.Certificates[0] = certificateOf(i.t, rsaKey(i.t)) })
}

func TestHP7SignedByAnother(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) {
		other := newIdentity(i.t)
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, i.identity.Key.Public(), other.Key)
		if err != nil {
			i.t.Fatal(err)
		}
		i.config.Certificates[0].Certificate = [][]byte{der}
	})
}

func TestHP8VictimBehindOwnCertificate(t *testing.T) {
	turnedAway(t, func(i *intruder, victim tls.Certificate) {
		c := &i.config.Certificates[0]
		c.Certificate = append(c.Certificate, victim.Certificate[0])
	})
}

func TestHP8OwnBehindVictimsCertificate(t *testing.T) {
	turnedAway(t, func(i *intruder, victim tls.Certificate) {
		c := &i.config.Certificates[0]
		c.Certificate = append([][]byte{victim.Certificate[0]}, c.Certificate[0])
	})
}

func TestHP9Chain(t *testing.T) {
	turnedAway(t, func(i *intruder, _ tls.Certificate) { // 26 kB
		c := &i.config.Certificates[0]
		for range 100 {
			c.Certificate = append(c.Certificate, c.Certificate[0])
		}
	})
}

func TestHP9LargeCertificate(t *testing.T) {
	for _, size := range []int{260 << 10, 5 << 20} {
		turnedAway(t, func(i *intruder, _ tls.Certificate) {
			i.config.Certificates[0].Certificate = [][]byte{padded(i.t, i.identity.Key, size)}
		})
	}
}

// turnedAway has an intruder, which attack makes different from an honest peer, turned away in both roles. victim is somebody
// else's certificate, which is no secret.
func turnedAway(t *testing.T, attack func(i *intruder, victim tls.Certificate)) {
	t.Helper()
	f := newFabric(t)
	n := f.rig()
	victim := certificateOf(t, newIdentity(t).Key)

	dialler := newIntruder(t)
	attack(dialler, victim)
	if _, _, err := dialler.enter(f.call("10.0.0.66", n)); err == nil {
		t.Error("was let in as dialler")
	}

	dialled := newIntruder(t)
	attack(dialled, victim)
	door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
	served := make(chan error, 1)
	go func() { served <- dialled.serve(door) }()
	if id, err := n.Dial(t.Context(), "10.0.0.77:1", chat.PeerID{}); !errors.Is(err, chat.ErrUnreachable) || !id.IsZero() {
		t.Errorf("Dial = %v, %v", id, err)
	}
	if err := <-served; err == nil {
		t.Error("was taken for a peer when dialled")
	}
	n.quiet(0)

	honest := f.rig()
	honest.dial(n)
	await[chat.LinkUp](n)
}

// TestIntruderItselfWorks: the attacks above fail because of what they change, nothing else.
func TestIntruderItselfWorks(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	i := newIntruder(t)
	if _, _, err := i.enter(f.call("10.0.0.66", n)); err != nil {
		t.Fatal(err)
	}
	if up := await[chat.LinkUp](n); up.Remote != (chat.Remote{Peer: i.identity.ID, Device: i.identity.Device}) || up.Address != "" {
		t.Errorf("LinkUp %+v", up)
	}
	i = newIntruder(t)
	door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
	go func() { _ = i.serve(door) }()
	if id, err := n.Dial(t.Context(), "10.0.0.77:1", i.identity.ID); err != nil || id != i.identity.ID {
		t.Errorf("Dial = %v, %v", id, err)
	}
}

// TestHP1WrongKey: at the address of somebody we know answers somebody else. Nothing is said to them.
func TestHP1WrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		n := f.rig()
		i := newIntruder(t)
		door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
		served := make(chan error)
		go func() {
			for {
				err := i.serve(door)
				if errors.Is(err, net.ErrClosed) {
					close(served)
					return
				}
				served <- err
			}
		}()
		want := newIdentity(t).ID
		go func() {
			if err := <-served; err == nil {
				t.Error("the wrong one was greeted")
			}
		}()
		if id, err := n.Dial(t.Context(), "10.0.0.77:1", want); !errors.Is(err, chat.ErrWrongIdentity) || !id.IsZero() {
			t.Errorf("Dial = %v, %v", id, err)
		}
		synctest.Wait()
		n.Keep([]chat.Wanted{{Peer: want, Addresses: []string{"10.0.0.77:1"}}})
		began := time.Now()
		if err := <-served; err == nil {
			t.Error("the wrong one was greeted")
		}
		if waited := time.Since(began); waited < wrongFor-time.Second || waited > wrongFor+time.Second {
			t.Errorf("asked again after %v", waited)
		}
		n.quiet(0)
		n.Keep(nil)
		_ = door.Close()
		for range served {
			t.Error("served")
		}
	})
}

func TestHP10NoResumption(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	i := newIntruder(t)
	cache := &sessions{ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	i.config.ClientSessionCache = cache //nolint:forbidigo // an intruder may
	i.config.ServerName = "x"           // the key under which a ticket would be kept
	for range 3 {
		secure, in, err := i.enter(f.call("10.0.0.66", n))
		if err != nil {
			t.Fatal(err)
		}
		if secure.ConnectionState().DidResume {
			t.Error("resumed")
		}
		await[chat.LinkUp](n)
		if _, err := secure.Write(framed(t, &wire.Frame{Body: &wire.Frame_Ping{Ping: &wire.Ping{Id: 1}}})); err != nil {
			t.Fatal(err)
		}
		if f, err := in.Read(wire.MaxFrame); err != nil || f.GetPong() == nil {
			t.Errorf("got %v, %v", f, err)
		}
	}
	if cache.put > 0 {
		t.Error("a ticket was given out")
	}
}

// sessions counts the tickets that a dialler is given.
type sessions struct {
	tls.ClientSessionCache
	put int
}

func (s *sessions) Put(key string, state *tls.ClientSessionState) {
	if state != nil {
		s.put++
	}
	s.ClientSessionCache.Put(key, state)
}

// TestHP11ForeignTicket: a ticket from elsewhere opens nothing, and the own side never offers one.
func TestHP11ForeignTicket(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	i := newIntruder(t)
	cache := &sessions{ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	i.config.ClientSessionCache = cache //nolint:forbidigo // an intruder may
	i.config.ServerName = "x"
	door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
	other := newIntruder(t)
	go func() { _ = other.serve(door) }()
	c, err := f.dial(t.Context(), netip.MustParseAddr("10.0.0.66"), "10.0.0.77:1")
	if err != nil {
		t.Fatal(err)
	}
	secure, _, err := i.enter(c)
	if err != nil || cache.put == 0 {
		t.Fatalf("no ticket to steal: %v", err)
	}
	_ = secure.Close()
	secure, _, err = i.enter(f.call("10.0.0.66", n))
	if err != nil || secure.ConnectionState().DidResume {
		t.Errorf("entered with a foreign ticket: resumed %v, %v", err == nil && secure.ConnectionState().DidResume, err)
	}

	resumed := make(chan bool, 2)
	other.config.VerifyConnection = func(s tls.ConnectionState) error {
		resumed <- s.DidResume
		return nil
	}
	for range 2 {
		go func() { _ = other.serve(door) }()
		if _, err := n.Dial(t.Context(), "10.0.0.77:1", other.identity.ID); err != nil {
			t.Error(err)
		}
		if <-resumed {
			t.Error("the own side resumed")
		}
	}
}

func TestHP12Mirror(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	if id, err := n.Dial(t.Context(), n.address(), chat.PeerID{}); !errors.Is(err, chat.ErrSelf) || !id.IsZero() {
		t.Errorf("Dial of oneself = %v, %v", id, err)
	}
	door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
	go func() {
		for {
			c, err := door.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	defer func() { _ = door.Close() }()
	if _, err := n.Dial(t.Context(), "10.0.0.77:1", chat.PeerID{}); !errors.Is(err, chat.ErrUnreachable) {
		t.Errorf("Dial of an echo: %v", err)
	}
	n.quiet(0)
}

// TestHP13Silent: whoever says nothing, or too little, is gone after three seconds, at whatever stage.
func TestHP13Silent(t *testing.T) {
	for name, talk := range map[string]func(*intruder, net.Conn){
		"from the start": func(*intruder, net.Conn) {},
		"a byte now and then": func(_ *intruder, c net.Conn) {
			record := append([]byte{22, 3, 1, 2, 0, 1, 0, 1, 0xfc}, make([]byte, 100)...)
			for _, b := range record {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				<-time.After(time.Second / 10)
			}
		},
		"after the handshake": func(i *intruder, c net.Conn) { _ = tls.Client(c, i.config).Handshake() },
		"within the hello": func(i *intruder, c net.Conn) {
			secure := tls.Client(c, i.config)
			_, _ = secure.Write([]byte{100})
			for range 40 {
				<-time.After(time.Second / 10)
				if _, err := secure.Write([]byte{10}); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				n := f.rig()
				c := f.call("10.0.0.66", n)
				began := time.Now()
				talk(newIntruder(t), c)
				_, _ = io.Copy(io.Discard, c)
				if took := time.Since(began); took > helloLimit+100*time.Millisecond {
					t.Errorf("hung on for %v", took)
				}
				n.quiet(0)
			})
		})
	}
}

func TestHP14Garbage(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	for k := range 300 {
		c := f.call(fmt.Sprintf("10.1.%d.%d", k/200, k%200), n)
		junk := make([]byte, 1+k*7)
		_, _ = rand.Read(junk)
		switch k % 4 {
		case 1: // a TLS record of a handshake
			copy(junk, []byte{22, 3, 1})
		case 2: // with the right length
			junk = append([]byte{22, 3, 1, 0, 0}, junk...)
			binary.BigEndian.PutUint16(junk[3:], uint16(len(junk)-5))
		case 3:
			copy(junk, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		_ = c.SetDeadline(time.Now().Add(time.Second))
		_, _ = c.Write(junk)
		_ = c.Close()
	}
	n.quiet(0)
	honest := f.rig()
	honest.dial(n)
	await[chat.LinkUp](n)
}

func FuzzCertificate(f *testing.F) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	own, err := newCertificate(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own.Certificate[0])
	f.Add(certificateOf(f, ecdsaKey(f)).Certificate[0])
	f.Add(certificateOf(f, rsaKey(f)).Certificate[0])
	f.Add(padded(f, key, 1000))
	f.Fuzz(func(t *testing.T, der []byte) {
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		state := tls.ConnectionState{
			Version: tls.VersionTLS13, NegotiatedProtocol: alpn, PeerCertificates: []*x509.Certificate{leaf}, HandshakeComplete: true,
		}
		id, err := provenPeer(state)
		if err != nil {
			if !id.IsZero() {
				t.Error("refused, and named all the same")
			}
			return
		}
		if !ed25519.Verify(id[:], leaf.RawTBSCertificate, leaf.Signature) {
			t.Errorf("%v did not sign its certificate", id)
		}
		state.DidResume = true
		if _, err := provenPeer(state); err == nil {
			t.Error("a resumed connection was let in")
		}
	})
}
