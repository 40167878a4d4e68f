package chat

import "slices"

// Names prove nothing (A4). Who is called like somebody else carries a tag, and so does the other one; and whoever comes
// under the name of somebody that the people here know is told from them by more than that.

// likeness is who has names of one look.
type likeness struct {
	count int    // of peers, oneself among them
	known PeerID // the one that was compared, or else the first that was talked with; zero if none
	sure  bool   // known was compared
	met   int64  // when known was met first
}

// looked is how names look, kept until they change: there may be thousands of peers, and this is asked at every change of
// presence.
type looked struct {
	name, alias string // whose
	looks       []string
}

// looks are the looks of a peer's name and of what it is called here.
func (n *Node) looks(p *peerState) []string {
	k := &p.look
	if k.looks != nil && k.name == p.name && k.alias == p.remark.Alias {
		return k.looks
	}
	*k = looked{p.name, p.remark.Alias, []string{n.cfg.Skeleton(p.name)}}
	if k.alias != "" {
		if alias := n.cfg.Skeleton(k.alias); alias != k.looks[0] {
			k.looks = append(k.looks, alias)
		}
	}
	return k.looks
}

// lookAlikes counts who looks like whom, among about so many.
func (n *Node) lookAlikes(about int) map[string]likeness {
	alike := make(map[string]likeness, about)
	alike[n.cfg.Skeleton(n.profile.Name)] = likeness{count: 1}
	for id, p := range n.peers {
		if p.stored.ProvenAt == 0 {
			continue
		}
		for _, look := range n.looks(p) {
			l := alike[look]
			l.count++
			sure, first := p.stored.Verified, p.stored.ProvenAt
			known := sure || n.contacts[id].accepted
			if known && (l.known.IsZero() || sure && !l.sure || sure == l.sure && (first < l.met || first == l.met && comparePeers(id, l.known) < 0)) {
				l.known, l.sure, l.met = id, sure, first
			}
			alike[look] = l
		}
	}
	return alike
}

// tellAlike tells of everybody else whose tag came or went with a peer's new name.
func (n *Node) tellAlike(before *view, renamed PeerID) {
	n.renewView()
	now := n.view.Load()
	var changed []PeerID
	for id := range n.peers {
		if old, is := before.peers[id], now.peers[id]; id != renamed && (old.NameTag != is.NameTag || old.Resembles != is.Resembles) {
			changed = append(changed, id)
		}
	}
	slices.SortFunc(changed, comparePeers)
	for _, id := range changed {
		n.notify(PeerChanged{Peer: id})
		n.touchRoomsWith(id)
	}
}
