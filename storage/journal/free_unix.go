//go:build linux || darwin

package journal

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeSpace returns how many bytes may still be written to the disk that holds dir, which must exist.
func FreeSpace(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("journal: free space: %w", err)
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
