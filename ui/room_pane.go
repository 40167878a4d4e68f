package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"

	"haggle/chat"
	"haggle/text"
)

const (
	roomPage   = 60          // messages read at once
	draftDelay = time.Second // from a key to its draft's way to the disk
	maxBatch   = 500         // messages made ready at once while many arrive
)

// roomPane joins a room's screen and the node: it reads pages, turns events into what the screen shows, and what is tapped
// into calls. What is shown comes from events only, own messages too.
type roomPane struct {
	*roomScreen
	id   chat.RoomID
	self chat.PeerID
	view chat.RoomView

	loaded  bool
	opening latest[opened]
	moves   int          // counts pages that are to replace all others
	moving  bool         // such a page is being read: facts wait
	paging  int          // pages being read: facts wait, or they could fall between two of them
	facts   []chat.Event // of this room, not applied yet
	working bool
	looking latest[chat.RoomView]
	found   finding

	draft     string // as it is on disk, or on its way there
	drafting  bool   // a timer runs
	keeping   latest[struct{}]
	seen      chat.MessageID // the last message a person saw
	marked    chat.MessageID // up to where it is marked
	marking   bool
	following bool // the own message just sent is to be shown
	gone      bool
}

func newRoomPane(k *kit, id chat.RoomID) *roomPane {
	p := &roomPane{roomScreen: newRoomScreen(k), id: id}
	p.thread.OnOlder, p.thread.OnNewer, p.thread.OnNewest = p.older, p.newer, p.newest
	p.thread.OnSeen = func(m chat.MessageID) { p.seen = m; p.mark() }
	p.thread.OnGoods = func(l chat.ListingID) { k.ways.goods(p.view.Seller, l) }
	p.thread.OnMenu = p.messageMenu
	p.thread.OnCopy = p.copy
	p.thread.OnFetch = func(m chat.MessageID) {
		k.off(func() { k.node.FetchImage(m, answer(k, p.fetched)) })
	}
	p.thread.OnPicture = p.enlarge
	p.composer.onSend, p.composer.onChange = p.post, p.changed
	p.composer.onPhoto = func() {
		k.choosePictures(chat.MaxPhotos-len(p.composer.along.list), func(paths []string) {
			p.composer.along.add(paths)
			k.window.Canvas().Focus(p.composer.field) // Return sends them
		})
	}
	p.onPerson = func() { k.ways.person(p.view.Peer.ID) }
	p.onGoods = func() {
		if l := p.view.Listing; l != nil {
			k.ways.goods(l.Seller, l.ID)
		}
	}
	p.onWhy = func() { k.ways.why(p.view.Peer.ID) }
	p.onFind, p.onMenu, p.onAccept, p.onBlock, p.onUnblock = p.find, p.menu, p.accept, p.block, p.unblock
	p.onAgain = func() {
		p.wait(k.say("room.loading"))
		p.open(chat.MessageID{}, true)
	}
	p.found = finding{seek: seeker[[]chat.MessageID]{kit: k}, at: -1}
	p.bar.onQuery, p.bar.onStep, p.bar.onClose = p.seek, p.step, func() { p.endFind() }
	p.wait(k.say("room.loading"))
	p.open(chat.MessageID{}, true)
	return p
}

// opened is what is read to show a room.
type opened struct {
	self    chat.PeerID
	view    chat.RoomView
	list    []*said
	older   bool
	newer   bool
	divider chat.MessageID
}

// open reads the room and a page of it, which then replaces what is shown: around a message; or at the first unread one,
// if that is wanted; or else the newest. What happens meanwhile is shown after that.
func (p *roomPane) open(at chat.MessageID, unread bool) {
	p.moves++
	p.moving = true
	if at == (chat.MessageID{}) {
		p.thread.sought.aim = at
	}
	move, divider := p.moves, p.thread.divider
	p.opening.read(p.kit, func() (opened, error) { return p.read(at, unread, divider) }, func(o opened, err error) {
		if p.gone || move != p.moves {
			return
		}
		p.moving = false
		switch {
		case err == nil:
			p.opened(o)
			if at == (chat.MessageID{}) && !unread {
				p.thread.toEnd() // the divider may be in the newest page
			}
		case at != chat.MessageID{}:
			p.lost(err)
		case p.loaded && !unread:
			p.kit.toast(p.kit.failure(err))
		default:
			p.kit.log.Error("Room not read", "err", err)
			if !p.loaded {
				p.fail(p.kit.say("room.unreadable"))
			}
		}
		p.work()
	})
}

