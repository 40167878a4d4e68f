package chat

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// ErrInvalid says that something a person wrote breaks a rule; the wrapping text says which.
var ErrInvalid = errors.New("not allowed")

// Status is what can be done with a listing now.
type Status uint8

// The four states of a listing. A hidden one is shown to nobody but its seller.
const (
	Available Status = iota + 1
	Reserved
	Sold
	Hidden
)

var statusNames = [...]string{Available: "available", Reserved: "reserved", Sold: "sold", Hidden: "hidden"}

func (s Status) String() string {
	if int(s) < len(statusNames) && s > 0 {
		return statusNames[s]
	}
	return "unknown"
}

// ParseStatus reads Status.String's form.
func ParseStatus(s string) (Status, error) {
	for i, name := range statusNames {
		if i > 0 && name == s {
			return Status(i), nil
		}
	}
	return 0, fmt.Errorf("status: %w", ErrInvalid)
}

// Photo describes one photo of a listing; the bytes are a blob of their own.
type Photo struct {
	Hash          Hash
	Size          uint32
	Width, Height uint32
	Type          string // "jpeg" or "png"
	Thumbnail     []byte // at most MaxThumbnail bytes of the first photo, MaxSmallThumb of the others
}

// Goods is what a listing says about the thing on offer.
type Goods struct {
	Title       string
	Description string
	Category    string
	Condition   string
	Quantity    uint32
	Price       Money
	Photos      []Photo
}

// Listing is one version of goods on offer, signed by its seller. Like an entry it is a header and a body: the header
// alone proves a status, so that hidden goods can be announced as hidden without being shown.
type Listing struct {
	Seller    PeerID
	ID        ListingID
	Version   uint64 // rises with every change; max(last + 1, wall milliseconds << 16)
	Status    Status
	UpdatedAt int64 // wall milliseconds of the seller
	BodySize  uint32
	BodyHash  Hash
	Signature [ed25519.SignatureSize]byte
	Goods     *Goods // nil when only the header is here
	body      []byte // the exact signed bytes
}

const (
	tagTitle = iota + 1
	tagDescription
	tagCategory
	tagCondition
	tagQuantity
	tagAmount
	tagCurrency
	tagPhoto
)

const (
	tagPhotoHash = iota + 1
	tagPhotoSize
	tagPhotoWidth
	tagPhotoHeight
	tagPhotoType
	tagPhotoThumbnail
)

func (g *Goods) encode() []byte {
	var f fields
	f.string(tagTitle, g.Title)
	f.string(tagDescription, g.Description)
	f.string(tagCategory, g.Category)
	f.string(tagCondition, g.Condition)
	f.uint(tagQuantity, uint64(g.Quantity))
	f.uint(tagAmount, uint64(g.Price.Minor))
	f.string(tagCurrency, g.Price.Currency)
	for _, p := range g.Photos {
		var pf fields
		pf.bytes(tagPhotoHash, p.Hash[:])
		pf.uint(tagPhotoSize, uint64(p.Size))
		pf.uint(tagPhotoWidth, uint64(p.Width))
		pf.uint(tagPhotoHeight, uint64(p.Height))
		pf.string(tagPhotoType, p.Type)
		pf.bytes(tagPhotoThumbnail, p.Thumbnail)
		f.bytes(tagPhoto, pf.b)
	}
	return f.b
}

// decodeGoods reads goods. Their thumbnails, which are nearly all of it, are parts of raw.
func decodeGoods(raw []byte) (*Goods, error) {
	g := new(Goods)
	err := eachField(raw, func(f field) error {
		ok := true
		text := func(to *string) { ok = !f.isInt && utf8.Valid(f.data); *to = string(f.data) }
		switch f.tag {
		case tagTitle:
			text(&g.Title)
		case tagDescription:
			text(&g.Description)
		case tagCategory:
			text(&g.Category)
		case tagCondition:
			text(&g.Condition)
		case tagQuantity:
			g.Quantity, ok = uint32(f.value), f.isInt && f.value <= MaxQuantity
		case tagAmount:
			g.Price.Minor, ok = int64(f.value), f.isInt && f.value <= maxMinor
		case tagCurrency:
			text(&g.Price.Currency)
		case tagPhoto:
			p, err := decodePhoto(f.data)
			if err != nil {
				return err
			}
			g.Photos, ok = append(g.Photos, p), !f.isInt
		}
		if !ok {
			return ErrMalformed
		}
		return nil
	})
	if err == nil {
		err = g.Check()
	}
	return g, err
}

// decodePhoto reads a photo. Its thumbnail is a part of raw.
func decodePhoto(raw []byte) (Photo, error) {
	var p Photo
	err := eachField(raw, func(f field) error {
		ok := true
		switch f.tag {
		case tagPhotoHash:
			ok = len(f.data) == len(p.Hash)
			copy(p.Hash[:], f.data)
		case tagPhotoSize:
			p.Size, ok = uint32(f.value), f.isInt && f.value <= 1<<30
		case tagPhotoWidth:
			p.Width, ok = uint32(f.value), f.isInt && f.value <= 1<<16
		case tagPhotoHeight:
			p.Height, ok = uint32(f.value), f.isInt && f.value <= 1<<16
		case tagPhotoType:
			p.Type, ok = string(f.data), !f.isInt && len(f.data) <= 8
		case tagPhotoThumbnail:
			p.Thumbnail, ok = slices.Clip(f.data), !f.isInt
		}
		if !ok {
			return ErrMalformed
		}
		return nil
	})
	return p, err
}

