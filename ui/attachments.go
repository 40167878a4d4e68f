package ui

import (
	"bytes"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// attachments are the pictures that go along with the next message. They are made ready while the person writes.
type attachments struct {
	kit      *kit
	object   *fyne.Container
	list     []*attachment
	row      *fyne.Container
	original *chip
	pasting  int          // how many are being read from the clipboard
	more     []string     // files that come when one of the list is refused
	failed   refusals     // of what was chosen or dropped last
	changed  func()       // they are others, or another one is ready
	refused  func(string) // some are not taken: which, and why
}

// attachment is one picture, from its file to its being sent.
type attachment struct {
	path    string                               // "" if it was pasted
	load    func(original bool) (Picture, error) // off the UI's goroutine
	held    int64                                // bytes of its file that are kept in memory: it was pasted
	picture Picture
	ready   bool
	try     int // counts preparations: what an older one brings is not wanted any more
	photo   *photo
}

const attachmentSide float32 = 72

// maxPasted is how many bytes of pasted pictures, as files, are held until they are sent.
const maxPasted int64 = 64 << 20

func newAttachments(k *kit) *attachments {
	a := &attachments{kit: k, row: newFlow(grid), failed: refusals{kit: k}}
	a.original = newChip(k.say("composer.original"), a.toggle)
	a.object = newColumn(grid, a.row, newRow(grid, -1, a.original))
	a.object.Hide()
	return a
}

// add takes files that a person chose or dropped, up to the limit of one message. Of more than that, some come in the place
// of those that are refused.
func (a *attachments) add(paths []string) {
	if a.failed.words() != "" {
		a.failed.clear()
		a.refused("")
	}
	a.more = append(a.more, paths...)
	a.fill()
	a.show()
}

// fill takes as many of the files that are left as there is room for. Those that never will have room are refused.
func (a *attachments) fill() {
	for len(a.more) > 0 && len(a.list) < chat.MaxPhotos {
		path := a.more[0]
		a.more = a.more[1:]
		a.take(&attachment{path: path, load: func(original bool) (Picture, error) { return a.kit.prepare(path, original) }})
	}
	if len(a.more) > 0 && !a.waiting() {
		a.more = nil
		a.refuse("", a.kit.say("composer.tooMany", chat.MaxPhotos))
	}
}

// refuse says that a file is not taken, beside those before it.
func (a *attachments) refuse(path, why string) {
	a.failed.add(path, why)
	a.refused(a.failed.words())
}

// paste takes the picture that is in the clipboard. none hears if there is none, or that it cannot be had, and says so.
func (a *attachments) paste(none func(error)) {
	left := maxPasted
	for _, at := range a.list {
		left -= at.held
	}
	k := a.kit
	a.pasting++
	a.changed()
	read(k, func() ([]byte, error) { return k.paste(left) }, func(data []byte, err error) {
		a.pasting--
		if err != nil {
			a.fill()
			a.changed()
			none(err)
			return
		}
		a.failed.clear()
		size := int64(len(data))
		a.take(&attachment{held: size, load: func(original bool) (Picture, error) {
			return k.ready(k.ctx, bytes.NewReader(data), size, original)
		}})
		a.show()
	})
}

// take begins to make one ready, unless there are as many as may be: that is said.
func (a *attachments) take(at *attachment) {
	if len(a.list) == chat.MaxPhotos {
		a.refuse("", a.kit.say("composer.tooMany", chat.MaxPhotos))
		return
	}
	at.photo = newPhoto("photo", radius)
	a.list = append(a.list, at)
	a.prepare(at)
}

// prepare makes a picture ready off the UI's goroutine.
func (a *attachments) prepare(at *attachment) {
	at.ready = false
	at.try++
	try, original := at.try, a.original.chosen
	read(a.kit, func() (Picture, error) { return at.load(original) }, func(p Picture, err error) {
		switch {
		case at.try != try:
		case err != nil:
			a.remove(at)
			a.refuse(at.path, a.kit.refused(err))
		default:
			at.picture, at.ready = p, true
			a.kit.pics.small(p.Image.Hash, p.Image.Thumbnail, func(i image.Image) { at.photo.show(i, false) })
			a.fill()
			a.changed()
		}
	})
}

// toggle chooses between pictures that are made small for the way and originals.
func (a *attachments) toggle() {
	a.original.choose(!a.original.chosen)
	for _, at := range a.list {
		a.prepare(at)
	}
	a.changed()
}

// remove takes one out.
func (a *attachments) remove(gone *attachment) {
	gone.try++
	var left []*attachment
	for _, at := range a.list {
		if at != gone {
			left = append(left, at)
		}
	}
	a.list = left
	a.fill()
	a.show()
}

// waiting reports whether one of them is not ready yet.
func (a *attachments) waiting() bool {
	if a.pasting > 0 {
		return true
	}
	for _, at := range a.list {
		if !at.ready {
			return true
		}
	}
	return false
}

// sent removes the first one once it is on disk.
func (a *attachments) sent(p *Picture) {
	for _, at := range a.list {
		if at.picture.Image.Hash == p.Image.Hash {
			a.remove(at)
			return
		}
	}
}

// ready are the pictures in order, once none is waiting.
func (a *attachments) ready() []Picture {
	list := make([]Picture, len(a.list))
	for i, at := range a.list {
		list[i] = at.picture
	}
	return list
}

// show lays the pictures out, each with a way to remove it.
func (a *attachments) show() {
	a.row.Objects = nil
	for _, at := range a.list {
		disc := newPanel(colorSurface, 13, newSized(26, 26, container.NewCenter(newIcon("close", colorText, 18))))
		disc.line = colorLine
		close := newTappable(newSized(touch, touch, container.NewCenter(disc)), touch/2, func() { a.remove(at) })
		close.name = a.kit.say("composer.remove")
		tile := container.NewStack(newSized(attachmentSide, attachmentSide, at.photo), container.New(ear{touch}, close))
		a.row.Objects = append(a.row.Objects, tile)
	}
	if len(a.list) == 0 {
		a.original.choose(false)
	}
	visible(a.object, len(a.list) > 0)
	a.changed()
}

// ear puts a small thing into the upper right corner.
type ear struct{ side float32 }

// Layout is for Fyne.
func (e ear) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSquareSize(e.side))
		o.Move(fyne.NewPos(size.Width-e.side+gap, -gap))
	}
}

// MinSize is for Fyne.
func (e ear) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(e.side) }
