package picture

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// pngRows decodes a PNG file that is not interlaced, one row at a time: however large the picture is, it takes no more
// memory than two of its rows.
type pngRows struct {
	pngShape
	chunks   *pngChunks
	packed   *bufio.Reader // what the IDAT chunks hold
	pixels   io.ReadCloser
	row, old []byte // this row and the one above, as stored, after the byte that says how this one is filtered
	step     int    // bytes from a sample to the same of the pixel to its left, at least 1

	palette     [256][4]byte
	transparent []uint16 // the colour that is transparent; nil if none is
}

// newPNGRows reads up to the pixels.
func newPNGRows(r io.Reader) (*pngRows, error) {
	chunks, err := newPNGChunks(r)
	if err != nil {
		return nil, err
	}
	p := &pngRows{chunks: chunks}
	for i := range p.palette {
		p.palette[i] = [4]byte{0, 0, 0, 0xff}
	}
	for chunks.name != "IDAT" {
		if err := chunks.next(); err != nil {
			return nil, err
		}
		if err := p.take(chunks); err != nil {
			return nil, err
		}
	}
	bits := p.depth * p.samples()
	p.step = max(1, bits/8)
	p.row = make([]byte, 1+(p.w*bits+7)/8)
	p.old = make([]byte, len(p.row))
	p.packed = bufio.NewReader(&pngPixels{chunks})
	p.pixels, err = zlib.NewReader(p.packed)
	return p, err
}

// take reads a chunk that comes before the pixels.
func (p *pngRows) take(chunks *pngChunks) error {
	switch chunks.name {
	case "IHDR":
		body, err := chunks.body(13)
		if err != nil {
			return err
		}
		p.pngShape, err = readPNGShape(body)
		return err
	case "PLTE":
		body, err := chunks.body(3 * 256)
		if err != nil || len(body)%3 != 0 {
			return errors.Join(errors.New("a bad palette"), err)
		}
		for i := 0; i*3 < len(body); i++ {
			copy(p.palette[i][:3], body[i*3:])
		}
	case "tRNS":
		body, err := chunks.body(256)
		if err != nil {
			return err
		}
		switch {
		case p.colour == pngPalette:
			for i, alpha := range body {
				p.palette[i][3] = alpha
			}
		case p.colour == pngGray && len(body) == 2, p.colour == pngRGB && len(body) == 6:
			for ; len(body) > 0; body = body[2:] {
				p.transparent = append(p.transparent, binary.BigEndian.Uint16(body))
			}
		default:
			return errors.New("transparency that does not fit")
		}
	}
	return nil
}

// samples is how many values each pixel has in the file.
func (p *pngRows) samples() int {
	switch p.colour {
	case pngRGB:
		return 3
	case pngGrayAlpha:
		return 2
	case pngRGBA:
		return 4
	default:
		return 1
	}
}

// channels is how many bytes each pixel has in what next returns: 1 for gray, 4 for red, green, blue and alpha.
func (p *pngRows) channels() int {
	if p.colour == pngGray && p.transparent == nil {
		return 1
	}
	return 4
}

// next decodes the next row into out, which has channels bytes for each pixel.
func (p *pngRows) next(out []byte) error {
	if _, err := io.ReadFull(p.pixels, p.row); err != nil {
		return err
	}
	if err := unfilter(p.row[0], p.row[1:], p.old[1:], p.step); err != nil {
		return err
	}
	p.expand(out, p.row[1:])
	p.row, p.old = p.old, p.row
	return nil
}

