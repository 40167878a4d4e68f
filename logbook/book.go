package logbook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
)

// The files of a folder.
const (
	logFile     = "haggle.log"
	olderFile   = "haggle.1.log"   // what was in the log before
	crashFile   = "crash.log"      // of this run; empty, and gone with its end
	crashedFile = "last-crash.log" // of the last run that crashed
)

// maxLog is how many bytes a log has before the next is begun; there are two of them.
const maxLog = 1 << 20

// Book notes what happens in one run of the program. Its methods may be called from any goroutine.
type Book struct {
	folder  string
	crash   *os.File
	crashed bool

	mu   sync.Mutex
	log  *os.File // nil if it cannot be written now
	size int64
}

// Open makes the folder if it is missing and notes from now on what a crash of this process says. One process at a time has
// a folder open.
func Open(folder string) (*Book, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("logbook: %w", err)
	}
	b := &Book{folder: folder}
	if info, err := os.Stat(b.path(crashFile)); err == nil && info.Size() > 0 {
		if err := os.Rename(b.path(crashFile), b.path(crashedFile)); err != nil {
			return nil, fmt.Errorf("logbook: keep what a crash left: %w", err)
		}
		b.crashed = true
	}
	var err error
	if b.crash, err = os.OpenFile(b.path(crashFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, fmt.Errorf("logbook: %w", err)
	}
	if err := debug.SetCrashOutput(b.crash, debug.CrashOptions{}); err != nil {
		return nil, errors.Join(fmt.Errorf("logbook: %w", err), b.crash.Close())
	}
	return b, nil
}

// Crashed reports whether the run before this one ended with a crash.
func (b *Book) Crashed() bool { return b.crashed }

// CrashLog is where what the last crash said is kept.
func (b *Book) CrashLog() string { return b.path(crashedFile) }

// Write adds to the log. It never fails: a program goes on without its log.
func (b *Book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.log == nil && b.begin() != nil {
		return len(p), nil
	}
	if b.size > 0 && b.size+int64(len(p)) > maxLog {
		_ = b.log.Close()
		b.log = nil
		if os.Rename(b.path(logFile), b.path(olderFile)) != nil || b.begin() != nil {
			return len(p), nil
		}
	}
	n, err := b.log.Write(p[:min(len(p), maxLog)])
	b.size += int64(n)
	if err != nil {
		_ = b.log.Close()
		b.log = nil // the next line tries again
	}
	return len(p), nil
}

// begin opens the log where it ended.
func (b *Book) begin() error {
	f, err := os.OpenFile(b.path(logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	b.log, b.size = f, info.Size()
	return nil
}

// Close ends the run in order: it left no crash.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := errors.Join(debug.SetCrashOutput(nil, debug.CrashOptions{}), b.crash.Close())
	if removed := os.Remove(b.path(crashFile)); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	if b.log != nil {
		err = errors.Join(err, b.log.Close())
		b.log = nil
	}
	return err
}

func (b *Book) path(name string) string { return filepath.Join(b.folder, name) }
