package chat

import "encoding/binary"

// ScanGroup walks the entries of a group that was verified before it was stored, without hashing anything: entries come
// without Previous and, where the body is here, BodyHash. Bodies alias b. It ends early when do returns false.
func ScanGroup(b []byte, do func(*Entry) bool) error {
	r := reader{b: b}
	r.take(1)
	seq := r.uvarint()
	r.take(uint64(len(Hash{})))
	count := r.uvarint()
	var e Entry
	for i := range min(count, MaxGroupCount) {
		e.Seq = seq + i
		e.Clock += Clock(r.uvarint())
		e.SentAt += r.varint()
		e.Kind = Kind(r.uvarint())
		size := r.uvarint()
		e.BodySize, e.Body = uint32(size>>1), nil
		if size&1 == 1 {
			e.Body = r.take(size >> 1)
		} else {
			e.BodyHash = r.hash()
		}
		if r.bad {
			return ErrMalformed
		}
		if !do(&e) {
			return nil
		}
	}
	return nil
}

// ScanText finds the text or caption of an encoded body without copying it. It is a guess for searches: DecodeBody tells
// whether the body is one.
func ScanText(kind Kind, body []byte) []byte {
	const key = tagText<<3 | 2
	if kind != KindText && kind != KindImage || len(body) == 0 || body[0] != key {
		return nil
	}
	n, used := binary.Uvarint(body[1:])
	if used <= 0 || n > uint64(len(body)-1-used) {
		return nil
	}
	text, rest := body[1+used:1+used+int(n)], body[1+used+int(n):]
	if len(rest) > 0 && rest[0] == key {
		return body // two texts, which no program of ours writes: look at all of it
	}
	return text
}
