package discovery

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// poll compares the machine's interfaces with the links and opens what is missing.
func (d *Discovery) poll(now time.Time) {
	d.polled = now
	c, err := d.survey()
	if err != nil {
		return // what was open stays open
	}
	changed := false
	for index, l := range d.links {
		at := slices.IndexFunc(c.used, func(i netInterface) bool { return i.index == index })
		if at >= 0 && c.used[at].equal(l.iface) {
			continue
		}
		l.close()
		delete(d.links, index)
		changed = true
		if at < 0 {
			d.out.put(d.cache.unlink(index, now))
			d.lostAt = now
			d.left[index] = l.iface
			d.log.Info("Left interface", "name", l.iface.name)
		} else {
			d.cache.doubt(index, now) // the same interface on another network, perhaps
		}
	}
	for _, i := range c.used {
		l, isNew := d.links[i.index], false
		if l == nil {
			l, isNew = newLink(i, d.allowAnswer), true
			d.links[i.index] = l
			d.lostAt = time.Time{}
			d.log.Info("Using interface", "name", i.name, "index", i.index)
		}
		if d.open(l) || isNew {
			l.startAnnounce(now, usualGaps)
			l.startQuery(now)
		}
		changed = changed || isNew
		l.zone.unicast.Store(c.alone && l.stop != nil)
	}
	if changed {
		d.renew(now)
	}
	d.publish(c.states)
	if changed {
		signal(d.networks) // now Interfaces tells
	}
}

// publish lets other goroutines see the state of the interfaces.
func (d *Discovery) publish(states []InterfaceState) {
	d.recall(states)
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

// recall adds the networks of interfaces whose cable is out: who knows them need not look for anybody there.
func (d *Discovery) recall(states []InterfaceState) {
	maps.DeleteFunc(d.left, func(index int, i netInterface) bool {
		return !slices.ContainsFunc(states, func(s InterfaceState) bool { return s.Index == index && s.Name == i.name && s.Reason != "" })
	})
	for i := range states {
		if s := &states[i]; s.Reason == ReasonNoCarrier {
			s.Networks = d.left[s.Index].prefixes
		}
	}
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
