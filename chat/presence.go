package chat

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// link is one live link to a device of another peer.
type link struct {
	remote   Remote
	address  string
	version  string
	clockOff int32     // seconds the other's clock is ahead of ours; 0 within a minute
	heard    [2]bool   // by own role: the other's Have for that room came
	theirs   [2][]Head // by own role: what that said of own logs
	cursors  map[LogID]*cursor
	progress time.Time     // of the last receipt, or of the last reminder
	patience time.Duration // until the next reminder
	asked    time.Time     // askAgain's last

	asking     bool // a catalogue is on its way
	askedAfter uint64
	compared   map[ListingID]bool // what it named, while everything is compared; else nil
	compares   int                // comparisons that ended in a difference

	wants   int           // that came since the last tick
	paged   time.Time     // moved on by pageEvery with each page of the own goods
	unasked *CatalogueAsk // waits for its page

	parcels bool              // the other side takes them
	offered time.Time         // when all that is carried for it was offered last
	offers  []ParcelOffer     // of the other side, to be taken
	later   map[Hash]deferred // those that could not be taken yet
	served  time.Time         // when one of its parcels came last
}

// peerState is what the node knows in this run of a peer beyond what is stored.
type peerState struct {
	stored     Peer
	name       string
	picture    Hash // its portrait, zero for none
	remark     Remark
	links      int
	proven     bool // key proven in this run, and nothing spoke against it since
	announced  bool // its announcement is alive
	online     bool // as last told
	introduced bool // its profile is known, or was waited for in vain
	seen       uint32
	visited    bool      // our copy of its catalogue is what it announced last
	planned    bool      // a visit waits for its jitter
	visits     time.Time // moved on by visitEvery with each visit on a hint
	doubted    time.Time // when a goodbye was heard that no link has refuted yet; else zero
	market     uint64    // bytes of its catalogue here
	coming     int       // and of what is on its way to the disk
	neighbour  bool
	believed   bool                    // a version of an own log that it could not show was taken as true in this run
	awaited    []func(PeerView, error) // AddPeer's, until the link is seen
	looked     bool                    // for missing pictures in the common rooms
	renamed    time.Time               // moved on by profileEvery with each profile
	unread     *ProfileFrame           // waits for its turn
	tag        string                  // its ID.Short, made once
	look       looked                  // of its names
	complaints minute                  // lines of the log about what it did wrong
	line       []*fetch                // pictures that it may give, in the order they are wanted
	fetching   *fetch                  // the one that is coming
	useless    int                     // parcels of it that were of no use in this run
	taken      int                     // parcels of it in the hour that began at takenAt
	takenAt    time.Time
}

// contact is a peer with whom there is a room.
type contact struct {
	activeAt int64
	accepted bool
}

// clockSlack is how far a clock may be off before people are told.
const clockSlack = time.Minute

// greet prepares what follows from the store alone: whom to stay linked with, what to announce.
func (n *Node) greet() {
	n.updateKeep()
	n.link.Announce(uint32(n.catalogue))
	for _, p := range n.sortedPeers() {
		if p.stored.Blocked {
			n.link.Block(p.stored.ID, true)
		}
	}
}

func (n *Node) linkEvent(e LinkEvent) {
	switch e := e.(type) {
	case LinkUp:
		n.linkUp(e)
	case LinkDown:
		n.linkDown(e)
	case FrameReceived:
		if l := n.links[e.Remote]; l != nil && !n.blocked(e.Remote.Peer) {
			n.receive(l, e.Frame)
		}
	case PeerSeen:
		n.peerSeen(e)
	case SelfElsewhere:
		n.elsewhereSeen(e)
	case DeviceClash:
		n.rotate()
	case NetworkChanged:
		n.notify(e)
	}
}

