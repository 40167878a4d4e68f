//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/lang"

	"haggle/assets"
	"haggle/chat"
	"haggle/peer"
	"haggle/picture"
	"haggle/storage"
	"haggle/storage/seal"
	"haggle/ui"
	"haggle/vault"
)

// hasWindow tells that this build has one.
const hasWindow = true

// appID names the program to the desktop.
const appID = "io.github.haggle.Haggle"

// The size of a window that nobody has sized yet.
const (
	firstWidth  float32 = 1180
	firstHeight float32 = 760
)

// windowGarbage is how much more memory than what is in use may pile up before it is collected, in percent: a collection takes
// 10 to 20 ms of both processors of a small machine, and a frame that it falls into is late.
const windowGarbage = 200

// showWindow is haggle with a window: it returns the exit status once that was closed.
func showWindow(o options, messages io.Writer) int {
	notes := &notes{messages: messages}
	defer func() { _ = notes.Close() }()
	log := slog.New(slog.NewTextHandler(notes, &slog.HandlerOptions{Level: o.logLevel}))
	if !hasDisplay(runtime.GOOS, os.Getenv) { // the toolkit would wait for one for ever
		_, _ = fmt.Fprintln(messages, "haggle: there is no display to open a window on; start it as: haggle rpc")
		return statusUsage
	}
	if handOver(&o) { // before the toolkit is started, which takes longer than to ask
		return statusDone
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(windowGarbage)
	}
	choosePlatform(os.Getenv, os.Setenv)
	d := openDesktop()
	defer func() { _ = d.Close() }()
	chooseLook(d, os.Getenv, os.Setenv)
	app.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: "Haggle", Version: version, Release: true,
		// Without this Fyne finds out on which goroutine it is, by its stack, for each thing that is drawn anew. Config.Do is
		// the only way to the UI's goroutine here.
		Migrations: map[string]bool{"fyneDo": true},
	})
	a := app.NewWithID(appID)
	a.SetIcon(fyne.NewStaticResource("icon.png", assets.IconPNG))
	w := a.NewWindow("Haggle")
	w.SetMaster()
	w.SetPadded(false)
	l := newLoop(a, log)

	feed := ui.NewFeed()
	opened := func(dir string) {
		if err := notes.open(dir); err != nil {
			log.Warn("No log is kept", "err", err)
		}
		log.Info("Started", "version", version, "hidden", o.hidden)
	}
	h, err := (&haggle{log: log, open: opened}).begin(o, feed.Notify)
	if errors.Is(err, errLocked) && handOverSoon(context.Background(), &o) {
		return statusDone
	}
	fail := func(err error) {
		log.Error("Not started", "err", err)
		ui.ShowFailure(ui.FailureConfig{
			Window: w, Locale: lang.SystemLocale().String(), What: whyNotStarted(err), Detail: err.Error(), SetTheme: a.Settings().SetTheme, Close: func() { l.quit(statusFailed) },
		})
	}
	var x *exhibit
	start := w.ShowAndRun
	switch {
	case errors.Is(err, vault.ErrNeeded), errors.Is(err, seal.ErrPassphrase):
		askPassphrase(l, w, log, func(passphrase string) (func(), error) {
			o := o
			o.typed = passphrase
			h, err := (&haggle{log: log, open: opened}).begin(o, feed.Notify)
			return func() { x = h.exhibit(o, l, w, d, feed, notes.crashed(), true) }, err
		}, fail)
	case err != nil:
		fail(err)
	default:
		x = h.exhibit(o, l, w, d, feed, notes.crashed(), false)
		start = x.start
	}
	return l.run(start, func(status int) int {
		if x == nil {
			return statusFailed
		}
		return x.end(status)
	})
}

// exhibit is a node with a window.
type exhibit struct {
	*haggle
	stage    *stage
	hidden   bool // it starts out of sight
	pictures *board
	stop     func()
	again    bool // the program is to start once more
}

