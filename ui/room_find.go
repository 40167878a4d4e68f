package ui

import (
	"errors"
	"slices"
	"time"

	"haggle/chat"
	"haggle/text"
)

// mostFound bounds the matches one can go through in a room: the newest of them.
const mostFound = 10_000

// finding is the search in a room.
type finding struct {
	query string
	seek  seeker[[]chat.MessageID]
	ids   []chat.MessageID // that match, newest first; nil before the answer
	at    int              // the one that is shown, -1 for none of them
	led   bool             // to a message that was found elsewhere: it stays, whatever is found here
}

// find is for the window: Ctrl+F.
func (p *roomPane) find() {
	if !p.bar.object.Visible() {
		p.bar.object.Show()
		p.roomScreen.object.Refresh()
	}
	p.bar.focus()
}

// findAt shows a message that a search for something found, and searches for that here.
func (p *roomPane) findAt(query string, id chat.MessageID) {
	p.bar.field.SetText(query) // searches, if it is another
	p.found.led = true
	p.find()
	p.goTo(id)
	p.tellFound()
}

// endFind ends the search, and reports whether there was one.
func (p *roomPane) endFind() bool {
	if !p.bar.object.Visible() {
		return false
	}
	p.bar.field.SetText("")
	p.bar.object.Hide()
	p.roomScreen.object.Refresh()
	p.kit.window.Canvas().Focus(p.composer.field)
	return true
}

// seek is told what is typed into the bar.
func (p *roomPane) seek(typed string) {
	f, query := &p.found, queryOf(typed)
	if query == f.query {
		return
	}
	f.query, f.ids, f.at, f.led = query, nil, -1, false
	needle := text.NewNeedle(query)
	p.thread.seek(needle)
	if needle.Empty() {
		f.seek.drop()
		p.bar.say("")
		return
	}
	p.bar.say("…")
	p.ask(searchDelay, func() {
		if f.at < 0 && !f.led {
			p.step(1)
		}
	})
}

// ask gets the matches; then hears when they are here.
func (p *roomPane) ask(delay time.Duration, then func()) {
	f := &p.found
	query := f.query
	f.seek.ask(delay, func() ([]chat.MessageID, error) {
		return p.kit.node.FindMessages(query, p.id, mostFound)
	}, func(ids []chat.MessageID, err error) {
		switch {
		case p.gone:
		case err != nil:
			p.kit.log.Error("Room not searched", "err", err)
			p.bar.say(p.kit.say("find.failed"))
		default:
			f.ids = append([]chat.MessageID{}, ids...)
			p.tellFound()
			then()
		}
	})
}

// refind looks for matches in what came to a room or left it meanwhile. Nothing moves.
func (p *roomPane) refind(room chat.RoomID) {
	if room == p.id && p.found.query != "" {
		p.found.seek.renew(func() {
			if p.found.query != "" && !p.gone {
				p.ask(0, func() {})
			}
		})
	}
}

// step goes on to an older match, or with -1 to a newer one; from the last one to the first.
func (p *roomPane) step(by int) {
	f := &p.found
	n := len(f.ids)
	if n == 0 {
		return
	}
	if f.at < 0 && by < 0 {
		f.at = 0
	}
	f.at = (f.at + by + n) % n
	p.goTo(f.ids[f.at])
	p.tellFound()
}

// tellFound says at which match one is.
func (p *roomPane) tellFound() {
	f, k := &p.found, p.kit
	f.at = slices.Index(f.ids, p.thread.sought.at)
	switch n := len(f.ids); {
	case f.ids == nil:
	case n == 0:
		p.bar.say(k.say("find.none"))
	case f.at < 0:
		p.bar.say(k.count("find.some", n))
	case n == mostFound:
		p.bar.say(k.say("find.ofMany", f.at+1, n))
	default:
		p.bar.say(k.say("find.of", f.at+1, n))
	}
}

// goTo shows a message. The page around it is read if it is not loaded.
func (p *roomPane) goTo(id chat.MessageID) {
	if p.thread.jump(id) {
		p.stay()
	} else {
		p.open(id, false)
	}
}

// lost tells that a message to go to cannot be shown.
func (p *roomPane) lost(err error) {
	p.thread.sought.aim = chat.MessageID{}
	switch {
	case !p.loaded:
		p.open(chat.MessageID{}, true)
	case errors.Is(err, chat.ErrNotFound):
		p.refind(p.id)
	default:
		p.kit.toast(p.kit.failure(err))
	}
}
