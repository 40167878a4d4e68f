package autostart

import (
	"fmt"
	"os"
	"path/filepath"
)

// system is where this system keeps items.
func system() (store, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("autostart: %w", err)
	}
	return launchAgents(filepath.Join(home, "Library", "LaunchAgents")), nil
}
