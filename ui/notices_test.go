package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// notified checks the notifications since it was asked last, after those on their way.
func (w *world) notified(want ...string) {
	w.Helper()
	w.steps(4)
	if !slices.Equal(w.told, want) {
		w.Errorf("notified %q, want %q", w.told, want)
	}
	w.told = nil
}

// steps lets seconds go by, one by one: what waits for the UI's goroutine waits no longer.
func (w *world) steps(seconds int) {
	for range seconds {
		w.pass(time.Second)
	}
}

// calm lets the start of the program and every burst pass, and makes the rooms in which me buys from Wang, and sells.
func (w *world) calm() (buying, selling chat.RoomID) {
	w.Helper()
	w.pass(5 * time.Second)
	buying, selling = w.room(w.me, w.wang, w.me), w.room(w.wang, w.me, w.me)
	w.room(w.me, w.wang, w.wang)
	w.room(w.wang, w.me, w.wang)
	w.pass(time.Minute)
	return buying, selling
}

// reopens closes the window and opens it again, as a new start does.
func (w *world) reopens() {
	w.Helper()
	cfg := w.app.cfg
	w.app.Close()
	w.app = New(w.Context(), cfg)
	w.settle()
}

// hears tells the window of a message, as the node does, written so long ago by a clock so far ahead.
func (w *world) hears(m chat.Message, ago, ahead time.Duration, known bool) {
	m.SentAt = time.Now().Add(ahead - ago).UnixMilli()
	m.ClockOff = 0
	if known {
		m.ClockOff = int32(ahead / time.Second)
	}
	w.app.cfg.Feed.Notify(chat.MessageReceived{Message: m})
	w.settle()
}

// TestF2OnePerBurst: a room is told of once until it was quiet for a while, rooms together in one notification.
func TestF2OnePerBurst(t *testing.T) {
	play(t, func(w *world) {
		buying, selling := w.calm()
		w.says(w.wang, buying, "one")
		w.notified("Haggle: New message")
		for range 5 { // the burst goes on for longer than its quiet time
			w.says(w.wang, buying, "more")
			w.steps(10)
		}
		w.notified()
		w.says(w.wang, selling, "another room", "is news")
		w.says(w.wang, buying, "this is not")
		w.notified("Haggle: 2 new messages")
		w.pass(burstQuiet)
		w.says(w.wang, selling, "a", "b")
		w.says(w.wang, buying, "c")
		w.notified("Haggle: 3 new messages in 2 chats")
		if n := len(w.app.notices.bursts); n != 2 {
			w.Errorf("%d bursts are known, of 2 rooms", n)
		}
		w.pass(burstQuiet)
		w.says(w.me, buying, "own words")
		w.notified()
		w.says(w.wang, buying, "d")
		w.notified("Haggle: New message")
	})
}

// TestF2FocusedRoom: nothing is told of the room a person looks at; of the same room behind others or without the focus it is.
func TestF2FocusedRoom(t *testing.T) {
	play(t, func(w *world) {
		buying, selling := w.calm()
		w.enters(buying)
		w.says(w.wang, buying, "seen")
		w.notified()
		w.says(w.wang, selling, "not seen")
		w.notified("Haggle: New message")
		w.app.Foreground(false)
		w.says(w.wang, buying, "not seen either", "for lack of focus")
		w.notified("Haggle: 2 new messages")
		w.app.Foreground(true)
		w.says(w.wang, buying, "seen")
		w.steps(2)
		w.app.goTo(placeMarket)
		w.says(w.wang, buying, "behind the market")
		w.notified("Haggle: New message")
		w.pass(burstQuiet)
		w.says(w.wang, buying, "come and see")
		w.pass(noticeWait / 4)
		w.enters(buying)
		w.app.goTo(placeMarket) // read, and left before it was told of
		w.notified()
		for i := range 80 {
			w.says(w.wang, selling, fmt.Sprint("more than one screen shows ", i))
		}
		w.pass(noticeWait / 4)
		w.enters(selling) // and not read to its end
		w.notified()
		if w.app.total == 0 {
			w.Error("80 messages are on one screen")
		}
	})
}

