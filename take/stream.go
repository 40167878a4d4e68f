package take

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
)

// The content is a stream of sealed frames: a length of four bytes, then AES-256-GCM with a counter for a nonce and the mark
// of the last frame as additional data. A stream that is cut, reordered or changed is an error.

const (
	frameBytes = 64 << 10
	more       = 0
	last       = 1
)

// errCut says that the content ended before its end.
var errCut = errors.New("the content is not complete")

type stream struct {
	aead  cipher.AEAD
	count uint64
}

func newStream(key []byte) (stream, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return stream{}, err
	}
	aead, err := cipher.NewGCM(block)
	return stream{aead: aead}, err
}

// nonce is never used twice: there is a key for each channel and one stream on it.
func (s *stream) nonce() []byte {
	n := make([]byte, s.aead.NonceSize())
	binary.BigEndian.PutUint64(n[len(n)-8:], s.count)
	s.count++
	return n
}

// writer seals what is written. Close writes the last frame.
type writer struct {
	stream
	to  io.Writer
	buf []byte
}

func (w *writer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), frameBytes-len(w.buf))
		w.buf, rest = append(w.buf, rest[:n]...), rest[n:]
		if len(w.buf) == frameBytes {
			if err := w.frame(more); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (w *writer) Close() error { return w.frame(last) }

func (w *writer) frame(mark byte) error {
	sealed := w.aead.Seal(nil, w.nonce(), w.buf, []byte{mark})
	_, err := w.to.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(sealed))<<1|uint32(mark)), sealed...))
	clear(w.buf)
	w.buf = w.buf[:0]
	return err
}

// reader opens what was sealed. io.EOF comes after the last frame only.
type reader struct {
	stream
	from io.Reader
	buf  []byte
	done bool
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.done {
			return 0, io.EOF
		}
		if err := r.frame(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

func (r *reader) frame() error {
	var head [4]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return errors.Join(errCut, err)
	}
	value := binary.BigEndian.Uint32(head[:])
	size, mark := value>>1, byte(value&1)
	if size > frameBytes+uint32(r.aead.Overhead()) {
		return errCut
	}
	sealed := make([]byte, size)
	if _, err := io.ReadFull(r.from, sealed); err != nil {
		return errors.Join(errCut, err)
	}
	plain, err := r.aead.Open(sealed[:0], r.nonce(), sealed, []byte{mark})
	if err != nil {
		return errors.Join(errCut, err)
	}
	r.buf, r.done = plain, mark == last
	return nil
}
