package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// toastTime is how long a toast is seen.
const toastTime = 5 * time.Second

// toast is one sentence at the bottom of the window for some seconds: that something was done, or why not.
type toast struct {
	*panel
	words  *label
	layers *fyne.Container
	shown  int // counts, so that an older end does not hide a newer toast
}

func newToast() *toast {
	t := &toast{words: newParagraph("", sizeBody, colorPage)}
	t.panel = newPanel(colorText, radius, inset(12, 12, gutter, gutter, t.words))
	t.Hide()
	t.layers = container.New(toastLayout{t}, t.panel)
	return t
}

// say shows a sentence.
func (t *toast) say(k *kit, sentence string) {
	t.words.set(sentence)
	t.shown++
	mine := t.shown
	t.Show()
	t.layers.Refresh()
	k.after(toastTime, func() {
		if t.shown == mine {
			t.Hide()
		}
	})
}

// toastLayout puts the toast above the bottom, in the middle, as wide as its words.
type toastLayout struct{ of *toast }

// Layout is for Fyne.
func (l toastLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	t := l.of
	width := min(size.Width-2*gutter, 480, t.words.face().width(t.words.text)+2*gutter+2)
	t.Resize(fyne.NewSize(width, 1))
	height := t.MinSize().Height
	t.Resize(fyne.NewSize(width, height))
	t.Move(fyne.NewPos((size.Width-width)/2, size.Height-height-88))
}

// MinSize is for Fyne.
func (toastLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// failure says why something was refused, in words for people.
func (k *kit) failure(err error) string {
	switch {
	case errors.Is(err, chat.ErrDiskFull):
		return k.say("failure.diskFull")
	case errors.Is(err, chat.ErrUnwritable):
		return k.say("failure.unwritable")
	case errors.Is(err, chat.ErrReadOnly):
		return k.say("failure.readOnly")
	case errors.Is(err, chat.ErrNotFound):
		return k.say("failure.gone")
	case errors.Is(err, chat.ErrUnreachable):
		return k.say("failure.unreachable")
	case errors.Is(err, chat.ErrWrongIdentity):
		return k.say("failure.wrongIdentity")
	case errors.Is(err, chat.ErrSelf), errors.Is(err, chat.ErrSelfChat):
		return k.say("failure.self")
	case errors.Is(err, chat.ErrTooLarge):
		return k.say("failure.tooLarge")
	case errors.Is(err, chat.ErrClosed):
		return k.say("failure.closed")
	default:
		return k.say("failure.other")
	}
}
