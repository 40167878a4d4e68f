package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"time"
)

// decodeTime is how long decoding a received picture may take for each 16 megapixels begun. Tests on busy machines wait
// longer.
var decodeTime = 2 * time.Second

// Check is the gate for what a peer sent: a whole JPEG or PNG file that keeps the limits of the wire, carries nothing but
// pixels, and decodes to its end. It waits while another picture is being decoded, then decodes for at most two seconds
// for each 16 megapixels begun. It does not keep data.
//
// The error wraps one of this package's or the context's.
func Check(ctx context.Context, data []byte, o Options) (Info, error) {
	_, h, err := inTurn(ctx, data, limitsOf(o), 0)
	if err != nil {
		return Info{}, fmt.Errorf("check a picture: %w", err)
	}
	return h.info(), nil
}

// CheckThumbnail is Check for thumbnails. It waits for nothing and takes a few milliseconds.
func CheckThumbnail(data []byte) (Info, error) {
	_, h, err := inspectThumbnail(data, 0)
	if err != nil {
		return Info{}, fmt.Errorf("check a thumbnail: %w", err)
	}
	return h.info(), nil
}

// Decode decodes a picture that Prepare made, or that passed Check, for the screen. It is scaled down so that no side
// exceeds maxSide pixels, which must be at least 1; further if that would take more memory than decoding may, which only
// happens to originals. Limits, waiting and errors are those of Check with Options.Original.
//
// The image is an *image.YCbCr, *image.Gray or *image.NRGBA whose bounds begin at 0, 0. It belongs to the caller.
func Decode(ctx context.Context, data []byte, maxSide int) (image.Image, error) {
	img, _, err := inTurn(ctx, data, original, max(1, maxSide))
	if err != nil {
		return nil, fmt.Errorf("show a picture: %w", err)
	}
	return img, nil
}

// DecodeThumbnail is Decode for thumbnails, which are never scaled. It waits for nothing and takes a few milliseconds.
func DecodeThumbnail(data []byte) (image.Image, error) {
	img, _, err := inspectThumbnail(data, MaxThumbnailSide)
	if err != nil {
		return nil, fmt.Errorf("show a thumbnail: %w", err)
	}
	return img, nil
}

// inTurn is inspect, one picture after the other. It refuses by length before it waits.
func inTurn(ctx context.Context, data []byte, l limits, maxSide int) (image.Image, header, error) {
	if err := l.allowBytes(int64(len(data))); err != nil {
		return nil, header{}, err
	}
	if err := takeTurn(ctx); err != nil {
		return nil, header{}, err
	}
	defer endTurn()
	return inspect(newSource(ctx, data), l, maxSide)
}

// inspectThumbnail is inspect for thumbnails. They are so small that any number may be decoded at once.
func inspectThumbnail(data []byte, maxSide int) (image.Image, header, error) {
	if err := thumbnail.allowBytes(int64(len(data))); err != nil {
		return nil, header{}, err
	}
	ctx := context.Background() //nolint:forbidigo // it ends within milliseconds
	return inspect(newSource(ctx, data), thumbnail, maxSide)
}

// newSource is a source of what is in memory, without a deadline.
func newSource(ctx context.Context, data []byte) *source {
	return &source{ctx: ctx, file: bytes.NewReader(data), size: int64(len(data))}
}

// inspect passes a file through the receiver's gate. The picture that it returns is scaled to at most maxSide, or nil if
// that is 0. Without a deadline of its own it gets one that suits its pixels.
func inspect(s *source, l limits, maxSide int) (image.Image, header, error) {
	h, err := readHeader(s, jpegFile, pngFile)
	if err != nil {
		return nil, header{}, err
	}
	if h.foreign != "" {
		return nil, header{}, fmt.Errorf("%w: %s", ErrForeign, h.foreign)
	}
	to := size{}
	if maxSide > 0 {
		to = h.affordable(h.within(maxSide))
	}
	if err := l.allow(h, to); err != nil {
		return nil, header{}, err
	}
	defer collect(h)
	s.strict = true
	if s.deadline.IsZero() {
		const each = 16 << 20
		s.deadline = time.Now().Add(decodeTime * time.Duration((h.pixels()+each-1)/each))
	}
	img, err := decode(s, h, to)
	return img, h, err
}

// info is what h tells other packages.
func (h header) info() Info {
	return Info{Type: string(h.kind), Width: h.w, Height: h.h}
}
