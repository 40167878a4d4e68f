package kiosk

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What a PIN may be. A person types it on a screen that others can see, so it is short; what makes it hard to guess is the
// Latch, and for who got hold of the file the cost of each guess.
const (
	leastPIN = 4
	mostPIN  = 12
)

// The cost of one guess: about 60 ms and 32 MiB on a small machine.
const (
	argonTime   = 3
	argonMemory = 32 << 10 // KiB
	argonKey    = 32
	argonSalt   = 16
)

// hashStart is how every hash begins: the parameters are ours alone, so that no file can ask for all of the memory.
var hashStart = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$", argon2.Version, argonMemory, argonTime)

// ErrPIN says that something is no PIN.
var ErrPIN = errors.New("a PIN has 4 to 12 digits")

// Hash makes what stands in the settings file for a PIN, in the usual form of Argon2. ErrPIN.
func Hash(pin string) (string, error) {
	if !isPIN(pin) {
		return "", ErrPIN
	}
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	code := base64.RawStdEncoding
	return hashStart + code.EncodeToString(salt) + "$" + code.EncodeToString(derive(pin, salt)), nil
}

func derive(pin string, salt []byte) []byte {
	return argon2.IDKey([]byte(pin), salt, argonTime, argonMemory, 1, argonKey)
}

// matches reports whether a PIN is the one that stands in the settings as a hash or as it is.
func matches(kept, pin string) bool {
	if isPIN(kept) {
		return subtle.ConstantTimeCompare([]byte(kept), []byte(pin)) == 1
	}
	salt, key, ok := parts(kept)
	return ok && subtle.ConstantTimeCompare(key, derive(pin, salt)) == 1
}

// parts takes a hash apart.
func parts(hash string) (salt, key []byte, ok bool) {
	rest, ok := strings.CutPrefix(hash, hashStart)
	first, second, both := strings.Cut(rest, "$")
	if !ok || !both {
		return nil, nil, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(first)
	if err != nil {
		return nil, nil, false
	}
	key, err = base64.RawStdEncoding.DecodeString(second)
	return salt, key, err == nil && len(salt) == argonSalt && len(key) == argonKey
}

func isHash(s string) bool {
	_, _, ok := parts(s)
	return ok
}

func isPIN(s string) bool {
	return len(s) >= leastPIN && len(s) <= mostPIN && strings.Trim(s, "0123456789") == ""
}
