package picture

import "math"

// size is a picture's sides in pixels.
type size struct{ w, h int }

func (s size) pixels() int64 { return int64(s.w) * int64(s.h) }

// within is s, scaled down where necessary so that neither side exceeds side; no side becomes 0.
func (s size) within(side int) size {
	long := max(s.w, s.h)
	if long <= side {
		return s
	}
	scale := func(n int) int { return max(1, int((int64(n)*int64(side)+int64(long)/2)/int64(long))) }
	return size{scale(s.w), scale(s.h)}
}

// times is s with its area multiplied by about area, which is below 1.
func (s size) times(area float64) size {
	return s.within(max(1, int(float64(max(s.w, s.h))*math.Sqrt(area))))
}

// orientation is how a picture has to be turned to stand upright, as EXIF numbers it: 1 is upright, 2 to 4 are mirrored or
// upside down, 5 to 8 lie on their side.
type orientation uint8

// turned is s after turning. Turning twice gives s again.
func (o orientation) turned(s size) size {
	if o >= 5 {
		return size{s.h, s.w}
	}
	return s
}
