package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/text"
)

// typesInto types into a search and waits for its answer.
func (w *world) typesInto(e *entry, words string) {
	w.Helper()
	w.win.Canvas().Focus(e)
	test.Type(e, words)
	w.pass(searchDelay + time.Millisecond)
}

// presses gives keys to whatever has the focus, as the window does.
func (w *world) presses(keys ...fyne.KeyName) {
	w.Helper()
	for _, key := range keys {
		w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
	}
	w.settle()
}

// marked is what a quote marks, in brackets.
func marked(words string, hits []text.Span) string {
	var b strings.Builder
	at := 0
	for _, h := range hits {
		b.WriteString(words[at:h.From] + "[" + words[h.From:h.To] + "]")
		at = h.To
	}
	return b.String() + words[at:]
}

// results are the messages that the inbox's search shows, top first.
func (w *world) results() string {
	w.Helper()
	l := w.inbox().search
	if !l.object.Visible() || !l.list.Visible() {
		return ""
	}
	var lines []string
	for i := range l.list.count {
		if c, ok := l.list.bound[i].(*foundCell); ok {
			lines = append(lines, c.called.text+": "+marked(c.said.words, c.said.hits))
		}
	}
	return strings.Join(lines, " | ")
}

// shining are the words in view that are marked, top first; those of the match one is at between stars.
func (t *thread) shining() string {
	var words []string
	for _, p := range t.visible {
		v := t.views[p.row]
		if v == nil || v.laid == 0 {
			continue
		}
		for i, o := range v.box.Objects {
			m, ok := o.(*canvas.Rectangle)
			if !ok || !slices.Contains(v.marks[:v.laid], m) {
				continue
			}
			said, ok := v.box.Objects[i+1].(*canvas.Text)
			switch {
			case !ok || said.Color != t.color(colorOnFound):
				words = append(words, "?")
			case m.FillColor == t.color(colorFoundNow):
				words = append(words, "*"+said.Text+"*")
			default:
				words = append(words, said.Text)
			}
		}
	}
	return strings.Join(words, " ")
}

// inView reports whether a message's first line is in view.
func (t *thread) inView(id chat.MessageID) bool {
	for _, p := range t.visible {
		if p.row.message() && p.row.said.id == id {
			return p.y >= 0 && p.y+p.row.shape.text.Y+20 <= t.Size().Height
		}
	}
	return false
}

// talks opens both rooms of me and Wang, with words in them.
func (w *world) talks() (buying, selling chat.RoomID) {
	w.Helper()
	w.pass(5 * time.Second)
	buying, selling = w.room(w.me, w.wang, w.me), w.room(w.wang, w.me, w.me)
	w.room(w.me, w.wang, w.wang)
	w.says(w.me, buying, "这辆自行车还在吗？")
	w.pass(time.Second)
	w.says(w.me, selling, "nothing of it here")
	w.pass(time.Second)
	w.says(w.wang, buying, "the Red one,\nor the BLUE bicycle?")
	w.pass(time.Second)
	w.says(w.me, buying, "blue, 自行车 please")
	w.pass(time.Second)
	w.app.goTo(placeChats)
	w.settle()
	return buying, selling
}

