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

// TestB4PeerExchange shows B4: A sees B, B sees C, and no multicast passes between A and C: A lists C within 30 s.
func TestB4PeerExchange(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 3)
	lan.Do("apart", 1, 3)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	carl := home(t, lan, 3).start(t)
	took := awaitOnline(anna.fromStart(), carl, 40*time.Second).Sub(carl.readyAt)
	t.Logf("B4: listed after %v", took.Round(time.Millisecond))
	if took > 30*time.Second {
		t.Errorf("B4: took %v, want at most 30 s", took)
	}
	awaitReceived(carl.fromStart(), post(anna, open(anna, carl).RoomID, "Ben told me"), patience)
}

// TestIsolation shows that a network which keeps two machines apart is called so: the two, who know one another, are
// offline to each other though both are linked with a third.
func TestIsolation(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 3)
	anna, ben, carl := home(t, lan, 1).start(t), home(t, lan, 2).start(t), home(t, lan, 3).start(t)
	meet(t, anna, ben, carl)
	wa, wc := anna.watch(), carl.watch()
	lan.Do("isolate", 1, "on")
	lan.Do("isolate", 3, "on")
	awaitOffline(wa, carl, patience)
	awaitOffline(wc, anna, patience)
	until(anna, time.Minute, "the cause", func() bool {
		for _, c := range examine(anna, object{"peerId": carl.ready.PeerID}) {
			if c.Name == "peer" && !c.OK && strings.Contains(c.Detail, "apart") {
				t.Logf("%s %s", c.Detail, c.Advice)
				return true
			}
			if c.Name == "peer" {
				t.Logf("not yet: %s", c.Detail)
			}
		}
		return false
	})
	for _, p := range call[ofPeers](anna, "peers.list", nil).Peers {
		if p.Online != (p.PeerID == ben.ready.PeerID) {
			t.Errorf("peer %s", jsonOf(p))
		}
	}
	if n := wa.count("peer.online") + wc.count("peer.online"); n > 0 {
		t.Errorf("%d times somebody was called online", n)
	}
}

// TestStaticPeers shows peers of the configuration: on a network without multicast they are linked, whoever starts first.
func TestStaticPeers(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 3)
	lan.Do("mcast", "off")
	carl := home(t, lan, 3).start(t)
	invite := "haggle:" + carl.ready.PeerID + "@10.77.0.3:42445"
	anna := home(t, lan, 1, "--peer", "10.77.0.2:42445", "--peer", invite).start(t)
	meet(t, anna, carl)
	ben := home(t, lan, 2).start(t)
	took := max(awaitOnline(anna.fromStart(), ben, patience).Sub(ben.readyAt), 0)
	t.Logf("linked after %v", took.Round(time.Millisecond))
}

// TestProbe shows that with consent all addresses of the own network are tried, and without it nobody is found.
func TestProbe(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 3)
	lan.Do("mcast", "off")
	ben, carl := home(t, lan, 2).start(t), home(t, lan, 3).start(t)
	anna := home(t, lan, 1, "--probe").start(t)
	took := max(awaitOnline(anna.fromStart(), ben, patience).Sub(anna.readyAt), awaitOnline(anna.fromStart(), carl, patience).Sub(anna.readyAt))
	t.Logf("found after %v", took.Round(time.Millisecond))
	if took > 15*time.Second {
		t.Errorf("took %v, want at most 15 s", took)
	}
	meet(t, anna, ben)
}
