package discovery

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"haggle/chat"
)

func numbered(n int) instance { return instance{peer: chat.PeerID{1, byte(n >> 8), byte(n)}} }

func sourceNumber(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}) }

func claimOf(source netip.Addr, at time.Time) claim {
	return claim{
		link: 2, source: source, addrs: []netip.AddrPort{netip.AddrPortFrom(source, 42445)}, heard: at, expires: at.Add(maxLifetime),
	}
}

func TestCacheBoundsOneSource(t *testing.T) {
	k, now := newCache(), time.Now()
	for n := range 2 * maxPerSource {
		_, ok := k.hear(numbered(n), claimOf(sourceNumber(1), now))
		if ok != (n < maxPerSource) {
			t.Fatalf("instance %d of one source: %v", n, ok)
		}
	}
	if _, ok := k.hear(numbered(0), claimOf(sourceNumber(1), now)); !ok {
		t.Error("an instance that was taken before is refused")
	}
	if _, ok := k.hear(numbered(maxPerSource), claimOf(sourceNumber(2), now)); !ok {
		t.Error("another source is refused")
	}
	k.expire(now.Add(maxLifetime))
	if len(k.entries) != 0 || len(k.charged) != 0 {
		t.Errorf("%d entries, %d charged after all expired", len(k.entries), len(k.charged))
	}
}

func TestCacheWhenFull(t *testing.T) {
	now := time.Now()
	fill := func(source func(n int) int) *cache {
		k := newCache()
		for n := range maxPeers {
			if _, ok := k.hear(numbered(n), claimOf(sourceNumber(source(n)), now.Add(time.Duration(n)*time.Millisecond))); !ok {
				t.Fatalf("instance %d refused", n)
			}
		}
		return k
	}
	newcomer := numbered(5000)

	honest := fill(func(n int) int { return n })
	if out, ok := honest.hear(newcomer, claimOf(sourceNumber(5000), now.Add(10*time.Second))); ok || len(out) > 0 {
		t.Error("a live peer was thrown out for another")
	}
	out, ok := honest.hear(newcomer, claimOf(sourceNumber(5000), now.Add(110*time.Second)))
	if !ok || len(out) != 2 || out[0].Peer != numbered(0).peer || !out[0].Gone || out[1].Peer != newcomer.peer {
		t.Errorf("the oldest did not make room: %v %v", out, ok)
	}

	crowded := fill(func(n int) int { return n / maxPerSource })
	for n := range 500 {
		if _, ok := crowded.hear(numbered(2000+n), claimOf(sourceNumber(2000+n), now.Add(10*time.Second))); !ok {
			t.Fatalf("source %d with one instance got no room", n)
		}
	}
	if len(crowded.entries) != maxPeers {
		t.Errorf("%d entries", len(crowded.entries))
	}
}

func TestCacheMergesSources(t *testing.T) {
	k, now := newCache(), time.Now()
	in := numbered(1)
	honest := claimOf(sourceNumber(1), now)
	out, _ := k.hear(in, honest)
	if len(out) != 1 || len(out[0].Addrs) != 1 {
		t.Fatalf("first: %v", out)
	}
	for n := range 100 {
		liar := claimOf(sourceNumber(100+n%3), now.Add(time.Duration(n)*time.Millisecond))
		for i := range maxAddrs {
			liar.addrs = append(liar.addrs, netip.AddrPortFrom(sourceNumber(1000+n+i), 6666))
		}
		liar.addrs = liar.addrs[:maxAddrs]
		k.hear(in, liar)
	}
	s := k.entries[in].sighting()
	if len(s.Addrs) != maxAddrs || !slices.Contains(s.Addrs[:4], honest.addrs[0]) {
		t.Errorf("after lies of three sources: %v", s.Addrs)
	}
	for n := range 100 {
		k.hear(in, claimOf(sourceNumber(100+n), now))
	}
	if n := len(k.entries[in].claims); n != maxClaims {
		t.Errorf("%d claims", n)
	}
}

