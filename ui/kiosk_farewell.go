package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"rsc.io/qr"

	"haggle/chat"
)

// farewell tells a guest who is done what becomes of what they said: that answers will not come back here, that what is not
// delivered yet is carried to its seller, and that all of it can be taken along.
type farewell struct {
	kit    *kit
	here   Guest
	view   *fyne.Container
	state  *notice
	take   *button
	body   *fyne.Container
	foot   *fyne.Container
	side   *fyne.Container // the code, once it was asked for
	count  latest[waitingFor]
	asking bool
	moved  func() // the guest goes on elsewhere
	gone   bool
}

// waitingFor is what a guest leaves behind.
type waitingFor struct {
	rooms, messages int
}

func newFarewell(k *kit, here Guest, leave, moved func()) *farewell {
	f := &farewell{kit: k, here: here, moved: moved, state: newNotice(colorAccentSoft, colorOnSoft), side: container.NewStack()}
	f.take = k.bigButton(tonal, "take", k.say("kiosk.take"), f.askCode)
	f.take.Hide()
	disc := newPanel(colorAccentSoft, 48, newSized(96, 96, container.NewCenter(newIcon("check", colorOnSoft, 46))))
	words := newColumn(16,
		container.NewCenter(disc),
		newParagraph(k.say("kiosk.nothingStays"), sizeTitle, colorText).strong().centred(),
		newParagraph(k.say("kiosk.noAnswers"), sizeBody, colorText).centred(),
		f.state.words.centred())
	f.body = container.New(halves{}, newPage(0, container.New(middle{560}, words)), f.side)
	foot := container.New(evenly{16}, big(f.take), big(k.bigButton(primary, "exit", k.say("kiosk.finish"), leave)))
	f.foot = container.NewStack(newFill(colorSurface), inset(12, 12, kioskGutter, kioskGutter, foot))
	f.view = container.New(upright{grow: 0}, f.body, newLine(), f.foot)
	f.look()
	return f
}

func (f *farewell) object() fyne.CanvasObject { return f.view }
func (*farewell) back(func())                 {}
func (*farewell) shown()                      {}
func (f *farewell) closed()                   { f.gone = true }

// apply counts anew what is not delivered when a message got there.
func (f *farewell) apply(e chat.Event) {
	switch e.(type) {
	case chat.MessageStateChanged, chat.MessagePosted, chat.RoomChanged:
		f.look()
	default:
	}
}

// look counts what the guest leaves behind.
func (f *farewell) look() {
	node := f.here.Node()
	f.count.read(f.kit, func() (waitingFor, error) { return undelivered(node) }, func(w waitingFor, err error) {
		if f.gone {
			return
		}
		if err != nil {
			f.kit.log.Error("Waiting messages not counted", "err", err)
			return
		}
		f.show(w)
	})
}

// undelivered counts a guest's rooms and the own messages in them that no seller has.
func undelivered(n Node) (w waitingFor, err error) {
	self := n.Self().ID
	for {
		total, rooms, err := n.Rooms(chat.AllRooms, w.rooms, chat.MaxPage)
		if err != nil {
			return w, err
		}
		for _, r := range rooms {
			waiting, err := undeliveredIn(n, r.ID, self)
			if err != nil {
				return w, err
			}
			w.messages += waiting
		}
		if w.rooms += len(rooms); len(rooms) == 0 || w.rooms >= total {
			return w, nil
		}
	}
}

func undeliveredIn(n Node, room chat.RoomID, self chat.PeerID) (waiting int, err error) {
	for at := (chat.MessageID{}); ; {
		page, err := n.Messages(room, at, true, chat.MaxPage)
		if err != nil {
			return waiting, err
		}
		for i := range page {
			if page[i].Author == self && page[i].State == chat.Waiting {
				waiting++
			}
		}
		if len(page) < chat.MaxPage {
			return waiting, nil
		}
		at = page[0].ID
	}
}

func (f *farewell) show(w waitingFor) {
	k := f.kit
	words := ""
	switch {
	case w.rooms == 0:
		words = k.say("kiosk.saidNothing")
	case w.messages > 0:
		words = k.count("kiosk.carried", w.messages)
	default:
		words = k.say("kiosk.allDelivered")
	}
	f.state.words.set(words)
	_, moves := f.here.(Mover)
	visible(f.take, moves && w.rooms > 0)
	f.foot.Refresh()
	f.body.Refresh()
}

