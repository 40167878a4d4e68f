//go:build !headless

package main

import (
	"log/slog"

	"golang.org/x/sys/windows"
)

// nudger returns what moves the pointer by a point and back, which has the toolkit look at its shape once more.
func nudger(*slog.Logger) func() {
	const moves = 0x0001 // MOUSEEVENTF_MOVE
	event := windows.NewLazySystemDLL("user32.dll").NewProc("mouse_event")
	return func() {
		for _, by := range []int32{1, -1} {
			_, _, _ = event.Call(moves, uintptr(by), 0, 0, 0)
		}
	}
}
