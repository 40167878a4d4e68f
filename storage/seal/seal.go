package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrForged says that what was to be opened is not what was sealed, or not there.
var ErrForged = errors.New("sealed bytes are not what was sealed here")

// Overhead is how many bytes longer than its content something sealed is.
const Overhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Key is what everything is sealed with. It never changes while there is a lock.
type Key [32]byte

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails, by its documentation
	return k
}

func (k *Key) derive(label string) []byte {
	b, err := hkdf.Expand(sha256.New, k[:], label, len(k))
	if err != nil {
		return nil // 32 bytes can always be had
	}
	return b
}

func (k *Key) aead(label string) cipher.AEAD {
	a, err := chacha20poly1305.NewX(k.derive(label))
	if err != nil {
		return nil // the key has the one length that there is
	}
	return a
}

// Index is the key for Badger.
func (k *Key) Index() []byte { return k.derive("haggle index v1") }

// put appends the sealed content to dst.
func put(a cipher.AEAD, dst, content, place []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, chacha20poly1305.NonceSizeX)...)
	nonce := dst[at:]
	_, _ = rand.Read(nonce)
	return a.Seal(dst, nonce, content, place)
}

// take appends the content of what was sealed to dst.
func take(a cipher.AEAD, dst, sealed, place []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrForged
	}
	out, err := a.Open(dst, sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:], place)
	if err != nil {
		return nil, ErrForged
	}
	return out, nil
}

// Records seals what a journal keeps: it is a journal.Seal. From any goroutine.
type Records struct {
	aead  cipher.AEAD
	check []byte
}

// Records is for the journal.
func (k *Key) Records() *Records {
	return &Records{k.aead("haggle journal v1"), k.derive("haggle journal check")}
}

// Overhead is how many bytes longer a record gets.
func (*Records) Overhead() int { return Overhead }

// Seal appends the sealed payload of the record at that place to dst.
func (r *Records) Seal(dst, payload, place []byte) []byte { return put(r.aead, dst, payload, place) }

// Open appends the payload to dst, or is ErrForged.
func (r *Records) Open(dst, sealed, place []byte) ([]byte, error) {
	return take(r.aead, dst, sealed, place)
}

// Check is what tells, from a segment's salt and number, that the key is the one it was written with.
func (r *Records) Check(salt []byte, segment uint64) uint16 {
	m := hmac.New(sha256.New, r.check)
	_, _ = m.Write(binary.LittleEndian.AppendUint64(append([]byte{}, salt...), segment))
	return binary.LittleEndian.Uint16(m.Sum(nil))
}

// fileMagic begins every sealed file.
const fileMagic = "hagglesf\x01"

// Files seals files as a whole. From any goroutine.
type Files struct{ aead cipher.AEAD }

// Files is for small files.
func (k *Key) Files() *Files { return &Files{k.aead("haggle file v1")} }

// Seal is the content of a sealed file. It opens under the same name only.
func (f *Files) Seal(name string, content []byte) []byte {
	return put(f.aead, []byte(fileMagic), content, []byte(name))
}

// Open is what Seal got. ErrForged.
func (f *Files) Open(name string, file []byte) ([]byte, error) {
	if !IsFile(file) {
		return nil, ErrForged
	}
	return take(f.aead, nil, file[len(fileMagic):], []byte(name))
}

// IsFile reports whether a file is one that Seal made.
func IsFile(file []byte) bool {
	return len(file) >= len(fileMagic) && string(file[:len(fileMagic)]) == fileMagic
}
