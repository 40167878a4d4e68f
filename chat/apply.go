package chat

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// This file is what records do to a room's state: the arithmetic that all stores share, so that a rebuilt index, a store in
// memory and the real one cannot disagree. Nothing here does I/O; what only a store can look up comes as an argument.

// Limits of records that are not signed and so have none of their own.
const (
	maxSettingKey   = 128
	maxSettingValue = 4 << 10
	MaxAddresses    = 8 // of one peer, as stored
	maxAddress      = 256
)

// CheckRecord refuses with ErrInvalid what no store takes, whatever it holds.
func CheckRecord(r Record) error {
	invalid := func(what string) error { return fmt.Errorf("%s: %w", what, ErrInvalid) }
	switch r := r.(type) {
	case RoomRecord:
		if r.Buyer == r.Seller {
			return invalid("room with oneself")
		}
	case GroupRecord:
		if r.Log.Author > Seller || r.Group == nil || len(r.Group.Entries) == 0 || len(r.Group.Entries) > MaxGroupCount {
			return invalid("group")
		}
	case TruncateRecord:
		if r.Log.Author > Seller {
			return invalid("truncation")
		}
	case ForkRecord:
		if r.Log.Author > Seller || len(r.Evidence) > MaxGroupBytes {
			return invalid("evidence")
		}
	case ForgetRecord:
		if r.Mine > Seller {
			return invalid("role")
		}
	case ListingRecord:
		if r.Listing == nil || len(r.Listing.Encode()) > MaxRecordBytes {
			return invalid("listing")
		}
	case ProfileRecord:
		if r.Profile == nil || len(r.Profile.Encode()) > MaxRecordBytes {
			return invalid("profile")
		}
	case PeerRecord:
		if r.Peer.ID.IsZero() || len(r.Peer.Addresses) > MaxAddresses {
			return invalid("peer")
		}
		for _, a := range r.Peer.Addresses {
			if len(a) > maxAddress {
				return invalid("address")
			}
		}
	case SettingRecord:
		if r.Key == "" || len(r.Key) > maxSettingKey || len(r.Value) > maxSettingValue {
			return invalid("setting")
		}
	case ReceiptRecord, ReadRecord, DropCatalogueRecord: // no-ops at worst
	default:
		return invalid("record")
	}
	return nil
}

// RowSet marks those entries of one group that are rows, by their place in the group.
type RowSet [MaxGroupCount / 64]uint64

// Add marks entry i.
func (r *RowSet) Add(i int) { r[i/64] |= 1 << (i % 64) }

// Has reports whether entry i is marked.
func (r *RowSet) Has(i int) bool { return r[i/64]>>(i%64)&1 == 1 }

// Count is the number of marked entries before entry end.
func (r *RowSet) Count(end int) int {
	n := 0
	for w := range r {
		switch rest := end - 64*w; {
		case rest >= 64:
			n += bits.OnesCount64(r[w])
		case rest > 0:
			n += bits.OnesCount64(r[w] & (1<<rest - 1))
		}
	}
	return n
}

// NewRoom is the state of a room that r creates.
func NewRoom(r RoomRecord) *RoomState {
	s := &RoomState{Buyer: r.Buyer, Seller: r.Seller, CreatedAt: r.At}
	s.Set(r)
	return s
}

// Set replaces what a person set of the room.
func (s *RoomState) Set(r RoomRecord) {
	s.Accepted, s.Pinned, s.Shown = r.Accepted, r.Pinned, true
	if r.Touch {
		s.ActiveAt = r.At
	}
}

// AppendGroup moves the state over a group of size encoded bytes and tells which of its entries are rows: those that
// Entry.Row says, above Floor, unless the record hides them. ErrGap and ErrFork say that it does not continue its log.
func (s *RoomState) AppendGroup(r GroupRecord, size int) (RowSet, error) {
	var rows RowSet
	l := s.Log(r.Log.Author, r.Log.Device)
	if l == nil {
		if s.logs(r.Log.Author) >= MaxLogs {
			return rows, fmt.Errorf("more than %d logs: %w", MaxLogs, ErrInvalid)
		}
		l = s.NewLog(r.Log.Author, r.Log.Device)
	}
	first, last := &r.Group.Entries[0], &r.Group.Entries[len(r.Group.Entries)-1]
	switch {
	case l.Forked, first.Seq <= l.Seq:
		return rows, ErrFork
	case first.Seq > l.Seq+1:
		return rows, ErrGap
	case first.Previous != l.Hash:
		return rows, ErrFork
	case first.Clock < l.Clock:
		return rows, fmt.Errorf("clock falls: %w", ErrMalformed)
	}
	l.Seq, l.Hash, l.Clock = last.Seq, last.Hash(), last.Clock
	s.Clock = max(s.Clock, l.Clock)
	for i := range r.Group.Entries {
		e := &r.Group.Entries[i]
		if r.Hide || !e.Row() || e.Seq <= l.Floor {
			continue
		}
		rows.Add(i)
		l.Rows++
		if e.Seq <= l.ReadTo {
			l.RowsRead++
		}
		if p := e.At(r.Log); s.Last == nil || p.Compare(*s.Last) > 0 {
			s.Last = &p
		}
	}
	n := rows.Count(MaxGroupCount)
	if n > 0 {
		s.ActiveAt, s.Shown = r.At, true
	}
	if r.Stranger {
		s.StrangerCount = addSaturated(s.StrangerCount, n)
		s.StrangerBytes = addSaturated(s.StrangerBytes, size)
	}
	return rows, nil
}

func (s *RoomState) logs(author Role) int {
	n := 0
	for i := range s.Logs {
		if s.Logs[i].Author == author {
			n++
		}
	}
	return n
}

