package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// findBar is where one searches in a room: the words, at which match one is, and the ways to the one before and the one
// after. Matches are counted from the newest, which is where one begins.
type findBar struct {
	kit    *kit
	object *fyne.Container
	field  *entry
	count  *label

	// What a person does. All must be set.
	onQuery func(string)
	onStep  func(by int) // 1 is to the older one, -1 to the newer one
	onClose func()
}

func newFindBar(k *kit) *findBar {
	b := &findBar{kit: k, count: newWhole("", sizeCaption, colorMuted)}
	b.field = newSearch(k, k.say("room.find"), func(s string) { b.onQuery(s) })
	b.field.keyed = b.key
	step := func(by int) func() {
		return func() {
			b.onStep(by)
			k.window.Canvas().Focus(b.field) // a click took it away
		}
	}
	older := newIconButton("up", k.say("find.older"), step(1))
	newer := newIconButton("down", k.say("find.newer"), step(-1))
	done := newIconButton("close", k.say("do.close"), func() { b.onClose() })
	line := newRow(gap, 0, tall(b.field), inset(0, 0, gap, gap, b.count), older, newer, done)
	b.object = container.NewStack(newFill(colorSurface), inset(gap, grid, grid+gap, grid, line))
	b.object.Hide()
	return b
}

// key goes from one match to the next.
func (b *findBar) key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if b.field.shift {
			b.onStep(-1)
		} else {
			b.onStep(1)
		}
	case fyne.KeyUp:
		b.onStep(1)
	case fyne.KeyDown:
		b.onStep(-1)
	case fyne.KeyEscape:
		b.onClose()
	default:
		return false
	}
	return true
}

// say tells how far one is.
func (b *findBar) say(words string) {
	if b.count.text != words {
		b.count.set(words)
		b.object.Refresh() // the field gives way to it
	}
}

// focus takes the keyboard, all that was typed before selected.
func (b *findBar) focus() {
	b.kit.window.Canvas().Focus(b.field)
	b.field.TypedShortcut(&fyne.ShortcutSelectAll{})
}