func (n *Node) receive(l *link, f Frame) {
	switch f := f.(type) {
	case Have:
		n.receiveHave(l, f)
	case Entries:
		n.receiveEntries(l, f)
	case ReceiptFrame:
		n.receiveReceipt(l, f)
	case ProfileFrame:
		n.receiveProfile(l, f)
	case CatalogueFrame:
		n.receiveCatalogue(l, f)
	case CatalogueAsk:
		n.receiveCatalogueAsk(l, f)
	case ListingsFrame:
		n.receiveListings(l, f)
	case Want:
		n.receiveWant(l, f)
	case Chunk:
		n.receiveChunk(l, f)
	case Absent:
		n.receiveAbsent(l, f)
	case ParcelOffer:
		n.receiveOffer(l, f)
	case ParcelAsk:
		n.receiveParcelAsk(l, f)
	case ParcelChunk:
		n.receiveParcelChunk(l, f)
	case ParcelTaken:
		n.receiveParcelTaken(l, f)
	}
}

// send reports whether the link took the frame.
func (n *Node) send(l *link, f Frame) bool {
	err := n.link.Send(l.remote, f)
	if err != nil && !errors.Is(err, ErrNotLinked) {
		n.about(l.remote.Peer).Warn("Frame not sent", "peer", l.remote.Peer, "err", err)
	}
	return err == nil
}

func (n *Node) linkUp(e LinkUp) {
	if e.Remote.Peer == n.self.ID {
		return
	}
	if p := n.peers[e.Remote.Peer]; (p == nil || p.stored.ProvenAt == 0) && n.crowded() {
		return // nothing that it says is heard
	}
	p := n.peer(e.Remote.Peer)
	l := &link{
		remote: e.Remote, address: e.Address, version: e.Version, cursors: map[LogID]*cursor{},
		progress: time.Now(), patience: patience, parcels: e.Parcels, later: map[Hash]deferred{},
	}
	if off := e.ClockOff; off.Abs() > clockSlack {
		l.clockOff = int32(max(min(off/time.Second, 1<<31-1), -1<<31))
	}
	old := n.links[e.Remote]
	n.links[e.Remote] = l
	if old == nil {
		p.links++
	} else {
		n.dropFetch(old)
		n.dropIntake(old)
	}
	if !p.doubted.IsZero() {
		p.doubted, p.announced = time.Time{}, true // somebody else said goodbye
	}
	p.proven, p.visited, p.planned = true, false, false
	p.sight(n.nowMilli(), e.Address)
	n.storePeer(p)
	if !p.introduced {
		n.after(introduction, func() { n.introduce(p) })
	}
	n.settlePresence(p)
	if _, known := n.contacts[e.Remote.Peer]; !known && !p.neighbour {
		n.updateKeep()
	}
	n.send(l, ProfileFrame{Record: n.profile.Encode()})
	n.send(l, CatalogueFrame{Digest: n.catalogue})
	n.sendHave(l, Buyer, false)
	n.sendHave(l, Seller, false)
	n.wantPeer(p)
	n.offerCarried(l)
}

// crowded reports whether no further peer can be remembered.
func (n *Node) crowded() bool {
	proven := 0
	for _, p := range n.peers {
		if p.stored.ProvenAt != 0 {
			proven++
		}
	}
	return proven >= MaxPeers
}

// sight notes that the peer was met now, at an address that worked.
func (p *peerState) sight(now int64, address string) {
	if p.stored.ProvenAt == 0 {
		p.stored.ProvenAt = now
	}
	p.stored.LastSeen = now
	if address != "" {
		a := slices.DeleteFunc(slices.Clone(p.stored.Addresses), func(s string) bool { return s == address })
		a = slices.Insert(a, 0, address)
		p.stored.Addresses = a[:min(len(a), 8)]
	}
}

func (n *Node) linkDown(e LinkDown) {
	l := n.links[e.Remote]
	if l == nil {
		return
	}
	delete(n.links, e.Remote)
	p := n.peer(e.Remote.Peer)
	p.links--
	n.dropFetch(l)
	n.dropIntake(l)
	p.stored.LastSeen = n.nowMilli()
	n.storePeer(p)
	if p.links > 0 {
		return
	}
	if !e.Idle { // a broken link speaks against the announcement, too, until the key is proven again
		p.proven, p.announced, p.doubted = false, false, time.Time{}
	}
	n.settlePresence(p)
	if p.announced && !p.visited && !p.planned {
		n.planVisit(p)
	}
}

