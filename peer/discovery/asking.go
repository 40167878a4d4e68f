package discovery

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"
)

const (
	askBefore   = maxLifetime / 5 // a question is asked when so much of a life is left
	askGap      = 5 * time.Second // and nobody else has asked for so long
	lonelyGap   = 20 * time.Second
	lonelyExtra = 10 * time.Second
)

// askAgain asks on all links as if they were new.
func (d *Discovery) askAgain(now time.Time) {
	for _, l := range d.links {
		l.startQuery(now)
	}
}

// askAll asks a link for everyone, and has the library ask too if it did not a moment ago.
func (d *Discovery) askAll(asking context.Context, l *link, now time.Time) {
	l.noteAsked(now)
	u := d.cache.upkeep(l.iface.index, now, 0)
	if l.query.past <= 1 || len(u.known) <= maxListed { // with more, whoever missed our first question heard who we are
		d.askEveryone(l, u.known, now)
	}
	last := l.query.past == 1+len(queryGaps)
	if l.asking > 0 || l.open() && (last || l.flooded || !l.libraryAt.IsZero() && now.Sub(l.libraryAt) < minLibraryGap) {
		return
	}
	l.libraryAt = now
	for f := range families {
		if l.iface.has(f) {
			l.asking++
			d.work.Go(func() { d.askLibrary(asking, l, f, now) })
		}
	}
}

// askEveryone multicasts the question for everyone but those known.
func (d *Discovery) askEveryone(l *link, known []knownAnswer, now time.Time) {
	l.noteAsked(now)
	packets, err := packQuery(d.queryID, known)
	if err != nil {
		d.log.Error("Cannot ask", "error", err)
		return
	}
	for _, p := range packets {
		l.multicast(p)
	}
}

// noteAsked puts off the next question for everyone.
func (l *link) noteAsked(now time.Time) {
	l.askedAt = now
	l.lonelyAt = now.Add(lonelyGap + rand.N(lonelyExtra))
}

// askFor multicasts questions for a few.
func (d *Discovery) askFor(l *link, wanted []instance, now time.Time) {
	l.lonelyAt = now.Add(lonelyGap + rand.N(lonelyExtra))
	for _, in := range wanted {
		d.cache.asked(in, now)
	}
	packet, err := packNamed(d.queryID, wanted)
	if err != nil {
		d.log.Error("Cannot ask", "error", err)
		return
	}
	l.multicast(packet)
}

// askLibrary is the goroutine of a query of the library.
func (d *Discovery) askLibrary(ctx context.Context, l *link, f family, began time.Time) {
	answers, err := d.machine.ask(ctx, l.iface, f)
	d.post(func(now time.Time) {
		l.asking--
		if err != nil {
			d.log.Debug("The library could not ask", "name", l.iface.name, "family", f.String(), "error", err)
		}
		if d.links[l.iface.index] != l {
			return
		}
		for _, a := range answers {
			if !d.cache.leftSince(a.instance, began) {
				d.believe(now, l, netip.Addr{}, a)
			}
		}
	})
}

// keepUp asks for what would be forgotten soon, or for anybody while nobody is known.
func (d *Discovery) keepUp(asking context.Context, l *link, now time.Time) {
	if !l.query.at.IsZero() {
		return // asking anyway
	}
	u := d.cache.upkeep(l.iface.index, now, askBefore-l.jitter)
	alone := u.count == 0 && !now.Before(l.lonelyAt)
	due := len(u.due) > 0 && now.Sub(l.askedAt) >= askGap
	switch {
	case !alone && !due:
		return
	case !l.open():
		d.askAll(asking, l, now) // only the library can
	case alone || len(u.due) > maxNamed:
		d.askEveryone(l, u.known, now)
	default:
		d.askFor(l, u.due, now)
	}
	if due && l.records != nil {
		// The others have known us for as long as we have known them: who asks also tells, and they need not ask.
		l.eachLeg(func(g *leg) {
			if now.Sub(g.sentAt) >= maxLifetime/2 {
				g.schedule(now, us, netip.AddrPort{}, false)
			}
		})
	}
}