// stay wants no other page any more.
func (p *roomPane) stay() {
	p.moves++
	p.moving = false
	p.work()
}

// opened shows what was read.
func (p *roomPane) opened(o opened) {
	first := !p.loaded
	p.self, p.view, p.loaded = o.self, o.view, true
	p.wait("")
	p.show(&p.view)
	if len(o.list) == 0 {
		p.wait(p.kit.say("room.empty", p.kit.personName(o.view.Peer)))
	}
	p.thread.show(o.list, o.older, o.newer, o.divider)
	if first && o.view.Draft != "" && p.composer.text() == "" {
		p.draft = o.view.Draft
		p.composer.show(o.view.Draft)
	}
}

// read is for open, off the UI's goroutine. divider is the first unread message when the room was opened; zero is found
// out.
func (p *roomPane) read(at chat.MessageID, unread bool, divider chat.MessageID) (o opened, err error) {
	node := p.kit.node
	o.self, o.divider = node.Self().ID, divider
	if o.view, err = node.Room(p.id); err != nil {
		return o, err
	}
	if unread || divider == (chat.MessageID{}) {
		if o.divider, err = node.FirstUnread(p.id); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return o, err
		}
	}
	if unread {
		at = o.divider
	}
	if at == (chat.MessageID{}) {
		page, err := node.Messages(p.id, at, true, roomPage)
		o.list, o.older = p.sayable(page, o.self, o.view.Seller), len(page) == roomPage
		return o, err
	}
	before, err := node.Messages(p.id, at, true, roomPage/2)
	if err != nil {
		return o, err
	}
	one, err := node.Message(at)
	if err != nil {
		return o, err
	}
	after, err := node.Messages(p.id, at, false, roomPage)
	o.list = p.sayable(append(append(before, one), after...), o.self, o.view.Seller)
	o.older, o.newer = len(before) == roomPage/2, len(after) == roomPage
	return o, err
}

// sayable makes messages ready for the screen, off the UI's goroutine.
func (p *roomPane) sayable(list []chat.Message, self, seller chat.PeerID) []*said {
	known := map[chat.ListingID]*chat.Listing{}
	now := func(id chat.ListingID) *chat.Listing {
		l, ok := known[id]
		if !ok {
			if v, err := p.kit.node.Listing(seller, id); err == nil {
				l = v.Listing
			}
			known[id] = l
		}
		return l
	}
	ready := make([]*said, len(list))
	for i := range list {
		ready[i] = sayable(&list[i], self, now)
	}
	return ready
}

// page reads the messages beyond an edge of what is loaded and hands them to show.
func (p *roomPane) page(edge func() chat.MessageID, before bool, show func(list []*said, more bool)) {
	if p.paging > 0 || !p.loaded {
		return
	}
	p.paging++
	at, self, seller := edge(), p.self, p.view.Seller
	read(p.kit, func() ([]*said, error) {
		page, err := p.kit.node.Messages(p.id, at, before, roomPage)
		return p.sayable(page, self, seller), err
	}, func(list []*said, err error) {
		p.paging--
		switch {
		case p.gone:
			return
		case err != nil:
			p.kit.log.Error("Messages not read", "err", err)
		case edge() == at:
			show(list, len(list) == roomPage)
		default: // something else is loaded meanwhile
			p.thread.arrange()
		}
		p.work()
	})
}

func (p *roomPane) older() { p.page(p.thread.firstID, true, p.thread.addOlder) }

func (p *roomPane) newer() { p.page(p.thread.lastID, false, p.thread.addNewer) }

// newest shows the end of the room, which is not loaded.
func (p *roomPane) newest() { p.open(chat.MessageID{}, false) }

