package ui

import (
	"errors"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
	"haggle/text"
)

const (
	composerRows = 6                 // the field grows up to this many lines
	limitNear    = chat.MaxText / 10 // how close to the limit the count appears
	rowsSample   = 4 << 10           // bytes of a text that are more rows than that in any window
)

// composer is where a message is written. It says what was written and keeps it until it is told that it is on disk.
type composer struct {
	kit    *kit
	object *fyne.Container
	field  *writing
	send   *tappable
	photo  *tappable
	note   *label
	along  *attachments

	// onSend is asked to send a text, pictures, or both; sent is called on the UI goroutine for each picture that is on
	// disk, and done once all is, or was refused.
	onSend func(words string, pictures []Picture, sent func(*Picture), done func(error))
	// onChange hears every change of the text.
	onChange func(string)
	// onPhoto is asked for pictures to send along.
	onPhoto func()
	// gained hears when the field gets the focus; may be nil.
	gained func()

	busy bool // something is on its way to the disk
}

func newComposer(k *kit) *composer {
	c := &composer{kit: k, note: newParagraph("", sizeCaption, colorMuted), along: newAttachments(k)}
	c.along.changed = func() { c.arm(); c.object.Refresh() }
	c.along.refused = func(why string) { c.say(why, colorDanger) }
	c.field = newWriting(k.say("composer.hint"), c)
	c.send = newIconButton("send", k.say("composer.send"), c.submit)
	c.photo = newIconButton("photo", k.say("composer.photo"), func() {
		if c.onPhoto != nil {
			c.onPhoto()
		}
	})
	c.note.Hide()
	line := container.New(foot{grid}, c.photo, c.field, c.send)
	c.object = newColumn(gap, c.along.object, line, c.note)
	c.changed()
	return c
}

// show puts a text into the field.
func (c *composer) show(words string) {
	c.field.SetText(words)
	c.field.CursorRow, c.field.CursorColumn = 1<<20, 0
	c.field.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown}) // to its end
}

// text is what was written.
func (c *composer) text() string { return c.field.Text }

// say shows a word under the field; "" hides it.
func (c *composer) say(words string, color fyne.ThemeColorName) {
	c.note.paint(color)
	c.note.set(words)
	if (words != "") != c.note.Visible() {
		if words == "" {
			c.note.Hide()
		} else {
			c.note.Show()
		}
	}
	c.object.Refresh()
}

// over reports whether the text is longer than a message may be.
func (c *composer) over() bool {
	return len(c.field.Text) > chat.MaxTextBytes || text.Characters(c.field.Text) > chat.MaxText
}

// changed follows the text: how tall the field is, how much is left, whether it can be sent.
func (c *composer) changed() {
	c.field.grow()
	switch count := text.Characters(c.field.Text); {
	case c.over():
		c.say(c.kit.say("composer.over", count, chat.MaxText), colorDanger)
	case count > chat.MaxText-limitNear:
		c.say(c.kit.say("composer.count", count, chat.MaxText), colorMuted)
	default:
		c.say("", colorMuted)
	}
	c.arm()
}

// arm lets the message be sent, or not. It leaves the word under the field as it is.
func (c *composer) arm() {
	ready := !c.over() && !c.busy && !c.along.waiting() && (len(c.along.list) > 0 || !text.Blank(c.field.Text))
	if c.send.disabled == ready {
		c.send.disabled = !ready
	}
	if ready {
		c.send.paint(colorAccentSoft, "")
	} else {
		c.send.paint("", "")
	}
}

// submit sends what is written. The field keeps it until it is on disk; what is typed meanwhile stays.
func (c *composer) submit() {
	words := c.field.Text
	if c.busy || c.send.disabled || c.onSend == nil {
		return
	}
	c.busy = true
	c.onSend(words, c.along.ready(), c.along.sent, func(err error) {
		c.busy = false
		if err == nil {
			c.taken(words)
		}
		c.changed()
		if err != nil {
			c.say(c.refusal(err), colorDanger)
		}
	})
	c.changed()
}

// taken removes what was sent from the field.
func (c *composer) taken(words string) {
	if c.field.Text == words {
		c.field.SetText("")
		c.field.CursorRow, c.field.CursorColumn = 0, 0
		c.field.Refresh()
	} else if rest, began := cutStart(c.field.Text, words); began {
		c.show(rest)
	}
}

