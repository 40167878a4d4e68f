package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
)

// finder is a Discovery whose announcements a test makes up.
type finder struct {
	sightings chan []discovery.Sighting
	networks  chan struct{}
	own       []netip.Addr

	mu        sync.Mutex
	announced []discovery.Announcement
	kicks     int
	running   bool
	states    []discovery.InterfaceState
	heard     map[chat.PeerID]time.Time
}

func newFinder() *finder {
	return &finder{sightings: make(chan []discovery.Sighting), networks: make(chan struct{}, 1)}
}

func (f *finder) Run(ctx context.Context) error {
	f.set(true)
	defer f.set(false)
	<-ctx.Done()
	return ctx.Err()
}

func (f *finder) set(running bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = running
}

func (f *finder) Sightings() <-chan []discovery.Sighting { return f.sightings }
func (f *finder) Networks() <-chan struct{}              { return f.networks }
func (f *finder) Addresses() []netip.Addr                { return f.own }

func (f *finder) Interfaces() []discovery.InterfaceState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.states)
}

func (f *finder) Check(context.Context, bool) []discovery.InterfaceState { return f.Interfaces() }

func (f *finder) Heard(p chat.PeerID) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.heard[p]
}

func (f *finder) Announce(a discovery.Announcement) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announced = append(f.announced, a)
}

func (f *finder) Kick() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kicks++
}

func (f *finder) last() discovery.Announcement {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.announced[len(f.announced)-1]
}

func with(f *finder) func(*Config) { return func(c *Config) { c.Discovery = f } }

// sighting is how r's announcement is heard.
func (r *rig) sighting() discovery.Sighting {
	return discovery.Sighting{
		Peer: r.self, Device: r.remote().Device, Addrs: []netip.AddrPort{netip.MustParseAddrPort(r.address())}, Catalog: 7,
	}
}

// dials replaces a rig's network by one that only notes when and where it was used.
type dials struct {
	mu       sync.Mutex
	began    time.Time
	at       []time.Duration
	to       []string
	inFlight int
	most     int
	answer   func(ctx context.Context) error
}

var errClosedPort = errors.New("connection refused")

func (d *dials) connect(ctx context.Context, address string) (net.Conn, error) {
	d.mu.Lock()
	d.at = append(d.at, time.Since(d.began))
	d.to = append(d.to, address)
	d.inFlight++
	d.most = max(d.most, d.inFlight)
	d.mu.Unlock()
	err := d.answer(ctx)
	d.mu.Lock()
	d.inFlight--
	d.mu.Unlock()
	return nil, err
}

func (d *dials) seen() ([]time.Duration, []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.at), slices.Clone(d.to)
}

// settle waits until at least so many dials are over for some time.
func (d *dials) settle(count int, since time.Duration) {
	for {
		<-time.After(time.Second / 3)
		if at, _ := d.seen(); len(at) >= count && time.Since(d.began)-at[len(at)-1] > since {
			return
		}
	}
}

func refuse(context.Context) error { return errClosedPort }

// vanish is an address where nobody answers.
func vanish(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// dialler is a rig in a bubble whose dials are watched.
func dialler(t *testing.T, answer func(context.Context) error, change ...func(*Config)) (*rig, *dials) {
	f := newBubble(t)
	d := &dials{began: time.Now(), answer: answer}
	f.connect = d.connect
	return f.rig(change...), d
}

func peers(n int) []chat.PeerID {
	out := make([]chat.PeerID, n)
	for i := range out {
		out[i] = chat.PeerID{0xff, byte(i >> 8), byte(i)}
	}
	return out
}

func TestRetriesSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := dialler(t, refuse)
		r.Keep([]chat.Wanted{{Peer: peers(1)[0], Addresses: []string{"10.0.0.9:1"}}})
		<-time.After(2 * time.Minute)
		at, _ := d.seen()
		var pauses []time.Duration
		for i := 1; i < len(at); i++ {
			pauses = append(pauses, at[i]-at[i-1])
		}
		if at[0] > headStart || len(at) < 9 || len(at) > 13 {
			t.Fatalf("dialled at %v", at)
		}
		for i, p := range pauses {
			if usual := retries[min(i, len(retries)-1)]; p < usual*8/10 || p > usual*12/10 {
				t.Errorf("pause %d is %v, want about %v", i, p, usual)
			}
		}
		if slices.Contains(pauses, retries[0]) && slices.Contains(pauses, retries[1]) {
			t.Error("the pauses have no jitter")
		}
	})
}

