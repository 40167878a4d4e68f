package discovery

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// Real sockets in real hosts. What depends on a machine's speed is logged, not judged: waits are long, counts are exact.
const patience = 20 * time.Second

// rounds is how often measurements are repeated: few in a test run, HAGGLE_LAN_ROUNDS=18 for numbers worth writing down.
func rounds(t *testing.T, usual int) int {
	if !measuring() {
		return usual
	}
	n, err := strconv.Atoi(os.Getenv("HAGGLE_LAN_ROUNDS"))
	if err != nil {
		t.Fatalf("HAGGLE_LAN_ROUNDS: %v", err)
	}
	return n
}

func measuring() bool { return os.Getenv("HAGGLE_LAN_ROUNDS") != "" }

// startHosts starts number i in host i for 1 to n, a few at a time, and waits until all see all.
func startHosts(t *testing.T, lan *lanrig.LAN, n int) []*host {
	t.Helper()
	var hosts []*host
	for i := range n {
		hosts = append(hosts, startHost(t, lan, i+1, i+1))
		if few := 10; i%few == few-1 { // hundreds at once are more than a machine can start
			hosts[0].sees(patience, i+1, nil)
		}
	}
	allMeet(t, hosts)
	return hosts
}

func allMeet(t *testing.T, hosts []*host) {
	t.Helper()
	for _, a := range hosts {
		for _, b := range hosts {
			if a != b {
				a.sees(patience, int(b.self.Catalog), nil)
			}
		}
	}
}

// Ten hosts and a newcomer that comes and goes: everybody notices both.
func TestLANNewcomer(t *testing.T) {
	tests := []struct {
		name    string
		options []lanrig.Option
		loss    int
		rounds  int
	}{
		{"no default route", nil, 0, 2},
		{"default route", []lanrig.Option{lanrig.Gateway()}, 0, 1},
		{"20 percent loss", nil, 20, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n = 10
			lan := lanrig.Up(t, n+1, tt.options...)
			for i := range n + 1 {
				lan.Do("loss", i+1, tt.loss)
			}
			hosts := startHosts(t, lan, n)
			var come, leave, back []time.Duration
			for range rounds(t, tt.rounds) {
				if measuring() {
					<-time.After(4 * time.Second) // who has just announced itself does not answer at once
				}
				newcomer := startHost(t, lan, n+1, n+1)
				start := newcomer.start()
				for i, h := range hosts {
					h.sees(patience, n+1, nil)
					newcomer.sees(patience, i+1, nil)
					seen, _ := h.when(start, n+1, false)
					saw, _ := newcomer.when(start, i+1, false)
					come, back = append(come, seen.Sub(start)), append(back, saw.Sub(start))
				}
				quitting := time.Now()
				newcomer.quit()
				for _, h := range hosts {
					if tt.loss > 0 && !h.eventually(time.Second, func() bool { return h.last[newcomer.self.Peer].Gone }) {
						continue // all four goodbyes lost; expiry is another test
					}
					h.misses(patience, n+1)
					gone, _ := h.when(quitting, n+1, true)
					leave = append(leave, gone.Sub(quitting))
				}
			}
			if len(leave) < len(come)*9/10 {
				t.Errorf("only %d of %d noticed the leave", len(leave), len(come))
			}
			t.Logf("seen by others %s; sees others %s; leave noticed %s", percentiles(come), percentiles(back), percentiles(leave))
		})
	}
}

