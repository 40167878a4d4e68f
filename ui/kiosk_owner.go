package ui

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// ownerPage is how the kiosk is, for its owner: how long it runs, what went wrong, disk, network, people, and the way out.
type ownerPage struct {
	kit    *kit
	owner  Owner
	guests func() int
	object fyne.CanvasObject
	lines  *fyne.Container
	page   *page
	body   *fyne.Container
	gone   bool
	touch  int
	away   func()
}

// ownerState is what the page reads.
type ownerState struct {
	KioskState
	people, online int
	goods          int
	addresses      int
}

func newOwnerPage(k *kit, owner Owner, guests func() int, away func()) *ownerPage {
	o := &ownerPage{kit: k, owner: owner, guests: guests, away: away, lines: newColumn(12)}
	tap := func(f func()) func() {
		return func() {
			o.touch++
			f()
		}
	}
	o.page = newPage(860, inset(0, 32, kioskGutter, kioskGutter, o.lines))
	o.page.scroll.OnScrolled = func(fyne.Position) { o.touch++ }
	drag := newDragger(k, func(dy float32) {
		o.touch++
		o.page.scroll.ScrollToOffset(o.page.scroll.Offset.SubtractXY(0, dy))
	})
	o.body = container.NewStack(o.page, drag)
	bar := newSized(0, kioskBar, inset(0, 0, kioskGutter, kioskGutter, newRow(12, 0,
		newTitle(k.say("kiosk.owner")),
		big(k.bigButton(plain, "network", k.say("settings.check"), tap(o.check))),
		big(k.bigButton(danger, "exit", k.say("kiosk.end"), tap(o.askEnd))),
		big(k.bigButton(primary, "", k.say("do.close"), o.close)))))
	o.object = container.NewStack(newFill(colorPage), container.New(topAndRest{}, bar, newLine(), inset(gutter, 0, 0, 0, o.body)))
	o.read()
	o.rest()
	return o
}

func (o *ownerPage) close() {
	if !o.gone {
		o.gone = true
		o.away()
	}
}

// rest closes the page when its owner has walked away.
func (o *ownerPage) rest() {
	touch := o.touch
	o.kit.after(ownerTime, func() {
		switch {
		case o.gone:
		case touch == o.touch:
			o.close()
		default:
			o.rest()
		}
	})
}

func (o *ownerPage) read() {
	node := o.kit.node
	read(o.kit, func() (ownerState, error) {
		s := ownerState{KioskState: o.owner.State(), addresses: len(node.Self().Addresses)}
		for _, p := range node.Peers() {
			s.people++
			if p.Online {
				s.online++
			}
		}
		total, _, err := node.Listings(chat.ListingQuery{Limit: 1})
		s.goods = total
		return s, err
	}, func(s ownerState, err error) {
		if err != nil {
			o.kit.log.Error("Market not counted", "err", err)
		}
		if !o.gone {
			o.show(s)
		}
	})
}

// show lists how the kiosk is.
func (o *ownerPage) show(s ownerState) {
	k := o.kit
	o.lines.Objects = nil
	line := func(drawing, name, value string, bad bool) {
		ground, front := colorAccentSoft, colorOnSoft
		if bad {
			ground, front = colorWarnSoft, colorOnWarn
		}
		disc := newPanel(ground, 22, newSized(44, 44, container.NewCenter(newIcon(drawing, front, 24))))
		o.lines.Add(newCard(pad(14, container.New(sideAndColumn{14}, disc,
			newColumn(2, newParagraph(name, sizeCaption, colorMuted).strong(), newParagraph(value, sizeBody, colorText))))))
	}
	for _, wrong := range s.Wrong {
		line("warning", k.say("kiosk.settingsWrong", s.Settings), wrong, true)
	}
	line("clock", k.say("kiosk.running"), k.say("kiosk.since", spell(k, k.now().Sub(s.Begun)), k.moment(s.Begun.UnixMilli())), false)
	restarts := k.say("kiosk.noRestarts")
	if s.Restarts > 0 {
		restarts = k.count("kiosk.restarts", s.Restarts, k.endOf(s.Last), k.moment(s.LastAt.UnixMilli()))
	}
	line("refresh", k.say("kiosk.window"), restarts, s.Restarts > 0)
	network := k.say("kiosk.networkOn")
	if s.addresses == 0 {
		network = k.say("kiosk.networkOff")
	}
	line("network", k.say("kiosk.network"), network, s.addresses == 0)
	line("people", k.say("kiosk.people"), k.say("kiosk.seen", strconv.Itoa(s.people), strconv.Itoa(s.online), strconv.Itoa(s.goods)), false)
	line("chats", k.say("kiosk.guests"), k.say("kiosk.guestCount", strconv.Itoa(o.guests()), strconv.Itoa(s.Carried)), false)
	if s.Total > 0 {
		line("storage", k.say("kiosk.disk"), k.say("kiosk.diskFree", sizeOf(s.Free), sizeOf(s.Total), sizeOf(s.Used)), s.Free < 1<<30)
	}
	line("info", k.say("kiosk.program"), k.say("kiosk.versionIn", s.Version, s.Folder), false)
	o.page.relayout()
}

// endOf is how the window ended last.
func (k *kit) endOf(e KioskEnd) string {
	switch e {
	case EndHung:
		return k.say("kiosk.endHung")
	case EndUnable:
		return k.say("kiosk.endUnable")
	default:
		return k.say("kiosk.endCrashed")
	}
}

// sizeOf is a number of bytes as people read it.
func sizeOf(bytes uint64) string {
	switch {
	case bytes >= 10<<30:
		return strconv.FormatUint(bytes>>30, 10) + " GB"
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(bytes)/(1<<30))
	default:
		return strconv.FormatUint(bytes>>20, 10) + " MB"
	}
}

// check examines the network in place of the list.
func (o *ownerPage) check() {
	d := newDoctorPage(o.kit, chat.PeerID{})
	o.body.Objects = []fyne.CanvasObject{d.body}
	o.body.Refresh()
}

// askEnd asks before the kiosk is ended.
func (o *ownerPage) askEnd() {
	k := o.kit
	o.body.Objects = []fyne.CanvasObject{container.New(middle{460}, newColumn(16,
		newParagraph(k.say("kiosk.endAsk"), sizeTitle, colorText).strong().centred(),
		newParagraph(k.say("kiosk.endHint"), sizeBody, colorMuted).centred(),
		newSized(0, reach, k.bigButton(danger, "exit", k.say("kiosk.end"), o.owner.Leave)),
		newSized(0, reach, k.bigButton(plain, "", k.say("do.cancel"), o.close))))}
	o.body.Refresh()
}
