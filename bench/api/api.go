// Package api has the ends for Haggle's own node without its JSON: what the window does, without a window.
//
// The common case: Run an end that listens and one that dials it; see package ends for how they are driven.
package api

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"haggle/bench/ends"
	"haggle/chat"
	"haggle/peer"
	"haggle/storage"
)

// Config says what an end is. Dial is the other's peer ID and address, empty for who waits to be dialled.
type Config struct {
	Dir, Listen, Dial string
}

// Run runs an end until its input ends.
func Run(cfg Config) error {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	self, err := peer.LoadIdentity(cfg.Dir)
	if err != nil {
		return err
	}
	db, err := storage.Open(storage.Options{Dir: filepath.Join(cfg.Dir, "store"), Self: self.ID})
	if err != nil {
		return err
	}
	network, err := peer.New(peer.Config{Identity: self, Listen: cfg.Listen, Version: "bench"})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	tell, met := ends.NewTeller(), make(chan chat.PeerID, 1)
	notify := func(e chat.Event) {
		switch e := e.(type) {
		case chat.PeerOnline:
			select {
			case met <- e.Peer:
			default:
			}
		case chat.MessageReceived:
			tell <- ends.Received
		case chat.MessageStateChanged:
			tell <- ends.Delivered
		}
	}
	node, err := chat.New(chat.Config{Self: self.Identity, Store: db, Link: network, Name: "bench", Notify: notify})
	if err != nil {
		return errors.Join(err, network.Close(), db.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var ran [2]error
	running.Go(func() { ran[0] = network.Run(ctx) })
	running.Go(func() { ran[1] = node.Run(ctx) })
	err = talk(ctx, cfg, node, self.ID, met, tell)
	stop()
	running.Wait()
	return errors.Join(err, ran[0], ran[1], db.Close())
}

// talk posts what comes on standard input to the first who is there.
func talk(ctx context.Context, cfg Config, node *chat.Node, self chat.PeerID, met <-chan chat.PeerID, tell ends.Teller) error {
	other, buyer, seller := chat.PeerID{}, self, self
	if name, address, dial := strings.Cut(cfg.Dial, "@"); dial {
		var err error
		if other, err = chat.ParsePeerID(name); err != nil {
			return err
		}
		if _, err := node.AddPeer(ctx, address, other); err != nil {
			return err
		}
		seller = other
	} else {
		ends.TellReady(fmt.Sprintf("%s@%s", self, node.Self().Addresses[0]))
		other = <-met
		buyer = other
	}
	room, err := chat.Await(ctx, func(then func(chat.RoomView, error)) {
		node.OpenRoom(buyer, seller, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
	})
	if err != nil {
		return err
	}
	tell <- ends.Linked
	refused := make(chan error, 1)
	return ends.Messages(func(texts [][]byte) error {
		for _, text := range texts {
			node.Post(room.ID, chat.Draft{Text: string(text)}, func(_ chat.Message, err error) {
				if err == nil {
					tell <- ends.Accepted
					return
				}
				select {
				case refused <- err:
				default:
				}
			})
		}
		select {
		case err := <-refused:
			return err
		default:
			return nil
		}
	})
}
