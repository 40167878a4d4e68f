package discovery

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

const (
	tick        = time.Second
	sleptAfter  = 3 * time.Second // between ticks, by the wall clock
	goodbyeGap  = 30 * time.Millisecond
	askBefore   = maxLifetime / 5 // a question is asked when so much of a life is left
	askGap      = 5 * time.Second // and nobody else has asked for so long
	lonelyGap   = 20 * time.Second
	lonelyExtra = 10 * time.Second
)

// Run works until ctx is done, says goodbye to the network and returns nil when all it started has ended, at most about
// 0.4 s later. It may be called once. Links should be closed before, so that the goodbye finds nobody who still needs us.
func (d *Discovery) Run(ctx context.Context) error {
	if !d.started.CompareAndSwap(false, true) {
		return ErrStarted
	}
	d.work.Go(func() { d.out.deliver(d.ended) })
	asking, stopAsking := context.WithCancel(context.WithoutCancel(ctx))
	d.loop(ctx, asking)
	stopAsking()
	close(d.ended)
	d.leave()
	d.work.Wait()
	return nil
}

// loop does everything in turn. Nothing it calls blocks for long.
func (d *Discovery) loop(ctx, asking context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	d.ticked = time.Now().Round(0)
	d.poll(time.Now())
	for {
		d.act(asking, time.Now())
		timer.Reset(d.wait(time.Now()))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.tick(asking, time.Now())
		case <-timer.C:
		case do := <-d.inbox:
			do(time.Now())
		case <-d.updated:
			d.renew(time.Now())
		case <-d.kicked:
			d.askAgain(time.Now())
		}
	}
}

// post has do run by Run's goroutine.
func (d *Discovery) post(do func(now time.Time)) {
	select {
	case d.inbox <- do:
	case <-d.ended:
	}
}

// tick does what is due once a second.
func (d *Discovery) tick(asking context.Context, now time.Time) {
	wall := now.Round(0)
	if wall.Sub(d.ticked) > sleptAfter {
		d.log.Info("Woke up")
		d.cache.doubt(0, now)
		d.askAgain(now)
	}
	d.ticked = wall
	d.poll(now)
	d.out.put(d.cache.expire(now))
	for _, l := range d.links {
		l.measure()
		d.keepUp(asking, l, now)
	}
}

// poll compares the machine's interfaces with the links and opens what is missing.
func (d *Discovery) poll(now time.Time) {
	used, states, err := d.survey()
	if err != nil {
		return // what was open stays open
	}
	changed := false
	for index, l := range d.links {
		at := slices.IndexFunc(used, func(i netInterface) bool { return i.index == index })
		if at >= 0 && used[at].equal(l.iface) {
			continue
		}
		l.close()
		delete(d.links, index)
		changed = true
		if at < 0 {
			d.out.put(d.cache.unlink(index, now))
			d.log.Info("Left interface", "name", l.iface.name)
		} else {
			d.cache.doubt(index, now) // the same interface on another network, perhaps
		}
	}
	for _, i := range used {
		l, isNew := d.links[i.index], false
		if l == nil {
			l, isNew = newLink(i, d.allowAnswer), true
			d.links[i.index] = l
			d.log.Info("Using interface", "name", i.name, "index", i.index)
		}
		if d.open(l) || isNew {
			l.startAnnounce(now, usualGaps)
			l.startQuery(now)
		}
		changed = changed || isNew
	}
	if changed {
		d.renew(now)
		signal(d.networks)
	}
	d.publish(states)
}

