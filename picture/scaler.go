package picture

// scaler takes the rows of a picture, or of one of its planes, from top to bottom and hands out the rows of the scaled
// one as soon as it can. Each pixel of the result is the mean of the area that it covers, so nothing is skipped however
// much smaller the result is, and one row of sums is all the memory it takes. The sums are exact.
type scaler struct {
	from, to size
	channels int // 1, or 4 for red, green, blue and alpha, not premultiplied
	put      func(y int, row []byte)

	spans   []span   // for each column of the result
	premult []uint16 // the current row, if it has alpha
	row     []uint32 // the current row, scaled
	sum     []uint64 // of the rows that the current row of the result covers so far
	out     []byte   // a row of the result
	missing int      // of from.h parts, how many the current row of the result still lacks
	y       int      // the current row of the result
}

// span is what a column of the result covers: of the source's columns the first, the last, and how much of these two in
// parts of to.w. All between are covered wholly.
type span struct {
	first, last           int
	firstParts, lastParts uint32
}

// newScaler returns a scaler that hands put each row of the result, which is only valid during the call. No side may
// exceed 65,535.
func newScaler(from, to size, channels int, put func(y int, row []byte)) *scaler {
	s := &scaler{from: from, to: to, channels: channels, put: put, missing: from.h}
	if from == to {
		return s
	}
	s.spans = make([]span, to.w)
	for x := range s.spans {
		start, end := int64(x)*int64(from.w), int64(x+1)*int64(from.w)
		whole := int64(to.w)
		first, last := start/whole, (end-1)/whole
		c := span{first: int(first), last: int(last), firstParts: uint32(from.w)}
		if first != last {
			c.firstParts = uint32((first+1)*whole - start)
			c.lastParts = uint32(end - last*whole)
		}
		s.spans[x] = c
	}
	if channels == 4 {
		s.premult = make([]uint16, from.w*4)
	}
	s.row = make([]uint32, to.w*channels)
	s.sum = make([]uint64, to.w*channels)
	s.out = make([]byte, to.w*channels)
	return s
}

// add takes the next row.
func (s *scaler) add(row []byte) {
	if s.from == s.to {
		s.put(s.y, row)
		s.y++
		return
	}
	if s.channels == 4 {
		premultiply(s.premult, row)
		across(s.row, s.premult, s.spans, 4, uint32(s.to.w))
	} else {
		across(s.row, row, s.spans, 1, uint32(s.to.w))
	}
	for parts := s.to.h; parts > 0; {
		n := min(parts, s.missing)
		for i, v := range s.row {
			s.sum[i] += uint64(v) * uint64(n)
		}
		parts -= n
		s.missing -= n
		if s.missing == 0 {
			s.emit()
		}
	}
}

// across scales a row: row gets, for each column of the result, the sum of what it covers, from.w times its mean.
func across[T uint8 | uint16](row []uint32, from []T, spans []span, channels int, whole uint32) {
	for x, c := range spans {
		for channel := range channels {
			sum := uint32(0)
			for i := (c.first+1)*channels + channel; i < c.last*channels; i += channels {
				sum += uint32(from[i])
			}
			sum = sum*whole + uint32(from[c.first*channels+channel])*c.firstParts
			row[x*channels+channel] = sum + uint32(from[c.last*channels+channel])*c.lastParts
		}
	}
}

// premultiply weighs colours with their alpha, so that what is transparent does not colour its neighbours.
func premultiply(to []uint16, row []byte) {
	for i := 0; i+3 < len(row) && i+3 < len(to); i += 4 {
		a := uint16(row[i+3])
		to[i], to[i+1], to[i+2], to[i+3] = uint16(row[i])*a, uint16(row[i+1])*a, uint16(row[i+2])*a, a
	}
}

// emit hands out a row of the result and begins the next one.
func (s *scaler) emit() {
	area := uint64(s.from.w) * uint64(s.from.h)
	if s.channels == 4 {
		for i := 0; i+3 < len(s.out); i += 4 {
			alpha := max(1, s.sum[i+3])
			for c := i; c < i+3; c++ {
				s.out[c] = byte((s.sum[c] + alpha/2) / alpha)
			}
			s.out[i+3] = byte((s.sum[i+3] + area/2) / area)
		}
	} else {
		for i, sum := range s.sum {
			s.out[i] = byte((sum + area/2) / area)
		}
	}
	s.put(s.y, s.out)
	s.y++
	clear(s.sum)
	s.missing = s.from.h
}
