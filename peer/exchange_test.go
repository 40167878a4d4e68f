package peer

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
	"haggle/peer/wire"
)

// TestB4Exchange shows B4: A and C, who do not hear each other, meet through B, whom both know.
func TestB4Exchange(t *testing.T) {
	for name, meet := range map[string]func(b, c *rig, heard *finder){
		"linked": func(b, c *rig, _ *finder) { c.keep(b) },
		"heard":  func(_, c *rig, heard *finder) { heard.sightings <- []discovery.Sighting{c.sighting()} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, heard := newBubble(t), newFinder()
				a, b := f.rig(), f.rig(with(heard))
				a.keep(b)
				expect[chat.LinkUp](a)
				<-time.After(time.Minute)
				c := f.rig()
				began := time.Now()
				meet(b, c, heard)
				if up := expect[chat.LinkUp](a); up.Remote != c.remote() || up.Address != c.address() {
					t.Errorf("%+v", up)
				}
				within(t, "the meeting", began, 0, exchangeTick+exchangeGap+time.Second)

				// Of one who left nothing is told any more.
				c.stop()
				if name == "heard" {
					gone := c.sighting()
					gone.Gone = true
					heard.sightings <- []discovery.Sighting{gone}
				}
				<-time.After(time.Minute)
				a.mu.Lock()
				defer a.mu.Unlock()
				if m := a.peers[c.self]; a.hinted != 0 || m == nil || len(m.hints) != 0 {
					t.Errorf("%d peers are hinted at", a.hinted)
				}
			})
		})
	}
}

// recorded makes rigs note whom they dial.
type recorded struct {
	mu sync.Mutex
	to []string
}

func (r *recorded) connect(context.Context, string) (net.Conn, error) { return nil, errNobody }

func record(f *fabric) *recorded {
	r := new(recorded)
	f.connect = func(ctx context.Context, address string) (net.Conn, error) {
		r.mu.Lock()
		r.to = append(r.to, address)
		r.mu.Unlock()
		return r.connect(ctx, address)
	}
	return r
}

func (r *recorded) dialled() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.to)
}

// enters links an intruder to a rig, which asks it if it keeps it. It stays, and hears what is said.
func (i *intruder) enters(f *fabric, victim *rig, kept bool, from string) (say func(*wire.Frame), heard <-chan *wire.Frame) {
	f.t.Helper()
	if kept {
		victim.Keep([]chat.Wanted{{Peer: i.identity.ID}})
	}
	secure, in, err := i.enter(f.call(from, victim))
	if err != nil {
		f.t.Fatal(err)
	}
	_ = secure.SetDeadline(time.Time{})
	expect[chat.LinkUp](victim)
	frames := make(chan *wire.Frame, 1<<14)
	go func() {
		for {
			fr, err := in.Read(wire.MaxFrame)
			if err != nil {
				return
			}
			frames <- fr
		}
	}()
	go func() {
		ping := framed(f.t, &wire.Frame{Body: &wire.Frame_Ping{Ping: &wire.Ping{}}})
		for {
			if _, err := secure.Write(ping); err != nil {
				return
			}
			select {
			case <-time.After(time.Second):
			case <-f.t.Context().Done():
				return
			}
		}
	}()
	synctest.Wait()
	return func(fr *wire.Frame) {
		f.t.Helper()
		if _, err := secure.Write(framed(f.t, fr)); err != nil {
			f.t.Error(err)
		}
	}, frames
}

// of picks what an intruder heard of one kind.
func of[T any](heard <-chan *wire.Frame, pick func(*wire.Frame) *T) (out []*T) {
	synctest.Wait()
	for {
		select {
		case fr := <-heard:
			if t := pick(fr); t != nil {
				out = append(out, t)
			}
		default:
			return out
		}
	}
}

func tells(places ...*wire.Whereabouts) *wire.Frame {
	return &wire.Frame{Body: &wire.Frame_Peers{Peers: &wire.Peers{Peers: places}}}
}

func whereabouts(n int, addresses ...string) *wire.Whereabouts {
	peer, device := chat.PeerID{7, byte(n >> 8), byte(n)}, chat.DeviceID{1}
	w := &wire.Whereabouts{Peer: peer[:], Device: device[:]}
	for _, a := range addresses {
		ap := netip.MustParseAddrPort(a)
		ip := ap.Addr().As16()
		w.Addresses = binary.BigEndian.AppendUint16(append(w.Addresses, ip[:]...), ap.Port())
	}
	return w
}

// TestToldAddresses dials what may be on a LAN and nothing else.
func TestToldAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"10.1.2.3:42445": true, "192.168.9.9:1024": true, "172.16.0.1:5000": true, "169.254.3.4:2000": true, "[fd00::1]:42445": true,
		"8.8.8.8:42445": false, "127.0.0.1:42445": false, "10.1.2.3:22": false, "224.0.0.251:5353": false, "0.0.0.0:42445": false,
		"[2001:db8::1]:42445": false, "[::1]:42445": false, "[fe80::1]:42445": false, "255.255.255.255:5000": false, "[::ffff:8.8.8.8]:5000": false,
		"[::ffff:10.0.0.9]:5000": true,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newBubble(t)
			r := record(f)
			a := f.rig()
			say, _ := newIntruder(t).enters(f, a, true, "10.0.0.66")
			say(tells(whereabouts(1, address)))
			<-time.After(time.Minute)
			if got := r.dialled(); (len(got) > 0) != want {
				t.Errorf("%s: dialled %v", address, got)
			}
		})
	}
}

