package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/text/unicode/norm"
)

// Why a padlock does not open.
var (
	// ErrPassphrase says that it is another passphrase. Nothing was touched; it may be tried again.
	ErrPassphrase = errors.New("that is not the passphrase")
	// ErrPadlock says that the padlock file is damaged.
	ErrPadlock = errors.New("the padlock file is damaged")
	// ErrNewerPadlock says that a newer program made it.
	ErrNewerPadlock = errors.New("the padlock was made by a newer version")
	// ErrEmpty says that a passphrase has nothing in it.
	ErrEmpty = errors.New("the passphrase is empty")
)

// Cost is what it takes to try a passphrase: Argon2id's parameters.
type Cost struct {
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memoryKiB"`
	Threads uint8  `json:"threads"`
}

// Usual is the cost of a new padlock: about 0.2 s and 64 MiB.
var Usual = Cost{Time: 3, Memory: 64 << 10, Threads: 4}

// What a padlock may cost: it is read before anybody proved anything.
const (
	maxTime   = 64
	maxMemory = 1 << 20
	maxFile   = 16 << 10
)

const padlockVersion = 1

// State says how far a lock is.
type State string

// The states. The two on the way are finished at the next start.
const (
	Locking   State = "locking"
	Locked    State = "locked"
	Unlocking State = "unlocking"
)

// Padlock keeps a Key for whoever has the passphrase. It is a value; what a file holds is Encode's.
type Padlock struct {
	Version int    `json:"version"`
	State   State  `json:"state"`
	ID      string `json:"id"` // names it in a keyring

	Cost       Cost   `json:"argon2id"`
	Salt       []byte `json:"salt"`
	Passphrase []byte `json:"passphrase"`        // the Key, wrapped
	Keyring    []byte `json:"keyring,omitempty"` // the Key, wrapped for a keyring
}

// NewPadlock keeps key for a passphrase. ErrEmpty.
func NewPadlock(key Key, passphrase string, cost Cost) (Padlock, error) {
	var id [16]byte
	_, _ = rand.Read(id[:])
	p := Padlock{Version: padlockVersion, State: Locking, ID: hex.EncodeToString(id[:])}
	return p.WithPassphrase(key, passphrase, cost)
}

// WithPassphrase keeps key for another passphrase instead. ErrEmpty.
func (p Padlock) WithPassphrase(key Key, passphrase string, cost Cost) (Padlock, error) {
	if strings.TrimSpace(passphrase) == "" {
		return p, ErrEmpty
	}
	p.Cost, p.Salt = cost, make([]byte, 16)
	_, _ = rand.Read(p.Salt)
	p.Passphrase = p.wrap(p.stretch(passphrase), key, p.place())
	return p, nil
}

// WithKeyring keeps key for the secret, too, which is for a keyring.
func (p Padlock) WithKeyring(key Key) (with Padlock, secret []byte) {
	secret = make([]byte, len(key))
	_, _ = rand.Read(secret)
	p.Keyring = p.wrap(secret, key, p.ringPlace())
	return p, secret
}

// WithoutKeyring makes what a keyring has useless.
func (p Padlock) WithoutKeyring() Padlock {
	p.Keyring = nil
	return p
}

// Open is the Key. It takes a moment. ErrPassphrase.
func (p Padlock) Open(passphrase string) (Key, error) {
	return p.unwrap(p.stretch(passphrase), p.Passphrase, p.place())
}

// OpenWith is the Key for the secret of a keyring. ErrPassphrase.
func (p Padlock) OpenWith(secret []byte) (Key, error) {
	if len(secret) != len(Key{}) || p.Keyring == nil {
		return Key{}, ErrPassphrase
	}
	return p.unwrap(secret, p.Keyring, p.ringPlace())
}

func (p Padlock) stretch(passphrase string) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(passphrase)), p.Salt, p.Cost.Time, p.Cost.Memory, p.Cost.Threads, uint32(len(Key{})))
}

func (p Padlock) place() []byte {
	return fmt.Appendf(nil, "haggle padlock v%d %s %d %d %d %x", p.Version, p.ID, p.Cost.Time, p.Cost.Memory, p.Cost.Threads, p.Salt)
}

func (p Padlock) ringPlace() []byte {
	return fmt.Appendf(nil, "haggle padlock v%d %s keyring", p.Version, p.ID)
}

func (Padlock) wrap(with []byte, key Key, place []byte) []byte {
	a, err := chacha20poly1305.NewX(with)
	if err != nil {
		return nil // with has the one length that there is
	}
	return put(a, nil, key[:], place)
}

func (Padlock) unwrap(with, wrapped, place []byte) (Key, error) {
	a, err := chacha20poly1305.NewX(with)
	if err != nil {
		return Key{}, err
	}
	key, err := take(a, nil, wrapped, place)
	if err != nil || len(key) != len(Key{}) {
		return Key{}, ErrPassphrase
	}
	return Key(key), nil
}

// Encode is the content of the padlock's file: JSON, and a line with its SHA-256.
func (p Padlock) Encode() []byte {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil // there is nothing in it that has no JSON
	}
	return fmt.Appendf(append(text, '\n'), "sha256 %x\n", sha256.Sum256(text))
}

// ParsePadlock reads what Encode wrote. ErrPadlock, ErrNewerPadlock.
func ParsePadlock(file []byte) (Padlock, error) {
	var p Padlock
	if len(file) > maxFile {
		return p, ErrPadlock
	}
	text, sum, found := bytes.Cut(file, []byte("\nsha256 "))
	if !found || fmt.Sprintf("%x\n", sha256.Sum256(text)) != string(sum) || json.Unmarshal(text, &p) != nil {
		return Padlock{}, ErrPadlock
	}
	if p.Version > padlockVersion {
		return Padlock{}, ErrNewerPadlock
	}
	c := p.Cost
	switch {
	case p.Version < 1, c.Time < 1, c.Time > maxTime, c.Threads < 1, c.Memory < 8*uint32(c.Threads), c.Memory > maxMemory:
		return Padlock{}, ErrPadlock
	case p.State != Locking && p.State != Locked && p.State != Unlocking:
		return Padlock{}, ErrPadlock
	}
	return p, nil
}
