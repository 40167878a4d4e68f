//go:build !windows

package peer

import (
	"errors"
	"syscall"
)

// refused reports whether a machine answered that nobody listens.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// noRoute reports whether the machine, or its network, was not to be found.
func noRoute(err error) bool {
	return errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTDOWN)
}
