package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// entry is a field to type in. Keys it has no use for go to the window.
type entry struct {
	widget.Entry
	kit     *kit
	keyed   func(fyne.KeyName) bool // hears keys first; reports whether it had a use for one
	method  *composition            // of a search: its keys mean something else while a word is being composed
	shift   bool                    // is held
	focused bool
	lens    *icon  // before the text; nil for none
	gained  func() // hears of the focus; may be nil
}

func newEntry(k *kit, hint string) *entry {
	e := &entry{kit: k}
	e.PlaceHolder = hint
	e.ExtendBaseWidget(e)
	return e
}

// newLongEntry is an entry of several lines.
func newLongEntry(k *kit, hint string, rows int) *entry {
	e := newEntry(k, hint)
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.SetMinRowsVisible(rows)
	return e
}

// CreateRenderer is for Fyne.
func (e *entry) CreateRenderer() fyne.WidgetRenderer {
	return laidOut(newBoxed(e.Entry.CreateRenderer(), e, func() bool { return e.focused }, e.lens), e)
}

// FocusGained is for Fyne.
func (e *entry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	if !keepInSight(e) && e.kit.later != nil { // the page of a locked profile has no clock, and is low
		e.kit.after(drawnBy, func() {
			if e.focused {
				keepInSight(e)
			}
		})
	}
	if e.gained != nil {
		e.gained()
	}
}

// FocusLost is for Fyne.
func (e *entry) FocusLost() {
	e.focused, e.shift = false, false
	if e.method != nil {
		e.method.wrote()
	}
	e.Entry.FocusLost()
}

// AcceptsTab is for Fyne: Tab leads on from fields of several lines, too.
func (*entry) AcceptsTab() bool { return false }

// TypedKey is for Fyne.
func (e *entry) TypedKey(k *fyne.KeyEvent) {
	e.kit.stirred()
	if e.method != nil && e.method.key(k.Name) || e.keyed != nil && e.keyed(k.Name) {
		return
	}
	switch k.Name {
	case fyne.KeyF1, fyne.KeyEscape:
		passOn(e, k)
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedRune is for Fyne.
func (e *entry) TypedRune(r rune) {
	e.kit.stirred()
	if e.method != nil {
		e.method.wrote()
	}
	e.Entry.TypedRune(r)
}

// KeyDown is for Fyne.
func (e *entry) KeyDown(k *fyne.KeyEvent) {
	e.shift = e.shift || isShift(k.Name)
	e.Entry.KeyDown(k)
}

// KeyUp is for Fyne.
func (e *entry) KeyUp(k *fyne.KeyEvent) {
	e.shift = e.shift && !isShift(k.Name)
	e.Entry.KeyUp(k)
}

// TypedShortcut is for Fyne.
func (e *entry) TypedShortcut(s fyne.Shortcut) {
	if !e.kit.guest && !passShortcut(e, s) {
		e.Entry.TypedShortcut(s)
	}
}

// TappedSecondary is for Fyne: the menu of the field.
func (e *entry) TappedSecondary(at *fyne.PointEvent) { e.kit.fieldMenu(e, &e.Entry, at.Position) }

// textField is a field with text to copy and to paste.
type textField interface {
	fyne.Widget
	fyne.Focusable
	fyne.Shortcutable
}

// fieldMenu offers what can be done with the text of a field, whose entry is e.
func (k *kit) fieldMenu(f textField, e *widget.Entry, at fyne.Position) {
	if k.guest { // what one guest copied is not for the next
		return
	}
	k.window.Canvas().Focus(f)
	var items []menuItem
	add := func(name string, s fyne.Shortcut) {
		items = append(items, menuItem{text: k.say(name), do: func() { f.TypedShortcut(s) }})
	}
	if e.SelectedText() != "" {
		add("field.cut", &fyne.ShortcutCut{Clipboard: k.clipboard})
		add("field.copy", &fyne.ShortcutCopy{Clipboard: k.clipboard})
	}
	add("field.paste", &fyne.ShortcutPaste{Clipboard: k.clipboard})
	if e.Text != "" {
		add("field.all", &fyne.ShortcutSelectAll{})
	}
	k.menuAt(placeOf(f).Add(at), items)
}

// noIcon keeps the room of an icon, for one that we draw.
var noIcon = fyne.NewStaticResource("none", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>`))

// newSearch is an entry to search with, with a lens before it.
func newSearch(k *kit, hint string, changed func(string)) *entry {
	e := newEntry(k, hint)
	e.Icon, e.lens = noIcon, newIcon("search", colorMuted, 20)
	e.method = new(composition)
	e.OnChanged = changed
	e.keyed = func(key fyne.KeyName) bool {
		if key == fyne.KeyEscape && e.Text != "" {
			e.SetText("")
			return true
		}
		return false
	}
	return e
}

// tall gives a field the height of what can be tapped.
func tall(o fyne.CanvasObject) *fyne.Container { return newSized(0, touch, o) }

// field is an entry with its name above and, if something is wrong with it, what, below.
type field struct {
	Container *fyne.Container // named, not embedded: Fyne draws a container only when given itself
	wrong     *label
}

func newField(name string, input fyne.CanvasObject) *field {
	f := &field{wrong: newParagraph("", sizeCaption, colorDanger)}
	f.wrong.Hide()
	f.Container = newColumn(6, newLabel(name, sizeCaption, colorMuted).strong(), container.NewStack(input), f.wrong)
	return f
}

// complain says what is wrong, or with "" that nothing is.
func (f *field) complain(what string) {
	f.wrong.set(what)
	if what == "" {
		f.wrong.Hide()
	} else {
		f.wrong.Show()
	}
}
