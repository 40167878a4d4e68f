package chat

import (
	"context"
	"fmt"
	"slices"
)

// view is what readers on other goroutines see of the node's memory: replaced as a whole, never changed.
type view struct {
	self      Identity
	profile   *Profile
	private   bool
	elsewhere map[DeviceID][]string
	peers     map[PeerID]PeerView
}

// publishView marks the view as outdated; it is replaced before the next event or turn.
func (n *Node) publishView() { n.outdated = true }

func (n *Node) renewView() {
	if !n.outdated {
		return
	}
	n.outdated = false
	known := 0 // of which there are about as many as before
	if before := n.view.Load(); before != nil {
		known = len(before.peers)
	}
	v := &view{
		self: n.self, profile: n.profile, private: n.private,
		elsewhere: map[DeviceID][]string{}, peers: make(map[PeerID]PeerView, known),
	}
	for d, a := range n.elsewhere {
		v.elsewhere[d] = a
	}
	alike := n.lookAlikes(known)
	for id, p := range n.peers {
		if p.stored.ProvenAt == 0 {
			continue
		}
		pv := PeerView{Peer: p.stored, Remark: p.remark, Name: p.name, Picture: p.picture, Online: p.online && !p.stored.Blocked}
		pv.Addresses = slices.Clone(p.stored.Addresses)
		for _, look := range n.looks(p) {
			if like := alike[look]; like.count > 1 {
				pv.NameTag = p.tag
				if like.known != id && !p.stored.Verified {
					pv.Resembles = like.known
				}
			}
		}
		v.peers[id] = pv
	}
	n.view.Store(v)
}

// SelfView is this installation as a person sees it.
type SelfView struct {
	ID           PeerID
	Device       DeviceID
	Name, About  string
	Picture      Hash // of the portrait, zero for none
	ReadReceipts bool
	Addresses    []string
	OtherDevices []DeviceID
}

// PeerView is another peer as a person sees it. NameTag is empty unless the name, or the alias, is shared or confusable.
// Resembles is then whom the people here know by that name, if it is somebody else: a known name under another key.
type PeerView struct {
	Peer
	Remark
	Name    string
	Picture Hash // of the portrait, zero for none; see ReadPicture
	NameTag string
	Online  bool

	Resembles PeerID // zero for nobody
}

// RoomView is a room as a person sees it.
type RoomView struct {
	ID            RoomID
	Buyer, Seller PeerID
	Mine          Role
	Peer          PeerView
	Listing       *Listing // pinned, nil if none
	Last          *Message // nil if none
	Unread        int
	Unanswered    bool // the newest message is the other person's
	Request       bool // a stranger's, not yet accepted or answered
	Shown         bool // in the inbox: false once deleted here, until a message arrives
	Draft         string
	ActiveAt      int64
}

// RoomFilter chooses rooms.
type RoomFilter uint8

// The filters. Requests are in AllRooms, too.
const (
	AllRooms RoomFilter = iota
	Buying
	Selling
	Unread
	Unanswered
	Requests
)

// Self is who this installation is now.
func (n *Node) Self() SelfView {
	v := n.view.Load()
	s := SelfView{
		ID: v.self.ID, Device: v.self.Device, Name: v.profile.Name, About: v.profile.About, Picture: v.profile.Picture,
		ReadReceipts: !v.private, Addresses: n.link.Addresses(),
	}
	for d := range v.elsewhere {
		s.OtherDevices = append(s.OtherDevices, d)
	}
	slices.SortFunc(s.OtherDevices, func(a, b DeviceID) int { return slices.Compare(a[:], b[:]) })
	return s
}

// Peers are all whose key was proven at least once, never oneself; by ID.
func (n *Node) Peers() []PeerView {
	v := n.view.Load()
	peers := make([]PeerView, 0, len(v.peers))
	for _, p := range v.peers {
		peers = append(peers, n.located(p))
	}
	slices.SortFunc(peers, func(a, b PeerView) int { return comparePeers(a.ID, b.ID) })
	return peers
}

// Peer is what is known of a peer; nothing but the ID if it was never met.
func (n *Node) Peer(id PeerID) PeerView {
	if p, ok := n.view.Load().peers[id]; ok {
		return n.located(p)
	}
	return PeerView{Peer: Peer{ID: id}}
}

// located puts the addresses where the peer is heard now before those remembered.
func (n *Node) located(p PeerView) PeerView {
	heard := n.link.AddressesOf(p.ID)
	for _, a := range p.Addresses {
		if !slices.Contains(heard, a) {
			heard = append(heard, a)
		}
	}
	p.Addresses = heard
	return p
}

