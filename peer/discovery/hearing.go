package discovery

import (
	"net/netip"
	"slices"
	"time"
)

// hear takes in a packet.
func (d *Discovery) hear(now time.Time, l *link, g *leg, from netip.AddrPort, m message) {
	if m.query {
		if m.id != d.queryID || !d.owns(from.Addr()) { // else it is our own question
			d.answer(now, l, g, from, m)
		}
		return
	}
	for _, in := range m.goodbyes {
		if in == instanceOf(d.self.Peer, d.self.Device) {
			if l.records != nil {
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
	return int(ap.Port()) == d.self.Port && d.owns(ap.Addr())
}

// owns reports whether ip is an address of ours on any link.
func (d *Discovery) owns(ip netip.Addr) bool {
	for _, l := range d.links {
		if l.iface.owns(ip) {
			return true
		}
	}
	return false
}
