package chat

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// ErrBadID says that a text is not the text form of the ID that was wanted.
var ErrBadID = errors.New("not a valid ID")

// PeerID names a peer for good: it is the peer's Ed25519 public key. A name is never an identity, this is.
type PeerID [32]byte

// DeviceID names one installation of a peer, so that two machines with the same key never write the same log.
type DeviceID [8]byte

// RoomID names the room of an ordered (buyer, seller) pair; see RoomFor.
type RoomID [32]byte

// ListingID names one thing on offer, together with its seller. It is random and survives edits.
type ListingID [16]byte

// Hash is a SHA-256 digest.
type Hash [32]byte

var peerEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

const (
	peerChunk  = 13 // characters of base32 before each check character
	peerGroup  = 7  // characters between dashes
	peerPlain  = 52 // base32 characters of 32 bytes
	peerLength = peerPlain + peerPlain/peerChunk
	alphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// String is the grouped text form: base32 with a Luhn mod 32 check character after each 13, in eight groups of seven.
func (id PeerID) String() string {
	plain := peerEncoding.EncodeToString(id[:])
	var checked strings.Builder
	for i := 0; i < peerPlain; i += peerChunk {
		chunk := plain[i : i+peerChunk]
		checked.WriteString(chunk)
		checked.WriteByte(luhn32(chunk))
	}
	var b strings.Builder
	for i := 0; i < peerLength; i += peerGroup {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(checked.String()[i : i+peerGroup])
	}
	return b.String()
}

// ParsePeerID reads the text form. It forgives case, spaces, missing dashes, and 0, 1 and 8 typed for O, I and B.
func ParsePeerID(s string) (PeerID, error) {
	if len(s) > 4*peerLength {
		return PeerID{}, fmt.Errorf("peer ID: %w", ErrBadID)
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\r', '\n':
			return -1
		case '0':
			return 'O'
		case '1':
			return 'I'
		case '8':
			return 'B'
		}
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
	if len(s) != peerLength {
		return PeerID{}, fmt.Errorf("peer ID: %w", ErrBadID)
	}
	var plain strings.Builder
	for i := 0; i < peerLength; i += peerChunk + 1 {
		chunk, check := s[i:i+peerChunk], s[i+peerChunk]
		if strings.Trim(chunk, alphabet) != "" || luhn32(chunk) != check {
			return PeerID{}, fmt.Errorf("peer ID: %w", ErrBadID)
		}
		plain.WriteString(chunk)
	}
	raw, err := peerEncoding.DecodeString(plain.String())
	if err != nil || len(raw) != len(PeerID{}) || peerEncoding.EncodeToString(raw) != plain.String() {
		return PeerID{}, fmt.Errorf("peer ID: %w", ErrBadID)
	}
	return PeerID(raw), nil
}

// luhn32 is the check character Syncthing's device IDs use: the factors alternate from 1 at the left.
func luhn32(s string) byte {
	factor, sum := 1, 0
	for i := range len(s) {
		addend := factor * strings.IndexByte(alphabet, s[i])
		factor = 3 - factor
		sum += addend/32 + addend%32
	}
	return alphabet[(32-sum%32)%32]
}

// Short is enough of the ID to tell two peers apart in a log line.
func (id PeerID) Short() string { return id.String()[:peerGroup] }

// LogValue keeps log lines short; the tag names a peer without printing its whole key.
func (id PeerID) LogValue() slog.Value { return slog.StringValue(id.Short()) }

// IsZero reports whether id names nobody.
func (id PeerID) IsZero() bool { return id == PeerID{} }

func (id DeviceID) String() string  { return hex.EncodeToString(id[:]) }
func (id RoomID) String() string    { return hex.EncodeToString(id[:]) }
func (id ListingID) String() string { return hex.EncodeToString(id[:]) }
func (h Hash) String() string       { return hex.EncodeToString(h[:]) }

// IsZero reports whether id names no listing.
func (id ListingID) IsZero() bool { return id == ListingID{} }

// LogValue hides the room: whoever knows two keys could recognise the pair in a log.
func (id RoomID) LogValue() slog.Value { return slog.StringValue("room") }

// ParseDeviceID reads the 16 hex digits of DeviceID.String.
func ParseDeviceID(s string) (DeviceID, error) {
	var id DeviceID
	err := parseHex(id[:], s, "device ID")
	return id, err
}

// ParseRoomID reads the 64 hex digits of RoomID.String.
func ParseRoomID(s string) (RoomID, error) {
	var id RoomID
	err := parseHex(id[:], s, "room ID")
	return id, err
}

// ParseListingID reads the 32 hex digits of ListingID.String.
func ParseListingID(s string) (ListingID, error) {
	var id ListingID
	err := parseHex(id[:], s, "listing ID")
	return id, err
}

// ParseHash reads the 64 hex digits of Hash.String.
func ParseHash(s string) (Hash, error) {
	var h Hash
	err := parseHex(h[:], s, "hash")
	return h, err
}

func parseHex(to []byte, s, what string) error {
	if len(s) != 2*len(to) || strings.ToLower(s) != s {
		return fmt.Errorf("%s: %w", what, ErrBadID)
	}
	if _, err := hex.Decode(to, []byte(s)); err != nil {
		return fmt.Errorf("%s: %w", what, ErrBadID)
	}
	return nil
}

// RoomFor computes the room of an ordered pair; the one place that does. Anyone who knows two keys can compute it, so
// it proves nothing and is told to nobody.
func RoomFor(buyer, seller PeerID) RoomID {
	return RoomID(tagged("haggle room v1\x00", buyer[:], seller[:]))
}

// tagged hashes parts under a tag of their own, so that no signature or name of one kind passes for another.
func tagged(tag string, parts ...[]byte) Hash {
	h := sha256.New()
	h.Write([]byte(tag))
	for _, p := range parts {
		h.Write(p)
	}
	return Hash(h.Sum(nil))
}

// CheckCharacter is one more character for a text in the alphabet of base32: with it a mistyped one is noticed.
func CheckCharacter(s string) byte { return luhn32(s) }
