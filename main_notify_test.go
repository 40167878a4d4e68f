//go:build !headless

package main

import (
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
)

// TestF2DesktopThatHangs: a desktop that does not answer stops nobody, and nothing piles up before it.
func TestF2DesktopThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		answers := make(chan struct{})
		notify := notifier(func(n *fyne.Notification) {
			<-answers
			shown = append(shown, n.Title+": "+n.Content)
		})
		for range 3 {
			notify("Haggle", "New message")
			synctest.Wait()
		}
		close(answers)
		synctest.Wait()
		notify("Haggle", "again")
		synctest.Wait()
		if len(shown) != 2 || shown[0] != "Haggle: New message" || shown[1] != "Haggle: again" {
			t.Errorf("shown %q", shown)
		}
	})
}
