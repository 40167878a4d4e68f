//go:build !headless

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"haggle/backup"
	"haggle/storage/seal"
	"haggle/ui"
	"haggle/vault"
)

// windowVault is the vault as the window has it. A change of the lock, and a restore, is only prepared while the profile is
// in use; the next start does it, so the program ends and starts again.
type windowVault struct {
	h       *haggle
	restart func()

	mu         sync.Mutex
	locked     bool
	remembered bool
}

func newWindowVault(h *haggle, restart func()) *windowVault {
	return &windowVault{h: h, restart: restart, locked: h.vault.Key() != nil, remembered: h.vault.Remembered()}
}

// Locked implements ui.Vault.
func (v *windowVault) Locked() bool { return v.locked }

// Remembered implements ui.Vault.
func (v *windowVault) Remembered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.remembered
}

// use does one thing with the vault after the other: what it writes meanwhile is sealed as before.
func (v *windowVault) use(do func(*vault.Vault) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := do(v.h.vault)
	v.remembered = v.h.vault.Remembered()
	return vaultFailure(err)
}

// Lock implements ui.Vault.
func (v *windowVault) Lock(passphrase string) error {
	return v.use(func(w *vault.Vault) error { return w.PrepareLock(passphrase) })
}

// Unlock implements ui.Vault.
func (v *windowVault) Unlock(passphrase string) error {
	return v.use(func(w *vault.Vault) error { return w.PrepareUnlock(passphrase) })
}

// Change implements ui.Vault.
func (v *windowVault) Change(old, passphrase string) error {
	return v.use(func(w *vault.Vault) error { return w.Change(old, passphrase) })
}

// Remember implements ui.Vault.
func (v *windowVault) Remember(on bool) error {
	return v.use(func(w *vault.Vault) error {
		if on {
			return w.Remember()
		}
		return w.Forget()
	})
}

// BackUp implements ui.Vault.
func (v *windowVault) BackUp(file, passphrase string) error {
	return vaultFailure(v.h.backUp(file, passphrase))
}

// Restore implements ui.Vault.
func (v *windowVault) Restore(file, passphrase string) error {
	return vaultFailure(prepareRestore(v.h.dir, file, passphrase))
}

// Restart implements ui.Vault.
func (v *windowVault) Restart() { v.restart() }

// vaultFailure says in the window's words what went wrong.
func vaultFailure(err error) error {
	for ours, theirs := range map[error]error{
		seal.ErrPassphrase: ui.ErrWrongPassphrase, backup.ErrPassphrase: ui.ErrWrongPassphrase,
		seal.ErrEmpty: ui.ErrEmptyPassphrase, backup.ErrEmpty: ui.ErrEmptyPassphrase,
		vault.ErrNoRing: ui.ErrNoKeyring, backup.ErrDamaged: ui.ErrNoBackup, backup.ErrNewer: ui.ErrNewerBackup, errExists: os.ErrExist,
	} {
		if errors.Is(err, ours) {
			return fmt.Errorf("%w: %w", theirs, err)
		}
	}
	return err
}

// startAgain starts the program once more, as it was started.
func startAgain() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	again := exec.Command(filepath.Clean(program), os.Args[1:]...) //nolint:gosec // this program, as a person started it
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Start(); err != nil {
		return err
	}
	return again.Process.Release()
}
