package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"haggle/chat"
)

// sorted out by what they are.
func split(t *testing.T, packets []sent) (questions, answers, goodbyes []sent) {
	t.Helper()
	for _, s := range packets {
		m, err := parse(s.packet)
		switch {
		case err != nil:
			t.Fatalf("sent a packet that cannot be read: %v", err)
		case m.query:
			questions = append(questions, s)
		case len(m.goodbyes) > 0:
			goodbyes = append(goodbyes, s)
		default:
			answers = append(answers, s)
		}
	}
	return questions, answers, goodbyes
}

// offsets are the times of packets after a start, in milliseconds.
func offsets(start time.Time, packets []sent) []int64 {
	var out []int64
	for _, s := range packets {
		out = append(out, s.at.Sub(start).Milliseconds())
	}
	return out
}

func TestStartAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, start := new(wire), time.Now()
		a := startOn(t, w, 1)
		passed(10 * time.Second)
		questions, answers, goodbyes := split(t, w.since(start, a.addr))
		if got := offsets(start, answers); !slices.Equal(got, []int64{0, 1000, 3000}) {
			t.Errorf("announced at %v ms", got)
		}
		if got := offsets(start, questions); !slices.Equal(got, []int64{0, 1000, 3000, 9000}) {
			t.Errorf("asked at %v ms", got)
		}
		if len(goodbyes) > 0 || len(a.host.questions()) != 1 {
			t.Errorf("%d goodbyes, %d library queries", len(goodbyes), len(a.host.questions()))
		}
		left := time.Now()
		w.tap = func(sent) {
			if a.host.zones[0].current.Load() != nil {
				t.Error("the library may still answer after the goodbye")
			}
		}
		a.stop()
		_, _, goodbyes = split(t, w.since(left, a.addr))
		if got := offsets(left, goodbyes); !slices.Equal(got, []int64{0, 30}) {
			t.Errorf("said goodbye at %v ms", got)
		}
		if w.open() != 0 {
			t.Errorf("%d sockets left open", w.open())
		}
		if err := a.Run(t.Context()); !errors.Is(err, ErrStarted) {
			t.Errorf("second Run: %v", err)
		}
		if _, open := <-a.Sightings(); open {
			t.Error("Sightings is not closed")
		}
	})
}

func TestMeetAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(5 * time.Second)
		b := startOn(t, w, 2)
		passed(200 * time.Millisecond)
		s, ok := a.of(b)
		want := Sighting{
			Peer: b.self.Peer, Device: b.self.Device, Addrs: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.2:42002")}, Catalog: 2, Protocol: 1,
		}
		if !ok || !sameSighting(s, want) {
			t.Errorf("a told %+v", s)
		}
		if !b.alive(a) {
			t.Error("the newcomer does not see who was there")
		}
		b.stop()
		passed(100 * time.Millisecond)
		s, _ = a.of(b)
		if !s.Gone || len(s.Addrs) != 1 {
			t.Errorf("after the goodbye a told %+v", s)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, s := range a.told {
			if s.Peer == a.self.Peer {
				t.Errorf("a sees itself: %+v", s)
			}
		}
		a.stop()
	})
}

// Once all are known the wire is nearly silent, and yet nobody is forgotten.
func TestUpkeepIsQuiet(t *testing.T) {
	tests := []struct {
		nodes, loss int // loss in percent of deliveries
		limit       float64
	}{
		{9, 0, 0.02}, {9, 5, 0.04}, {25, 0, 0.02}, {25, 5, 0.08},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d nodes, %d percent loss", tt.nodes, tt.loss), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, 2))
				w := &wire{lose: func() bool { return random.IntN(100) < tt.loss }}
				var nodes []*wireNode
				for i := range tt.nodes {
					nodes = append(nodes, startOn(t, w, i+1))
					passed(100 * time.Millisecond)
				}
				passed(10 * time.Second)
				start := time.Now()
				for _, node := range nodes {
					node.mu.Lock()
					node.told = nil
					node.mu.Unlock()
				}
				const while = 10 * time.Minute
				passed(while)
				perNode := float64(len(w.since(start, netip.Addr{}))) / float64(tt.nodes) / while.Seconds()
				t.Logf("%.4f packets per second and node", perNode)
				if perNode > tt.limit {
					t.Errorf("%.4f packets per second and node", perNode)
				}
				for _, a := range nodes {
					for _, s := range a.told {
						if s.Gone {
							t.Fatalf("%v was forgotten", s.Peer.Short())
						}
					}
					for _, b := range nodes {
						if a != b && !a.alive(b) {
							t.Fatalf("%v does not know %v", a.addr, b.addr)
						}
					}
				}
				for _, node := range nodes {
					node.stop()
				}
			})
		})
	}
}

func TestUpkeepAsksInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		_, answers, _ := split(t, w.since(time.Time{}, b.addr))
		heard := answers[len(answers)-1].at
		w.set(b.addr, func(c *wireConn) { c.mute = true })
		passed(130 * time.Second)
		questions, _, _ := split(t, w.since(heard.Add(10*time.Second), a.addr))
		if len(questions) < 3 || questions[0].at.Sub(heard) < 95*time.Second || questions[0].at.Sub(heard) > 101*time.Second {
			t.Errorf("asked at %v ms after the last word", offsets(heard, questions))
		}
		for i, q := range questions[1:] {
			if gap := q.at.Sub(questions[i].at); gap < askGap {
				t.Errorf("asked again after %v", gap)
			}
		}
		if s, _ := a.of(b); !s.Gone {
			t.Errorf("still there without a word for %v", time.Since(heard))
		}
		if b.alive(a) == false {
			t.Error("b, which still hears, lost a")
		}
		a.stop()
		b.stop()
	})
}

// Who falls silent is asked for by name, and not by everybody at once.
func TestStragglers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		var nodes []*wireNode
		for n := range 6 {
			nodes = append(nodes, startOn(t, w, n+1))
			passed(37 * time.Millisecond) // nobody's second begins with another's
		}
		silent := nodes[5]
		passed(10 * time.Second)
		start := time.Now()
		w.set(silent.addr, func(c *wireConn) { c.mute = true })
		passed(120 * time.Second)
		named := 0
		var last time.Time
		questions, _, _ := split(t, w.since(start, netip.Addr{}))
		for _, q := range questions {
			m, err := parse(q.packet)
			if err != nil {
				t.Fatal(err)
			}
			if in, ok := asksFor(m.questions[0]); !ok || in != instanceOf(silent.self.Peer, silent.self.Device) {
				continue
			}
			named++
			if gap := q.at.Sub(last); gap < askGap {
				t.Errorf("asked for again after %v", gap)
			}
			last = q.at
		}
		if named < 2 || named > 5 {
			t.Errorf("%d questions for the silent one", named)
		}
		for i, n := range nodes[:5] {
			if n.alive(silent) {
				t.Errorf("%v is not missed", silent.addr)
			}
			if !n.alive(nodes[(i+1)%5]) {
				t.Error("others got lost too")
			}
		}
		for _, n := range nodes {
			n.stop()
		}
	})
}

// With more peers than a list of known answers takes, only the first question of a row is asked: everybody answers it.
func TestQuestionsAmongMany(t *testing.T) {
	for _, peers := range []int{maxListed, maxListed + 1} {
		synctest.Test(t, func(t *testing.T) {
			w := new(wire)
			a := startOn(t, w, 1)
			passed(10 * time.Second)
			for n := range peers {
				packet := mustRecords(t, testAnnouncement(100+n), addrs("10.0.0.9"), nil).announce
				w.send(packet, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(10 + n)}), mdnsPort), ipv4Family.group())
			}
			passed(time.Second)
			start := time.Now()
			a.Kick()
			passed(10 * time.Second)
			questions, _, _ := split(t, w.since(start, a.addr))
			want := 1
			if peers <= maxListed {
				want = (1 + len(queryGaps)) * maxListed / knownInPacket
			}
			if len(questions) != want {
				t.Errorf("%d peers: %d packets of questions, want %d", peers, len(questions), want)
			}
			a.stop()
		})
	}
}

func TestLonelyQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, start := new(wire), time.Now()
		a := startOn(t, w, 1)
		passed(5 * time.Minute)
		questions, _, _ := split(t, w.since(start.Add(5*time.Second), a.addr))
		if n := len(questions); n < 9 || n > 15 {
			t.Errorf("asked %d times in five lonely minutes", n)
		}
		if n := len(a.host.questions()); n != 1 {
			t.Errorf("the library asked %d times", n)
		}
		a.stop()
	})
}

func TestAnnounceIsCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		start := time.Now()
		for i := range 500 {
			next := a.self
			next.Catalog = uint32(1000 + i)
			a.Announce(next)
			passed(10 * time.Millisecond)
		}
		passed(10 * time.Second)
		_, answers, _ := split(t, w.since(start, a.addr))
		if n := len(answers); n < 6 || n > 9 {
			t.Errorf("%d announcements for 500 changes in 5 s at %v", n, offsets(start, answers))
		}
		for i, s := range answers[1:] {
			if gap := s.at.Sub(answers[i].at); gap < minAnnounceGap {
				t.Errorf("announced again after %v", gap)
			}
		}
		if s, _ := b.of(a); s.Catalog != 1499 {
			t.Errorf("b knows catalogue %d", s.Catalog)
		}
		a.stop()
		b.stop()
	})
}

func TestChangedDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(5 * time.Second)
		next := a.self
		next.Device = chat.DeviceID{9, 9, 9, 9, 9}
		a.Announce(next)
		passed(2 * time.Second)
		if s, _ := b.of(a); !s.Gone {
			t.Error("the old device did not take its leave")
		}
		if s, ok := b.about(next); !ok || s.Gone || s.Device != next.Device {
			t.Errorf("the new device: %+v", s)
		}
		a.Announce(Announcement{Peer: a.self.Peer, Device: next.Device}) // no port: listens only
		passed(2 * time.Second)
		if s, _ := b.about(next); !s.Gone {
			t.Error("still announced without a port")
		}
		a.stop()
		b.stop()
	})
}

// A question is answered by multicast after 20 to 120 ms, once, and not at all for who knows the answer.
func TestAnswers(t *testing.T) {
	asker := netip.MustParseAddrPort("10.0.0.9:5353")
	plain := netip.MustParseAddrPort("10.0.0.9:40000")
	group := ipv4Family.group()
	self := instanceOf(testAnnouncement(1).Peer, testAnnouncement(1).Device)
	question := func(name string, class uint16, known ...instance) []byte {
		m := dns.Msg{Question: []dns.Question{{Name: name, Qtype: dns.TypePTR, Qclass: class}}}
		m.Id = 77
		for _, in := range known {
			m.Answer = append(m.Answer, &dns.PTR{Hdr: header(kindName, dns.TypePTR, dns.ClassINET), Ptr: in.name()})
		}
		packet, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return packet
	}
	truncated := question(kindName, dns.ClassINET)
	truncated[2] |= 2
	rest := question(kindName, dns.ClassINET, self)
	var restMsg dns.Msg
	if err := restMsg.Unpack(rest); err != nil {
		t.Fatal(err)
	}
	restMsg.Question = nil
	rest, err := restMsg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		from     netip.AddrPort
		packets  [][]byte
		to       netip.AddrPort // invalid: no answer
		min, max time.Duration
	}{
		{"question", asker, [][]byte{question(kindName, dns.ClassINET)}, group, answerDelay, answerDelay + answerSpread},
		{"asked ten times", asker, slices.Repeat([][]byte{question(kindName, dns.ClassINET)}, 10), group, answerDelay, answerDelay + answerSpread},
		{"which kinds", asker, [][]byte{question(kindsName, dns.ClassINET)}, group, answerDelay, answerDelay + answerSpread},
		{"known", asker, [][]byte{question(kindName, dns.ClassINET, self)}, netip.AddrPort{}, 0, 0},
		{"others known", asker, [][]byte{question(kindName, dns.ClassINET, instance{peer: chat.PeerID{7}})}, group, answerDelay, answerDelay + answerSpread},
		{"unicast is the library's", asker, [][]byte{question(kindName, dns.ClassINET|classTop)}, netip.AddrPort{}, 0, 0},
		{"plain unicast is the library's", plain, [][]byte{question(kindName, dns.ClassINET|classTop)}, netip.AddrPort{}, 0, 0},
		{"foreign", asker, [][]byte{question("_ipp._tcp.local.", dns.ClassINET)}, netip.AddrPort{}, 0, 0},
		{"plain DNS", plain, [][]byte{question(kindName, dns.ClassINET)}, plain, 0, 0},
		{"plain DNS for kinds", plain, [][]byte{question(kindsName, dns.ClassINET)}, plain, 0, 0},
		{"truncated", asker, [][]byte{truncated}, group, truncatedDelay, truncatedDelay + answerSpread},
		{"truncated, known in the rest", asker, [][]byte{truncated, rest}, netip.AddrPort{}, 0, 0},
		{"off the link", netip.MustParseAddrPort("192.0.2.1:5353"), [][]byte{question(kindName, dns.ClassINET)}, netip.AddrPort{}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(wire)
				a := startOn(t, w, 1)
				passed(10 * time.Second)
				start := time.Now()
				for _, p := range tt.packets {
					w.send(p, tt.from, group)
				}
				passed(900 * time.Millisecond)
				got := w.since(start, a.addr)
				a.stop()
				if !tt.to.IsValid() {
					if len(got) > 0 {
						t.Fatalf("answered %d times", len(got))
					}
					return
				}
				if len(got) != 1 || got[0].to != tt.to {
					t.Fatalf("answers: %v", got)
				}
				if after := got[0].at.Sub(start); after < tt.min || after > tt.max {
					t.Errorf("answered after %v", after)
				}
			})
		})
	}
}