// peerSeen takes an announcement: a hint that a visit may be worth it.
func (n *Node) peerSeen(e PeerSeen) {
	if e.Peer == n.self.ID {
		return
	}
	p := n.peers[e.Peer]
	if e.Gone {
		if p == nil || p.links > 0 || !p.announced {
			return
		}
		n.doubt(p)
		return
	}
	if p == nil {
		if len(n.peers) >= maxPeers {
			return
		}
		p = n.peer(e.Peer)
	}
	if p.seen != e.Catalogue || p.stored.CatalogueAt == 0 {
		p.visited = uint32(p.stored.CatalogueDigest) == e.Catalogue && p.stored.CatalogueAt != 0
	}
	p.announced, p.seen = true, e.Catalogue
	n.settlePresence(p)
	if p.links > 0 || p.planned || p.stored.Blocked {
		return
	}
	if !p.proven || !p.visited {
		n.planVisit(p)
	}
}

// goodbyeTime is how long a peer has to contradict a goodbye in its name.
const goodbyeTime = 2 * time.Second

// doubt asks a peer whether it is gone: anybody can say goodbye for it. Until it had time to answer nothing changes.
func (n *Node) doubt(p *peerState) {
	if !p.doubted.IsZero() {
		return
	}
	heard := time.Now()
	p.doubted, p.announced = heard, false
	n.link.Visit(p.stored.ID)
	n.after(goodbyeTime, func() {
		if p.doubted != heard {
			return
		}
		p.doubted, p.proven = time.Time{}, false
		n.settlePresence(p)
		if p.announced && p.links == 0 && !p.planned {
			n.planVisit(p) // it was heard again since
		}
	})
}

const (
	maxPeers    = 100_000
	visitJitter = 1500 * time.Millisecond
	visitEvery  = 10 * time.Second // for each peer, on hints alone,
	visitBurst  = 3                // but so many at once: people see a change of goods within three seconds
	fewPeers    = 20               // on a small network nobody has to wait for the others
	smallJitter = 50 * time.Millisecond
)

func (n *Node) planVisit(p *peerState) {
	if n.cfg.Host != nil {
		return
	}
	wait := n.jitter(visitJitter)
	if len(n.peers) < fewPeers {
		wait = n.jitter(smallJitter)
	}
	pause := time.Until(p.visits.Add(-(visitBurst - 1) * visitEvery))
	if p.proven && len(n.peers) < fewPeers { // who never proved a key may be somebody's invention
		pause = min(pause, n.jitter(visitJitter))
	}
	wait = max(wait, pause)
	p.planned = true
	n.after(wait, func() {
		if p.planned && p.links == 0 {
			p.planned = false
			if now := time.Now(); p.visits.Before(now) {
				p.visits = now
			}
			p.visits = p.visits.Add(visitEvery)
			n.link.Visit(p.stored.ID)
		}
	})
}

// settlePresence tells a change: online is a live link, or an announcement of a key that was proven in this run.
func (n *Node) settlePresence(p *peerState) {
	alive := p.announced || !p.doubted.IsZero()
	online := p.introduced && !p.stored.Blocked && (p.links > 0 || (alive && p.proven))
	if online == p.online {
		return
	}
	p.online = online
	n.publishView()
	if online {
		n.renewView()
		for _, then := range p.awaited {
			then(n.Peer(p.stored.ID), nil)
		}
		p.awaited = nil
		n.notify(PeerOnline{Peer: p.stored.ID})
	} else {
		n.notify(PeerOffline{Peer: p.stored.ID})
	}
}

// introduction is how long a new peer's presence waits for its profile, so that people see a name from the start.
const introduction = 500 * time.Millisecond

// introduce notes that the peer's profile is known, or does not come.
func (n *Node) introduce(p *peerState) {
	p.introduced = true
	n.settlePresence(p)
}

