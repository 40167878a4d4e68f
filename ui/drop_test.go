package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// droppedFiles makes a folder "stuff", a text "notes.txt" and some pictures, and names them in that order.
func droppedFiles(t *testing.T, pictures int) []string {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "stuff"), filepath.Join(dir, "notes.txt")}
	if err := os.Mkdir(paths[0], 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range pictures {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.png", i)))
	}
	for i, path := range paths[1:] {
		data := "picture " + filepath.Base(path)
		if i == 0 {
			data = "no drawing"
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// drops drops files on the window.
func (w *world) drops(paths ...string) {
	uris := make([]fyne.URI, len(paths))
	for i, path := range paths {
		uris[i] = storage.NewFileURI(path)
	}
	w.app.drop(fyne.Position{}, uris)
	w.settle()
}

// TestD16Drop: of what is dropped on a room the pictures go along with what is written there, and what is no picture is named.
func TestD16Drop(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		p := w.enters(room)
		test.Type(p.composer.field, "see")
		w.drops(droppedFiles(t, 2)...)
		said := func(words ...string) {
			t.Helper()
			for _, s := range words {
				if note := p.composer.note; !note.Visible() || !strings.Contains(note.text, s) {
					t.Errorf("the word is %q, want %q in it", note.text, s)
				}
			}
		}
		said("stuff: "+w.app.kit.say("picture.folder"), "notes.txt: "+w.app.kit.say("picture.unsupported"))
		if n := len(p.composer.along.list); n != 2 || p.composer.text() != "see" || p.composer.send.disabled {
			t.Errorf("%d pictures go along with %q", n, p.composer.text())
		}
		w.drops(filepath.Join(t.TempDir(), "gone.png"))
		said("gone.png: " + w.app.kit.say("picture.unreadable"))
		if strings.Contains(p.composer.note.text, "stuff") {
			t.Errorf("the word is still of what was dropped before: %q", p.composer.note.text)
		}
		w.drops(droppedFiles(t, chat.MaxPhotos-2)...)
		if n := len(p.composer.along.list); n != chat.MaxPhotos {
			t.Errorf("%d pictures go along: what is no picture takes the place of one", n)
		}
		w.drops(droppedFiles(t, 1)...)
		said("At most 9")
		p.types("")
		w.settle()
		w.pass(10 * time.Second)
		page, err := w.wang.node.Messages(room, chat.MessageID{}, true, 20)
		if err != nil || len(page) != chat.MaxPhotos || page[0].Text != "see" {
			t.Fatalf("Wang has %d messages, %v", len(page), err)
		}
		for i, m := range page {
			if m.Image == nil {
				t.Errorf("message %d has no picture", i)
			}
		}
		w.app.goTo(placeMarket)
		w.drops(droppedFiles(t, 1)...)
		if got := w.app.frame.toast; got.Hidden || got.words.text != w.app.kit.say("picture.elsewhere") {
			t.Errorf("dropped where no picture goes, the word is %q", got.words.text)
		}
	})
}

// TestC1Drop: of what is dropped on the editor the pictures become photos, and what is no picture is named.
func TestC1Drop(t *testing.T) {
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		s.write(e.title, "Teapot")
		drop(s, droppedFiles(t, chat.MaxPhotos))
		if n := len(e.photos.ready()); n != chat.MaxPhotos || e.title.Text != "Teapot" {
			t.Errorf("%d photos of %q: what is no picture takes the place of one", n, e.title.Text)
		}
		for _, want := range []string{"stuff: " + s.app.kit.say("picture.folder"), "notes.txt: " + s.app.kit.say("picture.unsupported")} {
			if wrong := e.photoField.wrong; !wrong.Visible() || !strings.Contains(wrong.text, want) {
				t.Errorf("the field says %q, want %q in it", wrong.text, want)
			}
		}
		drop(s, droppedFiles(t, 1))
		if wrong := e.photoField.wrong.text; len(e.photos.tiles) != chat.MaxPhotos || !strings.Contains(wrong, "At most 9") {
			t.Errorf("%d photos, the field says %q", len(e.photos.tiles), wrong)
		}
	})
}

func TestRefusals(t *testing.T) {
	r := refusals{kit: &kit{words: NewWords("en")}}
	if r.words() != "" {
		t.Errorf("of nothing is said %q", r.words())
	}
	for _, c := range []struct{ path, why, want string }{
		{"/a/one", "Bad.", "one: Bad."},
		{"/b/two", "Bad.", "one, two: Bad."},
		{"", "Enough.", "one, two: Bad.\nEnough."},
		{"/b/three", "Bad.", "one, two, three: Bad.\nEnough."},
		{"/b/four", "Bad.", "one, two, three and 1 more: Bad.\nEnough."},
		{"/b/\u202efive", "Odd.", "one, two, three and 1 more: Bad.\nEnough.\nfive: Odd."},
	} {
		r.add(c.path, c.why)
		if got := r.words(); got != c.want {
			t.Errorf("said is %q, want %q", got, c.want)
		}
	}
	if r.clear(); r.words() != "" {
		t.Error("it is not forgotten")
	}
}
