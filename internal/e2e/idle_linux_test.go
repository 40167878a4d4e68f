package e2e

import (
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestB12Idle shows B12: fifty real programs on one LAN that have nothing to say hardly use the machine or the network,
// each at most half a percent of a processor more than one that is alone.
func TestB12Idle(t *testing.T) {
	if !soak {
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	const hosts = 50
	lan := lanrig.Up(t, hosts)
	loner := alone(t).start(t)
	var all []*program
	for host := 1; host <= hosts; host++ {
		all = append(all, home(t, lan, host).start(t))
	}
	newest := all[hosts-1]
	for _, p := range all[:hosts-1] {
		awaitOnline(p.fromStart(), newest, time.Minute)
	}
	<-time.After(time.Minute)
	const while = 2 * time.Minute
	lan.Do("count", "start")
	before := make([]time.Duration, hosts)
	lonerBefore, start := loner.cpu(t), time.Now()
	for i, p := range all {
		before[i] = p.cpu(t)
	}
	<-time.After(while)
	took := time.Since(start)
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / took.Seconds() }
	base := percent(loner.cpu(t) - lonerBefore)
	var used spread
	sum := time.Duration(0)
	for i, p := range all {
		d := p.cpu(t) - before[i]
		used, sum = append(used, d), sum+d
	}
	mean, most := percent(sum/hosts), percent(used.at(100))
	packets := float64(lan.Packets()) / took.Seconds() / hosts
	t.Logf("alone %.2f %%; of %d: mean %.2f %%, most %.2f %%; %.4f mDNS packets a second and node", base, hosts, mean, most, packets)
	if mean > base+0.5 || packets > 0.05 {
		t.Errorf("want at most %.2f %% and 0.05 packets", base+0.5)
	}
	for _, p := range all {
		if n := p.fromStart().count("peer.offline"); n > 0 {
			t.Errorf("host %d: %d times somebody was called offline", p.place.host, n)
		}
	}
}
