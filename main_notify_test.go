//go:build !headless

package main

import (
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"

	"haggle/ui"
)

// TestF2DesktopThatHangs: a desktop that does not answer stops nobody, and nothing piles up before it.
func TestF2DesktopThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		words := ui.NewWords("en")
		answers := make(chan struct{})
		notify := notifier(func(n *fyne.Notification) {
			<-answers
			shown = append(shown, n.Title+": "+n.Content)
		})
		for range 3 {
			notify(ui.NewNotice(1, 1, words))
			synctest.Wait()
		}
		close(answers)
		synctest.Wait()
		notify(ui.NewNotice(3, 2, words))
		synctest.Wait()
		if len(shown) != 2 || shown[0] != "Haggle: New message" || shown[1] != "Haggle: 3 new messages in 2 chats" {
			t.Errorf("shown %q", shown)
		}
	})
}