// Many hosts: HAGGLE_LAN_HOSTS, 100 when not given, at most 200 on one machine. A hundred are all seen within a second after
// a newcomer starts, more within two, and then they are quiet.
func TestLANMany(t *testing.T) {
	if os.Getenv("HAGGLE_SOAK") != "1" {
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	n, err := strconv.Atoi(cmp.Or(os.Getenv("HAGGLE_LAN_HOSTS"), "100"))
	if err != nil || n < 2 {
		t.Fatalf("HAGGLE_LAN_HOSTS: %v, at least 2 wanted", err)
	}
	limit := time.Second
	if n > 100 {
		limit = 2 * time.Second
	}
	t.Setenv(newsEnv, "1")
	lan := lanrig.Up(t, n+1)
	hosts := startHosts(t, lan, n)
	<-time.After(5 * time.Second)
	lan.Do("count", "start")
	newcomer := startHost(t, lan, n+1, n+1)
	start := newcomer.start()
	var seen, saw []time.Duration
	for i, h := range hosts {
		h.sees(patience, n+1, nil)
		newcomer.sees(patience, i+1, nil)
		at, _ := h.when(start, n+1, false)
		seen = append(seen, at.Sub(start))
		at, _ = newcomer.when(start, i+1, false)
		saw = append(saw, at.Sub(start))
	}
	t.Logf("seen by others %s; sees others %s", percentiles(seen), percentiles(saw))
	if slowest := max(slices.Max(seen), slices.Max(saw)); slowest > limit {
		t.Errorf("took %v, want at most %v", slowest, limit)
	}
	<-time.After(time.Until(start.Add(8 * time.Second)))
	t.Logf("%d packets in 8 s", lan.Packets())
	const quiet = 4 * time.Minute
	lan.Do("count", "start")
	<-time.After(quiet)
	packets := lan.Packets()
	steady := float64(packets) / quiet.Seconds() / float64(n+1)
	t.Logf("steady: %d packets, %.4f a second and node", packets, steady)
	if steady > 0.05 {
		t.Errorf("%.4f packets a second and node, want at most 0.05", steady)
	}
	for i, h := range append(hosts, newcomer) {
		h.mu.Lock()
		for _, r := range h.log {
			for _, s := range r.Sightings {
				if s.Gone {
					t.Errorf("host %d lost %v", i+1, s.Peer.Short())
				}
			}
		}
		h.mu.Unlock()
	}
}

func percentiles(d []time.Duration) string {
	if len(d) == 0 {
		return "never"
	}
	slices.Sort(d)
	at := func(p int) string { return d[min(len(d)-1, len(d)*p/100)].Round(time.Millisecond).String() }
	return "p50 " + at(50) + " p90 " + at(90) + " p99 " + at(99) + " max " + at(100) + " (" + strconv.Itoa(len(d)) + ")"
}

func TestLANFamilies(t *testing.T) {
	for _, verb := range []string{"nov6", "nov4"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			lan := lanrig.Up(t, 3)
			for i := range 3 {
				lan.Do(verb, i+1)
			}
			hosts := startHosts(t, lan, 3)
			for _, ap := range hosts[0].sees(patience, 2, nil).Addrs {
				if ap.Addr().Is4() != (verb == "nov6") || ap.Addr().Is6() && ap.Addr().Zone() != "eth0" {
					t.Errorf("%s: address %v", verb, ap)
				}
			}
			hosts[1].quit()
			hosts[0].misses(patience, 2)
			hosts[2].misses(patience, 2)
		})
	}
}

// A host in two LANs and one in each: every one learns the address of its own side, and one entry per identity.
func TestLANTwoInterfaces(t *testing.T) {
	t.Parallel()
	left, right := lanrig.Up(t, 2), lanrig.Up(t, 2, lanrig.Network("10.88.0"))
	left.Do("addif", 1, right, "10.88.0.77/24")
	both, inLeft, inRight := startHost(t, left, 1, 1), startHost(t, left, 2, 2), startHost(t, right, 1, 3)
	for h, side := range map[*host]string{inLeft: "10.77.0.0/24", inRight: "10.88.0.0/24"} {
		prefix := netip.MustParsePrefix(side)
		onSide := func(ap netip.AddrPort) bool { return prefix.Contains(ap.Addr()) || ap.Addr().IsLinkLocalUnicast() }
		h.sees(patience, 1, func(s Sighting) bool {
			return onSide(s.Addrs[0]) && slices.ContainsFunc(s.Addrs, func(ap netip.AddrPort) bool { return ap.Addr().Is4() })
		})
		h.mu.Lock()
		for _, r := range h.log {
			for _, s := range r.Sightings {
				if !onSide(s.Addrs[0]) {
					t.Errorf("first address %v on %v", s.Addrs, side)
				}
			}
		}
		if len(h.last) != 1 {
			t.Errorf("%v sees %v", side, h.last)
		}
		h.mu.Unlock()
	}
	both.sees(patience, 2, nil)
	both.sees(patience, 3, nil)
	if got := both.state().Addresses; !slices.Equal(got, addrs("10.77.0.1", "10.88.0.77")) {
		t.Errorf("own addresses %v", got)
	}
	both.mu.Lock()
	defer both.mu.Unlock()
	if len(both.last) != 2 {
		t.Errorf("sees %v", both.last)
	}
}

