package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"haggle/chat"
)

// inbox is the list of rooms: all of them in one ordered read, kept in order by what the node tells. One event moves one
// row.
type inbox struct {
	kit       *kit
	screen    *fyne.Container
	body      *fyne.Container // top and list
	top       *fyne.Container
	list      *gridView
	chips     [inboxFilters]*chip
	filter    *fyne.Container
	filterBox *fyne.Container
	stand     *fyne.Container // in place of the list: loading, empty, error
	search    *lookup
	listed    *fyne.Container // what a search stands in place of
	rows      inboxRows
	open      chat.RoomID

	loaded  bool
	failed  bool
	stale   bool // something happened that no single row tells
	loading latest[[]*inboxRow]
	changed []chat.RoomID // rooms to be read anew
	reading bool
	gone    bool
}

func newInbox(k *kit) pane {
	b := &inbox{kit: k, filter: newFlow(grid), stand: container.NewStack(), search: newLookup(k)}
	b.search.onTurn = b.turn
	b.rows.byID = map[chat.RoomID]*inboxRow{}
	for f, key := range [inboxFilters]string{
		"inbox.all", "inbox.unread", "inbox.unanswered", "inbox.buyingFilter", "inbox.sellingFilter", "inbox.requests",
	} {
		b.chips[f] = newChip(k.say(key), func() { b.choose(inboxFilter(f)) })
		b.filter.Objects = append(b.filter.Objects, b.chips[f])
	}
	b.chips[showRequests].Hide()
	b.list = newGridView(k, 0, gap/2, grid, b.height, b.newCell, b.bind)
	b.filterBox = inset(0, grid, gutter, gutter, b.filter)
	b.top = newColumn(0, newHeader(k, newTitle(k.say("rail.chats"))).Container,
		inset(0, grid, gutter, gutter, tall(b.search.field)), b.filterBox)
	b.listed = container.NewStack(b.list, b.stand)
	b.body = container.New(upright{grow: 1}, b.top, container.NewStack(b.listed, b.search.object))
	b.screen = container.NewStack(newFill(colorSurface), b.body)
	b.present()
	b.load()
	return b
}

// height of a row at the text size that was chosen.
func (b *inbox) height(float32) float32 {
	return inboxHeight * theme.SizeForWidget(sizeBody, b.list) / texts[sizeBody]
}

func (b *inbox) newCell() fyne.CanvasObject {
	return newInboxCell(b.kit, func(r *inboxRow) { b.kit.ways.room(r.id) })
}

func (b *inbox) bind(i int, o fyne.CanvasObject) {
	if cell, ok := o.(*inboxCell); ok && i < len(b.rows.shown) {
		r := b.rows.shown[i]
		cell.show(r, r.id == b.open)
		cell.keyed = func(key fyne.KeyName) bool { return b.step(cell, key) }
	}
}

// step moves the focus by the arrow keys.
func (b *inbox) step(from *inboxCell, key fyne.KeyName) bool {
	to, ok := b.list.step(b.list.indexOf(from), key)
	if !ok {
		return false
	}
	if cell, ok := b.list.reveal(to).(*inboxCell); ok {
		b.kit.window.Canvas().Focus(cell)
	}
	return true
}

// load reads all rooms.
func (b *inbox) load() {
	b.stale = false
	b.loading.read(b.kit, b.readAll, func(rows []*inboxRow, err error) {
		if b.gone {
			return
		}
		if b.failed = err != nil; b.failed {
			b.kit.log.Error("Inbox not read", "err", err)
		} else {
			b.loaded = true
			b.rows.reset(rows)
		}
		b.present()
		b.read()
	})
}

// readAll is off the UI's goroutine.
func (b *inbox) readAll() ([]*inboxRow, error) {
	var rows []*inboxRow
	for {
		_, page, err := b.kit.node.Rooms(chat.AllRooms, len(rows), chat.MaxPage)
		if err != nil {
			return nil, err
		}
		for i := range page {
			rows = append(rows, b.kit.rowOfRoom(&page[i]))
		}
		if len(page) < chat.MaxPage {
			return rows, nil
		}
	}
}

func (b *inbox) choose(f inboxFilter) {
	b.rows.choose(f)
	b.list.top()
	b.present()
}

// present shows the rows, the counts on the filters, or what stands in place of the list.
func (b *inbox) present() {
	if b.rows.filter == showRequests && b.rows.counts[showRequests] == 0 && b.loaded {
		b.rows.choose(showAll)
	}
	b.showFilters()
	b.stand.Objects = nil
	if o := b.instead(); o != nil {
		b.stand.Objects = []fyne.CanvasObject{o}
	}
	visible(b.list, b.stand.Objects == nil)
	b.stand.Refresh()
	b.list.show(len(b.rows.shown))
	b.kit.ways.bare()
}

// bare is for the frame.
func (b *inbox) bare() bool { return b.loaded && !b.failed && len(b.rows.all) == 0 }