// On a machine with several interfaces the library, which confuses them, is silent and our own sockets answer.
func TestUnicastAnswersOnSeveralInterfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, right := new(wire), new(wire)
		a := startWith(t, &wireHost{
			ifaces: []netInterface{lanInterface(2, "10.0.0.1/24"), lanInterface(3, "10.0.1.1/24")}, wires: map[int]*wire{2: left, 3: right},
		}, testAnnouncement(1))
		passed(10 * time.Second)
		for _, z := range a.host.zones {
			if z.unicast.Load() || z.all.Load() {
				t.Error("the library answers")
			}
		}
		start := time.Now()
		q := mustAsk(t)
		q[len(q)-2] |= 0x80 // the answer may be unicast
		for _, port := range []uint16{mdnsPort, 40000} {
			right.send(q, netip.AddrPortFrom(netip.MustParseAddr("10.0.1.9"), port), ipv4Family.group())
		}
		passed(900 * time.Millisecond)
		if n := len(left.since(start, a.addr)); n > 0 {
			t.Errorf("%d answers on the other side", n)
		}
		answers := right.since(start, netip.MustParseAddr("10.0.1.1"))
		if len(answers) != 2 {
			t.Fatalf("%d answers", len(answers))
		}
		for _, s := range answers {
			m, err := parse(s.packet)
			if err != nil || len(m.found) != 1 || !slices.Equal(m.found[0].addrs, addrs("10.0.1.1")) || s.to.Addr() != netip.MustParseAddr("10.0.1.9") {
				t.Errorf("answer to %v: %+v, %v", s.to, m, err)
			}
		}
		a.stop()
	})
}

// What everybody heard less than a second ago is not said again.
func TestRepeatedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(10 * time.Second)
		q := mustAsk(t)
		start := time.Now()
		for range 100 {
			w.send(q, netip.MustParseAddrPort("10.0.0.9:5353"), ipv4Family.group())
			passed(100 * time.Millisecond)
		}
		_, answers, _ := split(t, w.since(start, a.addr))
		if n := len(answers); n < 8 || n > 10 {
			t.Errorf("%d answers in 10 s", n)
		}
		a.stop()
	})
}

// Plain DNS answers, which go to one asker each, are bounded.
func TestUnicastAnswersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(10 * time.Second)
		q := mustAsk(t)
		start := time.Now()
		for i := range 1000 {
			w.send(q, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(100 + i%100)}), 40000), ipv4Family.group())
		}
		passed(time.Second)
		if n := len(w.since(start, a.addr)); n != answerBurst {
			t.Errorf("%d answers", n)
		}
		a.stop()
	})
}

func TestKick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(10 * time.Second)
		start, before := time.Now(), len(a.host.questions())
		for range 50 {
			a.Kick()
			passed(10 * time.Millisecond)
		}
		passed(10 * time.Second)
		questions, _, _ := split(t, w.since(start, a.addr))
		if n := len(questions); n < 3 || n > 5 || questions[0].at.Sub(start) > 10*time.Millisecond {
			t.Errorf("asked at %v ms", offsets(start, questions))
		}
		if n := len(a.host.questions()) - before; n != 1 {
			t.Errorf("the library asked %d times", n)
		}
		a.stop()
	})
}

// A sleep of the machine is noticed: who left meanwhile is gone soon, who stayed is not.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b, c := startOn(t, w, 1), startOn(t, w, 2), startOn(t, w, 3)
		passed(10 * time.Second)
		a.host.change(func() { a.host.freeze = 30 * time.Second })
		passed(15 * time.Second)
		w.set(c.addr, func(c *wireConn) { c.mute = true })
		passed(16 * time.Second)
		woke := time.Now()
		passed(2 * time.Second)
		questions, _, _ := split(t, w.since(woke.Add(-time.Second), a.addr))
		if len(questions) == 0 || questions[0].at.Sub(woke) > time.Second {
			t.Errorf("asked at %v ms after waking", offsets(woke, questions))
		}
		passed(doubtFor)
		if !a.alive(b) || a.alive(c) {
			t.Errorf("after waking: b there %v, c there %v", a.alive(b), a.alive(c))
		}
		a.stop()
		b.stop()
		c.stop()
	})
}

func TestNoNetworkAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		b := startOn(t, w, 2)
		h := &wireHost{wires: map[int]*wire{2: w}}
		a := startWith(t, h, testAnnouncement(1))
		passed(time.Minute)
		h.change(func() { h.ifaces = []netInterface{lanInterface(2, "10.0.0.1/24")} })
		passed(1500 * time.Millisecond)
		if !a.alive(b) || !b.alive(a) {
			t.Error("they did not meet when the network came")
		}
		select {
		case <-a.Networks():
		default:
			t.Error("Networks said nothing")
		}
		a.stop()
		b.stop()
	})
}