func TestD22SearchInAllRooms(t *testing.T) {
	play(t, func(w *world) {
		buying, _ := w.talks()
		b := w.inbox()
		l := b.search
		w.app.find()
		if w.win.Canvas().Focused() != fyne.Focusable(l.field) {
			t.Fatal("Ctrl+F does not lead into the search of the chats")
		}
		test.Type(l.field, "行车")
		if !l.object.Visible() || b.listed.Visible() || b.filterBox.Visible() || !says(l.stand, "Searching…") {
			t.Error("while a search goes on it does not say so in place of the chats")
		}
		w.pass(searchDelay + time.Millisecond)
		if got := w.results(); got != "Wang: blue, 自[行车] please | Wang: 这辆自[行车]还在吗？" {
			t.Errorf("found %s", got)
		}
		w.typesInto(l.field, " blue")
		if got := w.results(); got != "Wang: [blue], 自[行车] please" {
			t.Errorf("with a word more: %s", got)
		}
		w.typesInto(l.field, "x")
		if got := w.results(); got != "" || !says(l.stand, "No message says that") {
			t.Errorf("what nobody said finds %q", got)
		}
		w.presses(fyne.KeyEscape)
		if l.field.Text != "" || l.object.Visible() || !b.listed.Visible() || !b.filterBox.Visible() || len(b.list.bound) != 2 {
			t.Errorf("Esc leaves %q; the chats are seen: %v", l.field.Text, b.listed.Visible())
		}

		w.typesInto(l.field, "BLUE")
		if got := w.results(); got != "Wang: [blue], 自行车 please | Wang: the Red one, or the [BLUE] bicycle?" {
			t.Errorf("found %s", got)
		}
		w.presses(fyne.KeyDown, fyne.KeyDown)
		if w.win.Canvas().Focused() != fyne.Focusable(l.list.bound[1].(*foundCell)) {
			t.Error("the arrows do not lead into what was found")
		}
		w.presses(fyne.KeyReturn)
		p, ok := w.app.spots[placeChats].detail.(*roomPane)
		if !ok || p.id != buying {
			t.Fatal("what was found does not open its room")
		}
		w.pass(searchDelay + time.Millisecond)
		if got := p.thread.shining(); got != "*BLUE* blue" {
			t.Errorf("the room marks %q", got)
		}
		if p.bar.field.Text != "BLUE" || p.bar.count.text != "2 of 2" || w.win.Canvas().Focused() != fyne.Focusable(p.bar.field) {
			t.Errorf("the room's search says %q, %q", p.bar.field.Text, p.bar.count.text)
		}
		test.Tap(l.list.bound[0].(*foundCell)) // of the room that is open
		w.settle()
		if got := p.thread.shining(); got != "BLUE *blue*" || p.bar.count.text != "1 of 2" {
			t.Errorf("the other one marks %q, %q", got, p.bar.count.text)
		}
		w.says(w.wang, buying, "as blue as can be")
		w.rest()
		if got := w.results(); !strings.HasPrefix(got, "Wang: as [blue] as can be | ") || p.bar.count.text != "2 of 3" {
			t.Errorf("what is said meanwhile is not found: %s, %s", got, p.bar.count.text)
		}
	})
}

// says reports whether some words are in what is on the screen.
func says(o fyne.CanvasObject, words string) bool {
	for _, inside := range test.LaidOutObjects(o) {
		if l, ok := inside.(*label); ok && l.text == words {
			return true
		}
	}
	return false
}

func TestD22SearchInARoom(t *testing.T) {
	play(t, func(w *world) {
		room, _ := w.talks()
		p := w.enters(room)
		f := p.bar.field
		if p.bar.object.Visible() {
			t.Fatal("a room opens with a search")
		}
		w.tapIcon(p.Container, "Search this chat")
		if !p.bar.object.Visible() || w.win.Canvas().Focused() != fyne.Focusable(f) {
			t.Fatal("the button opens no search")
		}
		w.typesInto(f, "自行车")
		at := func(count, shining string) {
			t.Helper()
			if p.bar.count.text != count || p.thread.shining() != shining {
				t.Errorf("%q marks %q, want %q and %q", p.bar.count.text, p.thread.shining(), count, shining)
			}
		}
		at("1 of 2", "自行车 *自行车*")
		w.presses(fyne.KeyReturn)
		at("2 of 2", "*自行车* 自行车")
		w.presses(fyne.KeyUp)
		at("1 of 2", "自行车 *自行车*") // from the oldest on to the newest
		f.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		w.presses(fyne.KeyReturn)
		at("2 of 2", "*自行车* 自行车")
		f.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		w.presses(fyne.KeyDown)
		at("1 of 2", "自行车 *自行车*")
		w.tapIcon(p.bar.object, "The match before this one")
		at("2 of 2", "*自行车* 自行车")
		w.tapIcon(p.bar.object, "The match after this one")
		at("1 of 2", "自行车 *自行车*")

		w.typesInto(f, " please") // the one that is shown still matches: it stays
		at("1 of 1", "*自行车* *please*")
		f.SetText("red")
		w.pass(time.Second)
		at("1 of 1", "*Red*")
		f.SetText("yellow")
		w.pass(time.Second)
		at("No matches", "")
		w.presses(fyne.KeyReturn, fyne.KeyUp)
		at("No matches", "")
		f.SetText("e")
		w.pass(time.Second)
		w.presses(fyne.KeyEscape)
		if p.bar.object.Visible() || p.thread.shining() != "" || w.win.Canvas().Focused() != fyne.Focusable(p.composer.field) {
			t.Errorf("Esc leaves a search for %q that marks %q", f.Text, p.thread.shining())
		}
		if w.app.spots[placeChats].detail != pane(p) {
			t.Error("Esc leaves the room, too")
		}
		w.app.find()
		if !p.bar.object.Visible() {
			t.Error("Ctrl+F opens no search")
		}
		w.win.Canvas().Focus(p.composer.field)
		w.presses(fyne.KeyEscape)
		if p.bar.object.Visible() || w.app.spots[placeChats].detail != pane(p) {
			t.Error("Esc in the composer does not end the search")
		}
		w.presses(fyne.KeyEscape)
		if w.app.spots[placeChats].detail != nil {
			t.Error("Esc does not leave the room any more")
		}
	})
}

