package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// said is the messages a room shows, oldest first, with the state of own ones.
func (p *roomPane) said() string {
	var words []string
	for _, r := range p.thread.rows {
		switch {
		case !r.message():
		case r.said.mine:
			words = append(words, r.words(p.thread)+":"+r.said.state.String())
		default:
			words = append(words, r.words(p.thread))
		}
	}
	return strings.Join(words, " ")
}

// types types into the composer, and Return.
func (p *roomPane) types(words string) {
	test.Type(p.composer.field, words)
	p.composer.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

// tapButton taps the button with some words, in what is on the screen of the window.
func (w *world) tapButton(words string) {
	w.Helper()
	var found *button
	for _, o := range append([]fyne.CanvasObject{w.win.Content()}, w.win.Canvas().Overlays().List()...) {
		for _, inside := range test.LaidOutObjects(o) {
			if b, ok := inside.(*button); ok && b.name == words && b.Visible() {
				found = b
			}
		}
	}
	if found == nil {
		w.Fatalf("no button says %q", words)
	}
	test.Tap(found)
	w.settle()
}

func TestRoomTalk(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		p := w.enters(room)
		if !p.state.Visible() || !strings.Contains(p.load.text, "Wang") {
			t.Errorf("an empty room says %q", p.load.text)
		}
		p.types("hello")
		if p.said() != "" {
			t.Errorf("shown before the node told of it: %s", p.said())
		}
		w.settle()
		if p.composer.text() != "" || p.state.Visible() {
			t.Errorf("the field holds %q", p.composer.text())
		}
		w.says(w.wang, room, "hi", "there")
		w.pass(2 * time.Second)
		if got := p.said(); got != "hello:delivered hi there" {
			t.Errorf("shown %q", got)
		}
		if v, err := w.me.node.Room(room); err != nil || v.Unread != 0 {
			t.Errorf("E5: %d unread while the room is looked at, %v", v.Unread, err)
		}
		if _, err := chat.Await(w.Context(), func(then func(int, error)) {
			w.wang.node.MarkRead(room, chat.MessageID{LogID: p.thread.rows[1].said.id.LogID, Seq: 1}, then)
		}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		if got := p.said(); got != "hello:read hi there" {
			t.Errorf("shown %q", got)
		}
	})
}

// TestD7WhileAway: what is written while the other side is away waits, says so, and is delivered later; X8: once.
func TestD7WhileAway(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.says(w.me, room, "first")
		w.pass(time.Second)
		p := w.enters(room)
		if p.awayBox.Visible() {
			t.Error("Wang is here and said to be away")
		}
		w.cut()
		if !p.awayBox.Visible() || !strings.Contains(p.away.text, "will be delivered") {
			t.Errorf("Wang is away: %q", p.away.text)
		}
		p.types("second")
		w.says(w.wang, room, "meanwhile")
		w.settle()
		if got := p.said(); got != "first:delivered second:waiting" {
			t.Errorf("shown %q", got)
		}
		w.mend()
		if got := p.said(); strings.Count(got, "second:delivered") != 1 || strings.Count(got, "meanwhile") != 1 || strings.Count(got, "first") != 1 {
			t.Errorf("X8: shown %q", got)
		}
		if p.awayBox.Visible() {
			t.Error("Wang is back and said to be away")
		}
	})
}