// Check says which rule the goods break: ErrInvalid, wrapped with the field.
func (g *Goods) Check() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf(format+": %w", append(args, ErrInvalid)...)
	}
	for _, t := range []struct {
		name, text string
		max        int
	}{
		{"title", g.Title, MaxTitle},
		{"description", g.Description, MaxDescription},
		{"category", g.Category, MaxWord},
		{"condition", g.Condition, MaxWord},
	} {
		if n := utf8.RuneCountInString(t.text); n > t.max || len(t.text) > 4*t.max {
			return invalid("%s has %d characters, at most %d", t.name, n, t.max)
		}
	}
	if g.Title == "" {
		return invalid("title is empty")
	}
	if !g.Price.valid() {
		return invalid("price")
	}
	if g.Quantity > MaxQuantity {
		return invalid("quantity is more than %d", MaxQuantity)
	}
	if len(g.Photos) > MaxPhotos {
		return invalid("%d photos, at most %d", len(g.Photos), MaxPhotos)
	}
	for i := range g.Photos {
		most := MaxSmallThumb
		if i == 0 {
			most = MaxThumbnail
		}
		if n := len(g.Photos[i].Thumbnail); n > most {
			return invalid("the thumbnail of photo %d has %d bytes, at most %d", i+1, n, most)
		}
	}
	return nil
}

// SetGoods puts goods and their hash into the record; Sign comes after it.
func (l *Listing) SetGoods(g Goods) {
	l.Goods, l.body = &g, g.encode()
	l.BodySize, l.BodyHash = uint32(len(l.body)), tagged("", l.body)
}

func (l *Listing) header() []byte {
	b := append([]byte(nil), l.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, l.Version)
	b = append(b, byte(l.Status))
	b = binary.BigEndian.AppendUint64(b, uint64(l.UpdatedAt))
	b = binary.BigEndian.AppendUint32(b, l.BodySize)
	return append(b, l.BodyHash[:]...)
}

const listingHeader = 16 + 8 + 1 + 8 + 4 + 32

// Hash names exactly this version: of the seller and the header.
func (l *Listing) Hash() Hash { return tagged("haggle listing v1\x00", l.Seller[:], l.header()) }

// Sign signs the record with its seller's key.
func (l *Listing) Sign(key ed25519.PrivateKey) {
	h := l.Hash()
	copy(l.Signature[:], ed25519.Sign(key, append([]byte("haggle listing v1\x00"), h[:]...)))
}

// Newer reports whether l replaces old: a higher version, or at the same one the larger hash, so that both sides settle
// on one whatever the order of arrival.
func (l *Listing) Newer(old *Listing) bool {
	if l.Version != old.Version {
		return l.Version > old.Version
	}
	a, b := l.Hash(), old.Hash()
	return bytes.Compare(a[:], b[:]) > 0
}

// HeaderOnly is the record without its body: still signed, it shows a status and nothing else.
func (l *Listing) HeaderOnly() *Listing {
	bare := *l
	bare.Goods, bare.body = nil, nil
	return &bare
}

// Encode is the record as stored and sent: version, header, signature, body if it is here.
func (l *Listing) Encode() []byte {
	b := append([]byte{1}, l.header()...)
	b = append(b, l.Signature[:]...)
	return append(b, l.body...)
}

// DecodeListing reads Encode's form and verifies signature, body hash and limits: what it returns was signed by seller.
func DecodeListing(seller PeerID, b []byte) (*Listing, error) {
	l, err := ReadListing(seller, b)
	if err != nil {
		return nil, err
	}
	h := l.Hash()
	if !ed25519.Verify(seller[:], append([]byte("haggle listing v1\x00"), h[:]...), l.Signature[:]) {
		return nil, ErrBadSignature
	}
	return l, nil
}

// ReadListing is DecodeListing without the signature check, for records that were verified before they were stored.
func ReadListing(seller PeerID, b []byte) (*Listing, error) {
	bad := fmt.Errorf("listing: %w", ErrMalformed)
	const fixed = 1 + listingHeader + ed25519.SignatureSize
	if len(b) < fixed || len(b) > MaxRecordBytes || b[0] != 1 {
		return nil, bad
	}
	l := &Listing{Seller: seller}
	p := b[1:]
	copy(l.ID[:], p)
	l.Version = binary.BigEndian.Uint64(p[16:])
	l.Status = Status(p[24])
	l.UpdatedAt = int64(binary.BigEndian.Uint64(p[25:]))
	l.BodySize = binary.BigEndian.Uint32(p[33:])
	copy(l.BodyHash[:], p[37:])
	copy(l.Signature[:], p[listingHeader:])
	if l.ID.IsZero() || l.Version == 0 || l.Version > uint64(MaxClock) || l.Status < Available || l.Status > Hidden || l.BodySize == 0 {
		return nil, bad
	}
	if body := bytes.Clone(b[fixed:]); len(body) > 0 {
		if len(body) != int(l.BodySize) || tagged("", body) != l.BodyHash {
			return nil, bad
		}
		goods, err := decodeGoods(body)
		if err != nil {
			return nil, fmt.Errorf("listing: %w", err)
		}
		l.Goods, l.body = goods, body
	}
	return l, nil
}
