// Package vault keeps the lock of a profile folder: the padlock file, what a keyring knows of it, and the small files that lie
// beside the store.
//
// The common case: Open a folder with what its owner typed, give Key and Unlocking to the store, read and write the other
// files through Seal and Unseal, and Settle when the store is open. Lock and Unlock say what is to be from the next start on;
// that start does the work, and the one after it what a kill left over.
//
// # The files
//
//	padlock         the data key, wrapped; see package seal. Replaced as a whole
//	padlock.copy    the same once more: without one of them nothing can ever be read again
//	identity.pem    sealed under a lock, and so are
//	window.json
//	desk/*
//	replaced-*      what was there before a backup was brought back
//
// The padlock is there before anything is sealed, and goes when nothing is any more.
package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"haggle/storage/seal"
)

var (
	// ErrNeeded says that the folder is locked and no passphrase was given.
	ErrNeeded = errors.New("the profile is locked: it needs its passphrase")
	// ErrLocked says that there is a lock already, ErrOpen that there is none.
	ErrLocked = errors.New("the profile has a lock already")
	ErrOpen   = errors.New("the profile has no lock")
)

const (
	padlockFile = "padlock"
	copySuffix  = ".copy"
	deskDir     = "desk"
	ownerOnly   = 0o600
	maxFile     = 64 << 20
)

// beside are the sealed files that lie beside the store.
var beside = []string{"identity.pem", "window.json"}

// Vault is an open profile folder. The zero value of its lock is none. One goroutine uses it, but for Seal and Unseal.
type Vault struct {
	dir     string
	ring    Ring
	cost    seal.Cost
	key     *seal.Key
	files   *seal.Files
	sealing bool // what is written is sealed
	padlock seal.Padlock
}

