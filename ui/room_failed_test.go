package ui

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// TestD5SendAgain: a message whose picture is on no machine any more says so, and is sent again by choosing the picture
// once more; X3: its words are not lost. What failed is not sent twice.
func TestD5SendAgain(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.says(w.me, room, "hello")
		w.rest()
		w.cut()
		p := w.enters(room)
		dir := t.TempDir()
		path := filepath.Join(dir, "a.png")
		if err := os.WriteFile(path, []byte("a.png"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.dropped([]string{path})
		w.settle()
		p.types("my lamp")
		w.settle()
		if got := p.said(); got != "hello:delivered my lamp:waiting" {
			t.Fatalf("shown %q", got)
		}
		m := p.thread.rows[len(p.thread.rows)-1].said
		w.me.mem.Lose(m.picture.Hash)
		w.app.leave()
		p = w.enters(room)
		if got := p.said(); got != "hello:delivered my lamp:failed" {
			t.Fatalf("its picture was lost: shown %q", got)
		}
		p.messageMenu(p.thread.rows[len(p.thread.rows)-1].said, fyne.NewPos(10, 10))
		w.app.kit.folder = dir
		w.chooses(1) // send again
		for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
			if c, ok := o.(*pickerCell); ok {
				test.Tap(c)
				w.settle()
				test.Tap(c.of.take)
				w.settle()
				break
			}
		}
		if len(p.composer.along.list) != 1 || p.composer.text() != "my lamp" {
			t.Fatalf("X3: %d pictures and %q are to be sent again", len(p.composer.along.list), p.composer.text())
		}
		p.composer.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		w.settle()
		w.mend()
		w.pass(10 * time.Second)
		if got := p.said(); got != "hello:delivered This message was withdrawn:withdrawn my lamp:delivered" {
			t.Errorf("shown %q", got)
		}
		page, err := w.wang.node.Messages(room, chat.MessageID{}, true, 10)
		if err != nil || len(page) != 2 || page[1].Text != "my lamp" || page[1].Picture != chat.ImageHere {
			t.Errorf("Wang has %+v, %v", page, err)
		}
	})
}

// TestD5FailedStays: what is delivered later says nothing of a message that failed; only an event of its own does.
func TestD5FailedStays(t *testing.T) {
	b := open(t, 0, 0)
	list := []*said{mineAt(0, 1, "one"), mineAt(1, 2, "two"), mineAt(2, 3, "three")}
	b.add(list)
	b.setState(list[1].id, chat.Failed)
	b.setState(list[2].id, chat.Delivered)
	state := func() (words string) {
		for _, s := range list {
			words += b.byID[s.id].said.state.String() + " "
		}
		return words
	}
	if got := state(); got != "delivered failed delivered " {
		t.Errorf("states are %s", got)
	}
	b.setState(list[1].id, chat.Delivered)
	if got := state(); got != "delivered delivered delivered " {
		t.Errorf("states are %s", got)
	}
}