// Whoever has just lost its cable is back within a quarter of a second after the cable is, and does not hurry for ever.
func TestBackInAHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(10*time.Second + 600*time.Millisecond)
		all := a.host.ifaces
		for range 5 {
			a.host.change(func() { a.host.ifaces = nil })
			passed(10*time.Second + 70*time.Millisecond)
			back := time.Now()
			a.host.change(func() { a.host.ifaces = all })
			passed(hurriedTick + 10*time.Millisecond)
			if _, answers, _ := split(t, w.since(back, a.addr)); len(answers) == 0 {
				t.Errorf("not announced within %v", hurriedTick)
			}
			passed(10 * time.Second)
		}
		a.stop()
	})
}

// Which networks lie behind a cable that is out is known as long as the interface is there.
func TestNetworksBehindTheCable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startOn(t, new(wire), 1)
		passed(5 * time.Second)
		there := a.host.ifaces[0]
		out := there
		out.flags, out.prefixes = there.flags&^net.FlagRunning, nil
		for _, c := range []struct {
			what   string
			ifaces []netInterface
			want   InterfaceState
		}{
			{"out", []netInterface{out}, InterfaceState{Reason: ReasonNoCarrier, Networks: there.prefixes}},
			{"in again", []netInterface{there}, InterfaceState{Networks: there.prefixes}},
			{"gone", nil, InterfaceState{}},
			{"new and without a cable", []netInterface{out}, InterfaceState{Reason: ReasonNoCarrier}},
		} {
			a.host.change(func() { a.host.ifaces = c.ifaces })
			passed(1100 * time.Millisecond)
			states := a.Interfaces()
			if len(states) != len(c.ifaces) {
				t.Fatalf("%s: %+v", c.what, states)
			}
			for _, s := range states {
				if s.Reason != c.want.Reason || !slices.Equal(s.Networks, c.want.Networks) {
					t.Errorf("%s: %+v", c.what, s)
				}
			}
		}
		a.stop()
	})
}

func TestInterfaceComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(5 * time.Second)
		cable := a.host.ifaces
		a.host.change(func() { a.host.ifaces = nil })
		passed(1100 * time.Millisecond)
		if a.alive(b) || !b.alive(a) || len(a.Addresses()) > 0 {
			t.Error("the lost interface was not noticed")
		}
		cable[0].index = 3 // made anew
		a.host.change(func() { a.host.ifaces, a.host.wires = cable, map[int]*wire{3: w} })
		passed(1500 * time.Millisecond)
		if !a.alive(b) {
			t.Error("did not meet again")
		}
		// Another address on the same interface: others learn it, and what was known stays.
		a.host.change(func() { a.host.ifaces = []netInterface{lanInterface(3, "10.0.0.77/24")} })
		passed(1500 * time.Millisecond)
		s, _ := b.of(a)
		if !a.alive(b) || s.Gone || s.Addrs[0] != netip.MustParseAddrPort("10.0.0.77:42001") {
			t.Errorf("after the change b knows %v", s)
		}
		passed(3 * time.Minute)
		if s, _ := b.of(a); s.Gone || len(s.Addrs) != 1 {
			t.Errorf("b still knows the old address: %v", s)
		}
		a.stop()
		b.stop()
		if w.open() != 0 {
			t.Errorf("%d sockets left open", w.open())
		}
	})
}

// Where no socket can be opened it is tried again each second, and the library stands in until then.
func TestPortTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		b := startOn(t, w, 2)
		there := testAnnouncement(2)
		h := &wireHost{
			ifaces: []netInterface{lanInterface(2, "10.0.0.1/24")}, wires: map[int]*wire{2: w}, failing: true,
			libraryIs: func() ([]found, error) {
				return []found{{
					instance: instanceOf(there.Peer, there.Device), txt: txt{device: there.Device}, port: 42445, addrs: addrs("10.0.0.2"), lifetime: maxLifetime,
				}}, nil
			},
		}
		start := time.Now()
		a := startWith(t, h, testAnnouncement(1))
		passed(70 * time.Second)
		if got := offsets(start, asSent(h.questions())); !slices.Equal(got, []int64{0, 1000, 3000, 9000, 27000, 60000}) {
			t.Errorf("the library asked at %v ms", got)
		}
		if !a.alive(b) {
			t.Error("the library's answers are lost")
		}
		if states := a.Interfaces(); len(states) != 1 || states[0].Reason != ReasonFailed {
			t.Errorf("states %+v", states)
		}
		if len(h.zones) != 1 || !h.zones[0].all.Load() {
			t.Error("the library's responder does not answer multicast questions")
		}
		h.change(func() { h.failing = false })
		passed(1500 * time.Millisecond)
		if !b.alive(a) {
			t.Error("not announced when the port was free")
		}
		if h.zones[0].all.Load() {
			t.Error("the library's responder still answers multicast questions")
		}
		if states := a.Interfaces(); states[0].Reason != "" || states[0].HeardSelf == 0 {
			t.Errorf("states %+v", states)
		}
		a.stop()
		b.stop()
	})
}

