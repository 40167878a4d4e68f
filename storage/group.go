package storage

import (
	"encoding/binary"
	"math"

	"haggle/chat"
)

// storedGroup is a group with what this machine knows of it. On disk: rows of the log before it, flags, the row set unless
// the flags tell it, the clock's error unless it is 0, and the group's one encoding.
type storedGroup struct {
	before   uint64 // rows of the log before this group
	rows     chat.RowSet
	clockOff int32
	raw      []byte // the group's encoding
}

const (
	allRows    = 1 << iota // every entry is a row
	someRows               // a row set of 32 bytes follows
	clockIsOff             // the clock's error follows
)

// encode needs the number of entries in the group.
func (g *storedGroup) encode(entries int) []byte {
	b := make([]byte, 0, len(g.raw)+binary.MaxVarintLen64+1+32+binary.MaxVarintLen32+4)
	b = binary.AppendUvarint(b, g.before)
	n := g.rows.Count(chat.MaxGroupCount)
	b = append(b, flags(n == entries, n > 0 && n < entries, g.clockOff != 0))
	if n > 0 && n < entries {
		for _, word := range g.rows {
			b = binary.BigEndian.AppendUint64(b, word)
		}
	}
	if g.clockOff != 0 {
		b = binary.AppendVarint(b, int64(g.clockOff))
	}
	return append(b, g.raw...)
}

// decodeGroup reads storedGroup.encode's form; raw aliases b. The group itself is only looked at as far as needed.
func decodeGroup(b []byte) (storedGroup, error) {
	var g storedGroup
	r := scanner{b: b}
	g.before = r.uvarint()
	f := r.byte()
	if f&someRows != 0 {
		for i := range g.rows {
			if word := r.take(8); word != nil {
				g.rows[i] = binary.BigEndian.Uint64(word)
			}
		}
	}
	if f&clockIsOff != 0 {
		off := r.varint()
		if off < math.MinInt32 || off > math.MaxInt32 {
			return g, errCorrupt
		}
		g.clockOff = int32(off)
	}
	g.raw = r.b
	if f&allRows != 0 {
		_, entries, _ := g.start()
		for i := range min(entries, chat.MaxGroupCount) {
			g.rows.Add(i)
		}
	}
	return g, r.err()
}

// start reads the beginning of the encoding: first seq, number of entries and clock of the first.
func (g *storedGroup) start() (first uint64, entries int, clock chat.Clock) {
	r := scanner{b: g.raw}
	r.take(1)
	first = r.uvarint()
	r.take(32)
	entries = int(min(r.uvarint(), chat.MaxGroupCount))
	return first, entries, chat.Clock(r.uvarint())
}

// group decodes the group.
func (g *storedGroup) group() (*chat.Group, error) {
	d, err := chat.DecodeGroup(g.raw)
	if err != nil {
		return nil, errCorrupt
	}
	return d, nil
}
