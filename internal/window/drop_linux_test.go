package window

import (
	"os"
	"path/filepath"
	"testing"
)

// TestD16Drop: files that a file manager drops on a room and on the goods editor are sent and offered, but for those that are
// no pictures.
func TestD16Drop(t *testing.T) {
	p := filled(t, Settings{})
	dir := t.TempDir()
	dropped := []string{filepath.Join(dir, "a folder"), filepath.Join(dir, "notes 中文.txt")}
	if err := os.Mkdir(dropped[0], 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dropped[1], []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kite", "plant"} {
		path, err := Drawing(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		dropped = append(dropped, path)
	}
	p.start()
	p.keys("ctrl+2")
	p.click(firstRow.X, firstRow.Y)
	p.rest("room")
	p.types("see")
	p.must(p.Drop(roomPart.Min.X+100, roomPart.Min.Y+100, dropped...))
	p.untilSeen("the pictures are ready", sendButton, chosenColor, 300)
	p.rest("dropped")
	p.keys("Return")
	p.rest("sent")
	p.keys("ctrl+n")
	p.rest("editor")
	p.types("Two at once")
	p.keys("Tab")
	p.types("25")
	p.must(p.Drop(titleField.X, titleField.Y, dropped...))
	p.rest("editor-dropped")
	p.keys("Return")
	p.rest("published")
	p.must(p.Stop())
	room := p.room()
	last := room.Messages[max(0, len(room.Messages)-2):]
	if len(last) != 2 || last[0].Image == nil || last[1].Image == nil || last[0].Text != "see" {
		t.Errorf("sent is %+v, want two pictures, the first one with the words", last)
	}
	for _, goods := range room.all {
		if goods.Title == "Two at once" {
			if len(goods.Photos) != 2 {
				t.Errorf("offered are %d photos, want 2", len(goods.Photos))
			}
			return
		}
	}
	t.Error("nothing is offered")
}
