package take

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"haggle/chat"
)

// ErrBadCode says that a text is no code: a character was mistyped or left out.
var ErrBadCode = errors.New("not a valid code")

// Code is what a guest carries home. Its text form has 20 characters in 4 groups of 5: two say which kiosk it is, 16 are
// secret, and each half ends with a check character.
type Code struct {
	hint   [2]byte // the first 10 bits of the kiosk's key as characters
	secret [secretBytes]byte
}

const (
	secretBytes = 10
	halfCode    = 10 // characters, with the check character
	groupCode   = 5
	maxInput    = 2048
	uriScheme   = "haggle-take:"
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// New makes a code for a kiosk.
func New(kiosk chat.PeerID) (Code, error) {
	c := Code{hint: hintOf(kiosk)}
	_, err := rand.Read(c.secret[:])
	return c, err
}

func hintOf(p chat.PeerID) [2]byte { return [2]byte([]byte(encoding.EncodeToString(p[:5])[:2])) }

// Fits reports whether the code may be of this kiosk; one in a thousand others fits, too.
func (c Code) Fits(kiosk chat.PeerID) bool { return c.hint == hintOf(kiosk) }

func (c Code) String() string {
	plain := string(c.hint[:]) + encoding.EncodeToString(c.secret[:])
	half := len(plain) / 2
	all := plain[:half] + string(chat.CheckCharacter(plain[:half])) + plain[half:] + string(chat.CheckCharacter(plain[half:]))
	var b strings.Builder
	for i := 0; i < len(all); i += groupCode {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(all[i : i+groupCode])
	}
	return b.String()
}

// Offer is a code and, if it came as a URI, where the kiosk is.
type Offer struct {
	Code  Code
	Kiosk chat.Invite // zero for none
}

// URI is what a QR code says.
func (o Offer) URI() string {
	return uriScheme + strings.ReplaceAll(o.Code.String(), "-", "") + "/" + o.Kiosk.String()
}

// Parse reads a code or a URI. It forgives case, spaces, missing dashes, and 0, 1 and 8 typed for O, I and B. ErrBadCode.
func Parse(s string) (Offer, error) {
	if s = strings.TrimSpace(s); len(s) > maxInput {
		return Offer{}, ErrBadCode
	}
	if len(s) < len(uriScheme) || !strings.EqualFold(s[:len(uriScheme)], uriScheme) {
		code, err := parseCode(s)
		return Offer{Code: code}, err
	}
	code, where, _ := strings.Cut(s[len(uriScheme):], "/")
	c, err := parseCode(code)
	if err != nil {
		return Offer{}, err
	}
	kiosk, err := chat.ParseInvite(where)
	if err != nil || !c.Fits(kiosk.Peer) {
		return Offer{}, fmt.Errorf("%w: where the kiosk is", ErrBadCode)
	}
	return Offer{c, kiosk}, nil
}

func parseCode(s string) (Code, error) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case r == '8':
			return 'B'
		case r == '-' || r == ' ' || r == '\t':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, s)
	if len(s) != 2*halfCode {
		return Code{}, ErrBadCode
	}
	plain := ""
	for _, half := range []string{s[:halfCode], s[halfCode:]} {
		data := half[:halfCode-1]
		if strings.Trim(half, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || chat.CheckCharacter(data) != half[halfCode-1] {
			return Code{}, ErrBadCode
		}
		plain += data
	}
	c := Code{hint: [2]byte([]byte(plain[:2]))}
	raw, err := encoding.DecodeString(plain[2:])
	if err != nil || len(raw) != secretBytes {
		return Code{}, ErrBadCode
	}
	copy(c.secret[:], raw)
	return c, nil
}
