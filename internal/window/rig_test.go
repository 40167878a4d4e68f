package window

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"haggle/internal/lanrig"
)

// buildFolder holds the program for all tests.
var buildFolder string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "haggle-window-")
	if err != nil {
		panic(err)
	}
	buildFolder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build makes the program once, unless HAGGLE_WINDOW names one.
var build = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("HAGGLE_WINDOW"); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(buildFolder, "haggle")
	return path, Build(path)
})

// built is the path of the program with its window.
func built(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	if tool := Missing(append([]string{"gcc"}, Tools...)...); tool != "" {
		t.Skipf("skipped: needs %s", tool)
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The window's size in these tests.
const (
	testWidth  = 1200
	testHeight = 800
)

// person is somebody at a machine of their own: a screen, a profile and the program.
type person struct {
	*Program
	t       testing.TB
	lan     *lanrig.LAN // nil: this machine, without a network
	host    int
	program string
	home    string
	screen  *Screen
	env     []string
	shots   int
}

func newPerson(t testing.TB, lan *lanrig.LAN, host int) *person {
	t.Helper()
	p := &person{t: t, lan: lan, host: host, program: built(t), home: t.TempDir()}
	screen, err := OpenScreen(testWidth, testHeight)
	if err != nil {
		t.Fatal(err)
	}
	p.screen = screen
	if err := Remember(p.data(), Settings{Look: Light}); err != nil { // a first start all the same
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.Program != nil && p.Running() {
			_ = p.Kill()
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(p.home, "log"))
			t.Logf("host %d said:\n%s", host, log)
		}
		_ = screen.Close()
	})
	return p
}

func (p *person) data() string { return filepath.Join(p.home, "profile") }

// start starts the program, again on the same profile, and waits until its window rests.
func (p *person) start() {
	p.t.Helper()
	p.launch()
	p.rest("")
}

// launch starts the program.
func (p *person) launch() {
	p.t.Helper()
	var cmd *exec.Cmd
	if p.lan != nil {
		cmd = p.lan.Command(p.host, p.program, "--data", p.data())
	} else {
		cmd = exec.Command(p.program, "--data", p.data(), "--no-discovery", "--listen", "127.0.0.1:0")
	}
	w, err := Start(cmd, Options{Screen: p.screen, Home: p.home, Log: filepath.Join(p.home, "log"), Env: p.env})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Program = w
	p.must(w.Size(testWidth, testHeight))
}

func (p *person) must(err error) {
	p.t.Helper()
	if err != nil {
		if img, failed := p.Look(); failed == nil {
			_ = Save(img, p.picture("failed"))
		}
		p.t.Fatalf("host %d: %v", p.host, err)
	}
}

// picture is where a picture of this test is kept: CI keeps the folder.
func (p *person) picture(name string) string {
	p.shots++
	return filepath.Join("..", "..", "build", "window", p.t.Name(), fmt.Sprintf("%02d-host%d-%s.png", p.shots, p.host, name))
}

// rest waits until the window shows the same for a while, and keeps a picture if that has a name.
func (p *person) rest(name string) *image.NRGBA {
	p.t.Helper()
	img, err := p.Still()
	if err == nil && name != "" {
		err = Save(img, p.picture(name))
	}
	p.must(err)
	return img
}

func (p *person) keys(keys ...string) { p.t.Helper(); p.must(p.Key(keys...)) }
func (p *person) click(x, y int)      { p.t.Helper(); p.must(p.Click(x, y)) }
func (p *person) types(words string)  { p.t.Helper(); p.must(p.Type(words)) }
func (p *person) until(what string, ok func() bool) {
	p.t.Helper()
	p.must(until(what, func() (bool, error) { return ok(), nil }))
}

// untilTitle waits for the window's title.
func (p *person) untilTitle(want string) {
	p.t.Helper()
	last := ""
	err := until("the title says "+want, func() (bool, error) {
		var err error
		last, err = p.Title()
		return last == want, err
	})
	if err != nil {
		err = errors.Join(err, fmt.Errorf("it says %q", last))
	}
	p.must(err)
}

// Colours of the light look that tell what is on the screen.
var (
	priceColor  = color.NRGBA{0xC0, 0x3A, 0x0B, 0xff}
	accentColor = color.NRGBA{0x0D, 0x75, 0x60, 0xff}
	priceDark   = color.NRGBA{0xFF, 0x9C, 0x70, 0xff} // of the dark look
	accentDark  = color.NRGBA{0x45, 0xC9, 0xA6, 0xff}
)

// count is how many points within a part of a picture have a colour.
func count(img *image.NRGBA, in image.Rectangle, c color.NRGBA) int {
	n := 0
	in = in.Intersect(img.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if img.NRGBAAt(x, y) == c {
				n++
			}
		}
	}
	return n
}

// untilSeen waits until a part of the window has at least some points of a colour.
func (p *person) untilSeen(what string, in image.Rectangle, c color.NRGBA, least int) {
	p.t.Helper()
	p.must(until(what, func() (bool, error) {
		img, err := p.Look()
		return err == nil && count(img, in, c) >= least, err
	}))
}

// whole is all of the window but the rail.
var whole = image.Rect(96, 0, testWidth, testHeight)

// asked reads a profile whose window is closed.
func (p *person) asked(do func(*Headless)) {
	p.t.Helper()
	h, err := Serve(p.program, p.data(), "--no-discovery", "--listen", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	do(h)
	if err := h.End(); err != nil {
		p.t.Error(err)
	}
}
