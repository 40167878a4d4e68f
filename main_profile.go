package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// errLocked says that another process has the profile.
var errLocked = errors.New("another Haggle uses this profile")

const (
	lockFile   = "lock"
	storeDir   = "store"
	parcelsDir = "parcels" // what is carried for others; never part of a backup
	ownerOnly  = 0o700
)

// openProfile finds the profile folder, makes it if it is missing and locks it until the file is closed or the process
// ends. It touches nothing else, so that a second process does no harm. errLocked.
func openProfile(data string) (dir string, lock *os.File, err error) {
	if dir, err = profileDir(data); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, ownerOnly); err != nil {
		return "", nil, fmt.Errorf("profile folder: %w", err)
	}
	lock, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("profile folder: %w", err)
	}
	if err := tryLock(lock); err != nil {
		_ = lock.Close()
		return "", nil, err
	}
	if err := finishRestore(dir); err != nil {
		_ = lock.Close()
		return "", nil, fmt.Errorf("profile folder: %w", err)
	}
	return dir, lock, nil
}

// profileDir is the folder given; or one called data beside the program, if there is one, which makes it portable; or
// the one among the system's application data.
func profileDir(data string) (string, error) {
	if data != "" {
		return filepath.Abs(data)
	}
	if program, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(program), "data")
		if info, err := os.Stat(beside); err == nil && info.IsDir() {
			return beside, nil
		}
	}
	return usualDir()
}

// usualDir is the folder among the system's application data.
func usualDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		// Not the roaming folder: a profile belongs to one machine.
		local, err := os.UserCacheDir()
		return filepath.Join(local, "Haggle"), err
	case "darwin":
		support, err := os.UserConfigDir()
		return filepath.Join(support, "Haggle"), err
	}
	if share := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(share) {
		return filepath.Join(share, "haggle"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "haggle"), err
}

// replaceFile makes data the content of a file, durably: all of it or nothing, whenever the power goes.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
