package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Parcel is a Letter sealed to its addressee: whoever carries it learns for whom it is and, roughly, how large.
type Parcel struct {
	For    PeerID
	Sealed []byte // of one of the sizes of parcels
	// Messages is how many of those that nobody had acknowledged are in it, for who packed it.
	Messages int
}

// ID names the parcel.
func (p *Parcel) ID() Hash { return sha256.Sum256(p.Sealed) }

const (
	parcelTag   = "haggle parcel v1\x00"
	minParcel   = 4 << 10
	parcelScale = 4 // from one size to the next
)

// parcelSize is the smallest size of a parcel that holds so many bytes; 0 if none does.
func parcelSize(content int) int {
	for size := minParcel; size <= MaxParcel; size *= parcelScale {
		if content+4+sealOverhead <= size {
			return size
		}
	}
	return 0
}

// isParcelSize reports whether parcels have that size.
func isParcelSize(size uint32) bool {
	return size <= MaxParcel && int(size) == parcelSize(int(size)-4-sealOverhead) && size >= minParcel
}

// Letter is what is inside a parcel: entries of one log with who their author says they are, or one picture that such an
// entry refers to. It is judged as if it came from the author.
type Letter struct {
	Author  PeerID
	Profile []byte // signed record
	Role    Role   // of the author, in the room with the addressee
	Device  DeviceID
	Groups  [][]byte // encoded, in order; or
	Seq     uint64   // the entry that refers to
	Picture []byte   // this
}

const letterVersion = 1

// Encode is the letter's form before it is sealed.
func (l *Letter) Encode() []byte {
	b := append([]byte{letterVersion}, l.Author[:]...)
	b = appendBytes(b, l.Profile)
	b = append(b, byte(l.Role))
	b = append(b, l.Device[:]...)
	b = binary.AppendUvarint(b, uint64(len(l.Groups)))
	for _, g := range l.Groups {
		b = appendBytes(b, g)
	}
	if len(l.Groups) == 0 {
		b = binary.AppendUvarint(b, l.Seq)
		b = append(b, l.Picture...)
	}
	return b
}

func appendBytes(b, v []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(v))), v...) }

// DecodeLetter reads Encode's form and checks sizes. What is signed in it is for the reader to check. ErrMalformed.
func DecodeLetter(b []byte) (*Letter, error) {
	bad := fmt.Errorf("letter: %w", ErrMalformed)
	r := reader{b: b}
	version := r.take(1)
	l := &Letter{Author: PeerID(r.hash())}
	l.Profile = r.take(r.uvarint())
	role := r.take(1)
	copy(l.Device[:], r.take(uint64(len(l.Device))))
	count := r.uvarint()
	if r.bad || version[0] != letterVersion || role[0] > byte(Seller) || len(l.Profile) > MaxProfile || count > maxLetterGroups {
		return nil, bad
	}
	l.Role = Role(role[0])
	if count == 0 {
		l.Seq, l.Picture = r.uvarint(), r.b
		if r.bad || l.Seq == 0 || len(l.Picture) == 0 {
			return nil, bad
		}
		return l, nil
	}
	l.Groups = make([][]byte, count)
	for i := range l.Groups {
		l.Groups[i] = r.take(r.uvarint())
		if r.bad || len(l.Groups[i]) == 0 || len(l.Groups[i]) > MaxGroupBytes {
			return nil, bad
		}
	}
	if len(r.b) > 0 {
		return nil, bad
	}
	return l, nil
}

// Seal makes a parcel of the letter, for whose profile it is. ErrUnsealable, ErrTooLarge.
func (l *Letter) Seal(to *Profile) (Parcel, error) {
	content := l.Encode()
	size := parcelSize(len(content))
	if size == 0 {
		return Parcel{}, fmt.Errorf("letter of %d bytes: %w", len(content), ErrTooLarge)
	}
	plain := make([]byte, size-sealOverhead)
	binary.BigEndian.PutUint32(plain, uint32(len(content)))
	copy(plain[4:], content)
	sealed, err := seal(parcelTag, to.Peer, to.Sealing, plain)
	clear(plain)
	clear(content)
	if err != nil {
		return Parcel{}, err
	}
	return Parcel{For: to.Peer, Sealed: sealed}, nil
}

// OpenParcel reads a parcel that was sealed to self. ErrMalformed.
func OpenParcel(self Identity, sealed []byte) (*Letter, error) {
	if len(sealed) > MaxParcel || !isParcelSize(uint32(len(sealed))) {
		return nil, fmt.Errorf("parcel of %d bytes: %w", len(sealed), ErrMalformed)
	}
	plain, err := unseal(parcelTag, self, sealed)
	if err != nil {
		return nil, err
	}
	size, rest := binary.BigEndian.Uint32(plain), plain[4:]
	if uint64(size) > uint64(len(rest)) || len(bytes.Trim(rest[size:], "\x00")) > 0 {
		return nil, fmt.Errorf("parcel: %w", ErrMalformed)
	}
	return DecodeLetter(rest[:size])
}
