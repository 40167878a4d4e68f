package ui

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"haggle/chat"
)

// TestF2QuietHours: they hold from one hour to another, past midnight too, and all day if both are the same.
func TestF2QuietHours(t *testing.T) {
	for _, c := range []struct {
		hours QuietHours
		quiet string // the hours of the day that are
	}{
		{QuietHours{}, ""},
		{QuietHours{false, 0, 12}, ""},
		{QuietHours{true, 9, 12}, "9 10 11"},
		{QuietHours{true, 22, 2}, "0 1 22 23"},
		{QuietHours{true, 0, 1}, "0"},
		{QuietHours{true, 23, 0}, "23"},
		{QuietHours{true, 7, 7}, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
	} {
		var quiet []string
		for h := range 24 {
			at := time.Date(2026, 5, 1, h, 59, 59, 0, time.Local)
			if c.hours.at(at) {
				quiet = append(quiet, strconv.Itoa(h))
			}
		}
		if got := strings.Join(quiet, " "); got != c.quiet {
			t.Errorf("%+v is quiet at %q, want %q", c.hours, got, c.quiet)
		}
	}
}

// TestF2QuietHoursRingNothing: chosen in the settings they hold at once, for as long as they last, and are kept.
func TestF2QuietHoursRingNothing(t *testing.T) {
	play(t, func(w *world) {
		var kept Settings
		w.app.cfg.Save = func(s Settings) error { kept = s; return nil }
		buying, _ := w.calm()
		now := w.app.kit.now()
		w.app.settings.QuietHours = QuietHours{false, uint8(now.Hour()), uint8(now.Add(time.Hour).Hour())}
		w.app.goTo(placeSettings)
		w.settle()
		s := toggleNamed(w.win, w.app.kit.say("settings.quiet"))
		if s == nil {
			t.Fatal("the settings have no quiet hours")
		}
		choices := func() (list []*choice) {
			widgets(w.win.Content(), func(o fyne.Widget) {
				if c, ok := o.(*choice); ok {
					list = append(list, c)
				}
			})
			return list
		}
		if len(choices()) != 0 {
			t.Error("hours can be chosen that do not hold")
		}
		test.Tap(s)
		w.settle()
		if list := choices(); len(list) != 2 || list[0].name != "Quiet from" || list[0].value != clock(uint8(now.Hour())) || list[1].name != "Quiet until" {
			t.Fatalf("%d choices", len(list))
		}
		w.says(w.wang, buying, "psst")
		w.notified()
		if w.app.total == 0 {
			t.Error("what came in quiet hours is not unread")
		}
		w.pass(time.Hour)
		w.says(w.wang, buying, "good morning")
		w.notified("Haggle: New message")

		choices()[1].open() // by the keyboard
		menu, ok := w.win.Canvas().Overlays().Top().(*menu)
		if !ok || len(menu.items) != 24 {
			t.Fatal("no menu of hours")
		}
		menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		w.settle()
		if want := (QuietHours{true, uint8(now.Hour()), 23}); kept.QuietHours != want {
			t.Errorf("kept is %+v, want %+v", kept.QuietHours, want)
		}
	})
}

// starts is an Autostart that fails when told to.
type starts struct {
	mu     sync.Mutex
	on     bool
	failed error
}

func (s *starts) On() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on, nil
}

func (s *starts) Set(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.on = on
	}
	return s.failed
}

// TestF3Autostart: the switch shows what the system does, also after it refused, and is there only where there is a system.
func TestF3Autostart(t *testing.T) {
	const name = "Start when I log in"
	system := &starts{on: true}
	inShop(t, 1100, 750, func(c *Config) { c.Autostart = system }, func(s *shop) {
		s.app.goTo(placeSettings)
		s.settle()
		on := toggleNamed(s.win, name)
		if on == nil || !on.knob.on {
			t.Fatal("what the system does is not shown")
		}
		s.tap(on)
		if system.on || on.knob.on {
			t.Errorf("turned off: the system %v, the switch %v", system.on, on.knob.on)
		}
		system.failed = errors.New("the folder is read-only")
		s.tap(on)
		if on.knob.on {
			t.Error("the switch is on, and the system refused")
		}
		if toast := s.app.frame.toast.words.text; toast != s.app.kit.say("settings.autostartFailed") {
			t.Errorf("it says %q", toast)
		}
	})
	inShop(t, 1100, 750, nil, func(s *shop) {
		s.app.goTo(placeSettings)
		s.settle()
		if toggleNamed(s.win, name) != nil {
			t.Error("it is offered where nothing starts with the system")
		}
	})
}

// TestF4Offer: an invite from outside adds nobody before a person says so; the page then does what it does for a line that was
// pasted.
func TestF4Offer(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		shown := func() *modal {
			m, _ := w.win.Canvas().Overlays().Top().(*modal)
			return m
		}
		invite := chat.Invite{Peer: w.wang.identity.ID, Addresses: []string{"10.0.0.5:42445"}}
		w.app.Offer(chat.Invite{Peer: w.me.identity.ID, Addresses: []string{"10.0.0.5:42445"}})
		if shown() != nil {
			t.Error("one is asked to add oneself")
		}
		w.app.Offer(invite)
		first := shown()
		if first == nil {
			t.Fatal("nobody is asked")
		}
		w.app.Offer(invite)
		if n := len(w.win.Canvas().Overlays().List()); n != 1 || shown() == first {
			t.Errorf("%d questions lie one on the other", n)
		}
		said := ""
		widgets(shown(), func(o fyne.Widget) {
			if l, ok := o.(*label); ok {
				said += l.text + "\n"
			}
		})
		if !strings.Contains(strings.ReplaceAll(said, "\n", "-"), invite.Peer.String()) || !strings.Contains(said, "10.0.0.5:42445") {
			t.Errorf("the question says %q", said)
		}
		w.app.typed(&fyne.KeyEvent{Name: fyne.KeyEscape})
		w.settle()
		if shown() != nil || w.app.offering != nil || w.app.spots[placePeople].detail != nil {
			t.Error("Esc adds somebody")
		}
		w.app.Offer(invite)
		test.Tap(w.button(shown(), "people.reach"))
		p, ok := w.app.spots[placePeople].detail.(*addPerson)
		if !ok || p.where.Text != invite.String() || !p.add.disabled {
			t.Fatal("who was said yes to is not dialled")
		}
		w.rest()
	})
}

