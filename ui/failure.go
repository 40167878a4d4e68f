package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// StartFailure is why the program could not start.
type StartFailure uint8

// The reasons that a person can do something about, and the rest.
const (
	StartOther StartFailure = iota
	StartLocked
	StartNewer
	StartDiskFull
	StartDamaged
	StartPadlock
)

// FailureConfig is what the page of a failed start needs. All but Words and Detail is required.
type FailureConfig struct {
	Window   fyne.Window
	Locale   string
	Words    *Words // those of the locale if nil
	What     StartFailure
	Detail   string // for whoever is asked for help; our own words
	SetTheme func(fyne.Theme)
	Close    func()
}

// ShowFailure fills the window with the reason why there is nothing else to show, and what to do.
func ShowFailure(cfg FailureConfig) {
	words := cfg.Words
	if words == nil {
		words = NewWords(LanguageOf(cfg.Locale))
	}
	title, hint := words.Say("start.other"), words.Say("start.otherHint")
	switch cfg.What {
	case StartLocked:
		title, hint = words.Say("start.locked"), words.Say("start.lockedHint")
	case StartNewer:
		title, hint = words.Say("start.newer"), words.Say("start.newerHint")
	case StartDiskFull:
		title, hint = words.Say("start.diskFull"), words.Say("start.diskFullHint")
	case StartDamaged:
		title, hint = words.Say("start.damaged"), words.Say("start.damagedHint")
	case StartPadlock:
		title, hint = words.Say("start.padlock"), words.Say("start.padlockHint")
	case StartOther:
	}
	cfg.SetTheme(&Theme{})
	detail := newParagraph(cfg.Detail, sizeCaption, colorMuted).upTo(4).centred()
	page := newEmpty("warning", title, hint, newButton(primary, "", words.Say("do.close"), cfg.Close))
	cfg.Window.SetContent(container.NewStack(newFill(colorPage), page, container.NewBorder(nil, pad(gutter, detail), nil, nil)))
	cfg.Window.Resize(fyne.NewSize(560, 440))
}
