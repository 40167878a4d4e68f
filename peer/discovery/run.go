package discovery

import (
	"context"
	"time"
)

const (
	tick       = time.Second
	sleptAfter = 3 * time.Second  // between ticks, by the wall clock
	longSleep  = 20 * time.Second // after which all that was known is in doubt
	goodbyeGap = 30 * time.Millisecond
	// Who has just lost an interface is to be back soon after it is: it is looked for so often, for so long.
	hurriedTick = 250 * time.Millisecond
	hurryFor    = 10 * time.Minute
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
			if now := time.Now(); d.hurried(now) && now.Sub(d.polled) >= hurriedTick {
				d.poll(now)
			}
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
	if slept := wall.Sub(d.ticked); slept > sleptAfter {
		d.log.Info("Woke up")
		if slept > longSleep {
			d.cache.doubt(0, now)
		}
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

// act does what is due on the links.
func (d *Discovery) act(asking context.Context, now time.Time) {
	for _, l := range d.links {
		if l.announce.fire(now) && l.records != nil {
			l.announcedAt = now
			l.eachLeg(func(g *leg) { g.tellAll(l.records, now) })
		}
		if l.query.fire(now) {
			l.queriedAt = now
			d.askAll(asking, l, now)
		}
		l.eachLeg(func(g *leg) { l.reply(g, now) })
	}
}

// hurried reports whether an interface went away a while ago and is not back.
func (d *Discovery) hurried(now time.Time) bool {
	return !d.lostAt.IsZero() && now.Sub(d.lostAt) < hurryFor
}

// wait is how long there is nothing to do, but for the ticks, which come in any case.
func (d *Discovery) wait(now time.Time) time.Duration {
	next := now.Add(time.Hour)
	if d.hurried(now) {
		next = later(now, d.polled.Add(hurriedTick))
	}
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
