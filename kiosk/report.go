package kiosk

import (
	"bufio"
	"encoding/json"
	"io"
	"time"
)

// Ended is how a window ended.
type Ended uint8

// The ways to end. The first two are wanted.
const (
	ByOwner Ended = iota // the owner's button, or the system's request to end
	Again                // somebody asked for a new start on the page that asks for help
	Crashed              // by itself, or killed
	Hung                 // it did not answer, and was killed
	Unable               // it could not be started at all
)

// Report is what the parent tells the window about itself, for the owner's page.
type Report struct {
	Begun    time.Time `json:"begun"`           // when the parent was started
	Restarts int       `json:"restarts"`        // since then
	Last     Ended     `json:"last,omitempty"`  // how the window ended last, if there were restarts
	LastAt   time.Time `json:"lastAt,omitzero"` // and when
	Help     bool      `json:"help,omitempty"`  // show the page that asks for help, and nothing else
}

// The lines of a window's output.
const (
	lineStarting = "starting" // it is on its way, the screen not yet
	lineAlive    = "alive"    // the goroutine that draws has just answered
)

// Tell writes a report for a window.
func Tell(w io.Writer, r Report) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// Hear reads the parent's report in a window. Whatever follows it is the parent's end: gone is called then.
func Hear(r io.Reader, gone func()) (Report, error) {
	lines := bufio.NewReader(r)
	var report Report
	raw, err := lines.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(raw, &report)
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		gone()
	}()
	return report, err
}

// Beat tells the parent once a second that the window lives: that it is starting until begun is closed, and then each time
// that do, which runs a function on the goroutine that draws, has done so. It returns when stop is closed, or nobody listens.
func Beat(w io.Writer, begun, stop <-chan struct{}, do func(func())) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		line := lineStarting
		select {
		case <-begun:
			line = lineAlive
			answered := make(chan struct{})
			do(func() { close(answered) })
			select {
			case <-answered:
			case <-stop:
				return
			}
		default:
		}
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}
