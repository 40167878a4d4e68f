package rogue

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"haggle/chat"
	"haggle/peer"
	"haggle/storage"
	"haggle/text"
)

// houseVariable makes TestMain the victim instead of running the tests: a whole node in a process of its own, so that what
// the attackers need is not taken for what it needs.
const houseVariable = "HAGGLE_ROGUE_HOUSE"

// meters are what the victim knows of itself, without garbage.
type meters struct {
	Goroutines int
	Heap       int64 // bytes
	Rooms      int
	Requests   int
	Listings   int
	Peers      int
}

// serveHouse is haggle without a window, put together as main does it. It prints its ID and its address, then answers each
// line: "meters", "publish" to offer much, "open PEER" to open a room in which PEER buys, "block PEER", "unblock PEER".
func serveHouse(dir string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	identity, err := peer.LoadIdentity(dir)
	if err != nil {
		return err
	}
	store, err := storage.Open(storage.Options{Dir: filepath.Join(dir, "store"), Self: identity.ID, Logger: log})
	if err != nil {
		return err
	}
	known := func(id chat.PeerID) bool {
		state, err := store.Room(chat.RoomFor(id, identity.ID))
		return err == nil && state.Accepted
	}
	network, err := peer.New(peer.Config{Identity: identity, Listen: "127.0.0.1:0", Version: "house", Known: known, Logger: log})
	if err != nil {
		return err
	}
	node, err := chat.New(chat.Config{
		Self: identity.Identity, Store: store, Link: network, Name: "House", Notify: func(chat.Event) {}, Blobs: store, Logger: log,
		CheckPicture: func([]byte, chat.Image, bool) error { return errors.New("no pictures here") },
		Rotate:       func() (chat.DeviceID, error) { return peer.RotateDevice(dir) },
		Blank:        text.Blank, Skeleton: text.Skeleton,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- network.Run(ctx) }()
	go func() { ended <- node.Run(ctx) }()
	fmt.Println(identity.ID, network.Addresses()[0])
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, who, _ := strings.Cut(lines.Text(), " ")
		answer, err := obey(ctx, node, command, who)
		if err != nil {
			fmt.Println("error", err)
			continue
		}
		fmt.Println(answer)
	}
	stop()
	return errors.Join(<-ended, <-ended, store.Close())
}

func obey(ctx context.Context, node *chat.Node, command, who string) (string, error) {
	if command == "meters" {
		m, err := measure(node)
		if err != nil {
			return "", err
		}
		b, err := json.Marshal(m)
		return string(b), err
	}
	if command == "publish" {
		return "ok", publish(ctx, node)
	}
	id, err := chat.ParsePeerID(who)
	if err != nil {
		return "", err
	}
	switch command {
	case "open":
		_, err = chat.Await(ctx, func(then func(chat.RoomView, error)) {
			node.OpenRoom(id, node.Self().ID, chat.ListingID{}, func(r chat.RoomView, _ bool, err error) { then(r, err) })
		})
	case "block", "unblock":
		_, err = chat.Await(ctx, func(then func(chat.PeerView, error)) { node.Block(id, command == "block", then) })
	default:
		err = errors.New("no such command")
	}
	return "ok", err
}

// publish offers much: goods with descriptions as long as they may be.
func publish(ctx context.Context, node *chat.Node) error {
	for i := range 150 {
		goods := chat.Goods{
			Title: fmt.Sprint("thing ", i), Description: strings.Repeat("长", chat.MaxDescription), Quantity: 1,
			Price: chat.Money{Minor: 1, Currency: "CNY"},
		}
		if _, err := chat.Await(ctx, func(then func(*chat.Listing, error)) { node.Publish(goods, then) }); err != nil {
			return err
		}
	}
	return nil
}

func measure(node *chat.Node) (m meters, err error) {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	m.Goroutines, m.Heap, m.Peers = runtime.NumGoroutine(), int64(memory.HeapAlloc), len(node.Peers())
	if m.Rooms, _, err = node.Rooms(chat.AllRooms, 0, 1); err != nil {
		return m, err
	}
	if m.Requests, _, err = node.Rooms(chat.Requests, 0, 1); err != nil {
		return m, err
	}
	m.Listings, _, err = node.Listings(chat.ListingQuery{Limit: 1})
	return m, err
}