// TestSearchFollowsTheFocus: Ctrl+F searches where the focus is, in the room or in the list beside it.
func TestSearchFollowsTheFocus(t *testing.T) {
	play(t, func(w *world) {
		room, _ := w.talks()
		p, l, c := w.enters(room), w.inbox().search, w.win.Canvas()
		for _, at := range []struct {
			from fyne.Focusable
			to   fyne.Focusable
		}{
			{p.composer.field, p.bar.field},
			{w.inbox().list.bound[0].(*inboxCell), l.field},
			{w.inbox().chips[0], l.field},
			{l.field, l.field},
			{p.thread, p.bar.field},
			{nil, p.bar.field},
		} {
			c.Focus(at.from)
			w.app.find()
			if c.Focused() != at.to {
				t.Errorf("from %T it leads to %T", at.from, c.Focused())
			}
		}
	})
}

// TestSearchWaitsForTheInputMethod: the Return that ends a composition in Chinese does not go to another match.
func TestSearchWaitsForTheInputMethod(t *testing.T) {
	play(t, func(w *world) {
		room, _ := w.talks()
		p := w.enters(room)
		p.find()
		w.typesInto(p.bar.field, "自行车")
		w.presses("C", "H", "E", fyne.KeyReturn, fyne.KeyUp)
		if got := p.bar.count.text; got != "2 of 2" { // by the arrow, which came after
			t.Errorf("at %s", got)
		}
		w.presses("C", fyne.KeyEscape)
		if !p.bar.object.Visible() {
			t.Error("Esc in a composition ends the search")
		}
	})
}

// tall is a node with a room of very many messages of the other person that nobody stored. Message n says "message n", and
// each thousandth "needle". It counts what is read.
type tallNode struct {
	Node
	room chat.RoomID
	all  int
	read int
	hold chan struct{} // if set, pages wait for it,
	slow *uint64       // or only those at this message
}

func (n *tallNode) id(i int) chat.MessageID {
	return chat.MessageID{LogID: chat.LogID{Room: n.room, Author: chat.Seller, Device: chat.DeviceID{9}}, Seq: uint64(i)}
}

func (n *tallNode) at(i int) chat.Message {
	n.read++
	id, words := n.id(i), fmt.Sprint("message ", i)
	if i%1000 == 0 {
		words = fmt.Sprint("a needle, ", i)
	}
	return chat.Message{ID: id, Clock: chat.Clock(i), SentAt: noon.UnixMilli() + int64(i), Kind: chat.KindText, Text: words, State: chat.Received}
}

