//go:build !headless

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"haggle/autostart"
)

// startItem is how the system starts a profile when somebody logs in: hidden, with the folder that was given. Each profile has
// an item of its own, and the usual one the plain name.
func startItem(o options, dir string) (autostart.Item, error) {
	program, err := os.Executable()
	if err != nil {
		return autostart.Item{}, err
	}
	item := autostart.Item{Name: appID, Title: "Haggle", Program: program, Args: []string{"--hidden"}}
	if o.data != "" {
		item.Args = append(item.Args, "--data", dir)
	}
	if usual, err := usualDir(); err != nil || usual != dir {
		sum := sha256.Sum256([]byte(dir))
		item.Name += "-" + hex.EncodeToString(sum[:4])
		item.Title += " (" + filepath.Base(dir) + ")"
	}
	return item, nil
}
