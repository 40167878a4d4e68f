package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"haggle/chat"
)

// applier applies changes, on the way in and again when the index is rebuilt. That both are one code and that it only
// depends on what came before is what makes the journal the truth.
type applier struct {
	self chat.PeerID
}

// apply works one change into the stage and reports whether it changed anything. On an error the stage is to be dropped;
// errDamaged means that the index could not be read, all others that the record cannot be.
func (a applier) apply(s *stage, c *change) (bool, error) {
	switch r := c.record.(type) {
	case chat.RoomRecord:
		id := chat.RoomFor(r.Buyer, r.Seller)
		state := chat.NewRoom(r)
		if old := s.room(id); old != nil {
			state = old.Clone()
			state.Set(r)
		}
		s.setRoom(id, state)
		return true, nil
	case chat.GroupRecord:
		return true, a.group(s, r, c.raw)
	case chat.TruncateRecord:
		return true, a.truncate(s, r)
	case chat.ForkRecord:
		state, err := edit(s, r.Log.Room)
		if err != nil {
			return false, err
		}
		s.put(evidenceKey(r.Log), append([]byte{}, r.Evidence...))
		return true, state.Fork(r.Log, len(r.Evidence))
	case chat.ReceiptRecord:
		old := s.room(r.Receipt.Log.Room)
		if old == nil {
			return false, nil
		}
		state := old.Clone()
		if !state.Acknowledge(r.Receipt) {
			return false, nil
		}
		s.setRoom(r.Receipt.Log.Room, state)
		return true, nil
	case chat.ReadRecord:
		return a.read(s, r)
	case chat.ForgetRecord:
		return a.forget(s, r, c)
	case chat.ListingRecord:
		return a.putListing(s, r)
	case chat.DropCatalogueRecord:
		return a.dropCatalogue(s, r.Seller)
	case chat.ProfileRecord:
		return a.putProfile(s, r.Profile)
	case chat.PeerRecord:
		return replace(s, peerKey(r.Peer.ID), encodePeer(r.Peer))
	case chat.SettingRecord:
		return replace(s, settingKey(r.Key), r.Value)
	}
	return false, fmt.Errorf("record %T: %w", c.record, chat.ErrInvalid)
}

// edit is a copy of a room's state in the stage, to be changed in place.
func edit(s *stage, id chat.RoomID) (*chat.RoomState, error) {
	old := s.room(id)
	if old == nil {
		return nil, fmt.Errorf("no such room: %w", chat.ErrNotFound)
	}
	state := old.Clone()
	s.setRoom(id, state)
	return state, nil
}

// replace puts a value unless it is there already; nil deletes.
func replace(s *stage, key, value []byte) (bool, error) {
	old, err := s.get(key)
	switch {
	case errors.Is(err, chat.ErrNotFound):
		if value == nil {
			return false, nil
		}
	case err != nil:
		return false, err
	case value != nil && bytes.Equal(old, value):
		return false, nil
	}
	s.put(key, value)
	return true, nil
}

func (a applier) group(s *stage, r chat.GroupRecord, raw []byte) error {
	state, err := edit(s, r.Log.Room)
	if err != nil {
		return err
	}
	g := storedGroup{clockOff: r.ClockOff, raw: raw}
	if l := state.Log(r.Log.Author, r.Log.Device); l != nil {
		g.before = l.Rows
	}
	if g.rows, err = state.AppendGroup(r, len(raw)); err != nil {
		return err
	}
	withdrawn := r.Group.Withdrawn()
	takesBack := func(seq uint64) bool { return slices.Contains(withdrawn, seq) }
	bare := r.Group.Without(takesBack)
	if bare != r.Group {
		g.raw = bare.Encode()
	}
	s.put(groupKey(r.Log, r.Group.Last()), g.encode(len(r.Group.Entries)))
	referImages(s, r.Log, bare, g.rows)
	if state.Of(r.Log.Author) == a.self {
		r.Group.Images(func(_ uint64, i *chat.Image) { s.adopt(i.Hash) })
	}
	for _, hash := range r.Group.References() {
		if _, err := replace(s, aboutKey(hash), []byte{}); err != nil {
			return err
		}
	}
	l := state.Log(r.Log.Author, r.Log.Device)
	mine, _ := state.Role(a.self)
	for _, seq := range withdrawn {
		if seq >= r.Group.First() || !holds(l, mine, seq) {
			continue
		}
		if err := dropBodies(s, r.Log, seq, takesBack); err != nil {
			return err
		}
	}
	return nil
}

