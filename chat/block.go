package chat

import (
	"errors"
	"fmt"
)

// ErrBlocked refuses to talk to somebody who is blocked here.
var ErrBlocked = errors.New("this peer is blocked")

// Block makes a peer disappear, or lets it back: no link, no room, no message, no goods, across restarts, and it is told
// nothing. Rooms come back with their history, as requests: what was said meanwhile passes the stranger's quota.
// ErrNotFound for a peer whose key was never proven, ErrInvalid for oneself.
func (n *Node) Block(id PeerID, blocked bool, then func(PeerView, error)) {
	change(n, then, func() {
		if id == n.self.ID {
			then(PeerView{}, fmt.Errorf("nobody can block themselves: %w", ErrInvalid))
			return
		}
		p := n.peers[id]
		if p == nil || p.stored.ProvenAt == 0 {
			then(PeerView{}, ErrNotFound)
			return
		}
		if p.stored.Blocked == blocked {
			n.renewView()
			then(n.Peer(id), nil)
			return
		}
		before := p.stored
		p.stored.Blocked = blocked
		n.link.Block(id, blocked)
		records := n.unlearn(p, blocked)
		n.stage(&step{records: records, size: 512 * len(records), then: func(err error) {
			if err != nil {
				p.stored = before
				n.forgetMemory(RoomFor(n.self.ID, id))
				n.forgetMemory(RoomFor(id, n.self.ID))
				n.link.Block(id, !blocked)
				then(PeerView{}, err)
				return
			}
			n.updateKeep()
			n.publishView()
			n.renewView()
			then(n.Peer(id), nil)
			n.settlePresence(p)
			n.notify(PeerChanged{Peer: id})
			n.touchRoomsWith(id)
			if !blocked && p.announced && p.links == 0 && !p.planned {
				n.planVisit(p)
			}
		}})
	})
}

// unlearn is what blocking or unblocking does to the store: the goods go with the block, and come again after it; rooms
// are a stranger's once more.
func (n *Node) unlearn(p *peerState, blocked bool) []Record {
	id := p.stored.ID
	if blocked {
		n.market -= p.market
		p.market, p.visited = 0, false
		p.stored.CatalogueVersion, p.stored.CatalogueDigest, p.stored.CatalogueAt = 0, 0, 0
		return []Record{DropCatalogueRecord{Seller: id}, PeerRecord{Peer: p.stored}}
	}
	records := []Record{PeerRecord{Peer: p.stored}}
	for _, mine := range []Role{Buyer, Seller} {
		r, err := n.roomWith(id, mine)
		if err != nil {
			n.log.Error("Room not read", "err", err)
			continue
		}
		if !r.stored || !r.state.Shown || !r.state.Accepted {
			continue
		}
		r.state.Accepted = false
		n.strangers += r.state.stranger()
		records = append(records, RoomRecord{Buyer: r.state.Buyer, Seller: r.state.Seller, At: n.nowMilli(), Pinned: r.state.Pinned})
	}
	c := n.contacts[id]
	c.accepted = false
	n.contacts[id] = c
	return records
}

// blocked is whether a peer is blocked, for the node's goroutine.
func (n *Node) blocked(id PeerID) bool {
	p := n.peers[id]
	return p != nil && p.stored.Blocked
}

// blocks reports whether the other person of a room is blocked; for readers on any goroutine.
func (v *view) blocks(s *RoomState) bool {
	_, other := s.Role(v.self.ID)
	return v.peers[other].Blocked
}