func (n *tallNode) Messages(_ chat.RoomID, at chat.MessageID, before bool, limit int) (list []chat.Message, err error) {
	if n.hold != nil && (n.slow == nil || *n.slow == at.Seq) {
		<-n.hold
	}
	from, to := n.all-limit+1, n.all
	switch {
	case at != (chat.MessageID{}) && before:
		from, to = int(at.Seq)-limit, int(at.Seq)-1
	case at != (chat.MessageID{}):
		from, to = int(at.Seq)+1, int(at.Seq)+limit
	}
	for i := max(from, 1); i <= min(to, n.all); i++ {
		list = append(list, n.at(i))
	}
	return list, nil
}

func (n *tallNode) Message(id chat.MessageID) (chat.Message, error) {
	if int(id.Seq) > n.all {
		return chat.Message{}, chat.ErrNotFound
	}
	return n.at(int(id.Seq)), nil
}

func (n *tallNode) FirstUnread(chat.RoomID) (chat.MessageID, error) {
	return chat.MessageID{}, chat.ErrNotFound
}

func (n *tallNode) MarkRead(_ chat.RoomID, _ chat.MessageID, then func(int, error)) { then(0, nil) }

func (n *tallNode) FindMessages(query string, _ chat.RoomID, limit int) (ids []chat.MessageID, err error) {
	for i := n.all; i > 0 && len(ids) < limit; i-- {
		if query == "needle" && i%1000 == 0 || query == "message" && i%1000 != 0 {
			ids = append(ids, n.id(i))
		}
	}
	return ids, nil
}

// enterTall shows a room of n messages.
func (w *world) enterTall(n int) (*roomPane, *tallNode) {
	w.Helper()
	room := w.room(w.me, w.wang, w.me)
	node := &tallNode{Node: w.app.kit.node, room: room, all: n}
	w.app.kit.node = node
	return w.enters(room), node
}

// TestD22JumpFarUp: going to a match 90,000 messages up reads a page around it, and nothing between.
func TestD22JumpFarUp(t *testing.T) {
	play(t, func(w *world) {
		p, node := w.enterTall(100_000)
		p.find()
		w.typesInto(p.bar.field, "needle")
		if got := p.bar.count.text; got != "1 of 100" || p.thread.shining() != "*needle*" || !p.thread.inView(node.id(100_000)) {
			t.Fatalf("%q marks %q", got, p.thread.shining())
		}
		p.bar.field.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		w.presses(fyne.KeyReturn)
		p.bar.field.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		if got := p.bar.count.text; got != "100 of 100" {
			t.Errorf("Shift+Enter leads to %s", got)
		}
		w.presses(fyne.KeyReturn)
		node.read = 0
		for range 90 {
			p.step(1) // faster than anything is read
		}
		w.settle()
		if got := p.bar.count.text; got != "91 of 100" || p.thread.shining() != "*needle*" || !p.thread.inView(node.id(10_000)) {
			t.Errorf("far up %q marks %q", got, p.thread.shining())
		}
		if most := 2 * (roomPage/2 + 1 + 2*roomPage); node.read > most { // of the first step and of the last
			t.Errorf("%d messages were read, want at most %d", node.read, most)
		}
		if n := len(p.thread.rows); n > 4*roomPage {
			t.Errorf("%d rows are held", n)
		}
		p.thread.scroll(5000)
		p.thread.scroll(-3000)
		w.settle()
		p.gapless(t)
		p.thread.toEnd()
		w.settle()
		if !p.thread.stuck || p.thread.lastSaid().id.Seq != 100_000 {
			t.Error("there is no way back to the end")
		}

		p.bar.field.SetText("message")
		w.pass(time.Second)
		if got := p.bar.count.text; got != "1 of over 10000" {
			t.Errorf("of very many it says %q", got)
		}
		p.bar.field.SetText("")
		w.app.openMessage(node.id(1001), "message") // older than those
		w.pass(time.Second)
		if got := p.bar.count.text; got != "10000 matches" || !p.thread.inView(node.id(1001)) {
			t.Errorf("at one beyond those: %q", got)
		}

		w.app.leave()
		w.app.openMessage(node.id(100_001), "message") // gone
		w.pass(time.Second)
		if p, ok := w.app.spots[placeChats].detail.(*roomPane); !ok || !p.loaded || p.thread.lastSaid().id.Seq != 100_000 {
			t.Error("a message that is gone keeps its room from opening")
		}
	})
}

