//go:build !windows

package storage

import "syscall"

var errNoSpace error = syscall.ENOSPC
