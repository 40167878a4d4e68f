package chat

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrMalformed says that bytes are not the canonical encoding of anything: they are refused, never repaired.
var ErrMalformed = errors.New("malformed")

// Signed records and bodies are fields in the protobuf wire format, restricted so that decoding and encoding are
// inverse: ascending tags, varints of minimal length, wire types 0 (varint) and 2 (bytes) only. Unknown fields are kept
// by keeping the bytes: what was signed is stored and passed on, never a re-marshal.

// fields appends fields in ascending tag order.
type fields struct{ b []byte }

func (f *fields) uint(tag int, v uint64) {
	if v == 0 {
		return
	}
	f.b = binary.AppendUvarint(f.b, uint64(tag)<<3)
	f.b = binary.AppendUvarint(f.b, v)
}

func (f *fields) bytes(tag int, v []byte) {
	if len(v) == 0 {
		return
	}
	f.b = binary.AppendUvarint(f.b, uint64(tag)<<3|2)
	f.b = binary.AppendUvarint(f.b, uint64(len(v)))
	f.b = append(f.b, v...)
}

func (f *fields) string(tag int, v string) { f.bytes(tag, []byte(v)) }

// field is one decoded field; data aliases the input.
type field struct {
	tag   int
	isInt bool
	value uint64
	data  []byte
}

// eachField calls do for every field. A tag may repeat: that is how lists are written.
func eachField(b []byte, do func(field) error) error {
	r := reader{b: b}
	last := 0
	for len(r.b) > 0 {
		key := r.uvarint()
		f := field{tag: int(key >> 3), isInt: key&7 == 0}
		switch key & 7 {
		case 0:
			f.value = r.uvarint()
		case 2:
			f.data = r.take(r.uvarint())
		default:
			return fmt.Errorf("wire type %d: %w", key&7, ErrMalformed)
		}
		if r.bad || f.tag < last || f.tag == 0 || key>>3 > 1<<20 || (f.isInt && f.value == 0) || (!f.isInt && len(f.data) == 0) {
			return fmt.Errorf("field: %w", ErrMalformed)
		}
		last = f.tag
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// reader takes bytes off the front; after the first short read bad is set and everything reads as zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || (n > 1 && r.b[n-1] == 0) { // short, overflowing, or longer than it need be
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) hash() (h Hash) {
	copy(h[:], r.take(uint64(len(h))))
	return h
}

func appendVarint(b []byte, v int64) []byte {
	return binary.AppendUvarint(b, uint64(v)<<1^uint64(v>>63))
}
