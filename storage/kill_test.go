package storage

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// soak multiplies the rounds of tests that draw lots, for a long run.
func soak(rounds int) int {
	if os.Getenv("HAGGLE_SOAK") != "" {
		return rounds * 20
	}
	return rounds
}

// writer is a process that writes to a store.
type writer struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

func startWriter(t *testing.T, dir, mode string) *writer {
	t.Helper()
	w := &writer{cmd: exec.Command(os.Args[0])}
	w.cmd.Env = append(os.Environ(), writerDir+"="+dir, writerMode+"="+mode)
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		w.stdin, err = w.cmd.StdinPipe()
	}
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	w.lines = bufio.NewScanner(out)
	return w
}

// line is the next line, "" at the end.
func (w *writer) line() string {
	w.lines.Scan()
	return w.lines.Text()
}

// drain reads what is left after the end and returns the last message that was safe.
func (w *writer) drain(t *testing.T, safe uint64) uint64 {
	t.Helper()
	for w.lines.Scan() {
		if seq, ok := parseSafe(w.lines.Text()); ok {
			safe = seq
		} else if strings.HasPrefix(w.lines.Text(), "error:") {
			t.Fatalf("writer: %s", w.lines.Text())
		}
	}
	err := w.cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return safe
}

// TestKilled kills the writer at random instants, a third of them while it starts, and looks after each: nothing that was
// safe is lost, doubled or out of order, and it starts again.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	safe, held := uint64(0), uint64(0)
	chance := lots(t)
	for round := range soak(30) {
		w := startWriter(t, dir, "")
		delay := time.Duration(chance.IntN(60)) * time.Millisecond
		if round%3 > 0 {
			if line := w.line(); line != "open" {
				t.Fatalf("round %d: writer says %q", round, line)
			}
			delay *= 2
		}
		<-time.After(delay)
		if err := w.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		safe = w.drain(t, max(safe, held))
		if round%3 == 2 { // else the next writer finds what the last one left
			held = verify(t, dir, safe)
		}
	}
	if held = verify(t, dir, safe); held < 30 {
		t.Fatalf("only %d messages were written", held)
	}
	t.Logf("%d messages", held)
}