func TestNewsMakeDialsDue(t *testing.T) {
	id := peers(1)[0]
	for name, news := range map[string]func(*rig, *finder){
		"an announcement": func(_ *rig, f *finder) {
			f.sightings <- []discovery.Sighting{{
				Peer: id, Device: chat.DeviceID{1}, Addrs: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.8:1")},
			}}
		},
		"another network": func(_ *rig, f *finder) { f.networks <- struct{}{} },
		"Kick":            func(r *rig, _ *finder) { r.Kick() },
		"a new address": func(r *rig, _ *finder) {
			r.Keep([]chat.Wanted{{Peer: id, Addresses: []string{"10.0.0.9:1", "10.0.0.8:1"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFinder()
				r, d := dialler(t, refuse, with(f))
				r.Keep([]chat.Wanted{{Peer: id, Addresses: []string{"10.0.0.9:1"}}})
				d.settle(8, time.Second)
				before, _ := d.seen()
				began := time.Since(d.began)
				news(r, f)
				<-time.After(headStart + 10*time.Millisecond)
				after, _ := d.seen()
				if len(after) == len(before) || after[len(before)]-began > headStart {
					t.Errorf("dialled at %v, news at %v", after, began)
				}
				r.Keep([]chat.Wanted{{Peer: id, Addresses: []string{"10.0.0.9:1"}}}) // no news
				<-time.After(dialSpacing / 2)
				if again, _ := d.seen(); len(again) > len(after)+1 {
					t.Errorf("dialled without news: %v", again)
				}
			})
		})
	}
}

// TestHeadStart: who is smaller dials at once, the other a moment later and only if there is no link by then.
func TestHeadStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fa, fb := newFinder(), newFinder()
		f := newBubble(t)
		a, b := f.rig(with(fa)), f.rig(with(fb))
		if b.smaller(b.device, a.remote()) {
			a, b, fa, fb = b, a, fb, fa
		}
		a.Keep([]chat.Wanted{{Peer: b.self}})
		b.Keep([]chat.Wanted{{Peer: a.self}})
		fb.sightings <- []discovery.Sighting{a.sighting()}
		expect[chat.PeerSeen](b)
		<-time.After(headStart / 2)
		fa.sightings <- []discovery.Sighting{b.sighting()}
		if seen := expect[chat.PeerSeen](a); seen != (chat.PeerSeen{Peer: b.self, Catalogue: 7}) {
			t.Errorf("%+v", seen)
		}
		began := time.Now()
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		within(t, "the smaller one's dial", began, 0, headStart/4)
		if !a.linkTo(b).dialled {
			t.Error("the larger one dialled")
		}
		a.quiet(time.Hour)
		b.quiet(0)
	})
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		fb := newFinder()
		a, b := f.rig(), f.rig(with(fb))
		if b.smaller(b.device, a.remote()) {
			t.Log("the smaller one alone")
		}
		b.Keep([]chat.Wanted{{Peer: a.self}})
		fb.sightings <- []discovery.Sighting{a.sighting()}
		began := time.Now()
		expect[chat.LinkUp](a) // B6: one good direction is enough
		within(t, "a dial from one side only", began, 0, headStart)
	})
}

func TestAddressesAreTriedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		r, d := dialler(t, vanish, with(f))
		id := peers(1)[0]
		r.Keep([]chat.Wanted{{Peer: id, Addresses: []string{"10.0.0.1:1", "10.0.0.3:1"}}})
		d.settle(10, 5*time.Second)
		before, _ := d.seen()
		d.began = time.Now()
		f.sightings <- []discovery.Sighting{{Peer: id, Device: chat.DeviceID{1}, Addrs: []netip.AddrPort{
			netip.MustParseAddrPort("10.0.0.2:1"), netip.MustParseAddrPort("10.0.0.3:1"), netip.MustParseAddrPort("[fe80::1%eth0]:1"),
		}}}
		<-time.After(headStart + 3*stagger + 10*time.Millisecond)
		at, to := d.seen()
		at, to = at[len(before):], to[len(before):]
		if want := []string{"10.0.0.2:1", "10.0.0.3:1", "[fe80::1%eth0]:1", "10.0.0.1:1"}; !slices.Equal(to, want) {
			t.Fatalf("dialled %v, want %v", to, want)
		}
		for i := range at {
			if i > 0 && at[i]-at[i-1] != stagger {
				t.Errorf("dialled at %v", at)
			}
		}
		if got := r.AddressesOf(id); !slices.Equal(got, []string{"10.0.0.1:1", "10.0.0.3:1", "10.0.0.2:1", "[fe80::1%eth0]:1"}) {
			t.Errorf("AddressesOf = %v", got)
		}
	})
}

func TestRefusedAddressesAreSkippedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := dialler(t, refuse)
		r.Keep([]chat.Wanted{{Peer: peers(1)[0], Addresses: []string{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"}}})
		<-time.After(headStart + 10*time.Millisecond)
		if at, _ := d.seen(); len(at) != 3 || at[2] != at[0] {
			t.Errorf("dialled at %v", at)
		}
	})
}

// TestB3ManyAbsentPeers: those who are there are reached soon, however many are not.
func TestB3ManyAbsentPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		present := f.rig()
		d := &dials{began: time.Now(), answer: vanish}
		from := netip.MustParseAddr("10.9.9.9")
		f.connect = func(ctx context.Context, address string) (net.Conn, error) {
			if address == present.address() {
				return f.dial(ctx, from, address)
			}
			return d.connect(ctx, address)
		}
		r := f.rig()
		var wanted []chat.Wanted
		for i, id := range peers(chat.MaxLinks) {
			wanted = append(wanted, chat.Wanted{Peer: id, Addresses: []string{fmt.Sprintf("10.1.0.%d:1", i)}})
		}
		wanted = append(wanted, chat.Wanted{Peer: present.self, Addresses: []string{present.address()}})
		began := time.Now()
		r.Keep(wanted)
		expect[chat.LinkUp](r)
		within(t, "reaching the one who is there", began, 0, 10*time.Second)
		<-time.After(10*time.Second - time.Since(began))
		if _, to := d.seen(); len(slices.Compact(slices.Sorted(slices.Values(to)))) != chat.MaxLinks {
			t.Error("some were not tried in 10 s")
		}
		<-time.After(time.Minute)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.most > maxDials {
			t.Errorf("%d dials in flight", d.most)
		}
	})
}

func TestDialsToOnePeerAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		r, d := dialler(t, refuse, with(f))
		id := peers(1)[0]
		r.Keep([]chat.Wanted{{Peer: id}})
		for i := range 100 { // somebody forges announcements
			f.sightings <- []discovery.Sighting{{
				Peer: id, Device: chat.DeviceID{1, byte(i)}, Addrs: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("10.0.0.8"), uint16(1000+i))},
			}}
			expect[chat.PeerSeen](r)
			<-time.After(50 * time.Millisecond)
		}
		at, _ := d.seen()
		if len(at) < 5 || len(at) > 11*maxCandidates {
			t.Errorf("%d dials in five seconds", len(at))
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap > 0 && gap < dialSpacing {
				t.Errorf("dials %v apart", gap)
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if n := len(r.peers[id].devices); n > maxDevices+1 {
			t.Errorf("%d devices are remembered", n)
		}
	})
}

func TestVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		a, b := f.rig(with(find)), f.rig()
		a.Visit(b.self) // never seen
		a.quiet(time.Minute)
		find.sightings <- []discovery.Sighting{b.sighting()}
		expect[chat.PeerSeen](a)
		a.quiet(time.Hour) // seeing is no reason to dial
		a.Visit(b.self)
		expect[chat.LinkUp](a)
		a.Visit(b.self)
		if down := expect[chat.LinkDown](a); !down.Idle {
			t.Errorf("%+v", down)
		}
		a.quiet(time.Hour)

		gone := b.sighting()
		gone.Gone, gone.Addrs = true, nil
		find.sightings <- []discovery.Sighting{gone}
		if seen := expect[chat.PeerSeen](a); !seen.Gone {
			t.Errorf("%+v", seen)
		}
		a.Visit(b.self) // is it really?
		expect[chat.LinkUp](a)
	})
}

