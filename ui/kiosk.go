package ui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"haggle/chat"
)

// Kiosk is the window of a machine in a hall: goods go by until somebody touches the screen; that guest has a market, a chat
// and nothing else until they leave, and then nothing of them stays. Its methods are for the UI's goroutine.
type Kiosk struct {
	cfg  KioskConfig
	kit  *kit // of the hall: what stands while nobody is here, and the owner's page
	busy sync.WaitGroup
	stop context.CancelFunc

	layers  *fyne.Container // below the veil: see the constants
	veil    *veil
	movedAt time.Time // the pointer, last
	hiding  bool      // a timer runs that hides it
	idle    *idle
	slides  *slides
	still   *dial  // of the question whether somebody is there; nil while it is not asked
	visit   *visit // nil while nobody is here
	leave   bool   // the guest who was here is being forgotten
	guests  int
	pad     *pinPad
	owner   *ownerPage
}

// The layers of the window, one over the other.
const (
	layerGround = iota
	layerScreen
	layerToast
	layerAsk // the question whether somebody is still there
	layerPad // the PIN and the owner's page
	layerCorner
	layerVeil
	kioskLayers
)

// NewKiosk fills the window. ctx ends the reads under way when the program ends; see Close.
func NewKiosk(ctx context.Context, cfg KioskConfig) *Kiosk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.After == nil {
		cfg.After = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.SetTheme == nil {
		cfg.SetTheme = func(fyne.Theme) {}
	}
	h := &Kiosk{cfg: cfg}
	ctx, h.stop = context.WithCancel(ctx)
	h.kit = h.newKit(ctx, cfg.Hall, &h.busy, h.home())
	h.idle = &idle{kit: h.kit, rest: cfg.Settings.Idle, warning: cfg.Settings.Warning, warn: h.ask, calm: h.unask, end: h.end}
	cfg.SetTheme(cfg.Settings.theme())
	h.veil = newVeil(h.moved)
	empty := func() fyne.CanvasObject { return container.NewStack() }
	h.layers = container.NewStack(newFill(colorPage), empty(), empty(), empty(), empty(),
		container.New(topLeft{}, newSecret(cfg.Now, h.askPIN)), h.veil)
	cfg.Window.SetContent(h.layers)
	cfg.Window.SetOnDropped(func(fyne.Position, []fyne.URI) {}) // nothing leads in
	cfg.Window.SetCloseIntercept(func() {})                     // and nothing out
	h.bindKeys()
	cfg.Feed.attach(func() { cfg.Do(h.drain) })
	h.showSlides()
	return h
}

// kioskText is how much larger text is for somebody who stands before it.
const kioskText float32 = 1.2

// Part sends the guest away who is here. It is for before the toolkit ends, and does not wait: Close does.
func (h *Kiosk) Part() { h.end() }

// Close ends what runs off the UI's goroutine, and the guest that is here, and waits for it. The toolkit may have ended, and
// then has no clipboard any more.
func (h *Kiosk) Close() {
	h.cfg.Clipboard = nil
	h.end()
	if h.slides != nil {
		h.slides.closed()
	}
	h.stop()
	h.busy.Wait()
}

func (h *Kiosk) home() string { return h.cfg.Settings.home(h.cfg.Locale) }

// newKit makes what screens work with, and nothing that leads out.
func (h *Kiosk) newKit(ctx context.Context, node Node, busy *sync.WaitGroup, language string) *kit {
	k := &kit{
		node: node, words: NewWords(language), window: h.cfg.Window, log: h.cfg.Logger, now: h.cfg.Now, post: h.cfg.Do,
		later: h.cfg.After, ctx: ctx, busy: busy, guest: true, stir: func() { h.idle.stir() }, toast: func(string) {},
	}
	nowhere := func(chat.PeerID) {}
	k.ways = ways{
		place: func(place) {}, goods: func(chat.PeerID, chat.ListingID) {}, person: nowhere, why: nowhere, room: func(chat.RoomID) {},
		message: func(chat.MessageID, string) {}, draft: func(chat.RoomID) {}, leave: func() {}, bare: func() {},
		seen: func(pane) bool { return false }, offer: func() {}, edit: func(chat.ListingID) {}, chat: func(chat.PeerID, chat.ListingID) {},
	}
	k.pics = newPictures(k, &Config{DecodeThumbnail: h.cfg.DecodeThumbnail, Decode: h.cfg.Decode})
	return k
}

// show puts something on a layer, or with nil nothing.
func (h *Kiosk) show(layer int, o fyne.CanvasObject) {
	if o == nil {
		o = container.NewStack()
	}
	if h.layers.Objects[layer] != o {
		h.layers.Objects[layer] = o
		h.layers.Refresh()
	}
}

// bindKeys takes the keys that no field has a use for: each tells that somebody is here, and none does anything else. The
// toolkit has no keys of its own that lead out.
func (h *Kiosk) bindKeys() {
	c := h.cfg.Window.Canvas()
	key := func(*fyne.KeyEvent) { h.touched() }
	c.SetOnTypedKey(key)
	c.SetOnTypedRune(func(rune) { h.touched() })
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(key)
	}
}

// touched tells that somebody is here: who touches the screen while nobody was is a guest.
func (h *Kiosk) touched() {
	h.idle.stir()
	if h.visit == nil && h.pad == nil && h.owner == nil {
		h.begin()
	}
}

// moved tells that the pointer was moved: it is seen, until it has rested for a while.
func (h *Kiosk) moved() {
	h.idle.stir()
	h.movedAt = h.kit.now()
	h.hideLater(cursorHides)
}

func (h *Kiosk) hideLater(wait time.Duration) {
	if h.cfg.Nudge == nil || h.hiding {
		return
	}
	h.hiding = true
	h.kit.after(wait, func() {
		h.hiding = false
		if left := cursorHides - h.kit.now().Sub(h.movedAt); left > 0 {
			h.hideLater(left)
			return
		}
		h.veil.nudged = true
		h.kit.off(func() {
			h.cfg.Nudge()
			h.kit.after(nudgeTakes, func() { h.veil.nudged = false })
		})
	})
}

// nudgeTakes is how long the movement that we made ourselves may be on its way.
const nudgeTakes = 250 * time.Millisecond

// drain applies what the hall's node told. While a guest is here the hall's screens are not seen, and what they show is read
// anew when they are.
func (h *Kiosk) drain() {
	h.cfg.Feed.drain(h.kit, func(e chat.Event) {
		if h.slides != nil {
			h.slides.apply(e)
		}
	})
}

// showSlides shows what is on offer to whoever goes by.
func (h *Kiosk) showSlides() {
	if h.slides != nil {
		h.slides.closed()
	}
	h.slides = newSlides(h.kit, h.cfg.Settings, h.touched)
	h.show(layerScreen, h.slides.object())
}

// topLeft puts an object into the corner.
type topLeft struct{}

// Layout is for Fyne.
func (topLeft) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	for _, o := range objects {
		o.Resize(o.MinSize())
		o.Move(fyne.Position{})
	}
}

// MinSize is for Fyne.
func (topLeft) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
