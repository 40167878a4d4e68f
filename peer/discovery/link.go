package discovery

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	minAnnounceGap = time.Second
	minQueryGap    = time.Second
	minLibraryGap  = 5 * time.Second // between queries of the library, which everybody answers
	repeatedAnswer = time.Second     // an answer multicast less long ago is not repeated
	maxReadErrors  = 20
	maxWriteErrors = 5
	// maxUnheard own packets in a row over unheardFor that did not come back though earlier ones did, and nothing else
	// that came in: the membership is lost.
	maxUnheard = 4
	unheardFor = 5 * time.Second
	// floodedFrom is how many packets a second keep the library from asking: while it asks, it asks everybody once more
	// for each foreign answer that it hears.
	floodedFrom    = 500
	readErrorPause = 50 * time.Millisecond
)

// The moments of announcements and questions after a start or a change, as gaps.
var (
	usualGaps = []time.Duration{time.Second, 2 * time.Second}
	// The last question is for what frames were lost: who knows all asks in vain, and nobody answers.
	queryGaps   = []time.Duration{time.Second, 2 * time.Second, 6 * time.Second}
	libraryGaps = []time.Duration{time.Second, 2 * time.Second, 6 * time.Second, 18 * time.Second, 33 * time.Second}
)

// burst is a row of moments: one at the start and one after each gap. Its zero value is over.
type burst struct {
	at   time.Time // the next moment; zero: over
	gaps []time.Duration
	past int // moments that have come
}

func (b *burst) start(at time.Time, gaps []time.Duration) { b.at, b.gaps, b.past = at, gaps, 0 }

// fire reports whether a moment has come, and moves on to the next.
func (b *burst) fire(now time.Time) bool {
	if b.at.IsZero() || now.Before(b.at) {
		return false
	}
	b.past++
	if len(b.gaps) == 0 {
		b.at = time.Time{}
	} else {
		b.at, b.gaps = now.Add(b.gaps[0]), b.gaps[1:]
	}
	return true
}

// link is an interface in use. But for the counters it belongs to Run's goroutine; a change of the interface makes a new one.
type link struct {
	iface  netInterface
	legs   [families]*leg // nil: not open
	zone   *zone
	stop   func()        // stops the library's responder; nil: it does not run
	closed chan struct{} // ends readers that wait

	records     *records // nil: nothing is announced
	announce    burst
	announcedAt time.Time
	query       burst
	queriedAt   time.Time
	libraryAt   time.Time // last query of the library
	asking      int       // queries of the library that run
	askedAt     time.Time // when anybody last asked on the link for everyone
	checkedAt   time.Time // when Check last asked
	lonelyAt    time.Time // when to ask again while nobody is known
	jitter      time.Duration
	failing     bool   // logged already
	counted     uint64 // packets up to the last tick
	flooded     bool   // too many since then

	heardSelf, heardOthers, refused atomic.Uint64
}

// leg is the multicast socket of a link for one family.
type leg struct {
	conn     conn
	family   family
	sentAt   time.Time // last multicast of the records
	pending  reply
	failures int
	heard    atomic.Bool // something came in since unheard was begun
	working  bool        // something came in, ever
	unheard  int         // own packets since something came in
	since    time.Time   // the first of them
}

// reply is a multicast answer that waits its random time.
type reply struct {
	at      time.Time // zero: none
	records bool      // the records are asked for
	kinds   bool
	asker   netip.AddrPort // the only asker that may still send known answers; invalid: none or several
}

func newLink(i netInterface, allow func() bool) *link {
	return &link{
		iface: i, zone: &zone{allow: allow}, closed: make(chan struct{}), jitter: rand.N(3 * time.Second),
	}
}

// open reports whether a socket of ours is open.
func (l *link) open() bool { return l.legs[ipv4Family] != nil || l.legs[ipv6Family] != nil }

func (l *link) eachLeg(do func(*leg)) {
	for _, g := range l.legs {
		if g != nil {
			do(g)
		}
	}
}

