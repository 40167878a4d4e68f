package logbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crashes makes the test's own executable a program that opens this folder and crashes.
const crashes = "HAGGLE_TEST_CRASH"

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashes); folder != "" {
		if _, err := Open(folder); err != nil {
			panic(err)
		}
		if os.Getenv(crashes+"_HOW") == "index" {
			none := make([]int, len(os.Getenv("HAGGLE_TEST_NONE")))
			none[len(os.Args)]++
		}
		panic("what MARKER said")
	}
	os.Exit(m.Run())
}

func crash(t *testing.T, folder, how string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashes+"="+folder, crashes+"_HOW="+how)
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) {
		t.Fatalf("it does not crash: %v", err)
	}
}

func opened(t *testing.T, folder string) *Book {
	t.Helper()
	b, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(t *testing.T, parts ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestF11CrashIsKept: the run after a crash knows of it, the one after that does not, and what it said is still there.
func TestF11CrashIsKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "log")
	b := opened(t, folder)
	if b.Crashed() {
		t.Error("the first run has a crash before it")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	crash(t, folder, "panic")
	for _, want := range []bool{true, false} {
		b := opened(t, folder)
		if b.Crashed() != want {
			t.Errorf("crashed %v, want %v", b.Crashed(), want)
		}
		if said := text(t, b.CrashLog()); !strings.Contains(said, "MARKER") || !strings.Contains(said, "goroutine 1 [running]:") {
			t.Errorf("kept is %q", said)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	crash(t, folder, "index")
	b = opened(t, folder)
	if said := text(t, b.CrashLog()); !b.Crashed() || !strings.Contains(said, "index out of range") || strings.Contains(said, "MARKER") {
		t.Errorf("after the second crash: %v, %q", b.Crashed(), said)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, crashFile)); err == nil {
		t.Error("an end in order leaves a crash log")
	}
}

// TestF11LogIsBounded: however much is written, two files of a megabyte are there, with the newest lines.
func TestF11LogIsBounded(t *testing.T) {
	folder := t.TempDir()
	b := opened(t, folder)
	line := bytes.Repeat([]byte("x"), 1023)
	line = append(line, '\n')
	for range 5 * maxLog / len(line) {
		if n, err := b.Write(line); n != len(line) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if n, err := b.Write(bytes.Repeat([]byte("y"), 3*maxLog)); n != 3*maxLog || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if _, err := b.Write([]byte("last\n")); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = opened(t, folder) // goes on where it ended
	if _, err := b.Write([]byte("again\n")); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Size() > maxLog {
			t.Errorf("%s has %d bytes, %v", f.Name(), info.Size(), err)
		}
	}
	if said := text(t, folder, logFile); len(files) != 2 || !strings.HasSuffix(said, "last\nagain\n") {
		t.Errorf("%d files, the log ends with %q", len(files), said[max(0, len(said)-40):])
	}
}

// TestF11LogThatCannotBeWritten stops nobody.
func TestF11LogThatCannotBeWritten(t *testing.T) {
	folder := t.TempDir()
	b := opened(t, folder)
	if err := os.Mkdir(filepath.Join(folder, logFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Write([]byte("lost\n")); n != 5 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if err := os.Remove(filepath.Join(folder, logFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Write([]byte("kept\n")); err != nil || text(t, folder, logFile) != "kept\n" {
		t.Errorf("once there is room again: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(folder, logFile, "below")); err == nil {
		t.Error("a folder is made below a file")
	}
}

// unzip reads a report.
func unzip(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// TestF11ReportHasNothingOfAnybody: whatever stands in the logs against the rules, a report has only what is the program's.
func TestF11ReportHasNothingOfAnybody(t *testing.T) {
	folder := t.TempDir()
	crash(t, folder, "panic")
	b := opened(t, folder)
	log := slog.New(slog.NewTextHandler(b, nil))
	const id = "RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC"
	log.Warn("Link broken off", "peer", id, "reason", "timeout")
	log.Warn("Link broken off", "peer", id, "reason", "MARKER said \"so\"")
	log.Error("Store refused a batch", "err", errors.New(`open /opt/MARKER/store: "MARKER" is not allowed`), "attempt", 3)
	log.Error("Cannot ask", "error", errors.New("dial tcp 10.1.2.3:42445->[fe80::1%eth0]:5353: connect: connection refused"))
	log.Error("Cannot ask", "error", errors.New("lookup marker.example.org: no such host 马克 C:\\Users\\MARKER\\x"))
	log.Info("Anything", "text", "MARKER")
	log.Info("MARKER=1 and 马克")
	log.Error("Profile not read", "err", errors.New("open Anna Marker, Lane 5: denied"))
	for _, line := range []string{"MARKER\n", "msg=\"MARKER\n", "time=MARKER=x msg=y MARKER\n", "\x00MARKER\n", "time=x MARKER=MARKER\n"} {
		if _, err := b.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	facts := Facts{
		Program: []string{"haggle 1.2.3"}, Private: []string{"Marker", "Anna Marker, Lane 5", "an"},
		Network: []string{"pass: Used: eth0 (10.9.8.7/24).", "fail: " + id + " and RKEOHXL dialled port 42445 in vain, at MARKER.local."},
	}
	if err := Write(&out, folder, facts, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	files := unzip(t, out.Bytes())
	for _, name := range []string{"about.txt", "network.txt", logFile, crashedFile} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for name, said := range files {
		for _, not := range []string{"marker", "马", "rkeohxl", "10.1.2.3", "10.9.8.7", "fe80", "lane", "anna"} {
			if at := strings.Index(strings.ToLower(said), not); at >= 0 {
				t.Errorf("%s has %q: %.80s", name, not, said[max(0, at-20):])
			}
		}
	}
	for name, wants := range map[string][]string{
		"about.txt":   {"haggle 1.2.3"},
		"network.txt": {"Used: eth0 (", "<peer ", "dialled port 42445 in vain"},
		logFile:       {`msg="Link broken off" peer=<peer`, "reason=timeout", "attempt=3", "connection refused", "level=WARN", "no such host", "denied", "is not allowed"},
		crashedFile:   {"panic: <left out>", "goroutine 1 [running]:", "haggle/logbook.TestMain(", "logbook/logbook_test.go:"},
	} {
		for _, want := range wants {
			if !strings.Contains(files[name], want) {
				t.Errorf("%s lacks %q:\n%s", name, want, files[name])
			}
		}
	}
	if n := strings.Count(files[logFile], "\n"); n != 13 {
		t.Errorf("the log has %d lines of 13:\n%s", n, files[logFile])
	}
}

// TestReportOfAnEmptyFolder has what there is.
func TestReportOfAnEmptyFolder(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, filepath.Join(t.TempDir(), "none"), Facts{Program: []string{"haggle"}}, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if files := unzip(t, out.Bytes()); len(files) != 2 || !strings.HasPrefix(files["network.txt"], "Not asked") {
		t.Errorf("%q", files)
	}
	if err := Write(failing{}, t.TempDir(), Facts{}, time.Unix(0, 0)); err == nil {
		t.Error("a disk that is full is not told of")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestTraceKeepsWhatHelps: of a crash of the language's own kinds all but folders is kept.
func TestTraceKeepsWhatHelps(t *testing.T) {
	folder := t.TempDir()
	crash(t, folder, "index")
	clean := trace(text(t, folder, crashFile))
	for _, want := range []string{"panic: runtime error: index out of range [1] with length 0", "goroutine 1 [running]:", "logbook/logbook_test.go:"} {
		if !strings.Contains(clean, want) {
			t.Errorf("%q is missing:\n%s", want, clean)
		}
	}
	if strings.Contains(clean, "left out") || strings.Contains(clean, "/opt") {
		t.Errorf("left out, or not:\n%s", clean)
	}
	for line, want := range map[string]string{
		"\t/opt/somebody/src/haggle/ui/app.go:12 +0x1d":                           "\tui/app.go:12 +0x1d",
		"\tC:/somebody/haggle/ui/app.go:12":                                       "\tui/app.go:12",
		"created by haggle/peer.(*Node).serve in goroutine 7":                     "created by haggle/peer.(*Node).serve in goroutine 7",
		"haggle/ui.read[...].func1()":                                             "haggle/ui.read[...].func1()",
		"haggle/ui.(*App).apply(0xc000123, {0x55, 0x0?}, ...)":                    "haggle/ui.(*App).apply(0xc000123, {0x55, 0x0?}, ...)",
		"goroutine 12 gp=0xc0001 m=3 mp=0xc02 [chan receive, 3 minutes]:":         "goroutine 12 gp=0xc0001 m=3 mp=0xc02 [chan receive, 3 minutes]:",
		"[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a]":      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a]",
		"panic: runtime error: invalid memory address or nil pointer dereference": "panic: runtime error: invalid memory address or nil pointer dereference",
		"panic: some words": "",
		"some words":        "",
		"fatal error: all goroutines are asleep - deadlock!":                         "",
		"panic: runtime error: index out of range [5] with length 3 [recovered] and": "",
		"panic: runtime error: index out of range [-1] [recovered]":                  "panic: runtime error: index out of range [-1] [recovered]",
	} {
		if got, ok := traceLine(line); got != want || ok != (want != "") {
			t.Errorf("%q becomes %q", line, got)
		}
	}
}
