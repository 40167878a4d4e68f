package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// finder is a pane with something to search in.
type finder interface{ find() }

// holder is a list that knows whether the keyboard is in it.
type holder interface {
	holds(fyne.Focusable) bool
}

// bindKeys gives the window its keys. Every one of them is in the list that F1 shows.
func (a *App) bindKeys() {
	c := a.cfg.Window.Canvas()
	c.SetOnTypedKey(a.typed)
	add := func(key fyne.KeyName, modifier fyne.KeyModifier, do func()) {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: modifier}, func(fyne.Shortcut) {
			if c.Overlays().Top() == nil { // what lies on the window waits for an answer
				do()
			}
		})
	}
	control := fyne.KeyModifierShortcutDefault
	for i, key := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5} {
		add(key, control, func() { a.goTo(place(i)) })
	}
	add(fyne.KeyF, control, a.find)
	add(fyne.KeyN, control, func() { a.kit.ways.offer() })
	add(fyne.KeyComma, control, func() { a.goTo(placeSettings) })
	add(fyne.KeySlash, control, a.showKeys)
}

// typed hears the keys that nothing else has a use for.
func (a *App) typed(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyF1:
		a.showKeys()
	case fyne.KeyEscape:
		switch top := a.cfg.Window.Canvas().Overlays().Top().(type) {
		case *modal:
			top.close()
		case *curtain:
			top.leave()
		case *viewer:
			top.leave()
		case nil:
			detail := a.spots[a.at].detail
			if p, ok := detail.(*roomPane); ok && p.endFind() || detail == nil {
				return
			}
			a.leave()
		}
	default:
	}
}

// find takes the focus to a search: of the list if the focus is there; or of what is in front, or else of the list beside
// it, or else of the market.
func (a *App) find() {
	panes := []pane{a.frame.detail, a.frame.list}
	if h, ok := a.frame.list.(holder); ok && h.holds(a.cfg.Window.Canvas().Focused()) {
		slices.Reverse(panes)
	}
	for _, p := range panes {
		if f, ok := p.(finder); ok {
			if a.frame.narrow && p == a.frame.list && a.frame.detail != nil {
				a.leave()
			}
			f.find()
			return
		}
	}
	a.goTo(placeMarket)
	if f, ok := a.frame.list.(finder); ok {
		f.find()
	}
}

// showKeys lists the keys.
func (a *App) showKeys() {
	if _, open := a.cfg.Window.Canvas().Overlays().Top().(*modal); open {
		return
	}
	k := a.kit
	var m *modal
	list := newColumn(gap)
	for _, line := range []struct{ keys, what string }{
		{"Ctrl+1 … 5", k.say("keys.places")},
		{"Ctrl+F", k.say("keys.find")},
		{"Ctrl+N", k.say("keys.offer")},
		{"Ctrl+,", k.say("keys.settings")},
		{"Tab, Shift+Tab", k.say("keys.tab")},
		{"↑ ↓ ← →", k.say("keys.arrows")},
		{"Space", k.say("keys.press")},
		{"Enter, Shift+Enter", k.say("keys.send")},
		{"Enter, Shift+Enter", k.say("keys.matches")},
		{"+ - 0", k.say("keys.zoom")},
		{"Ctrl+C", k.say("keys.copy")},
		{"Ctrl+V", k.say("keys.paste")},
		{"Esc", k.say("keys.escape")},
		{"F1, Ctrl+/", k.say("keys.list")},
	} {
		key := newSized(160, 24, newPanel(colorRaised, 6, container.NewCenter(newWhole(line.keys, sizeCaption, colorText).strong())))
		list.Add(newRow(gutter, 1, key, newParagraph(line.what, sizeBody, colorText)))
	}
	done := newButton(primary, "", k.say("do.close"), func() { m.close() })
	m = showModal(k, 640, newColumn(gutter, newParagraph(k.say("settings.keys"), sizeTitle, colorText).strong(), list, container.New(toRight{grid}, done)), done)
}
