package e2e

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestHP47HostilePackets shows that whoever floods the network with forged and broken announcements parts nobody, and costs
// no memory and no log.
func TestHP47HostilePackets(t *testing.T) {
	short(t)
	packets := 20_000
	if soak {
		packets = 400_000
	}
	lan := lanrig.Up(t, 4)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	all := []*program{anna, ben}
	ws := []watch{anna.watch(), ben.watch()}
	attack(t, lan, min(packets, 40_000), anna, ben, room) // what work costs is no growth: a leak shows in the next as well
	var before []float64
	for _, p := range all {
		before = append(before, p.resident(t))
	}
	begun := time.Now()
	t.Log(attack(t, lan, packets, anna, ben, room))
	took := time.Since(begun)
	meet(t, anna, ben, home(t, lan, 3).start(t))
	for i, p := range all {
		other := all[1-i].ready.PeerID
		list, _, _ := p.since(ws[i].from)
		for _, n := range list {
			if n.method == "peer.offline" && bytes.Contains(n.params, []byte(other)) {
				t.Errorf("host %d: the other was called offline", i+1)
			}
		}
		after := p.resident(t)
		log, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(log, []byte("\n"))
		t.Logf("host %d: %.1f MB became %.1f MB, %d lines of log", i+1, before[i], after, lines)
		if after > before[i]+10 {
			t.Errorf("host %d: grew from %.1f to %.1f MB", i+1, before[i], after)
		}
		if most := 5 + int(took/time.Second); lines > most {
			t.Errorf("host %d: %d lines of log, want at most %d", i+1, lines, most)
		}
	}
}

// attack floods the LAN from host 4 while two people go on talking, and tells how much was sent.
func attack(t *testing.T, lan *lanrig.LAN, packets int, anna, ben *program, room string) string {
	t.Helper()
	cmd := lan.Command(4, os.Args[0])
	cmd.Env = append(cmd.Env, floodVariable+"="+strconv.Itoa(packets))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	announces := home(t, lan, 3).start(t) // for the attacker to hear
	defer announces.kill()
	for k := 0; ; k++ {
		w := anna.watch()
		awaitReceived(w, post(ben, room, fmt.Sprintf("Meanwhile %d", k)), patience)
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("attack: %v: %s", err, out.String())
			}
			return fmt.Sprintf("%s packets in %v", strings.Fields(out.String())[1], time.Since(begun).Round(time.Millisecond))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// TestA7BetweenMachines: a stranger's machine says a thousand messages a second. What two others say meanwhile takes no longer
// than twice the time before, the folder grows by no more than a stranger may say, and it is one request of fifty.
func TestA7BetweenMachines(t *testing.T) {
	short(t)
	long := 6 * time.Second
	if soak {
		long = time.Minute
	}
	lan := lanrig.Up(t, 3)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	typical := func(while func() bool) time.Duration {
		var took []time.Duration
		for while() {
			begun := time.Now()
			m := post(ben, room, "Still there?")
			awaitReceived(anna.fromStart(), m, patience)
			took = append(took, time.Since(begun))
			<-time.After(50 * time.Millisecond)
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	rounds := func(n int) func() bool { return func() bool { n--; return n >= 0 } }
	typical(rounds(20)) // warm
	before, size := typical(rounds(40)), sizeOf(t, anna.place.data)

	cmd := lan.Command(3, os.Args[0])
	cmd.Env = append(cmd.Env, rogueVariable+"="+anna.ready.Addresses[0]+" "+long.String())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var failed error
	flooded := typical(func() bool {
		select {
		case failed = <-ended:
			return false
		default:
			return true
		}
	})
	if failed != nil {
		t.Fatalf("the rogue: %v: %s", failed, out.String())
	}
	after, grown := typical(rounds(40)), sizeOf(t, anna.place.data)-size
	t.Logf("%s messages: %v while they came, %v before, %v after; the folder grew by %d kB", strings.Fields(out.String())[1], flooded, before, after, grown>>10)
	if idle := max(before, after); flooded > 2*idle+10*time.Millisecond {
		t.Errorf("messages took %v, and %v without the flood", flooded, idle)
	}
	if grown > 3<<20 {
		t.Errorf("the folder grew by %d bytes", grown)
	}
	requests := rooms(anna, "requests")
	if len(requests) != 1 || requests[0].Unread != 50 {
		t.Errorf("the requests are %s, want one with 50 unread", jsonOf(requests))
	}
}