// What came in by another interface, as Linux hands it to each socket, is another link's.
func TestOtherInterfacesPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(5 * time.Second)
		other := testAnnouncement(2)
		announcement := mustRecords(t, other, addrs("10.0.0.2"), nil).announce
		from := netip.MustParseAddrPort("10.0.0.2:5353")
		w.set(a.addr, func(c *wireConn) { c.in <- wirePacket{announcement, arrival{from: from, via: 3}} })
		passed(time.Second)
		if s, ok := a.about(other); ok {
			t.Errorf("took in %v", s)
		}
		w.set(a.addr, func(c *wireConn) { c.in <- wirePacket{announcement, arrival{from: from}} }) // the system does not tell
		passed(time.Second)
		if _, ok := a.about(other); !ok {
			t.Error("did not take in what may be of this link")
		}
		a.stop()
	})
}

// The same interface in another network: who is not there is soon forgotten.
func TestRoaming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home, away := new(wire), new(wire)
		a, b := startOn(t, home, 1), startOn(t, home, 2)
		passed(5 * time.Second)
		a.host.change(func() {
			a.host.ifaces, a.host.wires = []netInterface{lanInterface(2, "10.9.0.1/24")}, map[int]*wire{2: away}
		})
		passed(doubtFor + 3*time.Second)
		if a.alive(b) {
			t.Error("still sees who stayed in the old network")
		}
		a.stop()
		b.stop()
	})
}

// While foreign answers rain down the library, which would ask back for each of them, does not ask.
func TestHP47LibraryIsSilentInAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		passed(10 * time.Second)
		for i := range 3000 {
			w.send([]byte("noise"), netip.AddrPortFrom(sourceNumber(i), mdnsPort), ipv4Family.group())
			passed(time.Millisecond)
		}
		start, before := time.Now(), len(a.host.questions())
		a.Kick()
		passed(500 * time.Millisecond)
		if questions, _, _ := split(t, w.since(start, a.addr)); len(questions) != 1 || len(a.host.questions()) != before {
			t.Errorf("%d questions, the library asked %d times", len(questions), len(a.host.questions())-before)
		}
		passed(10 * time.Second)
		if len(a.host.questions()) != before+1 {
			t.Error("the library does not ask after the flood")
		}
		a.stop()
	})
}

// A reader gets at most some twenty batches a second.
func TestOutboxPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, stop := newOutbox(), make(chan struct{})
		go o.deliver(stop)
		batches, last := 0, Sighting{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for batch := range o.batches {
				batches++
				last = batch[len(batch)-1]
			}
		}()
		for n := range 1000 {
			o.put([]Sighting{{Peer: numbered(1).peer, Catalog: uint32(n)}})
			passed(time.Millisecond)
		}
		passed(time.Second)
		close(stop)
		<-done
		if batches > 22 || last.Catalog != 999 {
			t.Errorf("%d batches, the last %+v", batches, last)
		}
	})
}

// What waits for a reader is bounded; who is there goes before who is gone.
func TestOutboxIsBounded(t *testing.T) {
	o := newOutbox()
	sight := func(n int, gone bool) []Sighting { return []Sighting{{Peer: numbered(n).peer, Gone: gone}} }
	for n := range 10 * maxPeers {
		o.put(sight(n, false))
		if n >= maxPeers { // the cache is full: it let one go
			o.put(sight(n-maxPeers, true))
		}
	}
	batch := o.take()
	if len(batch) > maxPending {
		t.Errorf("%d wait", len(batch))
	}
	there := 0
	for _, s := range batch {
		if !s.Gone {
			there++
		}
	}
	if there != maxPeers {
		t.Errorf("%d of %d who are there", there, maxPeers)
	}
}

func asSent(times []time.Time) []sent {
	var out []sent
	for _, at := range times {
		out = append(out, sent{at: at})
	}
	return out
}

// A socket that fails, or that hears nothing any more, is opened anew.
func TestBrokenSocket(t *testing.T) {
	for name, damage := range map[string]func(*wireConn){
		"sending fails":   func(c *wireConn) { c.broken = true },
		"membership lost": func(c *wireConn) { c.deaf = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(wire)
				a := startOn(t, w, 1)
				passed(10 * time.Second)
				w.set(a.addr, damage)
				passed(4 * time.Minute)
				b := startOn(t, w, 2)
				passed(2 * time.Second)
				if !a.alive(b) || !b.alive(a) {
					t.Error("the socket stayed as it was")
				}
				a.stop()
				b.stop()
			})
		})
	}
}

