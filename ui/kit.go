package ui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

// kit is what every screen works with: the node, the words, the ways between goroutines and to the other screens.
type kit struct {
	node   Node
	words  *Words
	window fyne.Window
	ways   ways
	pics   *pictures
	toast  func(sentence string) // tells something in passing
	log    *slog.Logger
	now    func() time.Time

	guest bool   // somebody at a kiosk: nothing is copied, pasted, saved or leads out
	stir  func() // hears of each thing that they do; nil where nobody has to know

	ready     Prepare
	desk      Desk
	folder    string // where a picture was last looked for
	clipboard fyne.Clipboard
	board     Board    // nil: none
	home      TakeHome // nil: chats cannot be brought from a kiosk
	port      string   // what an address without a port gets, with its colon

	post  func(func()) // to the UI's goroutine
	later func(time.Duration, func())
	ctx   context.Context // ends with the window
	busy  *sync.WaitGroup // what runs off the UI's goroutine
}

// ways lead from one screen to another.
type ways struct {
	place  func(place)
	goods  func(chat.PeerID, chat.ListingID)
	person func(chat.PeerID)
	why    func(chat.PeerID) // why somebody is away; zero for everybody
	room   func(chat.RoomID)
	// message shows a message in its room, and marks there what was searched for.
	message func(id chat.MessageID, query string)
	draft   func(chat.RoomID)    // tells that a room's draft is another
	leave   func()               // closes the detail that is in front
	bare    func()               // a list has nothing to choose from, or has again
	seen    func(pane) bool      // whether a person can see a detail now
	offer   func()               // the editor for new goods
	edit    func(chat.ListingID) // the editor for own goods
	// chat finds or opens the room in which self buys what a seller offers, and goes there; about may be zero.
	chat func(seller chat.PeerID, about chat.ListingID)
}

// say is the text of a key: see Words.
func (k *kit) say(key string, args ...any) string { return k.words.Say(key, args...) }

// count is the text of a key for a number: see Words.
func (k *kit) count(key string, n int, args ...any) string { return k.words.Count(key, n, args...) }

// do runs f on the UI's goroutine, unless the window is gone by then.
func (k *kit) do(f func()) {
	k.post(func() {
		if k.ctx.Err() == nil {
			f()
		}
	})
}

// off runs f on a goroutine of its own, which may wait for disk and network; the window's end waits for it.
func (k *kit) off(f func()) { k.busy.Go(f) }

// after runs f on the UI's goroutine when d has passed.
func (k *kit) after(d time.Duration, f func()) { k.later(d, func() { k.do(f) }) }

// answer is a then for the node: it runs show on the UI's goroutine.
func answer[T any](k *kit, show func(T, error)) func(T, error) {
	return func(v T, err error) { k.do(func() { show(v, err) }) }
}

// read runs get off the UI's goroutine and then show on it.
func read[T any](k *kit, get func() (T, error), show func(T, error)) {
	k.off(func() {
		v, err := get()
		k.do(func() { show(v, err) })
	})
}

// latest runs reads of one thing: one at a time, and once more if the thing changed meanwhile. Of what was asked for in
// between nothing is shown but the last. Only for the UI's goroutine.
type latest[T any] struct {
	running bool
	next    func() (T, error)
	show    func(T, error)
}

func (l *latest[T]) read(k *kit, get func() (T, error), show func(T, error)) {
	l.next, l.show = get, show
	if !l.running {
		l.run(k)
	}
}

func (l *latest[T]) run(k *kit) {
	get, show := l.next, l.show
	l.running, l.next = true, nil
	read(k, get, func(v T, err error) {
		l.running = false
		if l.next != nil {
			l.run(k)
			return
		}
		show(v, err)
	})
}
