package ui

import (
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// Offer asks whether to add the one that an invite names, which came from outside the window: a link somewhere, or a second
// start of the program. Nobody is dialled before a person says so. On a first start it waits until the introduction is over; a
// later offer takes the place of one that is open.
func (a *App) Offer(i chat.Invite) {
	if a.intro != nil {
		a.offered = &i
		return
	}
	k := a.kit
	if i.Peer == k.node.Self().ID {
		k.toast(k.say("failure.self"))
		return
	}
	if a.offering != nil {
		a.offering.close()
	}
	line := i.String()
	var m *modal
	leave := func() { m.close() }
	cancel := newButton(plain, "", k.say("do.cancel"), leave)
	add := newButton(primary, "plus", k.say("people.reach"), func() {
		leave()
		a.openAdd()
		if p, ok := a.spots[placePeople].detail.(*addPerson); ok {
			p.where.SetText(line)
			p.reach()
		}
	})
	addresses := newColumn(2)
	for _, address := range i.Addresses {
		addresses.Add(newParagraph(address, sizeCaption, colorText))
	}
	m = showModal(k, 480, newColumn(12,
		newParagraph(k.say("invited.title"), sizeStrong, colorText).strong(),
		newParagraph(k.say("invited.hint"), sizeBody, colorMuted),
		newPanel(colorRaised, radius, pad(12, newColumn(grid,
			newLabel(k.say("invited.id"), sizeCaption, colorMuted).strong(), newParagraph(inTwo(i.Peer), sizeCaption, colorText),
			newLabel(k.say("invited.addresses"), sizeCaption, colorMuted).strong(), addresses))),
		inset(grid, 0, 0, 0, container.New(toRight{grid}, cancel, add)),
	), cancel)
	m.gone = func() { a.offering = nil }
	a.offering = m
}

// inTwo is an ID on two lines, of which none breaks within a group.
func inTwo(id chat.PeerID) string {
	s := id.String()
	half := len(s) / 2 // a dash
	return s[:half] + "\n" + s[half+1:]
}