func addSaturated(a uint32, b int) uint32 { return uint32(min(uint64(a)+uint64(b), math.MaxUint32)) }

// Acknowledge moves a device's marks, which are sorted by device, and reports whether that changed anything. Receipts for a log that is not here are
// ignored, and so are those of more devices than a person can have.
func (s *RoomState) Acknowledge(r Receipt) bool {
	l := s.Log(r.Log.Author, r.Log.Device)
	if l == nil {
		return false
	}
	delivered, read := min(r.Delivered, l.Seq), min(r.Read, l.Seq)
	i, found := slices.BinarySearchFunc(l.Marks, r.By, func(m DeviceMark, d DeviceID) int { return bytes.Compare(m.Device[:], d[:]) })
	if !found {
		if len(l.Marks) >= MaxLogs || delivered == 0 && read == 0 {
			return false
		}
		l.Marks = slices.Insert(l.Marks, i, DeviceMark{r.By, delivered, read})
		return true
	}
	m := &l.Marks[i]
	if delivered <= m.Delivered && read <= m.Read {
		return false
	}
	m.Delivered, m.Read = max(m.Delivered, delivered), max(m.Read, read)
	return true
}

// MarkRead moves the own read mark of a log, at most to its head, and reports whether that changed anything. rowsAfter
// counts the rows of the log beyond a seq that is above Floor.
func (s *RoomState) MarkRead(log LogID, seq uint64, rowsAfter func(seq uint64) (uint64, error)) (bool, error) {
	l := s.Log(log.Author, log.Device)
	if l == nil {
		return false, nil
	}
	seq = min(seq, l.Seq)
	if seq <= l.ReadTo {
		return false, nil
	}
	if seq > l.Floor {
		unread, err := rowsAfter(seq)
		if err != nil {
			return false, err
		}
		l.RowsRead = max(l.RowsRead, l.Rows-unread)
	}
	l.ReadTo = seq
	return true, nil
}

// Truncate takes the log back to head, whose clock the store looked up, as it did the number of rows beyond it. Last is
// the store's to find again. The room's clock stays: what was seen was seen.
func (s *RoomState) Truncate(log LogID, head Head, clock Clock, rowsAfter uint64) error {
	l := s.Log(log.Author, log.Device)
	if l == nil || head.Seq > l.Seq {
		return fmt.Errorf("truncation beyond the head: %w", ErrInvalid)
	}
	l.Seq, l.Hash, l.Clock, l.Rows = head.Seq, head.Hash, clock, l.Rows-rowsAfter
	l.ReadTo, l.RowsRead = min(l.ReadTo, l.Seq), min(l.RowsRead, l.Rows)
	for i := range l.Marks {
		m := &l.Marks[i]
		m.Delivered, m.Read = min(m.Delivered, l.Seq), min(m.Read, l.Seq)
	}
	return nil
}

// Fork stops the log for good. The evidence of it that is kept, size bytes, counts against a stranger's quota.
func (s *RoomState) Fork(log LogID, size int) error {
	l := s.Log(log.Author, log.Device)
	if l == nil {
		return fmt.Errorf("fork of no log: %w", errors.Join(ErrInvalid, ErrNotFound))
	}
	l.Forked = true
	if !s.Accepted {
		s.StrangerBytes = addSaturated(s.StrangerBytes, size)
	}
	return nil
}

// Forget takes all rows out of sight. The heads stay, so that history does not come back.
func (s *RoomState) Forget() {
	s.Shown, s.Last = false, nil
	s.StrangerCount, s.StrangerBytes = 0, 0
	for i := range s.Logs {
		l := &s.Logs[i]
		l.Floor, l.RowsRead = max(l.Floor, l.Seq), l.Rows
	}
}

// Withdrawn lists the entries of its own log that the group takes back. A withdrawal itself cannot be taken back.
func (g *Group) Withdrawn() []uint64 {
	var seqs []uint64
	for i := range g.Entries {
		e := &g.Entries[i]
		if e.Kind != KindWithdrawal || !e.HasBody() {
			continue
		}
		if b, err := DecodeBody(e.Kind, e.Body); err == nil && b.Seq < e.Seq {
			seqs = append(seqs, b.Seq)
		}
	}
	return seqs
}

// Without is the group without the bodies that drop names; chain and signature still hold. Withdrawals keep theirs: they
// would say nothing without. It returns g itself if there is nothing to drop, else a copy that shares the other bodies.
func (g *Group) Without(drop func(seq uint64) bool) *Group {
	var bare *Group
	for i := range g.Entries {
		e := &g.Entries[i]
		if e.Kind == KindWithdrawal || e.BodySize == 0 || e.Body == nil || !drop(e.Seq) {
			continue
		}
		if bare == nil {
			bare = &Group{Entries: slices.Clone(g.Entries), Signature: g.Signature}
		}
		bare.Entries[i].Body = nil
	}
	if bare == nil {
		return g
	}
	return bare
}

// Images visits the pictures that the group's bodies refer to.
func (g *Group) Images(do func(seq uint64, image *Image)) {
	for i := range g.Entries {
		e := &g.Entries[i]
		if e.Kind != KindImage || !e.HasBody() {
			continue
		}
		if b, err := DecodeBody(e.Kind, e.Body); err == nil {
			do(e.Seq, b.Image)
		}
	}
}

// References lists the listing versions that the group's messages are about.
func (g *Group) References() []Hash {
	var hashes []Hash
	for i := range g.Entries {
		e := &g.Entries[i]
		if e.Kind == KindWithdrawal || len(e.Body) == 0 {
			continue
		}
		if b, err := DecodeBody(e.Kind, e.Body); err == nil && b.About != nil {
			hashes = append(hashes, b.About.Hash)
		}
	}
	return hashes
}
