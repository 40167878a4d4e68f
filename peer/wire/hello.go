package wire

import (
	"fmt"

	"haggle/chat"
)

// Protocol is the version of the protocol that this package speaks, the only one so far.
const Protocol = 1

// NonceSize is the length of a run's nonce.
const NonceSize = 16

// The optional abilities: bits of a hello's features.
const (
	// FeatureParcels: the sender takes parcels.
	FeatureParcels = 1 << 0
)

const maxVersion = 64

// check sees to it that a hello's fields have the sizes their readers count on.
func (h *Hello) check() error {
	ok := len(h.Device) == len(chat.DeviceID{}) && chat.DeviceID(h.Device) != chat.DeviceID{} && len(h.Nonce) == NonceSize && h.Port <= 1<<16-1 &&
		h.ProtocolMin <= h.ProtocolMax && printable(h.Version)
	if !ok {
		return fmt.Errorf("hello: %w", ErrMalformed)
	}
	return nil
}

// Speaks reports whether the sender of h and this package have a version in common.
func (h *Hello) Speaks() bool {
	return h.GetProtocolMin() <= Protocol && Protocol <= h.GetProtocolMax()
}

func printable(s string) bool {
	if len(s) > maxVersion {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Printable is s as a hello can carry it: cut, and with a question mark for each other byte.
func Printable(s string) string {
	b := []byte(s[:min(len(s), maxVersion)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}
