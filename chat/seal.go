package chat

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"
)

// What is carried for somebody by others is sealed to the X25519 key in their signed profile with HPKE (RFC 9180): base
// mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. It is the one standard construction for this in the
// standard library, uses a fresh ephemeral key each time, and binds what it is for. It proves no sender: what is inside is
// signed by its author.

// ErrUnsealable says that a peer's profile names no key to seal to.
var ErrUnsealable = errors.New("there is no key to seal to")

// sealOverhead is the ephemeral key and the tag.
const sealOverhead = 32 + 16

// sealingKey follows from the identity, so that there is one secret to keep.
func sealingKey(identity ed25519.PrivateKey) (*ecdh.PrivateKey, error) {
	secret := tagged("haggle sealing v1\x00", identity.Seed())
	defer clear(secret[:])
	return ecdh.X25519().NewPrivateKey(secret[:])
}

// seal encrypts to the key in a peer's profile. ErrUnsealable.
func seal(tag string, to PeerID, key [32]byte, plain []byte) ([]byte, error) {
	point, err := ecdh.X25519().NewPublicKey(key[:])
	if err == nil {
		var public hpke.PublicKey
		if public, err = hpke.NewDHKEMPublicKey(point); err == nil {
			var sealed []byte
			if sealed, err = hpke.Seal(public, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), sealInfo(tag, to), plain); err == nil {
				return sealed, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrUnsealable, err)
}

// unseal decrypts what was sealed to self. ErrMalformed.
func unseal(tag string, self Identity, sealed []byte) ([]byte, error) {
	secret, err := sealingKey(self.Key)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	private, err := hpke.NewDHKEMPrivateKey(secret)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	plain, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), sealInfo(tag, self.ID), sealed)
	if err != nil {
		return nil, fmt.Errorf("sealed bytes: %w", ErrMalformed)
	}
	return plain, nil
}

func sealInfo(tag string, to PeerID) []byte { return append([]byte(tag), to[:]...) }
