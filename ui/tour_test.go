package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// Whatever people wrote in the tour, so that one can tell it from the program's words.
const (
	tourThing = "Bronze kettle"
	tourOwn   = "Walnut desk"
	tourStory = "Seldom seen"
	tourLong  = "Extraordinarily painted porcelain dinner service for twelve, tureen and boat"
)

// tour goes to every screen, in every state that it can be brought to, and tells at of each.
func (w *world) tour(at func(name string)) {
	w.Helper()
	show := func(name string) {
		w.Helper()
		w.settle()
		size := w.win.Canvas().Size() // a window lays out what has changed its least size; this one only what changes its size
		w.win.Resize(size.AddWidthHeight(1, 1))
		w.win.Resize(size)
		at(name)
	}
	close := func() {
		for _, o := range w.win.Canvas().Overlays().List() {
			w.win.Canvas().Overlays().Remove(o)
		}
		w.settle()
	}
	w.win.Resize(fyne.NewSize(1024, 600))
	w.app.kit.desk, w.app.kit.clipboard = &tray{kept: map[string][]byte{}}, test.NewClipboard()
	w.app.settings.Introduced = false
	w.app.build()
	show("first start")
	w.app.intro.name.SetText(" ")
	w.app.intro.finish()
	show("first start without a name")
	w.app.intro.name.SetText("Me")
	w.app.intro.finish()
	w.settle()

	show("market, empty")
	w.app.goTo(placeGoods)
	show("my goods, empty")
	w.app.goTo(placeChats)
	show("chats, empty")

	w.pass(5 * time.Second)
	thing := w.offersMuch(w.wang, tourThing, 9, chat.Money{Minor: 12345678950, Currency: "EUR"})
	w.offersMuch(w.wang, tourLong, 1, chat.Money{})
	own := w.offersMuch(w.me, tourOwn, 2, chat.Money{Minor: 1850, Currency: "CHF"})
	w.sets(thing, chat.Reserved)
	w.app.goTo(placeMarket)
	m := w.market()
	show("market")
	m.chooseSort()
	show("market, orders")
	close()
	m.line.offer()
	show("market, more categories")
	close()
	m.search.SetText("nothing like it")
	show("market, nothing found")
	m.search.SetText("")
	w.settle()

	w.tourGoods(show, close, thing, own)
	w.tourChats(show, close, thing)
	w.tourOwnGoods(show, close, own)
	w.tourPeople(show, close)
	w.tourSettings(show, close)

	ShowFailure(FailureConfig{Window: w.win, What: StartLocked, SetTheme: func(fyne.Theme) {}, Close: func() {}, Words: w.app.kit.words})
	w.win.Resize(fyne.NewSize(560, 440))
	show("a start that failed")
}

// offersMuch offers goods with photos and a story.
func (w *world) offersMuch(by *party, title string, photos int, price chat.Money) *chat.Listing {
	w.Helper()
	g := chat.Goods{Title: title, Category: "home", Condition: "good", Quantity: 12, Description: strings.Repeat(tourStory+". ", 20), Price: price}
	if price.Currency == "" {
		g.Price.Currency = "EUR"
	}
	for i := range photos {
		data := []byte(title + string(rune('a'+i)) + ".png")
		hash, err := by.node.PutPicture(w.Context(), data)
		if err != nil {
			w.Fatal(err)
		}
		g.Photos = append(g.Photos, chat.Photo{Hash: hash, Size: uint32(len(data)), Width: 40, Height: 30, Type: "png", Thumbnail: []byte("small")})
	}
	l, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) { by.node.Publish(g, then) })
	if err != nil {
		w.Fatal(err)
	}
	w.rest()
	return l
}

