package e2e

import (
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

type ofChecks struct {
	Checks []check `json:"checks"`
}

type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Advice string `json:"advice"`
}

// examine asks the doctor, who must answer within 5 s and give one sentence of advice with each line that fails.
func examine(p *program, params object) []check {
	p.t.Helper()
	begun := time.Now()
	list := call[ofChecks](p, "network.doctor", params).Checks
	if took := time.Since(begun); took > 5*time.Second {
		p.t.Errorf("the doctor took %v", took)
	}
	for _, c := range list {
		if c.Name == "" || c.Detail == "" || c.OK != (c.Advice == "") {
			p.t.Errorf("line %s", jsonOf(c))
		}
	}
	return list
}

// wantCause fails the test unless a line with that name fails and says so.
func wantCause(t *testing.T, list []check, name, part string) {
	t.Helper()
	for _, c := range list {
		if c.Name == name && !c.OK && strings.Contains(c.Detail, part) {
			t.Logf("%s: %s %s", c.Name, c.Detail, c.Advice)
			return
		}
	}
	t.Errorf("no line %s that fails with %q in %s", name, part, jsonOf(list))
}

// failures are the lines that fail.
func failures(list []check) (out []check) {
	for _, c := range list {
		if !c.OK {
			out = append(out, c)
		}
	}
	return out
}

// TestB5Doctor shows B5: what is wrong is named, with the side it is on.
func TestB5Doctor(t *testing.T) {
	short(t)
	t.Parallel()
	t.Run("Well", func(t *testing.T) {
		t.Parallel()
		_, anna, ben := pair(t)
		for _, list := range [][]check{examine(anna, nil), examine(ben, object{"peerId": anna.ready.PeerID, "lang": "zh"})} {
			t.Log(jsonOf(list))
			if bad := failures(list); len(bad) > 0 || len(list) < 10 {
				t.Errorf("%s", jsonOf(list))
			}
		}
	})
	t.Run("OwnPortBlocked", func(t *testing.T) {
		t.Parallel()
		lan, anna, ben := pair(t)
		lan.Do("fw", 1, "udp5353")
		wantCause(t, examine(anna, nil), "multicastSelf", "UDP port 5353 is blocked on this machine (eth0)")
		wantCause(t, examine(ben, nil), "peerMulticast", "UDP port 5353 is blocked on the machine of")
		wantCause(t, examine(anna, object{"lang": "zh"}), "multicastSelf", "本机的 UDP 端口 5353 被阻止（eth0）")
	})
	t.Run("AllInboundBlocked", func(t *testing.T) {
		t.Parallel()
		lan := lanrig.Up(t, 2)
		lan.Do("fw", 1, "all")
		anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
		awaitAnnouncement(t, ben, anna)
		wantCause(t, examine(anna, nil), "multicastSelf", "lets nothing in")
		wantCause(t, examine(ben, nil), "peer", "announces itself, but its machine lets nobody in")
		add(anna, ben)
		meet(t, anna, ben)
		wantCause(t, examine(anna, nil), "port", "This machine lets nobody in")
		wantCause(t, examine(ben, object{"peerId": anna.ready.PeerID}), "peerPort", "lets nobody in")
	})
	t.Run("MulticastFiltered", func(t *testing.T) {
		t.Parallel()
		lan := lanrig.Up(t, 2)
		lan.Do("mcast", "off")
		anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
		wantCause(t, examine(anna, nil), "multicastOthers", "No announcement of another machine came in")
		add(anna, ben)
		meet(t, anna, ben)
		for _, p := range []*program{anna, ben} {
			list := examine(p, nil)
			wantCause(t, list, "multicastOthers", "The network filters multicast")
			wantCause(t, list, "peerMulticast", "The network filters multicast")
		}
	})
	t.Run("WrongIdentity", func(t *testing.T) {
		t.Parallel()
		lan, anna, ben := pair(t)
		w := ben.watch()
		anna.quit()
		awaitOffline(w, anna, patience)
		home(t, lan, 1).start(t)
		wantCause(t, examine(ben, object{"peerId": anna.ready.PeerID}), "peer", "somebody else answers")
	})
	t.Run("NoNetwork", func(t *testing.T) {
		t.Parallel()
		lan := lanrig.Up(t, 1)
		lan.Do("unplug", 1)
		anna := home(t, lan, 1).start(t)
		list := examine(anna, nil)
		wantCause(t, list, "network", "No network")
		wantCause(t, list, "interfaces", "eth0 (no cable or Wi-Fi network)")
	})
}

// awaitAnnouncement waits until one hears the other's announcement.
func awaitAnnouncement(t *testing.T, p, other *program) {
	t.Helper()
	until(p, patience, "an announcement", func() bool {
		for _, c := range examine(p, object{"peerId": other.ready.PeerID}) {
			if c.Name == "peer" && strings.Contains(c.Detail, "announces itself") {
				return true
			}
		}
		return false
	})
}
