package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// KioskHelp is the page of a kiosk that cannot go on by itself.
type KioskHelp struct {
	Window   fyne.Window
	Locale   string
	Detail   string // for the owner; our own words
	Settings KioskSettings
	SetTheme func(fyne.Theme)
	Again    func() // somebody wants it to be tried once more
}

// ShowKioskHelp fills the window with the words, in both languages, that the kiosk needs help.
func ShowKioskHelp(cfg KioskHelp) {
	first, second := NewWords("en"), NewWords("zh")
	if cfg.Settings.home(cfg.Locale) == "zh" {
		first, second = second, first
	}
	cfg.SetTheme(cfg.Settings.theme())
	disc := newPanel(colorWarnSoft, 48, newSized(96, 96, container.NewCenter(newIcon("warning", colorOnWarn, 46))))
	lines := []fyne.CanvasObject{container.NewCenter(disc)}
	for _, w := range []*Words{first, second} {
		lines = append(lines, newParagraph(w.Say("kiosk.help"), sizeTitle, colorText).strong().centred(),
			newParagraph(w.Say("kiosk.helpHint"), sizeBody, colorMuted).centred())
	}
	lines = append(lines, newSized(0, reach, newButton(primary, "refresh", first.Say("do.again")+" · "+second.Say("do.again"), cfg.Again)))
	if cfg.Detail != "" {
		lines = append(lines, newParagraph(cfg.Detail, sizeCaption, colorMuted).upTo(3).centred())
	}
	cfg.Window.SetContent(container.NewStack(newFill(colorPage), container.New(middle{640}, newColumn(14, lines...))))
	cfg.Window.SetOnDropped(func(fyne.Position, []fyne.URI) {})
	cfg.Window.SetCloseIntercept(func() {})
}
