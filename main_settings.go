//go:build !headless

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"haggle/peer"
	"haggle/ui"
)

// What the window keeps in the profile folder beside the store.
const (
	settingsFile = "window.json"
	deskDir      = "desk"
	maxKept      = 4 << 20 // bytes of one file that is read back
)

// loadSettings reads what a person chose for the window; nothing on the first start. A file that cannot be read counts as
// nothing, too, and is overwritten by the next choice.
func loadSettings(dir string, safe peer.Safe) (ui.Settings, error) {
	var s ui.Settings
	raw, err := readBounded(filepath.Join(dir, settingsFile))
	if err != nil || raw == nil {
		return s, err
	}
	if raw, err = safe.Unseal(settingsFile, raw); err != nil {
		return s, fmt.Errorf("%s: %w", settingsFile, err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return ui.Settings{}, fmt.Errorf("%s: %w", settingsFile, err)
	}
	return s, nil
}

// keepSettings makes the settings durable.
func keepSettings(dir string, safe peer.Safe, s ui.Settings) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, settingsFile), safe.Seal(settingsFile, append(raw, '\n')))
}

// desk keeps what is being written in a folder; it is ui.Desk.
type desk struct {
	dir  string
	safe peer.Safe
}

// Keep implements ui.Desk.
func (d desk) Keep(name string, data []byte) error {
	at, err := d.at(name)
	if err != nil {
		return err
	}
	if data == nil {
		if err := os.Remove(at); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(d.dir, ownerOnly); err != nil {
		return err
	}
	return replaceFile(at, d.safe.Seal(name, data))
}

// Kept implements ui.Desk.
func (d desk) Kept(name string) ([]byte, error) {
	at, err := d.at(name)
	if err != nil {
		return nil, err
	}
	raw, err := readBounded(at)
	if err != nil || raw == nil {
		return nil, err
	}
	return d.safe.Unseal(name, raw)
}

// Drop implements ui.Desk.
func (d desk) Drop(prefix string) error {
	files, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), prefix) {
			err = errors.Join(err, os.Remove(filepath.Join(d.dir, f.Name())))
		}
	}
	return err
}

func (d desk) at(name string) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if name == "" || strings.Trim(name, letters) != "" {
		return "", fmt.Errorf("desk: no name: %q", name)
	}
	return filepath.Join(d.dir, name), nil
}

// readBounded reads a file of ours, nil if there is none.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKept {
		return nil, fmt.Errorf("%s has %d bytes, at most %d", filepath.Base(path), info.Size(), maxKept)
	}
	return os.ReadFile(path)
}
