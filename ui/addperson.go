package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// addPatience is how long an address may take to answer.
const addPatience = 8 * time.Second

// addPerson is the page to reach somebody who does not appear by themselves: by an address, or by an invite line.
type addPerson struct {
	kit    *kit
	view   *fyne.Container
	header *header
	page   *page
	where  *entry
	field  *field
	add    *button
}

func newAddPerson(k *kit) *addPerson {
	p := &addPerson{kit: k}
	p.header = newHeader(k, newTitle(k.say("people.add")))
	p.where = newEntry(k, k.say("people.addressPlace"))
	p.where.OnChanged = func(string) { p.complain("") }
	p.where.OnSubmitted = func(string) { p.reach() }
	p.field = newField(k.say("people.address"), tall(p.where))
	p.add = newButton(primary, "plus", k.say("people.reach"), p.reach)
	mine := newParagraph(k.invite(), sizeCaption, colorText)
	p.page = newPage(680, inset(0, gutter, gutter, gutter, newColumn(gutter,
		newParagraph(k.say("people.addHint"), sizeBody, colorMuted),
		p.field.Container, container.New(toRight{grid}, p.add),
		inset(gutter, 0, 0, 0, newLabel(k.say("people.invite"), sizeStrong, colorText).strong()),
		newParagraph(k.say("people.inviteHint"), sizeBody, colorMuted),
		newPanel(colorRaised, radius, inset(12, 12, gutter, grid, newRow(grid, 0, mine,
			newIconButton("copy", k.say("settings.copyInvite"), func() { k.copy(k.invite()) })))),
	)))
	p.view = container.New(topAndRest{}, p.header.Container, p.page)
	return p
}

func (p *addPerson) object() fyne.CanvasObject { return p.view }
func (p *addPerson) back(leave func())         { p.header.back(leave) }
func (*addPerson) closed()                     {}
func (*addPerson) apply(chat.Event)            {}
func (p *addPerson) shown()                    { p.kit.window.Canvas().Focus(p.where) }

func (p *addPerson) complain(what string) {
	if p.field.wrong.text != what {
		p.field.complain(what)
		p.page.relayout()
	}
}

// reach links to whoever is at the address, and shows them.
func (p *addPerson) reach() {
	where := strings.TrimSpace(p.where.Text)
	if where == "" || p.add.disabled {
		return
	}
	p.add.enable(false)
	read(p.kit, func() (chat.PeerView, error) { return p.kit.reach(where) }, func(v chat.PeerView, err error) {
		p.add.enable(true)
		switch {
		case err == nil:
			p.kit.ways.person(v.ID)
		case errors.Is(err, chat.ErrInvalid):
			p.complain(p.kit.say("people.addressWrong"))
		case errors.Is(err, context.DeadlineExceeded):
			p.complain(p.kit.say("failure.unreachable"))
		default:
			p.complain(p.kit.failure(err))
		}
	})
}

// reach links to whoever is at an address or in an invite line. It waits for that.
func (k *kit) reach(where string) (chat.PeerView, error) {
	ctx, cancel := context.WithTimeout(k.ctx, addPatience)
	defer cancel()
	invite, err := chat.ParseInvite(where)
	if err == nil {
		return k.node.AddInvited(ctx, invite)
	}
	if strings.HasPrefix(strings.ToLower(where), "haggle:") {
		return chat.PeerView{}, err
	}
	if !strings.Contains(where, ":") {
		where += k.port
	}
	return k.node.AddPeer(ctx, where, chat.PeerID{})
}
