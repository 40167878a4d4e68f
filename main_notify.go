//go:build !headless

package main

import (
	"sync/atomic"

	"fyne.io/fyne/v2"

	"haggle/ui"
)

// notifier shows notifications through send, which may wait for the desktop as long as that likes: the caller never waits,
// and while one is on its way others are dropped.
func notifier(send func(*fyne.Notification)) func(ui.Notice) {
	var sending atomic.Bool
	return func(n ui.Notice) {
		if !sending.CompareAndSwap(false, true) {
			return
		}
		go func() {
			defer sending.Store(false)
			send(fyne.NewNotification(n.Title(), n.Text())) //nolint:forbidigo // a Notice has fixed words and own counts only
		}()
	}
}