// TestVisitWaitsForRoom: a visit for which there are too many links is made when there is room.
func TestVisitWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		a, b := f.rig(with(find)), f.rig()
		find.sightings <- []discovery.Sighting{b.sighting()}
		expect[chat.PeerSeen](a)
		var others []*ticket
		for range maxConnections {
			others = append(others, a.guard.dial())
		}
		a.Visit(b.self)
		a.quiet(time.Minute)
		others[0].done()
		began := time.Now()
		expect[chat.LinkUp](a)
		within(t, "the visit", began, 0, 2*time.Second)
	})
}

// TestGoodbyeIsNotBelieved: for a linked peer a goodbye of its announcement is a question, which only a live one answers.
func TestGoodbyeIsNotBelieved(t *testing.T) {
	for name, alive := range map[string]bool{"forged": true, "true": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				find := newFinder()
				a, b := f.rig(with(find)), f.rig()
				a.keep(b)
				expect[chat.LinkUp](a)
				find.sightings <- []discovery.Sighting{b.sighting()}
				expect[chat.PeerSeen](a)
				<-time.After(time.Minute + 100*time.Millisecond)
				if !alive {
					f.pull()
					_ = b.listener.Close()
				}
				gone := b.sighting()
				gone.Gone = true
				began := time.Now()
				find.sightings <- []discovery.Sighting{gone}
				if seen := expect[chat.PeerSeen](a); !seen.Gone {
					t.Errorf("%+v", seen)
				}
				if alive {
					a.quiet(time.Hour)
					return
				}
				expect[chat.LinkDown](a)
				within(t, "the question", began, 0, checkLimit)
			})
		})
	}
}

// TestB8AnotherNetwork: links that the change has cut are noticed at once and made again, others stay.
func TestB8AnotherNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		a, b := f.rig(with(find)), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		find.networks <- struct{}{}
		expect[chat.NetworkChanged](a)
		a.quiet(time.Minute + 700*time.Millisecond)
		f.pull()
		began := time.Now()
		find.networks <- struct{}{}
		expect[chat.NetworkChanged](a)
		expect[chat.LinkDown](a)
		expect[chat.LinkUp](a)
		within(t, "the new link", began, 0, 2*time.Second)
		find.mu.Lock()
		defer find.mu.Unlock()
		if find.kicks == 0 {
			t.Error("discovery was not asked again")
		}
	})
}

func TestSecondDeviceOfAPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		a, b := f.rig(with(find)), f.rig()
		b2 := f.rig(func(c *Config) { c.Identity = identityOf(b.cfg.Identity.Key) })
		a.Keep([]chat.Wanted{{Peer: b.self}})
		find.sightings <- []discovery.Sighting{b.sighting(), b2.sighting()}
		expect[chat.PeerSeen](a)
		met := []chat.Remote{await[chat.LinkUp](a).Remote, await[chat.LinkUp](a).Remote}
		for _, want := range []chat.Remote{b.remote(), b2.remote()} {
			if !slices.Contains(met, want) {
				t.Errorf("met %v, not %v", met, want)
			}
		}
		gone := b.sighting()
		gone.Gone = true
		find.sightings <- []discovery.Sighting{gone}
		a.quiet(time.Hour) // the other one is still announced
	})
}

// TestStaleAnnouncement: a device that is no more, announced at the address of the one that is, is not asked for again
// and again, and the link to the real one lasts.
func TestStaleAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		a, b := f.rig(with(find)), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		link := a.linkTo(b)
		stale := b.sighting()
		stale.Device = chat.DeviceID{1}
		asked := 0
		connect := a.connect
		a.connect = func(ctx context.Context, address string) (net.Conn, error) {
			asked++
			return connect(ctx, address)
		}
		for range 100 {
			find.sightings <- []discovery.Sighting{stale}
			expect[chat.PeerSeen](a)
			<-time.After(time.Second)
		}
		if asked > 3 {
			t.Errorf("asked %d times in 100 s", asked)
		}
		if a.linkTo(b) != link {
			t.Error("the link was replaced")
		}
	})
}

func TestAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		find := newFinder()
		find.own = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")}
		r := f.rig(with(find))
		synctest.Wait()
		want := discovery.Announcement{Peer: r.self, Device: r.remote().Device, Port: Port, Protocol: 1}
		if got := find.last(); got != want {
			t.Errorf("announced %+v", got)
		}
		r.Announce(99)
		r.Rotate(chat.DeviceID{5})
		want.Catalog, want.Device = 99, chat.DeviceID{5}
		if got := find.last(); got != want {
			t.Errorf("announced %+v", got)
		}
		find.sightings <- []discovery.Sighting{r.sighting()} // oneself, heard again
		r.quiet(time.Hour)
		r.stop()
		if find.running {
			t.Error("discovery still runs")
		}
	})
}

// TestNeighboursAreBounded: announcements of strangers are forgotten when there are too many, kept peers never.
func TestNeighboursAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		find := newFinder()
		r, _ := dialler(t, refuse, with(find))
		kept := chat.PeerID{1}
		r.Keep([]chat.Wanted{{Peer: kept, Addresses: []string{"10.0.0.9:1"}}})
		over := make(chan struct{})
		defer close(over)
		go func() {
			for {
				select {
				case <-r.Events():
				case <-over:
					return
				}
			}
		}()
		for _, id := range peers(2 * maxNeighbours) {
			find.sightings <- []discovery.Sighting{{Peer: id, Device: chat.DeviceID{1}}}
		}
		synctest.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.peers) > maxNeighbours || r.peers[kept] == nil || r.peers[r.self] == nil {
			t.Errorf("%d neighbours, the kept one among them: %v", len(r.peers), r.peers[kept] != nil)
		}
	})
}

// TestB8NothingIsDialledWhereTheCableIsOut: it would be in vain, and have the system wait when the cable is back. Other
// networks are dialled meanwhile.
func TestB8NothingIsDialledWhereTheCableIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		r, d := dialler(t, vanish, with(f))
		here, there := peers(2)[0], peers(2)[1]
		r.Keep([]chat.Wanted{
			{Peer: here, Addresses: []string{"10.0.0.9:1", "[fe80::9%eth0]:1"}}, {Peer: there, Addresses: []string{"10.0.1.9:1", "[fe80::9%eth1]:1"}},
		})
		lan := discovery.InterfaceState{Name: "eth0", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}
		change := func(reason discovery.Reason) time.Duration {
			f.mu.Lock()
			lan.Reason = reason
			f.states = []discovery.InterfaceState{lan}
			f.mu.Unlock()
			began := time.Since(d.began)
			f.networks <- struct{}{}
			synctest.Wait()
			return began
		}
		<-time.After(20*time.Second + 300*time.Millisecond)
		out := change(discovery.ReasonNoCarrier)
		<-time.After(2 * time.Minute)
		back := change("")
		<-time.After(headStart + stagger)
		var meanwhile, after []string
		at, to := d.seen()
		for i, at := range at {
			switch {
			case at >= back:
				after = append(after, to[i])
			case at >= out:
				meanwhile = append(meanwhile, to[i])
			}
		}
		if slices.Contains(meanwhile, "10.0.0.9:1") || slices.Contains(meanwhile, "[fe80::9%eth0]:1") || !slices.Contains(meanwhile, "10.0.1.9:1") {
			t.Errorf("dialled without a cable: %v", meanwhile)
		}
		if !slices.Contains(after, "10.0.0.9:1") || !slices.Contains(after, "[fe80::9%eth0]:1") {
			t.Errorf("dialled once the cable was back: %v", after)
		}
	})
}