// A socket that never heard anything, as behind some firewalls, is left alone.
func TestDeafFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{lose: func() bool { return true }}
		a := startOn(t, w, 1)
		passed(10 * time.Minute)
		if w.made != 1 {
			t.Errorf("opened %d sockets", w.made)
		}
		a.stop()
	})
}

// Who hears that it has left says that it has not.
func TestForgedGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		bye := mustRecords(t, b.self, addrs("10.0.0.2"), nil).goodbye
		w.send(bye, netip.MustParseAddrPort("10.0.0.66:5353"), ipv4Family.group())
		passed(1100 * time.Millisecond)
		if !a.alive(b) {
			t.Error("b did not object")
		}
		start := time.Now()
		for range 1000 {
			w.send(bye, netip.MustParseAddrPort("10.0.0.66:5353"), ipv4Family.group())
			passed(10 * time.Millisecond)
		}
		if n := len(w.since(start, b.addr)); n > 12 {
			t.Errorf("b objected %d times in 10 s", n)
		}
		passed(2 * time.Second)
		if !a.alive(b) {
			t.Error("b is gone in the end")
		}
		// Sent to a alone, or from another port, it does not count.
		w.send(bye, netip.MustParseAddrPort("10.0.0.66:5353"), netip.AddrPortFrom(a.addr, mdnsPort))
		w.send(bye, netip.MustParseAddrPort("10.0.0.66:40000"), ipv4Family.group())
		w.send(bye, netip.MustParseAddrPort("192.0.2.66:5353"), ipv4Family.group())
		passed(10 * time.Millisecond)
		if !a.alive(b) {
			t.Error("a goodbye that nobody else heard counted")
		}
		a.stop()
		b.stop()
	})
}

// Addresses that a liar announces for a peer stand behind or beside the right one, never in its place.
func TestForgedAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		lie := b.self
		lie.Port = 6666
		for i := range 100 {
			forged := mustRecords(t, lie, addrs("10.0.0.66", "10.0.0.67", "127.0.0.1", "224.0.0.1", "8.8.8.8", "192.168.9.9"), addrs("9.9.9.9"))
			w.send(forged.announce, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(60 + i%3)}), mdnsPort), ipv4Family.group())
			passed(10 * time.Millisecond)
		}
		s, _ := a.of(b)
		if !slices.Contains(s.Addrs, netip.MustParseAddrPort("10.0.0.2:42002")) || len(s.Addrs) > maxAddrs {
			t.Errorf("a knows %v", s.Addrs)
		}
		for _, ap := range s.Addrs {
			if ip := ap.Addr(); ip.IsLoopback() || ip.IsMulticast() || !ip.IsPrivate() {
				t.Errorf("a would dial %v", ap)
			}
		}
		a.stop()
		b.stop()
	})
}

// Another machine that announces our own device is shown; what comes back of our own words is not.
func TestTwin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a := startOn(t, w, 1)
		i := lanInterface(2, "10.0.0.2/24")
		b := startWith(t, &wireHost{ifaces: []netInterface{i}, wires: map[int]*wire{2: w}}, a.self)
		passed(2 * time.Second)
		s, ok := a.of(b)
		if !ok || s.Peer != a.self.Peer || len(s.Addrs) != 1 || s.Addrs[0].Addr() != b.addr {
			t.Errorf("a told %+v", s)
		}
		b.stop()
		// A reflector repeats our own announcement.
		passed(2 * time.Second)
		a.mu.Lock()
		before := len(a.told)
		a.mu.Unlock()
		w.send(mustRecords(t, a.self, addrs("10.0.0.1"), nil).announce, netip.MustParseAddrPort("10.0.0.99:5353"), ipv4Family.group())
		passed(time.Second)
		if len(a.told) != before {
			t.Errorf("an echo was shown: %v", a.told[before:])
		}
		a.stop()
	})
}

