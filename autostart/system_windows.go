package autostart

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// The keys of the person who is logged in: what starts, and what of it the task manager has turned off.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
)

// system is where this system keeps items.
func system() (store, error) { return runStore{}, nil }

// runStore keeps each item as a value under the Run key.
type runStore struct{}

func (runStore) text(i Item) (string, error) { return runValue(i) }

func (runStore) read(name string) (text string, on bool, err error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("autostart: %w", err)
	}
	defer func() { _ = key.Close() }()
	text, _, err = key.GetStringValue(name)
	if errors.Is(err, registry.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("autostart: %w", err)
	}
	return text, approved(name), nil
}

// approved reports whether the task manager has not turned an item off. It says so by an odd first byte.
func approved(name string) bool {
	key, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return true
	}
	defer func() { _ = key.Close() }()
	state, _, err := key.GetBinaryValue(name)
	return err != nil || len(state) == 0 || state[0]&1 == 0
}

func (runStore) write(name, text string) error {
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("autostart: %w", err)
	}
	defer func() { _ = key.Close() }()
	if err := key.SetStringValue(name, text); err != nil {
		return fmt.Errorf("autostart: %w", err)
	}
	return forget(approvedKey, name)
}

func (runStore) remove(name string) error {
	return errors.Join(forget(runKey, name), forget(approvedKey, name))
}

// forget removes a value, if there is one.
func forget(of, name string) error {
	key, err := registry.OpenKey(registry.CURRENT_USER, of, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("autostart: %w", err)
	}
	defer func() { _ = key.Close() }()
	if err := key.DeleteValue(name); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("autostart: %w", err)
	}
	return nil
}
