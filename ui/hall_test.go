package ui

import (
	"context"
	"errors"
	"image"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/internal/lan"
)

// hall is a kiosk in a window, with Wang, who sells, on the same network. It plays inside a bubble of virtual time.
type hall struct {
	*world
	kiosk  *Kiosk
	guests []*party // those who came, in order
	gone   int      // guests that have left
	board  *boardOfHall
	latch  *latch
	ended  bool // by its owner
	code   GuestCode
	moved  func() // the guest who has the code goes on elsewhere
}

// boardOfHall is a clipboard that remembers everything that was put there.
type boardOfHall struct{ put []string }

func (b *boardOfHall) Content() string     { return "what somebody copied before" }
func (b *boardOfHall) SetContent(s string) { b.put = append(b.put, s) }

// latch is the owner of a hall; it is Owner.
type latch struct {
	hall  *hall
	tried []string
	wait  time.Duration
	state KioskState
}

func (l *latch) Open(pin string) (time.Duration, error) {
	l.tried = append(l.tried, pin)
	switch {
	case l.wait > 0:
		return l.wait, ErrWaitPIN
	case pin != "2468":
		return 0, ErrWrongPIN
	}
	return 0, nil
}
func (l *latch) State() KioskState { return l.state }
func (l *latch) Leave()            { l.hall.ended = true }

// caller is a guest of a hall; it is Guest.
type caller struct {
	hall *hall
	*party
}

func (c caller) Node() Node { return c.node }
func (c caller) Code(_ context.Context, moved func()) (GuestCode, error) {
	c.hall.moved = moved
	if c.hall.code.Text == "" {
		return GuestCode{}, errors.New("there is none")
	}
	return c.hall.code, nil
}

func (c caller) Leave(context.Context) (int, error) {
	c.stop()
	c.host.Detach()
	c.hall.gone++
	c.mem.Wipe() // as main does
	return 0, c.mem.Close()
}

// inHall runs a test in a hall; change, if not nil, changes what the window is given.
func inHall(t *testing.T, width, height float32, change func(*KioskConfig), do func(*hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		screen := stage(t)
		w := &world{T: t, screen: screen, network: lan.New(1, lan.Faults{Latency: time.Millisecond})}
		h := &hall{world: w, board: &boardOfHall{}}
		h.latch = &latch{hall: h, state: KioskState{Begun: time.Now(), Version: "1", Folder: "/folder", Free: 5 << 30, Total: 9 << 30}}
		feed := NewFeed()
		w.me = w.joins(1, "Hall 3", feed.Notify)
		w.wang = w.joins(2, "Wang", nil)
		w.win = window(t, newLabel("", sizeBody, colorText), width, height)
		cfg := KioskConfig{
			Hall: w.me.node, Feed: feed, Owner: h.latch, Window: w.win, Do: w.do, Clipboard: h.board, Locale: "en_US.UTF-8",
			SetTheme: screen.Settings().SetTheme,
			Guest: func(_ context.Context, notify func(chat.Event)) (Guest, error) {
				p := w.joins(byte(10+len(h.guests)), "Guest "+strconv.Itoa(len(h.guests)), notify)
				h.guests = append(h.guests, p)
				return caller{h, p}, nil
			},
			DecodeThumbnail: func([]byte) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 8, 6)), nil },
			Decode: func(context.Context, []byte, int) (image.Image, error) {
				return image.NewGray(image.Rect(0, 0, 80, 60)), nil
			},
			Settings: KioskSettings{Idle: time.Minute, Warning: 15 * time.Second, Slideshow: true, Slide: 8 * time.Second},
		}
		if change != nil {
			change(&cfg)
		}
		h.kiosk = NewKiosk(t.Context(), cfg)
		defer func() { // after a Fatal, too
			h.kiosk.Close()
			for _, p := range []*party{w.me, w.wang} {
				p.stop()
				p.host.Detach()
				if err := p.mem.Close(); err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
		}()
		h.settle()
		do(h)
	})
}

// offers lets somebody offer a thing.
func (h *hall) offers(p *party, title, category string, status chat.Status) *chat.Listing {
	h.Helper()
	data := []byte(title + ".png")
	hash, err := p.node.PutPicture(h.Context(), data)
	if err != nil {
		h.Fatal(err)
	}
	g := chat.Goods{
		Title: title, Description: "Words about " + title, Category: category, Price: chat.Money{Minor: 1200, Currency: "EUR"}, Quantity: 1,
		Photos: []chat.Photo{{Hash: hash, Size: uint32(len(data)), Width: 8, Height: 6, Type: "png", Thumbnail: []byte("tiny")}},
	}
	l, err := chat.Await(h.Context(), func(then func(*chat.Listing, error)) { p.node.Publish(g, then) })
	if err == nil && status != chat.Available {
		l, err = chat.Await(h.Context(), func(then func(*chat.Listing, error)) {
			p.node.Revise(l.ID, func(_ *chat.Goods, s *chat.Status) error { *s = status; return nil }, then)
		})
	}
	if err != nil {
		h.Fatal(err)
	}
	h.pass(3 * time.Second)
	return l
}

// come touches the screen, as somebody does who comes by, and waits for the market.
func (h *hall) come() *visit {
	h.Helper()
	size := h.win.Canvas().Size()
	test.TapCanvas(h.win.Canvas(), fyne.NewPos(size.Width/2, size.Height/2))
	h.pass(3 * time.Second) // for the goods to come
	v := h.kiosk.visit
	if v == nil || v.market == nil {
		h.Fatal("a touch begins nothing")
	}
	return v
}

// chats opens the goods and their room.
func (h *hall) chats(l *chat.Listing) *guestRoom {
	h.Helper()
	v := h.kiosk.visit
	v.kit.ways.goods(l.Seller, l.ID)
	h.settle()
	v.kit.ways.chat(l.Seller, l.ID)
	h.settle()
	if v.room == nil || !v.room.loaded {
		h.Fatal("the room does not open")
	}
	return v.room
}

// seen are the objects on the screen, with their places.
func (h *hall) seen(each func(o fyne.CanvasObject, at fyne.Position)) {
	var walk func(o fyne.CanvasObject, at fyne.Position)
	walk = func(o fyne.CanvasObject, at fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		each(o, at)
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c, at)
			}
		case *container.Clip:
			walk(o.Content, at)
		case *entry, *writing: // what a field is made of is the toolkit's
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c, at)
			}
		}
	}
	walk(h.win.Content(), fyne.Position{})
	for _, o := range h.win.Canvas().Overlays().List() {
		walk(o, fyne.Position{})
	}
}

// reads reports whether a word is on the screen.
func (h *hall) reads(words string) (found bool) {
	h.seen(func(o fyne.CanvasObject, _ fyne.Position) {
		if l, ok := o.(*label); ok && l.text == words {
			found = true
		}
	})
	return found
}

// taps taps what has a name.
func (h *hall) taps(name string) {
	h.Helper()
	var found fyne.Tappable
	h.seen(func(o fyne.CanvasObject, _ fyne.Position) {
		if a, ok := o.(fyne.Accessible); ok && a.AccessibilityLabel() == name {
			if t, ok := o.(fyne.Tappable); ok {
				found = t
			}
		}
	})
	if found == nil {
		h.Fatalf("nothing on the screen is called %q", name)
	}
	test.Tap(found)
	h.settle()
}

// passes lets time go by as it does for a person: whatever happens at a moment is seen then.
func (h *hall) passes(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		h.pass(min(time.Second, time.Until(end)))
	}
}
