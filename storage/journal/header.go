package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

const (
	version     = 1
	versionSeal = 2 // of a sealed segment
	headerSize  = 64
	headerCopy  = 4096                    // where the header is repeated: in another block, so that one damage leaves the other
	dataStart   = headerCopy + headerSize // where frames begin

	flagCompacted = 1
	flagSealed    = 2
	checkShift    = 16 // the flags' upper half is the key's check

	segmentSuffix = ".seg"
	tempSuffix    = ".tmp"
)

var magic = []byte("hagglejr")

// header is what a segment says about itself.
type header struct {
	id        uint64 // number of the first record, or of the first one covered
	prev      uint64 // id of the segment before, 0 for none
	compacted bool
	through   uint64 // compacted: last number covered
	newest    uint64 // compacted: last number kept, id-1 when none was
	salt      [8]byte
	size      int64 // of the file when it was made; it is never shorter
	seal      Seal  // not nil in a sealed segment
}

var errHeader = errors.New("journal: segment header is damaged")

// newHeader returns a plain header with a fresh salt, of a segment sealed with seal if that is not nil.
func newHeader(id, prev uint64, size int64, seal Seal) header {
	h := header{id: id, prev: prev, size: size, seal: seal}
	_, _ = rand.Read(h.salt[:]) // never fails, by its documentation
	return h
}

// seed starts the checksum of every frame of the segment.
func (h header) seed() uint32 {
	var b [16]byte
	copy(b[:], h.salt[:])
	binary.LittleEndian.PutUint64(b[8:], h.id)
	return crc32.Checksum(b[:], castagnoli)
}

// image returns the first dataStart bytes of the segment: the header twice.
func (h header) image() []byte {
	img := make([]byte, dataStart)
	b := img[:headerSize]
	copy(b, magic)
	v, flags := uint32(version), uint32(0)
	if h.compacted {
		flags |= flagCompacted
	}
	if h.seal != nil {
		v = versionSeal
		flags |= flagSealed | uint32(h.seal.Check(h.salt[:], h.id))<<checkShift
	}
	binary.LittleEndian.PutUint32(b[8:], v)
	binary.LittleEndian.PutUint32(b[12:], flags)
	binary.LittleEndian.PutUint64(b[16:], h.id)
	binary.LittleEndian.PutUint64(b[24:], h.prev)
	binary.LittleEndian.PutUint64(b[32:], h.through)
	binary.LittleEndian.PutUint64(b[40:], h.newest)
	copy(b[48:56], h.salt[:])
	binary.LittleEndian.PutUint32(b[56:], uint32(h.size))
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	copy(img[headerCopy:], b)
	return img
}

// parseHeader reads the header of segment id from the start of its image, from the copy if the original is damaged. It
// returns ErrNewer for a format that this program does not know, ErrSealed for a sealed segment unless seal is what it was
// sealed with, and errHeader if neither is good.
func parseHeader(img []byte, id uint64, seal Seal) (header, error) {
	for _, off := range []int{0, headerCopy} {
		if off+headerSize > len(img) {
			break
		}
		b := img[off : off+headerSize]
		if !bytes.Equal(b[:8], magic) || crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
			continue
		}
		if v := binary.LittleEndian.Uint32(b[8:]); v > versionSeal {
			return header{}, fmt.Errorf("%w: segment %016x has version %d", ErrNewer, id, v)
		}
		flags := binary.LittleEndian.Uint32(b[12:])
		h := header{
			id:        binary.LittleEndian.Uint64(b[16:]),
			prev:      binary.LittleEndian.Uint64(b[24:]),
			compacted: flags&flagCompacted != 0,
			through:   binary.LittleEndian.Uint64(b[32:]),
			newest:    binary.LittleEndian.Uint64(b[40:]),
			salt:      [8]byte(b[48:56]),
			size:      int64(binary.LittleEndian.Uint32(b[56:])),
		}
		if flags&flagSealed != 0 {
			if seal == nil || seal.Check(h.salt[:], h.id) != uint16(flags>>checkShift) {
				return header{}, fmt.Errorf("%w: segment %016x", ErrSealed, id)
			}
			h.seal = seal
		}
		if h.id == id && (!h.compacted || id <= h.through && h.through <= maxNumber && id <= h.newest+1 && h.newest <= h.through) {
			return h, nil
		}
	}
	return header{}, errHeader
}

// segmentName is the file name of segment id.
func segmentName(id uint64) string { return fmt.Sprintf("%016x%s", id, segmentSuffix) }

// parseName returns the id in a segment's file name, and whether it is one.
func parseName(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseUint(hex, 16, 64)
	return id, err == nil && id > 0 && id <= maxNumber && segmentName(id) == name
}
