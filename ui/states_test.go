package ui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// slowNode is a node whose reads wait, or fail.
type slowNode struct {
	Node
	mu   sync.Mutex
	hold chan struct{} // reads wait until it is closed; nil: they do not
	err  error
}

// holds makes reads wait from now on.
func (n *slowNode) holds() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hold = make(chan struct{})
}

// answers lets reads end, also those that wait: well, or with an error.
func (n *slowNode) answers(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err = err; n.hold != nil {
		close(n.hold)
		n.hold = nil
	}
}

func (n *slowNode) wait() error {
	n.mu.Lock()
	hold := n.hold
	n.mu.Unlock()
	if hold != nil {
		<-hold
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

func (n *slowNode) Listings(q chat.ListingQuery) (int, []chat.ListingView, error) {
	if err := n.wait(); err != nil {
		return 0, nil, err
	}
	return n.Node.Listings(q)
}

func (n *slowNode) Listing(seller chat.PeerID, id chat.ListingID) (chat.ListingView, error) {
	if err := n.wait(); err != nil {
		return chat.ListingView{}, err
	}
	return n.Node.Listing(seller, id)
}

func (n *slowNode) Rooms(f chat.RoomFilter, offset, limit int) (int, []chat.RoomView, error) {
	if err := n.wait(); err != nil {
		return 0, nil, err
	}
	return n.Node.Rooms(f, offset, limit)
}

func (n *slowNode) Messages(id chat.RoomID, at chat.MessageID, before bool, limit int) ([]chat.Message, error) {
	if err := n.wait(); err != nil {
		return nil, err
	}
	return n.Node.Messages(id, at, before, limit)
}

// shows reports whether words can be read in the window.
func (w *world) shows(words string) bool {
	w.Helper()
	size := w.win.Canvas().Size()
	w.win.Resize(size.AddWidthHeight(1, 1))
	w.win.Resize(size)
	if p, ok := w.app.frame.front().(*person); ok { // goods are at the end of the page
		p.page.scroll.ScrollToBottom()
	}
	return slices.ContainsFunc(look(w.T, w.win).texts, func(t seenText) bool { return t.words == words })
}

// offersAgain reports whether there is a button to try once more.
func (w *world) offersAgain() bool {
	w.Helper()
	return slices.ContainsFunc(look(w.T, w.win).things, func(t seenThing) bool {
		b, ok := t.widget.(*button)
		return ok && b.name == "Try again"
	})
}

// TestListStates: every list says that it is being read, that it is empty, or that it cannot be read and offers to try again,
// and shows what there is once it can be.
func TestListStates(t *testing.T) {
	goods := func(w *world) { w.offers("Lamp", 100, "home") }
	mine := func(w *world) { w.offersMuch(w.me, "Own lamp", 0, chat.Money{Minor: 100, Currency: "EUR"}) }
	person := func(w *world) { w.app.openPerson(w.wang.identity.ID) }
	room := func(w *world) { w.app.openChat(w.wang.identity.ID, chat.ListingID{}) }
	said := func(w *world) {
		w.says(w.me, w.room(w.me, w.wang, w.me), "hello")
		w.rest()
	}
	for _, c := range []struct {
		name                   string
		open                   func(*world)
		fill                   func(*world)
		loading, empty, failed string
		full                   string
	}{
		{
			"market", func(w *world) { w.app.goTo(placeMarket) }, goods,
			"Looking around…", "Nobody is offering anything here yet", "The market could not be read", "Lamp",
		},
		{
			"chats", func(w *world) { w.app.goTo(placeChats) }, said,
			"Reading your chats…", "No chats yet", "Your chats cannot be read", "hello",
		},
		{
			"my goods", func(w *world) { w.app.goTo(placeGoods) }, mine,
			"One moment", "You offer nothing yet", "Your goods could not be read", "Own lamp",
		},
		{"person's goods", person, goods, "One moment…", "Nothing at the moment.", "These goods could not be read.", "Lamp"},
		{
			"room", room, said,
			"Opening the conversation…", "Nothing was said yet. Say hello to Wang.", "This conversation cannot be read. Try again later.", "hello",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(w *world) {
				w.pass(5 * time.Second)
				slow := &slowNode{Node: w.me.node}
				w.app.kit.node = slow
				reopen := func() {
					w.app.build()
					w.app.goTo(placeMarket)
					c.open(w)
					w.settle()
				}
				expect := func(state, words string, want bool) {
					t.Helper()
					if w.shows(words) != want {
						t.Errorf("%s: %q is seen: %v", state, words, !want)
					}
				}
				reopen()
				expect("empty", c.empty, true)
				c.fill(w)

				slow.holds()
				reopen()
				expect("loading", c.loading, true)
				expect("loading", c.empty, false)
				slow.answers(nil)
				w.settle()
				expect("full", c.full, true)
				expect("full", c.loading, false)
				expect("full", c.empty, false)

				slow.answers(errors.New("the disk is sick"))
				reopen()
				expect("error", c.failed, true)
				expect("error", c.empty, false)
				if !w.offersAgain() {
					t.Error("error: there is no way to try again")
				}
				slow.answers(nil)
				w.tapButton("Try again")
				expect("after the error", c.full, true)
				expect("after the error", c.failed, false)
			})
		})
	}
}

