//go:build !headless

package main

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"haggle/ui"
)

// trayPatience is how long a hidden start waits for a place beside the clock: a desktop that just begins has none yet.
const trayPatience = 15 * time.Second

// stage is the window as the desktop has it: on the screen, or out of sight while the program runs. All of it is for the UI's
// goroutine.
type stage struct {
	loop    *loop
	win     fyne.Window
	desktop systemDesktop
	ui      *ui.App
	hidden  bool // out of sight, with the tray as the way back
	seen    bool // it was on the screen once
}

// raise brings the window to the front.
func (s *stage) raise() {
	s.hidden, s.seen = false, true
	s.win.Show()
	s.win.RequestFocus()
}

// close is what closing the window does: with a tray that shows something, and if a person wants it, the program runs on.
func (s *stage) close() {
	if !s.ui.ClosesToTray() || !s.desktop.hasTrayNow() {
		s.quit()
		return
	}
	s.hidden = true
	s.win.Hide()
	s.ui.Foreground(false)
}

// trayGone brings a window back that nobody could get at any more.
func (s *stage) trayGone() {
	if s.hidden && !s.desktop.hasTrayNow() {
		s.raise()
	}
}

// quit ends the program.
func (s *stage) quit() { s.loop.quit(statusDone) }

// keep keeps the window's size for the next start.
func (s *stage) keep() {
	if s.seen {
		now := s.win.Canvas().Size()
		s.ui.Keep(now.Width, now.Height)
	}
}

// heard does what a second start was given.
func (s *stage) heard(k knock) {
	if !k.Hidden {
		s.raise()
	}
	if i, err := k.invite(); err == nil && i != nil {
		s.ui.Offer(*i)
	}
}

// run runs the toolkit until the program ends. A window that starts hidden is not shown before somebody asks for it.
func (s *stage) run(hidden bool) {
	if s.hidden = hidden; hidden {
		s.loop.app.Run()
		return
	}
	s.seen = true
	s.win.ShowAndRun()
}

// awaitTray waits a while for a place beside the clock, and reports whether a hidden start has one to hide behind. came tells
// of news; a second start that is to be seen ends the waiting, and is put back.
func awaitTray(ctx context.Context, d systemDesktop, came <-chan struct{}, knocks chan knock) bool {
	late := time.NewTimer(trayPatience)
	defer late.Stop()
	for !d.hasTrayNow() {
		select {
		case <-came:
		case k := <-knocks:
			if k.Hidden && k.Invite == "" {
				continue
			}
			knocks <- k // there is room: it has just been made
			return false
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