func TestSevered(t *testing.T) {
	prefix := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	s := severedBy([]discovery.InterfaceState{
		{Name: "eth0", Reason: discovery.ReasonNoCarrier, Networks: prefix("10.0.0.1/16")},
		{Name: "eth1", Reason: discovery.ReasonDown, Networks: prefix("10.1.0.1/16")},
		{Name: "wlan0", Networks: prefix("10.0.7.1/24")},
	})
	for address, want := range map[string]bool{
		"10.0.1.2:1": true, "[::ffff:10.0.1.2]:1": true, "[fe80::1%eth0]:1": true,
		"10.0.7.2:1": false, "10.1.0.2:1": false, "10.2.0.2:1": false, "[fe80::1%wlan0]:1": false, "127.0.0.1:1": false, "shop.example:1": false,
	} {
		if s.has(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
		if new(severed).has(address) {
			t.Errorf("%s: severed though nothing is", address)
		}
	}
}

// TestNewsLeaveAnsweredDialsAlone: who has answered may be slow, and would be slower still if it had to begin anew.
func TestNewsLeaveAnsweredDialsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, find := newBubble(t), newFinder()
		calls := 0
		f.connect = func(context.Context, string) (net.Conn, error) {
			calls++
			near, far := net.Pipe() // whose other end says nothing
			t.Cleanup(func() { _ = far.Close() })
			return near, nil
		}
		r := f.rig(with(find))
		r.Keep([]chat.Wanted{{Peer: peers(1)[0], Addresses: []string{"10.0.0.9:1"}}})
		<-time.After(headStart + 2*stale)
		find.networks <- struct{}{}
		<-time.After(dialSpacing + headStart)
		if calls != 1 {
			t.Errorf("%d connections, want the one that was answered", calls)
		}
	})
}

// TestHeardAgain: who announces itself is there: a dial that is put off is due, though nothing new was said.
func TestHeardAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		r, d := dialler(t, refuse, with(f))
		id := peers(1)[0]
		s := discovery.Sighting{Peer: id, Device: chat.DeviceID{1}, Addrs: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.8:1")}}
		f.sightings <- []discovery.Sighting{s}
		expect[chat.PeerSeen](r)
		<-time.After(time.Second)
		f.sightings <- []discovery.Sighting{s}
		expect[chat.PeerSeen](r)
		<-time.After(time.Minute)
		if to, _ := d.seen(); len(to) > 0 {
			t.Fatalf("dialled %v though nobody keeps it", to)
		}
		r.Keep([]chat.Wanted{{Peer: id}})
		d.settle(8, time.Second)
		before, _ := d.seen()
		began := time.Since(d.began)
		f.sightings <- []discovery.Sighting{s}
		expect[chat.PeerSeen](r)
		<-time.After(headStart + 10*time.Millisecond)
		if after, _ := d.seen(); len(after) != len(before)+1 || after[len(before)]-began > headStart {
			t.Errorf("dialled at %v, heard at %v", after, began)
		}
	})
}

// TestB8NewsBreakOffDials: a dial that began before the cable was plugged in again must not hold up the one that works.
func TestB8NewsBreakOffDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		r, d := dialler(t, vanish, with(f))
		r.Keep([]chat.Wanted{{Peer: peers(1)[0], Addresses: []string{"10.0.0.9:1"}}})
		<-time.After(20 * time.Second) // by now a dial takes its full time
		before, _ := d.seen()
		for len(before) == 0 || time.Since(d.began)-before[len(before)-1] > time.Second || time.Since(d.began)-before[len(before)-1] < stale {
			<-time.After(50 * time.Millisecond)
			before, _ = d.seen()
		}
		news := time.Since(d.began)
		f.networks <- struct{}{}
		<-time.After(dialSpacing + headStart)
		after, _ := d.seen()
		if len(after) == len(before) || after[len(before)]-news > dialSpacing {
			t.Errorf("dialled at %v, news at %v", after, news)
		}
		f.networks <- struct{}{} // a moment later: the dial under way is not stale
		<-time.After(dialSpacing / 2)
		if again, _ := d.seen(); len(again) > len(after)+1 {
			t.Errorf("a fresh dial was broken off: %v", again[len(after):])
		}
	})
}