// TestPeopleStates: who was met is in the node's memory, so that it is neither awaited nor unreadable; there may be nobody.
func TestPeopleStates(t *testing.T) {
	play(t, func(w *world) {
		w.app.goTo(placePeople)
		if !w.shows("Nobody has been met yet") {
			t.Error("empty: nothing is said")
		}
		w.pass(5 * time.Second)
		if w.shows("Nobody has been met yet") || !w.shows("Wang") {
			t.Error("full: Wang is not seen")
		}
	})
}

// TestPickerStates: the picker says that it looks into a folder, that there are no pictures in it, or that it cannot be read.
func TestPickerStates(t *testing.T) {
	inShop(t, 1024, 600, nil, func(s *shop) {
		empty, full := s.TempDir(), s.TempDir()
		if err := os.WriteFile(filepath.Join(full, "a.png"), []byte("picture"), 0o600); err != nil {
			t.Fatal(err)
		}
		k := s.app.kit
		k.folder = empty
		k.choosePictures(3, func([]string) {})
		p := s.picker()
		expect := func(state, words string, cells int) {
			t.Helper()
			if p.nothing.text != words || p.nothing.Visible() != (words != "") || p.grid.count != cells {
				t.Errorf("%s: says %q (seen: %v) over %d entries", state, p.nothing.text, p.nothing.Visible(), p.grid.count)
			}
		}
		expect("loading", "Looking into the folder…", 0)
		s.settle()
		expect("empty", "No pictures in this folder", 0)
		p.open(full)
		s.settle()
		expect("full", "", 1)
		if !slices.ContainsFunc(look(t, s.win).texts, func(t seenText) bool { return t.words == "Cancel" && t.seen == t.at }) {
			t.Error("the buttons are not seen in a low window")
		}
		p.open(filepath.Join(full, "gone"))
		s.settle()
		expect("error", "This folder or file cannot be read.", 0)
		p.open(full)
		s.settle()
		expect("after the error", "", 1)
	})
}

// TestPageStates: pages that read something say so, and say when it cannot be read.
func TestPageStates(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		l := w.offers("Lamp", 100, "home")
		slow := &slowNode{Node: w.me.node}
		slow.holds()
		w.app.kit.node = slow
		w.app.openGoods(l.Seller, l.ID)
		w.settle()
		if !w.shows("One moment…") {
			t.Error("goods, loading: nothing is said")
		}
		slow.answers(errors.New("the disk is sick"))
		w.settle()
		if !w.shows("This page could not be read") || !w.offersAgain() {
			t.Error("goods, error: there is no way to try again")
		}
		slow.answers(nil)
		w.tapButton("Try again")
		if !w.shows("words about Lamp") {
			t.Error("goods, full: they are not seen")
		}
	})
}

// picker is the one that is open.
func (s *shop) picker() *picker {
	s.Helper()
	var found *picker
	for _, o := range test.LaidOutObjects(s.win.Canvas().Overlays().Top()) {
		if g, ok := o.(*gridView); ok {
			cell, ok := g.newCell().(*pickerCell)
			if ok {
				found = cell.of
			}
		}
	}
	if found == nil {
		s.Fatal("no picker is open")
	}
	return found
}
