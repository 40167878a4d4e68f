package window

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begin starts the program hidden, with further flags.
func (p *person) begin(flags ...string) {
	p.t.Helper()
	flags = append([]string{"--data", p.data(), "--no-discovery", "--listen", "127.0.0.1:0", "--log-level", "debug", "--hidden"}, flags...)
	w, err := Start(exec.Command(p.program, flags...), Options{Screen: p.screen, Home: p.home, Log: filepath.Join(p.home, "log"), Env: p.env, Hidden: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Program = w
}

// again is a second start with the person's profile: it hands over and ends.
func (p *person) again(words ...string) {
	p.t.Helper()
	cmd := exec.Command(p.program, append([]string{"--data", p.data()}, words...)...)
	cmd.Env = append(os.Environ(), "DISPLAY="+p.screen.name, "HOME="+p.home, "WAYLAND_DISPLAY=", "DBUS_SESSION_BUS_ADDRESS=disabled:")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("a second start: %v\n%s", err, out)
	}
}

// onPanel waits until what is beside the clock is right.
func (p *person) onPanel(what string, desk *panel, ok func(icon, tip string, menu map[string]int32) bool) {
	p.t.Helper()
	p.until(what, func() bool { return ok(desk.look()) })
}

// TestF1F2F3HiddenStart: started hidden, the program is beside the clock and receives; the desktop hears how much came and not
// a word of it; a second start and the tray's menu show the window, closing hides it, and it comes back when the place beside
// the clock goes away. Quit quits. Nothing is drawn while it is hidden, whatever comes.
func TestF1F2F3HiddenStart(t *testing.T) {
	p := newPerson(t, nil, 0)
	desk := newPanel(t)
	p.env = []string{"DBUS_SESSION_BUS_ADDRESS=" + desk.address}
	p.must(os.MkdirAll(p.data(), 0o700))
	p.must(os.WriteFile(filepath.Join(p.data(), "window.json"), []byte(`{"introduced":true,"look":1,"closeToTray":true}`), 0o600))
	me := ""
	p.asked(func(h *Headless) { me = h.ID })
	stranger, err := Serve(p.program, filepath.Join(p.home, "stranger"), "--no-discovery", "--listen", "127.0.0.1:0")
	p.must(err)
	defer func() { _ = stranger.End() }()
	const marker = "MARKER $(calc) `calc`"
	p.must(stranger.Call("self.set", map[string]any{"name": marker, "about": marker}, nil))
	p.must(stranger.Call("listings.publish", map[string]any{"title": marker, "description": marker, "price": map[string]string{"amount": "1", "currency": "EUR"}}, nil))

	p.begin("--peer", stranger.Address)
	plain := ""
	p.onPanel("the icon is beside the clock", desk, func(icon, tip string, menu map[string]int32) bool {
		plain = icon
		return icon != "" && tip == "Haggle" && menu["Show Haggle"] != 0 && menu["Quit"] != 0
	})
	drawn, err := p.Drawn()
	p.must(err)
	var opened struct {
		Room struct {
			RoomID string `json:"roomId"`
		} `json:"room"`
	}
	p.must(stranger.Call("rooms.open", map[string]any{"seller": me}, &opened))
	sent := 0
	next := time.Now()
	p.until("the desktop hears of it", func() bool {
		if time.Now().After(next) { // what comes with the first link was missed before the start, and rings nothing
			sent++
			next = time.Now().Add(4 * time.Second)
			p.must(stranger.Call("messages.send", map[string]any{"roomId": opened.Room.RoomID, "text": fmt.Sprint(marker, sent)}, nil))
		}
		return desk.notified() != ""
	})
	told := desk.notified()
	if !strings.HasPrefix(told, "Haggle: ") || strings.Trim(strings.TrimPrefix(told, "Haggle: "), "0123456789abcdefghijklmnopqrstuvwxyzN ") != "" {
		t.Errorf("the desktop was told %q", told)
	}
	unread := fmt.Sprintf("Show Haggle (%d unread)", sent)
	p.onPanel("the icon has a mark and the count", desk, func(icon, tip string, menu map[string]int32) bool {
		return icon != plain && tip == fmt.Sprintf("Haggle: %d unread", sent) && menu[unread] != 0
	})
	if p.Visible() {
		t.Fatal("a hidden start shows the window")
	}
	if now, err := p.Drawn(); err != nil || now != drawn {
		t.Errorf("out of sight, it drew %d times: %v", now-drawn, err)
	}
	p.again("--hidden")
	if p.Visible() {
		t.Fatal("a hidden second start shows the window")
	}

	p.again()
	p.must(p.Find())
	p.until("the window is drawn", func() bool {
		now, err := p.Drawn()
		p.must(err)
		return now > drawn
	})
	p.untilTitle(fmt.Sprintf("(%d) Haggle", sent))
	p.must(p.Size(testWidth, testHeight))
	before := p.rest("raised")
	p.again(fmt.Sprintf("haggle:%s@%s", stranger.ID, stranger.Address))
	p.must(p.Changed(before))
	p.rest("offered")
	p.must(p.Focus())
	p.keys("Escape")

	p.must(p.Close())
	p.until("the window is away", func() bool { return !p.Visible() })
	desk.click(unread)
	p.must(p.Find())
	p.must(p.Close())
	p.until("the window is away again", func() bool { return !p.Visible() })
	desk.end()
	p.must(p.Find())
	p.must(p.Close()) // it would be lost: closing ends the program
	p.must(p.Ended())

	p.report(marker[:6], me, stranger.ID, stranger.Address)
}

// report saves a report and finds none of the words in it.
func (p *person) report(not ...string) {
	p.t.Helper()
	path := filepath.Join(p.home, "report.zip")
	if out, err := exec.Command(p.program, "report", "--data", p.data(), path).CombinedOutput(); err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	z, err := zip.OpenReader(path)
	p.must(err)
	defer func() { _ = z.Close() }()
	all := ""
	for _, f := range z.File {
		r, err := f.Open()
		p.must(err)
		raw, err := io.ReadAll(io.LimitReader(r, 4<<20))
		p.must(err)
		all += f.Name + "\n" + string(raw)
	}
	if !strings.Contains(all, "haggle.log\ntime=") || !strings.Contains(all, "haggle 0.") {
		p.t.Errorf("the report is\n%s", all)
	}
	for _, word := range append(not, p.home) {
		if strings.Contains(all, word) {
			p.t.Errorf("the report has %q:\n%s", word, all)
		}
	}
}

// TestF1QuitFromTheTray: Quit ends a program whose window nobody ever saw, in order.
func TestF1QuitFromTheTray(t *testing.T) {
	p := newPerson(t, nil, 0)
	desk := newPanel(t)
	p.env = []string{"DBUS_SESSION_BUS_ADDRESS=" + desk.address}
	p.must(Remember(p.data(), Settings{Introduced: true, Look: Light}))
	sum := sha256.Sum256([]byte(p.data()))
	item := filepath.Join(p.home, ".config", "autostart", fmt.Sprintf("io.github.haggle.Haggle-%x.desktop", sum[:4]))
	p.must(os.MkdirAll(filepath.Dir(item), 0o700))
	p.must(os.WriteFile(item, []byte("[Desktop Entry]\nType=Application\nName=Haggle\nExec=/gone/haggle --hidden\n"), 0o600))
	p.begin()
	p.onPanel("the icon is beside the clock", desk, func(_, _ string, menu map[string]int32) bool { return menu["Quit"] != 0 })
	renewed, err := os.ReadFile(item)
	p.must(err)
	if want := "\nExec=" + p.program + " --hidden --data " + p.data() + "\n"; !strings.Contains(string(renewed), want) {
		t.Errorf("F3: the item that starts the program from where it was is now %q, want %q", renewed, want)
	}
	if p.Visible() {
		t.Error("a hidden start shows the window")
	}
	desk.click("Quit")
	p.must(p.Ended())
	raw, err := os.ReadFile(filepath.Join(p.data(), "window.json"))
	if err != nil || strings.Contains(string(raw), `"Width"`) {
		t.Errorf("a window that nobody saw has a size: %s, %v", raw, err)
	}
}

// TestF3HiddenWithoutATray: where nothing is shown beside the clock, a hidden start shows its window rather than lose it.
func TestF3HiddenWithoutATray(t *testing.T) {
	p := newPerson(t, nil, 0)
	p.must(Remember(p.data(), Settings{Introduced: true, Look: Light}))
	p.begin()
	p.again() // it would wait a while for a tray that may come
	p.must(p.Find())
	p.must(p.Close())
	p.must(p.Ended())
}

// TestF11CrashIsToldInTheWindow: after a crash the next start says so, once, and what the crash said is kept.
func TestF11CrashIsToldInTheWindow(t *testing.T) {
	p := filled(t, Settings{})
	card := image.Rect(360, 200, 840, 600) // what is told, with a button of the accent's colour
	told := func() bool {
		img, err := p.Look()
		p.must(err)
		return count(img, card, accentColor) > 500
	}
	p.start()
	if told() {
		t.Fatal("the first start tells of a crash")
	}
	p.must(p.Signal(syscall.SIGABRT)) // as the C library does when it gives up
	if err := p.Ended(); err == nil {
		t.Fatal("it ended in order")
	}
	p.launch()
	p.until("the crash is told", told)
	p.rest("told")
	raw, err := os.ReadFile(filepath.Join(p.data(), "log", "last-crash.log"))
	if err != nil || !strings.Contains(string(raw), "SIGABRT") || !strings.Contains(string(raw), "goroutine ") {
		t.Errorf("kept is %.200q, %v", raw, err)
	}
	p.keys("Escape")
	p.until("Esc closes it", func() bool { return !told() })
	p.must(p.Stop())
	p.launch()
	p.untilSeen("the market is painted", whole, priceColor, 200)
	if p.rest("again"); told() {
		t.Error("it is told twice")
	}
	p.must(p.Stop())
}
