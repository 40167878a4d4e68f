package packages

import (
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"haggle/internal/window"
)

// long skips a test that only make package-check and make soak run, and one that lacks what it needs.
func long(t *testing.T, tools ...string) {
	t.Helper()
	switch {
	case os.Getenv("HAGGLE_SOAK") != "1":
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	case os.Getuid() != 0:
		t.Skip("skipped: needs root")
	}
	if tool := window.Missing(append(tools, window.Tools...)...); tool != "" {
		t.Skipf("skipped: needs %s", tool)
	}
}

// made is the path of a package that make package has made, by the end of its name.
func made(t *testing.T, end string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(top, "build", "packages", "haggle-"+version(t)+"-"+end))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("make package first: %v", err)
	}
	return path
}

// tells is what haggle version says in packages: version, commit and day.
func tells(t *testing.T) *regexp.Regexp {
	t.Helper()
	return regexp.MustCompile(`haggle ` + regexp.QuoteMeta(version(t)) + ` \([0-9a-f]{12}, \d{4}-\d\d-\d\d, go`)
}

// output runs a command that has to succeed.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// script is a program that runs a command in sh, with "$@" for its own arguments.
func script(t *testing.T, path, command string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+command+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// The window in these tests, and the colour of prices in the light look: only a market with goods in it has that.
const width, height = 1200, 800

var price = color.NRGBA{0xC0, 0x3A, 0x0B, 0xff}

// seesMarket starts the program with its window and waits until it shows a market with goods. A picture of that is kept.
func seesMarket(t *testing.T, cmd *exec.Cmd, o window.Options, name string) *window.Program {
	t.Helper()
	screen, err := window.OpenScreen(width, height)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	o.Screen = screen
	o.Log = filepath.Join(t.TempDir(), "log")
	p, err := window.Start(cmd, o)
	if err != nil {
		log, _ := os.ReadFile(o.Log)
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() { _ = p.Kill() })
	for end := time.Now().Add(time.Minute); ; {
		seen, err := p.Still()
		if err == nil && prices(seen) >= 200 {
			if err := window.Save(seen, filepath.Join(top, "build", "packages-seen", name+".png")); err != nil {
				t.Error(err)
			}
			return p
		}
		if time.Now().After(end) {
			t.Fatalf("%s: no market with goods is painted: %v", name, err)
		}
	}
}

func prices(img *image.NRGBA) (n int) {
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			if img.NRGBAAt(x, y) == price {
				n++
			}
		}
	}
	return n
}

// shopper fills two profiles in a folder with a program, and returns the buyer's, as one who has used the window before.
func shopper(t *testing.T, program, folder string) string {
	t.Helper()
	profiles, err := window.Fill(program, folder, "en")
	if err == nil {
		err = window.Remember(profiles.Buyer, window.Settings{Introduced: true, Look: window.Light})
	}
	if err != nil {
		t.Fatal(err)
	}
	return profiles.Buyer
}
