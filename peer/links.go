package peer

import (
	"bytes"
	"cmp"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// crossing is how close two diallings in opposite directions are to count as one wish.
const crossing = 2 * time.Second

// register makes l the link to its remote, or says why not: errBlocked, errLinked, errMirror, errClash, errEnding. The
// dialler calls it before its own hello goes out, the other side after that came in.
func (n *Node) register(l *link) error {
	known := l.Peer == n.self || n.cfg.Known(l.Peer)
	clash := false
	err := func() error {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch {
		case n.over || l.device != n.device:
			return errEnding
		case n.blocks(l.Peer):
			return errBlocked
		case l.Peer == n.self && l.nonce == n.nonce:
			return errMirror
		case l.Peer == n.self && l.Device == n.device:
			clash = true
			return errClash
		}
		old := n.links[l.Remote]
		if old != nil && !old.ending && old.device == l.device && old.nonce == l.nonce && old.stays(l) {
			old.check(old.silence() / 2) // unless it is half dead
			return errLinked
		}
		l.since, l.replaces = time.Now(), old
		n.links[l.Remote] = l
		l.keep(n.keeps(l.Peer))
		n.met(l)
		if l.known = known || n.keeps(l.Peer); l.known {
			l.ticket.known()
		}
		n.running.Add(1) // for run; before Run can begin to wait
		if old != nil {
			old.replaced = !old.ending
			old.cut()
		}
		return nil
	}()
	if clash {
		n.deliver(chat.DeviceClash{})
	}
	return err
}

// stays reports whether an established link wins over a new one of the same two runs. Both ends come to the same
// answer: whoever dials has looked for a link before, so a new one means that the other side has lost the old one,
// except when both were dialled at once. Then the one dialled by the smaller end stays.
func (l *link) stays(newer *link) bool {
	if newer.dialled {
		return true // ours to decide: the other side has not heard our hello yet
	}
	return l.dialled && time.Since(l.since) < crossing && l.node.smaller(l.device, l.Remote)
}

// smaller reports whether this end, as device, orders before the other.
func (n *Node) smaller(device chat.DeviceID, other chat.Remote) bool {
	return cmp.Or(bytes.Compare(n.self[:], other.Peer[:]), bytes.Compare(device[:], other.Device[:])) < 0
}

// ended tells of the end of a link, unless another took its place.
func (n *Node) ended(l *link) {
	n.mu.Lock()
	tell := !l.replaced && l.reported
	l.ending = !l.replaced
	n.mu.Unlock()
	if tell {
		n.deliver(l.down())
		l.reported = false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.links[l.Remote] != l {
		return
	}
	delete(n.links, l.Remote)
	n.lost(l)
}

// linked reports whether there is a link to a peer, on whatever device. n.mu is held.
func (n *Node) linked(p chat.PeerID) bool {
	for remote := range n.links {
		if remote.Peer == p {
			return true
		}
	}
	return false
}

// Keep implements chat.Link.
func (n *Node) Keep(wanted []chat.Wanted) {
	n.mu.Lock()
	defer n.mu.Unlock()
	keep := map[chat.PeerID]bool{n.self: true}
	for _, w := range wanted {
		keep[w.Peer] = true
	}
	for p, m := range n.peers {
		m.kept = m.kept && (keep[p] || m.static)
	}
	for _, w := range wanted {
		if w.Peer == n.self {
			continue
		}
		m := n.neighbour(w.Peer)
		if news := m.remember(w.Addresses); news || !m.kept {
			m.kept = true
			n.urge(m, w.Peer)
		}
	}
	for remote, l := range n.links {
		kept := n.keeps(remote.Peer)
		if l.keep(kept); kept {
			l.known = true
			l.ticket.known()
		}
	}
	poke(n.wakeKeeper)
}

// keeps reports whether links to p are to last. n.mu is held.
func (n *Node) keeps(p chat.PeerID) bool {
	m := n.peers[p]
	return m != nil && m.kept && !m.blocked
}

// Block implements chat.Link.
func (n *Node) Block(p chat.PeerID, blocked bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.neighbour(p)
	m.blocked = blocked
	n.urge(m, p)
	for remote, l := range n.links {
		if blocked && remote.Peer == p {
			l.cut()
		}
	}
}

// blocks reports whether p is blocked. n.mu is held.
func (n *Node) blocks(p chat.PeerID) bool {
	m := n.peers[p]
	return m != nil && m.blocked
}

// makeRoom sends the stranger away who was silent longest.
func (n *Node) makeRoom() {
	n.mu.Lock()
	defer n.mu.Unlock()
	var silent *link
	var longest time.Duration
	for _, l := range n.links {
		if quiet := time.Duration(l.conn.age() - l.active.Load()); !l.known && quiet >= longest {
			silent, longest = l, quiet
		}
	}
	if silent != nil {
		silent.end(wire.Bye_REASON_FULL)
	}
}

// Watch tells whether somebody looks at a peer's presence right now: links to it notice twice as fast that it is gone.
func (n *Node) Watch(p chat.PeerID, watched bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.neighbour(p).watched = watched
	for remote, l := range n.links {
		if remote.Peer == p && l.watched.Swap(watched) != watched {
			l.conn.watch(l.silence())
			poke(l.changed)
		}
	}
}

// Rotate implements chat.Link.
func (n *Node) Rotate(device chat.DeviceID) {
	n.mu.Lock()
	n.device = device
	for _, l := range n.links {
		l.end(wire.Bye_REASON_QUIT)
	}
	n.mu.Unlock()
	n.announce()
	n.hurryDials()
}
