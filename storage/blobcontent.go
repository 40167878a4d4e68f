package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"haggle/chat"
	"haggle/storage/seal"
)

// What a blob's files are called and hold: in the open the hash and the bytes, under a lock what seal.Blobs makes of them.

// name is what a file of a blob is called.
func (b *blobs) name(h chat.Hash, suffix string) string {
	if b.seal != nil {
		return b.seal.Name(h) + suffix
	}
	return h.String() + suffix
}

// parseName reads name's form.
func (b *blobs) parseName(name string) (h chat.Hash, suffix string, ok bool) {
	size := hexHash
	if b.seal != nil {
		size = seal.NameSize
	}
	if len(name) < size {
		return h, "", false
	}
	switch suffix = name[size:]; suffix {
	case wholeSuffix, partSuffix, temporaryFiles, markSuffix[chat.MarkFailed], markSuffix[chat.MarkCancelled]:
	default:
		return h, "", false
	}
	if b.seal != nil {
		hash, ok := b.seal.Hash(name[:size])
		return hash, suffix, ok
	}
	h, err := chat.ParseHash(name[:size])
	return h, suffix, err == nil
}

// size is how much of a blob a file holds; false if no file of one can be like that.
func (b *blobs) size(info fs.FileInfo) (int64, bool) {
	size, ok := info.Size(), true
	if b.seal != nil {
		size, ok = seal.PlainSize(size)
	}
	return size, ok && info.Mode().IsRegular() && size <= chat.MaxBlob
}

// content reads an open file of a blob, of which it holds size bytes.
func (b *blobs) content(f *os.File, h chat.Hash, size int64) io.ReaderAt {
	if b.seal == nil {
		return f
	}
	return &sealedContent{f: f, seal: b.seal, hash: h, size: size}
}

// buffer holds a sealed chunk, or one that was opened.
type buffer [seal.SealedChunk]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// sealedContent reads what is in a sealed file, chunk by chunk. From any goroutine.
type sealedContent struct {
	f    *os.File
	seal *seal.Blobs
	hash chat.Hash
	size int64
}

// ReadAt implements io.ReaderAt.
func (c *sealedContent) ReadAt(p []byte, off int64) (n int, err error) {
	raw, spare := buffers.Get().(*buffer), buffers.Get().(*buffer)
	defer func() { buffers.Put(raw); buffers.Put(spare) }()
	for n < len(p) && off < c.size {
		at := off / seal.Chunk
		size := min(c.size-at*seal.Chunk, seal.Chunk)
		sealed := raw[:seal.SealedSize(size)]
		if _, err := c.f.ReadAt(sealed, at*seal.SealedChunk); err != nil {
			return n, err
		}
		whole := off%seal.Chunk == 0 && int64(len(p)-n) >= size
		dst := spare[:0]
		if whole {
			dst = p[n:n:len(p)]
		}
		chunk, err := c.seal.Open(dst, sealed, c.hash, at)
		if err != nil {
			return n, fmt.Errorf("%w: %w", errBlobLost, err)
		}
		k := len(chunk)
		if !whole {
			k = copy(p[n:], chunk[off%seal.Chunk:])
		}
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// writeAt writes what a file holds that begins with data as the n-th chunk; without a seal, at an offset.
func (b *blobs) writeAt(f *os.File, h chat.Hash, n, offset int64, data []byte) error {
	if b.seal == nil {
		_, err := f.WriteAt(data, offset)
		return err
	}
	sealed := buffers.Get().(*buffer)
	defer buffers.Put(sealed)
	for ; len(data) > 0; n++ {
		k := min(len(data), seal.Chunk)
		if _, err := f.WriteAt(b.seal.Seal(sealed[:0], data[:k], h, n), n*seal.SealedChunk); err != nil {
			return err
		}
		data = data[k:]
	}
	return nil
}

// extend writes data behind the first offset bytes of a part. On an error it is as it was.
func (b *blobs) extend(f *os.File, h chat.Hash, offset int64, data []byte) error {
	n, end := offset/seal.Chunk, offset
	var last []byte // the chunk that is only begun, as it was
	if b.seal != nil {
		begun := offset % seal.Chunk
		end = seal.SealedSize(offset)
		if begun > 0 {
			last = make([]byte, seal.SealedSize(begun))
			_, err := f.ReadAt(last, n*seal.SealedChunk)
			var chunk []byte
			if err == nil {
				chunk, err = b.seal.Open(nil, last, h, n)
			}
			if err != nil {
				chunk = make([]byte, begun) // a kill tore it: as with any torn part, finishing it notices
			}
			data = append(chunk, data...)
		}
	}
	err := b.writeAt(f, h, n, offset, data)
	if err == nil {
		return nil
	}
	if len(last) > 0 {
		_, again := f.WriteAt(last, n*seal.SealedChunk)
		err = errors.Join(err, again)
	}
	return errors.Join(err, f.Truncate(end))
}

// trim cuts a sealed part back to its last whole chunk if a kill tore what it was writing behind that.
func (b *blobs) trim(h chat.Hash, sealed int64) (fs.FileInfo, error) {
	f, err := b.root.OpenFile(b.name(h, partSuffix), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	n, rest := sealed/seal.SealedChunk, sealed%seal.SealedChunk
	last := make([]byte, rest)
	if rest > 0 {
		if _, err = f.ReadAt(last, n*seal.SealedChunk); err == nil {
			_, err = b.seal.Open(nil, last, h, n)
		}
		if err != nil {
			if err := f.Truncate(n * seal.SealedChunk); err != nil {
				return nil, err
			}
		}
	}
	return f.Stat()
}
