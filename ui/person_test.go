package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// opensPerson shows Wang's page.
func (w *world) opensPerson() *person {
	w.Helper()
	w.app.openPerson(w.wang.identity.ID)
	w.settle()
	p, ok := w.app.spots[placePeople].detail.(*person)
	if !ok {
		w.Fatal("the page does not open")
	}
	return p
}

// entries are the fields to type in that lie over the window.
func (w *world) entries() (found []*entry) {
	for _, o := range test.LaidOutObjects(w.win.Canvas().Overlays().Top()) {
		if e, ok := o.(*entry); ok {
			found = append(found, e)
		}
	}
	return found
}

// TestA9Alias: what somebody is called here stands for their name everywhere, and they never hear of it.
func TestA9Alias(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		lamp := w.offers("lamp", 4500, "")
		room := w.room(w.me, w.wang, w.me)
		w.says(w.me, room, "hello")
		w.rest()
		p := w.opensPerson()
		w.tapButton("Name and note")
		fields := w.entries()
		if len(fields) != 2 || fields[0].PlaceHolder != "Wang" {
			t.Fatalf("%d fields", len(fields))
		}
		fields[0].SetText(strings.Repeat("x", chat.MaxName+1))
		w.tapButton("Save")
		if len(w.entries()) != 2 {
			t.Fatal("an alias that is too long is taken")
		}
		fields[0].SetText("Lamp man")
		fields[1].SetText("pays cash")
		w.tapButton("Save")
		w.rest()
		if p.called.text != "Lamp man" || p.named.text != "Calls themselves Wang" || !p.named.Visible() || p.note.text != "pays cash" || !p.noteBox.Visible() {
			t.Errorf("the page shows %q, %q, %q", p.called.text, p.named.text, p.note.text)
		}
		if r, ok := w.app.spots[placePeople].list.(*people).list.bound[0].(*personRow); !ok || r.called.text != "Lamp man" {
			t.Error("the list of people has another name")
		}
		w.app.goTo(placeMarket)
		w.settle()
		if c := w.card("lamp"); c.seller.text != "Lamp man" {
			t.Errorf("the market's card says %q", c.seller.text)
		}
		w.app.openGoods(w.wang.identity.ID, lamp.ID)
		w.settle()
		if g, ok := w.app.spots[placeMarket].detail.(*goodsPage); !ok || g.seller.called.text != "Lamp man" {
			t.Error("the goods page has another name")
		}
		if r := w.enters(room); r.called.text != "Lamp man" || r.thread.peer != "Lamp man" {
			t.Errorf("the room is with %q", r.called.text)
		}
		if c, ok := w.app.spots[placeChats].list.(*inbox).list.bound[0].(*inboxCell); !ok || c.called.text != "Lamp man" {
			t.Error("the inbox has another name")
		}
		if v := w.wang.node.Self(); v.Name != "Wang" {
			t.Errorf("Wang is called %q by themselves", v.Name)
		}
		w.app.goTo(placePeople)
		w.tapButton("Name and note")
		w.entries()[0].SetText("")
		w.tapButton("Save")
		w.rest()
		if p.called.text != "Wang" || p.named.Visible() {
			t.Errorf("taken back: %q", p.called.text)
		}
	})
}

// TestA3SafetyCode: both screens show the same digits, and who was verified carries a mark.
func TestA3SafetyCode(t *testing.T) {
	play(t, func(w *world) {
		w.pass(5 * time.Second)
		lamp := w.offers("lamp", 4500, "")
		room := w.room(w.me, w.wang, w.me)
		w.says(w.me, room, "hello")
		w.rest()
		p := w.opensPerson()
		shown := func(part *fyne.Container) (all []string) {
			for _, o := range test.LaidOutObjects(part) {
				if l, ok := o.(*label); ok {
					all = append(all, l.text)
				}
			}
			return all
		}
		want := chat.SafetyCodeOf(w.wang.identity.ID, w.me.identity.ID) // as the other screen shows it
		if got := shown(p.safety.digits); !slices.Equal(got, want.Digits) || len(got) != 12 {
			t.Errorf("the code is %q, on the other screen %q", got, want.Digits)
		}
		if got := shown(p.safety.words); !slices.Equal(got, want.English) || len(got) != 12 {
			t.Errorf("the words are %q, on the other screen %q", got, want.English)
		}
		marks := func() (shown string) {
			w.app.openGoods(w.wang.identity.ID, lamp.ID)
			w.settle()
			r := w.enters(room)
			g, _ := w.app.spots[placeMarket].detail.(*goodsPage)
			c, _ := w.app.spots[placeChats].list.(*inbox).list.bound[0].(*inboxCell)
			row, _ := w.app.spots[placePeople].list.(*people).list.bound[0].(*personRow)
			for name, on := range map[string]bool{
				"room": r.called.mark.Visible(), "goods page": g.seller.called.mark.Visible(), "inbox": c.called.mark.Visible(),
				"people": row.called.mark.Visible(), "page": p.mark.Visible(), "for ears": strings.Contains(c.name, "Verified"),
			} {
				if on {
					shown += name + " "
				}
			}
			w.app.goTo(placePeople)
			w.settle()
			return shown
		}
		if got := marks(); got != "" {
			t.Errorf("a mark before anybody compared: %s", got)
		}
		w.tapButton("These are the same")
		w.rest()
		if got := marks(); len(strings.Fields(got)) != 8 {
			t.Errorf("marked only: %s", got)
		}
		w.tapButton("Take “verified” back")
		w.rest()
		if got := marks(); got != "" {
			t.Errorf("still marked: %s", got)
		}
	})
}
