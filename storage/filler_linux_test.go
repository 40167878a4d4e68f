package storage

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestDiskFilledByAnother lets another program take the disk, the reserve included, while the writer writes: what it was told
// is safe is there, and it goes on by itself once there is room. In every second round the other allocates all at once: the
// writer may die of that, for Badger writes through the kernel's memory; then it starts again.
func TestDiskFilledByAnother(t *testing.T) {
	needDisk(t)
	const enough = 1000 // messages before the disk fills up
	rounds := 1
	if os.Getenv("HAGGLE_SOAK") != "" {
		rounds = 100
	}
	died := 0
	for round := range rounds {
		d := newDisk(t, int64(128+round%3*64)<<20)
		w := startWriter(t, d.store(), modeReserve)
		safe := uint64(0)
		next := func() (line string, more bool) {
			more = w.lines.Scan()
			if seq, ok := parseSafe(w.lines.Text()); more && ok {
				safe = seq
			}
			return w.lines.Text(), more
		}
		alive := true
		for alive && safe < enough {
			_, alive = next()
		}
		if !alive {
			t.Fatalf("round %d: the writer ended after %d messages", round, safe)
		}
		stop, filled := make(chan struct{}), make(chan error, 1)
		go func() { filled <- d.devour(stop, round%2 == 1) }()
		for line := ""; alive && line != "refused"; {
			line, alive = next()
		}
		for until := time.Now().Add(300 * time.Millisecond); alive && time.Now().Before(until); {
			_, alive = next() // it goes on trying, and the other goes on taking
		}
		close(stop)
		if err := <-filled; err != nil {
			t.Fatal(err)
		}
		if alive {
			for before := safe; alive && safe == before; {
				_, alive = next()
			}
		}
		if alive {
			if err := w.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		} else if died++; round%2 == 0 {
			t.Errorf("round %d: the writer died of a disk that another program filled by writing", round)
		}
		safe = w.drain(t, safe)
		if held := verify(t, d.store(), safe); held < enough {
			t.Fatalf("round %d: %d messages", round, held)
		}
		d.unmount()
	}
	t.Logf("%d disks filled up, %d writers died of it", rounds, died)
}

// devour takes every bit of room there is, by writing or at once, again and again, until stop is closed; then it gives all
// back.
func (d disk) devour(stop <-chan struct{}, atOnce bool) error {
	name := filepath.Join(d.mount, "devourer")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	size, chunk := int64(0), make([]byte, 256<<10)
	more := func() (err error) {
		if atOnce {
			return syscall.Fallocate(int(f.Fd()), 0, size, int64(len(chunk)))
		}
		_, err = f.Write(chunk)
		return err
	}
	for {
		select {
		case <-stop:
			return errors.Join(f.Close(), os.Remove(name))
		default:
		}
		switch err := more(); {
		case err == nil:
			size += int64(len(chunk))
		case errors.Is(err, syscall.ENOSPC):
			chunk = chunk[:max(len(chunk)/2, 4096)]
		default:
			return errors.Join(err, f.Close())
		}
	}
}
