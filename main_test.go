package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// asProgram makes the test's own executable the program: tests start it as processes of their own.
const asProgram = "HAGGLE_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if dir := os.Getenv(asKiosk); dir != "" {
		os.Exit(beKiosk(dir, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// process is a running program.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
	log   bytes.Buffer
}

func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.log
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("%v logged:\n%s", args, p.log.String())
		}
	})
	return p
}

// rpcAt launches haggle rpc for a profile, on loopback and without discovery.
func rpcAt(t *testing.T, dir string) *process {
	return launch(t, "rpc", "--data", dir, "--listen", "127.0.0.1:0", "--no-discovery", "--log-level", "debug")
}

// line is any line of the output, with what the tests look at.
type line struct {
	ID     *int
	Method string
	Params struct {
		PeerID    string
		Addresses []string
		Message   struct{ Text string }
		State     string
	}
	Result struct {
		Room     struct{ RoomID string }
		Messages []struct{ Text, State string }
	}
	Error *struct {
		Code    int
		Message string
		Data    struct{ Kind string }
	}
}

func (p *process) read() line {
	p.t.Helper()
	raw, err := p.lines.ReadBytes('\n')
	var l line
	if err == nil {
		err = json.Unmarshal(raw, &l)
	}
	if err != nil {
		p.t.Fatalf("%q: %v", raw, err)
	}
	return l
}

// until reads to the line that is wanted.
func (p *process) until(wanted func(line) bool) line {
	p.t.Helper()
	for {
		if l := p.read(); wanted(l) {
			return l
		}
	}
}

func (p *process) ask(request string) line {
	p.t.Helper()
	if _, err := io.WriteString(p.in, `{"jsonrpc":"2.0","id":1,`+request+"}\n"); err != nil {
		p.t.Fatal(err)
	}
	l := p.until(func(l line) bool { return l.ID != nil })
	if l.Error != nil {
		p.t.Fatalf("%s: %+v", request, *l.Error)
	}
	return l
}

// ended waits for the end and returns the exit status.
func (p *process) ended() int {
	p.t.Helper()
	_, _ = io.Copy(io.Discard, p.lines)
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// TestTwoProcesses chat both ways, and find everything again after a restart.
func TestTwoProcesses(t *testing.T) {
	dirA, dirB := t.TempDir(), t.TempDir()
	a, b := rpcAt(t, dirA), rpcAt(t, dirB)
	readyA, readyB := a.read(), b.read()
	if readyA.Method != "ready" || readyB.Method != "ready" || len(readyB.Params.Addresses) != 1 {
		t.Fatalf("first came %+v and %+v", readyA, readyB)
	}
	a.ask(`"method":"peers.add","params":{"address":"` + readyB.Params.Addresses[0] + `","peerId":"` + readyB.Params.PeerID + `"}`)
	opened := a.ask(`"method":"rooms.open","params":{"seller":"` + readyB.Params.PeerID + `"}`)
	room := `"roomId":"` + opened.Result.Room.RoomID + `"`
	a.ask(`"method":"messages.send","params":{` + room + `,"text":"Is it still there?"}`)
	if l := b.until(func(l line) bool { return l.Method == "message.received" }); l.Params.Message.Text != "Is it still there?" {
		t.Errorf("B received %+v", l)
	}
	b.ask(`"method":"messages.send","params":{` + room + `,"text":"Yes."}`)
	if l := a.until(func(l line) bool { return l.Method == "message.received" }); l.Params.Message.Text != "Yes." {
		t.Errorf("A received %+v", l)
	}
	b.until(func(l line) bool { return l.Method == "message.state" && l.Params.State == "delivered" })
	for _, p := range []*process{a, b} {
		began := time.Now()
		_ = p.in.Close()
		if status := p.ended(); status != 0 || time.Since(began) > 5*time.Second {
			t.Errorf("ended with %d after %v", status, time.Since(began))
		}
	}

	a = rpcAt(t, dirA)
	if again := a.read(); again.Params.PeerID != readyA.Params.PeerID {
		t.Errorf("after the restart A is %s", again.Params.PeerID)
	}
	list := a.ask(`"method":"messages.list","params":{` + room + `}`).Result.Messages
	if len(list) != 2 || list[0].Text != "Is it still there?" || list[0].State != "delivered" || list[1].Text != "Yes." {
		t.Errorf("after the restart A has %+v", list)
	}
}

// TestSecondProcess is refused at once and touches nothing; a lock left by a killed process blocks nobody.
func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	first := rpcAt(t, dir)
	first.read()
	before := tree(t, dir)
	began := time.Now()
	second := rpcAt(t, dir)
	if l := second.read(); l.ID != nil || l.Error == nil || l.Error.Data.Kind != "storeLocked" {
		t.Errorf("the second process said %+v", l)
	}
	if status := second.ended(); status != 1 || time.Since(began) > time.Second {
		t.Errorf("the second process ended with %d after %v", status, time.Since(began))
	}
	if after := tree(t, dir); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
	_ = first.cmd.Process.Kill()
	first.ended()
	if l := rpcAt(t, dir).read(); l.Method != "ready" {
		t.Errorf("after the kill came %+v", l)
	}
}

