package chat

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Profile is who a peer says they are, signed by their key. It is shown, never trusted as identity.
type Profile struct {
	Peer      PeerID
	Version   uint64 // rises with every change, as a Listing's does
	Name      string
	About     string
	Sealing   [32]byte // X25519 public key that a mailbox can seal to
	Picture   Hash     // blob of the avatar; zero for none
	Signature [ed25519.SignatureSize]byte
	body      []byte
}

const (
	tagName = iota + 1
	tagAboutMe
	tagSealing
	tagPicture
)

func (p *Profile) encodeBody() []byte {
	var f fields
	f.string(tagName, p.Name)
	f.string(tagAboutMe, p.About)
	f.bytes(tagSealing, p.Sealing[:])
	if p.Picture != (Hash{}) {
		f.bytes(tagPicture, p.Picture[:])
	}
	return f.b
}

func profileMessage(version uint64, body []byte) []byte {
	b := binary.BigEndian.AppendUint64([]byte("haggle profile v1\x00"), version)
	return append(b, body...)
}

// Sign fixes the profile's bytes and signs them with its peer's key.
func (p *Profile) Sign(key ed25519.PrivateKey) {
	p.body = p.encodeBody()
	copy(p.Signature[:], ed25519.Sign(key, profileMessage(p.Version, p.body)))
}

// Check says which rule the profile breaks.
func (p *Profile) Check() error {
	if n := utf8.RuneCountInString(p.Name); n > MaxName || len(p.Name) > 4*MaxName {
		return fmt.Errorf("name has %d characters, at most %d: %w", n, MaxName, ErrInvalid)
	}
	if n := utf8.RuneCountInString(p.About); n > MaxAbout || len(p.About) > 4*MaxAbout {
		return fmt.Errorf("about has %d characters, at most %d: %w", n, MaxAbout, ErrInvalid)
	}
	return nil
}

// Newer reports whether p replaces old; ties go to the larger signature.
func (p *Profile) Newer(old *Profile) bool {
	if p.Version != old.Version {
		return p.Version > old.Version
	}
	return bytes.Compare(p.Signature[:], old.Signature[:]) > 0
}

// Encode is the record as stored and sent.
func (p *Profile) Encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{1}, p.Version)
	b = append(b, p.Signature[:]...)
	return append(b, p.body...)
}

// DecodeProfile reads Encode's form and verifies signature and limits.
func DecodeProfile(peer PeerID, b []byte) (*Profile, error) {
	bad := fmt.Errorf("profile: %w", ErrMalformed)
	const fixed = 1 + 8 + ed25519.SignatureSize
	if len(b) < fixed || len(b) > MaxProfile || b[0] != 1 {
		return nil, bad
	}
	p := &Profile{Peer: peer, Version: binary.BigEndian.Uint64(b[1:])}
	copy(p.Signature[:], b[9:])
	p.body = bytes.Clone(b[fixed:])
	if p.Version == 0 || p.Version > uint64(MaxClock) {
		return nil, bad
	}
	if !ed25519.Verify(peer[:], profileMessage(p.Version, p.body), p.Signature[:]) {
		return nil, ErrBadSignature
	}
	err := eachField(p.body, func(f field) error {
		ok := true
		switch f.tag {
		case tagName:
			p.Name, ok = string(f.data), !f.isInt && utf8.Valid(f.data)
		case tagAboutMe:
			p.About, ok = string(f.data), !f.isInt && utf8.Valid(f.data)
		case tagSealing:
			ok = len(f.data) == len(p.Sealing)
			copy(p.Sealing[:], f.data)
		case tagPicture:
			ok = len(f.data) == len(p.Picture)
			copy(p.Picture[:], f.data)
		}
		if !ok {
			return bad
		}
		return nil
	})
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}