func (w *world) tourGoods(show func(string), close func(), thing, own *chat.Listing) {
	w.app.openGoods(thing.Seller, thing.ID)
	show("goods")
	g, _ := w.app.spots[placeMarket].detail.(*goodsPage)
	g.gallery.enlarge()
	show("viewer")
	v, _ := w.win.Canvas().Overlays().Top().(*viewer)
	v.tell(w.app.kit.say("save.saved", "/tmp/kettle.png"))
	show("viewer, told")
	w.app.kit.savePicture(v.photos[0], v.tell)
	show("saving a picture")
	close()
	w.app.openGoods(own.Seller, own.ID)
	show("own goods")
	w.app.openGoods(thing.Seller, chat.ListingID{1})
	show("goods, gone")
	w.cut()
	w.pass(10 * time.Minute)
	w.app.openGoods(thing.Seller, thing.ID)
	show("goods, seller away")
	w.mend()
	w.app.leave()
	w.win.Resize(fyne.NewSize(700, 600))
	show("market, narrow")
	w.app.openGoods(thing.Seller, thing.ID)
	show("goods, narrow")
	w.app.leave()
	w.win.Resize(fyne.NewSize(1024, 600))
}

func (w *world) tourChats(show func(string), close func(), thing *chat.Listing) {
	k := w.app.kit
	w.app.openChat(thing.Seller, thing.ID)
	show("room, empty")
	room := chat.RoomFor(w.me.identity.ID, w.wang.identity.ID)
	asks := func(p *party, d chat.Draft) chat.Message {
		m, err := chat.Await(w.Context(), func(then func(chat.Message, error)) { p.node.Post(room, d, then) })
		if err != nil {
			w.Fatal(err)
		}
		w.rest()
		return m
	}
	asks(w.me, chat.Draft{Text: tourStory, About: thing.ID})
	w.app.goTo(placeMarket)
	asks(w.wang, chat.Draft{Text: strings.Repeat(tourStory+" ", 400)})
	w.sets(thing, chat.Sold)
	w.app.goTo(placeChats)
	p := w.enters(room)
	show("room")
	p.onMenu()
	show("room, menu")
	close()
	w.cut()
	waits := asks(w.me, chat.Draft{Text: tourStory})
	show("room, away")
	for _, s := range p.thread.visible {
		if s.row.message() {
			p.thread.showTip(&s)
			show("room, tip")
			p.messageMenu(s.row.said, fyne.NewPos(100, 100))
			show("room, menu of a message")
			close()
		}
	}
	p.thread.tip.hide()
	if _, err := chat.Await(w.Context(), func(then func(chat.Message, error)) {
		w.me.node.Withdraw(waits.ID, func(m chat.Message, _ bool, err error) { then(m, err) })
	}); err != nil {
		w.Fatal(err)
	}
	show("room, withdrawn")
	p.composer.along.add(w.pictureFiles(3))
	show("composer with pictures")
	for len(p.composer.along.list) > 0 {
		p.composer.along.remove(p.composer.along.list[0])
	}
	p.composer.field.SetText(strings.Repeat("x", chat.MaxText+1))
	show("composer, too long")
	p.composer.field.SetText("half a thought")
	p.composer.say(k.say("composer.pasteNone"), colorMuted)
	show("composer, nothing to paste")
	w.pass(2 * time.Second)
	w.app.leave()
	for f := range inboxFilters {
		w.inbox().choose(f)
		show("chats")
	}
	w.inbox().choose(showAll)
	w.enters(room)
	p, _ = w.app.spots[placeChats].detail.(*roomPane)
	p.block()
	show("asking about a block")
	close()
	p.delete()
	show("asking about an end")
	close()
	w.mend()
	p.setBlocked(true)
	w.pass(time.Second)
	show("room, blocked")
	p.unblock()
	w.pass(time.Second)

	selling := w.room(w.wang, w.me, w.wang)
	w.says(w.wang, selling, tourStory)
	w.rest()
	w.inbox().choose(showRequests)
	show("chats, requests")
	w.enters(selling)
	show("room, request")
	w.win.Resize(fyne.NewSize(700, 600))
	show("room, narrow")
	w.win.Resize(fyne.NewSize(1024, 600))
	w.app.leave()
	p.fail(k.say("room.unreadable"))
	w.app.goTo(placeChats)
	show("room, unreadable")
}

