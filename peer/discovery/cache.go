package discovery

import (
	"net/netip"
	"slices"
	"time"

	"haggle/chat"
)

const (
	maxPeers     = 1024
	maxPerSource = 32 // instances that one address may bring up
	maxClaims    = 6  // sources that are believed about one instance at a time
	maxAddrs     = 8  // in a sighting
	repeatAfter  = time.Second
	doubtFor     = 10 * time.Second  // how long what we know is believed after a sleep or a new network
	dueMargin    = 2 * time.Second   // so that those who answered together are asked for together
	staleAfter   = 105 * time.Second // unheard: longer than upkeep takes when nothing is lost
	recallFor    = 10 * time.Second  // how long a goodbye outweighs an answer that was heard before it
)

// cache is what is known about the others. It is owned by one goroutine and takes the time as an argument.
//
// What several sources say about an instance stands side by side, so that nobody's packets replace another's: a liar can
// add addresses, which the handshake refutes, but cannot remove the right ones.
type cache struct {
	entries map[instance]*entry
	charged map[netip.Addr]int     // entries per source that brought them up
	left    map[instance]time.Time // goodbyes not long ago
}

type entry struct {
	instance instance
	source   netip.Addr // charged for the entry
	claims   []claim    // latest heard first, never empty
	askedAt  time.Time  // when anybody last asked for it by name
	told     Sighting   // as last passed on
	toldAt   time.Time
}

// claim is what one source on one link says about an instance.
type claim struct {
	link     int // interface index
	source   netip.Addr
	hearsay  bool // from the library, which mixes up the interfaces of who answers and does not tell the source
	device   chat.DeviceID
	protocol int
	catalog  uint32
	addrs    []netip.AddrPort // best first
	heard    time.Time
	expires  time.Time
}

func newCache() *cache {
	return &cache{entries: make(map[instance]*entry), charged: make(map[netip.Addr]int), left: make(map[instance]time.Time)}
}

// hear takes in a claim, heard at c.heard, and returns what to pass on. A claim of one more instance than its source may
// bring up is refused; hearsay gives way to what was heard at first hand on the same link.
func (k *cache) hear(in instance, c claim) (out []Sighting, ok bool) {
	e := k.entries[in]
	if e != nil && c.hearsay && slices.ContainsFunc(e.claims, func(o claim) bool { return o.link == c.link && !o.hearsay }) {
		return nil, true
	}
	if e == nil {
		if k.charged[c.source] >= maxPerSource {
			return nil, false
		}
		if len(k.entries) >= maxPeers {
			victim := k.expendable(c)
			if victim == nil {
				return nil, false
			}
			out = append(out, k.remove(victim))
		}
		e = &entry{instance: in, source: c.source}
		k.entries[in] = e
		k.charged[c.source]++
	}
	e.claims = slices.DeleteFunc(e.claims, func(o claim) bool { return o.link == c.link && (o.source == c.source || o.hearsay) })
	e.claims = slices.Insert(e.claims, 0, c)
	e.claims = e.claims[:min(len(e.claims), maxClaims)]
	return append(out, e.tell(c.heard, repeatAfter)...), true
}

// expendable is the entry that makes room for one by c when the cache is full: the oldest of a source that brought up
// many more than c's, or else one that missed its upkeep. If there is none, the newcomer has to wait: throwing out one live
// peer for another would only make both flicker.
func (k *cache) expendable(c claim) *entry {
	var greedy, stale *entry
	for _, e := range k.entries {
		heard := e.claims[0].heard
		if n := k.charged[e.source]; n > k.charged[c.source]+1 &&
			(greedy == nil || n > k.charged[greedy.source] || n == k.charged[greedy.source] && heard.Before(greedy.claims[0].heard)) {
			greedy = e
		}
		if c.heard.Sub(heard) > staleAfter && (stale == nil || heard.Before(stale.claims[0].heard)) {
			stale = e
		}
	}
	if greedy != nil {
		return greedy
	}
	return stale
}

// remove forgets e and returns the hint that it is gone, with the addresses where one may still ask.
func (k *cache) remove(e *entry) Sighting {
	delete(k.entries, e.instance)
	if k.charged[e.source]--; k.charged[e.source] == 0 {
		delete(k.charged, e.source)
	}
	gone := e.told
	gone.Gone = true
	return gone
}

// goodbye takes in that an instance takes its leave.
func (k *cache) goodbye(in instance, now time.Time) []Sighting {
	e := k.entries[in]
	if e == nil {
		return nil
	}
	if len(k.left) < maxPeers {
		k.left[in] = now
	}
	return []Sighting{k.remove(e)}
}

// leftSince reports whether in said goodbye after then.
func (k *cache) leftSince(in instance, then time.Time) bool { return k.left[in].After(then) }

// expire forgets what has not been heard for too long.
func (k *cache) expire(now time.Time) []Sighting {
	for in, at := range k.left {
		if now.Sub(at) > recallFor {
			delete(k.left, in)
		}
	}
	return k.retain(now, func(c claim) bool { return now.Before(c.expires) })
}

