package storage

import (
	"encoding/binary"

	"haggle/chat"
)

const stateVersion = 1

// encodeState is the stored form of a room's state.
func encodeState(s *chat.RoomState) []byte {
	b := make([]byte, 0, 160+96*len(s.Logs))
	b = append(b, stateVersion)
	b = append(b, s.Buyer[:]...)
	b = append(b, s.Seller[:]...)
	b = binary.AppendVarint(b, s.CreatedAt)
	b = binary.AppendVarint(b, s.ActiveAt)
	b = append(b, flags(s.Accepted, s.Shown, s.Last != nil))
	b = append(b, s.Pinned[:]...)
	b = binary.AppendUvarint(b, uint64(s.Clock))
	b = binary.AppendUvarint(b, uint64(s.StrangerCount))
	b = binary.AppendUvarint(b, uint64(s.StrangerBytes))
	if s.Last != nil {
		b = binary.AppendUvarint(b, uint64(s.Last.Clock))
		b = append(b, byte(s.Last.Author))
		b = append(b, s.Last.Device[:]...)
		b = binary.AppendUvarint(b, s.Last.Seq)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Logs)))
	for i := range s.Logs {
		b = appendLogState(b, &s.Logs[i])
	}
	return b
}

func appendLogState(b []byte, l *chat.LogState) []byte {
	b = append(b, byte(l.Author), flags(l.Forked))
	b = append(b, l.Device[:]...)
	b = append(b, l.Hash[:]...)
	for _, v := range []uint64{l.Seq, uint64(l.Clock), l.Floor, l.Rows, l.ReadTo, l.RowsRead, uint64(len(l.Marks))} {
		b = binary.AppendUvarint(b, v)
	}
	for _, m := range l.Marks {
		b = append(b, m.Device[:]...)
		b = binary.AppendUvarint(b, m.Delivered)
		b = binary.AppendUvarint(b, m.Read)
	}
	return b
}

// decodeState reads encodeState's form.
func decodeState(b []byte) (*chat.RoomState, error) {
	r := scanner{b: b}
	if r.byte() != stateVersion {
		return nil, errCorrupt
	}
	s := new(chat.RoomState)
	r.into(s.Buyer[:])
	r.into(s.Seller[:])
	s.CreatedAt, s.ActiveAt = r.varint(), r.varint()
	f := r.byte()
	s.Accepted, s.Shown = f&1 != 0, f&2 != 0
	r.into(s.Pinned[:])
	s.Clock = chat.Clock(r.uvarint())
	s.StrangerCount, s.StrangerBytes = r.uint32(), r.uint32()
	if f&4 != 0 {
		s.Last = &chat.Position{Clock: chat.Clock(r.uvarint()), Author: r.role()}
		r.into(s.Last.Device[:])
		s.Last.Seq = r.uvarint()
	}
	n := r.uvarint()
	if n > 2*chat.MaxLogs {
		return nil, errCorrupt
	}
	for range n {
		l := r.logState()
		if r.bad {
			break
		}
		s.Logs = append(s.Logs, l)
	}
	if len(r.b) > 0 {
		r.bad = true
	}
	return s, r.err()
}

func (s *scanner) logState() chat.LogState {
	l := chat.LogState{Author: s.role(), Forked: s.byte() != 0}
	s.into(l.Device[:])
	s.into(l.Hash[:])
	l.Seq, l.Clock = s.uvarint(), chat.Clock(s.uvarint())
	l.Floor, l.Rows, l.ReadTo, l.RowsRead = s.uvarint(), s.uvarint(), s.uvarint(), s.uvarint()
	n := s.uvarint()
	if n > chat.MaxLogs {
		s.bad = true
		return l
	}
	for range n {
		var m chat.DeviceMark
		s.into(m.Device[:])
		m.Delivered, m.Read = s.uvarint(), s.uvarint()
		if s.bad {
			break
		}
		l.Marks = append(l.Marks, m)
	}
	return l
}
