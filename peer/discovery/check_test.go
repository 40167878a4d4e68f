package discovery

import (
	"testing"
	"testing/synctest"
	"time"

	"haggle/internal/lanrig"
)

func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(time.Minute)
		start := time.Now()
		state := a.Check(t.Context(), true)[0]
		if state.HeardSelf == 0 || state.HeardOthers == 0 || !state.Echoes || len(state.Networks) != 1 {
			t.Errorf("on a good network: %+v", state)
		}
		if took := time.Since(start); took != checkTime {
			t.Errorf("took %v", took)
		}
		if heard := a.Heard(b.self.Peer); heard.Before(start) {
			t.Errorf("heard the other at %v, want after %v", heard, start)
		}
		if heard := b.Heard(a.self.Peer); heard.Before(start) {
			t.Errorf("heard by the other at %v, want after %v", heard, start)
		}

		// Checks in a row ask once in a while only.
		start = time.Now()
		for range 3 {
			a.Check(t.Context(), true)
		}
		passed(0)
		if questions, _, _ := split(t, w.since(start, a.addr)); len(questions) > 1 {
			t.Errorf("asked %d times in %v", len(questions), time.Since(start))
		}

		// The other is silent; then nothing of us comes back either, then nothing at all.
		w.set(b.addr, func(c *wireConn) { c.mute = true })
		passed(time.Minute)
		if state := a.Check(t.Context(), true)[0]; state.HeardSelf == 0 || state.HeardOthers != 0 {
			t.Errorf("alone: %+v", state)
		}
		w.set(a.addr, func(c *wireConn) { c.deaf = true })
		if state := a.Check(t.Context(), true)[0]; state.HeardSelf != 0 || !state.Echoes {
			t.Errorf("deaf: %+v", state)
		}
		a.host.change(func() { a.host.closed = true })
		if state := a.Check(t.Context(), false)[0]; state.Echoes {
			t.Errorf("closed: %+v", state)
		}
		a.stop()
		b.stop()
		if a.Heard(b.self.Peer) != (time.Time{}) {
			t.Error("heard somebody after the end")
		}
	})
}

// However soon after the start: an announcement is not due then for two seconds, and none would look like a blocked port.
func TestCheckBetweenAnnouncements(t *testing.T) {
	for wait := time.Duration(0); wait < 5*time.Second; wait += 100 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := new(wire)
			start := time.Now()
			a := startOn(t, w, 1)
			passed(wait)
			if state := a.Check(t.Context(), false)[0]; state.HeardSelf == 0 {
				t.Errorf("%v after the start: %+v", wait, state)
			}
			passed(10 * time.Second)
			_, answers, _ := split(t, w.since(start, a.addr))
			at := offsets(start, answers)
			for i := 1; i < len(at); i++ {
				if at[i]-at[i-1] < minAnnounceGap.Milliseconds() {
					t.Errorf("check after %v: announced at %v ms", wait, at)
				}
			}
			a.stop()
		})
	}
}

// What only the library was told is no proof that multicast works.
func TestHeardIsFirstHand(t *testing.T) {
	k, now := newCache(), time.Now()
	in := instanceOf(testAnnouncement(1).Peer, testAnnouncement(1).Device)
	k.hear(in, claim{link: 1, hearsay: true, source: addrs("10.0.0.1")[0], heard: now, expires: now.Add(time.Minute)})
	if at := k.heard(in.peer); !at.IsZero() {
		t.Errorf("heard at %v by hearsay", at)
	}
	k.hear(in, claim{link: 2, source: addrs("10.0.0.1")[0], heard: now, expires: now.Add(time.Minute)})
	if at := k.heard(in.peer); !at.Equal(now) {
		t.Errorf("heard at %v, want %v", at, now)
	}
}

// Real firewalls: what the check says tells them apart.
func TestLANCheck(t *testing.T) {
	t.Parallel()
	lan := lanrig.Up(t, 2)
	hosts := startHosts(t, lan, 2)
	tests := []struct {
		wall                 string
		self, others, echoes bool
	}{
		{"off", true, true, true}, {"udp5353", false, false, true}, {"all", false, false, false},
	}
	for _, tt := range tests {
		lan.Do("fw", 1, tt.wall)
		<-time.After(checkGap) // a question a while ago was answered, the next one is not sent sooner
		for _, s := range hosts[0].ask("check").Interfaces {
			if s.Name == "eth0" && (s.HeardSelf > 0 != tt.self || s.HeardOthers > 0 != tt.others || s.Echoes != tt.echoes) {
				t.Errorf("firewall %s: %+v", tt.wall, s)
			}
		}
	}
}