func (n *Node) elsewhereSeen(e SelfElsewhere) {
	if e.Gone {
		delete(n.elsewhere, e.Device)
		n.publishView()
		return
	}
	_, known := n.elsewhere[e.Device]
	n.elsewhere[e.Device] = e.Addresses
	n.publishView()
	if !known {
		n.notify(OtherDevice{Device: e.Device, Addresses: e.Addresses})
	}
}

// peer finds or makes the state of a peer.
func (n *Node) peer(id PeerID) *peerState {
	p := n.peers[id]
	if p == nil {
		p = &peerState{stored: Peer{ID: id}, tag: id.Short()}
		n.peers[id] = p
	}
	return p
}

func (n *Node) sortedPeers() []*peerState {
	all := make([]*peerState, 0, len(n.peers))
	for _, p := range n.peers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *peerState) int { return comparePeers(a.stored.ID, b.stored.ID) })
	return all
}

func comparePeers(a, b PeerID) int { return strings.Compare(string(a[:]), string(b[:])) }

// storePeer keeps what was learnt of a peer; soft, since the next meeting tells it again.
func (n *Node) storePeer(p *peerState) {
	if p.stored.ProvenAt == 0 {
		return
	}
	n.publishView()
	n.stage(&step{records: []Record{PeerRecord{Peer: p.stored}}, size: 256, soft: true, then: func(error) {}})
}

func (n *Node) loadPeers() error {
	stored, err := n.store.Peers()
	if err != nil {
		return err
	}
	for _, p := range stored {
		state := n.peer(p.ID)
		state.stored = p
		profile, err := n.store.Profile(p.ID)
		if err == nil {
			state.name, state.picture, state.introduced = profile.Name, profile.Picture, true
		} else if !isNotFound(err) {
			return err
		}
		if err := n.loadRemark(state); err != nil {
			return err
		}
		_, _, bytes, err := n.store.CatalogueState(p.ID)
		if err != nil {
			return err
		}
		state.market = uint64(bytes)
		n.market += state.market
	}
	return nil
}

// linksTo are the links to a peer's devices, in a fixed order.
func (n *Node) linksTo(peer PeerID) []*link {
	if p := n.peers[peer]; p == nil || p.links == 0 {
		return nil
	}
	var links []*link
	for remote, l := range n.links {
		if remote.Peer == peer {
			links = append(links, l)
		}
	}
	sortLinks(links)
	return links
}

func (n *Node) allLinks() []*link {
	links := make([]*link, 0, len(n.links))
	for _, l := range n.links {
		links = append(links, l)
	}
	sortLinks(links)
	return links
}

func sortLinks(links []*link) {
	if len(links) < 2 {
		return
	}
	slices.SortFunc(links, func(a, b *link) int {
		if c := comparePeers(a.remote.Peer, b.remote.Peer); c != 0 {
			return c
		}
		return strings.Compare(string(a.remote.Device[:]), string(b.remote.Device[:]))
	})
}

// chooseNeighbours picks the peers without a room to stay linked with: those whose presence nothing but their link
// proves, then others that are linked or heard, then those met most recently, whose remembered addresses are tried. Among
// the many that are heard those count whose IDs are nearest to the own one: near is mutual, so two choose one another, and
// the links of all are hardly more than each one's choice.
func (n *Node) chooseNeighbours() []*peerState {
	rank := func(p *peerState) int {
		switch {
		case p.links > 0 && !p.announced:
			return 0
		case p.links > 0 || p.announced:
			return 1
		default:
			return 2
		}
	}
	order := func(a, b *peerState) int {
		ra, rb := rank(a), rank(b)
		if ra == 2 {
			return cmp.Or(cmp.Compare(ra, rb), cmp.Compare(b.stored.LastSeen, a.stored.LastSeen))
		}
		return cmp.Or(cmp.Compare(ra, rb), n.nearer(a.stored.ID, b.stored.ID))
	}
	var list []*peerState
	for _, p := range n.peers { // of which nearly all may be somebody's invention
		_, known := n.contacts[p.stored.ID]
		if n.cfg.Host != nil {
			known = true // a guest has neighbours enough in its host's
		}
		if met := p.links > 0 || p.announced || len(p.stored.Addresses) > 0; !known && !p.stored.Blocked && met {
			list = append(list, p)
		} else {
			p.neighbour = false
		}
	}
	slices.SortFunc(list, func(a, b *peerState) int {
		return cmp.Or(order(a, b), comparePeers(a.stored.ID, b.stored.ID))
	})
	for i, p := range list {
		p.neighbour = i < MaxNeighbours
	}
	return list[:min(len(list), MaxNeighbours)]
}

