package crowd

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/internal/lan"
	"haggle/peer"
	"haggle/picture"
	"haggle/storage"
	"haggle/text"
	"haggle/ui"
)

// desk is the whole program but its edges over a profile on disk: its window has no screen, its network is in memory. The
// test's goroutine is the UI's.
type desk struct {
	testing.TB
	self        chat.Identity
	node        *chat.Node
	app         *ui.App
	win         fyne.Window
	net         *lan.LAN
	pump        pump
	fill, close func() // make the window; end everything
}

// pump runs what wants to run on the UI's goroutine, and keeps the time of it.
type pump struct {
	mu    sync.Mutex
	queue []job
	wake  chan struct{}

	runs    int
	slowest time.Duration // run of one function
	waited  time.Duration // that one of them waited for its turn, at most
}

type job struct {
	run   func()
	since time.Time
}

func (p *pump) do(f func()) {
	p.mu.Lock()
	p.queue = append(p.queue, job{f, time.Now()})
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// turn runs one function, if one waits.
func (p *pump) turn() bool {
	p.mu.Lock()
	if len(p.queue) == 0 {
		p.mu.Unlock()
		return false
	}
	j := p.queue[0]
	p.queue = p.queue[1:]
	p.mu.Unlock()
	begun := time.Now()
	p.waited = max(p.waited, begun.Sub(j.since))
	j.run()
	p.slowest = max(p.slowest, time.Since(begun))
	p.runs++
	return true
}

// patience is how long what should take a moment may take.
const patience = time.Minute

// until runs the UI until something holds.
func (d *desk) until(what string, ok func() bool) {
	d.Helper()
	late := time.After(patience)
	for !ok() {
		if d.pump.turn() {
			continue
		}
		select {
		case <-d.pump.wake:
		case <-late:
			d.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// years is a profile full of Years, filled once for all benchmarks and copied by none: they only read it.
var years = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(scratch, "years")
	return folder, Fill(folder, Years)
})

// scratch is removed when the tests end.
var scratch string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "haggle-crowd-")
	if err != nil {
		panic(err)
	}
	scratch = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// open opens the window over a profile.
func open(t testing.TB, folder string) *desk {
	t.Helper()
	d := start(t, folder)
	d.fill()
	return d
}

// start runs a profile below a window that is empty.
func start(t testing.TB, folder string) *desk {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(&ui.Theme{Look: ui.LookLight})
	identity, err := peer.LoadIdentity(folder)
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(storage.Options{Dir: StoreIn(folder), Self: identity.ID})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, self: identity.Identity, net: lan.New(1, lan.Faults{Latency: time.Millisecond})}
	d.pump.wake = make(chan struct{}, 1)
	feed := ui.NewFeed()
	var stop func()
	d.node, stop = d.joins(identity.Identity, db, feed.Notify)
	d.win = test.NewTempWindow(t, canvas.NewRectangle(nil))
	d.win.SetPadded(false)
	d.win.Resize(fyne.NewSize(1100, 750))
	d.fill = func() {
		d.app = ui.New(t.Context(), ui.Config{
			Node: d.node, Feed: feed, Window: d.win, Do: d.pump.do, Settings: ui.Settings{Introduced: true, Language: "en"},
			DecodeThumbnail: picture.DecodeThumbnail, Decode: picture.Decode, Clipboard: test.NewClipboard(),
			Prepare: func(context.Context, io.ReaderAt, int64, bool) (ui.Picture, error) {
				return ui.Picture{}, ui.ErrNoPicture
			},
		})
	}
	d.close = sync.OnceFunc(func() {
		if d.app != nil {
			d.app.Close()
		}
		stop()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(d.close)
	return d
}

// joins runs a node on the network in memory.
func (d *desk) joins(self chat.Identity, db interface {
	chat.Store
	chat.Blobs
}, notify func(chat.Event),
) (*chat.Node, func()) {
	d.Helper()
	host := d.net.Attach(chat.Remote{Peer: self.ID, Device: self.Device}, 0)
	node, err := chat.New(chat.Config{
		Self: self, Store: db, Blobs: db, Link: host, Name: "Me", Notify: notify, Blank: text.Blank, Skeleton: text.Skeleton,
		CheckPicture: func([]byte, chat.Image, bool) error { return nil },
	})
	if err != nil {
		d.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx) }()
	return node, func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			d.Error(err)
		}
		host.Detach()
	}
}

// frame draws the window as a screen would.
func (d *desk) frame() { d.win.Canvas().Capture() }

// tap taps on a point of the window.
func (d *desk) tap(x, y float32) { test.TapCanvas(d.win.Canvas(), fyne.NewPos(x, y)) }

// scroll turns the wheel at a point of the window; down, where dy is negative.
func (d *desk) scroll(x, y, dy float32) { test.Scroll(d.win.Canvas(), fyne.NewPos(x, y), 0, dy) }

// says reports whether a text that is seen has some words in it.
func (d *desk) says(words string) bool {
	return seen(d.win.Content(), func(o fyne.CanvasObject) bool {
		t, ok := o.(*canvas.Text)
		return ok && strings.Contains(t.Text, words)
	})
}

// seen walks through what is not hidden until a thing is found.
func seen(o fyne.CanvasObject, found func(fyne.CanvasObject) bool) bool {
	if o == nil || !o.Visible() {
		return false
	}
	if found(o) {
		return true
	}
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, c := range inside {
		if seen(c, found) {
			return true
		}
	}
	return false
}

// photos is how many pictures are seen.
func (d *desk) photos() (n int) {
	seen(d.win.Content(), func(o fyne.CanvasObject) bool {
		if i, ok := o.(*canvas.Image); ok && i.Image != nil {
			n++
		}
		return false
	})
	return n
}

// field is where one can type.
func (d *desk) field() (f fyne.Focusable) {
	seen(d.win.Content(), func(o fyne.CanvasObject) bool {
		if _, ok := o.(interface{ SetPlaceHolder(string) }); ok {
			f, _ = o.(fyne.Focusable)
		}
		return f != nil
	})
	return f
}