// TestF4OfferOnAFirstStart waits until the introduction is over.
func TestF4OfferOnAFirstStart(t *testing.T) {
	inShop(t, 1100, 750, func(c *Config) { c.Settings.Introduced = false }, func(s *shop) {
		s.app.Offer(chat.Invite{Peer: chat.PeerID{1}, Addresses: []string{"10.0.0.5:42445"}})
		s.settle()
		if s.win.Canvas().Overlays().Top() != nil {
			t.Fatal("it is in the way of the introduction")
		}
		test.Type(s.app.intro.name, "Me")
		s.app.intro.name.OnSubmitted("")
		s.settle()
		if s.app.intro != nil || s.app.offering == nil || s.app.offered != nil {
			t.Error("nobody is asked afterwards")
		}
	})
}

// TestF11CrashIsTold: once, with the place of what is known, and a way to a report.
func TestF11CrashIsTold(t *testing.T) {
	inShop(t, 1024, 600, func(c *Config) {
		c.Crashed = "/somewhere/last-crash.log"
		c.Report = func(io.Writer, []string) error { return nil }
	}, func(s *shop) {
		m, ok := s.win.Canvas().Overlays().Top().(*modal)
		if !ok {
			t.Fatal("nothing is told")
		}
		said := ""
		widgets(m, func(o fyne.Widget) {
			if l, ok := o.(*label); ok {
				said += l.text + "\n"
			}
		})
		if !strings.Contains(said, "/somewhere/last-crash.log") {
			t.Errorf("it says %q", said)
		}
		s.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}) // the keyboard is on Close
		s.settle()
		if s.win.Canvas().Overlays().Top() != nil {
			t.Error("it does not close")
		}
		s.app.change(func(s *Settings) { s.Language = "zh" }) // all is built anew
		s.settle()
		if s.win.Canvas().Overlays().Top() != nil {
			t.Error("it is told twice")
		}
	})
}

// TestF11Report: it goes where a person says, never over a file of theirs, with what the doctor found and nobody's name.
func TestF11Report(t *testing.T) {
	play(t, func(w *world) {
		name := "MARKER"
		if _, err := chat.Await(w.Context(), func(then func(chat.SelfView, error)) { w.wang.node.SetSelf(chat.SelfChange{Name: &name}, then) }); err != nil {
			w.Fatal(err)
		}
		w.room(w.me, w.wang, w.me)
		w.rest()
		if v := w.me.node.Peer(w.wang.identity.ID); v.Name != name || !v.Online {
			t.Fatalf("Wang is %+v", v)
		}
		var lines []string
		w.app.cfg.Report = func(to io.Writer, network []string) error {
			lines = network
			_, err := io.WriteString(to, "report")
			return err
		}
		w.app.build()
		w.app.goTo(placeSettings)
		w.settle()
		folder := t.TempDir()
		taken := filepath.Join(folder, "taken")
		if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		save := func(to string) {
			t.Helper()
			w.tapButton("Save a report for help")
			w.entries()[0].SetText(to)
			w.entries()[0].OnSubmitted("") // Enter
			w.rest()
			w.rest()
		}
		save(taken)
		if raw, err := os.ReadFile(taken); err != nil || string(raw) != "mine" || len(w.entries()) != 1 {
			t.Errorf("a file of theirs is %q, %v", raw, err)
		}
		w.app.typed(&fyne.KeyEvent{Name: fyne.KeyEscape})
		w.settle()
		to := filepath.Join(folder, "report.zip")
		save(to)
		if raw, err := os.ReadFile(to); err != nil || string(raw) != "report" || w.win.Canvas().Overlays().Top() != nil {
			t.Errorf("saved is %q, %v", raw, err)
		}
		found := strings.Join(lines, "\n")
		if !strings.HasPrefix(found, "pass: ") && !strings.HasPrefix(found, "fail: ") || strings.Contains(found, name) {
			t.Errorf("the doctor found %q", found)
		}
		w.app.cfg.Report = func(to io.Writer, _ []string) error {
			_, _ = io.WriteString(to, "half")
			return errors.New("the disk is full")
		}
		save(filepath.Join(folder, "half.zip"))
		if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
			t.Errorf("after a failure there are %v, %v", files, err)
		}
	})
}

// TestF11ReportNamesNobody: where the doctor would say a name, a report has the ID, of which logbook makes a mark.
func TestF11ReportNamesNobody(t *testing.T) {
	id := chat.PeerID{7}
	found := chat.Diagnosis{
		Port: 42445, Discovers: true, Interfaces: []chat.InterfaceFacts{{Name: "eth0", Addresses: []string{"10.0.0.1"}, HeardSelf: true}},
		Peers: []chat.PeerFacts{{Peer: id, Name: "MARKER", Linked: true, Answered: true, Reaches: chat.ReachProven}},
	}
	said := strings.Join(unnamed(found), "\n")
	if strings.Contains(said, "MARKER") || !strings.Contains(said, id.Short()) {
		t.Errorf("the report says %q", said)
	}
}
