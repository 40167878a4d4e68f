package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"haggle/chat"
)

// A power cut is a copy of the disk below a file system, taken while the writer stands still: what no sync forced out of the
// kernel's memory is not in it.

// disk is a file with an ext4 in it.
type disk struct {
	image string
	mount string
}

func needDisk(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: needs root")
	}
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		t.Skip("skipped: needs mkfs.ext4")
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// newDisk makes and mounts a disk of that many bytes.
func newDisk(t *testing.T, size int64) disk {
	t.Helper()
	d := disk{image: filepath.Join(t.TempDir(), "disk")}
	if err := os.WriteFile(d.image, nil, privateFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, size); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", "-q", "-F", "-m", "0", d.image)
	return d.mounted(t)
}

func (d disk) mounted(t *testing.T) disk {
	t.Helper()
	d.mount = filepath.Join(filepath.Dir(d.image), "mount")
	if err := os.Mkdir(d.mount, privateFolder); err != nil {
		t.Fatal(err)
	}
	run(t, "mount", "-o", "loop", d.image, d.mount)
	t.Cleanup(d.unmount)
	return d
}

func (d disk) unmount() { _ = exec.Command("umount", d.mount).Run() }

func (d disk) store() string { return filepath.Join(d.mount, "store") }

// copied is the disk as it is now: read until two readings are equal.
func (d disk) copied(t *testing.T) disk {
	t.Helper()
	c := disk{image: filepath.Join(t.TempDir(), "disk")} // of a new name: a loop device may still know the old one
	for range 20 {
		run(t, "cp", "--sparse=always", d.image, c.image)
		if equalFiles(t, d.image, c.image) {
			return c.mounted(t)
		}
	}
	t.Fatal("the disk does not come to rest")
	return c
}

func equalFiles(t *testing.T, a, b string) bool {
	t.Helper()
	f, err := os.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	g, err := os.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	x, y := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, errF := io.ReadFull(f, x)
		m, errG := io.ReadFull(g, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false
		}
		if errF != nil || errG != nil {
			return errF == errG //nolint:errorlint // both io.EOF or both io.ErrUnexpectedEOF
		}
	}
}

// freeze stops a process and returns once all its threads have.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		stopped := len(stats) > 0
		for _, name := range stats {
			text, err := os.ReadFile(name)
			_, after, ok := strings.Cut(string(text), ") ")
			stopped = stopped && err == nil && ok && after[0] == 'T'
		}
		if stopped {
			return
		}
	}
	t.Fatal("the writer does not stop")
}

// cut runs a writer on the disk for a while, cuts the power, and returns the disk that is left and what was safe.
func (d disk) cut(t *testing.T, chance *rand.Rand, mode string) (disk, uint64) {
	t.Helper()
	w := startWriter(t, d.store(), mode)
	if line := w.line(); line != "open" {
		t.Fatalf("writer says %q", line)
	}
	last := make(chan uint64)
	go func() {
		safe := uint64(0)
		for w.lines.Scan() {
			if seq, ok := parseSafe(w.lines.Text()); ok {
				safe = seq
			}
		}
		last <- safe
	}()
	<-time.After(time.Duration(200+chance.IntN(400)) * time.Millisecond)
	freeze(t, w.cmd.Process.Pid)
	left := d.copied(t)
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	safe := <-last
	_ = w.cmd.Wait()
	d.unmount()
	return left, safe
}

// TestPowerCut cuts the power under a store again and again: what was confirmed is there when it comes back.
func TestPowerCut(t *testing.T) {
	needDisk(t)
	cuts := 5
	if os.Getenv("HAGGLE_SOAK") != "" {
		cuts = 100
	}
	d, chance := newDisk(t, 256<<20), lots(t)
	held := uint64(0)
	for range cuts {
		var safe uint64
		d, safe = d.cut(t, chance, "")
		held = verify(t, d.store(), max(safe, held))
	}
	if held < uint64(cuts) {
		t.Fatalf("only %d messages were written", held)
	}
	t.Logf("%d messages", held)
}

// TestPowerCutBlobs does the same to pictures: parts may be torn, which is noticed.
func TestPowerCutBlobs(t *testing.T) {
	needDisk(t)
	d, chance := newDisk(t, 256<<20), lots(t)
	held := uint64(0)
	for range 3 {
		var safe uint64
		d, safe = d.cut(t, chance, modeBlobs)
		held = verifyPictures(t, d.store(), max(safe, held), true)
	}
	if held < 3 {
		t.Fatalf("only %d pictures", held)
	}
	t.Logf("%d pictures", held)
}

// TestPowerCutWithoutSync is the test of the test: without the journal's syncs it must find a loss.
func TestPowerCutWithoutSync(t *testing.T) {
	needDisk(t)
	chance := lots(t)
	for range 5 {
		d, safe := newDisk(t, 256<<20).cut(t, chance, modeNoSync)
		me, _ := keyOf(1)
		db, err := open(Options{Dir: d.store(), Self: me, MinFree: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := newAuthor(0)
		if err := a.resume(db); err != nil && !errors.Is(err, chat.ErrNotFound) {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if a.seq < safe {
			t.Logf("%d of %d messages lost", safe-a.seq, safe)
			return
		}
	}
	t.Fatal("nothing was ever lost")
}