// exhibit fills the window. running tells that the toolkit runs already.
func (h *haggle) exhibit(o options, l *loop, w fyne.Window, d systemDesktop, feed *ui.Feed, crashed string, running bool) *exhibit {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	chosen, err := loadSettings(h.dir, h.vault)
	if err != nil {
		h.log.Warn("Settings not read", "err", err)
	}
	pictures := &board{}
	knocks := make(chan knock, maxKnocking)
	door, err := openDoor(h.dir, func(k knock) {
		select {
		case knocks <- k:
		default: // the window will be in front all the same
		}
	})
	if err != nil { // a second start then says that it cannot, instead of raising this one
		h.log.Warn("Other starts cannot raise this window", "err", err)
	} else {
		h.onEnd(door.Close)
	}
	a := l.app
	s := &stage{loop: l, win: w, desktop: d, seen: running}
	x := &exhibit{haggle: h, stage: s, pictures: pictures, stop: stop}
	trayNews := make(chan struct{}, 1)
	d.watchTray(func(there bool) {
		select {
		case trayNews <- struct{}{}:
		default:
		}
		if !there && ctx.Err() == nil {
			l.do(s.trayGone)
		}
	})
	hide := o.hidden && !running && chosen.Introduced && awaitTray(ctx, d, trayNews, knocks)
	l.parting = s.keep
	beside := newTray(a, d, s.raise, s.quit)
	item, err := startItem(o, h.dir)
	if err == nil {
		err = item.Follow()
	}
	if err != nil {
		h.log.Warn("Start with the system not renewed", "err", err)
	}
	s.ui = ui.New(ctx, ui.Config{
		Node: h.node, Feed: feed, Window: w, Do: l.do, SetTheme: a.Settings().SetTheme,
		Settings: chosen, Save: func(s ui.Settings) error { return keepSettings(h.dir, h.vault, s) }, Locale: lang.SystemLocale().String(),
		DecodeThumbnail: picture.DecodeThumbnail, Decode: picture.Decode, Prepare: readyPicture, Desk: desk{filepath.Join(h.dir, deskDir), h.vault},
		Notify: notifier(a.SendNotification), //nolint:forbidigo // see notifier
		Tray:   beside.setter(),
		Vault: newWindowVault(h, func() {
			x.again = true
			s.quit()
		}),
		Autostart: item,
		Crashed:   crashed,
		Report:    func(to io.Writer, network []string) error { return writeReport(to, h.dir, network) },
		Clipboard: a.Clipboard(), Board: pictures, Folder: h.dir, Port: ":" + strconv.Itoa(peer.Port), Version: version, Build: build(), Logger: h.log,
		TakeHome: homeward{h.log, o.interfaces},
	})
	s.ui.Foreground(false) // until the desktop gives it the focus
	size := fyne.NewSize(firstWidth, firstHeight)
	if chosen.Width > 0 && chosen.Height > 0 {
		size = fyne.NewSize(chosen.Width, chosen.Height)
	}
	w.Resize(size)
	w.SetCloseIntercept(s.close)
	if running {
		beside.tip()
	} else {
		a.Lifecycle().SetOnStarted(beside.tip)
	}
	a.Lifecycle().SetOnEnteredForeground(func() { s.ui.Foreground(true) })
	a.Lifecycle().SetOnExitedForeground(func() { s.ui.Foreground(false) })
	if i, err := o.invited(); err == nil && i != nil {
		s.ui.Offer(*i)
	}
	go func() {
		for {
			select {
			case k := <-knocks:
				l.do(func() { s.heard(k) })
			case <-ctx.Done():
				l.quit(statusDone)
				return
			}
		}
	}()
	x.hidden = hide && beside != nil
	return x
}

// start runs the toolkit. A window that starts hidden is not shown before somebody asks for it.
func (x *exhibit) start() { x.stage.run(x.hidden) }

// end ends everything once the toolkit has ended, and returns the exit status.
func (x *exhibit) end(status int) int {
	x.stop()
	x.stage.ui.Close()
	x.pictures.Close()
	x.haggle.stop()
	x.log.Info("Ended")
	if x.again {
		if err := startAgain(); err != nil {
			x.log.Error("Not started again", "err", err)
			return statusFailed
		}
	}
	return status
}

// askPassphrase shows the page before a locked profile. open tries a passphrase, off the UI's goroutine, and returns what
// shows the profile; fail says why else it does not start.
func askPassphrase(l *loop, w fyne.Window, log *slog.Logger, open func(string) (func(), error), fail func(error)) {
	ui.ShowLocked(ui.LockedConfig{
		Window: w, Locale: lang.SystemLocale().String(), SetTheme: l.app.Settings().SetTheme, Logger: log, Clipboard: l.app.Clipboard(), Close: func() { l.quit(statusFailed) },
		Open: func(passphrase string, then func(error)) {
			go func() {
				show, err := open(passphrase)
				l.do(func() {
					switch {
					case err == nil:
						show()
						then(nil)
					case errors.Is(err, seal.ErrPassphrase), errors.Is(err, vault.ErrNeeded):
						then(vaultFailure(err))
					default:
						fail(err)
					}
				})
			}()
		},
	})
}

// whyNotStarted tells a person the reason in their language.
func whyNotStarted(err error) ui.StartFailure {
	switch {
	case errors.Is(err, errLocked), errors.Is(err, storage.ErrLocked):
		return ui.StartLocked
	case errors.Is(err, storage.ErrNewer):
		return ui.StartNewer
	case errors.Is(err, chat.ErrDiskFull), errors.Is(err, syscall.ENOSPC):
		return ui.StartDiskFull
	case errors.Is(err, seal.ErrPadlock), errors.Is(err, storage.ErrSealed):
		return ui.StartPadlock
	case errors.Is(err, seal.ErrNewerPadlock):
		return ui.StartNewer
	case errors.Is(err, storage.ErrDamaged), errors.Is(err, peer.ErrDamagedKey):
		return ui.StartDamaged
	default:
		return ui.StartOther
	}
}