// What the library says, which may be another interface's address, counts only until the peer was heard itself.
func TestCacheHearsay(t *testing.T) {
	k, now := newCache(), time.Now()
	in := numbered(1)
	hearsay := claimOf(sourceNumber(7), now)
	hearsay.hearsay = true
	first := claimOf(sourceNumber(1), now)
	only := func(c claim) {
		t.Helper()
		if s := k.entries[in].sighting(); !slices.Equal(s.Addrs, c.addrs) {
			t.Errorf("addresses %v, want %v", s.Addrs, c.addrs)
		}
	}
	k.hear(in, hearsay)
	only(hearsay)
	k.hear(in, first)
	only(first)
	k.hear(in, hearsay)
	only(first)
	hearsay.link = 3
	k.hear(in, hearsay)
	if s := k.entries[in].sighting(); len(s.Addrs) != 2 {
		t.Errorf("hearsay of another link: %v", s.Addrs)
	}
}

func TestCacheTells(t *testing.T) {
	k, now := newCache(), time.Now()
	in := numbered(1)
	c := claimOf(sourceNumber(1), now)
	hear := func(after time.Duration, change func(*claim)) int {
		c.heard = now.Add(after)
		c.expires = c.heard.Add(maxLifetime)
		if change != nil {
			change(&c)
		}
		out, _ := k.hear(in, c)
		return len(out)
	}
	steps := []struct {
		name   string
		after  time.Duration
		change func(*claim)
		want   int
	}{
		{"new", 0, nil, 1},
		{"the same at once", time.Millisecond, nil, 0},
		{"the same a second later", 1001 * time.Millisecond, nil, 1},
		{"other catalogue", 1002 * time.Millisecond, func(c *claim) { c.catalog = 9 }, 1},
		{"other protocol", 1003 * time.Millisecond, func(c *claim) { c.protocol = 9 }, 1},
		{"other device", 1004 * time.Millisecond, func(c *claim) { c.device[7] = 9 }, 1},
		{"other port", 1005 * time.Millisecond, func(c *claim) { c.addrs = []netip.AddrPort{netip.AddrPortFrom(c.source, 5000)} }, 1},
		{"another way", 1006 * time.Millisecond, func(c *claim) { c.link = 3 }, 0},
	}
	for _, s := range steps {
		if got := hear(s.after, s.change); got != s.want {
			t.Errorf("%s: told %d, want %d", s.name, got, s.want)
		}
	}
	if out := k.unlink(3, now.Add(2*time.Second)); len(out) != 0 {
		t.Errorf("one of two ways is gone: %v", out)
	}
	out := k.unlink(2, now.Add(2*time.Second))
	if len(out) != 1 || !out[0].Gone || len(out[0].Addrs) != 1 {
		t.Errorf("the last way is gone: %v", out)
	}
}

func TestCacheUpkeep(t *testing.T) {
	k, now := newCache(), time.Now()
	k.hear(numbered(1), claimOf(sourceNumber(1), now))
	k.hear(numbered(2), claimOf(sourceNumber(2), now.Add(30*time.Second)))
	tests := []struct {
		after time.Duration
		count int
		known int
		due   int
	}{
		{0, 2, 2, 0},
		{60 * time.Second, 2, 2, 0},
		{61 * time.Second, 2, 1, 0},
		{95 * time.Second, 2, 0, 0},
		{97 * time.Second, 2, 0, 1},
		{125 * time.Second, 1, 0, 0},
		{127 * time.Second, 1, 0, 1},
	}
	for _, tt := range tests {
		u := k.upkeep(2, now.Add(tt.after), askBefore)
		if u.count != tt.count || len(u.known) != tt.known || len(u.due) != tt.due {
			t.Errorf("after %v: %+v", tt.after, u)
		}
		if u := k.upkeep(3, now.Add(tt.after), askBefore); u.count != 0 || len(u.due) > 0 {
			t.Errorf("on another link: %+v", u)
		}
	}
	k.asked(numbered(1), now.Add(96*time.Second))
	if u := k.upkeep(2, now.Add(100*time.Second), askBefore); len(u.due) != 0 {
		t.Errorf("asked for just now: %+v", u)
	}
	if u := k.upkeep(2, now.Add(101*time.Second), askBefore); len(u.due) != 1 {
		t.Errorf("asked for a while ago: %+v", u)
	}
	k.asked(numbered(1), now)
	k.doubt(2, now.Add(40*time.Second))
	if u := k.upkeep(2, now.Add(41*time.Second), askBefore); len(u.due) != 2 || len(u.known) != 0 || u.count != 2 {
		t.Errorf("in doubt: %+v", u)
	}
	if out := k.expire(now.Add(50 * time.Second)); len(out) != 2 {
		t.Errorf("after the doubt: %v", out)
	}
}

