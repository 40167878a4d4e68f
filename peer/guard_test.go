package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
)

func TestGuardLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard()
		host := netip.MustParseAddr("10.0.0.1")
		var tickets []*ticket
		for range maxPerAddress {
			tickets = append(tickets, g.admit(host))
		}
		if tickets[maxPerAddress-1] == nil || g.admit(host) != nil {
			t.Error("the limit per address does not hold")
		}
		tickets[0].known()
		if tickets[0] = g.admit(host); tickets[0] == nil {
			t.Error("a known peer counts against its address")
		}
		for _, k := range tickets {
			k.done()
			k = g.admit(host)
			if k == nil {
				break
			}
			k.done()
		}
		admitted := 0
		for range 100 {
			if k := g.admit(host); k != nil {
				admitted++
				k.done()
			}
		}
		if admitted >= addressBurst {
			t.Errorf("%d more at once", admitted)
		}
		for range 100 {
			<-time.After(100 * time.Millisecond)
			if k := g.admit(host); k != nil {
				admitted++
				k.done()
			}
		}
		if admitted > 10*addressRate+addressBurst || admitted < 10*addressRate-1 {
			t.Errorf("%d in 10 s", admitted)
		}
		if k := g.admit(netip.MustParseAddr("10.0.0.2")); k == nil {
			t.Error("another address suffers")
		}
	})
}

func TestGuardTotal(t *testing.T) {
	g := newGuard()
	var in []*ticket
	for i := range 1000 {
		if k := g.admit(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})); k != nil {
			in = append(in, k)
		}
	}
	if len(in) != maxConnections-reservedForDials || !g.full() {
		t.Errorf("%d were admitted", len(in))
	}
	var out []*ticket
	for k := g.dial(); k != nil; k = g.dial() {
		out = append(out, k)
	}
	if len(out) != reservedForDials {
		t.Errorf("%d dials besides", len(out))
	}
	for _, k := range append(in, out...) {
		k.done()
	}
	if g.open != 0 || g.full() {
		t.Errorf("%d are open in the end", g.open)
	}
}

// TestHP36ManyAddresses: whoever has many addresses does not fill the memory, nor get his burst back by changing them.
func TestHP36ManyAddresses(t *testing.T) {
	g := newGuard()
	stays := g.admit(netip.MustParseAddr("10.0.0.1"))
	first := netip.MustParseAddr("fe80::1:0:0:1")
	address := first
	for range 20 * maxAddresses {
		if k := g.admit(address); k == nil {
			t.Fatal("refused")
		} else {
			k.done()
		}
		address = address.Next()
	}
	if len(g.places) > maxAddresses || g.recent.Len() != len(g.places) {
		t.Errorf("%d addresses, %d in turn", len(g.places), g.recent.Len())
	}
	if e := g.places[netip.MustParseAddr("10.0.0.1")]; e == nil || e.Value.(*place).open != 1 {
		t.Error("an address with a connection was forgotten")
	}
	stays.done()
}

