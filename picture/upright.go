package picture

import (
	"image"
	"image/color"
)

// sizeOf is the size of img.
func sizeOf(img image.Image) size { return size{img.Bounds().Dx(), img.Bounds().Dy()} }

// scaled is img, which upright made, at another size.
func scaled(img image.Image, to size) image.Image { return upright(img, sizeOf(img), 1, to) }

// upright turns img, the part of a canvas that a decoder filled, into a picture of the whole canvas, scaled to the size
// given and then turned. The result is an *image.Gray, *image.YCbCr or *image.NRGBA whose bounds begin at 0, 0; it may be
// img itself.
func upright(img image.Image, canvas size, o orientation, to size) image.Image {
	same := o == 1 && to == canvas
	switch img := img.(type) {
	case *image.Gray:
		if same {
			return img
		}
		out := newPlane(o.turned(to), 1)
		out.draw(plane{canvas, img.Pix, img.Stride, 1}, o)
		return out.gray()
	case *image.YCbCr:
		if same {
			return img
		}
		return uprightYCbCr(img, o, to)
	case *image.NRGBA:
		if same {
			return img
		}
		out := newPlane(o.turned(to), 4)
		out.draw(plane{canvas, img.Pix, img.Stride, 4}, o)
		return out.colour()
	default:
		out := newPlane(o.turned(to), 4)
		s := newScaler(canvas, to, 4, func(y int, row []byte) { out.put(o, to, y, row) })
		row := make([]byte, canvas.w*4)
		for y := range canvas.h {
			readRow(row, img, y)
			s.add(row)
		}
		return out.colour()
	}
}

// uprightYCbCr is upright for the pictures of cameras: each plane by itself. Colours get half the brightness's resolution,
// as they have in a JPEG that is made from the result.
func uprightYCbCr(img *image.YCbCr, o orientation, to size) *image.YCbCr {
	turned := o.turned(to)
	out := image.NewYCbCr(image.Rect(0, 0, turned.w, turned.h), image.YCbCrSubsampleRatio420)
	from, into := planes(img), planes(out)
	for i := range into {
		into[i].draw(from[i], o)
	}
	return out
}

// planes are the three planes of img, whose bounds begin at 0, 0.
func planes(img *image.YCbCr) [3]plane {
	whole := sizeOf(img)
	half := func(n int) int { return (n + 1) / 2 }
	quarter := func(n int) int { return (n + 3) / 4 }
	c := whole
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		c.w = half(c.w)
	case image.YCbCrSubsampleRatio420:
		c = size{half(c.w), half(c.h)}
	case image.YCbCrSubsampleRatio440:
		c.h = half(c.h)
	case image.YCbCrSubsampleRatio411:
		c.w = quarter(c.w)
	case image.YCbCrSubsampleRatio410:
		c = size{quarter(c.w), half(c.h)}
	case image.YCbCrSubsampleRatio444:
	}
	return [3]plane{
		{whole, img.Y, img.YStride, 1},
		{c, img.Cb, img.CStride, 1},
		{c, img.Cr, img.CStride, 1},
	}
}

// readRow reads row y of img as red, green, blue and alpha, not premultiplied. Outside img it is transparent.
func readRow(row []byte, img image.Image, y int) {
	clear(row)
	bounds := img.Bounds()
	at, ok := img.(image.RGBA64Image)
	if !ok || y < bounds.Min.Y || y >= bounds.Max.Y {
		return
	}
	for x := max(0, bounds.Min.X); x < bounds.Max.X && x*4+3 < len(row); x++ {
		c := at.RGBA64At(x, y)
		if c.A != 0xffff {
			c = unmultiply(c)
		}
		row[x*4], row[x*4+1], row[x*4+2], row[x*4+3] = byte(c.R>>8), byte(c.G>>8), byte(c.B>>8), byte(c.A>>8)
	}
}

// unmultiply takes the alpha out of the colours of c.
func unmultiply(c color.RGBA64) color.RGBA64 {
	if c.A == 0 {
		return color.RGBA64{}
	}
	whole := func(v uint16) uint16 { return uint16(min(0xffff, uint32(v)*0xffff/uint32(c.A))) }
	return color.RGBA64{R: whole(c.R), G: whole(c.G), B: whole(c.B), A: c.A}
}
