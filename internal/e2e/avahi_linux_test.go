package e2e

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// avahiScript runs avahi with a bus of its own, and prints what its browser sees of us: lines that begin with + and -.
const avahiScript = `
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/dbus /run/avahi-daemon
dbus-daemon --system --nofork --nopidfile & 
bus=$!
while [ ! -S /run/dbus/system_bus_socket ]; do sleep 0.1; done
avahi-daemon --no-drop-root --no-chroot --no-rlimits --no-proc-title &
daemon=$!
trap 'kill $daemon $bus' EXIT
while [ ! -S /run/avahi-daemon/socket ]; do sleep 0.1; done
echo ready
stdbuf -oL avahi-browse -p _haggle._tcp
`

// browser is avahi-browse in a host.
type browser struct {
	lines chan browsed
	alive map[string]bool // by interface, family and name
}

type browsed struct {
	at   time.Time
	text string
}

func browse(t *testing.T, lan *lanrig.LAN, host int) *browser {
	t.Helper()
	for _, tool := range []string{"avahi-daemon", "avahi-browse", "dbus-daemon", "stdbuf"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: needs %s", tool)
		}
	}
	cmd := lan.Command(host, "unshare", "-m", "sh", "-c", avahiScript)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &browser{lines: make(chan browsed, 1024), alive: make(map[string]bool)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			b.lines <- browsed{time.Now(), lines.Text()}
		}
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // the group that was made for it
		<-ended
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(complaint.String())
		}
	})
	b.await(t, "avahi", func() bool { return b.alive["ready"] })
	return b
}

// await reads what the browser says until ok, and returns when that was.
func (b *browser) await(t *testing.T, what string, ok func() bool) time.Time {
	t.Helper()
	at := time.Now()
	for limit := time.After(patience); !ok(); {
		select {
		case line := <-b.lines:
			at = line.at
			sign, rest, _ := strings.Cut(line.text, ";")
			b.alive[rest] = sign == "+"
			if sign == "ready" {
				b.alive["ready"] = true
			}
		case <-limit:
			t.Fatalf("%s: not within %v; alive: %v", what, patience, b.alive)
		}
	}
	return at
}

// seen is how many entries the browser has of peers whose announcement begins so; each family counts.
func (b *browser) seen() int {
	n := 0
	for entry, alive := range b.alive {
		if alive && strings.Contains(entry, "_haggle._tcp") {
			n++
		}
	}
	return n
}

// TestAvahi shows that others' software sees us come and, within two seconds of a clean end, go, and that two instances
// beside avahi on one host disturb nobody.
func TestAvahi(t *testing.T) {
	if !soak {
		t.Skip("skipped: needs HAGGLE_SOAK=1")
	}
	lan := lanrig.Up(t, 3)
	near, far := browse(t, lan, 1), browse(t, lan, 2)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 1).start(t)
	carl, dora := home(t, lan, 2).start(t), home(t, lan, 3).start(t)
	all := []*program{anna, ben, carl, dora}
	meet(t, all...)
	const families = 2
	for name, b := range map[string]*browser{"near": near, "far": far} {
		b.await(t, name+" browser sees all", func() bool { return b.seen() == len(all)*families })
	}
	for left, p := range []*program{ben, dora, carl, anna} {
		asked := time.Now()
		p.quit()
		for name, b := range map[string]*browser{"near": near, "far": far} {
			want := (len(all) - left - 1) * families
			took := b.await(t, name+" browser sees the end", func() bool { return b.seen() == want }).Sub(asked)
			t.Logf("%s browser: gone after %v", name, took.Round(time.Millisecond))
			if took > 2*time.Second {
				t.Errorf("%s browser saw the end after %v, want at most 2 s", name, took)
			}
		}
	}
}
