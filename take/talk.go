package take

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// Errors that callers act on.
var (
	// ErrWrongCode: the other side does not know the code.
	ErrWrongCode = errors.New("the other side does not know this code")
	// ErrUnconfirmed: all came and is durable, but the kiosk has not said that it forgot the guest.
	ErrUnconfirmed = errors.New("the kiosk did not confirm")
)

// keys are what both sides make of the code for one channel.
type keys struct {
	proof   []byte
	content []byte
	binding []byte
}

// derive needs no stretching: the code's secret is random and long enough. binding names the channel, with both ends' keys.
func (c Code) derive(binding []byte) (keys, error) {
	proof, err := hkdf.Key(sha256.New, c.secret[:], binding, "haggle take v1 proof", sha256.Size)
	if err != nil {
		return keys{}, err
	}
	content, err := hkdf.Key(sha256.New, c.secret[:], binding, "haggle take v1 content", 32)
	return keys{proof, content, binding}, err
}

// say proves the code and tells something.
func (k keys) say(to io.Writer, what string) error {
	_, err := to.Write(k.tag(what))
	return err
}

// hear waits for what say says. ErrWrongCode.
func (k keys) hear(from io.Reader, what string) error {
	var got [sha256.Size]byte
	if _, err := io.ReadFull(from, got[:]); err != nil {
		return err
	}
	if !hmac.Equal(got[:], k.tag(what)) {
		return ErrWrongCode
	}
	return nil
}

func (k keys) tag(what string) []byte {
	h := hmac.New(sha256.New, k.proof)
	_, _ = io.WriteString(h, what) // never fails
	_, _ = h.Write(k.binding)
	return h.Sum(nil)
}

// What is said, in this order, by turns.
const (
	asks  = "I have the code\x00"
	knows = "so do I\x00"
	keeps = "it is durable here\x00"
	gone  = "it is gone here\x00"
)

// Give hands the content over to whoever proves the code: content writes it. forget is called once it is durable there.
// ErrWrongCode counts as one try.
func Give(channel io.ReadWriter, binding []byte, c Code, content func(io.Writer) error, forget func()) error {
	k, err := c.derive(binding)
	if err != nil {
		return err
	}
	if err := k.hear(channel, asks); err != nil {
		return fmt.Errorf("hear of the code: %w", err)
	}
	if err := k.say(channel, knows); err != nil {
		return fmt.Errorf("prove the code: %w", err)
	}
	s, err := newStream(k.content)
	if err != nil {
		return err
	}
	w := &writer{stream: s, to: channel}
	if err := content(w); err != nil {
		return fmt.Errorf("write the content: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write the content: %w", err)
	}
	if err := k.hear(channel, keeps); err != nil {
		return fmt.Errorf("wait until it is durable there: %w", err)
	}
	forget()
	if err := k.say(channel, gone); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}

// Take gets the content from whoever proves the code: keep reads it to its end and makes it durable. ErrWrongCode; with
// ErrUnconfirmed it is durable all the same.
func Take(channel io.ReadWriter, binding []byte, c Code, keep func(io.Reader) error) error {
	k, err := c.derive(binding)
	if err != nil {
		return err
	}
	if err := k.say(channel, asks); err != nil {
		return fmt.Errorf("prove the code: %w", err)
	}
	if err := k.hear(channel, knows); err != nil {
		// Who gives ends the talk without a word when the proof is wrong or the code is over.
		return fmt.Errorf("hear of the code: %w", errors.Join(ErrWrongCode, err))
	}
	s, err := newStream(k.content)
	if err != nil {
		return err
	}
	r := &reader{stream: s, from: channel}
	if err := keep(r); err != nil {
		return fmt.Errorf("keep the content: %w", err)
	}
	if !r.done || len(r.buf) > 0 {
		return errCut
	}
	if err := k.say(channel, keeps); err != nil {
		return fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	}
	if err := k.hear(channel, gone); err != nil {
		return fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	}
	return nil
}