// apply is for the frame.
func (p *roomPane) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.MessagePosted:
		p.fact(e.Message.ID.Room, e)
		p.refind(e.Message.ID.Room)
	case chat.MessageReceived:
		p.fact(e.Message.ID.Room, e)
		p.refind(e.Message.ID.Room)
	case chat.MessageStateChanged:
		p.fact(e.ID.Room, e)
		if e.State == chat.Withdrawn {
			p.refind(e.ID.Room)
		}
	case chat.ImageChanged:
		p.fact(e.ID.Room, e)
	case chat.RoomChanged:
		if e.Room == p.id {
			p.look()
		}
	case chat.PeerOnline:
		p.lookAt(e.Peer)
	case chat.PeerOffline:
		p.lookAt(e.Peer)
	case chat.PeerChanged:
		p.lookAt(e.Peer)
	case chat.ListingChanged:
		if e.Listing.Seller == p.view.Seller {
			p.thread.setGoods(e.Listing)
			p.look()
		}
	case chat.StoreNotice:
		if e.Kind == chat.NoticeRolledBack || e.Kind == chat.NoticeRebuilt {
			p.open(chat.MessageID{}, true)
		}
	case chat.OtherDevice, chat.ImageSent:
	}
}

func (p *roomPane) lookAt(peer chat.PeerID) {
	if peer == p.view.Peer.ID {
		p.look()
	}
}

// look reads what is known of the room anew.
func (p *roomPane) look() {
	p.looking.read(p.kit, func() (chat.RoomView, error) { return p.kit.node.Room(p.id) }, func(v chat.RoomView, err error) {
		if err == nil && !p.gone {
			p.view = v
			p.show(&p.view)
		}
	})
}

// fact queues what is to be shown in the order it happened.
func (p *roomPane) fact(room chat.RoomID, e chat.Event) {
	if room == p.id {
		p.facts = append(p.facts, e)
		p.work()
	}
}

// work applies the facts: texts are cleaned off the UI's goroutine, and while that goes on others gather.
func (p *roomPane) work() {
	if p.working || p.moving || p.paging > 0 || !p.loaded || len(p.facts) == 0 || p.gone {
		return
	}
	p.working = true
	n := min(len(p.facts), maxBatch)
	facts := p.facts[:n:n]
	p.facts = p.facts[n:]
	self, seller := p.self, p.view.Seller
	read(p.kit, func() ([]*said, error) {
		var list []chat.Message
		for _, e := range facts {
			switch e := e.(type) {
			case chat.MessagePosted:
				list = append(list, e.Message)
			case chat.MessageReceived:
				list = append(list, e.Message)
			default:
			}
		}
		return p.sayable(list, self, seller), nil
	}, func(list []*said, _ error) {
		p.working = false
		if !p.gone {
			p.showFacts(facts, list)
			p.work()
		}
	})
}

// showFacts shows messages that were made ready and what else happened, in order.
func (p *roomPane) showFacts(facts []chat.Event, ready []*said) {
	from, to := 0, 0
	flush := func() {
		if to > from {
			p.wait("")
			p.thread.add(ready[from:to])
			from = to
		}
	}
	follow := false
	for _, e := range facts {
		switch e := e.(type) {
		case chat.MessagePosted:
			to++
			follow = follow || p.following
			p.following = false
		case chat.MessageReceived:
			to++
		case chat.MessageStateChanged:
			flush()
			p.thread.setState(e.ID, e.State)
		case chat.ImageChanged:
			flush()
			p.thread.setPicture(e.ID, e.State, e.Received)
		default:
		}
	}
	flush()
	if follow {
		p.thread.toEnd()
	}
}

// mark tells the node what was read: only what a person could see, in the pane in front of a window that has the focus.
func (p *roomPane) mark() {
	if p.marking || p.seen == p.marked || p.seen == (chat.MessageID{}) || !p.kit.ways.seen(p) {
		return
	}
	upTo := p.seen
	p.marking = true
	p.kit.off(func() {
		p.kit.node.MarkRead(p.id, upTo, answer(p.kit, func(_ int, err error) {
			p.marking = false
			if err != nil {
				p.kit.log.Error("Read mark not kept", "err", err)
				return
			}
			p.marked = upTo
			p.mark()
		}))
	})
}

// post sends what was written, pictures first: the words are the caption of the first one if they fit. It is shown by the
// events that follow, and by nothing else. What is not on disk stays in the composer.
func (p *roomPane) post(words string, pictures []Picture, sent func(*Picture), done func(error)) {
	var about chat.ListingID
	if l := p.view.Listing; l != nil {
		about = l.ID
	}
	k := p.kit
	p.following = true
	k.off(func() {
		err := p.postAll(words, about, pictures, func(i *Picture, caption bool) {
			k.do(func() {
				if sent(i); caption {
					p.composer.taken(words)
				}
			})
		})
		k.do(func() {
			if err != nil {
				p.following = false
				k.log.Error("Message not stored", "err", err)
			}
			done(err)
			if err == nil {
				p.keep()
			}
		})
	})
}

