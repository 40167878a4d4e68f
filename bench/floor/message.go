package floor

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// A message is its number, its time, a signature over both and the text, and the text.
const (
	signedFrom  = 64
	messageHead = signedFrom + 16
)

var errForged = errors.New("a message is not signed as it should be")

func newMessage(key ed25519.PrivateKey, seq uint64, text []byte) []byte {
	m := make([]byte, signedFrom, messageHead+len(text))
	m = binary.BigEndian.AppendUint64(m, seq)
	m = binary.BigEndian.AppendUint64(m, uint64(time.Now().UnixMilli()))
	m = append(m, text...)
	copy(m, ed25519.Sign(key, m[signedFrom:]))
	return m
}

func seqOf(m []byte) uint64 { return binary.BigEndian.Uint64(m[signedFrom:]) }

// verify checks messages that follow after.
func verify(author ed25519.PublicKey, after uint64, messages [][]byte) error {
	for i, m := range messages {
		if len(m) < messageHead || seqOf(m) != after+1+uint64(i) {
			return errForged
		}
	}
	if len(messages) == 1 {
		m := messages[0]
		if !ed25519.Verify(author, m[signedFrom:], m[:signedFrom]) {
			return errForged
		}
		return nil
	}
	all := voi.NewBatchVerifierWithCapacity(len(messages))
	for _, m := range messages {
		all.Add(voi.PublicKey(author), m[signedFrom:], m[:signedFrom])
	}
	if !all.VerifyBatchOnly(rand.Reader) {
		return errForged
	}
	return nil
}
