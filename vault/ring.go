package vault

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// ErrNoRing says that the system has no keyring, or one that does not answer.
var ErrNoRing = errors.New("there is no keyring")

// Ring keeps secrets by a name.
type Ring interface {
	Get(id string) ([]byte, error)
	Set(id string, secret []byte) error
	Delete(id string) error
}

// ringPatience is how long a keyring may take: it may have to ask somebody.
const ringPatience = 20 * time.Second

// SystemRing is the keyring of the desktop: Secret Service, Keychain or Credential Manager.
type SystemRing struct{}

const ringOwner = "Haggle"

// Get implements Ring.
func (SystemRing) Get(id string) ([]byte, error) {
	var text string
	err := patiently(func() (err error) {
		text, err = keyring.Get(ringOwner, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// Set implements Ring.
func (SystemRing) Set(id string, secret []byte) error {
	return patiently(func() error { return keyring.Set(ringOwner, id, base64.StdEncoding.EncodeToString(secret)) })
}

// Delete implements Ring.
func (SystemRing) Delete(id string) error {
	return patiently(func() error { return keyring.Delete(ringOwner, id) })
}

// patiently waits for a keyring, but not for ever.
func patiently(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoRing, err)
		}
		return nil
	case <-time.After(ringPatience):
		return ErrNoRing
	}
}
