package ui

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// people lists everybody who was ever met: those who are here first.
type people struct {
	kit    *kit
	view   *fyne.Container
	list   *gridView
	body   *fyne.Container
	empty  fyne.CanvasObject
	peers  []chat.PeerView
	chosen chat.PeerID
	open   func(chat.PeerID)
	late   bool // a reading is due
}

// peopleRow is how high a row is.
const peopleRow float32 = 68

func newPeople(k *kit, open func(chat.PeerID), add func()) *people {
	p := &people{kit: k, open: open}
	plus := newIconButton("plus", k.say("people.add"), add)
	plus.paint(colorAccentSoft, "")
	top := newHeader(k, newTitle(k.say("rail.people")), plus)
	p.list = newGridView(k, 0, 0, grid, func(float32) float32 { return peopleRow }, p.newRow, p.bind)
	p.empty = newEmpty("people", k.say("people.empty"), k.say("people.emptyHint"), newButton(primary, "plus", k.say("people.add"), add),
		newButton(plain, "network", k.say("settings.check"), func() { k.ways.why(chat.PeerID{}) }))
	p.body = container.NewStack(p.list, p.empty)
	p.view = container.NewStack(newFill(colorSurface), container.New(topAndRest{}, top.Container, p.body))
	p.read()
	return p
}

func (p *people) object() fyne.CanvasObject { return p.view }
func (*people) back(func())                 {}
func (*people) closed()                     {}
func (*people) shown()                      {}

func (p *people) apply(e chat.Event) {
	switch e.(type) {
	case chat.PeerOnline, chat.PeerOffline, chat.PeerChanged:
		if !p.late { // one reading for all events of this turn
			p.late = true
			p.kit.do(func() {
				p.late = false
				p.read()
			})
		}
	default:
	}
}

// read shows everybody as they are now. The node answers from memory.
func (p *people) read() {
	p.peers = p.kit.node.Peers()
	names := make(map[chat.PeerID]string, len(p.peers))
	for _, v := range p.peers {
		names[v.ID] = strings.ToLower(p.kit.personName(v))
	}
	rank := func(v chat.PeerView) int {
		switch {
		case v.Blocked:
			return 2
		case v.Online:
			return 0
		default:
			return 1
		}
	}
	slices.SortFunc(p.peers, func(a, b chat.PeerView) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(names[a.ID], names[b.ID]), strings.Compare(a.ID.Short(), b.ID.Short()))
	})
	p.list.show(len(p.peers))
	if len(p.peers) > 0 {
		p.empty.Hide()
	} else {
		p.empty.Show()
	}
	p.body.Refresh()
	p.kit.ways.bare()
}

// bare is for the frame.
func (p *people) bare() bool { return len(p.peers) == 0 }

// choose marks the one whose page is open.
func (p *people) choose(id chat.PeerID) {
	p.chosen = id
	p.list.show(len(p.peers))
}

func (p *people) newRow() fyne.CanvasObject {
	r := &personRow{portrait: newPortrait(chat.PeerID{}, "", 44), called: newCalled(newLabel("", sizeBody, colorText).strong()), note: newLabel("", sizeCaption, colorMuted)}
	inside := newRow(12, 1, r.portrait, newColumn(3, r.called.view, r.note))
	r.become(r, inset(12, 12, 12, 12, inside), radius, func() { p.open(r.id) })
	r.keyed = func(key fyne.KeyName) bool {
		to, ok := p.list.step(p.list.indexOf(r), key)
		if next, is := p.list.reveal(to).(*personRow); ok && is {
			p.kit.window.Canvas().Focus(next)
		}
		return ok
	}
	return r
}

func (p *people) bind(i int, cell fyne.CanvasObject) {
	if r, ok := cell.(*personRow); ok {
		r.show(p.kit, p.peers[i], p.peers[i].ID == p.chosen)
	}
}

// personRow is one of the people.
type personRow struct {
	tappable
	id       chat.PeerID
	portrait *portrait
	called   *called
	note     *label
}

func (r *personRow) show(k *kit, v chat.PeerView, chosen bool) {
	r.id = v.ID
	k.showPortrait(r.portrait, v)
	r.called.show(k, v)
	r.name = r.called.aloud(k)
	note := k.presence(v)
	if v.Resembles != (chat.PeerID{}) {
		note = k.say("people.another") + " · " + note
	}
	if v.NameTag != "" {
		note = v.NameTag + " · " + note
	}
	r.note.set(note)
	if chosen {
		r.paint(colorAccentSoft, "")
		r.portrait.dotOn = colorAccentSoft
	} else {
		r.paint("", "")
		r.portrait.dotOn = colorSurface
	}
	r.portrait.Refresh()
}
