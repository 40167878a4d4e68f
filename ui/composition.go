package ui

import "fyne.io/fyne/v2"

// composition tells keys that an input method is at work on from those meant for the program. Fyne delivers each raw key
// in any case, but the text only when it is complete: so keys that should write something and no rune since mean that a
// word is being composed, and Return, Backspace and the arrows belong to it. This is the only place that knows.
//
// A key that writes nothing in any layout looks the same, once: the next rune or Return puts that right.
type composition struct{ open int }

// key takes a raw key and reports whether it belongs to the input method.
func (c *composition) key(name fyne.KeyName) bool {
	if writes(name) {
		c.open++
		return false
	}
	if c.open == 0 {
		return false
	}
	switch name {
	case fyne.KeyBackspace:
		c.open--
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyEnd, fyne.KeyTab:
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape:
		c.open = 0
	default:
		c.open = 0
		return false
	}
	return true
}

// wrote takes note of text that came.
func (c *composition) wrote() { c.open = 0 }

// writes reports whether a key is one that types a character.
func writes(name fyne.KeyName) bool { return len(name) == 1 || name == fyne.KeySpace }
