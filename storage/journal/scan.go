package journal

import "encoding/binary"

// scanner walks the good frames of a segment image, whatever lies between them.
type scanner struct {
	img   []byte
	seed  uint32
	h     header
	pos   int    // where the next frame is looked for
	last  uint64 // number of the newest frame returned
	limit uint64 // frames numbered this or more do not belong
	mark  uint64 // the number that an end mark named, 0 if none was met
}

func newScanner(img []byte, h header, limit uint64) *scanner {
	return &scanner{img: img, seed: h.seed(), h: h, pos: dataStart, last: h.id - 1, limit: limit}
}

// next returns the next good frame with a number above the last one's. What is no frame is skipped, 8 bytes at a time, at
// the cost of one checksum over 32 bytes where it looks like one.
func (s *scanner) next() (frame, bool) {
	for ; s.last+1 < s.limit && s.pos+frameHeader <= len(s.img); s.pos += frameAlign {
		if binary.LittleEndian.Uint64(s.img[s.pos:]) == 0 {
			continue // never written, or a block that was zeroed
		}
		f, ok := parseFrame(s.img, s.seed, s.pos)
		switch {
		case !ok:
		case f.flags&flagEnd != 0:
			s.mark, s.pos = f.number, len(s.img)
		case f.number > s.last && f.number < s.limit:
			if !s.h.open(&f) {
				continue
			}
			s.pos, s.last = f.end(), f.number
			return f, true
		}
	}
	return frame{}, false
}

// walk calls fn for every good frame of a sealed segment that covers the numbers up to through, in order, and returns the
// holes between them. intact is false if the file itself is damaged (and not only followed by one that is lost).
func walk(img []byte, h header, through uint64, fn func(frame) error) (holes []Hole, intact bool, err error) {
	newest := through
	if h.compacted {
		newest = h.newest
	}
	s := newScanner(img, h, newest+1)
	intact = true
	for last := s.last; ; last = s.last {
		f, ok := s.next()
		if !ok {
			break
		}
		lost := f.number - 1 // the last number missing before f, if above last
		if h.compacted {
			lost = min(f.link, lost)
		}
		if lost > last {
			holes, intact = append(holes, Hole{last + 1, lost}), false
		}
		if err := fn(f); err != nil {
			return holes, intact, err
		}
	}
	if s.last < newest {
		holes = append(holes, Hole{s.last + 1, newest})
		intact = intact && s.mark == s.last+1
	}
	return holes, intact, nil
}
