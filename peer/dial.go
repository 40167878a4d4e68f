package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"haggle/chat"
)

const (
	stagger     = 150 * time.Millisecond // between the addresses of one dial
	wrongFor    = time.Minute            // not to ask again at an address for somebody who is not there
	maxWrong    = 1024
	manualLimit = 5 * time.Second
)

// wrongAddress is where somebody else answered.
type wrongAddress struct {
	address string
	remote  chat.Remote // who was expected
}

// trusted leaves out addresses where somebody else answered a moment ago. n.mu is held.
func (n *Node) trusted(r chat.Remote, addresses []string, now time.Time) []string {
	return slices.DeleteFunc(addresses, func(a string) bool { return now.Before(n.wrong[wrongAddress{a, r}]) })
}

// distrust remembers that not r is at address. n.mu is held.
func (n *Node) distrust(r chat.Remote, address string) {
	now := time.Now()
	for w, until := range n.wrong {
		if len(n.wrong) >= maxWrong || now.After(until) {
			delete(n.wrong, w)
		}
	}
	n.wrong[wrongAddress{address, r}] = now.Add(wrongFor)
}

// Dial implements chat.Link. It takes at most 5 s.
func (n *Node) Dial(ctx context.Context, address string, want chat.PeerID) (chat.PeerID, error) {
	ctx, cancel := context.WithTimeout(ctx, manualLimit)
	defer cancel()
	met, err := n.reach(ctx, []string{address}, chat.Remote{Peer: want}, manualLimit, nil)
	if err == nil && met.Peer == n.self {
		err = chat.ErrSelf
	}
	if err != nil {
		return chat.PeerID{}, fmt.Errorf("dial: %w", err)
	}
	return met.Peer, nil
}

// reach links to want, or to anybody if want is zero, at the first of the addresses where that works. They are tried a
// moment apart or when the one before has failed; only one at a time says hello. answered, unless nil, is called before,
// when it is not known yet who is there. No error means that there is a link, maybe an older one.
func (n *Node) reach(ctx context.Context, addresses []string, want chat.Remote, limit time.Duration, answered func()) (other, error) {
	ctx, cancel := context.WithCancel(ctx)
	type result struct {
		address string
		conn    net.Conn
		err     error
	}
	results := make(chan result, len(addresses))
	pending := 0
	defer func() {
		cancel()
		for ; pending > 0; pending-- {
			if r := <-results; r.conn != nil {
				_ = r.conn.Close()
			}
		}
	}()
	last := chat.ErrUnreachable
	for next := 0; next < len(addresses) || pending > 0; {
		var later <-chan time.Time
		if next < len(addresses) {
			address := addresses[next]
			next++
			pending++
			go func() {
				dialCtx, cancel := context.WithTimeout(ctx, limit)
				defer cancel()
				c, err := n.connect(dialCtx, address)
				results <- result{address, c, err}
			}()
			if next < len(addresses) {
				later = time.After(stagger)
			}
		}
		select {
		case <-later:
		case r := <-results:
			pending--
			if r.err != nil {
				last = explain(last, r.err)
				continue
			}
			if answered != nil {
				answered()
			}
			met, err := n.meet(ctx, r.conn, r.address, want)
			if err == nil {
				return met, nil
			}
			last = explain(last, err)
		}
	}
	return other{}, last
}

// meet makes a link of a connection that was dialled.
func (n *Node) meet(ctx context.Context, raw net.Conn, address string, want chat.Remote) (other, error) {
	t := n.guard.dial()
	if t == nil {
		_ = raw.Close()
		return other{}, errFull
	}
	met, err := n.greet(ctx, raw, address, want.Peer, t)
	if err == nil {
		return met, nil
	}
	_ = raw.Close()
	t.done()
	switch {
	case errors.Is(err, errLinked):
		return met, nil
	case errors.Is(err, errClash):
		return met, chat.ErrSelf
	case errors.Is(err, errMirror):
		err = chat.ErrSelf
	case !errors.Is(err, chat.ErrWrongIdentity):
		return met, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.distrust(want, address)
	return met, err
}

// explain is the error that says most about a dial that failed at several addresses.
func explain(before, err error) error {
	switch {
	case errors.Is(err, chat.ErrWrongIdentity), errors.Is(err, chat.ErrSelf):
		return err
	case errors.Is(before, chat.ErrWrongIdentity), errors.Is(before, chat.ErrSelf):
		return before
	}
	return fmt.Errorf("%w (%w)", chat.ErrUnreachable, err)
}