// TestD20Draft: what is being written is on disk at most two seconds later, and back when the room is opened again.
func TestD20Draft(t *testing.T) {
	play(t, func(w *world) {
		room := w.room(w.me, w.wang, w.me)
		p := w.enters(room)
		test.Type(p.composer.field, "half a sent")
		w.pass(1200 * time.Millisecond)
		test.Type(p.composer.field, "ence")
		kept := func() string {
			d, err := w.me.mem.Draft(room)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		if got := kept(); got != "half a sent" {
			t.Errorf("after 1.2 s the draft is %q", got)
		}
		w.pass(2 * time.Second)
		if got := kept(); got != "half a sentence" {
			t.Errorf("2 s later it is %q", got)
		}
		drafts := func() (shown []string) {
			for i := range w.app.spots {
				if b, is := w.app.spots[i].list.(*inbox); is {
					for _, r := range b.rows.all {
						shown = append(shown, r.draft)
					}
				}
			}
			return shown
		}
		w.settle()
		if got := drafts(); !slices.Equal(got, []string{"half a sentence"}) {
			t.Errorf("the inbox shows %q", got)
		}
		w.app.leave()
		w.settle()
		if q := w.enters(room); q == p || q.composer.text() != "half a sentence" {
			t.Errorf("opened again the field holds %q", q.composer.text())
		} else {
			q.composer.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		}
		w.settle()
		if got := kept(); got != "" {
			t.Errorf("X3: once sent, the draft is still %q", got)
		}
		if got := drafts(); !slices.Equal(got, []string{""}) {
			t.Errorf("once sent, the inbox still shows %q", got)
		}
	})
}

// TestA7Request: a stranger's room is apart, with Accept and Block.
func TestA7Request(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.wang, w.me, w.wang)
		w.says(w.wang, room, "is it still there?")
		w.pass(5 * time.Second)
		w.app.goTo(placeChats)
		w.settle()
		b, _ := w.app.spots[placeChats].list.(*inbox)
		if len(b.rows.shown) != 0 || !b.chips[showRequests].Visible() || b.rows.counts[showRequests] != 1 {
			t.Fatalf("%d rooms beside %d requests", len(b.rows.shown), b.rows.counts[showRequests])
		}
		test.Tap(b.chips[showRequests])
		w.settle()
		cell, _ := b.list.bound[0].(*inboxCell)
		if cell == nil || cell.called.text != "Wang" || cell.said.text != "is it still there?" || cell.number.label.text != "1" {
			t.Fatal("the request is not in its list")
		}
		test.Tap(cell)
		w.settle()
		p, _ := w.app.spots[placeChats].detail.(*roomPane)
		if !p.request.object.Visible() {
			t.Error("nobody is asked whether to accept")
		}
		w.tapButton("Accept")
		if v, err := w.me.node.Room(room); err != nil || v.Request || p.request.object.Visible() {
			t.Errorf("accepted: request %v, %v", v.Request, err)
		}
		if b.rows.counts[showRequests] != 0 || len(b.rows.shown) != 1 {
			t.Errorf("%d requests, %d rooms", b.rows.counts[showRequests], len(b.rows.shown))
		}
	})
}

func TestA6Block(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.wang, w.me, w.wang)
		w.says(w.wang, room, "buy! buy!")
		w.pass(5 * time.Second)
		p := w.enters(room)
		w.tapButton("Block")
		if v := w.me.node.Peer(w.wang.identity.ID); v.Blocked {
			t.Fatal("blocked without a question")
		}
		w.tapButton("Cancel")
		w.tapButton("Block")
		overlays := w.win.Canvas().Overlays().List()
		if len(overlays) != 1 {
			t.Fatalf("%d questions", len(overlays))
		}
		w.tapButton("Block")
		if v := w.me.node.Peer(w.wang.identity.ID); !v.Blocked || !p.caution.object.Visible() || p.request.object.Visible() {
			t.Fatalf("blocked %v, said so %v", v.Blocked, p.caution.object.Visible())
		}
		before := p.said()
		w.says(w.wang, room, "once more")
		w.pass(10 * time.Second)
		b, _ := w.app.spots[placeChats].list.(*inbox)
		if len(b.rows.all) != 0 || p.said() != before || w.app.total != 0 {
			t.Errorf("%d rooms, shown %q, %d unread", len(b.rows.all), p.said(), w.app.total)
		}
		w.tapButton("Unblock")
		w.pass(10 * time.Second)
		if len(b.rows.all) != 1 || !strings.Contains(p.said(), "once more") {
			t.Errorf("unblocked: %d rooms, shown %q", len(b.rows.all), p.said())
		}
	})
}

