//go:build !headless

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/ui"
	"haggle/vault"
)

// opensDoor opens a door; what it hears is put into the channel.
func opensDoor(t *testing.T, dir string) (*door, chan knock) {
	t.Helper()
	heard := make(chan knock, 2*maxKnocking)
	d, err := openDoor(dir, func(k knock) { heard <- k })
	if err != nil {
		t.Fatal(err)
	}
	return d, heard
}

const someInvite = "haggle:RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC@10.0.0.5:42445"

// TestF4Door: a second start hands over what it was given, and nothing else that knocks does.
func TestF4Door(t *testing.T) {
	dir := t.TempDir()
	if knockAt(dir, knock{}) == nil {
		t.Error("a window was raised where none is")
	}
	d, heard := opensDoor(t, dir)
	for _, k := range []knock{{}, {Hidden: true}, {Invite: someInvite}} {
		if err := knockAt(dir, k); err != nil || len(heard) != 1 || <-heard != k {
			t.Errorf("%+v was not handed over: %v", k, err)
		}
	}
	file := filepath.Join(dir, doorFile)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the word: %v, %v", info.Mode(), err)
	}
	address, word, _ := strings.Cut(string(raw), "\n")
	if err := os.WriteFile(file, []byte(address+"\n"+strings.Repeat("0", len(word)-1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if knockAt(dir, knock{}) == nil || len(heard) != 0 {
		t.Error("another word raises the window, too")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if knockAt(dir, knock{}) == nil {
		t.Error("a window that was closed is raised")
	}
}

// TestF4DoorHostile: whatever anybody on this machine sends, with the word and without, is bounded, checked and not heard; and
// nobody who holds the door open keeps a second start out.
func TestF4DoorHostile(t *testing.T) {
	dir := t.TempDir()
	d, heard := opensDoor(t, dir)
	defer func() { _ = d.Close() }()
	word := d.word + "\n"
	for name, said := range map[string]string{
		"nothing":          "",
		"a web page":       "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"no word":          "\n{}\n",
		"half the word":    d.word[:16] + "\n{}\n",
		"more than it":     d.word + "0\n{}\n",
		"no line":          word,
		"no end":           word + "{}",
		"no JSON":          word + "raise\n",
		"an array":         word + "[]\n",
		"no invite":        word + `{"invite":"--data"}` + "\n",
		"a command":        word + `{"invite":"haggle:x@$(calc):1"}` + "\n",
		"a file":           word + `{"invite":"file:///etc/passwd"}` + "\n",
		"a long line":      word + `{"invite":"` + strings.Repeat("x", 1<<20) + `"}` + "\n",
		"without any end":  word + strings.Repeat("{", 1<<20),
		"a number of them": word + `{"hidden":1}` + "\n",
	} {
		at, err := net.Dial("tcp", d.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(at, said) // it may hang up meanwhile
		if tcp, ok := at.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		answer, _ := io.ReadAll(io.LimitReader(at, 64))
		_ = at.Close()
		if len(answer) > 0 || len(heard) > 0 {
			t.Errorf("%s was heard, and answered %q", name, answer)
		}
	}
	for range 3 * maxKnocking { // and say nothing
		at, err := net.Dial("tcp", d.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = at.Close() }()
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if !handOverSoon(ctx, &options{data: dir, rest: []string{someInvite}}) {
		t.Fatal("a second start does not get in")
	}
	if k := <-heard; k != (knock{Invite: someInvite}) {
		t.Errorf("heard %+v", k)
	}
}

// TestF4StartsTogether: of two starts at the same moment the second waits until the first has a window, and hands over.
func TestF4StartsTogether(t *testing.T) {
	dir := t.TempDir()
	_, lock, err := openProfile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if _, _, err := openProfile(dir); !errors.Is(err, errLocked) {
		t.Fatalf("a second start gets the profile: %v", err)
	}
	done := make(chan bool)
	go func() { done <- handOverSoon(t.Context(), &options{data: dir}) }()
	d, heard := opensDoor(t, dir)
	defer func() { _ = d.Close() }()
	if !<-done || <-heard != (knock{}) {
		t.Error("it does not wait")
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if handOverSoon(gone, &options{data: t.TempDir()}) {
		t.Error("handed over to nobody")
	}
}

// trayless is a desktop whose place beside the clock comes when a test says so.
type trayless struct {
	bareDesktop
	there atomic.Bool
}

func (d *trayless) hasTrayNow() bool { return d.there.Load() }

// TestF3HiddenWaitsForATray: a hidden start waits for a place beside the clock, but not for ever, and not for longer than
// until somebody wants to see the window.
func TestF3HiddenWaitsForATray(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			comes time.Duration // 0: never
			knock *knock
			want  bool
			took  time.Duration
		}{
			{"it comes", 5 * time.Second, nil, true, 5 * time.Second},
			{"it never comes", 0, nil, false, trayPatience},
			{"a second start", 5 * time.Second, &knock{}, false, 0},
			{"a hidden second start", 5 * time.Second, &knock{Hidden: true}, true, 5 * time.Second},
			{"an invite", 0, &knock{Hidden: true, Invite: someInvite}, false, 0},
		} {
			d, came, knocks := &trayless{}, make(chan struct{}, 1), make(chan knock, maxKnocking)
			if c.knock != nil {
				knocks <- *c.knock
			}
			if c.comes > 0 {
				timer := time.AfterFunc(c.comes, func() {
					d.there.Store(true)
					came <- struct{}{}
				})
				defer timer.Stop()
			}
			begun := time.Now()
			if got := awaitTray(t.Context(), d, came, knocks); got != c.want || time.Since(begun) != c.took {
				t.Errorf("%s: %v after %v", c.name, got, time.Since(begun))
			}
			if kept := len(knocks) == 1; kept != (c.knock != nil && !c.want) {
				t.Errorf("%s: the knock is kept: %v", c.name, kept)
			}
		}
		gone, stop := context.WithCancel(t.Context())
		stop()
		if awaitTray(gone, &trayless{}, nil, nil) {
			t.Error("the program's end is a tray")
		}
	})
}

// TestF3StartItem: each profile has an item of its own, which starts this program hidden, with its folder.
func TestF3StartItem(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	usual, err := usualDir()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range []struct{ data, dir, want string }{
		{"", usual, "--hidden"},
		{"given", "/given", "--hidden --data /given"},
		{"", "/portable/data", "--hidden"},
	} {
		item, err := startItem(options{data: c.data}, c.dir)
		if err != nil || item.Program != program || strings.Join(item.Args, " ") != c.want || names[item.Name] {
			t.Errorf("%+v, %v", item, err)
		}
		if plain := item.Name == appID; plain != (c.dir == usual) {
			t.Errorf("%s has the name %s", c.dir, item.Name)
		}
		names[item.Name] = true
	}
}

// TestF11Notes: the log goes to standard error and, once the profile is open, into its logbook, even if one of them is gone.
func TestF11Notes(t *testing.T) {
	dir := t.TempDir()
	n := &notes{messages: gone{}}
	log := slog.New(slog.NewTextHandler(n, nil))
	log.Info("Too early")
	if err := n.open(dir); err != nil {
		t.Fatal(err)
	}
	log.Info("Noted")
	if at := n.crashed(); at != "" {
		t.Errorf("a crash at %s", at)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	log.Info("Too late")
	raw, err := os.ReadFile(filepath.Join(dir, logDir, "haggle.log"))
	if err != nil || !strings.Contains(string(raw), "msg=Noted") || strings.Contains(string(raw), "Too") {
		t.Errorf("noted is %q, %v", raw, err)
	}
}

// gone is a standard error that nobody has.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, os.ErrClosed }

// bare is a profile without a lock.
var bare = &vault.Vault{}

func TestSettingsAndDesk(t *testing.T) {
	dir := t.TempDir()
	if s, err := loadSettings(dir, bare); err != nil || s != (ui.Settings{}) {
		t.Errorf("before the first start: %+v, %v", s, err)
	}
	want := ui.Settings{Introduced: true, Language: "zh", TextSize: 1.3, Width: 900, Height: 700}
	if err := keepSettings(dir, bare, want); err != nil {
		t.Fatal(err)
	}
	if s, err := loadSettings(dir, bare); err != nil || s != want {
		t.Errorf("kept %+v, %v; want %+v", s, err, want)
	}
	d := desk{filepath.Join(dir, deskDir), bare}
	if data, err := d.Kept("goods-1"); err != nil || data != nil {
		t.Errorf("an empty desk has %q, %v", data, err)
	}
	if err := d.Keep("goods-1", []byte("words")); err != nil {
		t.Fatal(err)
	}
	if data, err := d.Kept("goods-1"); err != nil || string(data) != "words" {
		t.Errorf("the desk kept %q, %v", data, err)
	}
	if d.Keep("../outside", []byte("words")) == nil {
		t.Error("a name leads out of the desk")
	}
	if err := d.Drop("goods"); err != nil {
		t.Error(err)
	}
	if data, err := d.Kept("goods-1"); err != nil || data != nil {
		t.Errorf("after Drop the desk has %q, %v", data, err)
	}
}

func TestPlatform(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"an input method", map[string]string{"DISPLAY": ":0", "XMODIFIERS": "@im=fcitx"}, "x11"},
		{"Chinese", map[string]string{"DISPLAY": ":0", "LANG": "zh_CN.UTF-8"}, "x11"},
		{"neither", map[string]string{"DISPLAY": ":0", "LANG": "en_GB.UTF-8"}, ""},
		{"no X11", map[string]string{"XMODIFIERS": "@im=fcitx"}, ""},
		{"chosen", map[string]string{"DISPLAY": ":0", "XMODIFIERS": "@im=fcitx", "FYNE_PLATFORM": "wayland"}, "wayland"},
	} {
		choosePlatform(func(name string) string { return c.env[name] }, func(name, value string) error { c.env[name] = value; return nil })
		if got := c.env["FYNE_PLATFORM"]; got != c.want {
			t.Errorf("%s: platform %q, want %q", c.name, got, c.want)
		}
	}
}
