package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// guestRoom is a room at a kiosk: what was said, and below it where to write with phrases or a keyboard on the screen. Nothing
// of it can be copied, nothing can be sent but words, and no menu opens.
type guestRoom struct {
	*roomPane
	desk *typeDesk
	all  *fyne.Container
}

// guestRoomForGoods is the height from which on goods are pinned above what is said.
const guestRoomForGoods float32 = 520

func newGuestRoom(k *kit, id chat.RoomID) *guestRoom {
	r := &guestRoom{roomPane: newRoomPane(k, id)}
	p := r.roomPane
	p.thread.OnMenu = func(*said, fyne.Position) {}
	p.thread.OnCopy = func(string) {}
	p.thread.OnPaste = func(*fyne.ShortcutPaste) {}
	p.thread.OnPicture = func(chat.MessageID) {}
	p.onPerson, p.onWhy, p.onFind, p.onMenu = func() {}, func() {}, func() {}, func() {}
	p.composer.onPhoto = func() {}

	r.desk = newTypeDesk(k, p.composer.field, r.phrase)
	r.desk.field(func() { k.window.Canvas().Focus(p.composer.field) })
	r.desk.done = p.composer.submit
	r.desk.told = func() { r.all.Refresh() }
	p.composer.gained = func() {
		if r.desk.shown == deskNothing {
			r.desk.show(deskKeyboard)
		}
	}
	phrasesKey := k.bigButton(tonal, "phrases", k.say("kiosk.phrases"), func() { r.desk.toggle(deskPhrases) })
	keyboardKey := k.bigIcon("keyboard", k.say("kiosk.keyboard"), func() { r.desk.toggle(deskKeyboard) })
	p.composer.send.radius = reach / 2
	send := newSized(reach, reach, p.composer.send)
	line := newRow(12, 2, big(phrasesKey), keyboardKey, newSized(0, reach, p.composer.field), send)
	p.composer.object = newColumn(gap, line, p.composer.note)
	p.awayBox = inset(0, grid, kioskGutter, kioskGutter, p.away)
	p.awayBox.Hide()

	told := newPanel(colorAccentSoft, 0, inset(8, 8, kioskGutter, kioskGutter, newParagraph(k.say("kiosk.stays"), sizeCaption, colorOnSoft).centred()))
	foot := container.NewStack(newFill(colorSurface), inset(12, 12, kioskGutter, kioskGutter, p.composer.object))
	drag := newDragger(k, func(dy float32) { p.thread.scroll(dy) })
	r.all = container.New(upright{grow: 3, fit: r.fit},
		told, p.goods.object, p.caution.object, container.NewStack(p.thread, p.state, drag), p.awayBox, newLine(), foot, r.desk.object)
	p.roomScreen.object = r.all
	r.desk.show(deskPhrases)
	return r
}

// object is the screen.
func (r *guestRoom) object() fyne.CanvasObject { return r.all }

// heading says whom one talks with.
func (r *guestRoom) heading() fyne.CanvasObject {
	return newRow(12, 1, r.portrait, newColumn(2, r.called.view, r.presence))
}

// fit leaves the goods away where there is little room.
func (r *guestRoom) fit(height float32) {
	if r.desk.object.Visible() {
		height -= r.desk.object.MinSize().Height
	}
	visible(r.goods.object, r.about && height >= guestRoomForGoods)
	visible(r.awayBox, r.absent)
}

// phrase puts a phrase behind what is written.
func (r *guestRoom) phrase(words string) {
	if before := strings.TrimRight(r.composer.text(), " "); before != "" {
		words = before + " " + words
	}
	r.composer.show(words)
}

// shown is for the screen's coming to the front. The keyboard stays away until the field is tapped.
func (r *guestRoom) shown() { r.mark() }
