package ui

import "fyne.io/fyne/v2"

// canvasOf is the canvas that an object is on, nil if on none. Fyne tells it only through the running app; asked here
// and nowhere else, for focus and for keys that a widget has no use for.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	return fyne.CurrentApp().Driver().CanvasForObject(o) //nolint:forbidigo // see above
}

// passOn gives a key that the focused widget has no use for to the window.
func passOn(from fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := canvasOf(from); c != nil {
		if typed := c.OnTypedKey(); typed != nil {
			typed(e)
		}
	}
}
