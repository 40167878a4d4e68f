package ui

import (
	"image"
	"slices"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// thread shows the messages of a room. What it costs is what is visible, whatever the room holds: rows are laid out from
// an anchor, which is a message and where it stands, up and down until the view is full. So nothing that happens
// elsewhere moves what is read: not what arrives, not older pages, not another width. At the end of the room it sticks
// to the end instead.
//
// It is given messages with show, add and the like and says through its On fields what a person does. UI goroutine only.
type thread struct {
	widget.BaseWidget
	kit              *kit
	peer             string // the other person's name, clean
	online, stranger bool   // whether they are here now; whether their room is a request

	// What a person does. All may be nil.
	OnOlder, OnNewer func()                          // the end of what is loaded comes near
	OnNewest         func()                          // wants the end of the room, which is not loaded
	OnSeen           func(chat.MessageID)            // the last message of the other person that was in view
	OnPicture        func(chat.MessageID)            // a picture was tapped
	OnFetch          func(id chat.MessageID)         // a picture that failed is wanted again
	OnGoods          func(chat.ListingID)            // a card was tapped
	OnMenu           func(s *said, at fyne.Position) // the menu of a message is wanted, at a place of the thread
	OnTyped          func(rune)                      // somebody types here: the composer may want it
	OnPaste          func(*fyne.ShortcutPaste)       // or pastes
	OnCopy           func(string)
	Focus            func(fyne.Focusable)
	// Picture is what is to be seen of a message's picture, and Goods of the photo of what it is about; nil while nothing of it
	// is decoded. ready is called on the UI goroutine when there is more. Both may be nil.
	Picture func(s *said, ready func()) image.Image
	Goods   func(c *goodsCard, ready func()) image.Image

	rows         []*threadRow
	byID         map[chat.MessageID]*threadRow
	divider      chat.MessageID // the first unread one when the room was opened
	older, newer bool           // there is more than what is loaded

	anchor int     // index of a row, a message if there is any in view
	offset float32 // of its upper edge below the view's
	stuck  bool    // to the end
	fresh  int     // arrived below the view
	seen   chat.Position

	sought   sought // what is marked
	spent    int    // of what colourful glyphs may take in this frame
	faces    *faces
	width    float32 // for which rows are measured
	visible  []placedRow
	views    map[*threadRow]*rowView
	pool     [rowKinds][]*rowView
	stage    *fyne.Container
	bar      *threadBar
	chip     *pill
	tip      *pill
	selected selection
	dragging drag
	current  *threadRow // chosen by the keyboard
	focused  bool
}

// placedRow is a row in view: its body begins at y and is height tall.
type placedRow struct {
	index     int
	row       *threadRow
	y, height float32
}

// faces are the measures of the texts in a thread.
type faces struct{ body, small, strong *measure }

// newThread makes an empty thread.
func newThread(k *kit) *thread {
	t := &thread{kit: k, byID: map[chat.MessageID]*threadRow{}, views: map[*threadRow]*rowView{}, stuck: true}
	t.ExtendBaseWidget(t)
	t.stage = container0()
	t.bar = newThreadBar(t)
	t.chip, t.tip = newPill(t, colorAccent, colorOnAccent), newPill(t, colorText, colorPage)
	return t
}

// show replaces everything: messages in order, and whether there are older and newer ones than these. divider is the
// first unread one, zero for none; the thread opens at the message that is aimed at, or else there, or at the end.
func (t *thread) show(list []*said, older, newer bool, divider chat.MessageID) {
	t.clear()
	t.divider, t.older, t.newer = divider, older, newer
	t.stuck = true
	t.extend(nil, list)
	if at := t.byID[divider]; at != nil {
		t.stuck = false
		t.anchor = t.indexOf(at)
		for t.anchor > 0 && t.rows[t.anchor-1].said == at.said { // its divider and day
			t.anchor--
		}
		t.offset = threadPad
	}
	t.arrange()
}

func (t *thread) clear() {
	for _, p := range t.visible {
		t.free(p.row)
	}
	t.visible, t.rows, t.current = nil, nil, nil
	clear(t.byID)
	t.selected, t.fresh, t.anchor, t.seen = selection{}, 0, 0, chat.Position{}
}

// extend appends messages that sort after all others.
func (t *thread) extend(last *threadRow, list []*said) {
	for _, s := range list {
		if last != nil || !t.older {
			t.rows = append(t.rows, t.between(last, s)...)
		} else if s.id == t.divider {
			t.rows = append(t.rows, &threadRow{kind: rowUnread, said: s})
		}
		r := rowOf(s)
		r.follow(last)
		t.rows = append(t.rows, r)
		t.byID[s.id] = r
		last = r
	}
}

// add puts messages where they belong. Those that are there already are renewed. Nothing in view moves, unless the
// thread stands at its end.
func (t *thread) add(list []*said) {
	list = t.renew(list)
	if len(list) == 0 {
		return
	}
	slices.SortFunc(list, func(a, b *said) int { return a.at.Compare(b.at) })
	list = t.within(list)
	last := t.lastSaid()
	if t.newer && last != nil { // what lies beyond the part that is loaded comes with its page
		t.countFresh(list)
		i := sort.Search(len(list), func(i int) bool { return list[i].at.Compare(last.at) > 0 })
		list = list[:i]
	}
	if len(list) == 0 {
		t.arrange()
		return
	}
	if !t.newer {
		t.countFresh(list)
	}
	t.insert(list)
	t.trim()
	t.arrange()
}

// renew takes those out of list that are shown already, and shows them as they are now.
func (t *thread) renew(list []*said) []*said {
	return slices.DeleteFunc(slices.Clone(list), func(s *said) bool {
		r := t.byID[s.id]
		if r == nil {
			return false
		}
		t.replace(r, s)
		return true
	})
}

func (t *thread) countFresh(list []*said) {
	last := t.lastSaid()
	for _, s := range list {
		if !t.stuck && !s.mine && (last == nil || s.at.Compare(last.at) > 0) {
			t.fresh++
		}
	}
}

// addOlder puts a page in front; more tells that there are still older ones.
func (t *thread) addOlder(page []*said, more bool) {
	t.older = more
	t.insert(t.renew(page))
	t.trim()
	t.arrange()
}

// addNewer puts a page behind the part that is loaded; more tells that it is still not all.
func (t *thread) addNewer(page []*said, more bool) {
	t.newer = more
	t.insert(t.renew(page))
	t.trim()
	t.arrange()
}

// insert merges sorted messages into the rows and keeps the anchor where it is.
func (t *thread) insert(list []*said) {
	var held *threadRow
	if t.anchor < len(t.rows) {
		held = t.rows[t.anchor]
	}
	if last := t.lastSaid(); len(list) > 0 && (last == nil || list[0].at.Compare(last.at) > 0) {
		t.extend(t.lastRow(), list)
	} else {
		t.merge(list)
	}
	if held == nil {
		return
	}
	if !held.message() { // it may be gone with the place it stood at
		held = t.byID[held.said.id]
	}
	t.anchor = t.indexOf(held)
}

// merge builds the rows anew around the messages that are there. They keep their measures.
func (t *thread) merge(list []*said) {
	old := t.rows
	rows := make([]*threadRow, 0, len(old)+2*len(list))
	var last *threadRow
	put := func(r *threadRow) {
		switch s := r.said; {
		case last != nil || !t.older:
			rows = append(rows, t.between(last, s)...)
		case s.id == t.divider:
			rows = append(rows, &threadRow{kind: rowUnread, said: s})
		}
		r.follow(last)
		rows = append(rows, r)
		last = r
	}
	for _, r := range old {
		if !r.message() {
			continue
		}
		for len(list) > 0 && list[0].at.Compare(r.said.at) < 0 {
			n := rowOf(list[0])
			t.byID[n.said.id] = n
			put(n)
			list = list[1:]
		}
		put(r)
	}
	t.rows = rows
	t.extend(last, list)
}

// lastRow is the row of the newest message that is loaded: decorations stand before messages.
func (t *thread) lastRow() *threadRow {
	if len(t.rows) == 0 {
		return nil
	}
	return t.rows[len(t.rows)-1]
}

// lastSaid is the newest message that is loaded.
func (t *thread) lastSaid() *said {
	if r := t.lastRow(); r != nil {
		return r.said
	}
	return nil
}

// firstOf is the index of the first row that belongs to a row's message.
func (t *thread) firstOf(r *threadRow) int {
	return sort.Search(len(t.rows), func(i int) bool { return t.rows[i].said.at.Compare(r.said.at) >= 0 })
}

// indexOf is where a row is.
func (t *thread) indexOf(r *threadRow) int {
	for i := t.firstOf(r); i < len(t.rows); i++ {
		if t.rows[i] == r {
			return i
		}
	}
	return 0
}

// setState shows how far a message has come; with Delivered and Read those before it in its log, too.
func (t *thread) setState(id chat.MessageID, state chat.State) {
	i := len(t.rows) // of a row that is none of ours, such as a withdrawal's: those before it count
	if r := t.byID[id]; r != nil {
		i = t.indexOf(r) + 1
		if state != chat.Delivered && state != chat.Read {
			t.setOne(r, state)
			t.arrange()
			return
		}
	}
	for i--; i >= 0; i-- {
		r := t.rows[i]
		if !r.message() || r.said.id.LogID != id.LogID || r.said.id.Seq > id.Seq {
			continue
		}
		failed := r.said.state == chat.Failed
		if failed && r.said.id != id {
			continue
		}
		if r.said.state >= state && r.said.state != chat.Withdrawn && !failed {
			break
		}
		t.setOne(r, state)
	}
	t.arrange()
}

func (t *thread) setOne(r *threadRow, state chat.State) {
	if r.said.state == chat.Withdrawn || r.said.state == state {
		return
	}
	s := *r.said
	s.state = state
	if state == chat.Withdrawn {
		s.text, s.rest, s.picture = "", "", nil
	}
	t.replace(r, &s)
}

// replace gives a message's rows another state of it.
func (t *thread) replace(r *threadRow, s *said) {
	for _, d := range t.rows[t.firstOf(r):t.indexOf(r)] {
		d.said = s
	}
	if kind := rowOf(s).kind; kind != r.kind {
		t.free(r)
		r.kind = kind
	}
	r.said, r.shape, r.sought = s, shape{}, 0
	r.look++
}

// setPicture tells how far a message's picture has come.
func (t *thread) setPicture(id chat.MessageID, state chat.ImageState, received uint32) {
	if r := t.byID[id]; r != nil && r.kind == rowPicture {
		s := *r.said
		s.fetch, s.received = state, received
		t.replace(r, &s)
		t.arrange()
	}
}

// setGoods tells what a thing that was talked about is like today.
func (t *thread) setGoods(l *chat.Listing) {
	for _, r := range t.rows {
		if !r.message() || r.said.about == nil || r.said.about.listing != l.ID {
			continue
		}
		s := *r.said
		s.about = s.about.today(l)
		t.replace(r, &s)
	}
	for _, p := range t.visible {
		p.row.look++
	}
	t.arrange()
}

// setPeer tells what is known of the other person now.
func (t *thread) setPeer(name string, online, stranger bool) {
	if t.peer == name && t.online == online && t.stranger == stranger {
		return
	}
	t.peer, t.online, t.stranger = name, online, stranger
	for _, p := range t.visible {
		p.row.look++
	}
	t.arrange()
}

// toEnd goes to the newest message.
func (t *thread) toEnd() {
	t.fresh = 0
	if t.newer {
		if t.OnNewest != nil {
			t.OnNewest()
		}
		return
	}
	t.stuck = true
	t.arrange()
}

// scroll moves what is shown by dy pixels, down if positive.
func (t *thread) scroll(dy float32) {
	if len(t.rows) == 0 || dy == 0 {
		return
	}
	t.stuck = false
	t.offset += dy
	t.arrange()
}

// Scrolled is the wheel.
func (t *thread) Scrolled(e *fyne.ScrollEvent) {
	t.tip.hide()
	t.scroll(e.Scrolled.DY)
}

// CreateRenderer is for Fyne.
func (t *thread) CreateRenderer() fyne.WidgetRenderer {
	return &threadRenderer{t}
}

type threadRenderer struct{ t *thread }

// Layout is for Fyne.
func (r *threadRenderer) Layout(size fyne.Size) {
	r.t.stage.Resize(size)
	r.t.arrange()
}

// MinSize is for Fyne.
func (r *threadRenderer) MinSize() fyne.Size { return fyne.NewSize(240, 120) }

// Refresh is for Fyne: theme or language may be others.
func (r *threadRenderer) Refresh() {
	t := r.t
	t.faces, t.width = nil, 0
	for _, p := range t.visible {
		t.free(p.row)
	}
	t.visible = nil
	for k := range t.pool {
		t.pool[k] = nil
	}
	t.chip.restyle()
	t.tip.restyle()
	t.arrange()
	canvas.Refresh(t.stage)
}

// Objects is for Fyne.
func (r *threadRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.stage, r.t.bar.thumb, r.t.chip.box, r.t.tip.box}
}

// Destroy is for Fyne.
func (r *threadRenderer) Destroy() {}

// fonts are made anew when the theme changes.
func (t *thread) fonts() *faces {
	if t.faces == nil {
		body, small := theme.SizeForWidget(sizeBody, t), theme.SizeForWidget(sizeCaption, t)
		t.faces = &faces{newMeasure(body, fyne.TextStyle{}), newMeasure(small, fyne.TextStyle{}), newMeasure(body, fyne.TextStyle{Bold: true})}
	}
	return t.faces
}
