package ui

import (
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// safe is a Vault that notes what it is asked.
type safe struct {
	locked, ring bool
	refuses      error
	did          []string
}

func (s *safe) do(words ...string) error {
	s.did = append(s.did, words...)
	return s.refuses
}

func (s *safe) Locked() bool                { return s.locked }
func (s *safe) Remembered() bool            { return s.ring }
func (s *safe) Lock(p string) error         { return s.do("lock", p) }
func (s *safe) Unlock(p string) error       { return s.do("unlock", p) }
func (s *safe) Change(old, p string) error  { return s.do("change", old, p) }
func (s *safe) BackUp(file, p string) error { return s.do("backUp", file, p) }
func (s *safe) Restore(f, p string) error   { return s.do("restore", f, p) }
func (s *safe) Restart()                    { s.did = append(s.did, "restart") }

func (s *safe) Remember(on bool) error {
	if s.refuses == nil {
		s.ring = on
	}
	return s.do("remember")
}

// withVault opens the settings of a program that has a vault.
func (w *world) withVault(s *safe) fyne.CanvasObject {
	w.Helper()
	w.app.cfg.Vault = s
	w.app.spots[placeSettings].list = nil
	w.app.goTo(placeSettings)
	w.settle()
	return w.win.Content()
}

// top is what lies over the window.
func (w *world) top() fyne.CanvasObject {
	w.Helper()
	top := w.win.Canvas().Overlays().Top()
	if top == nil {
		w.Fatal("nothing asks")
	}
	return top
}

// fields are the entries of what lies over the window.
func (w *world) fields() (all []*entry) {
	w.Helper()
	widgets(w.top(), func(o fyne.Widget) {
		if e, ok := o.(*entry); ok {
			all = append(all, e)
		}
	})
	return all
}

// types fills the fields and does it.
func (w *world) types(deed string, words ...string) {
	w.Helper()
	fields := w.fields()
	if len(fields) != len(words) {
		w.Fatalf("%d fields, want %d", len(fields), len(words))
	}
	for i, word := range words {
		fields[i].SetText(word)
	}
	w.button(w.top(), deed).Tapped(nil)
	w.settle()
}

// complains reports whether what lies over the window says so.
func (w *world) complains(key string) bool {
	w.Helper()
	said := false
	widgets(w.top(), func(o fyne.Widget) {
		if l, ok := o.(*label); ok && l.Visible() && l.text == w.app.kit.say(key) {
			said = true
		}
	})
	return said
}

// TestVaultSettings goes through all that the settings offer for the lock and for backups: passphrases are hidden, asked twice
// where they are new, and what is refused is said where it was typed.
func TestVaultSettings(t *testing.T) {
	play(t, func(w *world) {
		s := &safe{}
		open := w.withVault(s)
		w.button(open, "lock.on").Tapped(nil)
		for _, f := range w.fields() {
			if !f.Password {
				t.Error("a passphrase is shown")
			}
		}
		w.types("lock.restart", "secret", "secrte")
		if !w.complains("form.differs") || len(s.did) > 0 {
			t.Errorf("two that differ: did %q", s.did)
		}
		s.refuses = ErrEmptyPassphrase
		w.types("lock.restart", "", "")
		if !w.complains("lock.empty") {
			t.Error("nobody says that it is empty")
		}
		s.refuses, s.did = nil, nil
		w.types("lock.restart", "secret", "secret")
		if !slices.Equal(s.did, []string{"lock", "secret", "restart"}) || w.win.Canvas().Overlays().Top() != nil {
			t.Errorf("locked: %q", s.did)
		}

		s = &safe{locked: true}
		open = w.withVault(s)
		s.refuses = ErrWrongPassphrase
		w.button(open, "lock.change").Tapped(nil)
		w.types("lock.change", "old", "new", "new")
		if !w.complains("lock.wrong") {
			t.Error("nobody says that it is another")
		}
		s.refuses, s.did = nil, nil
		w.types("lock.change", "old", "new", "new")
		w.button(open, "lock.take").Tapped(nil)
		w.types("lock.restart", "new")
		w.button(open, "backup.make").Tapped(nil)
		s.refuses = fs.ErrExist
		w.types("backup.write", "/there", "other", "other")
		if !w.complains("save.exists") {
			t.Error("nobody says that there is a file")
		}
		s.refuses = nil
		w.types("backup.write", " /here ", "other", "other")
		want := []string{"change", "old", "new", "unlock", "new", "restart", "backUp", "/there", "other", "backUp", "/here", "other"}
		if !slices.Equal(s.did, want) {
			t.Errorf("did %q", s.did)
		}
		ring := toggleNamed(w.win, w.app.kit.say("lock.keyring"))
		s.refuses = ErrNoKeyring
		ring.Tapped(nil)
		w.settle()
		if ring.knob.on || s.ring {
			t.Error("it says that a keyring remembers which there is not")
		}
		s.refuses = nil
		ring.Tapped(nil)
		w.settle()
		if !ring.knob.on {
			t.Error("the keyring does not remember")
		}
	})
}

// TestRestoreAtFirstStart: the page of the first start brings a backup back, and says why not.
func TestRestoreAtFirstStart(t *testing.T) {
	play(t, func(w *world) {
		s := &safe{refuses: ErrNoBackup}
		w.app.cfg.Vault = s
		w.app.settings.Introduced = false
		w.app.build()
		w.settle()
		w.button(w.win.Content(), "backup.restore").Tapped(nil)
		w.types("backup.bring", "/file", "secret")
		if !w.complains("backup.damaged") {
			t.Error("nobody says that it is damaged")
		}
		s.refuses, s.did = nil, nil
		w.types("backup.bring", "/file", "secret")
		if !slices.Equal(s.did, []string{"restore", "/file", "secret", "restart"}) {
			t.Errorf("did %q", s.did)
		}
	})
}

// TestLockedPage: the page before a locked profile takes a passphrase as often as it takes, hides it, and says that there is no
// way around it.
func TestLockedPage(t *testing.T) {
	stage(t)
	win := window(t, newLabel("", sizeBody, colorText), 1024, 600)
	var tried []string
	words := NewWords("en")
	ShowLocked(LockedConfig{
		Window: win, Words: words, SetTheme: func(fyne.Theme) {}, Logger: slog.New(slog.DiscardHandler), Close: func() {},
		Open: func(passphrase string, then func(error)) {
			tried = append(tried, passphrase)
			if passphrase == "right" {
				then(nil)
			} else {
				then(errors.Join(ErrWrongPassphrase))
			}
		},
	})
	says := func(key string) bool {
		said := false
		widgets(win.Content(), func(o fyne.Widget) {
			if l, ok := o.(*label); ok && l.Visible() && l.text == words.Say(key) {
				said = true
			}
		})
		return said
	}
	field, ok := win.Canvas().Focused().(*entry)
	if !ok || !field.Password {
		t.Fatal("no field for a passphrase has the keyboard")
	}
	if says("lock.wrong") {
		t.Error("it complains before anything was typed")
	}
	test.Type(field, "wrong")
	field.OnSubmitted(field.Text)
	if !says("lock.wrong") {
		t.Error("it does not say that it is another")
	}
	field.SetText("right")
	if says("lock.wrong") {
		t.Error("it goes on complaining")
	}
	field.OnSubmitted(field.Text)
	if !slices.Equal(tried, []string{"wrong", "right"}) {
		t.Errorf("tried %q", tried)
	}
	widgets(win.Content(), func(o fyne.Widget) {
		if b, ok := o.(*button); ok && b.name == words.Say("lock.forgot") {
			b.Tapped(nil)
		}
	})
	if !says("lock.forgotHint") {
		t.Error("it does not say that there is no way around")
	}
}
