package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// canvasOf is the canvas that an object is on, nil if on none. Fyne tells it only through the running app; asked here
// and nowhere else, for focus and for keys that a widget has no use for.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	return fyne.CurrentApp().Driver().CanvasForObject(o) //nolint:forbidigo // see above
}

// placeOf is where an object is in its window; the corner if it is not on the screen.
func placeOf(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o) //nolint:forbidigo // as canvasOf
}

// passOn gives a key that the focused widget has no use for to the window.
func passOn(from fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := canvasOf(from); c != nil {
		if typed := c.OnTypedKey(); typed != nil {
			typed(e)
		}
	}
}

// passShortcut gives a key combination that no field has a use for, such as Ctrl+1, to the window, and reports whether it
// was one: Fyne gives all of them to the widget in focus alone.
func passShortcut(from fyne.CanvasObject, s fyne.Shortcut) bool {
	keys, ok := s.(*desktop.CustomShortcut)
	if !ok || len(keys.KeyName) != 1 { // fields have a use for arrows and the like
		return false
	}
	to, ok := canvasOf(from).(fyne.Shortcutable)
	if ok {
		to.TypedShortcut(s)
	}
	return ok
}
