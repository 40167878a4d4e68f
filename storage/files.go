package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The files and folders of a store; see the package comment.
const (
	fileFormat     = "format"
	fileLock       = "lock"
	fileStarts     = "starts"
	fileDrafts     = "drafts"
	dirJournal     = "journal"
	dirIndex       = "index"
	dirQuarantine  = "quarantine"
	formatText     = "haggle store "
	plainFormat    = 1
	sealedFormat   = 2        // with a lock; an older program refuses it
	maxSmallFile   = 64 << 20 // drafts are the largest by far
	suspectStarts  = 3        // so many starts in a row that came to nothing make the index suspect
	privateFile    = 0o600
	privateFolder  = 0o700
	temporaryFiles = ".tmp"
)

// CheckFormat refuses with ErrNewer what a newer program wrote. It only reads, so that such a folder stays untouched; Open
// does it, too.
func CheckFormat(dir string) error {
	_, err := readFormat(dir)
	return err
}

// readFormat is the version that a store was written with, 0 if nothing says so.
func readFormat(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, fileFormat))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // new, or lost: the journal knows its own version
	}
	if err != nil {
		return 0, fmt.Errorf("format: %w", err)
	}
	number, ok := strings.CutPrefix(strings.TrimSpace(string(text)), strings.TrimSpace(formatText)+" ")
	version, err := strconv.Atoi(number)
	if !ok || err != nil || version < 1 {
		return 0, nil // damaged: it only exists to refuse
	}
	if version > sealedFormat {
		return version, fmt.Errorf("%w: format %d", ErrNewer, version)
	}
	return version, nil
}

// writeFormat puts the version down where it is not.
func writeFormat(dir string, version int) error {
	want := formatText + strconv.Itoa(version) + "\n"
	if text, err := os.ReadFile(filepath.Join(dir, fileFormat)); err == nil && string(text) == want {
		return nil
	}
	return replaceFile(dir, fileFormat, []byte(want))
}

// readStarts is the number of starts that came to nothing, 1 after one that was merely killed, 0 after a clean end.
func readStarts(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, fileStarts))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < 0 {
		return suspectStarts
	}
	return n
}

// writeStarts is not synced: after a power cut the count may be one less, which costs nothing.
func writeStarts(dir string, n int) error {
	return os.WriteFile(filepath.Join(dir, fileStarts), []byte(strconv.Itoa(n)+"\n"), privateFile)
}

// replaceFile writes a file so that a crash leaves the old or the new content, durable when it returns.
func replaceFile(dir, name string, content []byte) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+temporaryFiles, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, privateFile)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+temporaryFiles, path); err != nil {
		return err
	}
	return syncDir(dir)
}