// Cable pulled and pushed, address changed, interface removed and made anew: they meet again each time.
func TestLANChanges(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 2)
	hosts := startHosts(t, lan, 2)
	a, b := hosts[0], hosts[1]
	lost := func(verb string, args ...any) {
		t.Helper()
		from := time.Now()
		lan.Do(verb, args...)
		a.misses(patience, 2)
		at, _ := a.when(from, 2, true)
		t.Logf("%s: noticed after %v", verb, at.Sub(from).Round(time.Millisecond))
	}
	found := func(verb string, args ...any) {
		t.Helper()
		from := time.Now()
		lan.Do(verb, args...)
		a.sees(patience, 2, nil)
		at, _ := a.when(from, 2, false)
		t.Logf("%s: back after %v", verb, at.Sub(from).Round(time.Millisecond))
	}
	lost("unplug", 1)
	found("plug", 1)
	lost("delif", 1)
	found("newif", 1, "10.77.0.1/24")
	b.sees(patience, 1, nil)

	lan.Do("readdr", 1, "10.77.0.99/24")
	moved := netip.MustParseAddrPort("10.77.0.99:42001")
	b.sees(patience, 1, func(s Sighting) bool { return slices.Contains(s.Addrs, moved) })
	if got := a.state().Addresses; !slices.Equal(got, addrs("10.77.0.99")) {
		t.Errorf("own addresses %v", got)
	}
}

// A machine that slept asks again when it wakes.
func TestLANSleep(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 2)
	hosts := startHosts(t, lan, 2)
	sleeper, pid := hosts[0], strconv.Itoa(hosts[0].cmd.Process.Pid)
	signal := func(name string) {
		t.Helper()
		if out, err := exec.Command("kill", "-"+name, pid).CombinedOutput(); err != nil {
			t.Fatalf("kill: %v: %s", err, out)
		}
	}
	signal("STOP")
	<-time.After(sleptAfter + tick)
	signal("CONT")
	for deadline := time.Now().Add(patience); !strings.Contains(sleeper.stderr.String(), "Woke up"); sleeper.state() {
		if time.Now().After(deadline) {
			t.Fatalf("did not notice that it slept: %s", sleeper.stderr)
		}
	}
	hosts[1].quit()
	sleeper.misses(patience, 2)
}

func TestLANNoNetworkAtStart(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 2)
	lan.Do("delif", 1)
	a, b := startHost(t, lan, 1, 1), startHost(t, lan, 2, 2)
	if state := a.state(); len(state.Addresses) > 0 || len(state.Interfaces) != 1 || state.Interfaces[0].Reason != ReasonLoopback {
		t.Errorf("state %+v", state)
	}
	from := time.Now()
	lan.Do("newif", 1, "10.77.0.1/24")
	allMeet(t, []*host{a, b})
	at, _ := a.when(from, 2, false)
	t.Logf("met after %v", at.Sub(from).Round(time.Millisecond))
}

// Two instances on one host, and one on another.
func TestLANOneHost(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 2)
	hosts := []*host{startHost(t, lan, 1, 1), startHost(t, lan, 1, 2), startHost(t, lan, 2, 3)}
	allMeet(t, hosts)
	hosts[0].quit()
	hosts[1].misses(patience, 1)
	hosts[2].misses(patience, 1)
	hosts[1].sees(patience, 3, nil)
	again := startHost(t, lan, 1, 1)
	allMeet(t, []*host{again, hosts[1], hosts[2]})
}

