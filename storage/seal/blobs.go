package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Chunk is how many bytes of a picture are sealed at a time; the last chunk has what is left.
const Chunk = 64 << 10

// SealedChunk is a whole chunk on the disk.
const SealedChunk = Chunk + Overhead

// NameSize is the length of a picture's name.
const NameSize = 2 * (aes.BlockSize + sha256.Size)

// Blobs seals pictures, chunk by chunk, and their names. From any goroutine.
type Blobs struct {
	aead  cipher.AEAD
	mac   []byte
	names cipher.Block
}

// Blobs is for pictures.
func (k *Key) Blobs() *Blobs {
	name := Key(k.derive("haggle blob name v1"))
	block, err := aes.NewCipher(name.derive("hide"))
	if err != nil {
		return nil // the key has a length that there is
	}
	return &Blobs{k.aead("haggle blob v1"), name.derive("tell"), block}
}

// SealedSize is how many bytes so many bytes of a picture take on the disk.
func SealedSize(size int64) int64 { return size + Overhead*((size+Chunk-1)/Chunk) }

// PlainSize is how many bytes of a picture a file of that size holds, and whether a file can be so long.
func PlainSize(sealed int64) (size int64, ok bool) {
	whole, rest := sealed/SealedChunk, sealed%SealedChunk
	if rest > 0 {
		rest -= Overhead
		ok = rest > 0
		return whole*Chunk + max(rest, 0), ok
	}
	return whole * Chunk, sealed >= 0
}

// Seal appends a sealed chunk to dst.
func (b *Blobs) Seal(dst, chunk []byte, hash [32]byte, n int64) []byte {
	return put(b.aead, dst, chunk, chunkPlace(hash, n))
}

// Open appends the content of a chunk to dst, or is ErrForged.
func (b *Blobs) Open(dst, sealed []byte, hash [32]byte, n int64) ([]byte, error) {
	return take(b.aead, dst, sealed, chunkPlace(hash, n))
}

func chunkPlace(hash [32]byte, n int64) []byte {
	return binary.LittleEndian.AppendUint64(hash[:], uint64(n))
}

// Name hides a picture's hash, by which anybody who has the picture, too, could tell that it is here. It is the first half of
// an HMAC-SHA-256 of the hash, and the hash under AES-CTR beginning with that half (a synthetic IV): the same hash always has
// the same name, and whoever has the key gets the hash back.
func (b *Blobs) Name(hash [32]byte) string {
	iv := b.tell(hash)
	out := make([]byte, 0, NameSize/2)
	out = append(append(out, iv...), hash[:]...)
	cipher.NewCTR(b.names, iv).XORKeyStream(out[aes.BlockSize:], out[aes.BlockSize:])
	return hex.EncodeToString(out)
}

// Hash is the hash that a name hides, and whether it hides one.
func (b *Blobs) Hash(name string) (hash [32]byte, ok bool) {
	raw, err := hex.DecodeString(name)
	if err != nil || len(name) != NameSize || hex.EncodeToString(raw) != name {
		return hash, false
	}
	iv := raw[:aes.BlockSize]
	cipher.NewCTR(b.names, iv).XORKeyStream(hash[:], raw[aes.BlockSize:])
	return hash, hmac.Equal(iv, b.tell(hash))
}

func (b *Blobs) tell(hash [32]byte) []byte {
	m := hmac.New(sha256.New, b.mac)
	_, _ = m.Write(hash[:])
	return m.Sum(nil)[:aes.BlockSize]
}