// Two interfaces, one peer on both: one entry, and each side learns addresses it can use.
func TestTwoInterfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, right := new(wire), new(wire)
		both := func(last string) *wireHost {
			return &wireHost{
				ifaces: []netInterface{lanInterface(2, "10.0.0."+last+"/24"), lanInterface(3, "10.0.1."+last+"/24")},
				wires:  map[int]*wire{2: left, 3: right},
			}
		}
		a, b := startWith(t, both("1"), testAnnouncement(1)), startWith(t, both("2"), testAnnouncement(2))
		c := startWith(t, &wireHost{ifaces: []netInterface{lanInterface(2, "10.0.1.3/24")}, wires: map[int]*wire{2: right}}, testAnnouncement(3))
		passed(5 * time.Second)
		s, _ := a.of(b)
		if got := s.Addrs; len(got) != 2 || !slices.Contains(got, netip.MustParseAddrPort("10.0.0.2:42002")) || !slices.Contains(got, netip.MustParseAddrPort("10.0.1.2:42002")) {
			t.Errorf("a knows of b %v", got)
		}
		if s, _ := c.of(a); len(s.Addrs) == 0 || s.Addrs[0] != netip.MustParseAddrPort("10.0.1.1:42001") {
			t.Errorf("c knows of a %v", s.Addrs)
		}
		if got := a.Addresses(); !slices.Equal(got, addrs("10.0.0.1", "10.0.1.1")) {
			t.Errorf("addresses %v", got)
		}
		b.host.change(func() { b.host.ifaces = b.host.ifaces[1:] })
		passed(3 * time.Minute)
		if s, _ := a.of(b); s.Gone || len(s.Addrs) != 1 || s.Addrs[0].Addr() != netip.MustParseAddr("10.0.1.2") {
			t.Errorf("a knows of b %v after one cable was pulled", s)
		}
		for _, n := range []*wireNode{a, b, c} {
			n.stop()
		}
	})
}

// A goodbye outweighs what the library heard before it.
func TestLibraryIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		a.host.change(func() {
			a.host.libraryIs = func() ([]found, error) {
				m, err := parse(mustRecords(t, b.self, addrs("10.0.0.2"), nil).announce)
				return m.found, err
			}
		})
		a.Kick()
		passed(100 * time.Millisecond)
		b.stop()
		passed(time.Second)
		if a.alive(b) {
			t.Error("an old answer brought back who left")
		}
		a.stop()
	})
}

// A reader that does not read holds nothing up and gets the newest state in the end.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		h := &wireHost{ifaces: []netInterface{lanInterface(2, "10.0.0.1/24")}, wires: map[int]*wire{2: w}}
		d := New(Config{Self: testAnnouncement(1)})
		d.machine = h.machine()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = d.Run(ctx) }()
		b := startOn(t, w, 2)
		for i := range 20 {
			next := b.self
			next.Catalog = uint32(100 + i)
			b.Announce(next)
			passed(time.Second)
		}
		passed(5 * time.Second)
		var last Sighting
		for range 2 { // one batch that was offered long ago, one with all since
			batch := <-d.Sightings()
			if len(batch) != 1 {
				t.Fatalf("batch %v", batch)
			}
			last = batch[0]
		}
		if last.Catalog != 119 {
			t.Errorf("the newest state is %+v", last)
		}
		cancel()
		<-ended
		b.stop()
	})
}

// Stopping while nobody reads works too.
func TestStopWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		b := startOn(t, w, 2)
		d := New(Config{Self: testAnnouncement(1)})
		d.machine = (&wireHost{ifaces: []netInterface{lanInterface(2, "10.0.0.1/24")}, wires: map[int]*wire{2: w}}).machine()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if err := d.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second+libraryTimeout+2*goodbyeGap {
			t.Errorf("Run returned after %v", took)
		}
		b.stop()
	})
}

func TestHP47FloodFromOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		a, b := startOn(t, w, 1), startOn(t, w, 2)
		passed(10 * time.Second)
		bad := netip.MustParseAddrPort("10.0.0.66:5353")
		for i := range 5000 {
			forged := mustRecords(t, testAnnouncement(1000+i), addrs("10.0.0.66"), nil)
			w.send(forged.announce, bad, ipv4Family.group())
			w.send(bytes.Repeat([]byte{0xff}, i%200), bad, ipv4Family.group())
			passed(time.Millisecond)
		}
		a.mu.Lock()
		if n := len(a.last); n > maxPerSource+1 {
			t.Errorf("one source brought up %d peers", n)
		}
		a.mu.Unlock()
		c := startOn(t, w, 3)
		passed(200 * time.Millisecond)
		if !a.alive(b) || !a.alive(c) {
			t.Error("the flood drowned the others")
		}
		if s := a.Interfaces()[0]; s.Refused < 5000 {
			t.Errorf("state %+v", s)
		}
		for _, n := range []*wireNode{a, b, c} {
			n.stop()
		}
	})
}

// TestNothingDue: the loop has its ticks, and no timer beside them while there is nothing to do.
func TestNothingDue(t *testing.T) {
	d := New(Config{})
	if pause := d.wait(time.Now()); pause < time.Minute {
		t.Errorf("it wakes after %v for nothing", pause)
	}
}
