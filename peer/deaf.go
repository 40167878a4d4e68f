package peer

import (
	"net"
	"sync"
)

// deaf is the listener of a Node that accepts no links.
type deaf struct {
	once   sync.Once
	closed chan struct{}
}

func newDeaf() *deaf { return &deaf{closed: make(chan struct{})} }

// Accept waits for Close.
func (d *deaf) Accept() (net.Conn, error) {
	<-d.closed
	return nil, net.ErrClosed
}

// Close ends Accept.
func (d *deaf) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// Addr has no port, which is how others are told that nobody listens.
func (d *deaf) Addr() net.Addr { return new(net.TCPAddr) }