// postAll is off the UI's goroutine and returns once everything is on disk.
func (p *roomPane) postAll(words string, about chat.ListingID, pictures []Picture, sent func(p *Picture, caption bool)) error {
	post := func(d chat.Draft) error {
		d.About = about
		_, err := chat.Await(p.kit.ctx, func(then func(chat.Message, error)) { p.kit.node.Post(p.id, d, then) })
		return err
	}
	for i := range pictures {
		if _, err := p.kit.node.PutPicture(p.kit.ctx, pictures[i].Data); err != nil {
			return err
		}
		d := chat.Draft{Image: &pictures[i].Image}
		caption := i == 0 && len(words) <= chat.MaxCaption
		if caption {
			d.Text, words = words, ""
		}
		if err := post(d); err != nil {
			return err
		}
		sent(&pictures[i], caption)
	}
	if len(pictures) > 0 && text.Blank(words) {
		return nil
	}
	return post(chat.Draft{Text: words})
}

// dropped is for the window: files are sent along with the next message.
func (p *roomPane) dropped(paths []string) { p.composer.along.add(paths) }

// changed keeps the draft, a moment after the first key that it lacks.
func (p *roomPane) changed(string) {
	if p.kit.guest { // what a guest has not sent is kept by nobody but the screen
		return
	}
	if p.drafting || p.composer.text() == p.draft {
		return
	}
	p.drafting = true
	p.kit.after(draftDelay, func() {
		p.drafting = false
		p.keep()
	})
}

// keep writes the draft as it is now, one after the other.
func (p *roomPane) keep() {
	words := p.composer.text()
	if words == p.draft || p.kit.guest {
		return
	}
	p.draft = words
	p.keeping.read(p.kit, func() (struct{}, error) { return struct{}{}, p.kit.node.SetDraft(p.id, words) }, func(_ struct{}, err error) {
		if err != nil {
			p.kit.log.Error("Draft not kept", "err", err)
			return
		}
		p.kit.ways.draft(p.id)
	})
}

// fetched shows the message of a picture that was asked for.
func (p *roomPane) fetched(m chat.Message, err error) {
	if err != nil {
		p.kit.toast(p.kit.failure(err))
		return
	}
	p.thread.setPicture(m.ID, m.Picture, m.Received)
}

func (p *roomPane) accept() {
	p.kit.off(func() {
		p.kit.node.Accept(p.id, answer(p.kit, func(v chat.RoomView, err error) { p.viewed(v, err) }))
	})
}

func (p *roomPane) viewed(v chat.RoomView, err error) {
	if err != nil {
		p.kit.toast(p.kit.failure(err))
		return
	}
	p.view = v
	p.show(&p.view)
}

func (p *roomPane) block() {
	name := p.kit.personName(p.view.Peer)
	p.kit.ask(question{
		title: p.kit.say("room.blockTitle", name), words: p.kit.say("room.blockWords", name),
		deed: p.kit.say("room.block"), kind: danger, then: func() { p.setBlocked(true) },
	})
}

func (p *roomPane) unblock() { p.setBlocked(false) }

func (p *roomPane) setBlocked(on bool) {
	peer := p.view.Peer.ID
	p.kit.off(func() {
		p.kit.node.Block(peer, on, answer(p.kit, func(_ chat.PeerView, err error) {
			if err != nil {
				p.kit.toast(p.kit.failure(err))
				return
			}
			p.look()
		}))
	})
}

// menu is what can be done with the room.
func (p *roomPane) menu() {
	k := p.kit
	block := menuItem{text: k.say("room.block"), danger: true, do: p.block}
	if p.view.Peer.Blocked {
		block = menuItem{text: k.say("room.unblock"), do: p.unblock}
	}
	k.menuAt(fyne.NewPos(k.window.Canvas().Size().Width, headerHeight-grid), []menuItem{
		{text: k.say("room.person"), do: p.onPerson}, block, {text: k.say("room.delete"), danger: true, do: p.delete},
	})
}

