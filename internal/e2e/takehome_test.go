package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestG8TakeHome: a guest's chats go from a kiosk to another machine by the code alone, which is typed in small letters and found
// on the network, once. The kiosk is the program's own tests, which have no screen.
func TestG8TakeHome(t *testing.T) {
	short(t)
	lan := lanrig.Up(t, 2)
	kioskProgram := filepath.Join(t.TempDir(), "kiosk")
	compile := exec.Command("go", "test", "-c", "-tags=headless", "-o", kioskProgram, "haggle")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("building the kiosk: %v: %s", err, out)
	}
	kiosk := lan.Command(1, kioskProgram)
	kiosk.Env = append(kiosk.Env, "HAGGLE_TEST_KIOSK="+filepath.Join(t.TempDir(), "kiosk"))
	kiosk.Stderr = os.Stderr
	in, err := kiosk.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := kiosk.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := kiosk.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		if err := kiosk.Wait(); err != nil {
			t.Errorf("the kiosk ended: %v", err)
		}
	}()
	said := bufio.NewScanner(out)
	line := func() string {
		if !said.Scan() {
			t.Fatal("the kiosk says no more")
		}
		return said.Text()
	}
	code, uri := line(), line()
	if !strings.Contains(uri, "10.77.0.1:") {
		t.Errorf("the QR code says %q", uri)
	}

	own, program := home(t, lan, 2), built(t)
	take := func(code, data string) (string, error) {
		t.Helper()
		out, err := lan.Command(2, program, "take", code, "--data", data).CombinedOutput()
		return string(out), err
	}
	begun := time.Now()
	if said, err := take(strings.ToLower(code), own.data); err != nil || !strings.Contains(said, own.data) {
		t.Fatalf("taken home: %v: %s", err, said)
	}
	t.Logf("taken home in %v by the code alone", time.Since(begun).Round(time.Millisecond))
	if got := line(); got != "moved" {
		t.Errorf("the kiosk says %q", got)
	}
	if said, err := take(uri, filepath.Join(t.TempDir(), "again")); err == nil {
		t.Errorf("the code is good twice: %s", said)
	}
	p := own.start(t)
	rooms := call[ofRooms](p, "rooms.list", nil).Rooms
	if len(rooms) != 1 || rooms[0].LastMessage == nil || rooms[0].LastMessage.Text != "what does it cost?" {
		t.Fatalf("at home: %s", jsonOf(rooms))
	}
	p.quit()
}
