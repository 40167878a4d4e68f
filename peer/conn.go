package peer

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	frameLimit = 30 * time.Second       // for one frame to arrive: who drips is as good as gone
	writeLimit = 20 * time.Second       // for the other side to take 16 KiB
	lastWords  = 500 * time.Millisecond // for a Bye and its answer, the end of the connection
	sendBuffer = 256 << 10              // what the system takes cannot be overtaken any more
)

// conn is the connection under TLS. After watch its reads and writes fail when the other side is silent for too long:
// TCP's own keep-alive would take longer, and does not see a program that hangs.
type conn struct {
	net.Conn
	born  time.Time
	heard atomic.Int64 // age when the last byte came
	got   atomic.Int64 // bytes so far

	mu      sync.Mutex
	silence time.Duration // longest wait for a byte; 0 until watch is called
	whole   time.Time     // when the last frame was complete
	ending  bool          // the deadlines are final
}

func newConn(raw net.Conn) *conn {
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // the system may have its own mind
	}
	return &conn{Conn: raw, born: time.Now()}
}

// age is a clock that nobody sets, in nanoseconds.
func (c *conn) age() int64 { return int64(time.Since(c.born)) }

// watch starts the limits. It replaces the deadlines of the handshake.
func (c *conn) watch(silence time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return
	}
	if c.silence == 0 {
		c.whole = time.Now()
		_ = c.SetDeadline(time.Time{})
	}
	c.silence = silence
	_ = c.SetReadDeadline(time.Now().Add(silence))
}

// frameDone tells that a frame was read and dealt with.
func (c *conn) frameDone() {
	c.mu.Lock()
	c.whole = time.Now()
	c.mu.Unlock()
}

// finish gives what is under way a last moment.
func (c *conn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = true
	_ = c.SetDeadline(time.Now().Add(lastWords))
}

func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if c.silence > 0 && !c.ending {
		until := time.Now().Add(c.silence)
		if limit := c.whole.Add(frameLimit); limit.Before(until) {
			until = limit
		}
		_ = c.SetReadDeadline(until)
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(c.age())
		c.got.Add(int64(n))
	}
	c.noteSilence(err)
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	if c.silence > 0 && !c.ending {
		_ = c.SetWriteDeadline(time.Now().Add(writeLimit))
	}
	c.mu.Unlock()
	n, err := c.Conn.Write(p)
	c.noteSilence(err)
	return n, err
}

// noteSilence gives the other side up when it let a limit pass.
func (c *conn) noteSilence(err error) {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silence > 0 && !c.ending {
		c.giveUp()
	}
}

// giveUp has the end of the connection leave nothing behind: the system would go on sending what is unsent, and looking for
// a machine that is not there.
func (c *conn) giveUp() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// closeWrite tells the other side that nothing more comes, where the connection can say so.
func (c *conn) closeWrite() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.Close()
}
