//go:build !windows && !darwin

package autostart

import (
	"fmt"
	"os"
	"path/filepath"
)

// system is where this system keeps items.
func system() (store, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("autostart: %w", err)
	}
	return desktopFiles(filepath.Join(config, "autostart")), nil
}
