//go:build !headless

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"haggle/assets"
	"haggle/chat"
	"haggle/kiosk"
	"haggle/picture"
	"haggle/ui"
)

// showKioskWindow is the child of a kiosk: it returns the exit status once the window is to close, or its parent is gone.
func showKioskWindow(o options, in io.Reader, out, messages io.Writer) int {
	notes := &notes{messages: messages}
	defer func() { _ = notes.Close() }()
	log := slog.New(slog.NewTextHandler(notes, &slog.HandlerOptions{Level: o.logLevel}))
	if !hasDisplay(runtime.GOOS, os.Getenv) {
		log.Error("No display to open a window on")
		return statusFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	report, err := kiosk.Hear(in, func() {
		stop()
		time.AfterFunc(windowPatience, func() { os.Exit(statusDone) }) // a window that hangs ends with its parent, too
	})
	if err != nil {
		log.Error("No parent; start it as: haggle --kiosk", "err", err)
		return statusUsage
	}
	begun, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	choosePlatform(os.Getenv, os.Setenv)
	_ = os.Setenv("FYNE_THEME", "light") // the toolkit would ask the desktop; what holds is in the settings
	app.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: "Haggle", Version: version, Release: true, Migrations: map[string]bool{"fyneDo": true},
	})
	a := app.NewWithID(appID)
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	w := a.NewWindow("Haggle")
	w.SetMaster()
	w.SetPadded(false)
	w.SetFullScreen(true)
	a.Lifecycle().SetOnStarted(func() { close(begun) })
	l := newLoop(a, log)
	go kiosk.Beat(out, begun, over, l.pulse)
	k := &kioskWindow{notes: notes, loop: l, window: w, log: log, report: report, ends: ctx}
	k.path, k.settings = kioskSettings(o)
	if report.Help {
		k.help("")
	} else {
		k.start(o)
	}
	l.parting = k.part
	go func() {
		<-ctx.Done()
		l.quit(statusDone)
	}()
	return l.run(w.ShowAndRun, func(status int) int {
		stop()
		k.close()
		return status
	})
}

// kioskWindow is the window of a kiosk with all that it stands on.
type kioskWindow struct {
	notes    *notes
	loop     *loop
	window   fyne.Window
	log      *slog.Logger
	report   kiosk.Report
	path     string // of the settings
	settings kiosk.Settings
	ends     context.Context //nolint:containedctx // ends with the process
	h        *haggle         // nil on the page that asks for help
	screen   *ui.Kiosk
}

// What a kiosk keeps in its profile folder: the settings, unless they are elsewhere, and the PIN.
const (
	kioskFile = "kiosk.toml"
	latchFile = "kiosk.json"
)

// kioskSettings reads the settings file: the one that was named, or the one in the profile folder.
func kioskSettings(o options) (path string, s kiosk.Settings) {
	path = o.config
	if path == "" {
		dir, err := profileDir(o.data)
		if err != nil {
			return "", kiosk.Load("", false)
		}
		path = filepath.Join(dir, kioskFile)
	}
	return path, kiosk.Load(path, o.config != "")
}

// help shows the page that asks for help.
func (k *kioskWindow) help(detail string) {
	ui.ShowKioskHelp(ui.KioskHelp{
		Window: k.window, Locale: lang.SystemLocale().String(), Detail: detail, SetTheme: k.loop.app.Settings().SetTheme,
		Settings: shownSettings(k.settings),
		Again:    func() { k.loop.quit(statusAgain) },
	})
}

// start opens the profile and fills the window.
func (k *kioskWindow) start(o options) {
	s := k.settings
	for _, wrong := range s.Wrong {
		k.log.Warn("Settings file", "wrong", wrong)
	}
	feed := ui.NewFeed()
	h := &haggle{log: k.log, open: func(dir string) {
		if err := k.notes.open(dir); err != nil {
			k.log.Warn("No log is kept", "err", err)
		}
		k.log.Info("Started", "version", version, "kiosk", true)
	}}
	h, err := h.begin(o, feed.Notify)
	if err != nil {
		k.log.Error("Not started", "err", err)
		k.help(err.Error())
		time.AfterFunc(kioskAgain, func() { // whatever it was may be over
			k.loop.quit(statusAgain)
		})
		return
	}
	k.h = h
	owner := &kioskOwner{window: k, latch: &kiosk.Latch{
		Kept: func() ([]byte, error) { return readBounded(filepath.Join(h.dir, latchFile)) },
		Keep: func(raw []byte) error { return replaceFile(filepath.Join(h.dir, latchFile), raw) },
	}}
	if _, err := owner.latch.Settle(s); err != nil {
		k.log.Error("PIN not kept", "err", err)
	}
	if s.Name != "" {
		h.node.SetSelf(chat.SelfChange{Name: &s.Name}, func(_ chat.SelfView, err error) {
			if err != nil {
				k.log.Error("Name not taken", "err", err)
			}
		})
	}
	k.screen = ui.NewKiosk(k.ends, ui.KioskConfig{
		Hall: h.node, Feed: feed, Owner: owner, Window: k.window, Do: k.loop.do, SetTheme: k.loop.app.Settings().SetTheme,
		Guest: func(_ context.Context, notify func(chat.Event)) (ui.Guest, error) {
			g, err := h.newGuest(notify)
			if err != nil {
				return nil, err
			}
			return kioskGuest{g}, nil
		},
		Locale: lang.SystemLocale().String(), DecodeThumbnail: picture.DecodeThumbnail, Decode: picture.Decode,
		Clipboard: k.loop.app.Clipboard(), Nudge: nudger(k.log), Logger: k.log,
		Settings: shownSettings(s),
	})
}

