package rogue

import (
	"io/fs"
	"syscall"
)

// used is what a file takes on the disk.
func used(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}
