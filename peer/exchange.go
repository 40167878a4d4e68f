package peer

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"haggle/chat"
	"haggle/peer/wire"
)

// Linked peers tell one another whom they hear or are linked to, so that two who do not hear each other meet through a
// third. What is told is a hint where to dial, once; the key proves who answers. Nobody passes on what it was only told.
const (
	exchangeTick  = 5 * time.Second
	exchangeGap   = 10 * time.Second // between two tellings on a link
	maxTold       = 256              // devices told on a link
	maxHints      = 4                // tellers that are believed about one peer at a time
	maxHinted     = 512              // peers that are known by hints alone
	hintSpacing   = 250 * time.Millisecond
	hintBurst     = 32
	linkHintEvery = 5 * time.Second // after the burst, from one link
	hintEvery     = time.Second     // and from all
)

// told is how the exchange on a link stands. Guarded by Node.mu.
type told struct {
	asked   bool                   // we asked
	asks    bool                   // the other side did
	at      time.Time              // when it was last told
	news    uint64                 // what it was told is as of this
	devices map[chat.Remote]string // what it was told of each
	limit   *rate.Limiter          // of what it tells
}

func newTold() told { return told{limit: rate.NewLimiter(rate.Every(linkHintEvery), hintBurst)} }

// hint is what a linked peer told of another.
type hint struct {
	teller    chat.PeerID
	addresses []string // that may be dialled from here, maybe none
	linked    bool     // the teller is linked to it
}

// askForPeers asks the other side of a link that we keep, once. n.mu is held.
func (l *link) askForPeers() {
	if l.told.asked || l.isSelf() || l.node.cfg.Deaf {
		return
	}
	l.told.asked = true
	l.say(&wire.Frame{Body: &wire.Frame_PeersAsk{PeersAsk: &wire.PeersAsk{}}})
}

// askIfKept asks on a link that is up.
func (l *link) askIfKept() {
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	if l.ours.Load() {
		l.askForPeers()
	}
}

// keptOrNot notes that the other side keeps the link, or no longer.
func (l *link) keptOrNot() {
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	l.node.news++
}

// asksForPeers has the other side told with the next tick.
func (l *link) asksForPeers() {
	if l.node.cfg.Deaf {
		return
	}
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	if !l.told.asks {
		l.told.asks, l.told.devices = true, make(map[chat.Remote]string)
		poke(l.node.wakeExchange)
	}
}

// exchange tells those who asked what is new, until ctx is done.
func (n *Node) exchange(ctx context.Context) {
	ticker := time.NewTicker(exchangeTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-n.wakeExchange:
		case <-ctx.Done():
			return
		}
		n.tellAll(time.Now())
	}
}

func (n *Node) tellAll(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all map[chat.Remote]*wire.Whereabouts
	for _, l := range n.links {
		t := &l.told
		if !t.asks || t.news == n.news || !t.at.IsZero() && now.Sub(t.at) < exchangeGap {
			continue
		}
		if all == nil {
			all = n.whereabouts()
		}
		t.at = now
		if peers, more := t.tell(l.Peer, all); len(peers) > 0 {
			l.say(&wire.Frame{Body: &wire.Frame_Peers{Peers: &wire.Peers{Peers: peers}}})
			if more {
				continue
			}
		}
		t.news = n.news
	}
}

// tell picks what a peer was not told yet, and whether there is more.
func (t *told) tell(to chat.PeerID, all map[chat.Remote]*wire.Whereabouts) (out []*wire.Whereabouts, more bool) {
	for remote := range t.devices {
		if all[remote] != nil {
			continue
		}
		if len(out) == wire.MaxPeers {
			return out, true
		}
		delete(t.devices, remote)
		out = append(out, &wire.Whereabouts{Peer: remote.Peer[:], Device: remote.Device[:]})
	}
	for remote, w := range all {
		key := string(w.GetAddresses())
		if w.GetLinked() {
			key += "+"
		}
		before, known := t.devices[remote]
		if remote.Peer == to || known && before == key || !known && len(t.devices) >= maxTold {
			continue
		}
		if len(out) == wire.MaxPeers {
			return out, true
		}
		t.devices[remote] = key
		out = append(out, w)
	}
	return out, false
}

// whereabouts are all that may be told to others: who was heard on the network, and who is linked to stay. n.mu is held.
func (n *Node) whereabouts() map[chat.Remote]*wire.Whereabouts {
	places := make(map[chat.Remote][]string)
	for r, l := range n.links {
		if l.lasts() {
			places[r] = []string{l.address}
		}
	}
	for p, m := range n.peers {
		for _, d := range m.devices {
			if d.alive() { // besides the link's own address, which may lead there only from here
				r := chat.Remote{Peer: p, Device: d.id}
				places[r] = append(places[r], d.addresses...)
			}
		}
	}
	all := make(map[chat.Remote]*wire.Whereabouts)
	for r, addresses := range places {
		packed := packAddresses(addresses)
		if r.Peer == n.self || n.blocks(r.Peer) || len(packed) == 0 {
			continue
		}
		l := n.links[r]
		all[r] = &wire.Whereabouts{Peer: r.Peer[:], Device: r.Device[:], Addresses: packed, Linked: l != nil && l.lasts()}
	}
	return all
}