// nearer compares which of two IDs has more leading bits in common with the own one.
func (n *Node) nearer(a, b PeerID) int {
	for i, own := range n.self.ID {
		if c := cmp.Compare(a[i]^own, b[i]^own); c != 0 {
			return c
		}
	}
	return 0
}

// noteContact remembers with whom there is a room.
func (n *Node) noteContact(s *RoomState) {
	_, peer := s.Role(n.self.ID)
	c := n.contacts[peer]
	c.activeAt = max(c.activeAt, s.ActiveAt)
	c.accepted = c.accepted || s.Accepted
	n.contacts[peer] = c
}

// noteActivity moves a room's contact up among those to stay linked with.
func (n *Node) noteActivity(r *room) {
	now := n.nowMilli()
	r.state.ActiveAt = now
	c := n.contacts[r.peer]
	stale := now-c.activeAt > int64(LinkedFor/time.Millisecond)/2
	c.activeAt = max(c.activeAt, now)
	n.contacts[r.peer] = c
	if stale {
		n.updateKeep()
	}
}

// updateKeep tells the link layer whom to stay linked with: people with activity in the last days or something waiting,
// accepted rooms before requests, and, while there is room, some neighbours, whose presence is then proven. A market of
// a thousand machines must not become a mesh.
func (n *Node) updateKeep() {
	type candidate struct {
		id PeerID
		contact
	}
	var list []candidate
	oldest := n.nowMilli() - int64(LinkedFor/time.Millisecond)
	for id, c := range n.contacts {
		if p := n.peers[id]; p != nil && p.stored.Blocked {
			continue
		}
		if c.activeAt >= oldest || n.waitingFor(id) {
			list = append(list, candidate{id, c})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		for _, better := range []func(candidate) bool{func(c candidate) bool { return c.accepted }, func(c candidate) bool { return n.findable(c.id) }} {
			if better(a) != better(b) {
				if better(a) {
					return -1
				}
				return 1
			}
		}
		return cmp.Or(cmp.Compare(b.activeAt, a.activeAt), comparePeers(a.id, b.id))
	})
	var keep []Wanted
	for _, c := range list[:min(len(list), MaxLinks)] {
		w := Wanted{Peer: c.id}
		if p := n.peers[c.id]; p != nil {
			w.Addresses = slices.Clone(p.stored.Addresses)
		}
		keep = append(keep, w)
	}
	for id := range n.carried {
		if _, known := n.contacts[id]; !known && id != n.self.ID && !n.blocked(id) {
			keep = append(keep, Wanted{Peer: id, Addresses: slices.Clone(n.peer(id).stored.Addresses)})
		}
	}
	for _, p := range n.chooseNeighbours() {
		keep = append(keep, Wanted{Peer: p.stored.ID, Addresses: slices.Clone(p.stored.Addresses)})
	}
	n.link.Keep(keep)
}

// findable reports whether there is any way to a peer now: guests at kiosks, who never come back, must not keep others out.
func (n *Node) findable(id PeerID) bool {
	p := n.peers[id]
	return p != nil && (p.links > 0 || p.announced || len(p.stored.Addresses) > 0)
}

// waitingFor reports whether a peer still lacks something of ours.
func (n *Node) waitingFor(peer PeerID) bool {
	for _, id := range []RoomID{RoomFor(n.self.ID, peer), RoomFor(peer, n.self.ID)} {
		r, err := n.roomByID(id)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(r.order, (*roomLog).waiting) {
			return true
		}
	}
	return false
}
