package kiosk

import (
	"context"
	"log/slog"
	"time"
)

// When a window counts as hung, and how it comes back. A window that hangs is back within hangAfter, the first pause and
// what it takes to start: less than ten seconds together.
const (
	beatEvery  = time.Second
	hangAfter  = 5 * time.Second // without an answer of the goroutine that draws
	startLimit = 3 * time.Minute // until the first one: a store may have to be mended first
	firstPause = 500 * time.Millisecond
	mostPause  = 4 * time.Second
	endsMost   = 5 // in endsWithin, and then it asks for help
	endsWithin = 5 * time.Minute
	helpPause  = time.Minute      // before the page that asks for help comes back
	helpTime   = 10 * time.Minute // until the page that asks for help gives way to another try
)

// Window is one that runs, as a process.
type Window interface {
	// Lines are what it tells, without line ends; closed when it has ended.
	Lines() <-chan string
	// Kill ends it at once. Not an error if it has ended.
	Kill()
	// Quit asks it to end in order.
	Quit()
	// Wait returns how it ended: ByOwner, Again or Crashed. Only once Lines is closed.
	Wait() Ended
}

// Keeper keeps a window running.
type Keeper struct {
	Start  func(Report) (Window, error)
	Logger *slog.Logger

	report Report
	ends   []time.Time // of the windows that ended by themselves lately
}

// Run keeps a window running until its owner ends it or ctx ends, which ends the window.
func (k *Keeper) Run(ctx context.Context) error {
	k.report = Report{Begun: time.Now()}
	for {
		how := k.watch(ctx)
		if ctx.Err() != nil || how == ByOwner {
			return nil
		}
		pause := time.Duration(0)
		if how == Again {
			k.ends, k.report.Help = nil, false
		} else {
			pause = k.pause(how)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// pause notes that a window has ended unasked and tells how long to wait before the next.
func (k *Keeper) pause(how Ended) time.Duration {
	now := time.Now()
	k.report.Restarts++
	k.report.Last, k.report.LastAt = how, now
	if k.report.Help {
		return helpPause
	}
	lately := k.ends[:0]
	for _, at := range k.ends {
		if now.Sub(at) < endsWithin {
			lately = append(lately, at)
		}
	}
	k.ends = append(lately, now)
	if len(k.ends) > endsMost {
		k.Logger.Error("The window ends again and again: asking for help")
		k.report.Help = true
		return 0
	}
	return min(firstPause<<(len(k.ends)-1), mostPause)
}

// watch runs one window and returns how it ended.
func (k *Keeper) watch(ctx context.Context) Ended {
	w, err := k.Start(k.report)
	if err != nil {
		k.Logger.Error("Window not started", "err", err)
		return Unable
	}
	var enough <-chan time.Time
	if k.report.Help {
		enough = time.After(helpTime)
	}
	begun := time.Now()
	silence := time.NewTimer(hangAfter)
	defer silence.Stop()
	hung, again := false, false
	for lines := w.Lines(); ; {
		select {
		case line, more := <-lines:
			switch {
			case !more:
				return k.ended(w, hung, again)
			case line == lineAlive, line == lineStarting && time.Since(begun) < startLimit:
				silence.Reset(hangAfter)
			}
		case <-silence.C:
			hung = true
			w.Kill()
		case <-enough:
			again = true
			w.Quit()
			silence.Reset(hangAfter)
		case <-ctx.Done():
			w.Quit()
			end(w)
			return ByOwner
		}
	}
}

// ended tells how a window ended that has.
func (k *Keeper) ended(w Window, hung, again bool) Ended {
	how := w.Wait()
	switch {
	case again:
		return Again
	case hung:
		how = Hung
		k.Logger.Error("The window did not answer and was killed")
	case how == Crashed:
		k.Logger.Error("The window ended by itself")
	}
	return how
}

// end waits for a window that was asked to end, as long as one has that hangs.
func end(w Window) {
	late := time.AfterFunc(hangAfter, w.Kill)
	defer late.Stop()
	for range w.Lines() { // whatever it still tells
	}
	_ = w.Wait()
}
