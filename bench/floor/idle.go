package floor

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"haggle/bench/ends"
)

// Idle keeps an empty Badger open and does nothing with it, until standard input ends: what a program that stands on it
// takes at least.
func Idle(dir string) error {
	db, err := openDB(filepath.Join(dir, "db"), false)
	if err != nil {
		return err
	}
	ends.TellReady("")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, db.Close())
}
