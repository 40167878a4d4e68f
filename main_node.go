package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/peer/discovery"
	"haggle/storage"
	"haggle/text"
	"haggle/vault"
)

// haggle is a node that runs, with all that it stands on.
type haggle struct {
	dir  string           // the profile folder
	open func(dir string) // called when that is locked, before anything else; may be nil
	node *chat.Node
	log  *slog.Logger
	ends []func() error // in the order of starting

	self    chat.PeerID
	vault   *vault.Vault
	store   *storage.DB
	network *peer.Node
	parcels *storage.Parcels      // what is carried for others
	now     func() time.Time      // the wall clock
	guest   atomic.Pointer[guest] // who hears of what changes in the market; see newGuest
}

// start puts everything together and runs it. notify hears what happens. Whatever it started has ended again when there
// is an error.
func start(o options, notify func(chat.Event), log *slog.Logger) (*haggle, error) {
	return (&haggle{log: log}).begin(o, notify)
}

func (h *haggle) begin(o options, notify func(chat.Event)) (*haggle, error) {
	if h.now == nil {
		h.now = time.Now
	}
	if err := h.start(o, notify); err != nil {
		h.stop()
		return nil, err
	}
	return h, nil
}

func (h *haggle) start(o options, notify func(chat.Event)) error {
	identity, err := h.openStore(o, notify, func(*vault.Vault) error { return nil })
	if err != nil {
		return err
	}
	dir, store := h.dir, h.store
	parcels, err := storage.OpenParcels(filepath.Join(dir, parcelsDir), h.log)
	if err != nil {
		return err
	}
	h.parcels = parcels
	h.onEnd(parcels.Close)
	checks, endChecks := context.WithCancel(context.Background())
	h.onEnd(func() error { endChecks(); return nil }) // before the store ends, which makes them
	network, err := h.listen(o, identity, store)
	if err != nil {
		return err
	}
	h.network = network
	tell := func(e chat.Event) {
		notify(e)
		if g := h.guest.Load(); g != nil {
			g.mirror.hear(e)
		}
	}
	node, err := chat.New(chat.Config{
		Self: identity.Identity, Store: store, Link: network, Name: nameOfOwner(), Notify: tell, Blobs: store, Parcels: parcels,
		CheckPicture: func(data []byte, want chat.Image, portrait bool) error {
			return checkPicture(checks, data, want, portrait)
		},
		Restored: isRestored(dir),
		Rotate:   func() (chat.DeviceID, error) { return peer.RotateDevice(dir) },
		Blank:    text.Blank, Skeleton: text.Skeleton, Logger: h.log,
	})
	if err != nil {
		return errors.Join(err, network.Close())
	}
	h.node = node
	h.onEnd(func() error { // the last thing: what was asked for is here, or comes as it always does
		if err := os.Remove(filepath.Join(dir, restoredFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	h.run(network.Run) // ends after the node, with a goodbye
	h.run(node.Run)
	return nil
}

// openStore opens profile and store, without a network. change may put the lock on or take it away first.
func (h *haggle) openStore(o options, notify func(chat.Event), change func(*vault.Vault) error) (peer.Identity, error) {
	none := peer.Identity{}
	dir, lock, err := openProfile(o.data)
	if err != nil {
		return none, err
	}
	h.dir = dir
	h.onEnd(lock.Close)
	if h.open != nil {
		h.open(dir)
	}
	if err := storage.CheckFormat(filepath.Join(dir, storeDir)); err != nil {
		return none, err
	}
	passphrase, err := o.secret(passphraseVariable, o.passphraseFile)
	if err != nil {
		return none, err
	}
	if h.vault, err = vault.Open(dir, passphrase, vault.SystemRing{}); err != nil {
		return none, err
	}
	if err := change(h.vault); err != nil {
		return none, err
	}
	identity, err := peer.LoadSealedIdentity(dir, h.vault)
	if err != nil {
		return none, err
	}
	if identity.Copied {
		h.log.Info("Profile came from elsewhere: this is a new device")
	}
	store, err := storage.Open(storage.Options{
		Dir: filepath.Join(dir, storeDir), Self: identity.ID, Logger: h.log, Key: h.vault.Key(), Unlock: h.vault.Unlocking(),
		Notify: func(kind chat.Notice) { notify(chat.StoreNotice{Kind: kind}) },
	})
	if err != nil {
		return none, err
	}
	h.self, h.store = identity.ID, store
	h.onEnd(store.Close)
	if err := h.vault.Settle(); err != nil {
		return none, err
	}
	return identity, nil
}

// listen makes the network, which accepts links from now on and is not run yet.
func (h *haggle) listen(o options, identity peer.Identity, store *storage.DB) (*peer.Node, error) {
	config := peer.Config{
		Identity: identity, Interfaces: o.interfaces, Version: version, Logger: h.log, Static: o.static, Probe: o.probe,
		Known: func(id chat.PeerID) bool { return accepted(store, identity.ID, id) },
	}
	if !o.noDiscovery {
		config.Discovery = discovery.New(discovery.Config{
			Self: discovery.Announcement{Peer: identity.ID, Device: identity.Device}, Interfaces: o.interfaces, Logger: h.log,
		})
	}
	switch {
	case o.listen == endpoint{}:
		return peer.New(config)
	case o.listen.port != "":
		config.Listen = o.listen.String()
		return peer.New(config)
	}
	config.Listen = net.JoinHostPort(o.listen.host, strconv.Itoa(peer.Port))
	network, err := peer.New(config)
	if err != nil {
		config.Listen = net.JoinHostPort(o.listen.host, "0")
		network, err = peer.New(config)
	}
	return network, err
}

// accepted reports whether a person here has opened, accepted or answered a room with a peer.
func accepted(store *storage.DB, self, id chat.PeerID) bool {
	for _, room := range []chat.RoomID{chat.RoomFor(self, id), chat.RoomFor(id, self)} {
		if state, err := store.Room(room); err == nil && state.Accepted {
			return true
		}
	}
	return false
}

func (h *haggle) onEnd(end func() error) { h.ends = append(h.ends, end) }

// run runs f until stop.
func (h *haggle) run(f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = f(ctx) })
	h.onEnd(func() error {
		cancel()
		running.Wait()
		return err
	})
}

// stop ends what was started, the last first.
func (h *haggle) stop() {
	for len(h.ends) > 0 {
		end := h.ends[len(h.ends)-1]
		h.ends = h.ends[:len(h.ends)-1]
		if err := end(); err != nil {
			h.log.Error("Not ended well", "err", err)
		}
	}
}

// nameOfOwner is what a new profile is called until its owner says otherwise.
func nameOfOwner() string {
	if owner, err := user.Current(); err == nil {
		full, _, _ := strings.Cut(owner.Name, ",")                              // what follows is a room and telephones
		login := owner.Username[strings.LastIndexByte(owner.Username, '\\')+1:] // Windows puts the machine before it
		for _, name := range []string{full, login} {
			if !text.Blank(name) {
				return text.Line(name, chat.MaxName)
			}
		}
	}
	host, _ := os.Hostname()
	return text.Line(host, chat.MaxName)
}