// TestE5ReadOnlyWhenSeen: a message is read when its room is in front, in a window that has the focus; the rail, the title,
// the tray and the inbox tell the same number.
func TestE5ReadOnlyWhenSeen(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		p := w.enters(room)
		b, _ := w.app.spots[placeChats].list.(*inbox)
		unread := func(want int) {
			t.Helper()
			w.pass(time.Second)
			title, badge, tray := "Haggle", "", Tray{"Show Haggle", "Quit", "Haggle", false}
			if want > 0 {
				title, badge = fmt.Sprintf("(%d) Haggle", want), fmt.Sprint(want)
				tray = Tray{fmt.Sprintf("Show Haggle (%d unread)", want), "Quit", fmt.Sprintf("Haggle: %d unread", want), true}
			}
			if w.tray != tray {
				t.Errorf("the tray shows %+v, want %+v", w.tray, tray)
			}
			rail := w.app.frame.rail.items[placeChats].number
			if w.app.total != want || w.win.Title() != title || rail.Visible() != (want > 0) || b.rows.byID[room].unread != want ||
				want > 0 && rail.label.text != badge {
				t.Errorf("%d unread, title %q, inbox %d, want %d", w.app.total, w.win.Title(), b.rows.byID[room].unread, want)
			}
		}
		w.says(w.wang, room, "one")
		unread(0)
		w.app.goTo(placeMarket)
		w.says(w.wang, room, "two")
		unread(1)
		w.app.Foreground(false)
		w.app.goTo(placeChats)
		w.says(w.wang, room, "three")
		unread(2)
		w.app.Foreground(true)
		unread(0)
		if got := p.said(); got != "one two three" {
			t.Errorf("shown %q", got)
		}
	})
}

// TestD2LongRoom: a long room is read page by page, and what was not read marks where it opens.
func TestD2LongRoom(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		for i := range 200 {
			w.says(w.wang, room, fmt.Sprint("m", i))
		}
		w.pass(10 * time.Second)
		p := w.enters(room)
		if got := p.thread.texts(); !strings.Contains(got, "-New messages-") || !strings.Contains(got, "m0") {
			t.Errorf("D12: opens at %s", got)
		}
		if n := len(p.thread.byID); n >= 150 {
			t.Errorf("%d messages are loaded at first", n)
		}
		for range 40 {
			p.thread.scroll(-400)
			w.settle()
		}
		if n := len(p.thread.byID); n != 200 || !p.thread.stuck {
			t.Errorf("%d messages are loaded at the end", n)
		}
		w.app.leave()
		w.settle()
		q := w.enters(room)
		if !q.thread.stuck || len(q.thread.byID) > 150 {
			t.Errorf("opened again: at the end %v, %d messages", q.thread.stuck, len(q.thread.byID))
		}
		for range 60 {
			q.thread.scroll(400)
			w.settle()
		}
		if got := strings.Fields(q.said()); len(got) != 200 || got[0] != "m0" || got[199] != "m199" {
			t.Errorf("%d messages", len(got))
		}
	})
}

// TestD6Withdraw takes a waiting message back from its menu.
func TestD6Withdraw(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		p := w.enters(room)
		w.cut()
		p.types("oops")
		w.settle()
		row := p.thread.rows[len(p.thread.rows)-1]
		p.messageMenu(row.said, fyne.NewPos(10, 10))
		if len(w.win.Canvas().Overlays().List()) != 1 {
			t.Fatal("no menu")
		}
		p.withdraw(row.said.id)
		w.settle()
		if got := p.said(); got != "This message was withdrawn:withdrawn" {
			t.Errorf("shown %q", got)
		}
		w.mend()
		if v, err := w.wang.node.Room(room); err == nil && v.Last != nil && v.Last.State != chat.Withdrawn {
			t.Errorf("Wang has %q", v.Last.Text)
		}
	})
}

// TestD15SendPictures: pictures go with a caption, wait in the composer until they are on disk, and come with their thumbnails.
func TestD15SendPictures(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		room := w.room(w.me, w.wang, w.me)
		p := w.enters(room)
		dir := t.TempDir()
		var paths []string
		for _, name := range []string{"a.png", "b.png", "not a picture.txt"} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
		p.dropped(paths)
		w.settle()
		if n := len(p.composer.along.list); n != 2 || !strings.Contains(p.composer.note.text, "picture") {
			t.Fatalf("D16: %d pictures are taken, the word is %q", n, p.composer.note.text)
		}
		p.types("two views")
		w.settle()
		w.pass(10 * time.Second)
		if got := p.said(); got != "two views:delivered :delivered" || len(p.composer.along.list) != 0 || p.composer.text() != "" {
			t.Errorf("shown %q, %d pictures left, field %q", got, len(p.composer.along.list), p.composer.text())
		}
		page, err := w.wang.node.Messages(room, chat.MessageID{}, true, 10)
		if err != nil || len(page) != 2 || page[0].Image == nil || page[1].Image == nil || page[0].Text != "two views" {
			t.Errorf("Wang has %v, %v", page, err)
		}
		for range 12 {
			p.dropped(paths[:1])
		}
		w.settle()
		if n := len(p.composer.along.list); n != chat.MaxPhotos {
			t.Errorf("%d pictures for one message", n)
		}
	})
}

