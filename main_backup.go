package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"haggle/backup"
	"haggle/peer"
	"haggle/storage"
	"haggle/vault"
)

var (
	// errExists says that a backup would take another file's place.
	errExists = errors.New("there is a file of that name already")
	// errNotEmpty says that a folder has a profile already.
	errNotEmpty = errors.New("the folder has a profile already")
)

// What of a profile is in a backup beside the store. The device is not: a profile that came back is a new one.
const (
	identityFile = "identity.pem"
	windowFile   = "window.json"
	draftsDir    = "desk"
	deviceFile   = "device"
	maxBeside    = 4 << 20
)

func backUp(o options, h *haggle) (string, error) {
	passphrase, err := o.secret(backupVariable, o.backupFile)
	if err == nil {
		_, err = h.openStore(o, deaf, func(*vault.Vault) error { return nil })
	}
	if err == nil {
		err = h.backUp(o.file, passphrase)
	}
	return "The backup is written. Keep its passphrase: there is no way to it without.", err
}

// backUp writes everything into one file, while the node goes on working. errExists, backup.ErrEmpty.
func (h *haggle) backUp(file, passphrase string) error {
	if _, err := os.Lstat(file); err == nil {
		return errExists
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.new")
	if err != nil {
		return err
	}
	err = h.writeBackup(f, passphrase)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = place(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// place gives a finished file its name, and takes nobody else's.
func place(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return errExists
	}
	if _, err := os.Lstat(to); err == nil { // a stick has no links
		return errExists
	}
	return os.Rename(from, to)
}

func (h *haggle) writeBackup(w io.Writer, passphrase string) error {
	b, err := backup.Create(w, passphrase)
	if err != nil {
		return err
	}
	names := []string{identityFile, windowFile}
	desk, err := os.ReadDir(filepath.Join(h.dir, draftsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range desk {
		if e.Type().IsRegular() && !strings.Contains(e.Name(), ".") {
			names = append(names, draftsDir+"/"+e.Name())
		}
	}
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(h.dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) && name != identityFile {
			continue
		}
		if err == nil {
			raw, err = h.vault.Unseal(filepath.Base(name), raw)
		}
		if err == nil {
			err = b.Put(name, int64(len(raw)), bytes.NewReader(raw))
		}
		if err != nil {
			return err
		}
	}
	err = h.store.Snapshot(func(name string, size int64, content io.Reader) error {
		return b.Put(storeDir+"/"+name, size, content)
	})
	if err != nil {
		return err
	}
	return b.Close()
}

func restore(o options, h *haggle) (string, error) {
	passphrase, err := o.secret(backupVariable, o.backupFile)
	if err != nil {
		return "", err
	}
	dir, lock, err := openProfile(o.data)
	if err != nil {
		return "", err
	}
	h.onEnd(lock.Close)
	for _, name := range kept {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return "", errNotEmpty
		}
	}
	return "The profile is back. It has no lock until one is put on.", restoreInto(dir, o.file, passphrase)
}

// A restore is made in a folder of its own. Once all of it is there and durable, a file says so, and its parts take their places:
// whenever the process dies, the next start gives it up, or does what is left.
const (
	restoringDir = "restoring"
	completeFile = "complete"
	restoredFile = "restored" // the profile was brought back and its node has not asked around yet
	replacedDir  = "replaced-"
)

// kept is what belongs to a profile, in the order in which it takes its place.
var kept = []string{deviceFile, "padlock", "padlock.copy", storeDir, draftsDir, windowFile, restoredFile, identityFile}

// restoreInto brings a backup back into a profile folder, whose lock the caller holds; what was there is moved into a folder
// beside. On an error all is as it was.
func restoreInto(dir, file, passphrase string) error {
	if err := prepareRestore(dir, file, passphrase); err != nil {
		return err
	}
	return finishRestore(dir)
}

// prepareRestore reads a backup; it takes the profile's place when that is opened next. On an error nothing is left of it.
func prepareRestore(dir, file, passphrase string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	into := filepath.Join(dir, restoringDir)
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	if err := stageRestore(into, in, passphrase); err != nil {
		return errors.Join(err, os.RemoveAll(into))
	}
	return nil
}

// stageRestore makes the profile in a folder, and says in it that it is complete.
func stageRestore(into string, in io.Reader, passphrase string) error {
	if err := os.MkdirAll(into, ownerOnly); err != nil {
		return err
	}
	store := filepath.Join(into, storeDir)
	r, err := storage.Restore(storage.Options{Dir: store})
	if err != nil {
		return err
	}
	err = backup.Read(in, passphrase, func(name string, size int64, content io.Reader) error {
		if below, ok := strings.CutPrefix(name, storeDir+"/"); ok {
			return r.Put(below, size, content)
		}
		desk, isDesk := strings.CutPrefix(name, draftsDir+"/")
		if name != identityFile && name != windowFile && (!isDesk || strings.ContainsAny(desk, "/.")) || size > maxBeside {
			return fmt.Errorf("%w: an entry that is not known", backup.ErrDamaged)
		}
		raw := make([]byte, size)
		if _, err := io.ReadFull(content, raw); err != nil {
			return err
		}
		at := filepath.Join(into, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), ownerOnly); err != nil {
			return err
		}
		return replaceFile(at, raw)
	})
	if errors.Is(err, storage.ErrDamaged) {
		err = fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	}
	if err != nil {
		r.Abort()
		return err
	}
	if _, err := os.Lstat(filepath.Join(into, identityFile)); err != nil {
		r.Abort()
		return fmt.Errorf("%w: it has no key", backup.ErrDamaged)
	}
	identity, err := peer.LoadIdentity(into)
	if err != nil {
		r.Abort()
		return fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	}
	if err := r.Finish(identity.ID); errors.Is(err, storage.ErrDamaged) {
		return fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	} else if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(into, deviceFile)); err != nil { // the first start makes one in its place
		return err
	}
	if err := replaceFile(filepath.Join(into, restoredFile), nil); err != nil {
		return err
	}
	return replaceFile(filepath.Join(into, completeFile), nil)
}

// finishRestore puts what was restored into its place, or gives up what is not complete. The profile's lock is held.
func finishRestore(dir string) error {
	from := filepath.Join(dir, restoringDir)
	if _, err := os.Lstat(filepath.Join(from, completeFile)); err != nil {
		return os.RemoveAll(from)
	}
	for _, name := range kept {
		_, staged := os.Lstat(filepath.Join(from, name))
		if staged != nil && name != deviceFile && !strings.HasPrefix(name, "padlock") {
			continue // it is in its place, or the backup has none
		}
		if err := setAside(dir, name); err != nil {
			return err
		}
		if staged == nil {
			if err := os.Rename(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(from)
}

// isRestored reports whether the profile came back and its node has not run to its end since.
func isRestored(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, restoredFile))
	return err == nil
}

// setAside moves a part of the profile that was there before out of the way.
func setAside(dir, name string) error {
	if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for n := 1; ; n++ {
		to := filepath.Join(dir, fmt.Sprintf("%s%d", replacedDir, n))
		if err := os.MkdirAll(to, ownerOnly); err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(to, name)); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(filepath.Join(dir, name), filepath.Join(to, name))
		}
	}
}
