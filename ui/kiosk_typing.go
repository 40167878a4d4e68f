package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// typed is a field that a keyboard on the screen writes into.
type typed interface {
	fyne.Focusable
	TypedRune(rune)
	TypedKey(*fyne.KeyEvent)
}

// deskPart is what a typeDesk shows.
type deskPart uint8

const (
	deskNothing deskPart = iota
	deskKeyboard
	deskPhrases
)

// typeDesk is what lies below a field, for people who have no keyboard before them: one on the screen, and phrases that are
// useful at a market, in both languages, so that Chinese needs no input method.
type typeDesk struct {
	kit    *kit
	object *fyne.Container
	to     typed
	focus  func()
	done   func() // Return was tapped
	shown  deskPart
	keys   *keyboard
	words  *phrasePad // nil: none
	told   func()     // another part is shown
}

// newTypeDesk makes a desk for a field. say hears the phrase that was tapped; without it there are no phrases.
func newTypeDesk(k *kit, to typed, say func(string)) *typeDesk {
	d := &typeDesk{kit: k, to: to, focus: func() {}, done: func() {}, told: func() {}, object: container.NewStack()}
	d.keys = newKeyboard(k, d.press)
	if say != nil {
		d.words = newPhrasePad(k, say)
	}
	d.object.Hide()
	return d
}

// field says how the field gets the focus.
func (d *typeDesk) field(focus func()) { d.focus = focus }

// show shows a part; what is shown already goes away.
func (d *typeDesk) toggle(part deskPart) {
	if d.shown == part {
		part = deskNothing
	}
	d.show(part)
}

// show shows a part.
func (d *typeDesk) show(part deskPart) {
	if d.shown == part {
		return
	}
	d.shown = part
	var on fyne.CanvasObject
	switch part {
	case deskKeyboard:
		on = d.keys.object
	case deskPhrases:
		on = d.words.object
	case deskNothing:
	}
	d.object.Objects = nil
	if on != nil {
		d.object.Objects = []fyne.CanvasObject{newFill(colorRail), on}
	}
	visible(d.object, on != nil)
	d.object.Refresh()
	d.told()
}

// press writes what a key says.
func (d *typeDesk) press(key string) {
	d.kit.stirred()
	switch key {
	case keyHide:
		d.show(deskNothing)
		return
	case keyBack:
		d.to.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	case keyEnter:
		d.done()
		return
	default:
		for _, r := range key {
			d.to.TypedRune(r)
		}
	}
	d.focus()
}
