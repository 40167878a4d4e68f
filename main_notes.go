//go:build !headless

package main

import (
	"io"
	"path/filepath"
	"sync"

	"haggle/logbook"
)

// notes is where the window's log goes: to standard error, which nobody sees of a program that was double-clicked, and into
// the profile's logbook, once the profile is open. What fails of either stops nobody.
type notes struct {
	messages io.Writer

	mu   sync.Mutex
	book *logbook.Book
}

// Write implements io.Writer.
func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, _ = n.messages.Write(p)
	if n.book != nil {
		_, _ = n.book.Write(p)
	}
	return len(p), nil
}

// open opens the logbook of a profile that is locked.
func (n *notes) open(dir string) error {
	book, err := logbook.Open(filepath.Join(dir, logDir))
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.book = book
	return nil
}

// crashed is where that is kept which the last run said when it crashed; "" if it did not.
func (n *notes) crashed() string {
	if n.book == nil || !n.book.Crashed() {
		return ""
	}
	return n.book.CrashLog()
}

// Close ends the logbook; what is said afterwards goes to standard error alone.
func (n *notes) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.book == nil {
		return nil
	}
	book := n.book
	n.book = nil
	return book.Close()
}