// unlink forgets all that was heard on a link.
func (k *cache) unlink(link int, now time.Time) []Sighting {
	return k.retain(now, func(c claim) bool { return c.link != link })
}

// retain drops the claims that keep refuses, and entries without any left.
func (k *cache) retain(now time.Time, keep func(claim) bool) (out []Sighting) {
	for _, e := range k.entries {
		before := len(e.claims)
		e.claims = slices.DeleteFunc(e.claims, func(c claim) bool { return !keep(c) })
		switch len(e.claims) {
		case 0:
			out = append(out, k.remove(e))
		case before:
		default:
			out = append(out, e.tell(now, never)...)
		}
	}
	return out
}

// doubt lets all claims of a link, or of every link when link is 0, expire soon unless they are heard again.
func (k *cache) doubt(link int, now time.Time) {
	for _, e := range k.entries {
		for i := range e.claims {
			if c := &e.claims[i]; (link == 0 || c.link == link) && c.expires.Sub(now) > doubtFor {
				c.expires = now.Add(doubtFor)
			}
		}
	}
}

// upkeep tells how the knowledge about a link stands.
type upkeep struct {
	count int           // instances known on the link
	due   []instance    // those to ask for: none, or all with about the threshold left that nobody asked for just now
	known []knownAnswer // those with at least half of their life left
}

func (k *cache) upkeep(link int, now time.Time, threshold time.Duration) (u upkeep) {
	pressing := false
	for _, e := range k.entries {
		var left time.Duration
		for _, c := range e.claims {
			if c.link == link {
				left = max(left, c.expires.Sub(now))
			}
		}
		if left <= 0 {
			continue
		}
		u.count++
		if left < threshold+dueMargin && now.Sub(e.askedAt) >= askGap {
			pressing = pressing || left < threshold
			u.due = append(u.due, e.instance)
		}
		if left >= maxLifetime/2 {
			u.known = append(u.known, knownAnswer{e.instance, left})
		}
	}
	if !pressing {
		u.due = nil
	}
	return u
}

// asked remembers that somebody asked for an instance by name.
func (k *cache) asked(in instance, now time.Time) {
	if e := k.entries[in]; e != nil {
		e.askedAt = now
	}
}

const never = time.Duration(1<<63 - 1)

// tell returns the sighting of e if it says something new, or if the last one is at least again old.
func (e *entry) tell(now time.Time, again time.Duration) []Sighting {
	s := e.sighting()
	if sameSighting(s, e.told) && now.Sub(e.toldAt) < again {
		return nil
	}
	e.told, e.toldAt = s, now
	return []Sighting{s}
}

// sighting merges the claims: the best address of each source first, latest source first.
func (e *entry) sighting() Sighting {
	latest := e.claims[0]
	s := Sighting{Peer: e.instance.peer, Device: latest.device, Catalog: latest.catalog, Protocol: latest.protocol}
	for i := range maxAddrs {
		for _, c := range e.claims {
			if i < len(c.addrs) && len(s.Addrs) < maxAddrs && !slices.Contains(s.Addrs, c.addrs[i]) {
				s.Addrs = append(s.Addrs, c.addrs[i])
			}
		}
	}
	return s
}

// sameSighting compares but for the order of addresses.
func sameSighting(a, b Sighting) bool {
	return a.Peer == b.Peer && a.Device == b.Device && a.Catalog == b.Catalog && a.Protocol == b.Protocol && a.Gone == b.Gone &&
		len(a.Addrs) == len(b.Addrs) && !slices.ContainsFunc(a.Addrs, func(ap netip.AddrPort) bool { return !slices.Contains(b.Addrs, ap) })
}

// candidates are the addresses to try for what was found on a link, best first: where the packet came from, then what is
// on the link, then private addresses elsewhere. Whoever announces cannot make us dial loopback, multicast, our own
// listener or a public address off our networks.
func candidates(i netInterface, source netip.Addr, f found, own func(netip.AddrPort) bool) []netip.AddrPort {
	var out []netip.AddrPort
	add := func(ip netip.Addr, refuse bool) {
		ap := netip.AddrPortFrom(ip, f.port)
		if !refuse && ip.IsValid() && len(out) < maxAddrs && !slices.Contains(out, ap) && !own(ap) {
			out = append(out, ap)
		}
	}
	add(source, !dialable(i, source) || !i.onLink(source))
	for _, ip := range f.addrs {
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(i.name)
		}
		add(ip, !dialable(i, ip) || !i.onLink(ip))
	}
	for _, ip := range slices.Concat(f.addrs, f.txt.elsewhere) {
		add(ip, !ip.IsPrivate() || i.onLink(ip))
	}
	return out
}

func dialable(i netInterface, ip netip.Addr) bool {
	return ip.IsGlobalUnicast() || ip.IsLinkLocalUnicast() || ip.IsLoopback() && i.loopback()
}
