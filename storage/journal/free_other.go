//go:build !linux && !darwin && !windows

package journal

import (
	"errors"
	"fmt"
)

// FreeSpace returns errors.ErrUnsupported: this system is not one that the program is built for.
func FreeSpace(string) (uint64, error) {
	return 0, fmt.Errorf("journal: free space: %w", errors.ErrUnsupported)
}