// Open opens the folder with a passphrase; without one a keyring may know. ErrNeeded, seal.ErrPassphrase, seal.ErrPadlock,
// seal.ErrNewerPadlock; nothing is touched then. A folder without a lock needs no passphrase.
func Open(dir, passphrase string, ring Ring) (*Vault, error) {
	v := &Vault{dir: dir, ring: ring, cost: seal.Usual}
	p, err := readPadlock(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.padlock = p
	key, err := v.unwrap(passphrase)
	if err != nil {
		return nil, err
	}
	v.use(key)
	return v, v.mend()
}

// mend makes padlock and copy alike: a kill between the two may have left the old passphrase in one.
func (v *Vault) mend() error {
	for _, name := range []string{padlockFile, padlockFile + copySuffix} {
		raw, err := readFile(v.path(name))
		if err == nil && string(raw) == string(v.padlock.Encode()) {
			continue
		}
		if err := replaceFile(v.path(name), v.padlock.Encode()); err != nil {
			return fmt.Errorf("padlock: %w", err)
		}
	}
	return nil
}

// unwrap is the key for a passphrase, or for what the keyring has.
func (v *Vault) unwrap(passphrase string) (seal.Key, error) {
	if passphrase != "" {
		return v.padlock.Open(passphrase)
	}
	if v.padlock.Keyring != nil {
		if secret, err := v.ring.Get(v.padlock.ID); err == nil {
			if key, err := v.padlock.OpenWith(secret); err == nil {
				return key, nil
			}
		}
	}
	return seal.Key{}, ErrNeeded
}

func (v *Vault) use(key seal.Key) {
	v.key, v.files, v.sealing = &key, key.Files(), v.padlock.State != seal.Unlocking
}

// IsLocked reports whether a folder has a lock.
func IsLocked(dir string) bool {
	_, err := readPadlock(dir)
	return !errors.Is(err, fs.ErrNotExist)
}

// Key is what everything is sealed with, nil without a lock.
func (v *Vault) Key() *seal.Key { return v.key }

// Unlocking reports whether the lock is being taken away.
func (v *Vault) Unlocking() bool { return v.key != nil && v.padlock.State == seal.Unlocking }

// Settled reports whether there is nothing for the next start to do.
func (v *Vault) Settled() bool { return v.key == nil || v.padlock.State == seal.Locked }

// Remembered reports whether a keyring was given what opens the lock.
func (v *Vault) Remembered() bool { return v.padlock.Keyring != nil }

// Lock puts a lock on: the store is to be sealed now, and Settle does the rest. ErrLocked, seal.ErrEmpty.
func (v *Vault) Lock(passphrase string) error {
	key, err := v.lock(passphrase)
	if err == nil {
		v.use(key)
	}
	return err
}

// PrepareLock is Lock for the next start; until then everything stays as it is.
func (v *Vault) PrepareLock(passphrase string) error {
	_, err := v.lock(passphrase)
	return err
}

func (v *Vault) lock(passphrase string) (seal.Key, error) {
	if v.key != nil {
		return seal.Key{}, ErrLocked
	}
	key := seal.NewKey()
	p, err := seal.NewPadlock(key, passphrase, v.cost)
	if err != nil {
		return key, err
	}
	return key, v.write(p)
}

// Unlock takes the lock away: the store is to be opened now, and Settle does the rest. ErrOpen, seal.ErrPassphrase.
func (v *Vault) Unlock(passphrase string) error {
	err := v.PrepareUnlock(passphrase)
	v.sealing = v.sealing && err != nil
	return err
}

// PrepareUnlock is Unlock for the next start; until then everything stays as it is.
func (v *Vault) PrepareUnlock(passphrase string) error {
	if err := v.Check(passphrase); err != nil {
		return err
	}
	p := v.padlock
	p.State = seal.Unlocking
	return v.write(p)
}

// Change replaces the passphrase; nothing is sealed anew. ErrOpen, seal.ErrPassphrase, seal.ErrEmpty.
func (v *Vault) Change(old, passphrase string) error {
	if err := v.Check(old); err != nil {
		return err
	}
	p, err := v.padlock.WithPassphrase(*v.key, passphrase, v.cost)
	if err != nil {
		return err
	}
	return v.write(p)
}

// Check asks for the passphrase once more. ErrOpen, seal.ErrPassphrase.
func (v *Vault) Check(passphrase string) error {
	if v.key == nil {
		return ErrOpen
	}
	_, err := v.padlock.Open(passphrase)
	return err
}

// Remember gives the system's keyring what opens the lock. ErrOpen, ErrNoRing.
func (v *Vault) Remember() error {
	if v.key == nil {
		return ErrOpen
	}
	p, secret := v.padlock.WithKeyring(*v.key)
	if err := v.ring.Set(p.ID, secret); err != nil {
		return err
	}
	return v.write(p)
}

// Forget makes what a keyring has useless, and takes it out.
func (v *Vault) Forget() error {
	if v.key == nil {
		return ErrOpen
	}
	if err := v.write(v.padlock.WithoutKeyring()); err != nil {
		return err
	}
	_ = v.ring.Delete(v.padlock.ID) // it opens nothing any more
	return nil
}

// Seal is what is written for a file: under a lock, its content sealed. From any goroutine.
func (v *Vault) Seal(name string, content []byte) []byte {
	if !v.sealing {
		return content
	}
	return v.files.Seal(name, content)
}

// Unseal is the content of a file, sealed or not. seal.ErrForged. From any goroutine.
func (v *Vault) Unseal(name string, file []byte) ([]byte, error) {
	switch {
	case !seal.IsFile(file):
		return file, nil
	case v.files == nil:
		return nil, seal.ErrForged
	}
	return v.files.Open(name, file)
}

// Settle makes the files beside the store what they should be, once the store is, and notes that all is done.
func (v *Vault) Settle() error {
	if v.Settled() {
		return nil
	}
	if err := v.settleFiles(); err != nil {
		return err
	}
	if !v.Unlocking() {
		p := v.padlock
		p.State = seal.Locked
		return v.write(p)
	}
	for _, name := range []string{padlockFile + copySuffix, padlockFile} {
		if err := os.Remove(v.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := syncDir(v.dir); err != nil {
		return err
	}
	if v.Remembered() {
		_ = v.ring.Delete(v.padlock.ID) // there is nothing left for it to open
	}
	v.key, v.files, v.sealing, v.padlock = nil, nil, false, seal.Padlock{}
	return nil
}

func (v *Vault) settleFiles() error {
	names := append([]string{}, beside...)
	for _, dir := range []string{".", deskDir} {
		entries, err := os.ReadDir(v.path(dir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			switch {
			case !e.Type().IsRegular():
			case strings.HasSuffix(e.Name(), ".new"), strings.HasSuffix(e.Name(), ".tmp"):
				if err := os.Remove(v.path(filepath.Join(dir, e.Name()))); err != nil { // a kill left it
					return err
				}
			case dir == deskDir:
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
	}
	replaced, err := v.replaced()
	if err != nil {
		return err
	}
	for _, name := range append(names, replaced...) {
		if err := v.settleFile(name); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	return nil
}

// replaced lists the files of profiles that a backup took the place of.
func (v *Vault) replaced() (names []string, err error) {
	dirs, err := filepath.Glob(v.path("replaced-*"))
	for _, dir := range dirs {
		err = errors.Join(err, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				name, err = filepath.Rel(v.dir, name)
				names = append(names, name)
			}
			return err
		}))
	}
	return names, err
}

func (v *Vault) settleFile(name string) error {
	info, err := os.Lstat(v.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	raw, err := os.ReadFile(v.path(name))
	if err != nil || seal.IsFile(raw) != v.Unlocking() {
		return err
	}
	content, err := v.Unseal(filepath.Base(name), raw)
	if err != nil {
		return nil // it is damaged, and stays for whoever can mend it
	}
	return replaceFile(v.path(name), v.Seal(filepath.Base(name), content))
}

func (v *Vault) path(name string) string { return filepath.Join(v.dir, name) }

// write makes a padlock durable, and the copy the same.
func (v *Vault) write(p seal.Padlock) error {
	for _, name := range []string{padlockFile, padlockFile + copySuffix} {
		if err := replaceFile(v.path(name), p.Encode()); err != nil {
			return fmt.Errorf("padlock: %w", err)
		}
	}
	v.padlock = p
	return nil
}

// readPadlock reads the padlock, or its copy if that is damaged or lost. fs.ErrNotExist if there is neither.
func readPadlock(dir string) (seal.Padlock, error) {
	var first error
	for _, name := range []string{padlockFile, padlockFile + copySuffix} {
		raw, err := readFile(filepath.Join(dir, name))
		if err == nil {
			var p seal.Padlock
			if p, err = seal.ParsePadlock(raw); err == nil {
				return p, nil
			}
		}
		if first == nil || errors.Is(first, fs.ErrNotExist) {
			first = err
		}
	}
	return seal.Padlock{}, fmt.Errorf("padlock: %w", first)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil, seal.ErrPadlock
	}
	return os.ReadFile(path)
}

// replaceFile makes content that of a file, durably and all at once.
func replaceFile(path string, content []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, ownerOnly)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".tmp"))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
