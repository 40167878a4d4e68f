package soak

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/peer"
	gate "haggle/picture"
)

// crowdVariable makes the test's program be the others: it names whom they talk with.
const crowdVariable = "HAGGLE_SOAK_CROWD"

func TestMain(m *testing.M) {
	if whom := os.Getenv(crowdVariable); whom != "" {
		if err := crowd(whom); err != nil {
			panic(err)
		}
		return
	}
	if count := os.Getenv(hallVariable); count != "" {
		if err := beHall(count); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// fataler is a test, or the process of the others.
type fataler interface{ Fatal(args ...any) }

type process struct{}

func (process) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// run runs a node on loopback that hears nobody.
func run(t fataler, self peer.Identity, store chat.Store, blobs chat.Blobs, notify func(chat.Event)) (node *chat.Node, at string, stop func()) {
	return runOn(t, self, store, blobs, peer.Config{}, func(n *peer.Node) chat.Link { return n }, notify)
}

// runOn runs a node on loopback, on what link makes of its network.
func runOn(
	t fataler, self peer.Identity, store chat.Store, blobs chat.Blobs, cfg peer.Config, link func(*peer.Node) chat.Link, notify func(chat.Event),
) (node *chat.Node, at string, stop func()) {
	cfg.Identity, cfg.Listen, cfg.Version = self, "127.0.0.1:0", "soak"
	cfg.Known = func(chat.PeerID) bool { return true }
	network, err := peer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	node, err = chat.New(chat.Config{
		Self: self.Identity, Store: store, Link: link(network), Blobs: blobs, Name: "soak", CheckPicture: check,
		Notify: func(e chat.Event) {
			<-started
			notify(e)
		},
	})
	close(started)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = network.Run(ctx) })
	running.Go(func() { _ = node.Run(ctx) })
	return node, node.Self().Addresses[0], func() {
		cancel()
		running.Wait()
	}
}

func check(data []byte, _ chat.Image, portrait bool) error {
	if portrait {
		_, err := gate.CheckThumbnail(data)
		return err
	}
	_, err := gate.Check(context.Background(), data, gate.Options{})
	return err
}

// post says message number i and waits until it is on disk.
func post(n *chat.Node, room chat.RoomID, i int) error {
	ctx := context.Background()
	d := chat.Draft{Text: fmt.Sprintf("Message %d. 这个东西还在吗？我想明天下午过来看看。", i)}
	if i%picture == 0 {
		p, err := gate.Prepare(ctx, bytes.NewReader(photo(i)), int64(len(photo(i))), gate.Options{})
		if err != nil {
			return err
		}
		hash, err := n.PutPicture(ctx, p.Data)
		if err != nil {
			return err
		}
		d.Image = &chat.Image{
			Hash: hash, Size: uint32(len(p.Data)), Width: uint32(p.Width), Height: uint32(p.Height), Type: p.Type, Thumbnail: p.Thumbnail,
		}
	}
	_, err := chat.Await(ctx, func(then func(chat.Message, error)) { n.Post(room, d, then) })
	return err
}

// photo is a picture of some 60 KB that no other number has.
func photo(i int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 480, 360))
	seed := uint32(i)*2654435761 + 1
	for y := range 360 {
		for x := range 480 {
			seed = seed*1664525 + 1013904223
			m.SetRGBA(x, y, color.RGBA{uint8(x/2) + uint8(seed>>27), uint8(y) + uint8(seed>>28), uint8(i), 0xff})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 70}); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// crowd is the others: each has a room with the one that is looked at, and they take turns until standard input ends.
func crowd(whom string) error {
	name, address, _ := strings.Cut(whom, "@")
	seller, err := chat.ParsePeerID(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "haggle-soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	door := time.NewTicker(300 * time.Millisecond) // who knocks more often is not let in
	defer door.Stop()
	nodes, rooms := make([]*chat.Node, others), make([]chat.RoomID, others)
	for i := range others {
		self, mem, err := newcomer(dir, i)
		if err != nil {
			return err
		}
		node, _, stop := run(process{}, self, mem, mem, func(chat.Event) {})
		defer stop()
		<-door.C
		if _, err := node.AddPeer(ctx, address, seller); err != nil {
			return fmt.Errorf("number %d: %w", i, err)
		}
		room, err := chat.Await(ctx, func(then func(chat.RoomView, error)) {
			node.OpenRoom(self.ID, seller, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
		})
		if err != nil {
			return err
		}
		nodes[i], rooms[i] = node, room.ID
	}
	beat := time.NewTicker(time.Second / perSide)
	defer beat.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
		if err := post(nodes[i%others], rooms[i%others], number(i)); err != nil {
			return err
		}
	}
}

// number makes the others' pictures other ones than ours.
func number(i int) int { return i + 1_000_000 }

// newcomer is the i-th of the others, with a new key below dir and a store in memory.
func newcomer(dir string, i int) (peer.Identity, *storetest.Mem, error) {
	folder := filepath.Join(dir, strconv.Itoa(i))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return peer.Identity{}, nil, err
	}
	self, err := peer.LoadIdentity(folder)
	if err != nil {
		return peer.Identity{}, nil, err
	}
	return self, storetest.NewMem(self.ID), nil
}
