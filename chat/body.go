package chat

import (
	"errors"
	"unicode/utf8"
)

// About says which goods a message is about, as its author saw them: the version asked about stays known.
type About struct {
	Listing ListingID
	Version uint64
	Hash    Hash // of the listing's signed record
}

// Image describes a picture; the bytes follow by hash.
type Image struct {
	Hash          Hash
	Size          uint32
	Width, Height uint32
	Type          string // "jpeg" or "png"
	Thumbnail     []byte
}

// Body is a decoded entry body. Which fields count depends on Kind.
type Body struct {
	Kind  Kind
	Text  string // the text, or a picture's caption
	About *About
	Image *Image
	Seq   uint64 // withdrawal: the entry of the same log that is taken back
}

// ErrBlank refuses a message without anything to read.
var ErrBlank = errors.New("nothing to send")

const (
	tagText = iota + 1
	tagAboutListing
	tagAboutVersion
	tagAboutHash
	tagImageHash
	tagImageSize
	tagImageWidth
	tagImageHeight
	tagImageType
	tagThumbnail
	tagWithdrawn
)

// Encode is the body's stored form.
func (b *Body) Encode() []byte {
	var f fields
	f.string(tagText, b.Text)
	if b.About != nil {
		f.bytes(tagAboutListing, b.About.Listing[:])
		f.uint(tagAboutVersion, b.About.Version)
		f.bytes(tagAboutHash, b.About.Hash[:])
	}
	if b.Image != nil {
		f.bytes(tagImageHash, b.Image.Hash[:])
		f.uint(tagImageSize, uint64(b.Image.Size))
		f.uint(tagImageWidth, uint64(b.Image.Width))
		f.uint(tagImageHeight, uint64(b.Image.Height))
		f.string(tagImageType, b.Image.Type)
		f.bytes(tagThumbnail, b.Image.Thumbnail)
	}
	f.uint(tagWithdrawn, b.Seq)
	return f.b
}

// DecodeBody reads a body of a known kind. A body that does not fit its kind is shown as unknown, and is never a
// reason to refuse the entry: one odd entry would wedge its log for ever.
func DecodeBody(kind Kind, raw []byte) (Body, error) {
	b := Body{Kind: kind}
	if kind != KindText && kind != KindImage && kind != KindWithdrawal {
		return b, ErrMalformed
	}
	var about About
	var image Image
	var hasAbout, hasImage bool
	err := eachField(raw, func(f field) error {
		ok := true
		switch f.tag {
		case tagText:
			ok = !f.isInt && utf8.Valid(f.data)
			b.Text = string(f.data)
		case tagAboutListing:
			hasAbout, ok = true, len(f.data) == len(about.Listing)
			copy(about.Listing[:], f.data)
		case tagAboutVersion:
			about.Version, ok = f.value, f.isInt
		case tagAboutHash:
			ok = len(f.data) == len(about.Hash)
			copy(about.Hash[:], f.data)
		case tagImageHash:
			hasImage, ok = true, len(f.data) == len(image.Hash)
			copy(image.Hash[:], f.data)
		case tagImageSize:
			image.Size, ok = uint32(f.value), f.isInt && f.value <= 1<<30
		case tagImageWidth:
			image.Width, ok = uint32(f.value), f.isInt && f.value <= 1<<16
		case tagImageHeight:
			image.Height, ok = uint32(f.value), f.isInt && f.value <= 1<<16
		case tagImageType:
			image.Type, ok = string(f.data), !f.isInt && len(f.data) <= 8
		case tagThumbnail:
			image.Thumbnail, ok = append([]byte(nil), f.data...), !f.isInt
		case tagWithdrawn:
			b.Seq, ok = f.value, f.isInt
		}
		if !ok {
			return ErrMalformed
		}
		return nil
	})
	if err != nil {
		return Body{Kind: kind}, err
	}
	if hasAbout {
		b.About = &about
	}
	if hasImage {
		b.Image = &image
	}
	switch {
	case kind == KindText && b.Text == "", kind == KindImage && b.Image == nil, kind == KindWithdrawal && b.Seq == 0:
		return Body{Kind: kind}, ErrMalformed
	}
	return b, nil
}