// tree lists a folder with sizes and times.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && filepath.Base(filepath.Dir(path)) != "index" { // Badger has a clock of its own
			b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSignalEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: needs signals")
	}
	p := rpcAt(t, t.TempDir())
	p.read()
	began := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := p.ended(); status != 0 || time.Since(began) > 5*time.Second {
		t.Errorf("ended with %d after %v", status, time.Since(began))
	}
}

// TestRefusals: one line with an error, and exit status 1.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "identity.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		kind string
	}{
		{"port taken", []string{"--data", t.TempDir(), "--listen", taken.Addr().String()}, "invalid"},
		{"unknown flag", []string{"--port", "1"}, "invalid"},
		{"bad listen", []string{"--listen", "a:b:c"}, "invalid"},
		{"bad level", []string{"--log-level", "loud"}, "invalid"},
		{"unknown command", []string{"now"}, "invalid"},
		{"data is a file", []string{"--data", file}, "invalid"},
		{"key damaged", []string{"--data", broken}, "storeDamaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := launch(t, append([]string{"rpc", "--no-discovery"}, c.args...)...)
			raw, err := io.ReadAll(p.lines)
			var l line
			if err == nil {
				err = json.Unmarshal(raw, &l)
			}
			if err != nil || bytes.Count(raw, []byte("\n")) != 1 || l.ID != nil || l.Error == nil || l.Error.Data.Kind != c.kind {
				t.Errorf("said %s, %v", raw, err)
			}
			if status := p.ended(); status != 1 {
				t.Errorf("ended with %d", status)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	t.Setenv("DISPLAY", "") // so that the program with a window opens none
	t.Setenv("WAYLAND_DISPLAY", "")
	const invite = "haggle:RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC@10.0.0.5:42445"
	for _, c := range []struct {
		args     string
		status   int
		out, err string // what is on standard output and standard error, among other things
	}{
		{"version", 0, "haggle " + version + " (", ""},
		{"--version", 0, "haggle " + version + " (", ""},
		{"rpc --version", 0, "haggle " + version + " (", ""},
		{"--help", 0, "--no-discovery", ""},
		{"rpc --help", 0, "--no-discovery", ""},
		{"", 2, "", "haggle rpc"},
		{"--data x", 2, "", "haggle rpc"},
		{"--nonsense", 2, "", "--help"},
		{"nonsense", 2, "", "--help"},
		{"haggle:x@10.0.0.5:42445", 2, "", "--help"},
		{"--hidden " + invite, 2, "", "haggle rpc"},
		{invite + " " + invite, 2, "", "--help"},
		{"--kiosk", 2, "", "haggle rpc"},
		{"--kiosk nonsense", 2, "", "--help"},
		{"rpc --kiosk", 1, "--kiosk has a window", ""},
		{"--config x", 2, "", "--help"},
		{"report", 2, "", "--help"},
		{"report a b", 2, "", "--help"},
		{"report --data " + filepath.Join(t.TempDir(), "none") + " x", 1, "", "not saved"},
	} {
		var out, messages bytes.Buffer
		status := run(strings.Fields(c.args), strings.NewReader(""), &out, &messages)
		if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(messages.String(), c.err) ||
			(c.out == "" && out.Len() > 0) || (c.err == "" && messages.Len() > 0) {
			t.Errorf("haggle %s ended with %d, said %q and %q", c.args, status, out.String(), messages.String())
		}
	}
}

func TestFlags(t *testing.T) {
	o, err := parseOptions(strings.Fields("--data d --listen 10.0.0.1:7 --interface eth0 --interface=wlan0 --no-discovery --log-level warn"))
	if err != nil || o.data != "d" || o.listen != (endpoint{"10.0.0.1", "7"}) || o.interfaces.String() != "eth0,wlan0" ||
		!o.noDiscovery || o.logLevel.String() != "WARN" {
		t.Errorf("%+v, %v", o, err)
	}
	for s, want := range map[string]endpoint{
		":7": {"", "7"}, "10.0.0.1": {"10.0.0.1", ""}, "10.0.0.1:": {"10.0.0.1", ""}, "[::1]:7": {"::1", "7"}, "[::1]": {"::1", ""},
	} {
		if o, err := parseOptions([]string{"--listen", s}); err != nil || o.listen != want {
			t.Errorf("--listen %s is %+v, %v", s, o.listen, err)
		}
	}
}

func TestProfileDir(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: needs Linux")
	}
	share := t.TempDir()
	t.Setenv("XDG_DATA_HOME", share)
	if dir, err := profileDir(""); err != nil || dir != filepath.Join(share, "haggle") {
		t.Errorf("profile in %s, %v", dir, err)
	}
	t.Setenv("XDG_DATA_HOME", "relative")
	t.Setenv("HOME", share)
	if dir, err := profileDir(""); err != nil || dir != filepath.Join(share, ".local", "share", "haggle") {
		t.Errorf("profile in %s, %v", dir, err)
	}
	if dir, err := profileDir("x"); err != nil || !filepath.IsAbs(dir) {
		t.Errorf("profile in %s, %v", dir, err)
	}
}

func TestNameOfOwner(t *testing.T) {
	if name := nameOfOwner(); name == "" || len([]rune(name)) > chat.MaxName {
		t.Errorf("a new profile is called %q", name)
	}
}