// TestTellersAreLimited: whoever is asked cannot make us dial many, whatever it invents; nor can who is not asked at all.
func TestTellersAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		r := record(f)
		a := f.rig()
		say, _ := newIntruder(t).enters(f, a, true, "10.0.0.66")
		const minutes = 5
		for k := range minutes * 60 {
			var places []*wire.Whereabouts
			for j := range wire.MaxPeers {
				n := k*wire.MaxPeers + j
				places = append(places, whereabouts(n, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}), 5000).String()))
			}
			say(tells(places...))
			<-time.After(time.Second)
		}
		most := hintBurst + minutes*int(time.Minute/linkHintEvery) + 1
		if n := len(r.dialled()); n < hintBurst || n > most {
			t.Errorf("dialled %d addresses, want %d to %d", n, hintBurst, most)
		}
		a.mu.Lock()
		if len(a.peers) > most+10 || a.hinted > maxHinted {
			t.Errorf("%d peers, %d hinted at", len(a.peers), a.hinted)
		}
		a.mu.Unlock()
	})
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		r := record(f)
		a := f.rig()
		say, _ := newIntruder(t).enters(f, a, false, "10.0.0.66")
		say(tells(whereabouts(1, "10.9.9.9:5000")))
		<-time.After(time.Minute)
		if got := r.dialled(); len(got) > 0 {
			t.Errorf("dialled %v though nobody asked", got)
		}
	})
}

// TestToldIsNoProof: somebody else answers where C is said to be, and C is met by nobody; nor is it told on.
func TestToldIsNoProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, other := f.rig(), f.rig()
		say, _ := newIntruder(t).enters(f, a, true, "10.0.0.66")
		say(tells(whereabouts(1, other.address())))
		a.quiet(time.Minute)
		a.mu.Lock()
		defer a.mu.Unlock()
		for r := range a.whereabouts() {
			if r.Peer[0] == 7 {
				t.Error("passes on what it was told")
			}
		}
	})
}

// TestExchangeIsQuiet: without news nothing is said.
func TestExchangeIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b, c := f.rig(), f.rig(), f.rig()
		c.keep(b)
		i := newIntruder(t)
		say, heard := i.enters(f, b, false, "10.0.0.66")
		expect[chat.LinkUp](c)
		say(&wire.Frame{Body: &wire.Frame_PeersAsk{}})
		<-time.After(10 * time.Minute)
		told := of(heard, (*wire.Frame).GetPeers)
		if len(told) != 1 || len(told[0].GetPeers()) != 1 || chat.PeerID(told[0].GetPeers()[0].GetPeer()) != c.self || !told[0].GetPeers()[0].GetLinked() {
			t.Errorf("told %v", told)
		}
		a.dial(b) // a visit is no news
		<-time.After(time.Minute)
		if told := of(heard, (*wire.Frame).GetPeers); len(told) != 0 {
			t.Errorf("of a visit told %v", told)
		}
		a.keep(b)
		<-time.After(exchangeTick + exchangeGap)
		if told := of(heard, (*wire.Frame).GetPeers); len(told) != 1 || len(told[0].GetPeers()) != 1 || chat.PeerID(told[0].GetPeers()[0].GetPeer()) != a.self {
			t.Errorf("told %v", told)
		}
	})
}

// TestLinkedIsToldWhateverTheAddress: the teller's link may use an address that leads nowhere from here, IPv6 within its
// link. So others that are announced are told, too, and that there is a link is known in any case: the doctor needs it.
func TestLinkedIsToldWhateverTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, finder := newBubble(t), newFinder()
		b, c := f.rig(with(finder)), f.rig()
		say, heard := newIntruder(t).enters(f, b, false, "10.0.0.66")
		announced := c.sighting()
		announced.Addrs = []netip.AddrPort{netip.MustParseAddrPort("10.0.9.9:5000")}
		finder.sightings <- []discovery.Sighting{announced}
		c.keep(b)
		expect[chat.LinkUp](c)
		say(&wire.Frame{Body: &wire.Frame_PeersAsk{}})
		<-time.After(time.Minute)
		told := of(heard, (*wire.Frame).GetPeers)
		want := packAddresses([]string{c.address(), "10.0.9.9:5000"})
		if len(told) == 0 || !bytes.Equal(told[len(told)-1].GetPeers()[0].GetAddresses(), want) || !told[len(told)-1].GetPeers()[0].GetLinked() {
			t.Errorf("told %v, want %x, linked", told, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		r := record(f)
		a, i := f.rig(), newIntruder(t)
		say, _ := i.enters(f, a, true, "10.0.0.66")
		place := whereabouts(1, "[fe80::1]:5000")
		say(tells(place))
		place.Linked = true
		place.Peer[31] = 1
		say(tells(place))
		<-time.After(time.Minute)
		a.mu.Lock()
		defer a.mu.Unlock()
		m := a.peers[chat.PeerID(place.Peer)]
		if m == nil || !slices.Equal(m.tellers(), []chat.PeerID{i.identity.ID}) || a.hinted != 1 || len(r.dialled()) > 0 {
			t.Errorf("%+v, %d hinted at, dialled %v", m, a.hinted, r.dialled())
		}
	})
}

// TestHintsStayWithinTheInterfaces: a node that is limited to some interfaces is not led elsewhere by what others tell.
func TestHintsStayWithinTheInterfaces(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 })
	if i < 0 {
		t.Fatal("no loopback interface")
	}
	limited := &Node{cfg: Config{Interfaces: []string{all[i].Name, "gone0"}}}
	for address, want := range map[string]bool{
		"127.0.0.9": true, "10.1.2.3": false, "192.168.1.1": false, "fe80::1%" + all[i].Name: true, "fe80::1%other": false,
	} {
		ip := netip.MustParseAddr(address)
		if got := limited.within()(ip); got != want {
			t.Errorf("%s: %v", address, got)
		}
		if free := new(Node); !free.within()(ip) {
			t.Errorf("%s is refused without a limit", address)
		}
	}
}