// Only the interface that was named is used, even if it is one that nobody else would use.
func TestLANNamedInterface(t *testing.T) {
	t.Parallel()
	left, right := lanrig.Up(t, 2), lanrig.Up(t, 1, lanrig.Network("10.88.0"))
	left.Do("addif", 1, right, "10.88.0.77/24", "tun7")
	named := startHost(t, left, 1, 1, "tun7")
	inLeft, inRight := startHost(t, left, 2, 2), startHost(t, right, 1, 3)
	named.sees(patience, 3, nil)
	inRight.sees(patience, 1, nil)
	inLeft.state() // it had the time
	inLeft.mu.Lock()
	defer inLeft.mu.Unlock()
	if len(inLeft.last) > 0 {
		t.Errorf("announced on an interface that was not named: %v", inLeft.last)
	}
}

// A flood of hostile packets: nobody is lost, newcomers are seen, nothing grows.
func TestLANFlood(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 4)
	hosts := startHosts(t, lan, 2)
	before := hosts[0].state()
	packets := 20000
	if os.Getenv("HAGGLE_SOAK") == "1" {
		packets = 400_000
	}
	if text := os.Getenv("HAGGLE_LAN_FLOOD"); text != "" {
		packets, _ = strconv.Atoi(text)
	}
	attack := lan.Command(4, os.Args[0])
	attack.Env = append(attack.Env, floodEnv+"="+strconv.Itoa(packets))
	var out strings.Builder
	attack.Stdout, attack.Stderr = &out, &out
	if err := attack.Start(); err != nil {
		t.Fatal(err)
	}
	newcomer := startHost(t, lan, 3, 3)
	for _, h := range hosts {
		h.sees(patience, 3, nil)
	}
	if err := attack.Wait(); err != nil {
		t.Fatalf("attack: %v: %s", err, out.String())
	}
	after := hosts[0].state()
	var refused uint64
	for _, i := range after.Interfaces {
		refused += i.Refused
	}
	t.Logf("%s packets sent, %d refused, heap %d -> %d KiB, %d -> %d goroutines",
		strings.TrimSpace(out.String()), refused, before.Heap>>10, after.Heap>>10, before.Goroutines, after.Goroutines)
	if refused == 0 || after.Heap > before.Heap+10<<20 || after.Goroutines > before.Goroutines+8 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if lines := strings.Count(hosts[0].stderr.String(), "\n"); lines > 20 {
		t.Errorf("%d lines in the log", lines)
	}
	// Whoever was forged to be gone, or to be elsewhere, is there where it is.
	allMeet(t, []*host{hosts[0], hosts[1], newcomer})
	hosts[0].sees(patience, 2, func(s Sighting) bool { return slices.Contains(s.Addrs, netip.MustParseAddrPort("10.77.0.2:42002")) })
}

// Starting and stopping leaves nothing behind: no goroutine, no socket. Needs no rights: the network is loopback.
func TestNothingLeaks(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	loopback := ""
	all, err := systemInterfaces(func(netInterface) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.loopback() {
			loopback = i.name
		}
	}
	if loopback == "" {
		t.Skip("skipped: needs a loopback interface")
	}
	once := func() {
		d := New(Config{Self: testAnnouncement(1), Interfaces: []string{loopback}})
		other := New(Config{Self: testAnnouncement(2), Interfaces: []string{loopback}})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- d.Run(ctx) }()
		go func() { ended <- other.Run(ctx) }()
		select {
		case <-d.Sightings():
		case <-time.After(patience):
			t.Errorf("saw nobody: %+v", d.Interfaces())
		}
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}
	}
	once()
	goroutines, files, memory := runtime.NumGoroutine(), openFiles(), heap()
	rounds := 30
	if os.Getenv("HAGGLE_SOAK") == "1" {
		rounds = 100
	}
	for range rounds {
		once()
	}
	// The library's goroutines end a moment after their sockets are closed.
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > goroutines || openFiles() > files; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d files became %d and %d", goroutines, files, runtime.NumGoroutine(), openFiles())
		}
		runtime.GC() // closes what the library forgot
	}
	now := heap()
	t.Logf("%d rounds: %d goroutines, %d files, heap %d -> %d KiB", rounds, runtime.NumGoroutine(), openFiles(), memory>>10, now>>10)
	if now > memory+1<<20 {
		t.Errorf("%d KiB of heap became %d", memory>>10, now>>10)
	}
}

// heap is what is in use after all garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return mem.HeapAlloc
}

// openFiles counts the descriptors of this process, where that can be told.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