// TestCursorRests: a cursor that blinks for nobody would draw the window for ever; the next key brings it back.
func TestCursorRests(t *testing.T) {
	play(t, func(w *world) {
		f := w.enters(w.room(w.me, w.wang, w.me)).composer.field
		w.pass(10 * time.Second)
		test.Type(f, "a")
		w.pass(10 * time.Second)
		if !f.focused || f.resting {
			t.Fatal("the cursor rests while somebody types")
		}
		w.pass(30 * time.Second)
		if !f.resting {
			t.Error("the cursor blinks for nobody")
		}
		f.TypedKey(&fyne.KeyEvent{Name: "B"})
		f.TypedRune('b')
		if f.resting || f.Text != "ab" {
			t.Errorf("the next key leaves %q, resting %v", f.Text, f.resting)
		}
		w.pass(time.Minute)
		w.win.Canvas().Unfocus()
		if w.pass(time.Minute); f.focused || f.resting {
			t.Error("a field without the focus rests")
		}
	})
}

// TestD18SaveAs: a picture of the room opens large and is saved where a person says, and never over a file.
func TestD18SaveAs(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		p := w.enters(w.room(w.me, w.wang, w.me))
		dir := t.TempDir()
		source := filepath.Join(dir, "a.png")
		if err := os.WriteFile(source, []byte("the bytes of a.png"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.dropped([]string{source})
		w.settle()
		p.types("look")
		w.settle()
		last := p.thread.visible[len(p.thread.visible)-1]
		p.thread.act(last.row, partPhoto)
		v, ok := w.win.Canvas().Overlays().Top().(*viewer)
		if !ok {
			t.Fatal("no viewer")
		}
		to := filepath.Join(dir, "saved.png")
		save := func() *curtain {
			test.Tap(v.save)
			sheet, _ := w.win.Canvas().Overlays().Top().(*curtain)
			path, _ := w.win.Canvas().Focused().(*entry)
			path.SetText(to)
			w.tapButton("Save")
			return sheet
		}
		save()
		if got, err := os.ReadFile(to); err != nil || string(got) != "the bytes of a.png" {
			t.Errorf("saved %q, %v", got, err)
		}
		if err := os.WriteFile(to, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if sheet := save(); w.win.Canvas().Overlays().Top() != sheet {
			t.Error("saving over a file is taken for done")
		}
		if got, err := os.ReadFile(to); err != nil || string(got) != "mine" {
			t.Errorf("overwritten with %q, %v", got, err)
		}
	})
}

// TestNobodyWritesIntoARoomTheyLeft: the focus goes when what has it leaves the screen.
func TestNobodyWritesIntoARoomTheyLeft(t *testing.T) {
	play(t, func(w *world) {
		p := w.enters(w.room(w.me, w.wang, w.me))
		for name, leave := range map[string]func(){
			"my goods": func() { w.app.goTo(placeGoods) },
			"market":   func() { w.app.goTo(placeMarket) },
			"leaving":  w.app.leave,
		} {
			w.app.goTo(placeChats)
			w.settle()
			if w.win.Canvas().Focused() != fyne.Focusable(p.composer.field) {
				t.Fatalf("before %s the composer does not have the focus", name)
			}
			leave()
			w.settle()
			if f := w.win.Canvas().Focused(); f != nil {
				test.Type(f, "secret")
				f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
				w.settle()
			}
			if p.composer.text() != "" || p.said() != "" {
				t.Errorf("after %s the room holds %q, its composer %q", name, p.said(), p.composer.text())
			}
			if p = w.enters(p.id); p.composer.text() != "" {
				t.Errorf("after %s the draft is %q", name, p.composer.text())
			}
		}
	})
}