// AddPeer links to whoever proves a key at host:port. It blocks until then or until ctx ends. ErrWrongIdentity,
// ErrUnreachable, ErrSelf.
func (n *Node) AddPeer(ctx context.Context, address string, want PeerID) (PeerView, error) {
	id, err := n.link.Dial(ctx, address, want)
	if err != nil {
		return PeerView{}, err
	}
	return Await(ctx, func(then func(PeerView, error)) { n.awaitProof(id, then) })
}

// awaitProof answers once the node has seen the link that Dial made.
func (n *Node) awaitProof(id PeerID, then func(PeerView, error)) {
	change(n, then, func() {
		p := n.peer(id)
		if !p.online {
			p.awaited = append(p.awaited, then)
			return
		}
		n.renewView()
		then(n.Peer(id), nil)
	})
}

// Room is one room, ErrNotFound if it was never opened.
func (n *Node) Room(id RoomID) (RoomView, error) {
	state, err := n.store.Room(id)
	if err != nil {
		return RoomView{}, err
	}
	return n.roomView(id, state)
}

func (n *Node) roomView(id RoomID, s *RoomState) (RoomView, error) {
	self := n.view.Load().self.ID
	mine, other := s.Role(self)
	v := RoomView{
		ID: id, Buyer: s.Buyer, Seller: s.Seller, Mine: mine, Peer: n.Peer(other),
		Unread: s.Unread(mine), Request: !s.Accepted, Shown: s.Shown, ActiveAt: s.ActiveAt,
	}
	if !s.Pinned.IsZero() {
		listing, err := n.store.Listing(s.Seller, s.Pinned)
		if err != nil && !isNotFound(err) {
			return v, err
		}
		v.Listing = listing
	}
	if s.Last != nil {
		row, err := n.store.Row(MessageID{LogID{id, s.Last.Author, s.Last.Device}, s.Last.Seq})
		if err != nil && !isNotFound(err) {
			return v, err
		}
		if err == nil {
			m := messageOf(s, self, &row)
			n.resolve(s.Seller, &m)
			v.Last = &m
			v.Unanswered = row.Log.Author != mine
		}
	}
	draft, err := n.store.Draft(id)
	v.Draft = draft
	return v, err
}

// Rooms is a page of the inbox, newest activity first, and how many there are.
func (n *Node) Rooms(filter RoomFilter, offset, limit int) (total int, page []RoomView, err error) {
	v := n.view.Load()
	self := v.self.ID
	type found struct {
		id    RoomID
		state *RoomState
	}
	var chosen []found
	err = n.store.EachRoom(func(id RoomID, s *RoomState) bool {
		if !s.Shown || v.blocks(s) || !filter.takes(s, self) {
			return true
		}
		if total >= offset && len(chosen) < limit {
			chosen = append(chosen, found{id, s})
		}
		total++
		return true
	})
	for _, f := range chosen {
		if err != nil {
			break
		}
		var v RoomView
		v, err = n.roomView(f.id, f.state)
		page = append(page, v)
	}
	return total, page, err
}

func (f RoomFilter) takes(s *RoomState, self PeerID) bool {
	mine, _ := s.Role(self)
	switch f {
	case Buying:
		return mine == Buyer
	case Selling:
		return mine == Seller
	case Unread:
		return s.Unread(mine) > 0
	case Unanswered:
		return s.Last != nil && s.Last.Author != mine
	case Requests:
		return !s.Accepted
	default:
		return true
	}
}

// Messages is a page of a room, oldest first: the limit messages before or after one, or with a zero at the newest.
func (n *Node) Messages(id RoomID, at MessageID, before bool, limit int) ([]Message, error) {
	if _, err := n.store.Room(id); err != nil {
		return nil, err
	}
	var position *Position
	if at != (MessageID{}) {
		if at.Room != id {
			return nil, fmt.Errorf("a message of another room: %w", ErrNotFound)
		}
		row, err := n.store.Row(at)
		if err != nil {
			return nil, err
		}
		p := row.Position()
		position = &p
	} else {
		before = true
	}
	rows, err := n.store.Rows(id, position, before, limit)
	if err != nil {
		return nil, err
	}
	state, err := n.store.Room(id) // after the rows: a tick is never behind the message it belongs to
	if err != nil {
		return nil, err
	}
	return n.messages(state, rows), nil
}

func (n *Node) messages(state *RoomState, rows []Row) []Message {
	self := n.view.Load().self.ID
	list := make([]Message, 0, len(rows))
	for i := range rows {
		m := messageOf(state, self, &rows[i])
		n.resolve(state.Seller, &m)
		list = append(list, m)
	}
	return list
}

// Message is one message by ID.
func (n *Node) Message(id MessageID) (Message, error) {
	row, err := n.store.Row(id)
	if err != nil {
		return Message{}, err
	}
	state, err := n.store.Room(id.Room)
	if err != nil {
		return Message{}, err
	}
	return n.messages(state, []Row{row})[0], nil
}

