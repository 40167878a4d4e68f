package peer

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

const acceptPause = 50 * time.Millisecond // when the system has no descriptor left

// accept takes connections until ctx is done.
func (n *Node) accept(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = n.listener.Close() })
	defer stop()
	for {
		raw, err := n.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			n.seldom.Do(func() { n.log.Warn("Connection cannot be accepted", "error", err) })
			if !pause(ctx, acceptPause) {
				return
			}
			continue
		}
		t := n.guard.admit(addressOf(raw))
		if t == nil {
			turnAway(raw)
			if n.guard.full() {
				n.makeRoom()
			}
			n.seldom.Do(func() { n.log.Info("Connections refused", "reason", "too many") })
			continue
		}
		n.running.Go(func() { n.receive(ctx, raw, t) })
	}
}

// receive sees an accepted connection through to the end of its link.
func (n *Node) receive(ctx context.Context, raw net.Conn, t *ticket) {
	limited, cancel := context.WithTimeout(ctx, helloLimit)
	defer cancel()
	if !n.doorway.enter(limited, raw) {
		turnAway(raw)
		t.done()
		return
	}
	l, err := n.accepted(limited, raw, t)
	n.doorway.leave(raw)
	if err == nil {
		l.run(nil)
		return
	}
	if talk := (*asideError)(nil); errors.As(err, &talk) {
		n.hearAside(ctx, talk.conn)
		t.done()
		return
	}
	n.log.Debug("Connection did not become a link", "reason", reason(err))
	if errors.Is(err, errBlocked) {
		l.ignore(ctx)
	}
	_ = raw.Close()
	t.done()
}

func addressOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func hostPort(ip netip.Addr, port uint16) string { return netip.AddrPortFrom(ip, port).String() }

// turnAway closes without the wait that the system keeps for orderly ends.
func turnAway(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// pause waits; false if ctx was done before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
