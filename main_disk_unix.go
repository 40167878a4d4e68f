//go:build unix && !headless

package main

import "golang.org/x/sys/unix"

// diskSpace is what is free for us, and all, on the disk that a folder is on, in bytes.
func diskSpace(dir string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	size := uint64(s.Bsize)
	return s.Bavail * size, s.Blocks * size, nil
}
