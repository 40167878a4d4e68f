package picture

import "image"

// plane is one rectangle of samples: all of a picture, or its brightness, or one of its two colour differences.
type plane struct {
	size
	pix      []byte
	stride   int
	channels int // bytes per sample
}

// newPlane allocates a plane.
func newPlane(s size, channels int) plane {
	return plane{s, make([]byte, s.w*s.h*channels), s.w * channels, channels}
}

// row is row y of p.
func (p plane) row(y int) []byte { return p.pix[y*p.stride:][:p.w*p.channels] }

// put stores row y of a picture of the given size into p, which is that picture turned.
func (p plane) put(o orientation, from size, y int, row []byte) {
	right, bottom := (from.w-1)*p.channels, (from.h-1-y)*p.channels
	switch o {
	case 2:
		p.scatter(y*p.stride+right, -p.channels, row)
	case 3:
		p.scatter((from.h-1-y)*p.stride+right, -p.channels, row)
	case 4:
		copy(p.row(from.h-1-y), row)
	case 5:
		p.scatter(y*p.channels, p.stride, row)
	case 6:
		p.scatter(bottom, p.stride, row)
	case 7:
		p.scatter((from.w-1)*p.stride+bottom, -p.stride, row)
	case 8:
		p.scatter((from.w-1)*p.stride+y*p.channels, -p.stride, row)
	default:
		copy(p.row(y), row)
	}
}

// scatter stores the samples of row at, at+step, at+2*step and so on.
func (p plane) scatter(at, step int, row []byte) {
	if p.channels == 1 {
		for _, v := range row {
			p.pix[at] = v
			at += step
		}
		return
	}
	for i := 0; i+3 < len(row); i += 4 {
		copy(p.pix[at:at+4], row[i:i+4])
		at += step
	}
}

// draw fills p with from, scaled and turned.
func (p plane) draw(from plane, o orientation) {
	to := o.turned(p.size) // before turning
	s := newScaler(from.size, to, p.channels, func(y int, row []byte) { p.put(o, to, y, row) })
	for y := range from.h {
		s.add(from.row(y))
	}
}

// gray is p as an image.
func (p plane) gray() *image.Gray {
	return &image.Gray{Pix: p.pix, Stride: p.stride, Rect: image.Rect(0, 0, p.w, p.h)}
}

// colour is p as an image.
func (p plane) colour() *image.NRGBA {
	return &image.NRGBA{Pix: p.pix, Stride: p.stride, Rect: image.Rect(0, 0, p.w, p.h)}
}
