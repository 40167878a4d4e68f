package peer

import (
	"context"
	"slices"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
)

const (
	maxNeighbours = 2048
	maxDevices    = 8 // of one peer
	maxCandidates = 8 // addresses tried in one dial
)

// neighbour is what is known of one peer. Guarded by Node.mu.
type neighbour struct {
	kept, blocked, watched bool
	remembered             []string // addresses where it was met, newest first
	devices                []*device
	hints                  []hint    // what linked peers told, the latest first
	static                 bool      // kept because the configuration names it
	dialled                time.Time // when a dial began last
}

// whichever stands for the device that answers where a peer was met before; no hello carries it.
var whichever chat.DeviceID

// device is one installation of a peer as announcements tell of it, or whichever.
type device struct {
	id        chat.DeviceID
	addresses []string
	gone      bool // said goodbye or expired
	dialling
}

// neighbour finds or makes p's entry. n.mu is held.
func (n *Node) neighbour(p chat.PeerID) *neighbour {
	m := n.peers[p]
	if m == nil {
		n.forget()
		m = &neighbour{devices: []*device{{}}}
		n.peers[p] = m
	}
	return m
}

// forget makes room when there are too many neighbours: first go those nobody hears of, then others that nothing hangs
// on. n.mu is held.
func (n *Node) forget() {
	for _, also := range []bool{false, true} {
		for p, m := range n.peers {
			if len(n.peers) < maxNeighbours {
				return
			}
			if !m.kept && !m.blocked && !m.watched && !m.wanted() && (also || !m.seen()) {
				if len(m.hints) > 0 {
					n.hinted--
				}
				delete(n.peers, p)
			}
		}
	}
}

// seen reports whether an announcement of the peer is alive.
func (m *neighbour) seen() bool {
	return slices.ContainsFunc(m.devices, func(d *device) bool { return d.alive() })
}

// wanted reports whether a visit is under way or due.
func (m *neighbour) wanted() bool {
	return slices.ContainsFunc(m.devices, func(d *device) bool { return d.once || d.busy })
}

func (d *device) alive() bool { return d.id != whichever && !d.gone }

// remember puts addresses in front of those known and reports whether any is new.
func (m *neighbour) remember(addresses []string) (news bool) {
	for _, a := range slices.Backward(addresses) {
		if a == "" || (len(m.remembered) > 0 && m.remembered[0] == a) {
			continue
		}
		news = news || !slices.Contains(m.remembered, a)
		m.remembered = slices.DeleteFunc(m.remembered, func(b string) bool { return a == b })
		m.remembered = slices.Insert(m.remembered, 0, a)
	}
	m.remembered = m.remembered[:min(len(m.remembered), maxCandidates)]
	return news
}

// device finds or makes the entry of a device. The one that is gone, or else that was heard of first, makes room.
func (m *neighbour) device(id chat.DeviceID) *device {
	for _, d := range m.devices {
		if d.id == id {
			return d
		}
	}
	if len(m.devices) > maxDevices {
		drop := max(1, slices.IndexFunc(m.devices, func(d *device) bool { return d.gone }))
		m.devices = slices.Delete(m.devices, drop, drop+1)
	}
	d := &device{id: id}
	m.devices = append(m.devices, d)
	return d
}

// candidates are the addresses to dial for d, best first: its own, then those of old.
func (m *neighbour) candidates(d *device) []string {
	var out []string
	add := func(addresses []string) {
		for _, a := range addresses {
			if len(out) < maxCandidates && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	add(d.addresses[:min(len(d.addresses), maxCandidates-2)]) // forged ones must not crowd out those of old
	add(m.remembered)
	add(d.addresses)
	if d.id == whichever {
		for _, other := range m.devices {
			add(other.addresses)
		}
	}
	for _, h := range m.hints {
		add(h.addresses)
	}
	return out
}

// AddressesOf implements chat.Link.
func (n *Node) AddressesOf(p chat.PeerID) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.peers[p]
	if m == nil {
		return nil
	}
	return m.candidates(&device{})
}

// watchNetwork follows discovery until it ends.
func (n *Node) watchNetwork(ctx context.Context) {
	for {
		select {
		case batch, ok := <-n.cfg.Discovery.Sightings():
			if !ok {
				return
			}
			for _, s := range batch {
				n.sighted(s)
			}
		case <-n.cfg.Discovery.Networks():
			n.networkChanged()
		case <-ctx.Done():
			return
		}
	}
}

// sighted takes over what an announcement says and tells chat.
func (n *Node) sighted(s discovery.Sighting) {
	if s.Device == whichever || (s.Peer == n.self && s.Device == n.ownDevice()) {
		return
	}
	addresses := make([]string, len(s.Addrs))
	for i, a := range s.Addrs {
		addresses[i] = a.String()
	}
	n.mu.Lock()
	m := n.neighbour(s.Peer)
	d := m.device(s.Device)
	news := d.gone != s.Gone || !slices.Equal(d.addresses, addresses)
	d.gone = s.Gone
	if len(addresses) > 0 {
		d.addresses = addresses
	}
	if news {
		n.news++
	}
	l := n.links[chat.Remote{Peer: s.Peer, Device: s.Device}]
	if !s.Gone && (news || m.kept && l == nil) { // who speaks is there, even if nobody noticed that it was away
		n.urge(m, s.Peer)
	}
	seen := m.seen()
	n.mu.Unlock()
	if s.Gone && l != nil {
		l.check(checkLimit) // anybody can say goodbye for it: let it speak for itself
	}
	if s.Peer != n.self && s.Gone != seen {
		n.deliver(chat.PeerSeen{Peer: s.Peer, Catalogue: s.Catalog, Gone: s.Gone})
	}
}

func (n *Node) ownDevice() chat.DeviceID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.device
}

// networkChanged asks everybody who is linked for a sign of life and dials the others.
func (n *Node) networkChanged() {
	cut := severedBy(n.cfg.Discovery.Interfaces())
	n.mu.Lock()
	n.severed = cut
	for _, l := range n.links {
		l.check(checkLimit)
	}
	n.mu.Unlock()
	n.hurryDials()
	n.deliver(chat.NetworkChanged{})
}
