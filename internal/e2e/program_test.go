package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// patience is how long what has no limit of its own may take.
const patience = 20 * time.Second

// soak tells whether there are hours to spend.
var soak = os.Getenv("HAGGLE_SOAK") == "1"

// buildFolder holds the program for all tests.
var buildFolder string

func TestMain(m *testing.M) {
	if os.Getenv(plainVariable) != "" {
		if err := listenPlainly(); err != nil {
			panic(err)
		}
		return
	}
	if count := os.Getenv(floodVariable); count != "" {
		if err := flood(count); err != nil {
			panic(err)
		}
		return
	}
	if where := os.Getenv(rogueVariable); where != "" {
		if err := sayWithoutEnd(where); err != nil {
			panic(err)
		}
		return
	}
	if peerID := os.Getenv(viewerVariable); peerID != "" {
		if err := view(peerID); err != nil {
			panic(err)
		}
		return
	}
	if ahead := os.Getenv(clockVariable); ahead != "" {
		if err := serveWithClock(ahead); err != nil {
			panic(err)
		}
		return
	}
	folder, err := os.MkdirTemp("", "haggle-e2e-")
	if err != nil {
		panic(err)
	}
	buildFolder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build makes the program once, as "make build" does, unless HAGGLE_PROGRAM names one.
var build = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("HAGGLE_PROGRAM"); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(buildFolder, "haggle")
	cmd := exec.Command("go", "build", "-tags=headless", "-trimpath", "-ldflags=-s -w -buildid=", "-o", path, "haggle")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	return path, err
})

// built is the path of the built program.
func built(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal("building the program: ", err)
	}
	return path
}

// place is where the program runs and with what: start as often as you like, the profile stays.
type place struct {
	lan     *lanrig.LAN // nil: this machine
	host    int
	data    string   // the profile's folder
	flags   []string // further ones
	wrapper []string // a program and its arguments that start the program, such as env -i
	program string   // its path, if not where it was built
}

// home is a new profile in a host of a LAN.
func home(t testing.TB, lan *lanrig.LAN, host int, flags ...string) place {
	t.Helper()
	return place{lan: lan, host: host, data: filepath.Join(t.TempDir(), "profile"), flags: flags}
}

// alone is a new profile on this machine that meets nobody who is not added.
func alone(t testing.TB) place {
	t.Helper()
	return home(t, nil, 0, "--no-discovery", "--listen", "127.0.0.1:0")
}

// elsewhere is the same profile folder in another host.
func (at place) elsewhere(host int) place {
	at.host = host
	return at
}

func (at place) command(t testing.TB) *exec.Cmd {
	t.Helper()
	program := at.program
	if program == "" {
		program = built(t)
	}
	words := slices.Concat(at.wrapper, []string{program, "rpc", "--data", at.data}, at.flags)
	if at.lan != nil {
		return at.lan.Command(at.host, words[0], words[1:]...)
	}
	return exec.Command(words[0], words[1:]...)
}

// program is one process of haggle rpc. Its methods may be called from any goroutine unless they say otherwise; those
// that can fail the test only from the test's.
type program struct {
	wire
	t       testing.TB
	place   place
	cmd     *exec.Cmd
	begun   time.Time
	log     string        // the file with its standard error
	exited  chan struct{} // closed once code is set
	code    int           // exit status, -1 after a signal
	readyAt time.Time
	ready   readyNotice
	worst   struct { // of what cost has seen
		time   time.Duration
		memory int64
	}
}

// launch starts a process and does not wait until it is ready. When the test ends it is killed, if it still runs, and
// what it said is checked.
func (at place) launch(t testing.TB) *program {
	t.Helper()
	p := &program{t: t, place: at, cmd: at.command(t), exited: make(chan struct{}), log: filepath.Join(t.TempDir(), "log")}
	p.init()
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p.in, p.cmd.Stderr = in, log
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		p.read(out)
		_ = p.cmd.Wait() // the exit status tells
		p.code = p.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		p.kill()
		p.check()
		if t.Failed() {
			p.explain()
		}
	})
	return p
}

// start starts a process and waits until it is ready.
func (at place) start(t testing.TB) *program {
	t.Helper()
	p := at.launch(t)
	p.awaitReady()
	return p
}

func (p *program) awaitReady() {
	p.t.Helper()
	n, ok := p.first(patience)
	if !ok || n.method != "ready" {
		p.t.Fatalf("%s: not ready within %v: %s %s", p.place.data, patience, n.method, n.params)
	}
	p.readyAt = n.at
	p.ready = decode[readyNotice](p.t, n.params)
}

// restart starts the profile again after it ended.
func (p *program) restart() *program {
	p.t.Helper()
	return p.place.start(p.t)
}

// kill is kill -9; it returns once the process is gone.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// signal ends the process in order and returns how long that took. The exit status must be 0.
func (p *program) signal(s syscall.Signal) time.Duration {
	p.t.Helper()
	asked := time.Now()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	return p.endsWell(asked)
}

// quit ends the input and returns how long the end took. The exit status must be 0.
func (p *program) quit() time.Duration {
	p.t.Helper()
	asked := time.Now()
	p.closeInput()
	return p.endsWell(asked)
}

func (p *program) endsWell(asked time.Time) time.Duration {
	p.t.Helper()
	if code := p.wait(patience); code != 0 {
		p.t.Fatalf("exit status %d, want 0", code)
	}
	return time.Since(asked)
}

// wait waits for the process to end by itself and returns its exit status.
func (p *program) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.code
	case <-time.After(within):
		p.t.Fatalf("still running after %v", within)
		return 0
	}
}

// explain shows the end of what the process logged.
func (p *program) explain() {
	p.t.Helper()
	log, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Error(err)
		return
	}
	const most = 4000
	if len(log) > most {
		log = log[len(log)-most:]
	}
	p.t.Logf("log of %s:\n%s", p.place.data, bytes.TrimSpace(log))
}

// refused starts a process that must not come up, and returns its one line.
func (at place) refused(t testing.TB) (failure, time.Duration) {
	t.Helper()
	cmd := at.command(t)
	begun := time.Now()
	in, err := cmd.StdinPipe() // open: the end of the input is no reason to end
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(out)
	took := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit status tells
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d, want 1", code)
	}
	if bytes.Count(said, []byte("\n")) != 1 || !bytes.HasSuffix(said, []byte("\n")) {
		t.Fatalf("not one line: %q", said)
	}
	line := decode[struct {
		Version string  `json:"jsonrpc"`
		ID      *int    `json:"id"`
		Error   failure `json:"error"`
	}](t, said)
	return line.Error, took
}