// gapless fails unless the messages that are loaded follow each other.
func (p *roomPane) gapless(t *testing.T) {
	t.Helper()
	for i := 1; i < len(p.thread.rows); i++ {
		if a, b := p.thread.rows[i-1].said.id.Seq, p.thread.rows[i].said.id.Seq; b > a+1 || b < a {
			t.Fatalf("message %d is followed by %d", a, b)
		}
	}
}

// TestJumpsAndPages: what is asked for last is shown, whatever comes when; what happens meanwhile is not lost; a page that
// belonged to what was shown before is not put beside what is shown now.
func TestJumpsAndPages(t *testing.T) {
	play(t, func(w *world) {
		p, node := w.enterTall(50_000)
		p.find()
		w.typesInto(p.bar.field, "needle")
		near := func(at uint64) {
			t.Helper()
			first, last := p.thread.rows[0].said.id.Seq, p.thread.lastSaid().id.Seq
			if first > at || last < at {
				t.Errorf("shown are %d to %d, want them around %d", first, last, at)
			}
			p.gapless(t)
		}
		node.hold, node.slow = make(chan struct{}), &p.thread.rows[0].said.id.Seq
		p.older() // of the end
		p.step(1)
		p.step(1)
		w.settle()
		near(48_000)
		close(node.hold)
		w.settle()
		near(48_000)

		node.hold, node.slow = make(chan struct{}), nil
		p.step(1)
		came := node.at(50_001)
		node.all++
		w.app.apply(chat.MessageReceived{Message: came})
		close(node.hold)
		w.settle()
		near(47_000)

		node.hold = make(chan struct{})
		p.goTo(node.id(20_000))
		p.goTo(node.id(47_000)) // is there
		close(node.hold)
		w.settle()
		near(47_000)

		node.hold, node.slow = make(chan struct{}), new(uint64)
		p.newest()
		w.settle()
		last := node.at(50_002)
		w.app.apply(chat.MessageReceived{Message: last}) // after the page was read, as far as anybody knows
		w.settle()
		close(node.hold)
		w.settle()
		if got := p.thread.lastSaid().id; got != last.ID {
			t.Errorf("the end is message %d, want %d", got.Seq, last.ID.Seq)
		}
	})
}

// lateNode answers searches when it is told to, in the order it is told.
type lateNode struct {
	Node
	asked  chan string
	answer chan struct{}
}

func (n *lateNode) SearchMessages(query string, room *chat.RoomID, limit int) ([]chat.Message, error) {
	n.asked <- query
	<-n.answer
	return n.Node.SearchMessages(query, room, limit)
}

// TestD22OrderOfAnswers: an answer that comes late never takes the place of a newer question's, and none comes after Esc.
func TestD22OrderOfAnswers(t *testing.T) {
	play(t, func(w *world) {
		w.talks()
		node := &lateNode{Node: w.app.kit.node, asked: make(chan string, 9), answer: make(chan struct{})}
		w.app.kit.node = node
		l := w.inbox().search
		asked := func(want ...string) {
			t.Helper()
			for _, q := range want {
				select {
				case got := <-node.asked:
					if got != q {
						t.Errorf("asked %q, want %q", got, q)
					}
				default:
					t.Errorf("%q is not asked", q)
				}
			}
			if len(node.asked) > 0 {
				t.Errorf("asked %q, too", <-node.asked)
			}
		}
		test.Type(l.field, "b")
		w.pass(searchDelay / 2)
		test.Type(l.field, "l")
		w.pass(searchDelay / 2)
		asked()
		w.pass(searchDelay)
		asked("bl")
		w.typesInto(l.field, "ack")
		w.typesInto(l.field, "bird")
		asked() // one at a time
		node.answer <- struct{}{}
		w.settle()
		if got := w.results(); got != "" || !says(l.stand, "Searching…") {
			t.Errorf("the old answer shows %s", got)
		}
		asked("blackbird")
		l.field.SetText("blue")
		node.answer <- struct{}{} // before blue is asked
		w.settle()
		if got := w.results(); got != "" || !says(l.stand, "Searching…") {
			t.Errorf("the answer to something else shows %s", got)
		}
		w.pass(time.Second)
		asked("blue")
		node.answer <- struct{}{}
		w.settle()
		if got := w.results(); strings.Count(got, "[") != 2 {
			t.Errorf("the answer shows %s", got)
		}
		w.typesInto(l.field, " ")
		asked()
		w.typesInto(l.field, "please")
		asked("blue please")
		if got := w.results(); strings.Count(got, "[") != 2 {
			t.Errorf("while the next answer is on its way the last one shows %s", got)
		}
		w.presses(fyne.KeyEscape)
		node.answer <- struct{}{}
		w.settle()
		if l.object.Visible() || len(l.answer.rows) > 0 {
			t.Errorf("after Esc comes %d", len(l.answer.rows))
		}
	})
}

