package ui

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"image"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
	"haggle/text"
)

// testBuild is the commit and day of the program, which no language translates.
const testBuild = "c0ffee, 2026-11-28"

// party is somebody with a whole node on a network in memory.
type party struct {
	identity chat.Identity
	mem      *storetest.Mem
	host     *lan.Host
	node     *chat.Node
	stop     func()
}

// world is the program in a window, and Wang, who runs it elsewhere on the network. It plays inside a bubble of virtual time.
type world struct {
	*testing.T
	network  *lan.LAN
	me, wang *party
	app      *App
	win      fyne.Window
	screen   fyne.App
	mu       sync.Mutex
	told     []string // notifications
	tray     Tray     // what is beside the clock
	board    copied
	todo     []func() // waits for the UI's goroutine, which is the test's
}

// play runs a test in a world.
func play(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		screen := stage(t)
		w := &world{T: t, screen: screen, network: lan.New(1, lan.Faults{Latency: time.Millisecond})}
		feed := NewFeed()
		w.me = w.joins(1, "Me", feed.Notify)
		w.wang = w.joins(2, "Wang", nil)
		w.win = window(t, newLabel("", sizeBody, colorText), 1100, 750)
		w.app = New(t.Context(), Config{
			Node: w.me.node, Feed: feed, Window: w.win, Do: w.do, Settings: Settings{Introduced: true}, Version: "1.2.3", Build: testBuild,
			DecodeThumbnail: func([]byte) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 8, 6)), nil },
			Prepare:         prepared,
			Board:           &w.board,
			Tray:            func(t Tray) { w.tray = t },
			Notify:          func(n Notice) { w.told = append(w.told, n.Title()+": "+n.Text()) },
			Decode: func(context.Context, []byte, int) (image.Image, error) {
				return image.NewGray(image.Rect(0, 0, 80, 60)), nil
			},
		})
		defer func() { // after a Fatal, too: a bubble must not leave goroutines behind
			w.app.Close()
			for _, p := range []*party{w.me, w.wang} {
				p.stop()
				p.host.Detach()
				if err := p.mem.Close(); err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
		}()
		w.settle()
		test(w)
	})
}

// prepared is what main's gate does, for files whose names end as those of pictures do.
func prepared(_ context.Context, file io.ReaderAt, size int64, _ bool) (Picture, error) {
	data := make([]byte, size)
	if _, err := file.ReadAt(data, 0); err != nil {
		return Picture{}, err
	}
	if !bytes.HasSuffix(data, []byte(".png")) {
		return Picture{}, ErrNoPicture
	}
	image := chat.Image{Hash: sha256.Sum256(data), Size: uint32(size), Width: 40, Height: 30, Type: "png", Thumbnail: []byte("small")}
	return Picture{Image: image, Small: []byte("small"), Data: data}, nil
}

// joins makes a node and puts it on the network.
func (w *world) joins(seed byte, name string, notify func(chat.Event)) *party {
	w.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	public, _ := key.Public().(ed25519.PublicKey)
	p := &party{identity: chat.Identity{ID: chat.PeerID(public), Key: key, Device: lan.Device(uint64(seed))}}
	p.mem = storetest.NewMem(p.identity.ID)
	p.host = w.network.Attach(chat.Remote{Peer: p.identity.ID, Device: p.identity.Device}, 0)
	node, err := chat.New(chat.Config{
		Self: p.identity, Store: p.mem, Blobs: p.mem, Link: p.host, Name: name, Notify: notify, Blank: text.Blank, Skeleton: text.Skeleton,
		CheckPicture: func([]byte, chat.Image, bool) error { return nil },
	})
	if err != nil {
		w.Fatal(err)
	}
	p.node = node
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := node.Run(ctx); err != nil {
			w.Errorf("Run: %v", err)
		}
	}()
	p.stop = func() { cancel(); <-ended }
	return p
}

// do is the way to the UI's goroutine.
func (w *world) do(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.todo = append(w.todo, f)
}

// settle runs what waits for the UI's goroutine until nothing does and everybody rests.
func (w *world) settle() {
	for {
		synctest.Wait()
		w.mu.Lock()
		todo := w.todo
		w.todo = nil
		w.mu.Unlock()
		if len(todo) == 0 {
			return
		}
		for _, f := range todo {
			f()
		}
	}
}

// pass lets virtual time go by.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	w.settle()
}

// says makes somebody write into the room in which me buys from Wang, or Wang from me.
func (w *world) says(p *party, room chat.RoomID, words ...string) (last chat.Message) {
	w.Helper()
	for _, s := range words {
		m, err := chat.Await(w.Context(), func(then func(chat.Message, error)) { p.node.Post(room, chat.Draft{Text: s}, then) })
		if err != nil {
			w.Fatal(err)
		}
		last = m
	}
	w.settle()
	return last
}

// room is the room of a buyer and a seller, opened by its first.
func (w *world) room(buyer, seller *party, by *party) chat.RoomID {
	w.Helper()
	type opened struct{ chat.RoomView }
	r, err := chat.Await(w.Context(), func(then func(opened, error)) {
		by.node.OpenRoom(buyer.identity.ID, seller.identity.ID, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(opened{v}, err) })
	})
	if err != nil {
		w.Fatal(err)
	}
	w.settle()
	return r.ID
}

// enters shows a room in the window.
func (w *world) enters(id chat.RoomID) *roomPane {
	w.Helper()
	w.app.openRoom(id)
	w.settle()
	p, ok := w.app.spots[placeChats].detail.(*roomPane)
	if !ok || !p.loaded {
		w.Fatal("the room does not open")
	}
	return p
}

// cut takes Wang off the network, until mend.
func (w *world) cut() {
	w.network.Cut(w.me.identity.ID, w.wang.identity.ID)
	w.pass(10 * time.Second)
}

func (w *world) mend() {
	w.network.Mend(w.me.identity.ID, w.wang.identity.ID)
	w.pass(10 * time.Second)
}
