package ui

import (
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// TestColourfulTextComesInParts: of a text of thousands of drawings only so many are painted in one frame, in the next
// ones the rest follows, and what is painted stays while it is scrolled.
func TestColourfulTextComesInParts(t *testing.T) {
	b := open(t, 0, 0)
	var ticks []func()
	b.kit.later = func(_ time.Duration, f func()) { ticks = append(ticks, f) }
	m := chat.Message{ID: sayingAt(1, "").id, Text: strings.Repeat("😀", 2000), State: chat.Received}
	b.show([]*said{sayable(&m, chat.PeerID{}, nil)}, false, false, chat.MessageID{})
	v := b.views[b.byID[m.ID]]
	painted := func() (n int) {
		for _, o := range v.texts[:v.used] {
			n += colourful(o.Text)
		}
		return n
	}
	frames, before := 1, 0
	for ; ; frames++ {
		if now := painted(); now-before > 2*inkMost || now == before {
			t.Fatalf("frame %d paints %d more", frames, now-before)
		} else {
			before = now
		}
		if !v.late {
			break
		}
		tick := ticks[0]
		ticks = ticks[1:]
		tick()
	}
	inView := int(b.Size().Height/b.fonts().body.height()) - 3
	if perLine := painted() / v.used; frames < 4 || v.used < inView || perLine < 10 {
		t.Fatalf("%d lines of %d drawings after %d frames", v.used, perLine, frames)
	}
	for _, tick := range ticks {
		tick()
	}
	for _, dy := range []float32{25, 25, 25, -25, -25} {
		b.spent = 0
		b.scroll(dy)
		if v.used < v.shown.last-v.shown.first-1 {
			t.Errorf("scrolled by %v, lines wait that were painted: %d of %d lines, %d spent", dy, v.used, v.shown.last-v.shown.first, b.spent)
		}
	}
}

// TestScrollingALongTextPaintsLinesOnce: lines that stay in view keep the objects that they are painted on.
func TestScrollingALongTextPaintsLinesOnce(t *testing.T) {
	b := open(t, 0, 0)
	var lines []string
	for i := range 190 {
		lines = append(lines, strings.Repeat("x", i%9)+" line "+strings.Repeat("y", i/9))
	}
	m := chat.Message{ID: sayingAt(1, "").id, Text: strings.Join(lines, "\n"), State: chat.Received}
	b.show([]*said{sayable(&m, chat.PeerID{}, nil)}, false, false, chat.MessageID{})
	v := b.views[b.byID[m.ID]]
	for _, dy := range []float32{25, 25, 40, 40, -40, -25} {
		on := map[any]string{}
		for _, o := range v.texts[:v.used] {
			on[o] = o.Text
		}
		b.scroll(dy)
		anew := 0
		for _, o := range v.texts[:v.used] {
			if on[o] != o.Text {
				anew++
			}
		}
		if anew > 3 || v.used < 15 {
			t.Errorf("scrolled by %v, %d of %d lines are painted anew", dy, anew, v.used)
		}
	}
}
