package chat

import "slices"

// DeviceMark is what one device of a log's reader has acknowledged: cumulative, never going back.
type DeviceMark struct {
	Device          DeviceID
	Delivered, Read uint64
}

// LogState is what is known of one log of a room.
type LogState struct {
	Author   Role
	Device   DeviceID
	Seq      uint64 // of the last entry held, always the end of a signed group
	Hash     Hash   // of that entry's header
	Clock    Clock  // of that entry
	Floor    uint64 // rows up to here were deleted on this machine and stay out of sight
	Rows     uint64 // rows ever: entries that are messages a person can see
	ReadTo   uint64 // own read mark, for logs of the other person
	RowsRead uint64 // rows up to max(ReadTo, Floor)
	Marks    []DeviceMark
	Forked   bool // two versions were seen; the log is kept as it is and never grows again
}

// Head is the log's end as Have names it.
func (l *LogState) Head() Head {
	return Head{Author: l.Author, Device: l.Device, Seq: l.Seq, Hash: l.Hash}
}

// Delivered and Read are the furthest marks of any device of the reader.
func (l *LogState) Delivered() (delivered, read uint64) {
	for _, m := range l.Marks {
		delivered, read = max(delivered, m.Delivered), max(read, m.Read)
	}
	return min(delivered, l.Seq), min(read, l.Seq)
}

// readTo is the seq up to which nothing of the log is unread.
func (l *LogState) readTo() uint64 { return max(l.ReadTo, l.Floor) }

// RoomState is all a store keeps of a room besides its messages. Stores hand out copies.
type RoomState struct {
	Buyer, Seller PeerID
	CreatedAt     int64 // wall milliseconds
	ActiveAt      int64 // wall milliseconds here of the newest row or of opening: the inbox's order
	Accepted      bool  // opened, accepted or answered here; otherwise it is a request
	Shown         bool  // false once deleted here, until a row arrives
	Pinned        ListingID
	Clock         Clock     // newest in the room
	Last          *Position // the newest row, nil when there is none
	Logs          []LogState

	StrangerCount uint32 // rows and bytes that came before it was accepted
	StrangerBytes uint32
}

// ID is the room's ID.
func (s *RoomState) ID() RoomID { return RoomFor(s.Buyer, s.Seller) }

// Role is what self is in the room; the second result is the other person.
func (s *RoomState) Role(self PeerID) (Role, PeerID) {
	if s.Buyer == self {
		return Buyer, s.Seller
	}
	return Seller, s.Buyer
}

// Of is the buyer's or the seller's peer.
func (s *RoomState) Of(r Role) PeerID {
	if r == Buyer {
		return s.Buyer
	}
	return s.Seller
}

// Log finds a log, nil if there is none yet.
func (s *RoomState) Log(author Role, device DeviceID) *LogState {
	for i := range s.Logs {
		if s.Logs[i].Author == author && s.Logs[i].Device == device {
			return &s.Logs[i]
		}
	}
	return nil
}

// NewLog adds an empty log at its starting hash. The caller has seen that there is none and that MaxLogs holds.
func (s *RoomState) NewLog(author Role, device DeviceID) *LogState {
	s.Logs = append(s.Logs, LogState{Author: author, Device: device, Hash: LogStart(s.ID(), s.Of(author), device)})
	return &s.Logs[len(s.Logs)-1]
}

// Unread counts the rows of the other person beyond the own read marks.
func (s *RoomState) Unread(mine Role) int {
	var n uint64
	for i := range s.Logs {
		if l := &s.Logs[i]; l.Author != mine {
			n += l.Rows - l.RowsRead
		}
	}
	return int(n)
}

// stranger is what the room counts against the quota of all strangers together.
func (s *RoomState) stranger() uint64 {
	if s.Accepted || s.StrangerBytes == 0 {
		return 0
	}
	return uint64(s.StrangerBytes) + RequestBytes
}

// charge adds bytes that a stranger causes to what the room counts, and returns what all strangers together count more.
// False: that is more than the room, or all of them, may have; nothing is added then.
func (s *RoomState) charge(size int, all uint64) (more uint64, ok bool) {
	before := s.stranger()
	if int(s.StrangerBytes)+size > StrangerBytes {
		return 0, false
	}
	s.StrangerBytes += uint32(size)
	if more = s.stranger() - before; all+more > StrangersBytes {
		s.StrangerBytes -= uint32(size)
		return 0, false
	}
	return more, true
}

// Clone is a deep copy.
func (s *RoomState) Clone() *RoomState {
	c := *s
	c.Logs = slices.Clone(s.Logs)
	for i := range c.Logs {
		c.Logs[i].Marks = slices.Clone(c.Logs[i].Marks)
	}
	if s.Last != nil {
		last := *s.Last
		c.Last = &last
	}
	return &c
}

// Row reports whether an entry is a message a person can see when it arrives: a withdrawal is not, nor is a body that
// was taken back before it came.
func (e *Entry) Row() bool { return e.Kind != KindWithdrawal && e.HasBody() }