// dropBodies takes bodies out of the stored group that holds seq.
func dropBodies(s *stage, log chat.LogID, seq uint64, drop func(seq uint64) bool) error {
	stored, last, err := groupAt(s, log, seq)
	if err != nil {
		return err
	}
	return rewrite(s, log, last, stored, drop)
}

func rewrite(s *stage, log chat.LogID, last uint64, stored storedGroup, drop func(seq uint64) bool) error {
	g, err := stored.group()
	if err != nil {
		return asDamage(err)
	}
	if bare := g.Without(drop); bare != g {
		stored.raw = bare.Encode()
		s.put(groupKey(log, last), stored.encode(len(g.Entries)))
		g.Images(func(seq uint64, _ *chat.Image) {
			if drop(seq) {
				s.delete(imageKey(log, seq))
			}
		})
	}
	return nil
}

func (a applier) truncate(s *stage, r chat.TruncateRecord) error {
	state, err := edit(s, r.Log.Room)
	if err != nil {
		return err
	}
	refuse := func(why string) error { return fmt.Errorf("truncation %s: %w", why, chat.ErrInvalid) }
	l := state.Log(r.Log.Author, r.Log.Device)
	mine, _ := state.Role(a.self)
	if l == nil || r.Log.Author != mine || r.Head.Seq > l.Seq {
		return refuse("of what is not an own log")
	}
	end := tip{hash: chat.LogStart(r.Log.Room, state.Of(r.Log.Author), r.Log.Device)}
	if r.Head.Seq == l.Seq {
		end = tip{l.Seq, l.Hash, l.Clock, l.Rows}
	} else if r.Head.Seq > 0 {
		if end, err = tipAt(s, r.Log, r.Head.Seq); err != nil {
			return err
		}
	}
	if end.seq != r.Head.Seq || end.hash != r.Head.Hash {
		return refuse("to what is not held")
	}
	var gone [][]byte
	prefix := logKey(keyGroup, r.Log)
	err = s.scan(prefix, groupKey(r.Log, r.Head.Seq+1), func(key, _ []byte) (bool, error) {
		gone = append(gone, key)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, key := range gone {
		s.delete(key)
	}
	if err := dropImages(s, r.Log, r.Head.Seq+1); err != nil {
		return err
	}
	if err := state.Truncate(r.Log, r.Head, end.clock, l.Rows-end.rows); err != nil {
		return err
	}
	state.Last, err = lastRow(s, state, mine)
	return err
}

// tip is the end of a group.
type tip struct {
	seq   uint64
	hash  chat.Hash
	clock chat.Clock
	rows  uint64 // of the log up to here
}

// tipAt is the end of the stored group that holds seq.
func tipAt(s source, log chat.LogID, seq uint64) (tip, error) {
	stored, last, err := groupAt(s, log, seq)
	if err != nil {
		return tip{}, err
	}
	g, err := stored.group()
	if err != nil {
		return tip{}, asDamage(err)
	}
	e := &g.Entries[len(g.Entries)-1]
	return tip{last, e.Hash(), e.Clock, stored.before + uint64(stored.rows.Count(len(g.Entries)))}, nil
}

// lastRow finds the newest row of a room.
func lastRow(s source, state *chat.RoomState, mine chat.Role) (*chat.Position, error) {
	var last *chat.Position
	for i := range state.Logs {
		l := &state.Logs[i]
		log := chat.LogID{Room: state.ID(), Author: l.Author, Device: l.Device}
		for seq := l.Seq; seq > l.Floor && seq >= held(l, mine); {
			stored, _, err := groupAt(s, log, seq)
			if err != nil {
				return nil, err
			}
			g, err := stored.group()
			if err != nil {
				return nil, asDamage(err)
			}
			found := false
			for j := len(g.Entries) - 1; j >= 0 && !found; j-- {
				if e := &g.Entries[j]; stored.rows.Has(j) && e.Seq > l.Floor {
					found = true
					if p := e.At(log); last == nil || p.Compare(*last) > 0 {
						last = &p
					}
				}
			}
			if found || stored.before == 0 {
				break
			}
			seq = g.First() - 1
		}
	}
	return last, nil
}

func (a applier) read(s *stage, r chat.ReadRecord) (bool, error) {
	old := s.room(r.Log.Room)
	if old == nil {
		return false, nil
	}
	state := old.Clone()
	changed, err := state.MarkRead(r.Log, r.Seq, func(seq uint64) (uint64, error) {
		l := state.Log(r.Log.Author, r.Log.Device)
		if seq == l.Seq {
			return 0, nil
		}
		stored, _, err := groupAt(s, r.Log, seq)
		if err != nil {
			return 0, err
		}
		first, _, _ := stored.start()
		rows := stored.before + uint64(stored.rows.Count(int(seq-first+1)))
		return l.Rows - rows, nil
	})
	if changed && err == nil {
		s.setRoom(r.Log.Room, state)
	}
	return changed, err
}

// forget deletes a room. The journal's record carries the state that is left, so that the groups before it need not be
// kept for counting.
func (a applier) forget(s *stage, r chat.ForgetRecord, c *change) (bool, error) {
	old := s.room(r.Room)
	if old == nil {
		if c.after == nil {
			return false, nil
		}
		old = c.after
	}
	if mine, _ := old.Role(a.self); mine != r.Mine {
		return false, fmt.Errorf("forget as the other: %w", chat.ErrInvalid)
	}
	state := c.after
	if state == nil {
		state = old.Clone()
		state.Forget()
		c.payload = append(c.payload[:33:33], encodeState(state)...) // 33: room and role
	}
	for i := range state.Logs {
		l := &state.Logs[i]
		log := chat.LogID{Room: r.Room, Author: l.Author, Device: l.Device}
		delivered, _ := l.Delivered()
		if err := forgetLog(s, log, l.Author == r.Mine, delivered); err != nil {
			return false, err
		}
	}
	s.setRoom(r.Room, state)
	return true, nil
}

// forgetLog deletes the groups of a log of the other, or the delivered bodies of an own one.
func forgetLog(s *stage, log chat.LogID, own bool, delivered uint64) error {
	type entry struct {
		key    []byte
		last   uint64
		stored storedGroup
	}
	var all []entry
	prefix := logKey(keyGroup, log)
	err := s.scan(prefix, prefix, func(key, value []byte) (bool, error) {
		e := entry{key: key}
		if own {
			var err error
			if e.stored, err = decodeGroup(value); err != nil {
				return false, asDamage(err)
			}
			var first uint64
			if first, _, _ = e.stored.start(); first > delivered {
				return false, nil
			}
			_, e.last, _ = parseGroupKey(key)
		}
		all = append(all, e)
		return true, nil
	})
	if err != nil {
		return err
	}
	if !own {
		if err := dropImages(s, log, 0); err != nil {
			return err
		}
	}
	for _, e := range all {
		if !own {
			s.delete(e.key)
		} else if err := rewrite(s, log, e.last, e.stored, func(seq uint64) bool { return seq <= delivered }); err != nil {
			return err
		}
	}
	return nil
}

func (a applier) putListing(s *stage, r chat.ListingRecord) (bool, error) {
	if r.Listing.Seller == a.self {
		s.adopt(photosOf(r.Listing)...)
	}
	raw := r.Listing.Encode()
	now := newItem(r.Listing, len(raw))
	if old := s.listing(now.key); old != nil {
		completes := old.hash == now.hash && !old.hasGoods && now.hasGoods
		if !completes && !old.newer(r.Listing) {
			return false, nil
		}
		if !completes {
			if err := retire(s, old, r.Own); err != nil {
				return false, err
			}
		}
	}
	s.setListing(now)
	s.put(versionKey(now.hash), append(append([]byte{}, now.key.seller[:]...), raw...))
	return true, referPhotos(s, now.key, r.Listing)
}

// retire drops an earlier version unless it is an own one or a message is about it.
func retire(s *stage, old *item, own bool) error {
	if own {
		return nil
	}
	_, err := s.get(aboutKey(old.hash))
	if errors.Is(err, chat.ErrNotFound) {
		s.delete(versionKey(old.hash))
		return nil
	}
	return err
}

func (a applier) dropCatalogue(s *stage, seller chat.PeerID) (bool, error) {
	if seller == a.self {
		return false, nil
	}
	all := s.listingsOf(seller)
	for _, i := range all {
		if err := retire(s, i, false); err != nil {
			return false, err
		}
		if err := referPhotos(s, i.key, nil); err != nil {
			return false, err
		}
		s.dropListing(i.key)
	}
	return len(all) > 0, nil
}

func (a applier) putProfile(s *stage, p *chat.Profile) (bool, error) {
	if p.Peer == a.self {
		s.adopt(p.Picture)
	}
	old, err := s.get(profileKey(p.Peer))
	if err == nil {
		held, err := chat.DecodeProfile(p.Peer, old)
		if err != nil {
			return false, fmt.Errorf("%w: profile: %w", errDamaged, err)
		}
		if !p.Newer(held) {
			return false, nil
		}
	} else if !errors.Is(err, chat.ErrNotFound) {
		return false, err
	}
	s.put(profileKey(p.Peer), p.Encode())
	return true, referPicture(s, p)
}
