//go:build !headless

package main

import (
	"sync/atomic"

	"fyne.io/fyne/v2"
)

// notifier shows notifications through send, which may wait for the desktop as long as that likes: the caller never waits,
// and while one is on its way others are dropped. title and words are ui's own, never anything a peer wrote.
func notifier(send func(*fyne.Notification)) func(title, words string) {
	var sending atomic.Bool
	return func(title, words string) {
		if !sending.CompareAndSwap(false, true) {
			return
		}
		go func() {
			defer sending.Store(false)
			send(fyne.NewNotification(title, words)) //nolint:forbidigo // Config.Notify gets fixed words and own counts only
		}()
	}
}
