package peer

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"

	"haggle/chat"
	"haggle/peer/wire"
)

// maxAnswers is how many Wants of one peer wait for their answer; who sends more is not a peer of ours.
const maxAnswers = 16

// answers are the Wants of one peer that are still to be answered, in order. The bytes are read when the link has nothing
// else to send, so a picture costs no memory while it waits and never delays a word.
type answers struct {
	mu      sync.Mutex
	waiting []chat.Chunks
	closed  bool

	// Of the writer alone.
	open chat.Blob // of the first, nil if it is not open
	of   chat.Hash
	data []byte
}

// put adds an answer; one too many is dropped, as chat.Chunks has it.
func (a *answers) put(c chat.Chunks) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed && c.Count > 0 && len(a.waiting) < maxAnswers {
		a.waiting = append(a.waiting, c)
	}
}

// first is the answer at hand.
func (a *answers) first() (chat.Chunks, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return chat.Chunks{}, false
	}
	return a.waiting[0], true
}

// advance leaves what was sent of the first answer, or the whole of it.
func (a *answers) advance(sent uint32, done bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return
	}
	c := &a.waiting[0]
	c.Offset += sent
	if c.Count -= sent; done || c.Count == 0 {
		a.waiting = slices.Delete(a.waiting, 0, 1)
	}
}

// next is the next frame of an answer, nil if there is none. Only the writer calls it.
func (a *answers) next(log *slog.Logger) []byte {
	c, ok := a.first()
	if !ok {
		a.shut()
		return nil
	}
	f, sent, done := a.chunk(c, log)
	a.advance(sent, done)
	encoded, err := wire.Append(nil, wire.Wrap(f))
	if err != nil { // both frames are far below the limit
		log.Error("Frame cannot be sent", "error", err)
		return nil
	}
	return encoded
}

// chunk reads the next bytes of an answer; done tells that nothing more comes of it.
func (a *answers) chunk(c chat.Chunks, log *slog.Logger) (f chat.Frame, sent uint32, done bool) {
	absent := chat.Absent{Hash: c.Hash}
	if a.open == nil || a.of != c.Hash {
		a.shut()
		blob, err := c.Open()
		if err != nil {
			if !errors.Is(err, chat.ErrNotFound) {
				log.Error("Blob not opened", "err", err)
			}
			return absent, 0, true
		}
		a.open, a.of, a.data = blob, c.Hash, make([]byte, chat.ChunkBytes)
	}
	size := a.open.Size()
	if c.Offset >= size {
		return absent, 0, true
	}
	count := min(c.Count, size-c.Offset, chat.ChunkBytes)
	if n, err := a.open.ReadAt(a.data[:count], int64(c.Offset)); n < int(count) {
		log.Error("Blob not read", "err", errors.Join(err, io.ErrUnexpectedEOF))
		return absent, 0, true
	}
	return chat.Chunk{Hash: c.Hash, Size: size, Offset: c.Offset, Data: a.data[:count]}, count, c.Offset+count == size
}

// shut closes the blob at hand: an open file would keep a deleted picture's bytes on the disk.
func (a *answers) shut() {
	if a.open != nil {
		_ = a.open.Close()
		a.open, a.data = nil, nil
	}
}

// close drops what waits and refuses what comes.
func (a *answers) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting, a.closed = nil, true
}
