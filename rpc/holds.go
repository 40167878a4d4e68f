package rpc

import (
	"slices"
	"sync"

	"haggle/chat"
)

// holds keeps news of a peer back while a peers.add for one of its addresses is unanswered: the answer comes first.
type holds struct {
	mu   sync.Mutex
	open []*hold
}

type hold struct {
	addresses []string
	kept      []*item
}

// begin opens a hold, to be ended with end.
func (h *holds) begin(addresses []string) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := &hold{addresses: addresses}
	h.open = append(h.open, one)
	return one
}

// end queues what was kept.
func (h *holds) end(one *hold, out *outbox) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = slices.DeleteFunc(h.open, func(o *hold) bool { return o == one })
	for _, it := range one.kept {
		out.add(it)
	}
}

// keep reports whether news of a peer is kept back.
func (h *holds) keep(e *Endpoint, id chat.PeerID, it *item) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.open) == 0 {
		return false
	}
	addresses := e.node.Peer(id).Addresses
	for _, one := range h.open {
		if slices.ContainsFunc(one.addresses, func(a string) bool { return slices.Contains(addresses, a) }) {
			one.kept = append(one.kept, it)
			return true
		}
	}
	return false
}
