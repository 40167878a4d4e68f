package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"haggle/backup"
	"haggle/chat"
	"haggle/peer"
	"haggle/rpc"
	"haggle/storage"
	"haggle/storage/seal"
	"haggle/vault"
)

// failureOf tells a program why Haggle did not start, and what to do.
func failureOf(err error) *rpc.Failure {
	var listen *net.OpError
	var file *fs.PathError
	switch {
	case errors.Is(err, errLocked), errors.Is(err, storage.ErrLocked):
		return rpc.Fail(rpc.StoreLocked, "Another Haggle uses this profile; end it, or give another folder with --data.")
	case errors.Is(err, storage.ErrNewer):
		return rpc.Fail(rpc.StoreNewer, "A newer Haggle wrote this profile, which was left untouched; use that version.")
	case errors.Is(err, seal.ErrNewerPadlock):
		return rpc.Fail(rpc.StoreNewer, "A newer Haggle locked this profile, which was left untouched; use that version.")
	case errors.Is(err, vault.ErrNeeded):
		return rpc.Fail(rpc.Invalid, "The profile is locked; give its passphrase with --passphrase-file FILE or in HAGGLE_PASSPHRASE.")
	case errors.Is(err, seal.ErrPassphrase):
		return rpc.Fail(rpc.Invalid, "That is not the profile's passphrase; nothing was touched, so try again.")
	case errors.Is(err, backup.ErrPassphrase):
		return rpc.Fail(rpc.Invalid, "That is not the backup's passphrase; nothing was changed, so try again.")
	case errors.Is(err, backup.ErrNewer):
		return rpc.Fail(rpc.StoreNewer, "A newer Haggle wrote this backup; use that version.")
	case errors.Is(err, backup.ErrDamaged):
		return rpc.Fail(rpc.StoreDamaged, "The backup is damaged or not complete; nothing was changed. Use another one.")
	case errors.Is(err, errExists):
		return rpc.Fail(rpc.Invalid, "There is a file of that name already; give another name.")
	case errors.Is(err, errNotEmpty):
		return rpc.Fail(rpc.Invalid, "The folder has a profile already; give an empty one with --data.")
	case errors.Is(err, backup.ErrEmpty):
		return rpc.Fail(rpc.Invalid, "A backup needs a passphrase; give one with --backup-passphrase-file FILE or in HAGGLE_BACKUP_PASSPHRASE.")
	case errors.Is(err, seal.ErrEmpty):
		return rpc.Fail(rpc.Invalid, "The passphrase is empty; give one in a file, or in the environment.")
	case errors.Is(err, vault.ErrLocked):
		return rpc.Fail(rpc.Invalid, "The profile has a lock already; haggle passphrase changes its passphrase.")
	case errors.Is(err, vault.ErrOpen):
		return rpc.Fail(rpc.Invalid, "The profile has no lock; haggle lock puts one on.")
	case errors.Is(err, seal.ErrPadlock):
		return rpc.Fail(rpc.StoreDamaged, "The profile's padlock file is damaged; put a copy of it from a backup in its place.")
	case errors.Is(err, storage.ErrSealed):
		return rpc.Fail(rpc.StoreDamaged, "The profile is locked, but its padlock file is missing or another's; put the right one in its place.")
	case errors.Is(err, chat.ErrDiskFull), errors.Is(err, syscall.ENOSPC):
		return rpc.Fail(rpc.DiskFull, "There is too little space on the disk; free some and start again.")
	case errors.Is(err, storage.ErrDamaged):
		return rpc.Fail(rpc.StoreDamaged, fmt.Sprintf("The profile's store is damaged; bring it back from a backup (%v).", err))
	case errors.Is(err, peer.ErrDamagedKey):
		return rpc.Fail(rpc.StoreDamaged, "The profile's key is damaged; put a copy of it from a backup in its place.")
	case errors.As(err, &listen):
		return rpc.Fail(rpc.Invalid, fmt.Sprintf("The address to listen at cannot be used; give another one with --listen (%v).", listen))
	case errors.As(err, &file):
		return rpc.Fail(rpc.Invalid, fmt.Sprintf("The profile folder cannot be used; give another one with --data (%v).", err))
	default:
		return rpc.Fail("", fmt.Sprintf("Haggle could not start; mend what is wrong and start it again (%v).", err))
	}
}

func badFlags(err error) *rpc.Failure {
	return rpc.Fail(rpc.Invalid, fmt.Sprintf("The flags are wrong; haggle --help tells what there is (%v).", err))
}