// lasts reports whether others may be told of the link: a visit is over before anybody could make use of it.
func (l *link) lasts() bool { return l.kept() && l.address != "" }

// packAddresses encodes what others may dial, in an order that does not change by itself.
func packAddresses(addresses []string) []byte {
	var all [][]byte
	for _, a := range addresses {
		ap, err := netip.ParseAddrPort(a)
		if err != nil || !mayTell(ap) {
			continue
		}
		ip := ap.Addr().As16()
		packed := binary.BigEndian.AppendUint16(ip[:], ap.Port())
		if len(all) < wire.MaxAddresses && !slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, packed) }) {
			all = append(all, packed)
		}
	}
	slices.SortFunc(all, bytes.Compare)
	return slices.Concat(all...)
}

// mayTell reports whether an address is one of a LAN and its port one of a program: nobody is to dial others' machines on
// the internet, or the services of a system, because somebody told so.
func mayTell(ap netip.AddrPort) bool {
	ip := ap.Addr().Unmap()
	return (ip.IsPrivate() || ip.IsLinkLocalUnicast()) && ap.Port() >= minPort
}

// hearsOf takes over what was told, if we asked.
func (l *link) hearsOf(peers *wire.Peers) {
	n := l.node
	within := n.within()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !l.told.asked {
		return
	}
	for _, w := range peers.GetPeers() {
		r := chat.Remote{Peer: chat.PeerID(w.GetPeer()), Device: chat.DeviceID(w.GetDevice())}
		if r.Peer == n.self || r.Peer == l.Peer || n.blocks(r.Peer) {
			continue
		}
		if len(w.GetAddresses()) == 0 {
			n.unhint(r.Peer, l.Peer)
			continue
		}
		h := hint{teller: l.Peer, addresses: l.unpack(w.GetAddresses(), within), linked: w.GetLinked()}
		if (len(h.addresses) > 0 || h.linked) && l.told.limit.Allow() && n.hints.Allow() {
			n.hint(r.Peer, h)
		}
	}
}

// within tells which addresses lie in the networks of the interfaces that this node is limited to: all, if it is to none. A
// hint must not lead it elsewhere.
func (n *Node) within() func(netip.Addr) bool {
	if len(n.cfg.Interfaces) == 0 {
		return func(netip.Addr) bool { return true }
	}
	var networks []netip.Prefix
	for _, name := range n.cfg.Interfaces {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			continue // it is not there now
		}
		addresses, _ := ifi.Addrs()
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				networks = append(networks, p.Masked())
			}
		}
	}
	return func(ip netip.Addr) bool {
		if zone := ip.Zone(); zone != "" {
			return slices.Contains(n.cfg.Interfaces, zone)
		}
		return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
}

// unpack decodes addresses that may be dialled.
func (l *link) unpack(packed []byte, within func(netip.Addr) bool) (out []string) {
	zone := zoneOf(l.conn)
	for one := range slices.Chunk(packed, wire.AddressSize) {
		ip := netip.AddrFrom16([16]byte(one)).Unmap()
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			if zone == "" {
				continue
			}
			ip = ip.WithZone(zone)
		}
		if ap := netip.AddrPortFrom(ip, binary.BigEndian.Uint16(one[16:])); mayTell(ap) && within(ip) {
			out = append(out, ap.String())
		}
	}
	return out
}

// zoneOf is the interface of a connection between link-local addresses, empty for others.
func zoneOf(c net.Conn) string {
	if tcp, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return tcp.Zone
	}
	return ""
}

// hint remembers what was told of p, and has it dialled once if it is news and nothing else leads there. n.mu is held.
func (n *Node) hint(p chat.PeerID, h hint) {
	m := n.peers[p]
	if m == nil {
		if n.hinted >= maxHinted {
			return
		}
		m = n.neighbour(p)
	}
	if len(m.hints) == 0 {
		n.hinted++
	}
	known := slices.ContainsFunc(m.hints, func(o hint) bool { return slices.Equal(o.addresses, h.addresses) })
	m.hints = slices.DeleteFunc(m.hints, func(o hint) bool { return o.teller == h.teller })
	m.hints = slices.Insert(m.hints, 0, h)
	m.hints = m.hints[:min(len(m.hints), maxHints)]
	if known || len(h.addresses) == 0 || m.seen() || n.linked(p) {
		return
	}
	d := m.device(whichever)
	now := time.Now()
	n.hintAt = later(now, n.hintAt.Add(hintSpacing))
	d.once, d.failures, d.next = true, 0, n.hintAt
	poke(n.wakeKeeper)
}

// unhint forgets what a peer told of p. n.mu is held.
func (n *Node) unhint(p, teller chat.PeerID) {
	m := n.peers[p]
	if m == nil || len(m.hints) == 0 {
		return
	}
	m.hints = slices.DeleteFunc(m.hints, func(o hint) bool { return o.teller == teller })
	if len(m.hints) == 0 {
		n.hinted--
	}
}

// toldNoMore forgets all that came by a link that ends. n.mu is held.
func (n *Node) toldNoMore(l *link) {
	if !l.told.asked {
		return
	}
	for p := range n.peers {
		n.unhint(p, l.Peer)
	}
}

// tellers are the linked peers that say they are linked to m.
func (m *neighbour) tellers() (out []chat.PeerID) {
	for _, h := range m.hints {
		if h.linked {
			out = append(out, h.teller)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