// failingNode cannot search.
type failingNode struct{ Node }

func (failingNode) SearchMessages(string, *chat.RoomID, int) ([]chat.Message, error) {
	return nil, chat.ErrClosed
}

func (failingNode) FindMessages(string, chat.RoomID, int) ([]chat.MessageID, error) {
	return nil, chat.ErrClosed
}

func TestSearchFails(t *testing.T) {
	play(t, func(w *world) {
		room, _ := w.talks()
		well := w.app.kit.node
		w.app.kit.node = failingNode{well}
		l := w.inbox().search
		w.typesInto(l.field, "blue")
		if !says(l.stand, "Your chats could not be searched") {
			t.Error("a search that fails does not say so")
		}
		w.app.kit.node = well
		w.tapButton("Try again")
		w.pass(time.Millisecond)
		if got := w.results(); strings.Count(got, "[") != 2 {
			t.Errorf("once more it finds %s", got)
		}
		p := w.enters(room)
		w.app.kit.node = failingNode{well}
		p.find()
		w.typesInto(p.bar.field, "blue")
		if got := p.bar.count.text; got != "Could not be searched" {
			t.Errorf("in the room it says %q", got)
		}
	})
}

// TestSearchGoesOn: whoever scrolls to the end of what was found gets more.
func TestSearchGoesOn(t *testing.T) {
	play(t, func(w *world) {
		room, _ := w.talks()
		for i := range lookupPage + 20 {
			w.says(w.me, room, fmt.Sprint("yes ", i))
		}
		l := w.inbox().search
		w.typesInto(l.field, "yes")
		if n := len(l.answer.rows); n != lookupPage {
			t.Fatalf("%d are found at first", n)
		}
		l.list.scroll.ScrollToBottom()
		l.list.update()
		w.pass(time.Millisecond)
		if n := len(l.answer.rows); n != lookupPage+20 || l.answer.rows[n-1].said != "yes 0" {
			t.Errorf("%d are found at last", n)
		}
	})
}

// TestFoundInALongText: a match in the part of a text that is folded unfolds it, and stands in view.
func TestFoundInALongText(t *testing.T) {
	b := open(t, 20, 20)
	words := strings.Repeat("line\n", 450) + "the Needle and a needle\n" + strings.Repeat("line\n", 100)
	m := chat.Message{ID: sayingAt(25, "").id, Text: words, State: chat.Received, Clock: 5000}
	b.add([]*said{sayable(&m, chat.PeerID{}, nil)})
	b.scroll(1e6)
	b.seek(text.NewNeedle("needle"))
	if got := b.shining(); got != "" {
		t.Errorf("%q is marked", got)
	}
	if !b.jump(m.ID) {
		t.Fatal("the message is not there")
	}
	if got := b.shining(); got != "*Needle* *needle*" {
		t.Errorf("%q is marked", got)
	}
	r := b.byID[m.ID]
	for _, p := range b.visible {
		if y := p.y + r.shape.text.Y + 450*r.shape.flow.m.height(); p.row == r && (y < 0 || y > b.Size().Height-20) {
			t.Errorf("the match is at %v of %v", y, b.Size().Height)
		}
	}
	if v := b.views[r]; v.used > 60 {
		t.Errorf("%d lines have objects", v.used)
	}
	before := b.offset
	b.jump(m.ID)
	if b.offset != before {
		t.Error("what is in view moves")
	}
	b.seek(text.Needle{})
	if got := b.shining(); got != "" {
		t.Errorf("%q is marked still", got)
	}
}

