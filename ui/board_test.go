package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// copied is a clipboard for pictures.
type copied struct {
	file []byte
	err  error
}

// Copy is for the window.
func (c *copied) Copy(_ context.Context, file []byte) error {
	if c.err == nil {
		c.file = file
	}
	return c.err
}

// Paste is for the window.
func (c *copied) Paste(_ context.Context, limit int64) ([]byte, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case int64(len(c.file)) > limit:
		return nil, ErrPictureTooLarge
	case c.file == nil:
		return nil, ErrNoPicture
	default:
		return c.file, nil
	}
}

// pastes presses Ctrl+V with a text in the clipboard, beside what is on the board.
func (w *world) pastes(p *roomPane, words string) {
	p.composer.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{words}})
	w.settle()
}

// TestD16PastePicture: a picture in the clipboard goes along with the next message, as one that was chosen does.
func TestD16PastePicture(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		p := w.enters(room)
		w.board.file = []byte("screen.png")
		p.composer.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{}})
		p.types("look") // before the clipboard has answered
		w.settle()
		if got := p.composer.text(); got != "look" || len(p.composer.along.list) != 1 {
			t.Fatalf("the field holds %q, %d pictures go along", got, len(p.composer.along.list))
		}
		p.types("")
		w.settle()
		w.pass(10 * time.Second)
		page, err := w.wang.node.Messages(room, chat.MessageID{}, true, 10)
		if err != nil || len(page) != 1 || page[0].Image == nil || page[0].Text != "look" {
			t.Fatalf("Wang has %v, %v", page, err)
		}
		if len(p.composer.along.list) != 0 || p.composer.text() != "" {
			t.Errorf("%d pictures and %q are left", len(p.composer.along.list), p.composer.text())
		}
		w.pastes(p, "words") // of a program that copies both
		if got := p.composer.text(); got != "words" || len(p.composer.along.list) != 0 {
			t.Errorf("the field holds %q, %d pictures go along: text stays text", got, len(p.composer.along.list))
		}
		for range chat.MaxPhotos + 1 {
			w.pastes(p, "\x89PNG") // what the toolkit makes of some pictures
		}
		if n := len(p.composer.along.list); n != chat.MaxPhotos || !strings.Contains(p.composer.note.text, "9") {
			t.Errorf("%d pictures for one message, the word is %q", n, p.composer.note.text)
		}
	})
}

// TestD16PasteRefused: what cannot be pasted is said, in both languages, and what was written stays.
func TestD16PasteRefused(t *testing.T) {
	play(t, func(w *world) {
		p := w.enters(w.room(w.me, w.wang, w.me))
		p.composer.field.SetText("mine")
		for _, c := range []struct {
			file     string
			err      error
			key, has string
		}{
			{"", ErrNoPicture, "composer.pasteNone", "neither text nor a picture"},
			{"", ErrNoBoard, "composer.pasteCannot", "drop"},
			{"", ErrPictureTooLarge, "picture.tooLarge", "too many"},
			{"", errors.New("odd"), "composer.pasteFailed", "again"},
			{"", context.DeadlineExceeded, "composer.pasteFailed", "again"},
			{"a document", nil, "picture.unsupported", "Not a picture"},
		} {
			w.board = copied{[]byte(c.file), c.err}
			w.pastes(p, "")
			if note := p.composer.note; !note.Visible() || !strings.Contains(note.text, c.has) || note.text != w.app.kit.say(c.key) {
				t.Errorf("%q, %v: the word is %q", c.file, c.err, note.text)
			}
			if NewWords("zh").Say(c.key) == w.app.kit.say(c.key) {
				t.Errorf("%s has no Chinese", c.key)
			}
			if p.composer.text() != "mine" || len(p.composer.along.list) != 0 || p.composer.along.waiting() {
				t.Fatalf("%v: the field holds %q, %d pictures go along", c.err, p.composer.text(), len(p.composer.along.list))
			}
		}
		w.board = copied{}
		w.app.kit.board = nil
		w.pastes(p, "")
		if p.composer.note.text != w.app.kit.say("composer.pasteCannot") {
			t.Errorf("without a board the word is %q", p.composer.note.text)
		}
		w.pastes(p, " a\xffb")
		if got := p.composer.text(); got != "mine" {
			t.Errorf("the field holds %q", got)
		}
		w.app.kit.board = &w.board
		w.pastes(p, " a\xffb")
		if got := p.composer.text(); !strings.Contains(got, "mine") || !strings.Contains(got, " a") {
			t.Errorf("text of odd bytes is pasted as %q", got)
		}
	})
}

