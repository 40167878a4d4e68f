package storage

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"haggle/chat"
)

// errCorrupt says that stored bytes are not what was written.
var errCorrupt = errors.New("stored bytes are corrupt")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// withSum appends the checksum of key and value to value: Badger's own tell neither a damaged block from a missing key nor a
// damaged value from a good one.
func withSum(key, value []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
	return binary.BigEndian.AppendUint32(value, sum)
}

// cutSum checks and removes what withSum appended.
func cutSum(key, summed []byte) ([]byte, error) {
	n := len(summed) - 4
	if n < 0 {
		return nil, errCorrupt
	}
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, summed[:n])
	if sum != binary.BigEndian.Uint32(summed[n:]) {
		return nil, errCorrupt
	}
	return summed[:n:n], nil
}

// digest is one entry's share in the sums of indexHead: FNV-1a, finished so that shares do not cancel out.
func digest(key, value []byte) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for _, part := range [][]byte{key, value} {
		for _, b := range part {
			h = (h ^ uint64(b)) * prime
		}
		h = (h ^ uint64(len(part))) * prime
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// scanner takes fields off the front of stored bytes; after the first short or overlong one bad is set and the rest is zero.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) uvarint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.bad, s.b = true, nil
		return 0
	}
	s.b = s.b[n:]
	return v
}

func (s *scanner) varint() int64 {
	v, n := binary.Varint(s.b)
	if n <= 0 {
		s.bad, s.b = true, nil
		return 0
	}
	s.b = s.b[n:]
	return v
}

func (s *scanner) take(n uint64) []byte {
	if n > uint64(len(s.b)) {
		s.bad, s.b = true, nil
		return nil
	}
	p := s.b[:n:n]
	s.b = s.b[n:]
	return p
}

func (s *scanner) byte() byte {
	if p := s.take(1); len(p) == 1 {
		return p[0]
	}
	return 0
}

// into fills to.
func (s *scanner) into(to []byte) { copy(to, s.take(uint64(len(to)))) }

func (s *scanner) uint32() uint32 {
	v := s.uvarint()
	if v > 1<<32-1 {
		s.bad = true
	}
	return uint32(v)
}

func (s *scanner) text() string { return string(s.take(s.uvarint())) }

func (s *scanner) role() chat.Role {
	r := chat.Role(s.byte())
	if r > chat.Seller {
		s.bad = true
	}
	return r
}

func (s *scanner) log() (log chat.LogID) {
	s.into(log.Room[:])
	log.Author = s.role()
	s.into(log.Device[:])
	return log
}

func (s *scanner) err() error {
	if s.bad {
		return errCorrupt
	}
	return nil
}

func appendLog(b []byte, log chat.LogID) []byte {
	b = append(b, log.Room[:]...)
	b = append(b, byte(log.Author))
	return append(b, log.Device[:]...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// flags packs booleans into a byte, the first lowest.
func flags(bits ...bool) byte {
	var f byte
	for i, bit := range bits {
		if bit {
			f |= 1 << i
		}
	}
	return f
}
