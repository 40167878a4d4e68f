package picture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/metrics"
	"time"
)

// source is a picture file while it is looked at. It may be read several times, but only until a deadline, and only while
// the context lasts and memory does.
type source struct {
	ctx      context.Context
	file     io.ReaderAt
	size     int64
	deadline time.Time // zero if there is none
	strict   bool      // only pixels may be in it
	maxHeap  uint64    // bytes that the whole process's heap may reach; 0 if it does not matter
	err      error     // why reading was stopped, if it was not for what the file says
}

// read returns a reader of the file from its beginning.
func (s *source) read() *reading {
	return &reading{source: s, buffer: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.size), s.buffer())}
}

// buffer is how large a buffer for reading the file should be: no larger than the file, as thumbnails come by the dozen while
// one scrolls.
func (s *source) buffer() int { return int(min(s.size, 64<<10)) }

// reading hands out a source in small pieces: 512 bytes of a hostile file can mean 50 ms of work.
type reading struct {
	source *source
	buffer *bufio.Reader
	total  int64
}

const (
	piece     = 512
	heapCheck = 16 << 10 // bytes between two looks at the heap
)

func (r *reading) Read(p []byte) (int, error) {
	s := r.source
	if s.err == nil {
		s.err = s.stop(r.total%heapCheck < piece)
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := r.buffer.Read(p[:min(len(p), piece)])
	r.total += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = fmt.Errorf("read the file: %w", err)
		return n, s.err
	}
	return n, err
}

// stop says why reading has to stop.
func (s *source) stop(lookAtHeap bool) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if !s.deadline.IsZero() && time.Now().After(s.deadline) {
		return ErrSlow
	}
	if lookAtHeap && s.maxHeap > 0 && heap() > s.maxHeap {
		return fmt.Errorf("%w: decoding it takes too much memory", ErrTooLarge)
	}
	return nil
}

// heap is how many bytes of objects the process's heap holds, those not yet collected included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
