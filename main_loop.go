//go:build !headless

package main

import (
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

const (
	// toolkitPatience is how long the toolkit may take to end.
	toolkitPatience = 2 * time.Second
	// windowPatience is how long node, network and store may take to end once the window is closed.
	windowPatience = 4 * time.Second
)

// loop is the toolkit's, on the main goroutine: the only way onto the UI's goroutine, and how the program ends. Fyne 2.8 needs
// both. What it is asked for after its end it does at once, on whatever goroutine asks, with a window that is gone, or it
// panics; and it may never come back from its end: the event that tells of it can be on its way to a queue that nobody reads
// any more. Usable from any goroutine.
type loop struct {
	app     fyne.App
	log     *slog.Logger
	exit    func(int) // os.Exit but in tests
	parting func()    // what the UI's goroutine still does before the end, nil for nothing. Set by it, or before it runs.

	over   atomic.Bool
	status int           // to exit with
	told   chan struct{} // closed once over and status are set
}

func newLoop(a fyne.App, log *slog.Logger) *loop {
	return &loop{app: a, log: log, exit: os.Exit, told: make(chan struct{})}
}

// do runs f on the UI's goroutine, soon and in the order of the calls, unless the program is to end by then.
func (l *loop) do(f func()) {
	if l.over.Load() {
		return
	}
	l.post(func() {
		if !l.over.Load() {
			f()
		}
	})
}

// pulse runs f on the UI's goroutine as long as that has to answer, and then at once: f may run anywhere.
func (l *loop) pulse(f func()) {
	if l.over.Load() {
		f()
		return
	}
	l.post(f)
}

// quit ends the toolkit, and with it the program, with an exit status. Only the first call counts.
func (l *loop) quit(status int) {
	if !l.close(status) {
		return
	}
	l.post(func() {
		if l.parting != nil {
			l.parting()
		}
		l.app.Quit()
	})
}

// close lets nothing more onto the UI's goroutine. False says that it was so before.
func (l *loop) close(status int) bool {
	if !l.over.CompareAndSwap(false, true) {
		return false
	}
	l.status = status
	close(l.told)
	return true
}

// post is fyne.Do. A signal ends the toolkit without us, and it takes away its queue while we are about to use it.
func (l *loop) post(f func()) {
	var ours atomic.Bool
	defer func() {
		if !ours.Load() && recover() != nil {
			l.log.Debug("The toolkit has ended before")
		}
	}()
	fyne.Do(func() {
		ours.Store(true)
		f()
	})
}

// run runs the toolkit by start, then end, and returns the exit status. end is given that of quit, and returns the one that
// holds. Where either takes too long, the process exits.
func (l *loop) run(start func(), end func(status int) int) int {
	finish := sync.OnceValue(func() int {
		late := time.AfterFunc(windowPatience, func() {
			l.log.Error("Ended before everything was in order; nothing is lost")
			l.exit(l.status)
		})
		defer late.Stop()
		return end(l.status)
	})
	ended := make(chan struct{})
	go func() {
		<-l.told
		select {
		case <-ended:
		case <-time.After(toolkitPatience):
			l.log.Error("The toolkit does not end")
			l.exit(finish())
		}
	}()
	start()
	l.close(statusDone) // it may have ended by itself
	close(ended)
	<-l.told
	return finish()
}
