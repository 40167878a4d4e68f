package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/take"
)

const (
	giveFor   = 10 * time.Minute // how long a code is good
	giveTries = 5                // wrong ones that end it
)

// giving is a code that is out for a guest. It is good once.
type giving struct {
	guest *guest
	code  take.Code
	until time.Time
	moved func()

	busy  sync.Mutex // one talk at a time
	mu    sync.Mutex
	wrong int
	over  bool
}

// takeHome is what a guest needs to take identity and messages home.
type takeHome struct {
	code  string    // to type
	uri   string    // to scan: the code and where this machine is
	until time.Time // it is good
}

// offerHome gives the guest a code; an earlier one is good no more. Once what the guest has is durable on another machine the
// visit ends by itself, and moved is called, on a goroutine of the network.
func (g *guest) offerHome(moved func()) (takeHome, error) {
	code, err := take.New(g.host.self)
	if err != nil {
		return takeHome{}, fmt.Errorf("make a code: %w", err)
	}
	g.withdrawHome()
	give := &giving{guest: g, code: code, until: g.host.now().Add(giveFor), moved: moved}
	g.mu.Lock()
	g.giving = give
	g.mu.Unlock()
	g.host.network.Receive(give.hear)
	addresses := g.host.network.Addresses()
	at := chat.Invite{Peer: g.host.self, Addresses: addresses[:min(len(addresses), chat.MaxAddresses)]}
	return takeHome{code.String(), take.Offer{Code: code, Kiosk: at}.URI(), give.until}, nil
}

// withdrawHome ends the code that is out.
func (g *guest) withdrawHome() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.giving != nil {
		g.giving.end()
		g.giving = nil
		g.host.network.Receive(nil)
	}
}

func (g *giving) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
}

// good reports whether the code still is.
func (g *giving) good() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.over && g.wrong < giveTries && g.guest.host.now().Before(g.until)
}

// hear takes one talk.
func (g *giving) hear(_ context.Context, talk *peer.Aside) {
	if !g.good() || !g.busy.TryLock() {
		return
	}
	defer g.busy.Unlock()
	log := g.guest.log
	binding, err := talk.Binding(g.guest.host.self, talk.Peer)
	if err == nil {
		err = take.Give(talk, binding, g.code, g.write, g.forget)
	}
	if errors.Is(err, take.ErrWrongCode) {
		g.mu.Lock()
		g.wrong++
		g.mu.Unlock()
	}
	if err != nil {
		log.Warn("Guest not taken home", "err", err)
	}
}

// write is the content: the key, and what the guest has.
func (g *giving) write(w io.Writer) error {
	guest := g.guest
	guest.mu.Lock()
	seed, ended := guest.identity.Key.Seed(), guest.ended
	guest.mu.Unlock()
	defer clear(seed)
	if ended {
		return chat.ErrClosed
	}
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(seed))), seed...)); err != nil {
		return err
	}
	return chat.Export(guest.identity.ID, guest.store, guest.store, w)
}

// forget ends the visit of a guest who is durable elsewhere now.
func (g *giving) forget() {
	g.end()
	g.guest.mu.Lock()
	before := g.guest.ended
	g.guest.mu.Unlock()
	if g.guest.end(); !before {
		g.moved()
	}
}
