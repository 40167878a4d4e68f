package ui

import (
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
	"haggle/doctor"
)

// button finds what is called so among what is seen.
func (w *world) button(in fyne.CanvasObject, key string) *button {
	w.Helper()
	var found *button
	widgets(in, func(o fyne.Widget) {
		if b, ok := o.(*button); ok && b.name == w.app.kit.say(key) {
			found = b
		}
	})
	if found == nil {
		w.Fatalf("nothing to tap is called %q", w.app.kit.say(key))
	}
	return found
}

// TestRequestsInSight: whoever is written to for the first time is led to where it is, from wherever the list is empty.
func TestRequestsInSight(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		room := w.room(w.wang, w.me, w.wang)
		w.says(w.wang, room, "still there?")
		w.rest()
		w.app.goTo(placeChats)
		w.settle()
		b, ok := w.app.spots[placeChats].list.(*inbox)
		if !ok {
			t.Fatal("no inbox")
		}
		for _, f := range []inboxFilter{showAll, showUnread, showUnanswered} {
			b.choose(f)
			w.button(b.stand, "inbox.toRequests").Tapped(nil)
			if b.rows.filter != showRequests || len(b.rows.shown) != 1 {
				t.Errorf("from %d: filter %d shows %d rooms", f, b.rows.filter, len(b.rows.shown))
			}
		}
	})
}

// TestUnreadFits: the number of what is unread is all seen, however it grows.
func TestUnreadFits(t *testing.T) {
	play(t, func(w *world) {
		number := w.app.frame.rail.items[placeChats].number
		for _, n := range []int{1, 10, 100} {
			w.app.total = n
			w.app.showTotal()
			if least := number.MinSize(); !number.Visible() || number.Size().Width < least.Width {
				t.Errorf("%d unread: %v wide, visible %v, needs %v", n, number.Size().Width, number.Visible(), least.Width)
			}
		}
	})
}

// TestEmptyMarketLeadsToTheCheck: who sees nobody's goods is one tap from why.
func TestEmptyMarketLeadsToTheCheck(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		m, ok := w.app.spots[placeMarket].list.(*market)
		if !ok {
			t.Fatal("no market")
		}
		w.button(m.object(), "settings.check").Tapped(nil)
		w.rest()
		if d, ok := w.app.spots[w.app.at].detail.(*doctorPage); !ok || d.about != (chat.PeerID{}) {
			t.Errorf("it leads to %T", w.app.spots[w.app.at].detail)
		}
	})
}

// TestFirstPageFits: at 1024x600 the first page shows no bar to scroll it with, whatever fractions its lines add up to.
func TestFirstPageFits(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		play(t, func(w *world) {
			w.win.Resize(fyne.NewSize(1024, 600))
			w.app.settings.Introduced, w.app.settings.Language = false, language
			w.app.build()
			w.app.kit.home = &journey{} // a button more
			w.app.introduce()
			w.settle()
			scroll := w.app.intro.page.scroll
			if least := scroll.Content.MinSize().Height; least > scroll.Size().Height {
				t.Errorf("%s: %v high, in %v", language, least, scroll.Size().Height)
			}
		})
	}
}

// TestWhyAway: from whoever is away, in the room and on their page, it is one tap to find out why.
func TestWhyAway(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.says(w.wang, room, "hi")
		w.app.openPerson(w.wang.identity.ID)
		if p, ok := w.app.spots[placePeople].detail.(*person); !ok || p.why.Visible() {
			t.Error("somebody who is here is asked after")
		}
		w.cut()
		finds := func(from string) {
			t.Helper()
			w.rest()
			d, ok := w.app.spots[placePeople].detail.(*doctorPage)
			if !ok || d.about != w.wang.identity.ID || w.app.at != placePeople {
				t.Errorf("from %s: shown is %T", from, w.app.spots[w.app.at].detail)
			}
		}
		if p, ok := w.app.spots[placePeople].detail.(*person); ok {
			w.button(p.view, "person.why").Tapped(nil)
		}
		finds("the page")
		p := w.enters(room)
		p.onWhy()
		finds("the room")
	})
}

// unplugged is a node whose machine may have no network.
type unplugged struct {
	Node
	out *atomic.Bool
}

func (n unplugged) Self() chat.SelfView {
	self := n.Node.Self()
	if n.out.Load() {
		self.Addresses = nil
	}
	return self
}

// TestB11Offline: without a network the rail says so, leads to the check, and says nothing any more once there is one.
func TestB11Offline(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		var out atomic.Bool
		w.app.kit.node = unplugged{w.app.kit.node, &out}
		moved := func(isOut bool, passed time.Duration) bool {
			out.Store(isOut)
			w.app.cfg.Feed.Notify(chat.NetworkChanged{})
			w.settle()
			w.pass(passed)
			return w.app.frame.rail.offline.Visible()
		}
		if moved(false, time.Minute) {
			t.Error("offline with a network")
		}
		if moved(true, time.Second) || moved(false, time.Minute) {
			t.Error("offline for a moment without a network")
		}
		if !moved(true, time.Minute) {
			t.Fatal("nothing is said of no network")
		}
		rail := w.app.frame.rail
		bottom, settings := rail.offline.Position().Y+rail.offline.Size().Height, rail.items[placeSettings]
		if end := settings.Position().Y + settings.Size().Height; bottom > settings.Position().Y || end > rail.Size().Height {
			t.Errorf("it ends at %v, the settings are from %v to %v of %v", bottom, settings.Position().Y, end, rail.Size().Height)
		}
		test.Tap(rail.offline)
		w.rest()
		if d, ok := w.app.spots[w.app.at].detail.(*doctorPage); !ok || d.about != (chat.PeerID{}) {
			t.Errorf("it leads to %T", w.app.spots[w.app.at].detail)
		}
		if moved(false, time.Minute) {
			t.Error("still offline")
		}
	})
}

// TestDoctorFindingsFirst: what fails stands above what works, each in its order.
func TestDoctorFindingsFirst(t *testing.T) {
	play(t, func(w *world) {
		d := newDoctorPage(w.app.kit, chat.PeerID{})
		w.rest()
		d.show([]doctor.Check{{Name: doctor.Network, OK: true}, {Name: doctor.Port}, {Name: doctor.Clock, OK: true}, {Name: doctor.PeerReach}})
		var got []doctor.Name
		for _, c := range d.checks {
			got = append(got, c.Name)
		}
		want := [4]doctor.Name{doctor.Port, doctor.PeerReach, doctor.Network, doctor.Clock}
		if len(got) != len(want) || [4]doctor.Name(got) != want {
			t.Errorf("the order is %v, want %v", got, want)
		}
	})
}
