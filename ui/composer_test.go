package ui

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// desk is a composer in a window.
type desk struct {
	*composer
	win  fyne.Window
	sent []string
	done func(error) // answers what was sent last
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	stage(t)
	d := &desk{composer: newComposer(&kit{words: NewWords("en"), now: func() time.Time { return noon }, busy: new(sync.WaitGroup)})}
	d.onSend = func(words string, _ []Picture, _ func(*Picture), done func(error)) {
		d.sent, d.done = append(d.sent, words), done
	}
	d.win = window(t, d.object, 500, 200)
	d.win.Canvas().Focus(d.field)
	return d
}

// press is a key as it arrives from the keyboard.
func (d *desk) press(names ...fyne.KeyName) {
	for _, name := range names {
		d.field.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

// write is typing without an input method: each key and then its rune.
func (d *desk) write(words string) {
	for _, r := range words {
		d.press(fyne.KeyName(strings.ToUpper(string(r))))
		d.field.TypedRune(r)
	}
}

// compose is typing with an input method: the keys, and the text once it is complete.
func (d *desk) compose(keys, words string) {
	for _, r := range keys {
		d.press(fyne.KeyName(strings.ToUpper(string(r))))
	}
	for _, r := range words {
		d.field.TypedRune(r)
	}
}

func TestD19ReturnSends(t *testing.T) {
	d := newDesk(t)
	d.press(fyne.KeyReturn)
	d.write("   ")
	d.press(fyne.KeyReturn)
	if len(d.sent) != 0 {
		t.Fatalf("X13: blank text is sent: %q", d.sent)
	}
	d.field.SetText("")
	d.write("hello")
	d.field.KeyDown(&fyne.KeyEvent{Name: "LeftShift"})
	d.press(fyne.KeyReturn)
	d.field.KeyUp(&fyne.KeyEvent{Name: "LeftShift"})
	d.write("you")
	if d.press(fyne.KeyReturn); len(d.sent) != 1 || d.sent[0] != "hello\nyou" {
		t.Fatalf("sent %q", d.sent)
	}
	if d.field.Text == "" {
		t.Error("D4: the field is cleared before the message is on disk")
	}
	d.press(fyne.KeyReturn, fyne.KeyEnter)
	if len(d.sent) != 1 {
		t.Errorf("sent twice: %q", d.sent)
	}
	d.write(" more")
	d.done(nil)
	if d.field.Text != " more" {
		t.Errorf("what was typed meanwhile is %q", d.field.Text)
	}
	d.field.SetText("x")
	d.press(fyne.KeyEnter)
	d.done(nil)
	if d.field.Text != "" || len(d.sent) != 2 {
		t.Errorf("the field holds %q after %q", d.field.Text, d.sent)
	}
}

// TestX3FailedSendKeepsTheText: what could not be stored is still there, with the reason.
func TestX3FailedSendKeepsTheText(t *testing.T) {
	d := newDesk(t)
	d.write("precious")
	d.press(fyne.KeyReturn)
	d.done(chat.ErrDiskFull)
	if d.field.Text != "precious" || !d.note.Visible() || !strings.Contains(d.note.text, "disk") {
		t.Errorf("the field holds %q, the note says %q", d.field.Text, d.note.text)
	}
	d.press(fyne.KeyReturn)
	d.done(errors.New("odd"))
	if len(d.sent) != 2 || d.note.text == "" {
		t.Errorf("sent %q, the note says %q", d.sent, d.note.text)
	}
}

// TestD19Composition: a Return, Backspace or arrow that belongs to an input method does nothing here.
func TestD19Composition(t *testing.T) {
	d := newDesk(t)
	d.write("a")
	d.compose("nihao", "")
	d.press(fyne.KeyReturn) // ends the composition with the raw letters
	for _, r := range "nihao" {
		d.field.TypedRune(r)
	}
	if len(d.sent) != 0 || d.field.Text != "anihao" {
		t.Fatalf("sent %q, field %q", d.sent, d.field.Text)
	}
	d.compose("ni", "")
	d.press(fyne.KeyBackspace, fyne.KeyLeft, fyne.KeyDown)
	d.compose("hao ", "好")
	if d.field.Text != "anihao好" {
		t.Errorf("keys of the composition change the text to %q", d.field.Text)
	}
	d.compose("x", "")
	d.press(fyne.KeyEscape) // gives the composition up
	if d.press(fyne.KeyReturn); len(d.sent) != 1 || d.sent[0] != "anihao好" {
		t.Errorf("sent %q", d.sent)
	}
	d.done(nil)
	d.write("ok")
	d.press(fyne.KeyBackspace)
	if d.field.Text != "o" {
		t.Errorf("Backspace without a composition leaves %q", d.field.Text)
	}
	if d.press(fyne.KeyReturn); len(d.sent) != 2 {
		t.Errorf("sent %q", d.sent)
	}
}

func TestD19Limits(t *testing.T) {
	d := newDesk(t)
	paste := func(words string) {
		d.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{words}})
	}
	paste(strings.Repeat("x", 1<<20))
	if d.field.Text != "" || !strings.Contains(d.note.text, "5000") {
		t.Errorf("1 MB leaves %d characters and the word %q", len(d.field.Text), d.note.text)
	}
	paste(strings.Repeat("汉", 4990))
	if n := len([]rune(d.field.Text)); n != 4990 || !strings.Contains(d.note.text, "4990") {
		t.Fatalf("%d characters are pasted, the word is %q", n, d.note.text)
	}
	paste(strings.Repeat("汉", 11))
	if n := len([]rune(d.field.Text)); n != 4990 {
		t.Errorf("%d characters after one paste too many", n)
	}
	d.write("1234567890")
	d.press(fyne.KeyReturn)
	if len(d.sent) != 1 {
		t.Error("5,000 characters are not sent")
	}
	d.done(nil)
	d.field.SetText(strings.Repeat("y", 5001))
	d.press(fyne.KeyReturn)
	if len(d.sent) != 1 || !strings.Contains(d.note.text, "5001") {
		t.Errorf("5,001 characters: sent %d, the word is %q", len(d.sent), d.note.text)
	}
}

func TestD19PasteIsCleaned(t *testing.T) {
	d := newDesk(t)
	d.field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{"a\x00\u202eb\r\nc"}})
	if d.field.Text != "ab\nc" {
		t.Errorf("pasted %q", d.field.Text)
	}
}

func TestComposerGrows(t *testing.T) {
	d := newDesk(t)
	low := d.object.MinSize().Height
	d.show(strings.Repeat("line\n", 3))
	tall := d.object.MinSize().Height
	d.show(strings.Repeat("line\n", 40))
	if most := d.object.MinSize().Height; tall <= low || most <= tall || most > 240 {
		t.Errorf("heights %v, %v, %v", low, tall, most)
	}
	test.Type(d.field, "end")
	if !strings.HasSuffix(d.field.Text, "\nend") {
		t.Errorf("a shown draft is continued as %q", d.field.Text)
	}
}
