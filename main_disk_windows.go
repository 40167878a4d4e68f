//go:build windows && !headless

package main

import "golang.org/x/sys/windows"

// diskSpace is what is free for us, and all, on the disk that a folder is on, in bytes.
func diskSpace(dir string) (free, total uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, &total, nil)
	return free, total, err
}
