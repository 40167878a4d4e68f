package journal

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const (
	childDir   = "JOURNAL_TEST_CHILD_DIR"
	killRounds = 30
)

// TestMain lets the test binary be the child that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// killRecord makes a record whose content tells its number and those of the first and last of its batch.
func killRecord(n, first, last uint64) Record {
	b := make([]byte, 24+n%50)
	binary.LittleEndian.PutUint64(b, n)
	binary.LittleEndian.PutUint64(b[8:], first)
	binary.LittleEndian.PutUint64(b[16:], last)
	return Record{Type: byte(n), Payload: b}
}

// child appends for ever, saying "start" before it opens the journal and the newest number after each acknowledged batch.
func child(dir string) error {
	fmt.Println("start")
	j, r, err := Open(Options{Seal: testSeal, Dir: dir, first: 16 << 10, max: 64 << 10})
	if err != nil {
		return err
	}
	if len(r.Holes) > 0 {
		return fmt.Errorf("holes after a kill: %v", r.Holes)
	}
	for {
		first := j.Next()
		last := first + rand.Uint64N(20)
		var batch []Record
		for n := first; n <= last; n++ {
			batch = append(batch, killRecord(n, first, last))
		}
		if _, err := j.Append(batch, true); err != nil {
			return err
		}
		fmt.Println(last)
		if last%40 == 0 {
			keep := func(n uint64, _ byte, _ []byte) bool { return n%5 == 0 }
			if err := compactAll(j, Compaction{Through: last, Keep: keep}); err != nil {
				return err
			}
		}
	}
}

// TestKill kills a writing process with SIGKILL, each third time while it starts. Nothing it acknowledged may be missing, no
// batch may be torn.
func TestKill(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var acked uint64
	for round := range killRounds {
		lines := 1 // "start" only
		if round%3 != 0 {
			lines += 1 + rand.IntN(200)
		}
		acked = max(acked, killChild(t, exe, dir, lines))
		j, r, err := Open(Options{Seal: testSeal, Dir: dir, first: 16 << 10, max: 64 << 10})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkKilled(t, j, r, acked)
		acked = j.Next() - 1
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d records", killRounds, acked)
	if acked < 1000 {
		t.Errorf("only %d records were written", acked)
	}
}

// killChild runs a child until it has printed some lines, kills it, and returns the last number that it acknowledged.
func killChild(t *testing.T, exe, dir string, lines int) (acked uint64) {
	t.Helper()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(out)
	for read := 0; s.Scan(); read++ {
		if n, err := strconv.ParseUint(s.Text(), 10, 64); err == nil {
			acked = n
		}
		if read+1 == lines {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait() // it was killed
	if stderr.Len() > 0 {
		t.Fatalf("child: %s", stderr.String())
	}
	return acked
}

func checkKilled(t *testing.T, j *Journal, r *Report, acked uint64) {
	t.Helper()
	if len(r.Holes) > 0 || len(r.Quarantined) > 0 || r.Next <= acked {
		t.Fatalf("acknowledged up to %d, report %+v", acked, r)
	}
	expected := uint64(1)
	err := j.Read(1, func(n uint64, typ byte, payload []byte) error {
		for ; expected < n; expected++ {
			if expected%5 == 0 {
				return fmt.Errorf("record %d is missing", expected)
			}
		}
		expected++
		first, last := binary.LittleEndian.Uint64(payload[8:]), binary.LittleEndian.Uint64(payload[16:])
		if want := killRecord(n, first, last); typ != want.Type || string(payload) != string(want.Payload) {
			return fmt.Errorf("record %d is wrong", n)
		}
		if last >= r.Next {
			return fmt.Errorf("record %d belongs to the batch from %d to %d, which is torn", n, first, last)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
