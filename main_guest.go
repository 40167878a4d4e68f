package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"haggle/chat"
	"haggle/memory"
	"haggle/peer"
	"haggle/text"
)

const (
	// guestBytes is what a guest's store may take: the market, and what was written and put during one visit.
	guestBytes = 160 << 20
	// guestMarket is what of the market is shown from the start; what is beyond comes as it changes.
	guestMarket = 96 << 20
)

// guest is somebody at a kiosk: a node with a key of its own that leaves no file behind. It shows the market of the kiosk's
// own node, which goes on looking after that, and is linked only with those whom the guest writes to.
type guest struct {
	node     *chat.Node
	name     string
	host     *haggle
	identity chat.Identity
	store    *memory.Store
	mirror   *mirror
	log      *slog.Logger
	stop     context.CancelFunc
	running  sync.WaitGroup

	once   sync.Once
	left   farewell // what end found
	mu     sync.Mutex
	giving *giving // the code that is out, nil for none
	ended  bool
}

// newGuest begins a guest's visit; end ends it. Before the next one begins the last must have ended. notify hears what
// happens, from the guest's node.
func (h *haggle) newGuest(notify func(chat.Event)) (*guest, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("guest: %w", err)
	}
	g := &guest{host: h, log: h.log, identity: chat.Identity{ID: chat.PeerID(public), Key: key}}
	if _, err := rand.Read(g.identity.Device[:]); err != nil {
		return nil, fmt.Errorf("guest: %w", err)
	}
	g.name = guestName(g.identity.ID, h.node.Self().Name)
	g.store = memory.New(memory.Options{Self: g.identity.ID, Limit: guestBytes})
	if err := g.start(notify); err != nil {
		g.wipe()
		return nil, fmt.Errorf("guest: %w", err)
	}
	return g, nil
}