func (p *roomPane) delete() {
	k := p.kit
	k.ask(question{
		title: k.say("room.deleteTitle"), words: k.say("room.deleteWords", k.personName(p.view.Peer)),
		deed: k.say("room.delete"), kind: danger, then: func() {
			k.off(func() {
				k.node.DeleteRoom(p.id, answer(k, func(_ struct{}, err error) {
					if err != nil {
						k.toast(k.failure(err))
						return
					}
					k.ways.leave()
				}))
			})
		},
	})
}

// messageMenu is what can be done with a message.
func (p *roomPane) messageMenu(s *said, at fyne.Position) {
	k := p.kit
	var items []menuItem
	if s.text != "" {
		items = append(items, menuItem{text: k.say("thread.menu.copy"), do: func() { p.copy(s.text + s.rest) }})
	}
	if s.picture != nil && s.fetch == chat.ImageHere && s.state != chat.Failed {
		items = append(items, menuItem{text: k.say("photo.copy"), do: func() { k.copyPicture(s.picture.Hash, k.toast) }})
	}
	if s.mine && s.state == chat.Failed {
		items = append(items, menuItem{text: k.say("thread.menu.again"), do: func() { p.again(s) }})
	}
	if s.mine && (s.state == chat.Waiting || s.state == chat.Failed) {
		items = append(items, menuItem{text: k.say("thread.menu.withdraw"), do: func() { p.withdraw(s.id) }})
	}
	if s.picture != nil && s.fetch == chat.ImageFetching {
		items = append(items, menuItem{text: k.say("thread.menu.cancel"), do: func() {
			k.off(func() { k.node.CancelImage(s.id, answer(k, p.fetched)) })
		}})
	}
	k.menuAt(placeOf(p.thread).Add(at), items)
}

// again lets a person choose the picture of a message that failed once more. Its caption goes along, and it is taken back
// unless its words have arrived.
func (p *roomPane) again(s *said) {
	k := p.kit
	k.choosePictures(1, func(paths []string) {
		p.composer.along.add(paths)
		if p.composer.text() == "" {
			p.composer.show(s.text + s.rest)
		}
		k.window.Canvas().Focus(p.composer.field)
		k.off(func() {
			k.node.Withdraw(s.id, func(_ chat.Message, _ bool, err error) {
				if err != nil && !errors.Is(err, chat.ErrDelivered) {
					k.log.Error("Message not taken back", "err", err)
				}
			})
		})
	})
}

// withdraw takes a waiting message back, and says so when it may have been seen.
func (p *roomPane) withdraw(id chat.MessageID) {
	k := p.kit
	k.off(func() {
		k.node.Withdraw(id, func(_ chat.Message, maySeen bool, err error) {
			k.do(func() {
				switch {
				case errors.Is(err, chat.ErrDelivered):
					k.toast(k.say("thread.tooLate"))
				case err != nil:
					k.toast(k.failure(err))
				case maySeen:
					k.toast(k.say("thread.maySeen", p.thread.peer))
				}
			})
		})
	})
}

func (p *roomPane) copy(words string) {
	p.kit.clipboard.SetContent(words)
	p.kit.toast(p.kit.say("thread.copied"))
}

// enlarge shows the pictures of the room that are loaded in a viewer, beginning with one.
func (p *roomPane) enlarge(id chat.MessageID) {
	var photos []chat.Photo
	at := 0
	for _, r := range p.thread.rows {
		if r.kind != rowPicture {
			continue
		}
		if r.said.id == id {
			at = len(photos)
		}
		i := r.said.picture
		photos = append(photos, chat.Photo{Hash: i.Hash, Size: i.Size, Width: i.Width, Height: i.Height, Type: i.Type, Thumbnail: i.Thumbnail})
	}
	showViewer(p.kit, photos, at)
}

func (p *roomPane) object() fyne.CanvasObject { return p.roomScreen.object }

// shown is for the frame.
func (p *roomPane) shown() {
	if c := p.kit.window.Canvas(); c.Focused() != p.bar.field {
		c.Focus(p.composer.field)
	}
	p.mark()
}

// closed is for the frame: the draft is kept as it is.
func (p *roomPane) closed() {
	p.keep()
	p.gone = true
}
