package ui

import (
	"slices"
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
	words  *fyne.Container
	digits *fyne.Container
	same   *button
	undo   *button
}

// codeLine is how many words, or groups of five digits, stand in one line: two lines are one person's half.
const codeLine = 3

func newSafety(k *kit, peer chat.PeerID, verify func(bool)) *safety {
	s := &safety{kit: k, words: newColumn(gap), digits: newColumn(gap)}
	s.same = newButton(tonal, "verified", k.say("safety.same"), func() { verify(true) })
	s.undo = newButton(plain, "", k.say("safety.undo"), func() { verify(false) })
	s.panel = newPanel(colorRaised, radius, inset(12, 12, gutter, gutter, newColumn(grid,
		newLabel(k.say("safety.title"), sizeCaption, colorText).strong(),
		newParagraph(k.say("safety.hint"), sizeBody, colorMuted),
		container.NewCenter(inset(gap, gap, 0, 0, s.words)), container.NewCenter(inset(gap, gap, 0, 0, s.digits)), newFlow(grid, s.same, s.undo))))
	self := k.node.Self().ID
	read(k, func() (chat.SafetyCode, error) { return chat.SafetyCodeOf(self, peer), nil }, func(code chat.SafetyCode, _ error) { s.write(code) })
	none := slices.Repeat([]string{"·····"}, 4*codeLine)
	s.write(chat.SafetyCode{Digits: none, English: none, Chinese: none})
	return s
}

// write shows the code: words to say on the phone in the window's language, and the digits that are the same in any.
func (s *safety) write(code chat.SafetyCode) {
	words := code.English
	if s.kit.words.Language == "zh" {
		words = code.Chinese
	}
	inLines(s.words, words, sizeStrong, colorText)
	inLines(s.digits, code.Digits, sizeBody, colorMuted)
	s.panel.Refresh()
}

// inLines puts the parts of a code below one another, those of a line in columns.
func inLines(column *fyne.Container, parts []string, size fyne.ThemeSizeName, color fyne.ThemeColorName) {
	column.Objects = nil
	table := container.NewGridWithColumns(codeLine)
	for _, part := range parts {
		table.Add(inset(0, 0, grid, grid, newWhole(part, size, color).strong().centred()))
	}
	column.Add(table)
}

// show offers what can be said of the code now.
func (s *safety) show(v chat.PeerView) {
	visible(s.panel, v.ProvenAt != 0)
	visible(s.same, !v.Verified)
	visible(s.undo, v.Verified)
}