// firstUnreadTries bounds how many withdrawn entries of a log are passed over in search of a row.
const firstUnreadTries = 1000

// FirstUnread is the message of the other person that sorts first among the unread ones; ErrNotFound when there is none,
// or none among the first thousand entries of its log.
func (n *Node) FirstUnread(id RoomID) (MessageID, error) {
	state, err := n.store.Room(id)
	if err != nil {
		return MessageID{}, err
	}
	mine, _ := state.Role(n.view.Load().self.ID)
	var first *Row
	for i := range state.Logs {
		l := &state.Logs[i]
		if l.Author == mine || l.Rows == l.RowsRead {
			continue
		}
		row, err := n.rowAfter(LogID{id, l.Author, l.Device}, l.readTo(), l.Seq)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return MessageID{}, err
		}
		if first == nil || row.Position().Compare(first.Position()) < 0 {
			first = &row
		}
	}
	if first == nil {
		return MessageID{}, ErrNotFound
	}
	return first.ID(), nil
}

// rowAfter is a log's first row beyond seq.
func (n *Node) rowAfter(log LogID, seq, last uint64) (Row, error) {
	for next := seq + 1; next <= min(last, seq+firstUnreadTries); next++ {
		row, err := n.store.Row(MessageID{log, next})
		if !isNotFound(err) {
			return row, err
		}
	}
	return Row{}, ErrNotFound
}

// SearchMessages finds messages by words in their text, newest first; in one room, or in all when room is nil. Those of
// people who are blocked are not among them.
func (n *Node) SearchMessages(query string, room *RoomID, limit int) ([]Message, error) {
	for ask := limit; ; ask *= 4 {
		rows, err := n.store.SearchRows(query, room, ask)
		if err != nil {
			return nil, err
		}
		list, err := n.unblocked(rows)
		if err != nil || len(list) >= limit || len(rows) < ask {
			return list[:min(len(list), max(limit, 0))], err
		}
	}
}

// unblocked are the messages of rows of any rooms, but for those whose other person is blocked.
func (n *Node) unblocked(rows []Row) ([]Message, error) {
	v, states := n.view.Load(), map[RoomID]*RoomState{}
	list := make([]Message, 0, len(rows))
	for i := range rows {
		id := rows[i].Log.Room
		if states[id] == nil {
			var err error
			if states[id], err = n.store.Room(id); err != nil {
				return nil, err
			}
		}
		if !v.blocks(states[id]) {
			list = append(list, n.messages(states[id], rows[i:i+1])...)
		}
	}
	return list, nil
}

// FindMessages names the messages of a room with words in their text, newest first. It is for going from one to the next
// of very many; Messages reads what stands around one.
func (n *Node) FindMessages(query string, room RoomID, limit int) ([]MessageID, error) {
	return n.store.FindRows(query, room, limit)
}

// resolve fills in what the version a message is about said, as far as it is known here.
func (n *Node) resolve(seller PeerID, m *Message) {
	if m.Image != nil {
		m.Picture, m.Received = n.ImageState(*m.Image)
		if n.lost(m) {
			m.State = Failed
		}
	}
	if m.About == nil {
		return
	}
	listing, err := n.store.ListingVersion(m.About.Hash)
	if err != nil || listing.Goods == nil || listing.ID != m.About.Listing || listing.Seller != seller {
		listing, err = n.store.Listing(seller, m.About.Listing)
	}
	if err == nil && listing.Goods != nil {
		price := listing.Goods.Price
		m.About.Title, m.About.Price = listing.Goods.Title, &price
	}
}

// Listing is the current version of goods, with the time up to which that is known.
func (n *Node) Listing(seller PeerID, id ListingID) (ListingView, error) {
	l, err := n.store.Listing(seller, id)
	if err != nil {
		return ListingView{}, err
	}
	return n.ListingView(l), nil
}

// ListingView is a listing and since when our copy is known to be current: wall milliseconds, now for own goods and
// while the seller is linked.
type ListingView struct {
	*Listing
	AsOf int64
}

// ListingView adds what is known about a listing's age.
func (n *Node) ListingView(l *Listing) ListingView {
	v := n.view.Load()
	switch p, known := v.peers[l.Seller]; {
	case l.Seller == v.self.ID, known && p.Online:
		return ListingView{l, n.nowMilli()}
	case known && p.CatalogueAt > 0:
		return ListingView{l, p.CatalogueAt}
	default:
		return ListingView{l, l.UpdatedAt}
	}
}

// Listings searches the market; Self is filled in.
func (n *Node) Listings(q ListingQuery) (total int, page []ListingView, err error) {
	q.Self = n.view.Load().self.ID
	total, list, err := n.store.Listings(q)
	for _, l := range list {
		page = append(page, n.ListingView(l))
	}
	return total, page, err
}
