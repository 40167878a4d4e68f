package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData is fdatasync: a segment's size never changes after it was made, so there is no metadata to wait for.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
