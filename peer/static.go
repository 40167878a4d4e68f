package peer

import (
	"context"

	"haggle/chat"
)

// meetStatic dials a peer of the configuration until it was met once; from then on it is kept like one with whom there is
// a room.
func (n *Node) meetStatic(ctx context.Context, i chat.Invite) {
	if !i.Peer.IsZero() {
		n.keepStatic(i.Peer, i.Addresses)
		return // the keeper does the rest
	}
	for failures := 0; ; failures++ {
		for _, address := range i.Addresses {
			if met, err := n.Dial(ctx, address, i.Peer); err == nil {
				n.keepStatic(met, i.Addresses)
				return
			}
		}
		if !pause(ctx, jitter(retries[min(failures, len(retries)-1)])) {
			return
		}
	}
}

func (n *Node) keepStatic(p chat.PeerID, addresses []string) {
	if p == n.self {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.neighbour(p)
	m.kept, m.static = true, true
	m.remember(addresses)
	n.urge(m, p)
	for remote, l := range n.links {
		if remote.Peer == p {
			l.keep(n.keeps(p))
		}
	}
	poke(n.wakeKeeper)
}