// askCode makes the code to go on with elsewhere.
func (f *farewell) askCode() {
	here, ok := f.here.(Mover)
	if f.asking || !ok {
		return
	}
	f.asking = true
	f.take.enable(false)
	k := f.kit
	read(k, func() (GuestCode, error) { return here.Code(k.ctx, func() { k.do(f.moved) }) }, func(c GuestCode, err error) {
		f.asking = false
		switch {
		case f.gone:
		case err != nil:
			k.log.Error("No code", "err", err)
			f.take.enable(true)
			k.toast(k.say("kiosk.noCode"))
		default:
			f.showCode(c)
		}
	})
}

// showCode shows a code to scan and to type.
func (f *farewell) showCode(c GuestCode) {
	k := f.kit
	lines := []fyne.CanvasObject{newParagraph(k.say("kiosk.takeTitle"), sizeStrong, colorText).strong()}
	if drawing := newQR(c.Scan, k.scanSide()); drawing != nil {
		lines = append(lines, container.NewCenter(drawing))
	}
	lines = append(lines,
		newPanel(colorRaised, radius, inset(12, 12, 14, 14, newParagraph(spaced(c.Text), sizeBody, colorText).strong().centred())),
		newParagraph(k.say("kiosk.takeUntil", c.Until.In(k.now().Location()).Format("15:04")), sizeBody, colorText).centred(),
		newParagraph(k.say("kiosk.takeHow"), sizeBody, colorMuted))
	card := newCard(inset(gutter, gutter, kioskGutter, kioskGutter, newColumn(grid, lines...))) // all of it fits a screen of 600
	page := newPage(0, container.New(middle{520}, inset(grid, grid, 0, kioskGutter, card)))
	f.side.Objects = []fyne.CanvasObject{page, overScroll(k, page.scroll)}
	f.body.Refresh()
}

// scanSide is how large a code to scan may be, so that all of its card is on the screen.
func (k *kit) scanSide() float32 { return max(208, min(320, k.window.Canvas().Size().Height-480)) }

// spaced lets a long code break where a line ends.
func spaced(code string) string {
	if strings.ContainsAny(code, " -") || len(code) <= 8 {
		return code
	}
	var b strings.Builder
	for i, r := range []rune(code) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// evenly gives all that hold something seen the same width.
type evenly struct{ gap float32 }

// Layout is for Fyne.
func (e evenly) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var seen []fyne.CanvasObject
	for _, o := range objects {
		if c, ok := o.(*fyne.Container); !ok || c.Objects[0].Visible() {
			seen = append(seen, o)
		}
	}
	width := (size.Width - e.gap*float32(len(seen)-1)) / float32(len(seen))
	for i, o := range seen {
		o.Resize(fyne.NewSize(width, size.Height))
		o.Move(fyne.NewPos(float32(i)*(width+e.gap), 0))
	}
}

// MinSize is for Fyne.
func (e evenly) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return row{e.gap, -1}.MinSize(objects)
}

// halves gives two objects half of the width each; the first all of it while the second is empty; in a narrow window one
// above the other.
type halves struct{}

// Layout is for Fyne.
func (halves) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	first, second := objects[0], objects[1]
	if c, ok := second.(*fyne.Container); ok && len(c.Objects) == 0 {
		first.Resize(size)
		second.Resize(fyne.Size{})
		return
	}
	half := fyne.NewSize(size.Width/2, size.Height)
	at := fyne.NewPos(half.Width, 0)
	if size.Width < narrowBelow {
		half = fyne.NewSize(size.Width, size.Height/2)
		at = fyne.NewPos(0, half.Height)
	}
	first.Resize(half)
	first.Move(fyne.Position{})
	second.Resize(half)
	second.Move(at)
}

// MinSize is for Fyne.
func (halves) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 200) }

// newQR draws a code that a camera reads: black on white in either look, with the quiet edge that readers need; nil if the
// text is too long for one.
func newQR(text string, most float32) fyne.CanvasObject {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	return newSquares(code.Size, most, code.Black)
}
