package crowd

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

// BenchmarkCatchUp is how long a key waits at most while 10,000 messages come in at once: into the room in which one
// writes, and into another. Each event and each function of the UI's goroutine counts.
func BenchmarkCatchUp(b *testing.B) {
	for _, c := range []struct {
		name string
		row  float32
	}{{"open room", firstRow}, {"another room", secondRow}} {
		b.Run(c.name, func(b *testing.B) {
			var s strain
			for b.Loop() {
				s.catchUp(b, c.row, func(n int) string {
					return fmt.Sprintf("caught %d. 这个东西还在吗？我想明天下午过来看看。", n)
				}, 10_000)
			}
			s.report(b)
		})
	}
}

// BenchmarkHostile is how long a key waits while somebody's texts come in that were made to freeze a window, as long as
// anybody may write them.
func BenchmarkHostile(b *testing.B) {
	for name, piece := range map[string]string{
		"words": "word ", "chinese": "汉", "lines": "\n", "marks": "x\u0301\u0302\u0303\u0304\u0305\u0306", "emoji": "👩‍👩‍👧‍👦", "bidi": "\u202e\u2066x", "zero": "\x00",
		"private": "\ue000", "long word": "w", "ligature": "\ufdfa", "tags": "\U000e0041x", "spaces": "\u3000", "arabic": "\u0627\u0644\u0651",
	} {
		b.Run(name, func(b *testing.B) {
			words := func(n int) string {
				s := fmt.Sprintf("caught %d. 请看：", n)
				count := min((chat.MaxTextBytes-len(s))/len(piece), (chat.MaxText-40)/utf8.RuneCountInString(piece))
				return s + strings.Repeat(piece, count) + "."
			}
			var s strain
			for b.Loop() {
				s.catchUp(b, firstRow, words, 40)
			}
			s.report(b)
		})
	}
}

// strain is what the UI's goroutine had to bear.
type strain struct {
	keys, pictures  times
	slowest, waited time.Duration
	functions       int
}

func (s *strain) report(b *testing.B) {
	slices.Sort(s.pictures)
	b.ReportMetric(float64(s.slowest.Microseconds())/1000, "ms-function")
	b.ReportMetric(float64(s.waited.Microseconds())/1000, "ms-queue")
	b.ReportMetric(float64(s.pictures[len(s.pictures)-1].Microseconds())/1000, "ms-picture")
	b.ReportMetric(float64(s.functions)/float64(b.N), "functions/op")
	s.keys.report(b)
}

// catchUp lets n messages come in while one types.
func (s *strain) catchUp(b *testing.B, row float32, words func(int) string, n int) {
	folder := filepath.Join(b.TempDir(), "profile")
	if err := Fill(folder, Size{Messages: 2000, Rooms: 1000}); err != nil {
		b.Fatal(err)
	}
	d := open(b, folder)
	defer d.seller(words, n)()
	d.tap(railX, chatsY)
	d.until("the inbox", func() bool { return d.says("Tom Baker 1") })
	d.tap(listX, row)
	d.until("the room", func() bool { return d.says("Message 1998") || d.says("Is 1 all right") })
	for d.pump.turn() {
	}
	d.pump.slowest, d.pump.waited, d.pump.runs = 0, 0, 0
	seller, _ := Person(0)
	d.net.Mend(d.self.ID, seller)

	last := chat.MessageID{}
	due := time.Now()
	for begun := time.Now(); ; {
		if now := time.Now(); now.After(due) {
			d.win.Canvas().Focused().TypedRune('x')
			s.keys = append(s.keys, time.Since(due))
			due = due.Add(max(now.Sub(due), 30*time.Millisecond))
		}
		if !d.pump.turn() {
			view, err := d.node.Room(BigRoom(d.self.ID))
			if err != nil {
				b.Fatal(err)
			}
			if last = view.Last.ID; int(last.Seq) >= n && last.Device == lan.Device(77) && d.says(string([]rune(words(n - 1))[:12])) {
				break
			}
			if time.Since(begun) > patience {
				b.Fatalf("caught up to %d", last.Seq)
			}
			select {
			case <-d.pump.wake:
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	s.pictures.take(d.frame)
	s.slowest, s.waited = max(s.slowest, d.pump.slowest), max(s.waited, d.pump.waited)
	s.functions += d.pump.runs
	d.close()
}

// seller runs the node of Person(0) on another device, cut off, with n messages that wait; the function returned ends it.
func (d *desk) seller(words func(int) string, n int) func() {
	id, key := Person(0)
	self := chat.Identity{ID: id, Key: key, Device: lan.Device(77)}
	mem := storetest.NewMem(id)
	d.net.Cut(d.self.ID, id)
	node, stop := d.joins(self, mem, func(chat.Event) {})
	room, err := chat.Await(context.Background(), func(then func(chat.RoomID, error)) {
		node.OpenRoom(d.self.ID, id, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v.ID, err) })
	})
	if err != nil {
		d.Fatal(err)
	}
	done := make(chan error, n)
	for i := range n {
		node.Post(room, chat.Draft{Text: words(i)}, func(_ chat.Message, err error) { done <- err })
	}
	for range n {
		if err := <-done; err != nil {
			d.Fatal(err)
		}
	}
	return func() {
		stop()
		if err := mem.Close(); err != nil {
			d.Error(err)
		}
	}
}