// TestManyMarks: a letter that is everywhere in a long text gives it a bounded number of marks.
func TestManyMarks(t *testing.T) {
	b := open(t, 0, 0)
	b.add([]*said{sayingAt(0, strings.Repeat("a b ", 500)), mineAt(0, 1, "a bad one")})
	b.seek(text.NewNeedle("a"))
	if n := len(b.hits(b.byID[theirFirst])); n != mostHits {
		t.Errorf("%d marks", n)
	}
	if !strings.HasSuffix(b.shining(), "a a") {
		t.Errorf("marked %s", b.shining())
	}
}

var theirFirst = chat.MessageID{LogID: theirLog, Seq: 1}

func TestQuotes(t *testing.T) {
	for _, c := range []struct{ words, query, want string }{
		{"the red one", "red", "the [red] one"},
		{"a\nb", "b", "a [b]"},
		{strings.Repeat("很长的话", 20) + "自行车在这里", "行车", "…话很长的话很长的话很长的话自[行车]在这里"},
		{strings.Repeat("word ", 20) + "RED apple, red", "red", "…word word [RED] apple, [red]"},
		{"xx red " + strings.Repeat("a", 400) + " red", "red", "xx [red] " + strings.Repeat("a", 156)},
		{strings.Repeat("ab", 300), "ab", "[" + strings.Repeat("ab", 80) + "]"},
		{"", "red", ""},
		{"\u202eder\u202c red", "red", "der [red]"},
		{"ＲＥＤ", "red", "[ＲＥＤ]"},
		{strings.Repeat("x", 300), "red", strings.Repeat("x", 160)},
	} {
		if got := marked(quoteOf(c.words, text.NewNeedle(c.query))); got != c.want {
			t.Errorf("%s in %.20s…\n got %s\nwant %s", c.query, c.words, got, c.want)
		}
	}
}

// TestQuoteInTwoLines: what does not fit into two lines ends in an ellipsis, and its matches are marked where they stand.
func TestQuoteInTwoLines(t *testing.T) {
	stage(t)
	q := newQuote()
	win := window(t, q, 200, 60)
	words, hits := quoteOf("one red, two red, three red, four red, five red, six red, seven red", text.NewNeedle("red"))
	q.set(words, hits)
	r, ok := test.WidgetRenderer(q).(*quoteRenderer)
	if !ok {
		t.Fatal("no renderer")
	}
	lines := map[float32]string{}
	for i, o := range r.objects {
		switch o := o.(type) {
		case *canvas.Text:
			lines[o.Position().Y] += o.Text
			if end := o.Position().X + o.Size().Width; end > win.Canvas().Size().Width+1 {
				t.Errorf("%q ends at %v", o.Text, end)
			}
		case *canvas.Rectangle:
			if said, ok := r.objects[i+1].(*canvas.Text); !ok || said.Text != "red" || said.Position().X != o.Position().X+1 {
				t.Errorf("a mark stands beside its word")
			}
		}
	}
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "one red") || !strings.HasSuffix(lines[r.face.height()], "…") {
		t.Errorf("shown %v", lines)
	}
}

// tapIcon taps the button that is called so.
func (w *world) tapIcon(in fyne.CanvasObject, name string) {
	w.Helper()
	for _, o := range test.LaidOutObjects(in) {
		if b, ok := o.(*tappable); ok && b.name == name {
			test.Tap(b)
			w.settle()
			return
		}
	}
	w.Fatalf("nothing is called %q", name)
}
