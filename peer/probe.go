package peer

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"haggle/chat"
)

const (
	probeLimit    = 250 * time.Millisecond // for an address to answer
	probeParallel = 64
	maxProbed     = 512 // addresses
	probeBits     = 24  // of a network, no more than the part that the own address is in

	probeAfter = 5 * time.Second // alone for so long
	probeAgain = 5 * time.Minute // between two in a row
)

// Probe implements chat.Link: it dials the usual port at every IPv4 address of the own networks, and of a network that is
// larger than 256 addresses only those near the own one.
func (n *Node) Probe(ctx context.Context) (int, error) {
	addresses := n.nearby()
	if len(addresses) == 0 {
		return 0, chat.ErrUnreachable
	}
	var (
		places  = make(chan struct{}, probeParallel)
		running sync.WaitGroup
		mu      sync.Mutex
		found   = make(map[chat.PeerID]bool)
	)
	for _, ip := range addresses {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-places }()
			address := net.JoinHostPort(ip.String(), strconv.Itoa(Port))
			met, err := n.reach(ctx, []string{address}, chat.Remote{}, probeLimit, nil)
			if err != nil || met.Peer == n.self {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			found[met.Peer] = true
		})
	}
	running.Wait()
	return len(found), ctx.Err()
}

// nearby are the addresses to probe, without the own ones.
func (n *Node) nearby() []netip.Addr {
	var out, own []netip.Addr
	for _, s := range n.interfaces() {
		if s.Reason != "" {
			continue
		}
		own = append(own, s.Addrs...)
		for _, network := range s.Networks {
			if ip := network.Addr(); ip.Is4() && ip.IsPrivate() || ip.Is4() && ip.IsLinkLocalUnicast() {
				out = append(out, hostsOf(network)...)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	out = slices.DeleteFunc(slices.Compact(out), func(ip netip.Addr) bool { return slices.Contains(own, ip) })
	return out[:min(len(out), maxProbed)]
}

// hostsOf are the addresses of a network, of a large one those around its own address, without the first and the last,
// which are nobody's.
func hostsOf(network netip.Prefix) (out []netip.Addr) {
	network = netip.PrefixFrom(network.Addr(), max(network.Bits(), probeBits)).Masked()
	for ip := network.Addr(); network.Contains(ip); ip = ip.Next() {
		out = append(out, ip)
	}
	if len(out) > 2 {
		out = out[1 : len(out)-1]
	}
	return out
}

// lookAround probes whenever nobody has been met for a while, until ctx is done. Only with the owner's consent.
func (n *Node) lookAround(ctx context.Context) {
	for wait := probeAfter; pause(ctx, wait); {
		wait = probeAfter
		if n.alone() {
			found, _ := n.Probe(ctx)
			n.log.Info("Tried all addresses of the network", "found", found)
			wait = probeAgain
		}
	}
}

// alone reports whether nobody is linked and no announcement is alive.
func (n *Node) alone() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for remote := range n.links {
		if remote.Peer != n.self {
			return false
		}
	}
	for p, m := range n.peers {
		if p != n.self && m.seen() {
			return false
		}
	}
	return true
}
