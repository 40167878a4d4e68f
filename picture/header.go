package picture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// kind is a format of files.
type kind string

const (
	jpegFile kind = "jpeg"
	pngFile  kind = "png"
	gifFile  kind = "gif"
	webpFile kind = "webp"
)

// header is what a file says about its picture before any of it is decoded. All of it may be a lie; what is decoded is
// compared with it.
type header struct {
	kind        kind
	size        // as stored, before turning
	orientation orientation
	lossless    bool
	interlaced  bool   // PNG: cannot be decoded row by row
	foreign     string // what else is in the file beside the picture's pixels, the first such thing; "" if nothing
	memory
}

// memory is what a picture takes, in bytes.
type memory struct {
	decoding int64 // at most while it is decoded; what is scaled row by row on the way does not count
	decoded  int64 // for as long as the decoded picture is held
	perPixel int64 // what upright makes of it, in halves of a byte for each pixel
	asIs     bool  // upright makes nothing if the picture is neither scaled nor turned
}

// Halves of a byte for each pixel of what upright makes.
const (
	perPixelGray  = 2
	perPixelYCbCr = 3
	perPixelNRGBA = 8
)

// making is what upright makes for the size given, which is meant before turning; {0, 0} is nothing.
func (h header) making(to size) int64 {
	if h.asIs && to == h.size && h.orientation == 1 {
		return 0
	}
	return to.pixels() * h.perPixel / 2
}

// sniff tells a file's kind from its first bytes, never from its name.
func sniff(s *source) (kind, error) {
	var start [16]byte
	n, err := io.ReadFull(s.read(), start[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	magic := start[:n]
	switch {
	case bytes.HasPrefix(magic, []byte("\xff\xd8\xff")):
		return jpegFile, nil
	case bytes.HasPrefix(magic, []byte(pngMagic)):
		return pngFile, nil
	case bytes.HasPrefix(magic, []byte("GIF87a")), bytes.HasPrefix(magic, []byte("GIF89a")):
		return gifFile, nil
	case n >= 12 && string(magic[:4]) == "RIFF" && string(magic[8:12]) == "WEBP":
		return webpFile, nil
	case n == 0:
		return "", fmt.Errorf("%w: the file is empty", ErrUnsupported)
	default:
		return "", ErrUnsupported
	}
}

// readHeader reads the header of a file whose kind is one of those given.
func readHeader(s *source, kinds ...kind) (header, error) {
	k, err := sniff(s)
	if err != nil {
		return header{}, err
	}
	if !slices.Contains(kinds, k) {
		return header{}, fmt.Errorf("%w: %s is not sent", ErrUnsupported, k)
	}
	var h header
	switch k {
	case jpegFile:
		h, err = readJPEGHeader(s)
	case pngFile:
		h, err = readPNGHeader(s)
	case gifFile:
		h, err = readGIFHeader(s)
	case webpFile:
		h, err = readWebPHeader(s)
	}
	if err != nil {
		return header{}, fmt.Errorf("read the header of a %s file: %w", k, s.blame(err))
	}
	if h.w < 1 || h.h < 1 {
		return header{}, fmt.Errorf("%w: a %s file without pixels", ErrDamaged, k)
	}
	return h, nil
}

// blame turns the error of a parser or decoder into one that wraps why the picture is refused.
func (s *source) blame(err error) error {
	switch {
	case s.err != nil:
		return s.err
	case errors.Is(err, ErrUnsupported), errors.Is(err, ErrSlow), errors.Is(err, ErrForeign):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends early", ErrDamaged)
	default:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
}

// limits is what a picture must keep to be decoded at all.
type limits struct {
	bytes  int64
	pixels int64
	side   int
}

var (
	chosenFile = limits{MaxFileBytes, MaxFilePixels, MaxOriginalSide}
	onWire     = limits{MaxBytes, MaxSide * MaxSide, MaxSide}
	original   = limits{MaxOriginalBytes, MaxOriginalPixels, MaxOriginalSide}
	thumbnail  = limits{MaxThumbnailBytes, MaxThumbnailSide * MaxThumbnailSide, MaxThumbnailSide}
)

// limitsOf chooses the limits of the wire.
func limitsOf(o Options) limits {
	if o.Original {
		return original
	}
	return onWire
}

const (
	// maxDecoding is how many bytes decoding may take. Whatever is refused afterwards has cost less than 128 MB.
	maxDecoding = 116 << 20
	// maxHolding is how many bytes a person's picture that was decoded well may take, with the one that is made from it.
	maxHolding = 160 << 20
)

// allowBytes refuses a file by its length.
func (l limits) allowBytes(n int64) error {
	if n > l.bytes {
		return fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, n, l.bytes)
	}
	return nil
}

// allow refuses a picture by its header, if one of size to is to be made from it.
func (l limits) allow(h header, to size) error {
	switch {
	case max(h.w, h.h) > l.side:
		return fmt.Errorf("%w: %d x %d pixels, at most %d a side", ErrTooLarge, h.w, h.h, l.side)
	case h.pixels() > l.pixels:
		return fmt.Errorf("%w: %d x %d pixels, at most %d megapixels", ErrTooLarge, h.w, h.h, l.pixels>>20)
	case h.decoding > maxDecoding, h.decoded+h.making(to) > maxHolding:
		return fmt.Errorf("%w: a %s picture of this sort with %d x %d pixels takes too much memory", ErrTooLarge, h.kind, h.w, h.h)
	}
	return nil
}

// affordable is to, or a smaller size if making that would take too much memory beside the decoded picture.
func (h header) affordable(to size) size {
	left, making := maxDecoding-h.decoded, h.making(to)
	if making <= left {
		return to
	}
	return to.times(max(0, float64(left)/float64(making)))
}
