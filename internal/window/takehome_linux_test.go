package window

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"haggle/internal/lanrig"
)

// TestG8RealTakeHome: a guest chats at a kiosk, asks for the code and scans it from the screen; on a machine of their own, on the
// same network, it brings what they said. It is good once, and another try gets the guest's words nowhere.
func TestG8RealTakeHome(t *testing.T) {
	built(t)
	if tool := Missing("zbarimg"); tool != "" {
		t.Skipf("skipped: needs %s", tool)
	}
	lan := lanrig.Up(t, 2)
	p := filled(t, Settings{})
	p.lan, p.host = lan, 1
	p.stands("")
	p.opens()
	p.touches()
	p.tap(secondCard)
	p.tap(finishButton) // of the goods: chat with the seller
	p.tap(messageField)
	p.types(hallMarker(0))
	p.keys("Return")
	p.rest("asked")
	p.tap(doneButton)
	p.tap(takeButton)
	uri := p.scans()
	if !strings.Contains(uri, "10.77.0.1:") {
		t.Errorf("the code says %q", uri)
	}

	take := func(dir string) (string, error) {
		t.Helper()
		out, err := lan.Command(2, p.program, "take", uri, "--data", dir).CombinedOutput()
		return string(out), err
	}
	own := &person{t: t, program: p.program, home: t.TempDir(), host: 2}
	if said, err := take(own.data()); err != nil || !strings.Contains(said, own.data()) {
		t.Fatalf("taken home: %v: %s", err, said)
	}
	p.untilSeen("the slides are back", slidesPill, accentColor, slidesPill.Dx()*slidesPill.Dy()/2)
	var exit *exec.ExitError
	if said, err := take(filepath.Join(t.TempDir(), "again")); !errors.As(err, &exit) || !strings.Contains(said, "no kiosk with this code") {
		t.Errorf("taken home again: %v: %s", err, said)
	}
	p.must(p.Stop())
	if n := markersBelow(t, p.home); n != 0 {
		t.Error("the kiosk's folder has what the guest wrote")
	}
	room := own.room()
	if said := room.said(); !slices.Equal(said, []string{hallMarker(0)}) {
		t.Errorf("at home are %q", said)
	}
}

// takeButton asks for the code, beside what ends the visit.
var takeButton = [2]int{hallWidth / 4, hallHeight - 40}

// scans reads the code that is on the screen, as a camera does.
func (p *person) scans() string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "screen.png")
	said := ""
	p.until("the code is on the screen", func() bool {
		img, err := p.Look()
		p.must(err)
		p.must(Save(img, path))
		out, err := exec.Command("zbarimg", "-q", "--raw", path).Output()
		said = strings.TrimSpace(string(out))
		return err == nil && said != ""
	})
	p.rest("code")
	return said
}
