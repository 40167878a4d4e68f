// Package picture is the gate that every picture passes, whoever it comes from: no other package decodes one.
//
// The common case: Prepare makes of a file that a person chose what may travel: upright, without metadata, small enough,
// with a thumbnail. Check is the other side's gate; it takes nothing for granted about what a peer sent. Decode makes a
// picture for the screen, and DecodeThumbnail one of a message's or a listing's thumbnails.
//
// What the package guarantees, whatever bytes come in:
//
//   - A picture is only allocated for if its header keeps the limits below and decoding it takes at most 116 MiB. So a
//     file that is refused has cost less than 128 MB. Preparing the largest pictures that are good may take more, up to
//     175 MB: an original of 50 megapixels that lies on its side is held twice while it is turned.
//   - Only one picture is decoded at a time in the whole process; thumbnails do not wait for it.
//   - Reading ends at a deadline and when the context ends, so a file whose decoding never ends is refused as well. What
//     a decoder does between two reads cannot be interrupted; it is less than half a second for what the limits let in.
//   - What Prepare returns passes Check with the same Options on every installation.
//   - Nothing but pixels survives Prepare: no EXIF, GPS, XMP, comments, embedded previews, second pictures or bytes after
//     the end. Colour profiles go too: they can name a device and its owner, and the screens of this program would not
//     use them. Check refuses all of these.
//
// The calls block while they compute: never make them on a goroutine that others wait for. All may be made from any
// goroutine.
package picture

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Limits of pictures. A megapixel is 1024 x 1024 pixels here, since cameras "of 50 megapixels" make pictures of up to
// 50.4 million.
const (
	MaxFileBytes  = 64 << 20 // bytes of a file that a person chose
	MaxFilePixels = 64 << 20

	MaxBytes = 2 << 20 // bytes of a picture on the wire
	MaxSide  = 4096    // pixels of its longer side

	MaxOriginalBytes  = 20 << 20 // bytes of a picture on the wire that its sender wanted unchanged
	MaxOriginalPixels = 50 << 20
	MaxOriginalSide   = 1<<16 - 1 // what a JPEG file can say; it bounds files that a person chose, too

	MaxThumbnailBytes = 12 << 10
	MaxThumbnailSide  = 256

	MaxSmallBytes = 3 << 10 // of the small thumbnails of a listing
	MaxSmallSide  = 128
)

// The formats on the wire, as Info.Type names them.
const (
	JPEG = "jpeg"
	PNG  = "png"
)

// Why a picture is refused. Errors wrap exactly one of these, unless the context ended or the file could not be read.
var (
	// ErrUnsupported: it is no picture, or of a kind that is not taken here.
	ErrUnsupported = errors.New("not a kind of picture that is taken")
	// ErrTooLarge: it has too many bytes or pixels, or would take too much memory.
	ErrTooLarge = errors.New("the picture is too large")
	// ErrDamaged: it ends early, contradicts itself, or cannot be decoded.
	ErrDamaged = errors.New("the picture is damaged")
	// ErrSlow: decoding it was not done by the deadline; it is a context.DeadlineExceeded, too. On a machine that is busy
	// with other things it may be another time.
	ErrSlow = fmt.Errorf("the picture takes too long to decode: %w", context.DeadlineExceeded)
	// ErrForeign: a received picture has more in it than pixels, such as metadata or bytes after its end.
	ErrForeign = errors.New("the picture carries more than pixels")
)

// Options says which limits hold.
type Options struct {
	Original bool // the picture keeps its sides and, where possible, its very compressed pixels
}

// Info is what a picture is.
type Info struct {
	Type          string // JPEG or PNG
	Width, Height int    // as shown: the orientation is applied
}

// Prepared is a picture that is ready to travel.
type Prepared struct {
	Info
	Data      []byte            // the whole file
	Hash      [sha256.Size]byte // of Data
	Thumbnail []byte            // a JPEG file
	Small     []byte            // a JPEG file, smaller still
}
