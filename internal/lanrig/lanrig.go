// Package lanrig gives a test a LAN of its own: network namespaces as hosts on a bridge as the switch, with cables to pull,
// addresses to change and frames to lose. Only tests import it.
//
//	lan := lanrig.Up(t, 2)
//	cmd := lan.Command(1, os.Args[0])
//	lan.Do("unplug", 1)
//
// Host i is 10.77.0.i/24 on its eth0 and has an IPv6 link-local address. All verbs are described at the top of lanrig.sh,
// which also works by hand. A test is skipped where namespaces cannot be made; when it ends, its LAN is gone.
package lanrig

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

//go:embed lanrig.sh
var script string

var made atomic.Int64

// LAN is a switch with hosts 1 to N.
type LAN struct {
	t    testing.TB
	name string
	env  []string
}

// Option changes how a LAN is made.
type Option func(*options)

type options struct {
	network string
	gateway bool
}

// Network sets the first three bytes of the hosts' addresses, "10.77.0" unless set.
func Network(three string) Option { return func(o *options) { o.network = three } }

// Gateway gives each host a default route.
func Gateway() Option { return func(o *options) { o.gateway = true } }

// Need skips the test unless LANs can be made here.
func Need(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("skipped: needs root")
	}
	for _, tool := range []string{"bash", "ip", "bridge", "nft", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: needs %s", tool)
		}
	}
}

// Up makes a LAN with a name of its own and removes it, and whatever still runs in it, when the test ends.
func Up(t testing.TB, hosts int, opts ...Option) *LAN {
	t.Helper()
	Need(t)
	o := options{network: "10.77.0"}
	for _, opt := range opts {
		opt(&o)
	}
	l := &LAN{t: t, name: strconv.FormatInt(int64(os.Getpid())*64+made.Add(1)%64, 36), env: os.Environ()}
	if o.gateway {
		l.env = append(l.env, "GW=1")
	}
	t.Cleanup(func() {
		l.env = append(l.env, "FORCE=1")
		if out, err := l.run("down"); err != nil {
			t.Errorf("lanrig: down: %v: %s", err, out)
		}
	})
	l.Do("up", hosts, o.network)
	return l
}

// Do runs a verb of lanrig.sh on this LAN and returns what it printed. An error ends the test.
func (l *LAN) Do(verb string, args ...any) string {
	l.t.Helper()
	out, err := l.run(verb, args...)
	if err != nil {
		l.t.Fatalf("lanrig: %s %v: %v: %s", verb, args, err, out)
	}
	return out
}

func (l *LAN) run(verb string, args ...any) (string, error) {
	words := []string{"-c", script, "lanrig.sh", verb, l.name}
	for _, a := range args {
		if other, ok := a.(*LAN); ok {
			a = other.name
		}
		words = append(words, fmt.Sprint(a))
	}
	cmd := exec.Command("bash", words...)
	cmd.Env = l.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Command returns a command that runs in a host. Its process is the program itself: a signal reaches it.
func (l *LAN) Command(host int, program string, args ...string) *exec.Cmd {
	words := append([]string{"-c", script, "lanrig.sh", "exec", l.name, strconv.Itoa(host), program}, args...)
	cmd := exec.Command("bash", words...)
	cmd.Env = l.env
	return cmd
}

// Packets returns how many mDNS packets entered the switch since Do("count", "start").
func (l *LAN) Packets() int {
	l.t.Helper()
	total := 0
	for line := range strings.Lines(l.Do("count", "read")) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			l.t.Fatalf("lanrig: count: %q: %v", line, err)
		}
		total += n
	}
	return total
}
