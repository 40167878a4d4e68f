//go:build !headless

package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/systray"

	"haggle/assets"
	"haggle/ui"
)

// tray is the program's place beside the clock: an icon, with a mark while something is unread, and a menu. All but new is for
// the UI's goroutine.
type tray struct {
	app        desktop.App
	menu       *fyne.Menu
	show, quit *fyne.MenuItem
	now        ui.Tray
}

var (
	trayIcon   = fyne.NewStaticResource("tray.png", assets.TrayPNG)
	trayUnread = fyne.NewStaticResource("tray-unread.png", assets.TrayUnreadPNG)
)

// newTray puts an icon there, before the toolkit runs; later it would take no more. Nil on a desktop without such a place.
func newTray(a fyne.App, d systemDesktop, show, quit func()) *tray {
	app, ok := a.(desktop.App)
	if !ok || !d.hasTrayNow() {
		return nil
	}
	t := &tray{app: app, show: fyne.NewMenuItem("Haggle", show), quit: fyne.NewMenuItem("", quit)}
	t.quit.IsQuit = true // or else the toolkit adds one of its own
	t.menu = fyne.NewMenu("Haggle", t.show, fyne.NewMenuItemSeparator(), t.quit)
	app.SetSystemTrayIcon(trayIcon)
	return t
}

// setter is ui.Config's Tray.
func (t *tray) setter() func(ui.Tray) {
	if t == nil {
		return nil
	}
	return t.set
}

// set shows what there is to say now. The desktop hears of it only when it is something else.
func (t *tray) set(v ui.Tray) {
	before := t.now
	if v == before {
		return
	}
	t.now = v
	if v.Show != before.Show || v.Quit != before.Quit {
		t.show.Label, t.quit.Label = v.Show, v.Quit
		t.app.SetSystemTrayMenu(t.menu)
	}
	if v.Tip != before.Tip {
		t.tip()
	}
	if v.Unread != before.Unread {
		icon := trayIcon
		if v.Unread {
			icon = trayUnread
		}
		t.app.SetSystemTrayIcon(icon)
	}
}

// tip shows what the icon says when it is pointed at. Windows takes it only once the toolkit runs.
func (t *tray) tip() {
	if t != nil {
		systray.SetTooltip(t.now.Tip)
	}
}