// cutStart is what s goes on with after a beginning, if it has that beginning.
func cutStart(s, beginning string) (string, bool) {
	if len(s) < len(beginning) || s[:len(beginning)] != beginning {
		return s, false
	}
	return s[len(beginning):], true
}

// refusal says why something was not sent.
func (c *composer) refusal(err error) string {
	switch {
	case errors.Is(err, chat.ErrDiskFull):
		return c.kit.say("composer.diskFull")
	case errors.Is(err, chat.ErrTooLarge):
		return c.kit.say("composer.over", text.Characters(c.field.Text), chat.MaxText)
	case errors.Is(err, chat.ErrUnwritable):
		return c.kit.say("composer.unwritable")
	case errors.Is(err, chat.ErrReadOnly):
		return c.kit.say("composer.readOnly")
	default:
		return c.kit.say("composer.failed")
	}
}

// paste takes a text from the clipboard, or else a picture, or says why not. Bytes that are no text are what the toolkit
// sometimes makes of a picture.
func (c *composer) paste(content string) {
	if content != "" && utf8.ValidString(content) {
		c.pasteText(content)
		return
	}
	c.along.paste(func(err error) {
		if content != "" && errors.Is(err, ErrNoPicture) {
			c.pasteText(content)
			return
		}
		c.say(c.unpasted(err), colorDanger)
	})
}

// pasteText puts a text where the cursor is, if there is room for it.
func (c *composer) pasteText(content string) {
	if len(content) > 4*chat.MaxTextBytes || text.Characters(content)+text.Characters(c.field.Text) > chat.MaxText ||
		len(content)+len(c.field.Text) > chat.MaxTextBytes {
		c.say(c.kit.say("composer.pasteLong", chat.MaxText), colorDanger)
		return
	}
	c.field.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: &clip{text.Clean(content)}})
}

// unpasted says why no picture came from the clipboard.
func (c *composer) unpasted(err error) string {
	switch {
	case errors.Is(err, ErrNoPicture):
		return c.kit.say("composer.pasteNone")
	case errors.Is(err, ErrPictureTooLarge):
		return c.kit.say("picture.tooLarge")
	case errors.Is(err, ErrNoBoard):
		return c.kit.say("composer.pasteCannot")
	default:
		return c.kit.say("composer.pasteFailed")
	}
}

// clip is a clipboard that holds one text.
type clip struct{ words string }

// Content is for Fyne.
func (c *clip) Content() string { return c.words }

// SetContent is for Fyne.
func (c *clip) SetContent(words string) { c.words = words }

// writing is the field of a composer: Return sends, Shift+Return breaks the line.
type writing struct {
	widget.Entry
	of     *composer
	method composition
	shift  bool
	rows   int
	width  float32
	faces  map[float32]*measure

	focused bool // the canvas gives keys here
	resting bool // and yet the cursor does not blink: see wake
	uses    int
	timed   bool
}

// cursorRests is how long nobody types before the cursor goes out: its blinking draws the whole window again and again,
// which is most of what a quiet window costs.
const cursorRests = 15 * time.Second

func newWriting(hint string, c *composer) *writing {
	w := &writing{of: c, rows: 1, faces: map[float32]*measure{}}
	w.PlaceHolder, w.MultiLine, w.Wrapping = hint, true, fyne.TextWrapWord
	w.OnChanged = func(words string) {
		c.changed()
		if c.onChange != nil {
			c.onChange(words)
		}
	}
	w.ExtendBaseWidget(w)
	w.SetMinRowsVisible(1)
	return w
}

// CreateRenderer is for Fyne. The ring stays while the cursor rests: what is typed still goes here.
func (w *writing) CreateRenderer() fyne.WidgetRenderer {
	return laidOut(newBoxed(w.Entry.CreateRenderer(), w, func() bool { return w.focused }, nil), w)
}

// wake lets the cursor blink, until nobody used the field for a while.
func (w *writing) wake() {
	w.of.kit.stirred()
	w.uses++
	if w.resting {
		w.resting = false
		w.Entry.FocusGained()
	}
	w.time()
}

