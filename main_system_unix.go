//go:build unix

package main

import "golang.org/x/sys/unix"

// systemVersion is which system this is, as far as that tells of a fault.
func systemVersion() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
