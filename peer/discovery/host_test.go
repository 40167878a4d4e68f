package discovery

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"haggle/chat"
	"haggle/internal/lanrig"
)

// The tests on real networks run this binary again as a host of lanrig: hostEnv holds its Config, stdin takes commands,
// stdout tells what was seen.
const hostEnv = "HAGGLE_DISCOVERY_HOST"

// newsEnv has hosts tell only what they did not tell before: where there are hundreds, telling all would take longer than
// what is measured.
const newsEnv = "HAGGLE_DISCOVERY_NEWS"

func TestMain(m *testing.M) {
	if target := os.Getenv(floodEnv); target != "" {
		if err := flood(target); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if config := os.Getenv(hostEnv); config != "" {
		if err := runHost(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hostReport is a line of a host's stdout.
type hostReport struct {
	At         time.Time
	Started    bool             `json:",omitempty"` // the first line, right before Run
	Goroutines int              `json:",omitempty"`
	Heap       uint64           `json:",omitempty"` // bytes in use
	Sightings  []Sighting       `json:",omitempty"`
	Interfaces []InterfaceState `json:",omitempty"`
	Addresses  []netip.Addr     `json:",omitempty"`
}

func runHost(config string) error {
	var c Config
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	c.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d := New(c)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	reports := make(chan hostReport)
	go func() {
		defer stop()
		commands := bufio.NewScanner(os.Stdin)
		for commands.Scan() {
			verb, rest, _ := strings.Cut(commands.Text(), " ")
			switch verb {
			case "kick":
				d.Kick()
			case "announce":
				a := c.Self
				if err := json.Unmarshal([]byte(rest), &a); err == nil {
					d.Announce(a)
				}
			case "check":
				reports <- hostReport{At: time.Now(), Interfaces: d.Check(ctx, true)}
			case "state":
				var mem runtime.MemStats
				runtime.ReadMemStats(&mem)
				reports <- hostReport{
					At: time.Now(), Interfaces: d.Interfaces(), Addresses: d.Addresses(), Goroutines: runtime.NumGoroutine(), Heap: mem.HeapAlloc,
				}
			}
		}
	}()
	go func() {
		defer close(reports)
		told := make(map[instance]Sighting)
		for batch := range d.Sightings() {
			at := time.Now()
			if os.Getenv(newsEnv) != "" {
				batch = slices.DeleteFunc(batch, func(s Sighting) bool { return sameSighting(s, told[instanceOf(s.Peer, s.Device)]) })
				for _, s := range batch {
					told[instanceOf(s.Peer, s.Device)] = s
				}
			}
			if len(batch) > 0 {
				reports <- hostReport{At: at, Sightings: batch}
			}
		}
	}()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(hostReport{At: time.Now(), Started: true}); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	for r := range reports {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return <-done
}

// host is a discovery that runs in a host of a LAN.
type host struct {
	t      testing.TB
	self   Announcement
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr *logText
	ended  chan struct{}

	mu      sync.Mutex
	started time.Time     // right before Run
	changed chan struct{} // closed and made anew with each report
	last    map[chat.PeerID]Sighting
	states  []hostReport
	log     []hostReport
}

// logText is what a host wrote on stderr so far.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func testAnnouncement(n int) Announcement {
	return Announcement{
		Peer: chat.PeerID{1, byte(n >> 8), byte(n)}, Device: chat.DeviceID{2, byte(n >> 8), byte(n)}, Port: 42000 + n, Catalog: uint32(n), Roles: "bs", Protocol: 1,
	}
}

// startHost starts a discovery with the announcement of number n in host i of lan.
func startHost(t testing.TB, lan *lanrig.LAN, i, n int, interfaces ...string) *host {
	t.Helper()
	h := &host{
		t: t, self: testAnnouncement(n), last: make(map[chat.PeerID]Sighting), changed: make(chan struct{}), ended: make(chan struct{}),
		stderr: new(logText),
	}
	if len(interfaces) == 0 {
		interfaces = nil
	}
	config, err := json.Marshal(struct {
		Self       Announcement
		Interfaces []string
	}{h.self, interfaces})
	if err != nil {
		t.Fatal(err)
	}
	h.cmd = lan.Command(i, os.Args[0])
	h.cmd.Env = append(slices.Clone(h.cmd.Env), hostEnv+"="+string(config))
	h.cmd.Stderr = h.stderr
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go h.listen(stdout)
	t.Cleanup(h.kill)
	return h
}

func (h *host) listen(stdout io.Reader) {
	defer close(h.ended)
	lines := json.NewDecoder(stdout)
	for {
		var r hostReport
		if err := lines.Decode(&r); err != nil {
			return
		}
		h.mu.Lock()
		if r.Started {
			h.started = r.At
		}
		h.log = append(h.log, r)
		for _, s := range r.Sightings {
			h.last[s.Peer] = s
		}
		if r.Interfaces != nil {
			h.states = append(h.states, r)
		}
		close(h.changed)
		h.changed = make(chan struct{})
		h.mu.Unlock()
	}
}

func (h *host) say(command string) {
	h.t.Helper()
	if _, err := fmt.Fprintln(h.stdin, command); err != nil {
		h.t.Fatalf("host: %v: %s", err, h.stderr)
	}
}

// state asks the host how it uses its interfaces.
func (h *host) state() hostReport {
	h.t.Helper()
	return h.ask("state")
}

// ask is the answer to a command about the interfaces.
func (h *host) ask(command string) hostReport {
	h.t.Helper()
	h.mu.Lock()
	before := len(h.states)
	h.mu.Unlock()
	h.say(command)
	h.waitFor(10*time.Second, "a "+command, func() bool { return len(h.states) > before })
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states[len(h.states)-1]
}

// waitFor waits until ok, which is called with the lock held.
func (h *host) waitFor(limit time.Duration, what string, ok func() bool) {
	h.t.Helper()
	if h.eventually(limit, ok) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.t.Fatalf("no %s within %v; seen: %v\n%s", what, limit, h.last, h.stderr)
}

// eventually reports whether ok, which is called with the lock held, comes true in time and while the host runs.
func (h *host) eventually(limit time.Duration, ok func() bool) bool {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		h.mu.Lock()
		good, changed := ok(), h.changed
		h.mu.Unlock()
		if good {
			return true
		}
		select {
		case <-changed:
		case <-h.ended:
			return false
		case <-timeout.C:
			return false
		}
	}
}

// sees waits until the host's latest word about peer n is a live sighting that fits.
func (h *host) sees(limit time.Duration, n int, fits func(Sighting) bool) Sighting {
	h.t.Helper()
	peer := testAnnouncement(n).Peer
	h.waitFor(limit, fmt.Sprintf("sight of %d", n), func() bool {
		s, ok := h.last[peer]
		return ok && !s.Gone && (fits == nil || fits(s))
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[peer]
}

// misses waits until the host's latest word about peer n is that it is gone.
func (h *host) misses(limit time.Duration, n int) {
	h.t.Helper()
	h.waitFor(limit, fmt.Sprintf("leave of %d", n), func() bool { return h.last[testAnnouncement(n).Peer].Gone })
}

// when is the time of the host's first word after a moment that peer n is there, or that it is gone.
func (h *host) when(after time.Time, n int, gone bool) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.log {
		for _, s := range r.Sightings {
			if r.At.After(after) && s.Peer == testAnnouncement(n).Peer && s.Gone == gone {
				return r.At, true
			}
		}
	}
	return time.Time{}, false
}

// start is when the host called Run.
func (h *host) start() time.Time {
	h.t.Helper()
	h.waitFor(10*time.Second, "a start", func() bool { return !h.started.IsZero() })
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.started
}

// quit ends the host as a person would and returns when it has ended.
func (h *host) quit() {
	h.t.Helper()
	_ = h.stdin.Close()
	<-h.ended
	if err := h.cmd.Wait(); err != nil {
		h.t.Errorf("host: %v: %s", err, h.stderr)
	}
}

// kill ends the host at once, if it still runs.
func (h *host) kill() {
	if h.cmd.ProcessState != nil {
		return
	}
	_ = h.cmd.Process.Kill()
	<-h.ended
	_ = h.cmd.Wait()
}
