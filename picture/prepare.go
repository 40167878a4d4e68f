package picture

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"io"
	"time"
)

// prepareTime is how long decoding may take of a picture that a person chose. Tests on busy machines wait longer.
var prepareTime = 5 * time.Second

// Prepare makes a picture ready to travel: one that a person chose, as a JPEG, PNG, GIF (of which it takes the first
// frame) or WebP file of size bytes. An *os.File and a *bytes.Reader are io.ReaderAts. It waits while another picture is
// being decoded, then decodes for at most five seconds.
//
// Usually the result has at most MaxBytes and MaxSide, and is a PNG if the picture is a drawing, or transparent, and fits;
// otherwise a JPEG, on white if need be. With Options.Original it keeps its sides: the pixels of a JPEG or PNG file that
// stands upright are not even encoded anew, and whatever has more than MaxOriginalBytes or MaxOriginalPixels is refused.
//
// The error wraps one of this package's, the context's, or r's.
func Prepare(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Prepared, error) {
	p, err := prepare(ctx, r, size, o)
	if err != nil {
		return nil, fmt.Errorf("prepare a picture: %w", err)
	}
	return p, nil
}

func prepare(ctx context.Context, r io.ReaderAt, n int64, o Options) (*Prepared, error) {
	if err := chosenFile.allowBytes(n); err != nil {
		return nil, err
	}
	if err := takeTurn(ctx); err != nil {
		return nil, err
	}
	defer endTurn()
	s := &source{ctx: ctx, file: r, size: n, deadline: time.Now().Add(prepareTime)}
	h, err := readHeader(s, jpegFile, pngFile, gifFile, webpFile)
	if err != nil {
		return nil, err
	}
	if !o.Original {
		return shrink(s, h)
	}
	p, err := strip(s, h)
	if errors.Is(err, errEncode) {
		p, err = recode(s, h)
	}
	return p, err
}

// shrink prepares a picture by decoding it and encoding it anew, smaller if necessary.
func shrink(s *source, h header) (*Prepared, error) {
	to := h.within(MaxSide)
	if err := chosenFile.allow(h, to); err != nil {
		return nil, err
	}
	defer collect(h)
	img, err := decode(s, h, to)
	if err != nil {
		return nil, err
	}
	e, err := encode(img, h.lossless, MaxBytes, false)
	if err != nil {
		return nil, err
	}
	return finish(s.ctx, e, img)
}

// errEncode says that a picture can only be prepared by encoding it anew. It never leaves the package.
var errEncode = errors.New("has to be encoded anew")

// errLongOriginal is for an original that has too many bytes, whatever is left out.
var errLongOriginal = fmt.Errorf("%w: at its full size it has more than %d bytes", ErrTooLarge, MaxOriginalBytes)

// strip prepares an original without touching its pixels, and passes the result through the receiver's gate.
func strip(s *source, h header) (*Prepared, error) {
	if h.orientation != 1 || h.kind != jpegFile && h.kind != pngFile {
		return nil, errEncode
	}
	w := &capped{limit: MaxOriginalBytes}
	write := stripJPEG
	if h.kind == pngFile {
		write = stripPNG
	}
	if err := write(s, w); errors.Is(err, errTooLong) {
		return nil, errLongOriginal
	} else if err != nil {
		return nil, s.blame(err)
	}
	data := w.kept.Bytes()
	stripped := newSource(s.ctx, data)
	stripped.deadline = s.deadline
	img, h, err := inspect(stripped, original, MaxThumbnailSide)
	if errors.Is(err, ErrForeign) {
		return nil, errEncode
	}
	if err != nil {
		return nil, err
	}
	return finish(s.ctx, encoded{string(h.kind), data, h.size}, img)
}

// recode prepares an original by encoding it anew at its size.
func recode(s *source, h header) (*Prepared, error) {
	if err := original.allow(h, h.size); err != nil {
		return nil, err
	}
	defer collect(h)
	img, err := decode(s, h, h.size)
	if err != nil {
		return nil, err
	}
	e, err := encode(img, h.lossless, MaxOriginalBytes, true)
	if errors.Is(err, errTooLong) {
		return nil, errLongOriginal
	}
	if err != nil {
		return nil, err
	}
	return finish(s.ctx, e, img)
}

// finish adds what travels with a file: its hash, and thumbnails made from img.
func finish(ctx context.Context, e encoded, img image.Image) (*Prepared, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	thumb := scaled(img, sizeOf(img).within(MaxThumbnailSide))
	large, err := encodeThumbnail(thumb, MaxThumbnailSide, MaxThumbnailBytes)
	if err != nil {
		return nil, err
	}
	small, err := encodeThumbnail(thumb, MaxSmallSide, MaxSmallBytes)
	if err != nil {
		return nil, err
	}
	return &Prepared{
		Info:      Info{Type: e.typ, Width: e.w, Height: e.h},
		Data:      e.data,
		Hash:      sha256.Sum256(e.data),
		Thumbnail: large,
		Small:     small,
	}, nil
}
