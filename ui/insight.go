package ui

import (
	"sync"
	"time"
	"weak"

	"fyne.io/fyne/v2"
)

// pages are those of all windows. In this toolkit nothing knows what it lies on, so that whatever gets the focus has to look
// for its page among them. They are held weakly: nobody takes them out.
var pages pageList

type pageList struct {
	mu  sync.Mutex
	all []weak.Pointer[page]
}

func (l *pageList) add(p *page) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, weak.Make(p))
}

// on are the pages that are on a canvas.
func (l *pageList) on(c fyne.Canvas) (found []*page) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.all[:0]
	for _, w := range l.all {
		p := w.Value()
		if p == nil {
			continue
		}
		left = append(left, w)
		if p.Visible() && canvasOf(p) == c {
			found = append(found, p)
		}
	}
	clear(l.all[len(left):])
	l.all = left
	return found
}

// keepInSight scrolls the page that something lies on until all of it is seen: it has got the focus, and who walks through a
// page by the keyboard wants to see where. False says that it was not drawn yet, and nobody knows where it will be.
func keepInSight(o fyne.CanvasObject) bool {
	c := canvasOf(o)
	if c == nil {
		return false
	}
	for _, p := range pages.on(c) {
		if p.holds(o) {
			p.reveal(o)
		}
	}
	return true
}

// drawnBy is when something new is on the screen: a few frames.
const drawnBy = 50 * time.Millisecond