// showFilters marks the filter that holds and puts counts behind those where a count calls for something.
func (b *inbox) showFilters() {
	moved := false
	for i, c := range b.chips {
		f := inboxFilter(i)
		c.choose(f == b.rows.filter)
		words := c.name
		if n := b.rows.counts[f]; n > 0 && (f == showUnread || f == showUnanswered || f == showRequests) {
			words += " " + shortNumber(n)
		}
		if c.label.text != words {
			c.label.set(words)
			moved = true
		}
	}
	if requests := b.rows.counts[showRequests] > 0; requests != b.chips[showRequests].Visible() {
		visible(b.chips[showRequests], requests)
		moved = true
	}
	if moved {
		b.top.Refresh()
		b.body.Layout.Layout(b.body.Objects, b.body.Size())
	}
}

// instead is what stands in place of an empty list.
func (b *inbox) instead() fyne.CanvasObject {
	k := b.kit
	switch {
	case b.failed:
		return newEmpty("warning", k.say("inbox.error"), k.say("inbox.errorHint"), newButton(tonal, "refresh", k.say("inbox.retry"), b.load))
	case !b.loaded:
		return newEmpty("chats", k.say("inbox.loading"), "")
	case len(b.rows.all) == 0:
		return newEmpty("chats", k.say("inbox.empty"), k.say("inbox.emptyHint"), newButton(tonal, "market", k.say("inbox.toMarket"), func() { k.ways.place(placeMarket) }))
	case len(b.rows.shown) == 0 && b.rows.counts[showRequests] > 0:
		return newEmpty("chats", k.say("inbox.newPeople"), k.say("inbox.onlyRequests"),
			newButton(primary, "", k.say("inbox.toRequests"), func() { b.choose(showRequests) }))
	case len(b.rows.shown) == 0:
		return newEmpty("chats", k.say("inbox.none"), "")
	default:
		return nil
	}
}

// turn shows what a search found in place of the rooms, or the rooms again.
func (b *inbox) turn() {
	searching := b.search.searching()
	visible(b.listed, !searching)
	visible(b.filterBox, !searching)
	b.top.Refresh()
	b.body.Layout.Layout(b.body.Objects, b.body.Size())
}

// find is for the window: Ctrl+F.
func (b *inbox) find() { b.search.focus() }

// holds reports whether something of the inbox has the keyboard.
func (b *inbox) holds(f fyne.Focusable) bool {
	switch f := f.(type) {
	case *inboxCell:
		return true
	case *chip:
		return slices.Contains(b.chips[:], f)
	default:
		return b.search.holds(f)
	}
}

// apply is for the frame.
func (b *inbox) apply(e chat.Event) {
	b.search.apply(e)
	switch e := e.(type) {
	case chat.RoomChanged:
		b.renew(e.Room)
	case chat.PeerOnline:
		b.renewPeer(e.Peer)
	case chat.PeerOffline:
		b.renewPeer(e.Peer)
	case chat.PeerChanged:
		b.renewPeer(e.Peer)
	case chat.MessageStateChanged:
		b.renew(e.ID.Room)
	case chat.ListingChanged:
		for _, r := range b.rows.all {
			if r.listing == e.Listing.ID {
				b.renew(r.id)
			}
		}
	case chat.StoreNotice:
		if e.Kind == chat.NoticeRebuilt || e.Kind == chat.NoticeRolledBack {
			b.load()
		}
	case chat.MessagePosted, chat.MessageReceived, chat.ImageChanged, chat.ImageSent, chat.OtherDevice:
	}
}

func (b *inbox) renewPeer(id chat.PeerID) {
	for _, r := range b.rows.all {
		if r.peer.ID == id {
			b.renew(r.id)
		}
	}
}

// renew reads a room once more; those that change meanwhile wait and are read together.
func (b *inbox) renew(id chat.RoomID) {
	for _, c := range b.changed {
		if c == id {
			return
		}
	}
	b.changed = append(b.changed, id)
	b.read()
}

// change is a room read anew: nil row if it is not shown any more.
type inboxChange struct {
	id  chat.RoomID
	row *inboxRow
}

func (b *inbox) read() {
	if b.reading || !b.loaded || b.gone || len(b.changed) == 0 {
		return
	}
	b.reading = true
	ids := b.changed
	b.changed = nil
	read(b.kit, func() ([]inboxChange, error) { return b.readSome(ids), nil }, func(list []inboxChange, _ error) {
		b.reading = false
		if b.gone {
			return
		}
		for _, c := range list {
			if c.row == nil {
				b.rows.remove(c.id)
			} else {
				b.rows.put(c.row)
			}
		}
		b.present()
		b.read()
	})
}

// readSome is off the UI's goroutine.
func (b *inbox) readSome(ids []chat.RoomID) []inboxChange {
	list := make([]inboxChange, 0, len(ids))
	for _, id := range ids {
		v, err := b.kit.node.Room(id)
		if err == nil && v.Shown && !v.Peer.Blocked {
			list = append(list, inboxChange{id, b.kit.rowOfRoom(&v)})
		} else {
			list = append(list, inboxChange{id: id})
		}
	}
	return list
}

// at marks the room that is open beside the list; zero for none.
func (b *inbox) at(id chat.RoomID) {
	if b.open != id {
		b.open = id
		b.list.show(len(b.rows.shown))
	}
}

func (b *inbox) object() fyne.CanvasObject { return b.screen }
func (b *inbox) back(func())               {}
func (b *inbox) shown()                    {}
func (b *inbox) closed()                   { b.gone = true }
