package ui

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
	"haggle/text"
)

// shop is the whole window of one person on top of a real node, with a store in memory. It runs in a bubble.
type shop struct {
	*testing.T
	app    *App
	win    fyne.Window
	node   *chat.Node
	mem    *storetest.Mem
	writes *tray

	mu   sync.Mutex
	pump []func()
}

// inShop runs a test in a window of a size. before, if not nil, changes what the window is given.
func inShop(t *testing.T, width, height float32, before func(*Config), do func(*shop)) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{T: t, writes: &tray{kept: map[string][]byte{}}}
		s.node, s.mem = newShopNode(t, 1, lan.New(1, lan.Faults{}), func(e chat.Event) { s.feed().Notify(e) })
		s.open(width, height, before)
		defer func() { s.app.Close() }()
		do(s)
	})
}

var feeds sync.Map // of *shop

func (s *shop) feed() *Feed {
	f, _ := feeds.LoadOrStore(s, NewFeed())
	feed, _ := f.(*Feed)
	return feed
}

// open opens the window, again after it was closed.
func (s *shop) open(width, height float32, before func(*Config)) {
	stage(s.T)
	s.win = test.NewTempWindow(s.T, newLabel("", sizeBody, colorText))
	s.win.SetPadded(false)
	feeds.Delete(s)
	cfg := Config{
		Node: s.node, Feed: s.feed(), Window: s.win, Locale: "en_US.UTF-8", Prepare: drawnPicture, Desk: s.writes,
		Do: func(f func()) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.pump = append(s.pump, f)
		},
		DecodeThumbnail: func([]byte) (image.Image, error) { return image.NewUniform(color.White), nil },
		Settings:        Settings{Introduced: true},
	}
	if before != nil {
		before(&cfg)
	}
	s.app = New(s.Context(), cfg)
	s.win.Resize(fyne.NewSize(width, height))
	s.settle()
}

// settle lets everything happen that happens without time passing.
func (s *shop) settle() {
	for {
		synctest.Wait()
		s.mu.Lock()
		todo := s.pump
		s.pump = nil
		s.mu.Unlock()
		if len(todo) == 0 {
			return
		}
		for _, f := range todo {
			f()
		}
	}
}

// pass lets time go by.
func (s *shop) pass(d time.Duration) {
	<-time.After(d)
	s.settle()
}

func (s *shop) tap(o fyne.Tappable) {
	s.Helper()
	test.Tap(o)
	s.settle()
}

func (s *shop) write(e *entry, words string) {
	s.Helper()
	s.win.Canvas().Focus(e)
	e.SetText("")
	test.Type(e, words)
	s.settle()
}

// goods are all own goods as the store has them.
func (s *shop) goods() []*chat.Listing {
	s.Helper()
	goods, err := ownGoods(s.node)
	if err != nil {
		s.Fatal(err)
	}
	return goods
}

func newShopNode(t *testing.T, seed byte, network *lan.LAN, notify func(chat.Event)) (*chat.Node, *storetest.Mem) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	self := chat.Identity{ID: chat.PeerID(key.Public().(ed25519.PublicKey)), Key: key, Device: chat.DeviceID{seed}} //nolint:forcetypeassert // it is one
	mem := storetest.NewMem(self.ID)
	host := network.Attach(chat.Remote{Peer: self.ID, Device: self.Device}, 0)
	node, err := chat.New(chat.Config{
		Self: self, Store: mem, Blobs: mem, Link: host, Name: fmt.Sprintf("Person %d", seed), Notify: notify,
		Blank: text.Blank, Skeleton: text.Skeleton,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = node.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		host.Detach()
		_ = mem.Close()
	})
	return node, mem
}

// tray is a Desk in memory.
type tray struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (d *tray) Keep(name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if data == nil {
		delete(d.kept, name)
	} else {
		d.kept[name] = bytes.Clone(data)
	}
	return nil
}

func (d *tray) Kept(name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.kept[name]), nil
}

func (d *tray) Drop(prefix string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.kept {
		if strings.HasPrefix(name, prefix) {
			delete(d.kept, name)
		}
	}
	return nil
}

// drawnPicture stands for package picture: a file that begins with "picture" is one.
func drawnPicture(_ context.Context, file io.ReaderAt, size int64, _ bool) (Picture, error) {
	data := make([]byte, size)
	if _, err := file.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return Picture{}, err
	}
	if !bytes.HasPrefix(data, []byte("picture")) {
		return Picture{}, ErrNoPicture
	}
	return Picture{
		Data: data, Small: []byte("small"),
		Image: chat.Image{
			Hash: sha256.Sum256(data), Size: uint32(size), Width: 40, Height: 30, Type: "jpeg", Thumbnail: bytes.Repeat([]byte("L"), chat.MaxSmallThumb+1),
		},
	}, nil
}
