package discovery

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
)

func TestUsable(t *testing.T) {
	prefix := []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}
	iface := func(name string, flags net.Flags) netInterface { return netInterface{2, name, flags, prefix} }
	tests := []struct {
		name  string
		iface netInterface
		named []string
		want  Reason
	}{
		{"cable", iface("enp3s0", lanFlags), nil, ""},
		{"Wi-Fi on Windows", iface("Wi-Fi 2", lanFlags), nil, ""},
		{"down", iface("eth0", lanFlags&^net.FlagUp), nil, ReasonDown},
		{"no cable", iface("eth0", lanFlags&^net.FlagRunning), nil, ReasonNoCarrier},
		{"loopback", iface("lo", lanFlags|net.FlagLoopback), nil, ReasonLoopback},
		{"modem", iface("wwan0", lanFlags|net.FlagPointToPoint), nil, ReasonPointToPoint},
		{"no multicast", iface("eth0", lanFlags&^net.FlagMulticast), nil, ReasonNoMulticast},
		{"no address", netInterface{2, "eth0", lanFlags, nil}, nil, ReasonNoAddress},
		{"docker", iface("docker0", lanFlags), nil, ReasonVirtual},
		{"docker network", iface("br-0123456789ab", lanFlags), nil, ReasonVirtual},
		{"a bridge of one's own", iface("br0", lanFlags), nil, ""},
		{"Hyper-V", iface("vEthernet (WSL)", lanFlags), nil, ReasonVirtual},
		{"Apple's direct link", iface("awdl0", lanFlags), nil, ReasonVirtual},
		{"not named", iface("eth0", lanFlags), []string{"eth1"}, ReasonNotNamed},
		{"named", iface("eth1", lanFlags), []string{"eth0", "eth1"}, ""},
		{"docker by name", iface("docker0", lanFlags), []string{"docker0"}, ""},
		{"VPN by name", iface("wg0", lanFlags|net.FlagPointToPoint), []string{"wg0"}, ""},
		{"loopback by name", iface("lo", net.FlagUp|net.FlagRunning|net.FlagLoopback), []string{"lo"}, ""},
		{"named but down", iface("eth0", 0), []string{"eth0"}, ReasonDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.iface.usable(tt.named); got != tt.want {
				t.Errorf("usable = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	var all []netInterface
	for n := range 12 {
		all = append(all, netInterface{n + 1, "eth" + string(rune('a'+n)), lanFlags, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}})
	}
	c := choose(all, nil)
	if len(c.used) != maxLinks || len(c.states) != 12 || c.states[8].Reason != ReasonTooMany || c.alone {
		t.Errorf("%+v", c)
	}
	c = choose(all, []string{"ethc", "wlan0"})
	if len(c.used) != 1 || c.used[0].name != "ethc" || len(c.states) != 13 || c.states[12].Reason != ReasonAbsent || c.states[12].Name != "wlan0" || c.alone {
		t.Errorf("%+v", c)
	}
	loop := netInterface{20, "lo", net.FlagUp | net.FlagLoopback | net.FlagRunning, all[0].prefixes}
	off := netInterface{21, "wlan0", net.FlagMulticast, nil}
	if c = choose([]netInterface{loop, all[0], off}, nil); !c.alone || len(c.used) != 1 {
		t.Errorf("one interface, and others that carry nothing: %+v", c)
	}
	if c = choose([]netInterface{loop}, []string{"lo"}); c.alone {
		t.Errorf("loopback: %+v", c)
	}
}

func TestOnLink(t *testing.T) {
	four, both := lanInterface(2, "10.0.0.1/24"), lanInterface(2, "10.0.0.1/24", "fe80::1/64", "2001:db8::1/64")
	for text, want := range map[string][2]bool{
		"10.0.0.200": {true, true}, "10.0.1.1": {false, false}, "127.0.0.1": {false, false}, "fe80::2%eth2": {false, true},
		"2001:db8::2": {false, true}, "2001:db9::2": {false, false}, "::ffff:10.0.0.9": {false, false},
	} {
		ip := netip.MustParseAddr(text)
		if got := [2]bool{four.onLink(ip), both.onLink(ip)}; got != want {
			t.Errorf("onLink(%v) = %v, want %v", ip, got, want)
		}
	}
	if !both.owns(netip.MustParseAddr("fe80::1%eth2")) || both.owns(netip.MustParseAddr("fe80::2")) {
		t.Error("owns")
	}
}

// The machine the test runs on: whatever it has, looking at it must work.
func TestSystemInterfaces(t *testing.T) {
	all, err := systemInterfaces(func(netInterface) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Skip("skipped: needs an interface")
	}
	if !slices.IsSortedFunc(all, func(a, b netInterface) int { return a.index - b.index }) {
		t.Error("not sorted by index")
	}
	for _, i := range all {
		for _, p := range i.prefixes {
			if !p.IsValid() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
				t.Errorf("%s: %v", i.name, p)
			}
		}
	}
}

func BenchmarkSystemInterfaces(b *testing.B) {
	d := New(Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.survey(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestIntake(t *testing.T) {
	var in intake
	now := time.Now()
	count := func(n int, source func(int) netip.Addr) (admitted int) {
		for k := range n {
			if in.admit(now, source(k)) {
				admitted++
			}
		}
		return admitted
	}
	one := func(int) netip.Addr { return sourceNumber(1) }
	if got := count(1000, one); got != sourceBurst {
		t.Errorf("one source: %d admitted at once", got)
	}
	if got := count(10, func(int) netip.Addr { return sourceNumber(2) }); got != 10 {
		t.Errorf("another source: %d of 10", got)
	}
	now = now.Add(time.Second)
	if got := count(1000, one); got != sourceRate {
		t.Errorf("one source a second later: %d", got)
	}
	if got := count(100000, func(k int) netip.Addr { return sourceNumber(k % 60000) }); got > socketBurst {
		t.Errorf("forged sources: %d", got)
	}
	now = now.Add(time.Minute)
	if got := count(10000, func(k int) netip.Addr { return sourceNumber(k % 500) }); got != socketBurst {
		t.Errorf("500 sources at once: %d", got)
	}
	if len(in.sources) > maxSources {
		t.Errorf("%d sources remembered", len(in.sources))
	}
	now = now.Add(time.Minute)
	if got := count(10, func(k int) netip.Addr { return sourceNumber(65000 + k) }); got != 10 {
		t.Errorf("after the flood: %d of 10", got)
	}
}

func TestZone(t *testing.T) {
	z := &zone{allow: func() bool { return true }}
	r := mustRecords(t, testAnnouncement(1), addrs("10.0.0.1"), nil)
	ask := func(name string, qtype, class uint16) int {
		return len(z.Records(dns.Question{Name: name, Qtype: qtype, Qclass: class}))
	}
	const unicast = dns.ClassINET | classTop
	if ask(kindName, dns.TypePTR, unicast) != 0 {
		t.Error("an empty zone answers")
	}
	z.current.Store(r)
	if ask(kindName, dns.TypePTR, unicast) != 0 {
		t.Error("answers what it should leave to our own socket")
	}
	z.unicast.Store(true)
	if ask(kindName, dns.TypePTR, dns.ClassINET) != 0 {
		t.Error("answers a question that our own socket answers")
	}
	if ask(kindName, dns.TypePTR, unicast) != 4 || ask(kindsName, dns.TypePTR, unicast) != 1 || ask(r.self.name(), dns.TypeSRV, unicast) != 4 {
		t.Error("does not answer a unicast question")
	}
	if ask("_ipp._tcp.local.", dns.TypePTR, unicast) != 0 {
		t.Error("answers for others")
	}
	for _, rr := range z.Records(dns.Question{Name: kindName, Qtype: dns.TypePTR, Qclass: unicast}) {
		if rr.Header().Class != dns.ClassINET || rr.Header().Ttl != recordTTL {
			t.Errorf("record %v", rr)
		}
	}
	z.all.Store(true)
	if ask(kindName, dns.TypePTR, dns.ClassINET) != 4 {
		t.Error("does not stand in for our own socket")
	}
	z.allow = func() bool { return false }
	if ask(kindName, dns.TypePTR, unicast) != 0 {
		t.Error("answers beyond the limit")
	}
	z.allow = func() bool { panic("broken") }
	if ask(kindName, dns.TypePTR, unicast) != 0 {
		t.Error("answers after a panic")
	}
}

func TestFoundByLibrary(t *testing.T) {
	a := testAnnouncement(1)
	in := instanceOf(a.Peer, a.Device)
	good := mdns.ServiceEntry{
		Name: in.name(), Host: in.host(), Port: 42445, InfoFields: formatTXT(a, nil), AddrV4: net.IPv4(10, 0, 0, 1), AddrV6IPAddr: &net.IPAddr{IP: net.ParseIP("fe80::1"), Zone: "x"},
	}
	tests := map[string]struct {
		change func(*mdns.ServiceEntry)
		ok     bool
	}{
		"good":              {func(*mdns.ServiceEntry) {}, true},
		"no addresses":      {func(e *mdns.ServiceEntry) { e.AddrV4, e.AddrV6IPAddr = nil, nil }, true},
		"foreign kind":      {func(e *mdns.ServiceEntry) { e.Name = "printer._ipp._tcp.local." }, false},
		"foreign host":      {func(e *mdns.ServiceEntry) { e.Host = "printer.local." }, false},
		"another's host":    {func(e *mdns.ServiceEntry) { e.Host = numbered(9).host() }, false},
		"low port":          {func(e *mdns.ServiceEntry) { e.Port = 80 }, false},
		"high port":         {func(e *mdns.ServiceEntry) { e.Port = 70000 }, false},
		"no TXT":            {func(e *mdns.ServiceEntry) { e.InfoFields = nil }, false},
		"another's TXT":     {func(e *mdns.ServiceEntry) { e.InfoFields = formatTXT(testAnnouncement(2), nil) }, false},
		"address of 3 byte": {func(e *mdns.ServiceEntry) { e.AddrV4 = net.IP{1, 2, 3} }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := good
			tt.change(&e)
			f, ok := foundByLibrary(&e)
			if ok != tt.ok {
				t.Fatalf("found %+v, %v", f, ok)
			}
			if name == "good" && (f.instance != in || !slices.Equal(f.addrs, addrs("10.0.0.1", "fe80::1"))) {
				t.Errorf("found %+v", f)
			}
		})
	}
}
