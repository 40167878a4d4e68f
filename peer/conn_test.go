package peer

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// TestSilenceLeavesNothingBehind: of a connection that is given up the system keeps nothing that it would go on sending;
// one that ends otherwise ends in order.
func TestSilenceLeavesNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		silence time.Duration
		ordered bool
	}{"silent": {10 * time.Millisecond, false}, "alive": {time.Minute, true}} {
		t.Run(name, func(t *testing.T) {
			raw, far := loopback(t)
			defer func() { _ = far.Close() }()
			near := newConn(raw)
			near.watch(c.silence)
			if c.ordered {
				if _, err := far.Write([]byte{1}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := near.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) == c.ordered {
				t.Fatalf("read: %v", err)
			}
			_ = near.Close()
			_ = far.SetDeadline(time.Now().Add(patience))
			if _, err := far.Read(make([]byte, 1)); errors.Is(err, io.EOF) != c.ordered || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the other end: %v", err)
			}
		})
	}
}