// pictureFiles are files that the window takes for pictures.
func (w *world) pictureFiles(n int) (paths []string) {
	folder := w.TempDir()
	for i := range n {
		path := filepath.Join(folder, string(rune('a'+i))+".png")
		if err := os.WriteFile(path, []byte(string(rune('a'+i))+".png"), 0o600); err != nil {
			w.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func (w *world) tourOwnGoods(show func(string), close func(), own *chat.Listing) {
	w.app.goTo(placeGoods)
	show("my goods")
	mine, _ := w.app.spots[placeGoods].list.(*myGoods)
	row, _ := mine.grid.bound[0].(*myRow)
	row.status.open()
	show("my goods, status")
	close()
	w.sets2(own, chat.Hidden)
	w.app.offer()
	show("editor, new")
	e, _ := w.app.spots[placeGoods].detail.(*editor)
	e.unit.open()
	show("editor, currencies")
	close()
	e.amount.SetText("x")
	e.quantity.SetText("x")
	e.text.SetText(strings.Repeat("x", chat.MaxDescription+1))
	e.photos.add(w.pictureFiles(chat.MaxPhotos + 1))
	e.submit()
	e.say(w.app.kit.say("editor.tooMuch"))
	show("editor, wrong")
	e.page.scroll.ScrollToBottom()
	show("editor, wrong, its end")
	w.app.kit.folder = filepath.Dir(w.pictureFiles(3)[0])
	w.app.kit.choosePictures(9, func([]string) {})
	show("picker")
	close()
	w.app.leave()
	w.app.offer()
	show("editor, begun")
	w.app.leave()
	w.app.edit(own.ID)
	show("editor, change")
	w.app.leave()
}

// sets2 gives own goods another status.
func (w *world) sets2(l *chat.Listing, s chat.Status) {
	w.Helper()
	if _, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) {
		w.me.node.Revise(l.ID, func(_ *chat.Goods, status *chat.Status) error { *status = s; return nil }, then)
	}); err != nil {
		w.Fatal(err)
	}
	w.rest()
}

func (w *world) tourPeople(show func(string), close func()) {
	w.app.goTo(placePeople)
	show("people")
	w.app.openPerson(w.wang.identity.ID)
	show("person")
	one, _ := w.app.spots[placePeople].detail.(*person)
	one.page.scroll.ScrollToBottom()
	show("person, further on")
	test.Tap(one.block)
	show("person, asking")
	close()
	one.editRemark()
	show("person, another name")
	close()
	w.app.openAdd()
	show("adding")
	add, _ := w.app.spots[placePeople].detail.(*addPerson)
	add.where.SetText("haggle:nobody")
	add.reach()
	show("adding, wrong")
	add.page.scroll.ScrollToBottom()
	show("adding, its end")
	w.app.leave()
}

func (w *world) tourSettings(show func(string), close func()) {
	w.app.goTo(placeSettings)
	show("settings")
	s, _ := w.app.spots[placeSettings].list.(*settings)
	s.name.SetText(strings.Repeat("x", 40))
	s.about.SetText(strings.Repeat("x", 1000))
	s.keepProfile()
	show("settings, wrong")
	for y := float32(400); y < s.page.scroll.Content.Size().Height; y += 400 {
		s.page.scroll.ScrollToOffset(fyne.NewPos(0, y))
		show("settings, further on")
	}
	w.app.showKeys()
	show("keys")
	close()
	for _, err := range []error{
		chat.ErrDiskFull, chat.ErrReadOnly, chat.ErrNotFound, chat.ErrUnreachable, chat.ErrWrongIdentity, chat.ErrSelf, chat.ErrTooLarge,
		chat.ErrClosed, errors.ErrUnsupported,
	} {
		w.app.kit.toast(w.app.kit.failure(err))
		show("toast")
	}
	w.pass(toastTime)
	w.app.open(placeSettings, newDoctorPage(w.app.kit, chat.PeerID{}))
	show("network")
	w.app.leave()
}

// TestTour: it goes through, and shows as many screens as there are.
func TestTour(t *testing.T) {
	play(t, func(w *world) {
		names := map[string]bool{}
		w.tour(func(name string) { names[name] = true })
		if len(names) < 50 {
			t.Errorf("%d screens", len(names))
		}
	})
}
