package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// journey is a way home for tests.
type journey struct {
	codes  []string
	fail   error
	opened []string
}

func (j *journey) Take(_ context.Context, code string) (string, error) {
	j.codes = append(j.codes, code)
	return "/somewhere/home", j.fail
}

func (j *journey) Open(folder string) error {
	j.opened = append(j.opened, folder)
	return nil
}

// saidAbove is all text on what lies over the window.
func (w *world) saidAbove() string {
	w.Helper()
	m, ok := w.win.Canvas().Overlays().Top().(*modal)
	if !ok {
		return ""
	}
	said := ""
	widgets(m, func(o fyne.Widget) {
		if l, ok := o.(*label); ok {
			said += l.text + "\n"
		}
	})
	return said
}

// TestG8TakeHome: a code is asked for in the settings and on the first page; what went wrong is said where it was typed, and in
// the end the new profile can be opened.
func TestG8TakeHome(t *testing.T) {
	play(t, func(w *world) {
		way := &journey{}
		w.app.kit.home = way
		w.app.introduce()
		w.settle()
		w.tapButton("I have a code from a kiosk")
		if said := w.saidAbove(); !strings.Contains(said, "Bring your chats from a kiosk") {
			t.Errorf("on the first page it says %q", said)
		}
		w.tapButton("Cancel")
		w.app.build()
		w.app.goTo(placeSettings)
		w.settle()
		w.tapButton("Bring chats from a kiosk")
		enter := func(code string) {
			t.Helper()
			w.entries()[0].SetText(code)
			w.entries()[0].OnSubmitted("")
			w.rest()
		}
		for _, c := range []struct {
			fail error
			says string
		}{
			{ErrNoCode, "not a code"},
			{ErrCodeRefused, "does not take this code"},
			{ErrNoKiosk, "No kiosk"},
			{errors.New("the disk broke"), ""},
		} {
			way.fail = c.fail
			enter(" abcde ")
			if said := w.saidAbove(); !strings.Contains(said, c.says) || said == "" {
				t.Errorf("after %v it says %q", c.fail, said)
			}
		}
		if len(way.codes) != 4 || way.codes[0] != "abcde" {
			t.Errorf("codes %q", way.codes)
		}
		enter("")
		if len(way.codes) != 4 {
			t.Error("nothing was typed, and yet it looks for a kiosk")
		}
		way.fail = nil
		enter("right")
		if said := w.saidAbove(); !strings.Contains(said, "Your chats are here") || !strings.Contains(said, "/somewhere/home") {
			t.Errorf("in the end it says %q", said)
		}
		w.tapButton("Open now")
		w.rest()
		if len(way.opened) != 1 || way.opened[0] != "/somewhere/home" || w.win.Canvas().Overlays().Top() != nil {
			t.Errorf("opened %q", way.opened)
		}
	})
}
