package rpc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is how many bytes a request may have.
const maxLine = 4 << 20

// errLongLine says that a line was longer than maxLine; it was skipped.
var errLongLine = errors.New("line too long")

// lines cuts a stream at line feeds.
type lines struct {
	in  *bufio.Reader
	buf []byte // of a line that does not fit into in's buffer
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, 64<<10)} }

// empty reports whether the next line has still to come.
func (l *lines) empty() bool { return l.in.Buffered() == 0 }

// next returns a line without its end, valid until the next call. A last line without a line feed counts. After
// errLongLine, of whose line nothing is kept, reading goes on.
func (l *lines) next() ([]byte, error) {
	if cap(l.buf) > 1<<20 {
		l.buf = nil
	}
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		end := err == nil
		if end {
			part = part[:len(part)-1]
			if len(l.buf) == 0 && !long {
				return bytes.TrimSuffix(part, []byte("\r")), nil
			}
		}
		if long = long || len(l.buf)+len(part) > maxLine; long {
			l.buf = l.buf[:0]
		} else {
			l.buf = append(l.buf, part...)
		}
		switch {
		case end && long:
			return nil, errLongLine
		case end:
			return bytes.TrimSuffix(l.buf, []byte("\r")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && long:
			return nil, errLongLine // the next call finds the end
		case errors.Is(err, io.EOF) && len(l.buf) > 0:
			return l.buf, nil
		default:
			return nil, err
		}
	}
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