// finish verifies that the pixels end with the last row, and the file with them.
func (p *pngRows) finish() error {
	var more [1]byte
	if n, err := io.ReadFull(p.pixels, more[:]); n > 0 || !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("more pixels than the header says"), err)
	}
	if _, err := p.packed.ReadByte(); err == nil {
		return errAfterPixels
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// errAfterPixels tells of bytes that are hidden between the compressed pixels and the chunk after them.
var errAfterPixels = fmt.Errorf("%w: bytes after the pixels", ErrForeign)

// pngPixels reads the bodies of the IDAT chunks as one.
type pngPixels struct{ chunks *pngChunks }

func (p *pngPixels) Read(b []byte) (int, error) {
	for p.chunks.name == "IDAT" {
		n, err := p.chunks.Read(b)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := p.chunks.next(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// unfilter undoes what the encoder did to a row so that it compresses better. old is the row above.
func unfilter(filter byte, row, old []byte, step int) error {
	old = old[:len(row)]
	switch filter {
	case 0:
	case 1: // of the left
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
	case 2: // of the one above
		for i, above := range old {
			row[i] += above
		}
	case 3: // of the mean of both
		for i := range min(step, len(row)) {
			row[i] += old[i] / 2
		}
		for i := step; i < len(row); i++ {
			row[i] += byte((int(row[i-step]) + int(old[i])) / 2)
		}
	case 4: // of whichever of left, above and above left the gradient leads to
		for i := range min(step, len(row)) {
			row[i] += old[i]
		}
		for i := step; i < len(row); i++ {
			row[i] += paeth(row[i-step], old[i], old[i-step])
		}
	default:
		return errors.New("an unknown filter")
	}
	return nil
}

// paeth is that of left, above and corner which is nearest to left + above - corner.
func paeth(left, above, corner byte) byte {
	a, b, c := int(left), int(above), int(corner)
	toLeft, toAbove, toCorner := max(b-c, c-b), max(a-c, c-a), max(a+b-2*c, 2*c-a-b)
	switch {
	case toLeft <= toAbove && toLeft <= toCorner:
		return left
	case toAbove <= toCorner:
		return above
	default:
		return corner
	}
}

// expand turns a row as stored into one byte for gray, or red, green, blue and alpha.
func (p *pngRows) expand(out, row []byte) {
	switch {
	case p.colour == pngRGBA && p.depth == 8:
		copy(out, row)
	case p.colour == pngRGB && p.depth == 8 && p.transparent == nil:
		for i := 0; i+2 < len(row); i += 3 {
			o := out[i/3*4:][:4]
			o[0], o[1], o[2], o[3] = row[i], row[i+1], row[i+2], 0xff
		}
	case p.colour == pngPalette:
		for x := range p.w {
			copy(out[x*4:x*4+4], p.palette[p.sample(row, x)][:])
		}
	case p.channels() == 1:
		for x := range p.w {
			out[x] = p.eight(p.sample(row, x))
		}
	default:
		for x := range p.w {
			p.expandPixel(out[x*4:x*4+4], row, x)
		}
	}
}

// expandPixel is expand for one pixel of the rarer sorts.
func (p *pngRows) expandPixel(out, row []byte, x int) {
	n := p.samples()
	first := p.sample(row, x*n)
	out[0], out[1], out[2], out[3] = p.eight(first), p.eight(first), p.eight(first), 0xff
	hidden := p.transparent != nil && p.transparent[0] == first
	if n >= 3 {
		second, third := p.sample(row, x*n+1), p.sample(row, x*n+2)
		out[1], out[2] = p.eight(second), p.eight(third)
		hidden = hidden && p.transparent[1] == second && p.transparent[2] == third
	}
	if n == 2 || n == 4 {
		out[3] = p.eight(p.sample(row, x*n+n-1))
	}
	if hidden {
		out[3] = 0
	}
}

// sample is the i-th value of a row.
func (p *pngRows) sample(row []byte, i int) uint16 {
	switch p.depth {
	case 16:
		return binary.BigEndian.Uint16(row[i*2:])
	case 8:
		return uint16(row[i])
	default:
		perByte := 8 / p.depth
		shift := 8 - p.depth*(i%perByte+1)
		return uint16(row[i/perByte]>>shift) & (1<<p.depth - 1)
	}
}

// eight is a value in 8 bits.
func (p *pngRows) eight(v uint16) byte {
	if p.depth == 16 {
		return byte(v >> 8)
	}
	return byte(int(v) * 255 / (1<<p.depth - 1))
}