func (g *guest) start(notify func(chat.Event)) error {
	known, err := g.prefill()
	if err != nil {
		return err
	}
	network, err := peer.New(peer.Config{
		Identity: peer.Identity{Identity: g.identity}, Deaf: true, Version: version, Logger: g.log,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.node, err = chat.New(chat.Config{
		Self: g.identity, Store: g.store, Link: network, Name: g.name, Notify: notify,
		Blobs: guestBlobs{g.store, g.host.store}, Host: g.host.node,
		CheckPicture: func(data []byte, want chat.Image, portrait bool) error {
			return checkPicture(ctx, data, want, portrait)
		},
		Blank: text.Blank, Skeleton: text.Skeleton, Logger: g.log,
	})
	if err != nil {
		return err
	}
	netCtx, stopNetwork := context.WithCancel(context.Background()) // ends after the node, with a goodbye
	run := func(ctx context.Context, f func(context.Context) error) {
		g.running.Go(func() {
			if err := f(ctx); err != nil {
				g.log.Error("Guest not ended well", "err", err)
			}
		})
	}
	run(netCtx, network.Run)
	run(ctx, func(ctx context.Context) error {
		defer stopNetwork()
		return g.node.Run(ctx)
	})
	g.mirror = newMirror(g)
	g.running.Go(func() { g.mirror.run(ctx) })
	g.host.guest.Store(g)
	g.mirror.introduceAll(known)
	return nil
}

// farewell is what becomes of a guest's messages that nobody had acknowledged when the visit ended.
type farewell struct {
	waiting int // how many there were,
	carried int // and how many of them the kiosk carries on, sealed to who they are for
	bare    int // pictures that are not carried
}

// end ends the visit. What was not delivered the kiosk carries on, sealed; nothing else of it is left in memory that this
// program still holds, and nothing of it ever was on the disk. Answers will not come back here.
//
// It may be called again, and from any goroutine but the guest's node's.
func (g *guest) end() farewell {
	g.once.Do(func() {
		g.withdrawHome()
		g.host.guest.CompareAndSwap(g, nil)
		g.stop()
		g.running.Wait()
		g.left = g.leave()
		g.wipe()
	})
	return g.left
}

// leavePatience is how long the disk may take for what a guest leaves.
const leavePatience = 10 * time.Second

// leave gives to the kiosk's node what nobody acknowledged.
func (g *guest) leave() farewell {
	packed, err := chat.Pack(g.identity, g.store, guestBlobs{g.store, g.host.store})
	if err != nil {
		g.log.Error("Guest's messages not packed", "err", err)
	}
	left := farewell{waiting: packed.Waiting, bare: packed.Bare}
	ctx, cancel := context.WithTimeout(context.Background(), leavePatience)
	defer cancel()
	for all := packed.Parcels; len(all) > 0; {
		n := 1
		for n < len(all) && all[n].For == all[0].For {
			n++
		}
		theirs := all[:n]
		all = all[n:]
		kept, err := chat.Await(ctx, func(then func(int, error)) {
			g.host.node.Carry(theirs, func(kept int, err error) {
				if err != nil {
					g.log.Warn("Not all of a guest's messages are carried", "err", err)
				}
				then(kept, nil)
			})
		})
		if err != nil {
			g.log.Error("Guest's messages not carried in time", "err", err)
			break
		}
		for i := range kept {
			left.carried += theirs[i].Messages
		}
		left.bare += pictures(theirs[kept:])
	}
	return left
}

// pictures counts the parcels that hold one.
func pictures(parcels []chat.Parcel) int {
	n := 0
	for i := range parcels {
		if parcels[i].Messages == 0 {
			n++
		}
	}
	return n
}

// wipe forgets who the guest was and what was said.
func (g *guest) wipe() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.store.Wipe()
	clear(g.identity.Key)
}

// guestName is what sellers see. The kiosk's name tells them where the question came from.
func guestName(id chat.PeerID, kiosk string) string {
	name := "Guest " + strings.ToUpper(hex.EncodeToString(id[:2]))
	if !text.Blank(kiosk) {
		name += " at " + kiosk
	}
	return text.Line(name, chat.MaxName)
}

// prefill copies the market of the kiosk, so that the first screen is full at once, and returns whom it knows.
func (g *guest) prefill() ([]chat.PeerID, error) {
	var known []chat.PeerID
	left := guestMarket
	for _, p := range append(g.host.node.Peers(), g.host.itself()) {
		if p.Blocked {
			continue
		}
		known = append(known, p.ID)
		records := []chat.Record{chat.PeerRecord{Peer: boundedPeer(p.Peer)}}
		if profile, err := g.host.store.Profile(p.ID); err == nil {
			records = append(records, chat.ProfileRecord{Profile: profile})
		}
		goods, size, err := g.host.goodsOf(p.ID, left)
		if err != nil {
			return nil, err
		}
		left -= size
		for _, l := range goods {
			records = append(records, chat.ListingRecord{Listing: l})
		}
		if err := commit(g.store, records); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// itself is the kiosk as a guest meets it: one more seller, on the same machine.
func (h *haggle) itself() chat.PeerView {
	return chat.PeerView{Peer: chat.Peer{ID: h.self, ProvenAt: 1, LastSeen: 1, Addresses: h.node.Self().Addresses}, Online: true}
}

// goodsOf are the goods of a seller that others may see, as long as they take at most limit bytes.
func (h *haggle) goodsOf(seller chat.PeerID, limit int) (goods []*chat.Listing, size int, err error) {
	var after uint64
	for more := true; more; {
		var records [][]byte
		if records, more, err = h.store.Catalogue(seller, after, 1<<20); err != nil {
			return nil, 0, fmt.Errorf("read the market: %w", err)
		}
		for _, raw := range records {
			l, err := chat.ReadListing(seller, raw)
			if err != nil {
				return nil, 0, fmt.Errorf("read the market: %w", err)
			}
			after = max(after, l.Version)
			if l.Status == chat.Hidden {
				l = l.HeaderOnly()
			}
			if size += len(raw); size > limit {
				return goods, size - len(raw), nil
			}
			goods = append(goods, l)
		}
	}
	return goods, size, nil
}

// boundedPeer is a peer as a store takes it.
func boundedPeer(p chat.Peer) chat.Peer {
	p.Addresses = p.Addresses[:min(len(p.Addresses), chat.MaxAddresses)]
	p.Blocked, p.Verified = false, false
	return p
}

// commit makes records durable and waits for it.
func commit(store chat.Store, records []chat.Record) error {
	done := make(chan error, 1)
	store.Commit(chat.Batch{Records: records}, func(err error) { done <- err })
	return <-done
}
