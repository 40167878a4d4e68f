package peer

import (
	"errors"

	"golang.org/x/sys/windows"
)

// refused reports whether a machine answered that nobody listens.
func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

// noRoute reports whether the machine, or its network, was not to be found.
func noRoute(err error) bool {
	return errors.Is(err, windows.WSAEHOSTUNREACH) || errors.Is(err, windows.WSAENETUNREACH)
}
