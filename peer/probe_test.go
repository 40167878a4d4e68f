package peer

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
)

func TestNearby(t *testing.T) {
	for name, c := range map[string]struct {
		networks []string
		want     int
		has, not string
	}{
		"a usual network":   {[]string{"192.168.1.7/24"}, 253, "192.168.1.254", "192.168.1.7"},
		"a large one":       {[]string{"10.1.2.3/8"}, 253, "10.1.2.1", "10.1.3.1"},
		"a small one":       {[]string{"10.1.2.3/29"}, 5, "10.1.2.6", "10.1.2.7"},
		"two machines":      {[]string{"10.1.2.2/31"}, 1, "10.1.2.3", "10.1.2.2"},
		"three networks":    {[]string{"10.1.2.3/24", "10.2.2.3/24", "10.3.2.3/24"}, maxProbed, "10.1.2.1", "10.1.2.3"},
		"addresses of one":  {[]string{"10.1.2.3/24", "10.1.2.4/24"}, 252, "10.1.2.1", "10.1.2.4"},
		"on the internet":   {[]string{"8.8.8.8/24"}, 0, "", "8.8.8.1"},
		"IPv6":              {[]string{"fd00::1/64"}, 0, "", "fd00::2"},
		"without a network": {nil, 0, "", "10.0.0.1"},
	} {
		var states []discovery.InterfaceState
		for _, s := range c.networks {
			states = append(states, ethernet(s)...)
		}
		f := newFinder()
		f.states = states
		n := &Node{cfg: Config{Discovery: f}}
		found := map[string]bool{}
		for _, ip := range n.nearby() {
			found[ip.String()] = true
		}
		if len(found) != c.want || c.has != "" && !found[c.has] || found[c.not] {
			t.Errorf("%s: %d addresses, want %d with %s and without %s", name, len(found), c.want, c.has, c.not)
		}
	}
}

func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, mine := newBubble(t), newFinder()
		mine.states = ethernet("10.0.0.1/24")
		a := f.rig(with(mine))
		f.rig()
		f.rig()
		f.listen(netip.MustParseAddrPort("10.0.0.77:42445")) // never answers
		if found, err := a.Probe(t.Context()); found != 2 || err != nil {
			t.Errorf("found %d, %v", found, err)
		}
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](a)
		mine.mu.Lock()
		mine.states = nil
		mine.mu.Unlock()
		if _, err := a.Probe(t.Context()); err == nil {
			t.Error("without a network all went well")
		}
	})
}

// TestProbeNeedsConsent: without it nobody is dialled, with it only who is alone.
func TestProbeNeedsConsent(t *testing.T) {
	for _, agreed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f, mine := newBubble(t), newFinder()
			mine.states = ethernet("10.0.0.1/24")
			a := f.rig(with(mine), func(c *Config) { c.Probe = agreed })
			b := f.rig()
			if !agreed {
				a.quiet(time.Minute)
				return
			}
			a.keep(b)
			expect[chat.LinkUp](a)
			c := f.rig()
			a.quiet(time.Minute)
			b.stop()
			expect[chat.LinkDown](a)
			began := time.Now()
			if up := expect[chat.LinkUp](a); up.Remote != c.remote() {
				t.Errorf("%+v", up)
			}
			within(t, "the probe", began, 0, probeAfter+time.Second)
		})
	}
}

// TestStatic: a peer of the configuration is linked and stays so, whatever chat keeps, and is found when it comes later.
func TestStatic(t *testing.T) {
	for name, named := range map[string]bool{"invite": true, "address": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				later := newIdentity(t)
				invite := chat.Invite{Addresses: []string{"10.0.0.2:42445"}}
				if named {
					invite.Peer = later.ID
				}
				a := f.rig(func(c *Config) { c.Static = []chat.Invite{invite} })
				a.Keep(nil)
				<-time.After(10 * time.Second)
				b := f.rig(func(c *Config) { c.Identity = later })
				up := expect[chat.LinkUp](a)
				if up.Remote != b.remote() {
					t.Errorf("%+v", up)
				}
				a.Keep(nil)
				a.quiet(time.Hour)
				b.stop()
				expect[chat.LinkDown](a)
			})
		})
	}
}
