package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime/debug"

	"golang.org/x/image/webp"
)

// turn is held by the one picture that is being decoded, or made from a decoded one.
var turn = make(chan struct{}, 1)

// takeTurn waits until no other picture is being decoded.
func takeTurn(ctx context.Context) error {
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endTurn lets the next picture be decoded.
func endTurn() { <-turn }

// worthCollecting is how many bytes of garbage are collected at once.
const worthCollecting = 32 << 20

// collect gives back the remains of a large picture before the next one's turn. Left to itself, the collector would let
// the next one come on top of them.
func collect(h header) {
	if max(h.decoding, 4*h.pixels()) > worthCollecting {
		debug.FreeOSMemory()
	}
}

// decode decodes a whole picture and returns it upright, scaled to the size given, which is meant before turning. With
// {0, 0} it only decodes, and returns nil.
func decode(s *source, h header, to size) (image.Image, error) {
	var img image.Image
	var err error
	if h.kind == pngFile && !h.interlaced {
		img, err = decodeRows(s, h, to)
	} else {
		img, err = decodeWhole(s, h, to)
	}
	if err != nil {
		return nil, fmt.Errorf("decode a %s picture of %d x %d: %w", h.kind, h.w, h.h, s.blame(err))
	}
	return img, nil
}

// decodeRows decodes a PNG picture row by row, without ever holding it unscaled.
func decodeRows(s *source, h header, to size) (image.Image, error) {
	rows, err := newPNGRows(s.read())
	if err != nil {
		return nil, err
	}
	if rows.size != h.size {
		return nil, errors.New("it is of another size than its header says")
	}
	var out plane
	take := func([]byte) {}
	if to != (size{}) {
		out = newPlane(h.orientation.turned(to), rows.channels())
		take = newScaler(h.size, to, out.channels, func(y int, row []byte) { out.put(h.orientation, to, y, row) }).add
	}
	row := make([]byte, h.w*rows.channels())
	for range h.h {
		if err := rows.next(row); err != nil {
			return nil, err
		}
		take(row)
	}
	if err := rows.finish(); err != nil && (s.strict || !errors.Is(err, ErrForeign)) {
		return nil, err
	}
	switch {
	case to == (size{}):
		return nil, nil
	case out.channels == 1:
		return out.gray(), nil
	default:
		return out.colour(), nil
	}
}

// decodeWhole decodes a picture of any other kind, which takes what h.memory says.
func decodeWhole(s *source, h header, to size) (image.Image, error) {
	if h.kind == webpFile {
		s.maxHeap = heap() + maxDecoding
	}
	img, err := decodeFile(h.kind, s.read())
	if err != nil {
		return nil, err
	}
	found := sizeOf(img)
	if b := img.Bounds(); h.kind == gifFile && b.In(image.Rect(0, 0, h.w, h.h)) {
		found = h.size // the first frame may be a part of the canvas
	}
	if found != h.size {
		return nil, errors.New("it is of another size than its header says")
	}
	if to == (size{}) {
		return nil, nil
	}
	if h.decoding-h.decoded > worthCollecting {
		debug.FreeOSMemory()
	}
	out := upright(img, h.size, h.orientation, to)
	if out != img && h.decoded > worthCollecting {
		debug.FreeOSMemory()
	}
	return out, nil
}

// decodeFile runs a decoder of others. One that panics has met a damaged file.
func decodeFile(k kind, r io.Reader) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("the decoder failed: %v", p)
		}
	}()
	switch k {
	case jpegFile:
		img, err = jpeg.Decode(r)
	case pngFile:
		img, err = png.Decode(r)
	case gifFile:
		img, err = gif.Decode(r) // the first frame and no more
	case webpFile:
		img, err = webp.Decode(r)
	}
	var jpegCannot jpeg.UnsupportedError
	var pngCannot png.UnsupportedError
	if errors.As(err, &jpegCannot) || errors.As(err, &pngCannot) {
		err = fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return img, err
}