// TestF2FirstCatchUp: what was missed before the start is not told of, whatever the clocks say; what comes after is.
func TestF2FirstCatchUp(t *testing.T) {
	play(t, func(w *world) {
		buying, _ := w.calm()
		w.cut()
		w.says(w.wang, buying, "while", "you", "were away")
		w.reopens()
		w.mend()
		w.notified()
		if w.app.total != 3 {
			w.Fatalf("%d messages came", w.app.total)
		}
		w.pass(time.Minute)
		w.cut()
		w.says(w.wang, buying, "while the network was away")
		w.mend()
		w.notified("Haggle: New message")
		m, err := w.me.node.FirstUnread(buying)
		if err != nil {
			w.Fatal(err)
		}
		missed, err := w.me.node.Message(m)
		if err != nil {
			w.Fatal(err)
		}
		online := chat.PeerOnline{Peer: w.wang.identity.ID}
		for _, c := range []struct {
			name string
			do   func()
			want int
		}{
			{"written before the start, years later", func() { w.pass(time.Hour); w.hears(missed, 2*time.Hour, 0, false) }, 0},
			{"written after the start, just now", func() { w.hears(missed, 0, 0, false) }, 1},
			{"before, by a clock known to be ahead", func() { w.hears(missed, time.Hour, 2*time.Hour, true) }, 0},
			{"now, by a clock known to be behind", func() { w.hears(missed, 0, -time.Hour, true) }, 1},
			{"with the first link, by a clock that nobody knows to be ahead", func() {
				w.app.cfg.Feed.Notify(online)
				for range 10 { // a long catch-up
					w.hears(missed, time.Hour, 2*time.Hour, false)
					w.pass(time.Second)
				}
			}, 0},
			{"after the first catch-up", func() {
				w.app.cfg.Feed.Notify(online)
				w.hears(missed, time.Hour, 2*time.Hour, false)
				w.pass(catchTime)
				w.app.cfg.Feed.Notify(online)
				w.hears(missed, 0, 0, false)
			}, 1},
			{"from somebody who comes later", func() {
				w.pass(startTime)
				w.app.cfg.Feed.Notify(online)
				w.hears(missed, time.Second, 0, false)
			}, 1},
			{"at no time that can be", func() { m := missed; m.SentAt = -1 << 63; w.app.cfg.Feed.Notify(chat.MessageReceived{Message: m}) }, 0},
		} {
			w.reopens()
			c.do()
			w.steps(3)
			if len(w.told) != c.want {
				w.Errorf("%s: notified %q, want %d", c.name, w.told, c.want)
			}
			w.told = nil
		}
	})
}

// TestF2Strangers: however many strangers write, they are one burst; those one talks to are told of all the same.
func TestF2Strangers(t *testing.T) {
	play(t, func(w *world) {
		buying, _ := w.calm()
		for seed := byte(3); seed < 8; seed++ {
			p := w.joins(seed, fmt.Sprint("Stranger", seed), nil)
			defer func() {
				p.stop()
				p.host.Detach()
				if err := p.mem.Close(); err != nil {
					w.Error(err)
				}
			}()
			w.steps(5)
			w.says(p, w.room(p, w.me, p), "hello")
			w.steps(5)
		}
		w.says(w.wang, buying, "still there?")
		w.notified("Haggle: New message", "Haggle: New message")
		if _, page, err := w.me.node.Rooms(chat.Requests, 0, chat.MaxPage); err != nil || len(page) != 5 {
			w.Errorf("%d requests came, %v", len(page), err)
		}
	})
}

// TestF2Blocked: somebody blocked before the notification is out is not told of.
func TestF2Blocked(t *testing.T) {
	play(t, func(w *world) {
		buying, _ := w.calm()
		w.says(w.wang, buying, "are you there?")
		w.pass(noticeWait)
		if w.app.total != 1 {
			w.Fatalf("%d messages came", w.app.total)
		}
		w.block(w.wang)
		w.notified()
		if w.app.total != 0 || w.win.Title() != "Haggle" {
			w.Errorf("E5: %q with everybody blocked", w.win.Title())
		}
	})
}

func (w *world) block(p *party) {
	w.Helper()
	if _, err := chat.Await(w.Context(), func(then func(chat.PeerView, error)) { w.me.node.Block(p.identity.ID, true, then) }); err != nil {
		w.Fatal(err)
	}
	w.settle()
}

// TestF2SwitchedOff: the switch in the settings holds at once, both ways.
func TestF2SwitchedOff(t *testing.T) {
	play(t, func(w *world) {
		buying, _ := w.calm()
		flip := func() {
			w.Helper()
			w.app.goTo(placeSettings)
			w.settle()
			for _, o := range test.LaidOutObjects(w.win.Content()) {
				if s, ok := o.(*toggle); ok && s.name == w.app.kit.say("settings.notify") {
					test.Tap(s)
					w.settle()
					return
				}
			}
			w.Fatal("the settings have no switch for notifications")
		}
		flip()
		w.says(w.wang, buying, "quiet, please")
		w.notified()
		flip()
		w.says(w.wang, buying, "loud again")
		w.notified("Haggle: New message")
		w.pass(burstQuiet)
		w.says(w.wang, buying, "on its way")
		w.pass(noticeWait / 4)
		flip()
		w.notified()
	})
}

