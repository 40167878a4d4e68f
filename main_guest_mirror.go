package main

import (
	"context"
	"errors"
	"sync"

	"haggle/chat"
	"haggle/memory"
	"haggle/storage"
)

// mirror tells a guest's node what the kiosk's hears. It never holds the kiosk's node up: what changes while the guest's is
// busy is told once, as it is then.
type mirror struct {
	guest *guest

	mu      sync.Mutex
	peers   map[chat.PeerID]map[chat.ListingID]bool // those of whom there is news, with their goods that are others
	changed chan struct{}
}

func newMirror(g *guest) *mirror {
	return &mirror{guest: g, peers: map[chat.PeerID]map[chat.ListingID]bool{}, changed: make(chan struct{}, 1)}
}

// hear takes an event of the kiosk's node.
func (m *mirror) hear(e chat.Event) {
	switch e := e.(type) {
	case chat.PeerOnline:
		m.note(e.Peer)
	case chat.PeerOffline:
		m.note(e.Peer)
	case chat.PeerChanged:
		m.note(e.Peer)
	case chat.ListingChanged:
		m.note(e.Listing.Seller, e.Listing.ID)
	}
}

func (m *mirror) note(p chat.PeerID, goods ...chat.ListingID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peers[p] == nil {
		m.peers[p] = map[chat.ListingID]bool{}
	}
	for _, id := range goods {
		m.peers[p][id] = true
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// introduceAll tells of peers that the guest's store knows already: who is there.
func (m *mirror) introduceAll(known []chat.PeerID) {
	for _, p := range known {
		m.note(p)
	}
}

// run tells what is noted until ctx ends.
func (m *mirror) run(ctx context.Context) {
	for {
		select {
		case <-m.changed:
		case <-ctx.Done():
			return
		}
		m.mu.Lock()
		news := m.peers
		m.peers = map[chat.PeerID]map[chat.ListingID]bool{}
		m.mu.Unlock()
		for p, goods := range news {
			if err := m.introduce(ctx, p, goods); err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
				m.guest.log.Warn("Guest not told of a peer", "peer", p, "err", err)
			}
		}
	}
}

func (m *mirror) introduce(ctx context.Context, id chat.PeerID, goods map[chat.ListingID]bool) error {
	h := m.guest.host
	if id == m.guest.identity.ID {
		return nil // who wrote to the kiosk itself
	}
	view := h.node.Peer(id)
	if id == h.self {
		view = h.itself()
	}
	if view.Blocked || view.ProvenAt == 0 {
		return nil
	}
	news := chat.Introduction{Peer: boundedPeer(view.Peer), Online: view.Online}
	if profile, err := h.store.Profile(id); err == nil {
		news.Profile = profile
	}
	for listing := range goods {
		l, err := h.store.Listing(id, listing)
		if errors.Is(err, chat.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if l.Status == chat.Hidden {
			l = l.HeaderOnly()
		}
		news.Listings = append(news.Listings, l)
	}
	_, err := chat.Await(ctx, func(then func(struct{}, error)) { m.guest.node.Introduce(news, then) })
	return err
}

// guestBlobs are the pictures of a guest, and beneath them those that the kiosk has of the market.
type guestBlobs struct {
	*memory.Store
	kiosk *storage.DB
}

// Blob implements chat.Blobs.
func (b guestBlobs) Blob(h chat.Hash) chat.BlobState {
	own := b.Store.Blob(h)
	if own.Here {
		return own
	}
	if kiosk := b.kiosk.Blob(h); kiosk.Here {
		return kiosk
	}
	return own
}

// OpenBlob implements chat.Blobs.
func (b guestBlobs) OpenBlob(h chat.Hash) (chat.Blob, error) {
	if blob, err := b.Store.OpenBlob(h); err == nil {
		return blob, nil
	}
	return b.kiosk.OpenBlob(h)
}

// ReadBlob implements chat.Blobs.
func (b guestBlobs) ReadBlob(h chat.Hash) ([]byte, error) {
	if data, err := b.Store.ReadBlob(h); err == nil {
		return data, nil
	}
	return b.kiosk.ReadBlob(h)
}
