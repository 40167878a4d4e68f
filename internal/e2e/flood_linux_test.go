package e2e

import (
	"bytes"
	"fmt"
	"os"
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