func (w *writing) time() {
	if w.timed || w.of.kit.later == nil {
		return
	}
	w.timed = true
	uses := w.uses
	w.of.kit.after(cursorRests, func() {
		w.timed = false
		switch {
		case !w.focused || w.resting:
		case w.uses != uses:
			w.time()
		default:
			w.resting = true
			w.Entry.FocusLost()
		}
	})
}

// grow gives the field the rows its text takes.
func (w *writing) grow() {
	rows := 1
	if room := w.Size().Width - 4*theme.SizeForWidget(theme.SizeNameInnerPadding, w); room > 0 && w.Text != "" {
		size := theme.SizeForWidget(sizeBody, w)
		if w.faces[size] == nil {
			w.faces[size] = newMeasure(size, fyne.TextStyle{})
		}
		begin := w.Text[:min(len(w.Text), rowsSample)]
		rows = min(len(newTextFlow(begin, room, w.faces[size]).lines), composerRows)
	}
	if rows != w.rows {
		w.rows = rows
		w.SetMinRowsVisible(rows)
	}
}

// Resize is for Fyne.
func (w *writing) Resize(size fyne.Size) {
	w.Entry.Resize(size)
	if size.Width != w.width {
		w.width = size.Width
		w.grow()
	}
}

// TypedKey is for Fyne.
func (w *writing) TypedKey(e *fyne.KeyEvent) {
	w.wake()
	if w.method.key(e.Name) {
		return
	}
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if w.shift {
			w.Entry.TypedKey(e)
		} else {
			w.of.submit()
		}
	case fyne.KeyEscape, fyne.KeyF1:
		passOn(w, e)
	default:
		w.Entry.TypedKey(e)
	}
}

// TypedRune is for Fyne.
func (w *writing) TypedRune(r rune) {
	w.wake()
	w.method.wrote()
	w.Entry.TypedRune(r)
}

// KeyDown is for Fyne.
func (w *writing) KeyDown(e *fyne.KeyEvent) {
	if isShift(e.Name) {
		w.shift = true
	}
	w.Entry.KeyDown(e)
}

// KeyUp is for Fyne.
func (w *writing) KeyUp(e *fyne.KeyEvent) {
	if isShift(e.Name) {
		w.shift = false
	}
	w.Entry.KeyUp(e)
}

// Tapped is for Fyne.
func (w *writing) Tapped(e *fyne.PointEvent) {
	w.Entry.Tapped(e)
	w.wake()
}

// TappedSecondary is for Fyne: the menu of the field.
func (w *writing) TappedSecondary(at *fyne.PointEvent) { w.of.kit.fieldMenu(w, &w.Entry, at.Position) }

// FocusGained is for Fyne.
func (w *writing) FocusGained() {
	w.focused, w.resting = true, false
	w.Entry.FocusGained()
	w.wake()
	if w.of.gained != nil {
		w.of.gained()
	}
}

// FocusLost is for Fyne.
func (w *writing) FocusLost() {
	w.focused, w.resting = false, false
	w.shift = false
	w.method.wrote()
	w.Entry.FocusLost()
}

// TypedShortcut is for Fyne.
func (w *writing) TypedShortcut(s fyne.Shortcut) {
	if w.of.kit.guest {
		return
	}
	if paste, ok := s.(*fyne.ShortcutPaste); ok {
		w.of.paste(paste.Clipboard.Content())
		return
	}
	if !passShortcut(w, s) {
		w.Entry.TypedShortcut(s)
	}
}

func isShift(name fyne.KeyName) bool { return name == "LeftShift" || name == "RightShift" }

// foot is a row whose parts stand on its lower edge, low ones in the middle of what can be tapped; the second takes what is left of the width.
type foot struct{ gap float32 }

// Layout is for Fyne.
func (f foot) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Width - f.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		least := o.MinSize()
		if i == 1 {
			least.Width += left
		}
		o.Resize(least)
		o.Move(fyne.NewPos(x, size.Height-least.Height-max(0, (touch-least.Height)/2)))
		x += least.Width + f.gap
	}
}

// MinSize is for Fyne.
func (f foot) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(f.gap*float32(len(objects)-1), 0)
	for _, o := range objects {
		least := o.MinSize()
		size.Width += least.Width
		size.Height = max(size.Height, least.Height)
	}
	return size
}
