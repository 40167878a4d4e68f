package ui

import (
	"log/slog"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// LockedConfig is what the page before a locked profile needs. All but Words is required.
type LockedConfig struct {
	Window   fyne.Window
	Locale   string
	Words    *Words // those of the locale if nil
	SetTheme func(fyne.Theme)
	Logger   *slog.Logger
	// Clipboard is the system's.
	Clipboard fyne.Clipboard
	// Open tries a passphrase and calls then on the UI's goroutine: with ErrWrongPassphrase, or with nil when the window shows
	// something else.
	Open  func(passphrase string, then func(error))
	Close func()
}

// ShowLocked fills the window with the page that asks for the passphrase.
func ShowLocked(cfg LockedConfig) {
	words := cfg.Words
	if words == nil {
		words = NewWords(LanguageOf(cfg.Locale))
	}
	cfg.SetTheme(&Theme{})
	k := &kit{window: cfg.Window, words: words, log: cfg.Logger, clipboard: cfg.Clipboard, busy: new(sync.WaitGroup)}
	typed := newEntry(k, "")
	typed.Password = true
	passphrase := newField(k.say("lock.passphrase"), tall(typed))
	hint := newParagraph(k.say("lock.openHint"), sizeBody, colorMuted).centred()
	var (
		open, forgot *button
		p            *page
		view         fyne.CanvasObject
		working      bool
	)
	try := func() {
		if working {
			return
		}
		working = true
		open.enable(false)
		passphrase.complain("")
		hint.set(k.say("lock.opening"))
		view.Refresh()
		cfg.Open(typed.Text, func(err error) {
			if err == nil {
				return
			}
			working = false
			open.enable(true)
			hint.set(k.say("lock.openHint"))
			passphrase.complain(k.say("lock.wrong"))
			view.Refresh()
			cfg.Window.Canvas().Focus(typed)
			keepInSight(typed) // with what is said below it
		})
	}
	typed.OnSubmitted = func(string) { try() }
	typed.OnChanged = func(string) {
		if !working {
			passphrase.complain("")
			view.Refresh()
		}
	}
	open = newButton(primary, "", k.say("lock.open"), try)
	forgot = newButton(plain, "", k.say("lock.forgot"), func() {
		hint.set(k.say("lock.forgotHint"))
		view.Refresh()
	})
	p = newPage(440, inset(gutter, gutter, 32, 32, newColumn(gutter,
		container.NewCenter(newSized(72, 72, programIcon())),
		newParagraph(k.say("lock.locked"), sizeDisplay, colorText).strong().centred(),
		hint,
		passphrase.Container,
		inset(grid, 0, 0, 0, open),
		newRow(grid, 1, forgot, container.NewWithoutLayout(), newButton(plain, "", k.say("do.close"), cfg.Close)),
	)))
	card := newCard(pad(grid, p))
	card.lifted = true
	view = container.NewStack(newFill(colorPage), container.New(sheet{p}, card))
	cfg.Window.SetContent(view)
	cfg.Window.Resize(fyne.NewSize(640, 560))
	cfg.Window.Canvas().Focus(typed)
}
