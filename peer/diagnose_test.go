package peer

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
	"haggle/peer/wire"
)

func ethernet(network string) []discovery.InterfaceState {
	p := netip.MustParsePrefix(network)
	return []discovery.InterfaceState{
		{Name: "eth0", Index: 2, Addrs: []netip.Addr{p.Addr()}, Networks: []netip.Prefix{p}, HeardSelf: 3, HeardOthers: 2, Echoes: true},
		{Name: "lo", Index: 1, Reason: discovery.ReasonLoopback},
	}
}

// diagnose is r's diagnosis about one peer.
func (r *rig) diagnose(about chat.PeerID) chat.Diagnosis {
	r.t.Helper()
	began := time.Now()
	d, err := r.Diagnose(r.t.Context(), about)
	if err != nil {
		r.t.Fatal(err)
	}
	if took := time.Since(began); took > diagnosisLimit {
		r.t.Errorf("the diagnosis took %v", took)
	}
	return d
}

// TestB5BothSides asks a linked peer, whose clock is ten minutes fast.
func TestB5BothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, mine, theirs := newBubble(t), newFinder(), newFinder()
		mine.states, theirs.states = ethernet("10.0.0.1/24"), ethernet("10.0.0.2/24")
		fast := time.Duration(0)
		a := f.rig(with(mine))
		b := f.rig(with(theirs), func(c *Config) { c.Now = func() time.Time { return time.Now().Add(fast) } })
		a.keep(b)
		expect[chat.LinkUp](a)
		synctest.Wait()
		fast = 10 * time.Minute // set after the hello
		theirs.heard = map[chat.PeerID]time.Time{a.self: time.Now()}
		mine.heard = map[chat.PeerID]time.Time{b.self: time.Now().Add(time.Second)}
		for _, about := range []chat.PeerID{b.self, {}} {
			d := a.diagnose(about)
			want := chat.PeerFacts{
				Peer: b.self, Linked: true, OnLink: true, Heard: true, Tried: []chat.Trial{{Address: b.address(), Reach: chat.ReachProven}},
				Version: "test", Answered: true, ClockOff: fast, Discovers: true, Reaches: chat.ReachProven, HearsUs: true, HearsSelf: true,
				EchoesSelf: true,
			}
			if len(d.Peers) != 1 || !samePeerFacts(d.Peers[0], want) {
				t.Errorf("facts %+v\nwant  %+v", d.Peers, want)
			}
			if d.Port != Port || !d.Discovers || d.Linked != 1 || len(d.Interfaces) != 2 || !d.Interfaces[0].HeardSelf || !d.Interfaces[0].HeardOthers || d.Interfaces[1].Unused != "loopback" {
				t.Errorf("diagnosis %+v", d)
			}
		}
		theirs.set(true)
		theirs.mu.Lock()
		theirs.states[0].HeardSelf, theirs.heard = 0, nil
		theirs.mu.Unlock()
		<-time.After(time.Minute)
		if p := a.diagnose(b.self).Peers[0]; p.HearsSelf || p.HearsUs || !p.EchoesSelf {
			t.Errorf("facts %+v", p)
		}
	})
}

func samePeerFacts(a, b chat.PeerFacts) bool {
	same := slices.Equal(a.Tried, b.Tried) && slices.Equal(a.LinkedTo, b.LinkedTo)
	a.Tried, b.Tried, a.LinkedTo, b.LinkedTo = nil, nil, nil, nil
	return same && a.Peer == b.Peer && a.Linked == b.Linked && a.OnLink == b.OnLink && a.Alive == b.Alive && a.Heard == b.Heard &&
		a.Version == b.Version && a.Answered == b.Answered && a.ClockOff == b.ClockOff && a.Discovers == b.Discovers &&
		a.Reaches == b.Reaches && a.HearsUs == b.HearsUs && a.HearsSelf == b.HearsSelf && a.EchoesSelf == b.EchoesSelf
}

// TestB5Outcomes dials where somebody was met.
func TestB5Outcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		away := newIdentity(t).ID
		a.Keep([]chat.Wanted{{Peer: away, Addresses: []string{b.address(), "10.9.9.9:42445"}}})
		<-time.After(time.Minute)
		d := a.diagnose(away)
		if want := []chat.Trial{{Address: b.address(), Reach: chat.ReachStranger}, {Address: "10.9.9.9:42445", Reach: chat.ReachSilent}}; len(d.Peers) != 1 || !slices.Equal(d.Peers[0].Tried, want) {
			t.Errorf("facts %+v", d.Peers)
		}
		if d := a.diagnose(newIdentity(t).ID); len(d.Peers) != 1 || len(d.Peers[0].Tried) != 0 {
			t.Errorf("of somebody unknown: %+v", d.Peers)
		}
		if d := a.diagnose(chat.PeerID{}); len(d.Peers) != 1 || d.Peers[0].Peer != away || d.Discovers {
			t.Errorf("of all: %+v", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a.diagnosing <- struct{}{}
		if _, err := a.Diagnose(ctx, away); err == nil {
			t.Error("a diagnosis of which nothing came is taken for one")
		}
		<-a.diagnosing
	})
}

// TestReachIsNoReflector: a peer that asks again and again is dialled seldom, only where it comes from, and at no port of
// a system.
func TestReachIsNoReflector(t *testing.T) {
	for _, port := range []uint32{22, 40001} {
		synctest.Test(t, func(t *testing.T) {
			f := newBubble(t)
			r := record(f)
			a := f.rig()
			i := newIntruder(t)
			i.port = port
			say, heard := i.enters(f, a, false, "10.0.0.66")
			const seconds = 60
			for k := range seconds {
				for range 5 {
					say(&wire.Frame{Body: &wire.Frame_ReachAsk{ReachAsk: &wire.ReachAsk{Id: uint32(k)}}})
				}
				<-time.After(time.Second)
			}
			most := reachBurst + seconds/int(reachGap/time.Second)
			if n := len(of(heard, (*wire.Frame).GetReach)); n < reachBurst || n > most {
				t.Errorf("%d answers", n)
			}
			got := r.dialled()
			if want := port >= minPort; (len(got) > 0) != want || len(got) > most {
				t.Errorf("port %d: dialled %v", port, got)
			}
			for _, address := range got {
				if address != "10.0.0.66:40001" {
					t.Errorf("dialled %s", address)
				}
			}
		})
	}
}

// TestUnaskedReach: answers to nothing are dropped.
func TestUnaskedReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a := f.rig()
		i := newIntruder(t)
		say, _ := i.enters(f, a, true, "10.0.0.66")
		for k := range 100 {
			say(&wire.Frame{Body: &wire.Frame_Reach{Reach: &wire.Reach{Id: uint32(k), Outcome: wire.Reach_OUTCOME_PROVEN}}})
		}
		if p := a.diagnose(i.identity.ID).Peers[0]; p.Answered {
			t.Errorf("facts %+v", p)
		}
	})
}
