package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// editRemark asks what the peer is to be called here, and for a note about them. Neither is ever sent.
func (p *person) editRemark() {
	k := p.kit
	v := k.node.Peer(p.id)
	alias := newEntry(k, k.personName(chat.PeerView{Peer: v.Peer, Name: v.Name}))
	alias.SetText(v.Alias)
	note := newLongEntry(k, k.say("remark.notePlace"), 4)
	note.SetText(v.Note)
	aliasField, noteField := newField(k.say("remark.alias"), tall(alias)), newField(k.say("remark.note"), note)
	var m *modal
	save := func() {
		r := chat.Remark{Alias: strings.TrimSpace(alias.Text), Note: strings.TrimSpace(note.Text)}
		wrongAlias, wrongNote := "", ""
		if text.Characters(r.Alias) > chat.MaxName {
			wrongAlias = k.say("profile.nameLong", chat.MaxName)
		}
		if text.Characters(r.Note) > chat.MaxNote {
			wrongNote = k.say("remark.noteLong", chat.MaxNote)
		}
		aliasField.complain(wrongAlias)
		noteField.complain(wrongNote)
		m.Refresh()
		if wrongAlias+wrongNote == "" {
			m.close()
			p.setRemark(r)
		}
	}
	alias.OnSubmitted = func(string) { save() }
	cancel := newButton(plain, "", k.say("do.cancel"), func() { m.close() })
	m = showModal(k, 480, newColumn(gutter,
		newParagraph(k.say("remark.edit"), sizeTitle, colorText).strong(),
		newParagraph(k.say("remark.hint"), sizeBody, colorMuted),
		aliasField.Container, noteField.Container,
		container.New(toRight{grid}, cancel, newButton(primary, "", k.say("remark.save"), save)),
	), alias)
}

func (p *person) setRemark(r chat.Remark) {
	p.change(func(then func(chat.PeerView, error)) { p.kit.node.SetRemark(p.id, r, then) })
}

func (p *person) setVerified(on bool) {
	p.change(func(then func(chat.PeerView, error)) { p.kit.node.Verify(p.id, on, then) })
}

// change asks the node to note something about the peer; the event that follows shows it.
func (p *person) change(how func(then func(chat.PeerView, error))) {
	then := answer(p.kit, func(_ chat.PeerView, err error) {
		if err != nil {
			p.kit.log.Error("Peer not changed", "err", err)
			p.kit.toast(p.kit.failure(err))
		}
	})
	p.kit.off(func() { how(then) })
}

// safety is the code to compare with a peer's screen, and what a person says of it.
type safety struct {
	kit    *kit
	panel  *panel
	digits *fyne.Container
	same   *button
	undo   *button
}

// codeLine is how many groups of five digits stand in one line: two lines are one person's half.
const codeLine = 3

func newSafety(k *kit, peer chat.PeerID, verify func(bool)) *safety {
	s := &safety{kit: k, digits: newColumn(gap)}
	s.same = newButton(tonal, "verified", k.say("safety.same"), func() { verify(true) })
	s.undo = newButton(plain, "", k.say("safety.undo"), func() { verify(false) })
	s.panel = newPanel(colorRaised, radius, inset(12, 12, gutter, gutter, newColumn(grid,
		newLabel(k.say("safety.title"), sizeCaption, colorText).strong(),
		newParagraph(k.say("safety.hint"), sizeBody, colorMuted),
		container.NewCenter(inset(gap, gap, 0, 0, s.digits)), newFlow(grid, s.same, s.undo))))
	self := k.node.Self().ID
	read(k, func() (string, error) { return chat.SafetyCode(self, peer), nil }, func(code string, _ error) { s.write(code) })
	s.write(strings.TrimSpace(strings.Repeat("····· ", 4*codeLine)))
	return s
}

// write shows the code in lines.
func (s *safety) write(code string) {
	groups := strings.Fields(code)
	s.digits.Objects = nil
	for i := 0; i < len(groups); i += codeLine {
		line := newRow(gutter, -1)
		for _, group := range groups[i : i+codeLine] {
			line.Add(newWhole(group, sizeStrong, colorText).strong())
		}
		s.digits.Add(line)
	}
	s.panel.Refresh()
}

// show offers what can be said of the code now.
func (s *safety) show(v chat.PeerView) {
	visible(s.panel, v.ProvenAt != 0)
	visible(s.same, !v.Verified)
	visible(s.undo, v.Verified)
}
