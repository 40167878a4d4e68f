package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"haggle/chat"
	"haggle/peer"
	"haggle/rpc"
	"haggle/storage"
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
