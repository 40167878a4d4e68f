package chat

import (
	"crypto/ed25519"
	"encoding/binary"
)

// Receipt says how far one device holds and has read one log; it is cumulative and never goes back. Signed, because a
// stored tick must be bound to a key.
type Receipt struct {
	Log       LogID
	By        DeviceID // whose device, of the log's reader
	Delivered uint64
	Read      uint64 // 0 when its owner keeps that private
	Signature [ed25519.SignatureSize]byte
}

func (r *Receipt) message() []byte {
	b := append([]byte("haggle receipt v1\x00"), r.Log.Room[:]...)
	b = append(b, byte(r.Log.Author))
	b = append(b, r.Log.Device[:]...)
	b = append(b, r.By[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Delivered)
	return binary.BigEndian.AppendUint64(b, r.Read)
}

// Sign signs the receipt with its reader's key.
func (r *Receipt) Sign(key ed25519.PrivateKey) { copy(r.Signature[:], ed25519.Sign(key, r.message())) }

// Verify checks the signature against the reader's key.
func (r *Receipt) Verify(reader PeerID) error {
	if !ed25519.Verify(reader[:], r.message(), r.Signature[:]) {
		return ErrBadSignature
	}
	return nil
}
