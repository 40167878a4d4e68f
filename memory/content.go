package memory

import (
	"fmt"
	"maps"
	"slices"

	"haggle/chat"
)

// content is all that a store holds. Groups, listings and profiles are never changed in place, so that contents share them.
type content struct {
	self       chat.PeerID
	rooms      map[chat.RoomID]*room
	listings   map[goodsID]*chat.Listing
	versions   map[chat.Hash]*chat.Listing // earlier ones that are kept
	referenced map[chat.Hash]bool          // versions that entries are about
	profiles   map[chat.PeerID]*chat.Profile
	peers      map[chat.PeerID]chat.Peer
	settings   map[string][]byte
	drafts     map[chat.RoomID]string
}

type goodsID struct {
	seller chat.PeerID
	id     chat.ListingID
}

// room is a state and the groups of its logs, in order.
type room struct {
	state *chat.RoomState
	logs  map[chat.LogID][]group
	rows  []chat.Row // all of them, sorted; made when first asked for
}

type group struct {
	*chat.Group
	rows     chat.RowSet
	clockOff int32
	images   []chat.Hash // that its bodies refer to
}

func newContent(self chat.PeerID) *content {
	return &content{
		self: self, rooms: map[chat.RoomID]*room{}, listings: map[goodsID]*chat.Listing{}, versions: map[chat.Hash]*chat.Listing{},
		referenced: map[chat.Hash]bool{}, profiles: map[chat.PeerID]*chat.Profile{}, peers: map[chat.PeerID]chat.Peer{},
		settings: map[string][]byte{}, drafts: map[chat.RoomID]string{},
	}
}

func (c *content) clone() *content {
	d := *c
	d.rooms = maps.Clone(c.rooms)
	for id, r := range d.rooms {
		d.rooms[id] = r.clone()
	}
	d.listings, d.versions, d.referenced = maps.Clone(c.listings), maps.Clone(c.versions), maps.Clone(c.referenced)
	d.profiles, d.peers, d.settings, d.drafts = maps.Clone(c.profiles), maps.Clone(c.peers), maps.Clone(c.settings), maps.Clone(c.drafts)
	return &d
}

func (r *room) clone() *room {
	d := &room{state: r.state.Clone(), logs: maps.Clone(r.logs)}
	for id, groups := range d.logs {
		d.logs[id] = slices.Clone(groups)
	}
	return d
}

// apply does a whole batch or nothing: rooms, the only thing that can refuse, are worked out on copies first.
func (c *content) apply(b chat.Batch) error {
	staged := map[chat.RoomID]*room{}
	for _, r := range b.Records {
		if err := chat.CheckRecord(r); err != nil {
			return err
		}
		if err := c.applyRoom(staged, r); err != nil {
			return err
		}
	}
	maps.Copy(c.rooms, staged)
	for _, r := range b.Records {
		c.applyRest(r)
	}
	return nil
}

// touch is the staged copy of a room, nil if there is no such room.
func (c *content) touch(staged map[chat.RoomID]*room, id chat.RoomID) *room {
	if r := staged[id]; r != nil {
		return r
	}
	if r := c.rooms[id]; r != nil {
		staged[id] = r.clone()
	}
	return staged[id]
}

func (c *content) applyRoom(staged map[chat.RoomID]*room, record chat.Record) error {
	switch r := record.(type) {
	case chat.RoomRecord:
		id := chat.RoomFor(r.Buyer, r.Seller)
		if old := c.touch(staged, id); old != nil {
			old.state.Set(r)
		} else {
			staged[id] = &room{state: chat.NewRoom(r), logs: map[chat.LogID][]group{}}
		}
	case chat.GroupRecord:
		into := c.touch(staged, r.Log.Room)
		if into == nil {
			return fmt.Errorf("group of no room: %w", chat.ErrNotFound)
		}
		return into.appendGroup(r)
	case chat.TruncateRecord:
		in := c.touch(staged, r.Log.Room)
		if in == nil {
			return fmt.Errorf("truncation in no room: %w", chat.ErrNotFound)
		}
		if mine, _ := in.state.Role(c.self); mine != r.Log.Author {
			return fmt.Errorf("truncation of the other's log: %w", chat.ErrInvalid)
		}
		return in.truncate(r)
	case chat.ForkRecord:
		in := c.touch(staged, r.Log.Room)
		if in == nil {
			return fmt.Errorf("fork in no room: %w", chat.ErrNotFound)
		}
		return in.state.Fork(r.Log, len(r.Evidence))
	case chat.ReceiptRecord:
		if in := c.touch(staged, r.Receipt.Log.Room); in != nil {
			in.state.Acknowledge(r.Receipt)
		}
	case chat.ReadRecord:
		if in := c.touch(staged, r.Log.Room); in != nil {
			_, err := in.state.MarkRead(r.Log, r.Seq, func(seq uint64) (uint64, error) { return in.rowsAfter(r.Log, seq), nil })
			return err
		}
	case chat.ForgetRecord:
		if in := c.touch(staged, r.Room); in != nil {
			if mine, _ := in.state.Role(c.self); mine != r.Mine {
				return fmt.Errorf("forget as the other: %w", chat.ErrInvalid)
			}
			in.forget(r.Mine)
		}
	}
	return nil
}

