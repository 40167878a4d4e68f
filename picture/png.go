package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngChunks reads a PNG file chunk by chunk. As a reader it is the current chunk's body, and it verifies the body's
// checksum at its end.
type pngChunks struct {
	r    *bufio.Reader
	name string
	left uint32 // of the body
	sum  uint32
	open bool // the checksum was not verified yet
}

func newPNGChunks(r io.Reader) (*pngChunks, error) {
	c := &pngChunks{r: bufio.NewReaderSize(r, 64<<10)}
	var magic [len(pngMagic)]byte
	if _, err := io.ReadFull(c.r, magic[:]); err != nil {
		return nil, err
	}
	if string(magic[:]) != pngMagic {
		return nil, errors.New("no PNG file")
	}
	return c, nil
}

// next moves on to the next chunk, past what was not read of the current one.
func (c *pngChunks) next() error {
	if _, err := io.Copy(io.Discard, c); err != nil {
		return err
	}
	var start [8]byte
	if _, err := io.ReadFull(c.r, start[:]); err != nil {
		return err
	}
	c.left = binary.BigEndian.Uint32(start[:])
	for _, letter := range start[4:] {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return errors.New("a chunk whose name is no name")
		}
	}
	c.name = string(start[4:])
	c.sum = crc32.ChecksumIEEE(start[4:])
	c.open = true
	return nil
}

func (c *pngChunks) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.close()
	}
	n, err := c.r.Read(p[:min(len(p), int(c.left))])
	c.left -= uint32(n)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// close verifies the checksum, once, and returns io.EOF if it is right.
func (c *pngChunks) close() error {
	if !c.open {
		return io.EOF
	}
	var stored [4]byte
	if _, err := io.ReadFull(c.r, stored[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	if binary.BigEndian.Uint32(stored[:]) != c.sum {
		return errors.New("a wrong checksum")
	}
	c.open = false
	return io.EOF
}

// body reads the whole body of the current chunk if that is at most limit bytes.
func (c *pngChunks) body(limit uint32) ([]byte, error) {
	if c.left > limit {
		return nil, fmt.Errorf("a chunk %s of %d bytes", c.name, c.left)
	}
	b := make([]byte, c.left)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	return b, nil
}

// Kinds of colour of a PNG file.
const (
	pngGray, pngRGB, pngPalette, pngGrayAlpha, pngRGBA = 0, 2, 3, 4, 6
)

// pngShape is the first chunk of a PNG file.
type pngShape struct {
	size
	depth, colour int
	interlaced    bool
}

func readPNGShape(body []byte) (pngShape, error) {
	if len(body) != 13 {
		return pngShape{}, errors.New("a first chunk of the wrong length")
	}
	w, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	if w > 1<<31-1 || h > 1<<31-1 {
		return pngShape{}, errors.New("impossible sides")
	}
	p := pngShape{size{int(w), int(h)}, int(body[8]), int(body[9]), body[12] == 1}
	ok := false
	switch p.colour {
	case pngGray:
		ok = p.depth == 1 || p.depth == 2 || p.depth == 4 || p.depth == 8 || p.depth == 16
	case pngPalette:
		ok = p.depth == 1 || p.depth == 2 || p.depth == 4 || p.depth == 8
	case pngRGB, pngGrayAlpha, pngRGBA:
		ok = p.depth == 8 || p.depth == 16
	}
	if !ok || body[10] != 0 || body[11] != 0 || body[12] > 1 {
		return pngShape{}, fmt.Errorf("%w: an unknown sort of PNG", ErrUnsupported)
	}
	return p, nil
}

// memory tells what decoding takes: nothing if it goes row by row, else what image/png takes.
func (p pngShape) memory() memory {
	m := memory{perPixel: perPixelNRGBA}
	if !p.interlaced {
		return m
	}
	m.decoded = 4 * p.pixels()
	if p.depth == 16 {
		m.decoded = 8 * p.pixels()
	}
	m.decoding = 2 * m.decoded // the passes are pictures of their own
	return m
}

// readPNGHeader reads the whole structure of a PNG file and verifies its checksums, but decodes nothing.
func readPNGHeader(s *source) (header, error) {
	h := header{kind: pngFile, orientation: 1, lossless: true}
	file := s.read()
	chunks, err := newPNGChunks(file)
	if err != nil {
		return h, err
	}
	var shape pngShape
	seen := map[string]bool{}
	last := ""
	for {
		if err := chunks.next(); err != nil {
			return h, err
		}
		name := chunks.name
		if (name == "IHDR") != (last == "") || seen[name] && name != "IDAT" && isPNGPixels(name) || seen[name] && name == "IDAT" && last != "IDAT" {
			return h, errors.New("chunks out of order")
		}
		switch name {
		case "IHDR":
			body, err := chunks.body(13)
			if err != nil {
				return h, err
			}
			if shape, err = readPNGShape(body); err != nil {
				return h, err
			}
			h.size, h.interlaced, h.memory = shape.size, shape.interlaced, shape.memory()
		case "PLTE", "tRNS":
			if seen["IDAT"] {
				return h, errors.New("chunks out of order")
			}
			if name == "PLTE" && shape.colour != pngPalette {
				h.note("a palette that is not used")
			}
		case "IDAT":
		case "IEND":
			if !seen["IDAT"] {
				return h, errors.New("no pixels")
			}
			if _, err := chunks.body(0); err != nil {
				return h, err
			}
			if _, err := io.Copy(io.Discard, chunks); err != nil {
				return h, err
			}
			if file.total-int64(chunks.r.Buffered()) != s.size {
				h.note("bytes after the end")
			}
			return h, nil
		default:
			if name[0]&0x20 == 0 {
				return h, fmt.Errorf("%w: a chunk %s", ErrUnsupported, name)
			}
			h.note("a chunk " + name)
			if name == "eXIf" && !seen[name] && chunks.left <= maxEXIF {
				exif, err := chunks.body(maxEXIF)
				if err != nil {
					return h, err
				}
				h.orientation = readOrientation(exif)
			}
		}
		if len(seen) < 64 {
			seen[name] = true
		}
		last = name
	}
}

// isPNGPixels reports whether a chunk is needed to draw the picture.
func isPNGPixels(name string) bool {
	switch name {
	case "IHDR", "PLTE", "tRNS", "IDAT", "IEND":
		return true
	}
	return false
}

// stripPNG writes a PNG file to w without any chunk that is not needed to draw it. Pixels are not touched.
func stripPNG(s *source, w *capped) error {
	chunks, err := newPNGChunks(s.read())
	if err != nil {
		return err
	}
	_, _ = w.Write([]byte(pngMagic))
	palette := false
	for {
		if err := chunks.next(); err != nil {
			return err
		}
		if !isPNGPixels(chunks.name) || chunks.name == "PLTE" && !palette {
			continue
		}
		n := chunks.left
		if w.n+int64(n) > w.limit {
			return errTooLong
		}
		var body bytes.Buffer
		body.Grow(int(n) + 12)
		body.Write(binary.BigEndian.AppendUint32(nil, n))
		body.WriteString(chunks.name)
		if _, err := io.Copy(&body, chunks); err != nil {
			return err
		}
		if chunks.name == "IHDR" {
			palette = body.Bytes()[8+9] == pngPalette
		}
		body.Write(binary.BigEndian.AppendUint32(nil, chunks.sum))
		if _, err := w.Write(body.Bytes()); err != nil {
			return err
		}
		if chunks.name == "IEND" {
			return nil
		}
	}
}