// descriptors counts the open files of this process, 0 where the system does not tell.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// TestHP45HP46Flood: connections that say nothing, and connections that come and go, cost little and lock nobody out.
func TestHP45HP46Flood(t *testing.T) {
	f := newFabric(t)
	n := newRig(t) // on a real listener: its limits are about descriptors
	honest := f.rig()
	honest.connect = func(ctx context.Context, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	time0 := time.Now()
	goroutines, files := runtime.NumGoroutine(), descriptors()
	var held []net.Conn
	refused := 0
	for range 400 {
		c, err := net.Dial("tcp", n.address())
		if err != nil {
			refused++
			continue
		}
		held = append(held, c)
	}
	mine := len(held) // descriptors of this end, which are not the node's
	if g := runtime.NumGoroutine() - goroutines; g > 4*(addressBurst+1) {
		t.Errorf("%d goroutines for %d connections", g, mine)
	}
	settle := time.Now().Add(patience)
	for d := descriptors(); d > files+mine+2*maxPerAddress && time.Now().Before(settle); d = descriptors() {
		runtime.Gosched()
	}
	if d := descriptors(); d > files+mine+2*maxPerAddress {
		t.Errorf("%d descriptors for %d connections", d-files-mine, mine)
	}
	for _, c := range held {
		_ = c.Close()
	}
	t.Logf("%d connections in %v, %d refused", mine, time.Since(time0), refused)
	for {
		if _, err := honest.Dial(t.Context(), n.address(), n.self); err == nil { // the address is the attacker's: its turn comes
			break
		}
	}
	await[chat.LinkUp](n)
}

// TestHP45SilentCallersDoNotShutTheDoor: all places for handshakes are taken by callers that say nothing, from as many
// addresses as it takes, and wanted by as many again.
func TestHP45SilentCallersDoNotShutTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		n, honest := f.rig(), f.rig()
		over := make(chan struct{})
		defer close(over)
		var open []net.Conn
		for i := range 2 * maxHandshakes {
			open = append(open, f.call(fmt.Sprintf("10.0.1.%d", i), n))
		}
		synctest.Wait()
		if len(n.doorway.places) != maxHandshakes {
			t.Fatalf("%d handshakes under way", len(n.doorway.places))
		}
		began := time.Now()
		honest.dial(n)
		expect[chat.LinkUp](n)
		within(t, "getting in", began, 0, helloLimit)
		for _, c := range open {
			_ = c.Close()
		}
		synctest.Wait()
		if len(n.doorway.places) != 0 || len(n.doorway.inside) != 0 {
			t.Errorf("%d places are taken by nobody", len(n.doorway.places))
		}
	})
}

// TestKnownPeersShareAnAddress: the limit per address is for strangers.
func TestKnownPeersShareAnAddress(t *testing.T) {
	for known, want := range map[bool]int{true: 2 * maxPerAddress, false: maxPerAddress} {
		f := newFabric(t)
		n := f.rig(func(c *Config) { c.Known = func(chat.PeerID) bool { return known } })
		in := 0
		for range 2 * maxPerAddress {
			if _, _, err := newIntruder(t).enter(f.call("10.0.0.66", n)); err != nil {
				continue
			}
			expect[chat.LinkUp](n)
			in++
		}
		if in != want {
			t.Errorf("known %v: %d got in, want %d", known, in, want)
		}
	}
}

// TestFullHouse: strangers that stay do not keep others out: who was silent longest goes.
func TestFullHouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		known := f.rig()
		n := f.rig(func(c *Config) { c.Known = func(p chat.PeerID) bool { return p == known.self } })
		over := make(chan struct{})
		var drained sync.WaitGroup
		defer drained.Wait()
		defer close(over)
		ups := 0
		drained.Go(func() {
			for {
				select {
				case e := <-n.Events():
					if _, ok := e.(chat.LinkUp); ok {
						ups++
					}
				case <-over:
					return
				}
			}
		})
		known.keep(n)
		expect[chat.LinkUp](known)
		for i := range maxConnections - reservedForDials - 1 {
			stranger := newIntruder(t)
			c := f.call(fmt.Sprintf("10.8.%d.%d", i/50, i%50), n)
			secure, _, err := stranger.enter(c)
			if err != nil {
				t.Fatalf("stranger %d: %v", i, err)
			}
			_ = secure.SetDeadline(time.Time{})
			go func() {
				var b [512]byte
				for {
					if _, err := secure.Read(b[:]); err != nil {
						return
					}
				}
			}()
			go every(time.Second, over, func() error {
				_, err := secure.Write(framed(t, pingFrame))
				return err
			})
		}
		synctest.Wait()
		if !n.guard.full() {
			t.Fatal("the house is not full")
		}
		late := f.rig()
		late.keep(n)
		began := time.Now()
		expect[chat.LinkUp](late)
		within(t, "getting in", began, 0, 5*time.Second)
		known.quiet(0)
		if _, err := n.Dial(t.Context(), late.address(), late.self); err != nil {
			t.Errorf("own dial: %v", err)
		}
	})
}
