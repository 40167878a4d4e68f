package chat

import (
	"fmt"
	"slices"
)

// Introduction is what a host tells a guest's node of one peer: records that the host has verified.
type Introduction struct {
	Peer     Peer
	Online   bool
	Profile  *Profile   // nil for none
	Listings []*Listing // those that are new
}

// Introduce takes over what the host of this guest's node knows of a peer. ErrInvalid.
func (n *Node) Introduce(i Introduction, then func(struct{}, error)) {
	change(n, then, func() {
		if n.cfg.Host == nil || i.Peer.ID == n.self.ID || i.Peer.ID.IsZero() || i.Peer.ProvenAt == 0 {
			then(struct{}{}, fmt.Errorf("introduction: %w", ErrInvalid))
			return
		}
		p := n.peer(i.Peer.ID)
		p.stored.ProvenAt, p.stored.LastSeen = i.Peer.ProvenAt, max(p.stored.LastSeen, i.Peer.LastSeen)
		moved := !slices.Equal(p.stored.Addresses, i.Peer.Addresses)
		p.stored.Addresses = slices.Clone(i.Peer.Addresses[:min(len(i.Peer.Addresses), MaxAddresses)])
		records, size := []Record{PeerRecord{Peer: p.stored}}, 256
		if i.Profile != nil {
			records, size = append(records, ProfileRecord{Profile: i.Profile}), size+MaxProfile
		}
		for _, l := range i.Listings {
			records, size = append(records, ListingRecord{Listing: l}), size+MaxRecordBytes
		}
		n.stage(&step{records: records, size: size, then: func(err error) {
			if err == nil {
				n.introduced(p, i, moved)
			}
			then(struct{}{}, err)
		}})
	})
}

// introduced tells what an introduction changed.
func (n *Node) introduced(p *peerState, i Introduction, moved bool) {
	renamed := i.Profile != nil && (p.name != i.Profile.Name || p.picture != i.Profile.Picture)
	if renamed {
		p.name, p.picture = i.Profile.Name, i.Profile.Picture
	}
	if p.links == 0 {
		p.announced, p.proven = i.Online, i.Online
	}
	n.publishView()
	n.introduce(p)
	if _, known := n.contacts[p.stored.ID]; known && moved {
		n.updateKeep()
	}
	if renamed {
		n.notify(PeerChanged{Peer: p.stored.ID})
		n.touchRoomsWith(p.stored.ID)
	}
	for _, l := range i.Listings {
		n.notify(ListingChanged{Listing: l})
	}
}
