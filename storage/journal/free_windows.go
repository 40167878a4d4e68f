package journal

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// FreeSpace returns how many bytes may still be written to the disk that holds dir, which must exist.
func FreeSpace(dir string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, fmt.Errorf("journal: free space: %w", err)
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("journal: free space: %w", err)
	}
	return free, nil
}