// TestD16PastedMemory: the pictures that wait in a composer take no more memory than one file may have.
func TestD16PastedMemory(t *testing.T) {
	play(t, func(w *world) {
		p := w.enters(w.room(w.me, w.wang, w.me))
		w.board.file = append(make([]byte, maxPasted/2), ".png"...)
		w.pastes(p, "")
		w.pastes(p, "")
		if n := len(p.composer.along.list); n != 1 || p.composer.note.text != w.app.kit.say("picture.tooLarge") {
			t.Errorf("%d pictures are held, the word is %q", n, p.composer.note.text)
		}
		p.composer.along.remove(p.composer.along.list[0])
		w.pastes(p, "")
		if n := len(p.composer.along.list); n != 1 {
			t.Errorf("%d pictures are held after one was removed", n)
		}
	})
}

// TestD18Copy: the picture that is shown large is copied by its key and its button, and what came of it is said on top of it.
func TestD18Copy(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		p := w.enters(w.room(w.me, w.wang, w.me))
		for _, name := range []string{"a.png", "b.png"} {
			w.board.file = []byte(name)
			w.pastes(p, "")
		}
		p.types("two")
		w.settle()
		w.board.file = nil
		last := p.thread.visible[len(p.thread.visible)-1]
		p.thread.act(last.row, partPhoto)
		v, ok := w.win.Canvas().Overlays().Top().(*viewer)
		if !ok {
			t.Fatal("no viewer")
		}
		press := func(s fyne.Shortcut) {
			to, ok := w.win.Canvas().Focused().(fyne.Shortcutable)
			if !ok {
				t.Fatal("the viewer does not have the focus")
			}
			to.TypedShortcut(s)
			w.settle()
		}
		press(&fyne.ShortcutCopy{})
		if string(w.board.file) != "b.png" || v.told.Hidden || v.told.words.text != "Picture copied" {
			t.Errorf("copied %q, told %q", w.board.file, v.told.words.text)
		}
		test.Tap(v.previous)
		press(&fyne.ShortcutPaste{})
		press(&fyne.ShortcutCopy{})
		if string(w.board.file) != "a.png" {
			t.Errorf("after turning back copied is %q", w.board.file)
		}
		for _, c := range []struct {
			err error
			key string
		}{{ErrNoBoard, "photo.copyCannot"}, {errors.New("odd"), "photo.copyFailed"}, {chat.ErrNotFound, "save.notHere"}} {
			w.board.err = c.err
			test.Tap(v.copy)
			w.settle()
			if got := v.told.words.text; got != w.app.kit.say(c.key) || NewWords("zh").Say(c.key) == got {
				t.Errorf("%v: told %q", c.err, got)
			}
		}
		w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.win.Canvas().Overlays().Top() != nil {
			t.Error("Esc does not close the viewer after a button was tapped")
		}
		w.board.err = nil
		w.win.Canvas().Focus(p.thread)
		press(&fyne.ShortcutPaste{Clipboard: &clip{}})
		if n := len(p.composer.along.list); n != 1 || w.win.Canvas().Focused() != fyne.Focusable(p.composer.field) {
			t.Errorf("pasted while the focus is on what was said: %d pictures go along", n)
		}
	})
}
