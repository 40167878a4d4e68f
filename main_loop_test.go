//go:build !headless

package main

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
)

func newTestLoop(t *testing.T) *loop {
	t.Helper()
	return newLoop(test.NewTempApp(t), slog.New(slog.DiscardHandler))
}

// TestNothingIsDoneAfterTheEnd: what comes while the toolkit ends must not reach a window that is gone: a tray that went away
// with the session raised it, and the program panicked.
func TestNothingIsDoneAfterTheEnd(t *testing.T) {
	l := newTestLoop(t)
	var did []string
	l.parting = func() {
		did = append(did, "parted")
		l.do(func() { did = append(did, "late") })
	}
	l.do(func() { did = append(did, "early") })
	s := &stage{loop: l, hidden: true, desktop: bareDesktop{}} // without a window
	l.quit(statusAgain)
	l.quit(statusFailed)
	l.do(s.trayGone)
	beats := 0
	l.pulse(func() { beats++ }) // or a kiosk that takes its time to end would count as hung
	if beats != 1 {
		t.Error("no pulse while it ends")
	}
	if len(did) != 2 || did[0] != "early" || did[1] != "parted" {
		t.Errorf("done is %v", did)
	}
	ended := 0
	status := l.run(func() {}, func(status int) int { ended++; return status })
	if status != statusAgain || ended != 1 {
		t.Errorf("ended %d times with %d", ended, status)
	}
}

// TestToolkitThatDoesNotEnd: a program that quits is gone soon, and all that it holds with it, though Fyne waits for ever.
func TestToolkitThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLoop(t)
		exited := make(chan int, 1)
		l.exit = func(status int) { exited <- status }
		hangs := make(chan struct{})
		returned := make(chan int, 1)
		ended := 0
		go func() { returned <- l.run(func() { <-hangs }, func(status int) int { ended++; return status }) }()
		<-time.After(time.Hour)
		l.quit(statusAgain)
		begun := time.Now()
		if status := <-exited; status != statusAgain || ended != 1 || time.Since(begun) != toolkitPatience {
			t.Errorf("exits with %d after %v, ended %d times", status, time.Since(begun), ended)
		}
		close(hangs)
		if status := <-returned; status != statusAgain || ended != 1 {
			t.Errorf("then returns %d, ended %d times", status, ended)
		}
	})
}

// TestEndThatTakesTooLong: whatever does not end with the window ends with the process.
func TestEndThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLoop(t)
		exited := make(chan int, 1)
		l.exit = func(status int) { exited <- status }
		hangs := make(chan struct{})
		returned := make(chan int, 1)
		begun := time.Now()
		go func() { returned <- l.run(func() {}, func(status int) int { <-hangs; return status }) }()
		if status := <-exited; status != statusDone || time.Since(begun) != windowPatience {
			t.Errorf("exits with %d after %v", status, time.Since(begun))
		}
		close(hangs)
		<-returned
	})
}
