package picture

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
)

// errTooLong says that an encoded picture has too many bytes. It never leaves the package.
var errTooLong = errors.New("too many bytes")

// capped keeps what is written to it, up to a limit.
type capped struct {
	kept  bytes.Buffer
	limit int64
	n     int64 // bytes written, those not kept included
	count bool  // go on counting beyond the limit, instead of failing
}

func (c *capped) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	if c.n <= c.limit {
		return c.kept.Write(p)
	}
	c.kept = bytes.Buffer{}
	if c.count {
		return len(p), nil
	}
	return 0, errTooLong
}

// encoded is a picture as a file.
type encoded struct {
	typ  string
	data []byte
	size
}

// encode makes a file of at most limit bytes of img. It keeps lossless pictures lossless where that costs little, keeps
// transparency where it fits, and otherwise makes a JPEG. Unless the sides are to be kept, it makes the picture smaller
// rather than ugly.
func encode(img image.Image, lossless bool, limit int64, keepSides bool) (encoded, error) {
	flat := opaque(img)
	if lossless || !flat {
		most := limit
		if flat && !keepSides {
			// A drawing takes less than half a byte for a pixel. A photo takes two, and ten times less as a JPEG.
			most = min(limit, max(64<<10, sizeOf(img).pixels()/2))
		}
		data, err := encodePNG(img, most)
		if err == nil {
			return encoded{PNG, data, sizeOf(img)}, nil
		}
		if !errors.Is(err, errTooLong) || keepSides && lossless {
			return encoded{}, err
		}
	}
	if !flat {
		img = onWhite(img)
	}
	return encodeJPEG(img, limit, keepSides)
}

func encodePNG(img image.Image, limit int64) ([]byte, error) {
	w := &capped{limit: limit}
	if err := png.Encode(w, img); err != nil {
		return nil, err
	}
	return w.kept.Bytes(), nil
}

// qualities are what a JPEG is tried with, and about how many bytes each takes, compared with the first.
var qualities = []struct {
	quality int
	bytes   float64
}{{88, 1}, {82, 0.80}, {76, 0.67}, {70, 0.58}}

// lastQuality is the lowest that a picture is made with. One that is too long even so is made smaller instead.
var lastQuality = len(qualities) - 1

// encodeJPEG makes the best JPEG of at most limit bytes.
func encodeJPEG(img image.Image, limit int64, keepSides bool) (encoded, error) {
	q := 0
	if n, err := estimateJPEG(img, qualities[q].quality); err != nil {
		return encoded{}, err
	} else if n > limit {
		img, q = lower(img, q, float64(limit)/float64(n), keepSides)
	}
	for {
		data, n, err := writeJPEG(img, qualities[q].quality, limit)
		if err != nil {
			return encoded{}, err
		}
		if n <= limit {
			return encoded{JPEG, data, sizeOf(img)}, nil
		}
		if keepSides && q == lastQuality {
			return encoded{}, errTooLong
		}
		img, q = lower(img, q, float64(limit)/float64(n), keepSides)
	}
}

// lower returns what to try after img at quality q was too long, and only the part fits of its bytes would have been
// right: a lower quality, and if that is not enough, a smaller picture.
func lower(img image.Image, q int, fits float64, keepSides bool) (image.Image, int) {
	fits *= 0.97 * qualities[q].bytes
	q = min(q+1, lastQuality)
	for q < lastQuality && qualities[q].bytes > fits {
		q++
	}
	if qualities[q].bytes > fits && !keepSides {
		img = scaled(img, sizeOf(img).times(fits/qualities[q].bytes))
	}
	return img, q
}

// estimateJPEG tells about how many bytes img will have, from a part of its rows. It saves encoding a large picture twice.
// It says 0 of a picture that is encoded sooner than it is estimated.
func estimateJPEG(img image.Image, quality int) (int64, error) {
	const bands, rows, worthIt = 8, 32, 1 << 20
	parts, ok := img.(interface {
		SubImage(r image.Rectangle) image.Image
	})
	s := sizeOf(img)
	if !ok || s.pixels() < worthIt || s.h < 4*bands*rows {
		return 0, nil
	}
	sum := int64(0)
	for band := range bands {
		top := (2*band + 1) * s.h / (2 * bands) / 16 * 16
		_, n, err := writeJPEG(parts.SubImage(image.Rect(0, top, s.w, top+rows)), quality, 0)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum * int64(s.h) / (bands * rows), nil
}

// writeJPEG returns a JPEG file and how many bytes it has. If these are more than limit, there is no file.
func writeJPEG(img image.Image, quality int, limit int64) ([]byte, int64, error) {
	if c, ok := img.(*image.NRGBA); ok { // opaque here, and then this is the same; the encoder is slow with others
		img = &image.RGBA{Pix: c.Pix, Stride: c.Stride, Rect: c.Rect}
	}
	w := &capped{limit: limit, count: true}
	buffer := bufio.NewWriter(w)
	if err := jpeg.Encode(buffer, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, 0, err
	}
	if err := buffer.Flush(); err != nil {
		return nil, 0, err
	}
	return w.kept.Bytes(), w.n, nil
}

// opaque reports whether no pixel of img is transparent.
func opaque(img image.Image) bool {
	c, ok := img.(*image.NRGBA)
	return !ok || c.Opaque()
}

// onWhite lays img, which upright made, on white, in place.
func onWhite(img image.Image) image.Image {
	c, ok := img.(*image.NRGBA)
	if !ok {
		return img
	}
	for i := 0; i+3 < len(c.Pix); i += 4 {
		p := c.Pix[i : i+4 : i+4]
		a := uint(p[3])
		for channel := range p[:3] {
			p[channel] = byte((uint(p[channel])*a + 255*(255-a) + 127) / 255)
		}
		p[3] = 255
	}
	return c
}

// encodeThumbnail makes a small JPEG of img, which it may spoil.
func encodeThumbnail(img image.Image, side int, limit int64) ([]byte, error) {
	for ; ; side = side * 3 / 4 {
		small := scaled(img, sizeOf(img).within(side))
		if !opaque(small) {
			small = onWhite(small)
		}
		for _, quality := range []int{80, 65, 50} {
			data, n, err := writeJPEG(small, quality, limit)
			if err != nil {
				return nil, err
			}
			if n <= limit {
				return data, nil
			}
		}
	}
}
