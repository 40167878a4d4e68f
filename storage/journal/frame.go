package journal

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

const (
	frameHeader = 32
	frameAlign  = 8

	flagLast = 1 // the last frame of its batch
	flagEnd  = 2 // no record: the end mark of a sealed segment

	// maxNumber bounds record numbers so that adding to one cannot overflow.
	maxNumber = 1<<63 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is one record, or the end mark, as it lies in a segment.
type frame struct {
	number  uint64
	link    uint64 // see the package comment
	off     int    // offset in the segment
	typ     byte
	flags   byte
	payload []byte // nil in an end mark
	stored  int    // length of the payload as it lies there
}

// frameSize is the room a record of n payload bytes takes, padding included.
func frameSize(n int) int { return (frameHeader + n + frameAlign - 1) &^ (frameAlign - 1) }

// end is the offset just behind the frame.
func (f frame) end() int { return f.off + frameSize(f.stored) }

// appendFrame appends the encoding of f to b. f.off must be the offset that it will have in the segment of seed.
func appendFrame(b []byte, seed uint32, f frame) []byte {
	start, size := len(b), frameSize(len(f.payload))
	b = slices.Grow(b, size)[:start+size]
	h := b[start : start+frameHeader]
	clear(h)
	if f.flags&flagEnd == 0 {
		binary.LittleEndian.PutUint32(h[0:], uint32(frameHeader+len(f.payload)))
	}
	h[4], h[5] = f.typ, f.flags
	binary.LittleEndian.PutUint64(h[8:], f.number)
	binary.LittleEndian.PutUint64(h[16:], f.link)
	sum := headSum(seed, f.off, h[:24])
	binary.LittleEndian.PutUint32(h[24:], sum)
	binary.LittleEndian.PutUint32(h[28:], crc32.Update(sum, castagnoli, f.payload))
	n := copy(b[start+frameHeader:], f.payload)
	clear(b[start+frameHeader+n:])
	return b
}

// parseFrame returns the frame at off in the segment image img, and whether there is a good one. The payload shares img.
func parseFrame(img []byte, seed uint32, off int) (frame, bool) {
	if off+frameHeader > len(img) {
		return frame{}, false
	}
	h := img[off : off+frameHeader]
	f := frame{
		number: binary.LittleEndian.Uint64(h[8:]),
		link:   binary.LittleEndian.Uint64(h[16:]),
		off:    off, typ: h[4], flags: h[5],
	}
	length := int64(binary.LittleEndian.Uint32(h[0:]))
	switch {
	case h[6]|h[7] != 0, f.number == 0, f.number > maxNumber:
		return frame{}, false
	case length == 0:
		if f.flags != flagEnd {
			return frame{}, false
		}
	case length < frameHeader, length > frameHeader+MaxPayload+maxOverhead, int64(off)+length > int64(len(img)), f.flags&^flagLast != 0:
		return frame{}, false
	}
	sum := binary.LittleEndian.Uint32(h[24:])
	if headSum(seed, off, h[:24]) != sum {
		return frame{}, false
	}
	if length > 0 {
		f.payload = img[off+frameHeader : off+int(length) : off+int(length)]
		f.stored = len(f.payload)
	}
	return f, crc32.Update(sum, castagnoli, f.payload) == binary.LittleEndian.Uint32(h[28:])
}

// headSum continues seed, which stands for a segment's salt and id, over an offset and the head of a frame. The offset is
// mixed into the sum's state, which is what hashing its bytes would come to: equal heads at two offsets never have one sum.
func headSum(seed uint32, off int, head []byte) uint32 {
	return crc32.Update(seed^uint32(off), castagnoli, head)
}
