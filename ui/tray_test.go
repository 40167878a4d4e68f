package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// toggleNamed finds a switch in the window.
func toggleNamed(win fyne.Window, name string) *toggle {
	for _, o := range test.LaidOutObjects(win.Content()) {
		if s, ok := o.(*toggle); ok && s.name == name {
			return s
		}
	}
	return nil
}

// TestF1CloseToTray: closing the window ends the program unless somebody chose otherwise, which is offered only where there
// is a tray.
func TestF1CloseToTray(t *testing.T) {
	const name = "Keep running when the window is closed"
	play(t, func(w *world) {
		if w.app.ClosesToTray() {
			t.Error("it closes to the tray, and nobody chose that")
		}
		w.app.goTo(placeSettings)
		w.settle()
		s := toggleNamed(w.win, name)
		if s == nil {
			t.Fatal("it cannot be chosen")
		}
		test.Tap(s)
		w.settle()
		if !w.app.ClosesToTray() {
			t.Error("chosen, and it ends all the same")
		}
		w.app.change(func(s *Settings) { s.Language = "zh" })
		w.settle()
		if w.tray != (Tray{"显示 Haggle", "退出", "Haggle", false}) {
			t.Errorf("in Chinese the tray says %+v", w.tray)
		}
	})
	inShop(t, 1100, 750, func(c *Config) { c.Settings.CloseToTray = true }, func(s *shop) {
		s.app.goTo(placeSettings)
		s.settle()
		if s.app.ClosesToTray() || toggleNamed(s.win, name) != nil {
			t.Error("without a tray it closes to one")
		}
	})
}
