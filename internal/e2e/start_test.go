package e2e

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestPoint4StoreLocked shows point 4 of the issue, and F4: a second process on the same profile is refused at once, and a
// lock left by kill -9 does not block.
func TestPoint4StoreLocked(t *testing.T) {
	short(t)
	first := alone(t).start(t)
	f, took := first.place.refused(t)
	if f.kind() != "storeLocked" {
		t.Errorf("%v, want storeLocked", &f)
	}
	t.Logf("refused after %v: %s", took.Round(time.Millisecond), f.Message)
	if took >= time.Second {
		t.Errorf("refused after %v, want less than 1 s", took)
	}
	call[ofSelf](first, "self.get", nil)
	first.kill()
	first.restart().quit()
}

// TestReadyAndEnds shows how a process starts and the three ways in which it ends, each with status 0 within 5 s and with
// every request answered.
func TestReadyAndEnds(t *testing.T) {
	short(t)
	at := alone(t)
	for name, end := range map[string]func(*program) time.Duration{
		"EndOfInput": (*program).quit,
		"SIGINT":     func(p *program) time.Duration { return p.signal(syscall.SIGINT) },
		"SIGTERM":    func(p *program) time.Duration { return p.signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			p := at.start(t)
			got := call[ofSelf](p, "self.get", nil).Self
			if got.PeerID != p.ready.PeerID || got.DeviceID != p.ready.DeviceID || jsonOf(got.Addresses) != jsonOf(p.ready.Addresses) ||
				got.Version != p.ready.Version || got.Version == "" || got.Name == "" {
				t.Errorf("ready %s, self %s", jsonOf(p.ready), jsonOf(got))
			}
			if len(p.ready.Addresses) != 1 || !strings.HasPrefix(p.ready.Addresses[0], "127.0.0.1:") {
				t.Errorf("addresses %v", p.ready.Addresses)
			}
			// What was read before the end is answered.
			requests := make([]*request, 200)
			for i := range requests {
				requests[i] = p.send("self.get", nil)
			}
			if name != "EndOfInput" {
				result[ofSelf](p, "self.get", requests[len(requests)-1]) // so that they were read
			}
			if took := end(p); took > 5*time.Second {
				t.Errorf("ended after %v, want at most 5 s", took)
			}
			for _, r := range requests {
				result[ofSelf](p, "self.get", r)
			}
		})
	}
}

// TestListen shows --listen: an address that is taken is an error, one that is free is used.
func TestListen(t *testing.T) {
	short(t)
	first := alone(t).start(t)
	taken := first.ready.Addresses[0]
	f, _ := home(t, nil, 0, "--no-discovery", "--listen", taken).refused(t)
	t.Logf("%v", &f)
	first.quit()
	second := home(t, nil, 0, "--no-discovery", "--listen", taken).start(t)
	if second.ready.Addresses[0] != taken {
		t.Errorf("listens at %v, want %s", second.ready.Addresses, taken)
	}
}

// TestFlagsRefused shows that a flag or word that is not known ends the program with one line that says so.
func TestFlagsRefused(t *testing.T) {
	short(t)
	for _, flags := range [][]string{{"--no-such-flag"}, {"--listen", "nowhere"}, {"--log-level", "loud"}, {"word"}} {
		t.Run(flags[0], func(t *testing.T) {
			f, _ := home(t, nil, 0, flags...).refused(t)
			if f.kind() != "invalid" {
				t.Errorf("%v, want invalid", &f)
			}
		})
	}
}

// TestH2StaticProgram shows point 9 of the issue, and H2: the program needs nothing from the machine: no interpreter, no
// library, no environment, no file but itself.
func TestH2StaticProgram(t *testing.T) {
	short(t)
	file, err := elf.Open(built(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("the program has a %v part", part.Type)
		}
	}
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the program needs %v", libraries)
	}

	t.Run("NoEnvironment", func(t *testing.T) {
		at := alone(t)
		at.wrapper = []string{"env", "-i"}
		call[ofSelf](at.start(t), "self.get", nil)
	})
	t.Run("EmptyRoot", func(t *testing.T) {
		lan := lanrig.Up(t, 2)
		chroot, err := exec.LookPath("chroot")
		if err != nil {
			t.Skip("skipped: needs chroot")
		}
		var all []*program
		for host := 1; host <= 2; host++ {
			root := t.TempDir()
			copyFile(t, filepath.Join(root, "haggle"), built(t))
			at := home(t, lan, host)
			at.wrapper, at.program, at.data = []string{"env", "-i", chroot, root}, "/haggle", "/profile"
			all = append(all, at.start(t))
		}
		meet(t, all...)
		room := open(all[0], all[1]).RoomID
		awaitReceived(all[0].fromStart(), post(all[1], room, "Nothing but us here"), patience)
	})
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLogsHoldNobodysWords shows that the log, at its most talkative, has nothing of what people wrote.
func TestLogsHoldNobodysWords(t *testing.T) {
	short(t)
	anna, ben := alone(t), alone(t)
	for _, at := range []*place{&anna, &ben} {
		at.flags = append(at.flags, "--log-level", "debug")
	}
	a, b := anna.start(t), ben.start(t)
	add(b, a)
	meet(t, a, b)
	words := []string{"Zanzibar-title", "Zanzibar-text", "Zanzibar-name", "Zanzibar-draft"}
	publish(a, words[0], "1")
	call[ofSelf](a, "self.set", object{"name": words[2]})
	room := open(a, b).RoomID
	awaitReceived(a.fromStart(), post(b, room, words[1]), patience)
	call[nothing](b, "rooms.setDraft", object{"roomId": room, "text": words[3]})
	for _, p := range []*program{a, b} {
		p.quit()
		log, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		if len(log) == 0 {
			t.Error("nothing was logged at level debug")
		}
		for _, hidden := range append(words, room) {
			if bytes.Contains(log, []byte(hidden)) {
				t.Errorf("the log has %q", hidden)
			}
		}
	}
}
