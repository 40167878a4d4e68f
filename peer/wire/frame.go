package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Limits of a frame, in bytes without its length.
const (
	MaxFrame = 256 << 10
	MaxHello = 1 << 10
)

// Errors of Read, Append and Chat.
var (
	ErrTooLarge  = errors.New("frame is too large")
	ErrMalformed = errors.New("frame is malformed")
)

const (
	// maxFields is how many fields a frame may have, those of its body included: 2,000 of the smallest groups fit into
	// a frame. Without it a few bytes each would become a pointer, a struct and an allocation.
	maxFields = 4096
	// smallFrame is what a Reader buffers, in bytes.
	smallFrame = 16 << 10
)

// Append appends f with its length to b. ErrTooLarge refuses what Read would.
func Append(b []byte, f *Frame) ([]byte, error) {
	size := proto.Size(f)
	if size > MaxFrame {
		return b, fmt.Errorf("%d bytes: %w", size, ErrTooLarge)
	}
	b = slices.Grow(b, size+protowire.SizeVarint(uint64(size)))
	b = binary.AppendUvarint(b, uint64(size))
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, f)
}

// Reader reads frames one after another. It is not safe for concurrent use.
type Reader struct{ in *bufio.Reader }

// NewReader returns a Reader of what comes from in.
func NewReader(in io.Reader) *Reader { return &Reader{bufio.NewReaderSize(in, smallFrame)} }

// Read reads the next frame, of at most limit bytes. It returns io.EOF at the end between two frames,
// io.ErrUnexpectedEOF within one, ErrTooLarge or ErrMalformed; after an error nothing more can be read.
func (r *Reader) Read(limit int) (*Frame, error) {
	size, err := r.length()
	if err != nil {
		return nil, err
	}
	if size > uint64(min(limit, MaxFrame)) {
		return nil, fmt.Errorf("%d bytes: %w", size, ErrTooLarge)
	}
	n := int(size)
	raw, err := r.in.Peek(min(n, smallFrame))
	if err != nil {
		return nil, unexpected(err)
	}
	if n > smallFrame {
		return r.readLarge(n)
	}
	f, err := decode(raw)
	if err != nil {
		return nil, err
	}
	_, err = r.in.Discard(n)
	return f, err
}

// large holds buffers for frames that do not fit into a Reader's own.
var large = sync.Pool{New: func() any { return new([MaxFrame]byte) }}

// readLarge reads a frame of which the first bytes are here, so that a length alone costs nothing.
func (r *Reader) readLarge(n int) (*Frame, error) {
	buf := large.Get().(*[MaxFrame]byte)
	defer large.Put(buf)
	if _, err := io.ReadFull(r.in, buf[:n]); err != nil {
		return nil, unexpected(err)
	}
	return decode(buf[:n])
}

// unexpected is err, but the end of the input is too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// length reads a varint; unlike binary.ReadUvarint it takes at most the four bytes that a legal length may have.
func (r *Reader) length() (uint64, error) {
	var size uint64
	for shift := 0; shift < 28; shift += 7 {
		c, err := r.in.ReadByte()
		if err != nil {
			if shift > 0 {
				err = unexpected(err)
			}
			return 0, err
		}
		size |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return size, nil
		}
	}
	return 0, fmt.Errorf("length: %w", ErrTooLarge)
}

// decode copies what it keeps of raw.
func decode(raw []byte) (*Frame, error) {
	if countFields(raw, 2) > maxFields {
		return nil, fmt.Errorf("fields: %w", ErrTooLarge)
	}
	f := new(Frame)
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, f); err != nil {
		return nil, ErrMalformed // protobuf's words would add nothing and are not stable
	}
	var err error
	switch body := f.GetBody().(type) {
	case *Frame_Hello:
		err = body.Hello.check()
	case *Frame_Peers:
		err = body.Peers.check()
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// countFields counts the fields of a message and, as depth says, of the messages in it. What is no message counts until
// it breaks off; protobuf has the last word on that.
func countFields(b []byte, depth int) int {
	n := 0
	for len(b) > 0 && n <= maxFields {
		number, kind, head := protowire.ConsumeTag(b)
		if head < 0 {
			break
		}
		size := protowire.ConsumeFieldValue(number, kind, b[head:])
		if size < 0 {
			break
		}
		n++
		if kind == protowire.BytesType && depth > 1 {
			value, _ := protowire.ConsumeBytes(b[head:])
			n += countFields(value, depth-1)
		}
		b = b[head+size:]
	}
	return n
}
