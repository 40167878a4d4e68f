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
	l.askedAt = now
	l.lonelyAt = now.Add(lonelyGap + rand.N(lonelyExtra))
	if packet, err := packQuery(d.queryID, d.cache.upkeep(l.iface.index, now, 0).known); err == nil {
		l.multicast(packet)
	}
	if l.asking > 0 || l.open() && (l.flooded || !l.libraryAt.IsZero() && now.Sub(l.libraryAt) < minLibraryGap) {
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
	if alone || u.due && now.Sub(l.askedAt) >= askGap {
		d.refresh(asking, l, u, now)
	}
}

// refresh asks once, with the library only where we have no socket. It answers too, so that the others, who know us as long
// as we know them, need not ask for us alone.
func (d *Discovery) refresh(asking context.Context, l *link, u upkeep, now time.Time) {
	if !l.open() {
		d.askAll(asking, l, now)
		return
	}
	l.askedAt = now
	l.lonelyAt = now.Add(lonelyGap + rand.N(lonelyExtra))
	if packet, err := packQuery(d.queryID, u.known); err == nil {
		l.multicast(packet)
	}
	if u.due && l.records != nil {
		l.eachLeg(func(g *leg) { g.schedule(now, everyone, netip.AddrPort{}, false) })
	}
}
