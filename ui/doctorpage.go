package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/doctor"
)

// doctorPage tells how the network does: one line for each thing looked at, with what to do where it fails.
type doctorPage struct {
	kit    *kit
	about  chat.PeerID // whom to find out about; zero for everybody
	view   *fyne.Container
	header *header
	page   *page
	body   *fyne.Container
	lines  *fyne.Container
	again  *button
	copied *button
	checks []doctor.Check
}

func newDoctorPage(k *kit, about chat.PeerID) *doctorPage {
	d := &doctorPage{kit: k, about: about}
	d.header = newHeader(k, newTitle(k.say("doctor.title")))
	d.lines = newColumn(12)
	d.again = newButton(tonal, "refresh", k.say("doctor.again"), d.look)
	d.copied = newButton(plain, "copy", k.say("doctor.copy"), func() { k.copy(d.report()) })
	d.page = newPage(680, inset(0, 32, gutter, gutter, newColumn(gutter, d.lines, d.deeds())))
	d.body = container.NewStack()
	d.view = container.New(topAndRest{}, d.header.Container, d.body)
	d.look()
	return d
}

func (d *doctorPage) object() fyne.CanvasObject { return d.view }
func (d *doctorPage) back(leave func())         { d.header.back(leave) }
func (*doctorPage) closed()                     {}
func (*doctorPage) shown()                      {}
func (*doctorPage) apply(chat.Event)            {}

// deeds are what can be done; at a kiosk nothing is copied.
func (d *doctorPage) deeds() fyne.CanvasObject {
	if d.kit.guest {
		return newFlow(grid, big(d.again))
	}
	return newFlow(grid, d.again, d.copied)
}

// look examines the network anew, which takes some seconds.
func (d *doctorPage) look() {
	d.again.enable(false)
	d.put(newEmpty("network", d.kit.say("doctor.looking"), d.kit.say("doctor.lookingHint")))
	read(d.kit, func() (chat.Diagnosis, error) { return d.kit.node.Diagnose(d.kit.ctx, d.about) }, func(found chat.Diagnosis, err error) {
		d.again.enable(true)
		if err != nil {
			d.kit.log.Error("Network not examined", "err", err)
			d.put(newEmpty("warning", d.kit.say("doctor.failed"), d.kit.failure(err), d.kit.fit(newButton(tonal, "refresh", d.kit.say("doctor.again"), d.look))))
			return
		}
		d.show(doctor.Report(found, doctor.Languages[d.kit.words.Language]))
	})
}

func (d *doctorPage) put(o fyne.CanvasObject) {
	d.body.Objects = []fyne.CanvasObject{o}
	d.body.Refresh()
}

// show lists what fails before what works: that is what somebody came for.
func (d *doctorPage) show(checks []doctor.Check) {
	slices.SortStableFunc(checks, func(a, b doctor.Check) int {
		switch {
		case a.OK == b.OK:
			return 0
		case b.OK:
			return -1
		default:
			return 1
		}
	})
	d.checks = checks
	d.lines.Objects = nil
	for _, c := range checks {
		drawing, ground, front := "check", colorAccentSoft, colorOnSoft
		if !c.OK {
			drawing, ground, front = "warning", colorWarnSoft, colorOnWarn
		}
		disc := newPanel(ground, touch/2, newSized(touch, touch, container.NewCenter(newIcon(drawing, front, 22))))
		words := newColumn(4, newLabel(d.kit.check(c.Name), sizeBody, colorText).strong(), newParagraph(c.Detail, sizeBody, colorMuted))
		if c.Advice != "" {
			words.Add(newParagraph(c.Advice, sizeBody, colorOnWarn))
		}
		d.lines.Add(newCard(pad(gutter, container.New(sideAndColumn{12}, disc, words))))
	}
	d.put(d.page)
	d.page.relayout()
}

// check is what a line is about.
func (k *kit) check(n doctor.Name) string {
	switch n {
	case doctor.Network:
		return k.say("doctor.network")
	case doctor.Interfaces:
		return k.say("doctor.interfaces")
	case doctor.MulticastSelf:
		return k.say("doctor.multicastSelf")
	case doctor.MulticastOthers:
		return k.say("doctor.multicastOthers")
	case doctor.Port:
		return k.say("doctor.port")
	case doctor.Clock:
		return k.say("doctor.clock")
	case doctor.PeerPort:
		return k.say("doctor.peerPort")
	case doctor.PeerMulticast:
		return k.say("doctor.peerMulticast")
	case doctor.PeerVersion:
		return k.say("doctor.peerVersion")
	default:
		return k.say("doctor.peer")
	}
}

// report is all of it as text, for whoever is asked for help.
func (d *doctorPage) report() string {
	var b strings.Builder
	for _, c := range d.checks {
		mark := "+ "
		if !c.OK {
			mark = "! "
		}
		b.WriteString(mark + d.kit.check(c.Name) + ": " + c.Detail)
		if c.Advice != "" {
			b.WriteString(" " + c.Advice)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// sideAndColumn puts a small object beside a column, at its top.
type sideAndColumn struct{ gap float32 }

// Layout is for Fyne.
func (l sideAndColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	side, column := objects[0], objects[1]
	least := side.MinSize()
	side.Resize(least)
	column.Move(fyne.NewPos(least.Width+l.gap, 0))
	width := size.Width - least.Width - l.gap
	if column.Size().Width != width {
		column.Resize(fyne.NewSize(width, column.MinSize().Height))
	}
	column.Resize(fyne.NewSize(width, max(size.Height, column.MinSize().Height)))
}

// MinSize is for Fyne.
func (l sideAndColumn) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+l.gap+b.Width, max(a.Height, b.Height))
}