// shownSettings are the settings that the window needs.
func shownSettings(s kiosk.Settings) ui.KioskSettings {
	look := ui.LookLight
	if s.Look == "dark" {
		look = ui.LookDark
	}
	return ui.KioskSettings{
		Language: s.Language, Look: look, TextSize: s.TextSize, Idle: s.Idle, Warning: s.Warning,
		Slideshow: s.Slideshow, Slide: s.Slide, Categories: s.Categories,
	}
}

// kioskAgain is how long the page stands that says why the kiosk could not start.
const kioskAgain = 10 * time.Minute

// part ends the visit of whoever is here: it takes the clipboard along, which the toolkit's end takes away.
func (k *kioskWindow) part() {
	if k.screen != nil {
		k.screen.Part()
	}
}

func (k *kioskWindow) close() {
	if k.screen != nil {
		k.screen.Close()
	}
	if k.h != nil {
		k.h.stop()
	}
}

// kioskGuest is a guest for the window; it is ui.Guest.
type kioskGuest struct{ *guest }

// Node implements ui.Guest.
func (g kioskGuest) Node() ui.Node { return g.node }

// toolkitForgets is when the toolkit has let go of what it drew: a minute and what it takes to notice.
const toolkitForgets = 80 * time.Second

// Leave implements ui.Guest.
func (g kioskGuest) Leave(context.Context) (int, error) {
	left := g.end()
	debug.FreeOSMemory()                               // frees what nobody refers to any more, and so overwrites it
	time.AfterFunc(toolkitForgets, debug.FreeOSMemory) // and once more what the toolkit had drawn
	if lost := left.waiting - left.carried; lost > 0 || left.bare > 0 {
		g.log.Warn("Not all of a guest's messages are carried", "lost", lost, "pictures", left.bare)
	}
	return left.carried, nil
}

// Code implements ui.Mover.
func (g kioskGuest) Code(_ context.Context, moved func()) (ui.GuestCode, error) {
	home, err := g.offerHome(moved)
	return ui.GuestCode{Text: home.code, Scan: home.uri, Until: home.until}, err
}

// kioskOwner is what the owner can do; it is ui.Owner.
type kioskOwner struct {
	window *kioskWindow
	latch  *kiosk.Latch
}

// Open implements ui.Owner.
func (o *kioskOwner) Open(pin string) (time.Duration, error) {
	wait, err := o.latch.Open(pin)
	switch {
	case errors.Is(err, kiosk.ErrWrongPIN):
		o.window.log.Warn("Wrong PIN")
		err = ui.ErrWrongPIN
	case errors.Is(err, kiosk.ErrWait):
		err = ui.ErrWaitPIN
	case errors.Is(err, kiosk.ErrNoPIN):
		err = ui.ErrNoPIN
	}
	return wait, err
}

// State implements ui.Owner.
func (o *kioskOwner) State() ui.KioskState {
	r, h := o.window.report, o.window.h
	s := ui.KioskState{
		Begun: r.Begun, Restarts: r.Restarts, LastAt: r.LastAt, Version: version, Folder: h.dir,
		Settings: o.window.path, Wrong: o.window.settings.Wrong, Used: sizeOf(h.dir),
	}
	switch {
	case r.Restarts == 0:
	case r.Last == kiosk.Hung:
		s.Last = ui.EndHung
	case r.Last == kiosk.Unable:
		s.Last = ui.EndUnable
	default:
		s.Last = ui.EndCrashed
	}
	carried, err := h.parcels.Carried()
	if err != nil {
		o.window.log.Warn("Carried parcels not counted", "err", err)
	}
	s.Carried = len(carried)
	if s.Free, s.Total, err = diskSpace(h.dir); err != nil {
		o.window.log.Warn("Space on the disk unknown", "err", err)
	}
	return s
}

// Leave implements ui.Owner.
func (o *kioskOwner) Leave() { o.window.loop.quit(statusDone) }

// sizeOf is how many bytes a folder holds.
func sizeOf(dir string) (bytes uint64) {
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // what went meanwhile takes no space
		}
		if info, err := d.Info(); err == nil {
			bytes += uint64(max(0, info.Size()))
		}
		return nil
	})
	return bytes
}