// hostileWords would run a program on Windows if they reached a notification.
const hostileWords = "$(calc) `calc` ${env:x} \"; calc # '“”‘’‚„ %s %d <b>&amp; \u202e\\"

// TestF2HP61NothingOfPeers: name, text and goods of a peer do not reach a notification, in any language: it has fixed words and
// numbers, of letters, digits and the spaces and commas between them.
func TestF2HP61NothingOfPeers(t *testing.T) {
	for _, l := range Languages {
		t.Run(l.Code, func(t *testing.T) {
			play(t, func(w *world) {
				buying, selling := w.calm()
				w.app.change(func(s *Settings) { s.Language = l.Code })
				name := "$(calc) `calc` \"; calc # '“”’"
				if _, err := chat.Await(w.Context(), func(then func(chat.SelfView, error)) { w.wang.node.SetSelf(chat.SelfChange{Name: &name}, then) }); err != nil {
					w.Fatal(err)
				}
				goods := chat.Goods{Title: hostileWords, Description: hostileWords, Quantity: 1, Price: chat.Money{Minor: 100, Currency: "CNY"}}
				listing, err := chat.Await(w.Context(), func(then func(*chat.Listing, error)) { w.wang.node.Publish(goods, then) })
				if err != nil {
					w.Fatal(err)
				}
				w.pass(10 * time.Second)
				if _, err := w.me.node.Listing(w.wang.identity.ID, listing.ID); err != nil || w.me.node.Peer(w.wang.identity.ID).Name == "Wang" {
					w.Fatalf("name and goods did not come: %v", err)
				}
				for _, rooms := range [][]chat.RoomID{{buying}, {buying, buying}, {buying, selling, selling}} {
					for _, room := range rooms {
						d := chat.Draft{Text: hostileWords}
						if room == buying { // it is about Wang's goods
							d.About = listing.ID
						}
						if _, err := chat.Await(w.Context(), func(then func(chat.Message, error)) {
							w.wang.node.Post(room, d, then)
						}); err != nil {
							w.Fatal(err)
						}
					}
					w.steps(4)
					w.pass(burstQuiet)
				}
				say := w.app.kit.say
				want := []string{"Haggle: " + say("notice.one"), "Haggle: " + say("notice.some", 2), "Haggle: " + say("notice.chats", 3, 2)}
				if !slices.Equal(w.told, want) {
					w.Errorf("notified %q, want %q", w.told, want)
				}
				for _, told := range w.told {
					for _, r := range strings.TrimPrefix(told, "Haggle: ") {
						if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ' && r != ',' && r != '，' {
							w.Errorf("a notification has %q in %q", r, told)
						}
					}
				}
			})
		})
	}
}

// TestE5TotalEverywhere: title, rail and inbox add up the same over rooms; a room that is open without the focus stays
// unread until it is back; what leaves the inbox leaves the total.
func TestE5TotalEverywhere(t *testing.T) {
	play(t, func(w *world) {
		buying, selling := w.calm()
		b := w.inbox()
		total := func(want int, badge string) {
			w.Helper()
			w.steps(3)
			title, sum := "Haggle", 0
			if want > 0 {
				title = "(" + badge + ") Haggle"
			}
			for _, r := range b.rows.all {
				sum += r.unread
			}
			rail := w.app.frame.rail.items[placeChats].number
			if w.win.Title() != title || sum != want || rail.Visible() != (want > 0) || want > 0 && rail.label.text != badge {
				w.Errorf("title %q, inbox %d, rail %q, want %d", w.win.Title(), sum, rail.label.text, want)
			}
		}
		total(0, "")
		w.says(w.wang, buying, "one", "two")
		w.says(w.wang, selling, "three")
		total(3, "3")
		w.app.Foreground(false)
		w.enters(buying)
		total(3, "3")
		w.says(w.wang, buying, "four")
		total(4, "4")
		w.app.Foreground(true)
		total(1, "1")
		w.app.change(func(s *Settings) { s.Language = "zh" }) // all is built anew
		b = w.inbox()
		total(1, "1")
		for i := range 100 {
			w.says(w.wang, selling, fmt.Sprint("m", i))
		}
		w.pass(10 * time.Second)
		total(101, "99+")
		if _, err := chat.Await(w.Context(), func(then func(struct{}, error)) { w.me.node.DeleteRoom(selling, then) }); err != nil {
			w.Fatal(err)
		}
		total(0, "")
		w.app.leave()
		w.says(w.wang, buying, "five")
		total(1, "1")
		w.app.total = 7 // an index that was wrong
		w.app.showTotal()
		w.app.cfg.Feed.Notify(chat.StoreNotice{Kind: chat.NoticeRebuilt})
		total(1, "1")
		w.win.Resize(fyne.NewSize(600, 600)) // one pane: what is open covers the list
		w.enters(buying)
		total(0, "")
	})
}