func (r *room) appendGroup(record chat.GroupRecord) error {
	raw := record.Group.Encode()
	g, err := chat.DecodeGroup(raw)
	if err != nil {
		return err
	}
	record.Group = g
	rows, err := r.state.AppendGroup(record, len(raw))
	if err != nil {
		return err
	}
	r.logs[record.Log] = append(r.logs[record.Log], group{g, rows, record.ClockOff, images(g)})
	withdrawn := record.Group.Withdrawn()
	r.dropBodies(record.Log, func(seq uint64) bool { return slices.Contains(withdrawn, seq) })
	return nil
}

func (r *room) dropBodies(log chat.LogID, drop func(seq uint64) bool) {
	for i := range r.logs[log] {
		g := &r.logs[log][i]
		if bare := g.Without(drop); bare != g.Group {
			g.Group, g.images = bare, images(bare)
		}
	}
}

func (r *room) truncate(record chat.TruncateRecord) error {
	hash, ok := r.hashAt(record.Log, record.Head.Seq)
	if !ok || hash != record.Head.Hash {
		return fmt.Errorf("truncation to what is not held: %w", chat.ErrInvalid)
	}
	var kept []group
	var clock chat.Clock
	for _, g := range r.logs[record.Log] {
		if g.First() <= record.Head.Seq && record.Head.Seq < g.Last() {
			return fmt.Errorf("truncation inside a group: %w", chat.ErrInvalid)
		}
		if g.Last() <= record.Head.Seq {
			kept = append(kept, g)
			clock = g.Entries[len(g.Entries)-1].Clock
		}
	}
	if err := r.state.Truncate(record.Log, record.Head, clock, r.rowsAfter(record.Log, record.Head.Seq)); err != nil {
		return err
	}
	r.logs[record.Log] = kept
	r.state.Last = nil
	if rows := r.sorted(); len(rows) > 0 {
		last := rows[len(rows)-1].Position()
		r.state.Last = &last
	}
	r.rows = nil
	return nil
}

// rowsAfter counts the rows of a log, deleted ones too, beyond seq.
func (r *room) rowsAfter(log chat.LogID, seq uint64) uint64 {
	var n uint64
	for _, g := range r.logs[log] {
		for i, e := range g.Entries {
			if e.Seq > seq && g.rows.Has(i) {
				n++
			}
		}
	}
	return n
}

func (r *room) forget(mine chat.Role) {
	for i := range r.state.Logs {
		l := &r.state.Logs[i]
		log := chat.LogID{Room: r.state.ID(), Author: l.Author, Device: l.Device}
		if l.Author != mine {
			delete(r.logs, log)
			continue
		}
		delivered, _ := l.Delivered()
		r.dropBodies(log, func(seq uint64) bool { return seq <= delivered })
	}
	r.state.Forget()
}

func (r *room) hashAt(log chat.LogID, seq uint64) (chat.Hash, bool) {
	if seq == 0 {
		return chat.LogStart(log.Room, r.state.Of(log.Author), log.Device), true
	}
	if l := r.state.Log(log.Author, log.Device); l != nil && l.Seq == seq {
		return l.Hash, true
	}
	for _, g := range r.logs[log] {
		for i := range g.Entries {
			switch e := &g.Entries[i]; seq {
			case e.Seq:
				return e.Hash(), true
			case e.Seq - 1:
				return e.Previous, true
			}
		}
	}
	return chat.Hash{}, false
}

// sorted is every row of the room in order.
func (r *room) sorted() []chat.Row {
	if r.rows != nil {
		return r.rows
	}
	for log, groups := range r.logs {
		floor := r.state.Log(log.Author, log.Device).Floor
		for _, g := range groups {
			for i, e := range g.Entries {
				if g.rows.Has(i) && e.Seq > floor {
					r.rows = append(r.rows, chat.Row{Log: log, Entry: e, ClockOff: g.clockOff})
				}
			}
		}
	}
	slices.SortFunc(r.rows, func(a, b chat.Row) int { return a.Position().Compare(b.Position()) })
	return r.rows
}

func (c *content) applyRest(record chat.Record) {
	switch r := record.(type) {
	case chat.GroupRecord:
		for _, hash := range r.Group.References() {
			c.referenced[hash] = true
		}
	case chat.ListingRecord:
		c.putListing(r)
	case chat.DropCatalogueRecord:
		for key, l := range c.listings {
			if key.seller == r.Seller && r.Seller != c.self {
				delete(c.listings, key)
				c.retire(l, false)
			}
		}
	case chat.ProfileRecord:
		if old := c.profiles[r.Profile.Peer]; old == nil || r.Profile.Newer(old) {
			c.profiles[r.Profile.Peer] = r.Profile
		}
	case chat.PeerRecord:
		c.peers[r.Peer.ID] = r.Peer
	case chat.SettingRecord:
		if r.Value == nil {
			delete(c.settings, r.Key)
		} else {
			c.settings[r.Key] = r.Value
		}
	}
}

func (c *content) putListing(r chat.ListingRecord) {
	key := goodsID{r.Listing.Seller, r.Listing.ID}
	old := c.listings[key]
	if old != nil {
		completes := old.Hash() == r.Listing.Hash() && old.Goods == nil
		if !r.Listing.Newer(old) && !completes {
			return
		}
		if !completes {
			c.retire(old, r.Own)
		}
	}
	c.listings[key] = r.Listing
	delete(c.versions, r.Listing.Hash())
}

// retire keeps an earlier version if it is the own one or a message is about it.
func (c *content) retire(old *chat.Listing, own bool) {
	if own || c.referenced[old.Hash()] {
		c.versions[old.Hash()] = old
	}
}
