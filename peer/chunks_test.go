package peer

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"

	"haggle/chat"
	"haggle/peer/wire"
)

// memBlob is a blob in memory that counts how often it is open.
type memBlob struct {
	*bytes.Reader
	open *atomic.Int32
}

func (b memBlob) Size() uint32 { return uint32(b.Reader.Size()) }

func (b memBlob) Close() error {
	b.open.Add(-1)
	return nil
}

// pattern is size bytes that tell where they stand.
func pattern(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	return b
}

// chunksOf answers a Want for all of data.
func chunksOf(data []byte, open *atomic.Int32) chat.Chunks {
	return chat.Chunks{Hash: chat.Hash{1}, Count: uint32(len(data)), Open: func() (chat.Blob, error) {
		open.Add(1)
		return memBlob{bytes.NewReader(data), open}, nil
	}}
}

func TestChunksArriveInOrder(t *testing.T) {
	a, b := newRig(t), newRig(t)
	a.dial(b)
	await[chat.LinkUp](a)
	await[chat.LinkUp](b)
	var open atomic.Int32
	data := pattern(5*chat.ChunkBytes + 17)
	c := chunksOf(data, &open)
	c.Offset, c.Count = 10, chat.MaxBlob // more than there is
	if err := a.Send(b.remote(), c); err != nil {
		t.Fatal(err)
	}
	got := data[:10:10]
	for len(got) < len(data) {
		chunk, ok := await[chat.FrameReceived](b).Frame.(chat.Chunk)
		if !ok || chunk.Hash != c.Hash || int(chunk.Size) != len(data) || int(chunk.Offset) != len(got) {
			t.Fatalf("chunk of %d at %d after %d", chunk.Size, chunk.Offset, len(got))
		}
		got = append(got, chunk.Data...)
	}
	if !bytes.Equal(got, data) {
		t.Error("other bytes came")
	}
	for _, absent := range []chat.Chunks{
		{Hash: chat.Hash{2}, Count: 1, Open: func() (chat.Blob, error) { return nil, chat.ErrNotFound }},
		{Hash: chat.Hash{3}, Offset: uint32(len(data)), Count: 1, Open: c.Open},
	} {
		if err := a.Send(b.remote(), absent); err != nil {
			t.Fatal(err)
		}
		if got := await[chat.FrameReceived](b).Frame; got != (chat.Absent{Hash: absent.Hash}) {
			t.Errorf("got %v", got)
		}
	}
	a.stop()
	if n := open.Load(); n != 0 {
		t.Errorf("%d blobs are open", n)
	}
}

// TestMessagesOvertakePictures: D15, what is queued of a picture waits for every other frame, also in the middle.
func TestMessagesOvertakePictures(t *testing.T) {
	l := &link{queue: newQueue(), node: &Node{log: slog.New(failing{t})}, conn: newConn(nil)}
	var open atomic.Int32
	l.answers.put(chunksOf(pattern(4*chat.ChunkBytes), &open))
	kinds := ""
	for k := range 6 {
		if k%2 == 1 {
			l.queue.put(bulkLane, encoded(t, chat.CatalogueFrame{}))
			l.queue.put(talkLane, encoded(t, chat.ReceiptFrame{}))
		}
		for range 1 + k%2*2 {
			kinds += kindOf(t, l.next())
		}
	}
	if want := "c" + "tbc" + "c" + "tbc" + "-" + "tb-"; kinds != want {
		t.Errorf("sent in the order %s, not %s", kinds, want)
	}
	if open.Load() != 0 {
		t.Error("a blob is open after its last byte")
	}
}

func encoded(t *testing.T, f chat.Frame) []byte {
	b, err := wire.Append(nil, wire.Wrap(f))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func kindOf(t *testing.T, raw []byte) string {
	if raw == nil {
		return "-"
	}
	f, err := wire.NewReader(bytes.NewReader(raw)).Read(wire.MaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	switch f.GetBody().(type) {
	case *wire.Frame_Receipt:
		return "t"
	case *wire.Frame_Catalogue:
		return "b"
	case *wire.Frame_Chunk:
		return "c"
	}
	return "?"
}

// TestHP38EndlessWants: what a peer wants costs nothing until it is sent, and is bounded.
func TestHP38EndlessWants(t *testing.T) {
	var a answers
	var open atomic.Int32
	for range 100_000 {
		a.put(chunksOf(make([]byte, 1), &open))
	}
	if len(a.waiting) != maxAnswers || open.Load() != 0 {
		t.Errorf("%d answers wait, %d blobs are open", len(a.waiting), open.Load())
	}
	a.close()
	a.put(chunksOf(make([]byte, 1), &open))
	if a.next(slog.New(failing{t})) != nil {
		t.Error("an answer after the end")
	}
}

// failingBlob breaks in the middle.
type failingBlob struct{ memBlob }

func (failingBlob) ReadAt([]byte, int64) (int, error) { return 0, io.ErrNoProgress }

// TestUnreadableBlobIsAbsent: the asker hears at once and is not kept waiting.
func TestUnreadableBlobIsAbsent(t *testing.T) {
	var a answers
	var open atomic.Int32
	a.put(chat.Chunks{Count: 9, Open: func() (chat.Blob, error) {
		open.Add(1)
		return failingBlob{memBlob{bytes.NewReader(make([]byte, 9)), &open}}, nil
	}})
	a.put(chat.Chunks{Hash: chat.Hash{5}, Count: 9, Open: func() (chat.Blob, error) { return nil, errors.New("no such luck") }})
	log := slog.New(slog.DiscardHandler)
	for range 2 {
		f, err := wire.NewReader(bytes.NewReader(a.next(log))).Read(wire.MaxFrame)
		if err != nil || f.GetAbsent() == nil {
			t.Errorf("sent %v, %v", f, err)
		}
	}
	if a.next(log) != nil || open.Load() != 0 {
		t.Error("something is left")
	}
}
