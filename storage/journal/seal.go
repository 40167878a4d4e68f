package journal

import "encoding/binary"

// Seal hides what a journal keeps, and tells when it was changed. Its results share nothing with its arguments but dst.
type Seal interface {
	// Overhead is how many bytes longer a payload gets, at most 64.
	Overhead() int
	// Check is what tells, from a segment's salt and id, whether this is what it was sealed with.
	Check(salt []byte, id uint64) uint16
	// Seal appends a sealed payload to dst. place says where it stands: it opens nowhere else.
	Seal(dst, payload, place []byte) []byte
	// Open appends the payload to dst. An error means that it is not what was sealed at that place.
	Open(dst, sealed, place []byte) ([]byte, error)
}

// maxOverhead bounds Seal.Overhead.
const maxOverhead = 64

// frameSize is the room that a record of n payload bytes takes in the segment.
func (h header) frameSize(n int) int {
	if h.seal != nil {
		n += h.seal.Overhead()
	}
	return frameSize(n)
}

// encode is appendFrame for the segment, with the payload sealed if that is.
func (h header) encode(b []byte, seed uint32, f frame) []byte {
	if h.seal != nil {
		f.payload = h.seal.Seal(make([]byte, 0, len(f.payload)+maxOverhead), f.payload, h.place(f))
	}
	return appendFrame(b, seed, f)
}

// open replaces the payload of a good frame by what was sealed, and reports whether it was sealed there.
func (h header) open(f *frame) bool {
	if h.seal == nil {
		return true
	}
	payload, err := h.seal.Open(make([]byte, 0, len(f.payload)), f.payload, h.place(*f))
	f.payload = payload
	return err == nil
}

// place is authenticated with a payload: segment, offset, number and type.
func (h header) place(f frame) []byte {
	p := binary.LittleEndian.AppendUint64(make([]byte, 0, 25), h.id)
	p = binary.LittleEndian.AppendUint64(p, uint64(f.off))
	p = binary.LittleEndian.AppendUint64(p, f.number)
	return append(p, f.typ)
}
