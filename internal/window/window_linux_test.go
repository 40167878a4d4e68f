package window

import (
	"bufio"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a window may cost.
const (
	startLimit = time.Second // from the start to the first painted market
	startTries = 4           // other programs of the machine can only make a start longer
	idleShare  = 0.02        // of one processor, for a window that is looked at and left alone
	idleTime   = 5 * time.Second
	idleTries  = 6 // other programs of the machine can only add to what a window takes, so the least of some counts
)

// filled is somebody with sample goods and a conversation.
func filled(t *testing.T, s Settings) *person {
	t.Helper()
	p := newPerson(t, nil, 0)
	profiles, err := Fill(p.program, t.TempDir(), "en")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(p.data()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(profiles.Buyer, p.data()); err != nil {
		t.Fatal(err)
	}
	s.Introduced, s.Look = true, Light
	if err := Remember(p.data(), s); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestStartAndIdle(t *testing.T) {
	p := filled(t, Settings{})
	p.start() // whatever the system reads from the disk is in memory from now on
	p.must(p.Stop())
	took := p.starts()
	for range startTries - 1 {
		if took <= startLimit {
			break
		}
		t.Logf("the market is painted after %v; once more", took)
		p.must(p.Stop())
		took = min(took, p.starts())
	}
	if t.Logf("the market is painted after %v", took); took > startLimit {
		t.Errorf("want at most %v", startLimit)
	}
	p.rest("market")
	share := p.idle()
	for range idleTries - 1 {
		if share <= idleShare {
			break
		}
		t.Logf("an idle window took %.1f %% of a processor; once more", 100*share)
		share = min(share, p.idle())
	}
	if t.Logf("an idle window takes %.1f %% of a processor", 100*share); share > idleShare {
		t.Errorf("want at most %.0f %%", 100*idleShare)
	}
}

// starts starts the program and returns how long it takes until the market is painted.
func (p *person) starts() time.Duration {
	p.t.Helper()
	peek, err := p.screen.Peek()
	p.must(err)
	defer func() { p.must(peek.Close()) }()
	painted := make(chan error, 1)
	var at time.Time
	go func() {
		painted <- until("the market is painted", func() (bool, error) {
			img, err := peek.Look(image.Rect(96, 120, 600, 420))
			at = time.Now()
			return err == nil && count(img, img.Rect, priceColor) >= 200, err
		})
	}()
	p.launch()
	p.must(<-painted)
	return at.Sub(p.Begun)
}

// idle is the share of one processor that the window takes in idleTime.
func (p *person) idle() float64 {
	p.t.Helper()
	before, err := p.CPU()
	p.must(err)
	<-time.After(idleTime)
	after, err := p.CPU()
	p.must(err)
	return float64(after-before) / float64(idleTime)
}

// What tells that settings are chosen on the rail.
var (
	settingsItem = image.Rect(8, testHeight-80, 80, testHeight)
	chosenColor  = color.NRGBA{0xD8, 0xEF, 0xE7, 0xff}
)

// TestKeysFromAnywhere: the window's own keys work whatever has the focus.
func TestKeysFromAnywhere(t *testing.T) {
	p := filled(t, Settings{})
	p.start()
	p.keys("ctrl+2")
	p.click(firstRow.X, firstRow.Y) // the focus is in the composer now
	p.rest("room")
	p.keys("ctrl+5")
	p.untilSeen("settings are chosen", settingsItem, chosenColor, 300)
	before := p.rest("settings")
	p.keys("F1")
	list := p.rest("keys")
	if Differ(before, list) < 1000 {
		t.Error("F1 shows nothing")
	}
	p.keys("Escape")
	if after := p.rest("closed"); Differ(before, after) > restless {
		t.Error("Esc does not close the list")
	}
	p.keys("ctrl+2")
	p.click(roomPart.Min.X+10, roomPart.Max.Y-30) // the focus is on what was said now
	p.keys("ctrl+5")
	p.untilSeen("settings are chosen again", settingsItem, chosenColor, 300)
}

// TestD19InputMethod: Chinese is composed with a real input method and sent; the Return that ends a composition sends nothing.
func TestD19InputMethod(t *testing.T) {
	p := filled(t, Settings{})
	if tool := Missing("fcitx5", "fcitx5-remote", "dbus-daemon"); tool != "" {
		t.Skipf("skipped: needs %s", tool)
	}
	env := inputMethod(t, p)
	p.env = append(env, "XMODIFIERS=@im=fcitx", "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	p.start()
	p.keys("ctrl+2")
	p.click(firstRow.X, firstRow.Y)
	p.rest("room")
	remote := func(args ...string) string {
		cmd := exec.Command("fcitx5-remote", args...)
		cmd.Env = append(os.Environ(), env...)
		out, _ := cmd.CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	p.until("the input method is on", func() bool {
		remote("-s", "pinyin")
		remote("-o")
		return remote() == "2" && remote("-n") == "pinyin"
	})
	p.types("nihao")
	p.rest("composing")
	p.keys("space") // takes the first word: 你好
	p.rest("composed")
	p.types("hello")
	p.keys("Return") // ends the composition as it was typed, and must not send
	p.rest("not-sent")
	p.keys("Return")
	p.rest("sent")
	p.must(p.Stop())
	room := p.room()
	said := room.said()
	if n := len(said); n == 0 || said[n-1] != "你好hello" {
		t.Errorf("sent is %q, want one message 你好hello at the end", said)
	}
	if room.Draft != "" {
		t.Errorf("the draft of what was sent is %q", room.Draft)
	}
	if slices.Contains(said, "你好") {
		t.Error("the Return that ended a composition sent what was there")
	}
}

// inputMethod starts fcitx5 with pinyin on a person's screen and returns the environment that leads to it.
func inputMethod(t *testing.T, p *person) []string {
	t.Helper()
	config := filepath.Join(p.home, ".config", "fcitx5")
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	const profile = "[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n[Groups/0/Items/0]\nName=keyboard-us\nLayout=\n\n" +
		"[Groups/0/Items/1]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n"
	if err := os.WriteFile(filepath.Join(config, "profile"), []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	runtime := filepath.Join(p.home, "im")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + p.home, "XDG_RUNTIME_DIR=" + runtime, "DISPLAY=" + p.screen.name, "LC_ALL=C.UTF-8", "WAYLAND_DISPLAY="}
	begin := func(name string, args ...string) *bufio.Reader {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		return bufio.NewReader(out)
	}
	address, err := begin("dbus-daemon", "--session", "--nofork", "--print-address").ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address))
	said := begin("fcitx5", "--disable=wayland,clipboard,notifications,notificationitem,kimpanel")
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return env
}