func TestCandidates(t *testing.T) {
	i := lanInterface(2, "192.168.1.10/24", "2001:db8::10/64", "fe80::10/64")
	loop := netInterface{index: 1, name: "lo", prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	loop.flags |= lanFlags | 1<<2 // net.FlagLoopback
	tests := []struct {
		name      string
		on        netInterface
		source    string
		announced []string
		elsewhere []string
		want      []string
	}{
		{"source first", i, "192.168.1.20", []string{"192.168.1.21"}, nil, []string{"192.168.1.20:5000", "192.168.1.21:5000"}},
		{"each once", i, "192.168.1.20", []string{"192.168.1.20"}, []string{"192.168.1.20"}, []string{"192.168.1.20:5000"}},
		{"on the link before elsewhere", i, "192.168.1.20", []string{"10.9.9.9", "192.168.1.21"}, []string{"10.8.8.8"}, []string{"192.168.1.20:5000", "192.168.1.21:5000", "10.9.9.9:5000", "10.8.8.8:5000"}},
		{"link-local with zone", i, "fe80::20%eth2", []string{"fe80::20", "fe80::21"}, nil, []string{"[fe80::20%eth2]:5000", "[fe80::21%eth2]:5000"}},
		{"public on the link", i, "fe80::20%eth2", []string{"2001:db8::20"}, nil, []string{"[fe80::20%eth2]:5000", "[2001:db8::20]:5000"}},
		{"public elsewhere", i, "192.168.1.20", []string{"8.8.8.8", "2001:db9::1"}, []string{"9.9.9.9"}, []string{"192.168.1.20:5000"}},
		{"loopback, multicast, nothing", i, "192.168.1.20", []string{"127.0.0.1", "::1", "224.0.0.251", "ff02::fb", "0.0.0.0", "::", "255.255.255.255"}, []string{"127.0.0.1", "169.254.1.1"}, []string{"192.168.1.20:5000"}},
		{"ourselves", i, "192.168.1.20", []string{"192.168.1.10"}, nil, []string{"192.168.1.20:5000"}},
		{"on loopback by name", loop, "127.0.0.1", []string{"127.0.0.1"}, nil, []string{"127.0.0.1:5000"}},
		{"unknown source", i, "", []string{"192.168.1.21"}, nil, []string{"192.168.1.21:5000"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var source netip.Addr
			if tt.source != "" {
				source = netip.MustParseAddr(tt.source)
			}
			f := found{port: 5000, addrs: addrs(tt.announced...), txt: txt{elsewhere: addrs(tt.elsewhere...)}}
			got := candidates(tt.on, source, f, func(ap netip.AddrPort) bool { return ap.Addr() == netip.MustParseAddr("192.168.1.10") })
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func BenchmarkHear(b *testing.B) {
	k, now := newCache(), time.Now()
	for n := range maxPeers {
		k.hear(numbered(n), claimOf(sourceNumber(n), now))
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		k.hear(numbered(n%maxPeers), claimOf(sourceNumber(n%maxPeers), now))
	}
}
