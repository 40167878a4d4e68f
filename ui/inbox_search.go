package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"haggle/chat"
	"haggle/text"
)

const (
	lookupPage = 60   // messages found at first
	lookupMost = 4000 // and when somebody scrolls on and on
)

// lookup is the inbox's search through the messages of all rooms: its field, and what is found in place of the rooms.
type lookup struct {
	kit    *kit
	field  *entry
	list   *gridView
	stand  *fyne.Container // in place of the list: loading, nothing, error
	object *fyne.Container

	query  string // what is asked
	answer answered
	seek   seeker[answered]
	chosen chat.MessageID // opened from here last

	onTurn func() // a search begins, or none is left
}

// answered is what was found for a query, newest first, of at most limit messages.
type answered struct {
	query string
	limit int
	rows  []*foundRow
}

// foundRow is a message that was found, ready for the screen.
type foundRow struct {
	id   chat.MessageID
	peer chat.PeerView
	name string
	sent int64
	said string // around the first match
	hits []text.Span
}

func newLookup(k *kit) *lookup {
	l := &lookup{kit: k, seek: seeker[answered]{kit: k}, stand: container.NewStack()}
	l.field = newSearch(k, k.say("inbox.search"), l.typed)
	clears := l.field.keyed
	l.field.keyed = func(key fyne.KeyName) bool {
		if key == fyne.KeyDown && len(l.answer.rows) > 0 {
			l.focusOn(0)
			return true
		}
		return clears(key)
	}
	l.list = newGridView(k, 0, gap/2, grid, l.height, l.newCell, l.bind)
	l.list.near = l.more
	l.object = container.NewStack(l.list, l.stand)
	l.object.Hide()
	return l
}

// height of a row at the text size that was chosen.
func (l *lookup) height(float32) float32 {
	return foundHeight * theme.SizeForWidget(sizeBody, l.list) / texts[sizeBody]
}

func (l *lookup) newCell() fyne.CanvasObject {
	return newFoundCell(l.kit, func(r *foundRow) {
		l.chosen = r.id
		l.list.show(len(l.answer.rows))
		l.kit.ways.message(r.id, l.answer.query)
	})
}

func (l *lookup) bind(i int, o fyne.CanvasObject) {
	if cell, ok := o.(*foundCell); ok && i < len(l.answer.rows) {
		r := l.answer.rows[i]
		cell.show(r, r.id == l.chosen)
		cell.keyed = func(key fyne.KeyName) bool { return l.key(cell, key) }
	}
}

// key moves the focus by the arrow keys, and ends the search with Esc.
func (l *lookup) key(from *foundCell, key fyne.KeyName) bool {
	at := l.list.indexOf(from)
	switch {
	case key == fyne.KeyEscape:
		l.field.SetText("")
		l.focus()
	case key == fyne.KeyUp && at == 0:
		l.focus()
	default:
		to, ok := l.list.step(at, key)
		if ok {
			l.focusOn(to)
		}
		return ok
	}
	return true
}

func (l *lookup) focusOn(i int) {
	if cell, ok := l.list.reveal(i).(*foundCell); ok {
		l.kit.window.Canvas().Focus(cell)
	}
}

// focus takes the keyboard, all that was typed before selected.
func (l *lookup) focus() {
	l.kit.window.Canvas().Focus(l.field)
	l.field.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// holds reports whether something of the search has the keyboard.
func (l *lookup) holds(f fyne.Focusable) bool {
	_, cell := f.(*foundCell)
	return cell || f == fyne.Focusable(l.field)
}

// searching reports whether a query stands.
func (l *lookup) searching() bool { return l.query != "" }

func (l *lookup) typed(words string) {
	query := queryOf(words)
	if query == l.query {
		return
	}
	turn := (query == "") != (l.query == "")
	l.query = query
	if query == "" {
		l.seek.drop()
		l.answer, l.chosen = answered{}, chat.MessageID{}
	} else {
		l.ask(searchDelay, lookupPage)
		l.present(nil)
	}
	if turn {
		visible(l.object, query != "")
		l.onTurn()
	}
}

func (l *lookup) ask(delay time.Duration, limit int) {
	query := l.query
	l.seek.ask(delay, func() (answered, error) { return l.find(query, limit) }, func(a answered, err error) {
		anew := a.query != l.answer.query
		if err != nil {
			l.kit.log.Error("Messages not searched", "err", err)
			a.rows = nil
		}
		l.answer = a
		l.present(err)
		if anew {
			l.list.top()
		}
	})
}

// find is off the UI's goroutine.
func (l *lookup) find(query string, limit int) (answered, error) {
	a := answered{query: query, limit: limit}
	list, err := l.kit.node.SearchMessages(query, nil, limit)
	if err != nil {
		return a, err
	}
	needle, people := text.NewNeedle(query), map[chat.RoomID]chat.PeerView{}
	for i := range list {
		m := &list[i]
		peer, known := people[m.ID.Room]
		if !known {
			room, err := l.kit.node.Room(m.ID.Room)
			if err != nil {
				return a, err
			}
			peer = room.Peer
			peer.Addresses = nil
			people[m.ID.Room] = peer
		}
		r := &foundRow{id: m.ID, peer: peer, name: l.kit.personName(peer), sent: m.SentAt}
		r.said, r.hits = quoteOf(m.Text, needle)
		a.rows = append(a.rows, r)
	}
	return a, nil
}

// more asks for what was said before when the end of what is here comes near.
func (l *lookup) more() {
	if a := &l.answer; l.searching() && a.query == l.query && len(a.rows) == a.limit && a.limit < lookupMost {
		a.limit *= 2 // asked for
		l.ask(0, a.limit)
	}
}

// present shows what was found, or what stands in its place. While the next answer is on its way the last one stays.
func (l *lookup) present(err error) {
	var instead fyne.CanvasObject
	k := l.kit
	switch {
	case err != nil:
		instead = newEmpty("warning", k.say("inbox.searchFailed"), "", newButton(tonal, "refresh", k.say("do.retry"), func() { l.ask(0, lookupPage) }))
	case len(l.answer.rows) > 0:
	case l.answer.query != l.query:
		instead = newEmpty("search", k.say("inbox.searching"), "")
	default:
		instead = newEmpty("search", k.say("inbox.notFound"), k.say("inbox.notFoundHint"))
	}
	l.stand.Objects = nil
	if instead != nil {
		l.stand.Objects = []fyne.CanvasObject{instead}
	}
	visible(l.list, instead == nil)
	l.stand.Refresh()
	l.list.show(len(l.answer.rows))
}

// apply finds what is said meanwhile.
func (l *lookup) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.MessagePosted, chat.MessageReceived:
	case chat.MessageStateChanged:
		if e.State != chat.Withdrawn {
			return
		}
	default:
		return
	}
	l.renew()
}

func (l *lookup) renew() {
	if l.searching() {
		l.seek.renew(func() {
			if l.searching() && l.answer.query == l.query {
				l.ask(0, max(l.answer.limit, lookupPage))
			}
		})
	}
}