// publish lets other goroutines see the state of the interfaces.
func (d *Discovery) publish(states []InterfaceState) {
	live := make(map[int]*link, len(d.links))
	for index, l := range d.links {
		live[index] = l
		at := slices.IndexFunc(states, func(s InterfaceState) bool { return s.Index == index })
		if at >= 0 && !l.open() {
			states[at].Reason = ReasonFailed
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.states, d.live = states, live
}

// open opens what is missing of a link and reports whether a socket of ours is new; what fails is tried again with the
// next tick.
func (d *Discovery) open(l *link) (fresh bool) {
	l.eachLeg(func(g *leg) {
		if g.broken() {
			d.drop(l, g)
		}
	})
	if l.stop != nil && !l.missing() {
		return false
	}
	var trouble error
	for f := range families {
		if !l.iface.has(f) || l.legs[f] != nil {
			continue
		}
		c, err := d.machine.listen(l.iface, f)
		if err != nil {
			trouble = err
			continue
		}
		g := &leg{conn: c, family: f}
		l.legs[f] = g
		fresh = true
		d.work.Go(func() { d.read(l, g) })
	}
	if l.stop == nil {
		stop, err := d.machine.respond(l.iface, l.zone)
		if err != nil {
			trouble = err
		} else {
			l.stop = stop
		}
	}
	l.zone.all.Store(l.missing())
	if trouble != nil && !l.failing {
		d.log.Warn("Cannot use interface fully", "name", l.iface.name, "error", trouble)
	}
	l.failing = trouble != nil
	return fresh
}

// drop closes a leg that does not work.
func (d *Discovery) drop(l *link, g *leg) {
	if l.legs[g.family] == g {
		_ = g.conn.Close()
		l.legs[g.family] = nil
	}
}

// read is the goroutine of a leg.
func (d *Discovery) read(l *link, g *leg) {
	failed := l.read(g, func(from netip.AddrPort, m message) {
		d.post(func(now time.Time) {
			if d.links[l.iface.index] == l {
				d.hear(now, l, g, from, m)
			}
		})
	})
	if failed {
		d.post(func(time.Time) { d.drop(l, g) })
	}
}

// renew works out anew what each link announces, and announces what has changed.
func (d *Discovery) renew(now time.Time) {
	d.mu.Lock()
	d.self = d.next
	d.mu.Unlock()
	for _, l := range d.links {
		r := d.recordsFor(l)
		old := l.records
		if old != nil && (r == nil || r.self != old.self) {
			l.multicast(old.goodbye)
		}
		l.records = r
		l.zone.current.Store(r)
		if r != nil && (old == nil || !bytes.Equal(r.announce, old.announce)) {
			l.startAnnounce(now, usualGaps)
		}
	}
}

func (d *Discovery) recordsFor(l *link) *records {
	if d.self.Port == 0 {
		return nil
	}
	var elsewhere []netip.Addr
	for index, other := range d.links {
		if index != l.iface.index {
			elsewhere = append(elsewhere, other.iface.addrs()...)
		}
	}
	slices.SortFunc(elsewhere, netip.Addr.Compare)
	r, err := newRecords(d.self, l.iface.addrs(), elsewhere)
	if err != nil {
		d.log.Error("Cannot announce", "error", err)
		return nil
	}
	return r
}

// askAgain asks on all links as if they were new.
func (d *Discovery) askAgain(now time.Time) {
	for _, l := range d.links {
		l.startQuery(now)
	}
}

func (l *link) startAnnounce(now time.Time, gaps []time.Duration) {
	l.announce.start(later(now, l.announcedAt.Add(minAnnounceGap)), gaps)
}

func (l *link) startQuery(now time.Time) {
	gaps := usualGaps
	if !l.open() {
		gaps = libraryGaps
	}
	l.query.start(later(now, l.queriedAt.Add(minQueryGap)), gaps)
}

// act does what is due on the links.
func (d *Discovery) act(asking context.Context, now time.Time) {
	for _, l := range d.links {
		if l.announce.fire(now) && l.records != nil {
			d.announce(l, now)
		}
		if l.query.fire(now) {
			l.queriedAt = now
			d.askAll(asking, l, now)
		}
		l.eachLeg(func(g *leg) { l.reply(g, now) })
	}
}

// wait is how long act has nothing to do; a tick comes in any case.
func (d *Discovery) wait(now time.Time) time.Duration {
	next := now.Add(tick)
	sooner := func(at time.Time) {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	for _, l := range d.links {
		sooner(l.announce.at)
		sooner(l.query.at)
		l.eachLeg(func(g *leg) { sooner(g.pending.at) })
	}
	return next.Sub(now)
}

func (d *Discovery) announce(l *link, now time.Time) {
	l.announcedAt = now
	l.eachLeg(func(g *leg) { g.tellAll(l.records, now) })
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

// hear takes in a packet.
func (d *Discovery) hear(now time.Time, l *link, g *leg, from netip.AddrPort, m message) {
	if m.query {
		if m.id != d.queryID || !l.iface.owns(from.Addr()) { // else it is our own question
			d.answer(now, l, g, from, m)
		}
		return
	}
	for _, in := range m.goodbyes {
		if in == instanceOf(d.self.Peer, d.self.Device) {
			if !l.iface.owns(from.Addr()) && l.records != nil {
				l.startAnnounce(now, usualGaps[:1]) // we are still here
			}
			continue
		}
		d.out.put(d.cache.goodbye(in, now))
	}
	for _, f := range m.found {
		d.believe(now, l, from.Addr(), f)
	}
}

// believe takes what was found into the cache. The library does not tell the source, which is invalid then; the first
// address on the link stands for it.
func (d *Discovery) believe(now time.Time, l *link, source netip.Addr, f found) {
	if d.isSelf(f) {
		return
	}
	addrs := candidates(l.iface, source, f, d.isOwn)
	hearsay := !source.IsValid()
	if hearsay {
		if len(addrs) == 0 || !l.iface.onLink(addrs[0].Addr()) {
			return
		}
		source = addrs[0].Addr()
	}
	if len(addrs) == 0 {
		return
	}
	sightings, ok := d.cache.hear(f.instance, claim{
		link: l.iface.index, source: source, hearsay: hearsay, device: f.txt.device, protocol: f.txt.protocol, catalog: f.txt.catalog,
		addrs: addrs, heard: now, expires: now.Add(f.lifetime),
	})
	if !ok {
		l.refused.Add(1)
	}
	d.out.put(sightings)
}

// isSelf reports whether f is what we announce ourselves. Another machine that uses our device ID is not: whoever dials it
// finds that out.
func (d *Discovery) isSelf(f found) bool {
	if f.instance != instanceOf(d.self.Peer, d.self.Device) {
		return false
	}
	return !slices.ContainsFunc(f.addrs, func(ip netip.Addr) bool { return !d.isOwn(netip.AddrPortFrom(ip, f.port)) })
}

// isOwn reports whether ap is where we ourselves accept links.
func (d *Discovery) isOwn(ap netip.AddrPort) bool {
	if int(ap.Port()) != d.self.Port {
		return false
	}
	for _, l := range d.links {
		if l.iface.owns(ap.Addr()) {
			return true
		}
	}
	return false
}

// leave says goodbye twice and closes everything.
func (d *Discovery) leave() {
	for twice := range 2 {
		if twice > 0 && len(d.links) > 0 {
			pause := time.NewTimer(goodbyeGap)
			<-pause.C
		}
		for _, l := range d.links {
			l.zone.current.Store(nil) // no answer may outlive the goodbye
			if l.records != nil {
				l.multicast(l.records.goodbye)
			}
		}
	}
	for _, l := range d.links {
		l.close()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = nil
}

// allowAnswer is the limit on unicast answers, for any goroutine.
func (d *Discovery) allowAnswer() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answers.take(time.Now(), answerRate, answerBurst)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