// multicast sends on all legs.
func (l *link) multicast(packet []byte) { l.eachLeg(func(g *leg) { g.multicast(packet) }) }

func (g *leg) multicast(packet []byte) { g.write(packet, g.family.group()) }

func (g *leg) write(packet []byte, to netip.AddrPort) {
	if err := g.conn.Write(packet, to); err != nil {
		g.failures++
		return
	}
	g.failures = 0
	if to != g.family.group() {
		return
	}
	if g.heard.Swap(false) || g.unheard == 0 {
		g.working = g.working || g.unheard > 0
		g.unheard, g.since = 0, time.Now()
	}
	g.unheard++
}

// broken reports whether the leg should be opened anew.
func (g *leg) broken() bool {
	deaf := g.working && !g.heard.Load() && g.unheard >= maxUnheard && time.Since(g.since) >= unheardFor
	return deaf || g.failures >= maxWriteErrors
}

// missing reports whether a socket of ours that should be open is not.
func (l *link) missing() bool {
	for f := range families {
		if l.iface.has(f) && l.legs[f] == nil {
			return true
		}
	}
	return false
}

// close stops everything on the link; readers end soon after.
func (l *link) close() {
	close(l.closed)
	l.zone.current.Store(nil)
	l.eachLeg(func(g *leg) { _ = g.conn.Close() })
	l.legs = [families]*leg{}
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

// measure notices a flood; it is called once a second.
func (l *link) measure() {
	total := l.heardSelf.Load() + l.heardOthers.Load() + l.refused.Load()
	l.flooded = total-l.counted > floodedFrom
	l.counted = total
}

func (l *link) count(s *InterfaceState) {
	s.HeardSelf, s.HeardOthers, s.Refused = l.heardSelf.Load(), l.heardOthers.Load(), l.refused.Load()
}

// read hands packets to hear until the leg is closed, or until it fails too often.
func (l *link) read(g *leg, hear func(netip.AddrPort, message)) (failed bool) {
	var (
		buf    = make([]byte, 1<<16)
		intake intake
		errs   int
	)
	for errs < maxReadErrors {
		n, in, err := g.conn.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return false
		}
		if err != nil {
			errs++
			select {
			case <-l.closed:
				return false
			case <-time.After(readErrorPause):
			}
			continue
		}
		errs = 0
		if in.via != 0 && in.via != l.iface.index {
			continue // Linux hands each socket what came in by any interface
		}
		g.heard.Store(true)
		m, ok := l.admit(&intake, buf[:n], in)
		if !ok {
			l.refused.Add(1)
			continue
		}
		if l.iface.owns(in.from.Addr()) {
			l.heardSelf.Add(1)
		} else {
			l.heardOthers.Add(1)
		}
		hear(in.from, m)
	}
	return true
}

// admit checks where a packet comes from before it is parsed. Answers count only if they come from the mDNS port and went
// to everyone: of one that was sent to us alone, the peer it is about would not hear and could not object.
func (l *link) admit(i *intake, packet []byte, in arrival) (message, bool) {
	// On loopback, where only this machine speaks, the system may send from any of its addresses.
	near := l.iface.onLink(in.from.Addr()) || l.iface.loopback()
	if !near || in.from.Port() == 0 || !i.admit(time.Now(), in.from.Addr()) {
		return message{}, false
	}
	m, err := parse(packet)
	return m, err == nil && (m.query || in.from.Port() == mdnsPort && !in.alone)
}

// startAnnounce announces now, but not sooner than the last announcement allows, and again after the gaps.
func (l *link) startAnnounce(now time.Time, gaps []time.Duration) {
	l.announce.start(later(now, l.announcedAt.Add(minAnnounceGap)), gaps)
}

// startQuery asks now, but not sooner than the last question allows, and again after the usual gaps.
func (l *link) startQuery(now time.Time) {
	gaps := queryGaps
	if !l.open() {
		gaps = libraryGaps
	}
	l.query.start(later(now, l.queriedAt.Add(minQueryGap)), gaps)
}

// later is the later of two moments.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
