package bare

import (
	"os"
	"path/filepath"
	"syscall"
)

const fileSize = 8 << 20 // of zeros, written before: a sync has no metadata to wait for

// Disk is a file that is written to from its beginning to its end, over and over.
type Disk struct {
	file *os.File
	off  int64
}

// NewDisk makes the file in dir.
func NewDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "log"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = file.Write(make([]byte, fileSize)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &Disk{file: file}, nil
}

// Close closes it.
func (d *Disk) Close() { _ = d.file.Close() }

// Write puts b behind what was written.
func (d *Disk) Write(b []byte) error {
	if d.off+int64(len(b)) > fileSize {
		d.off = 0
	}
	_, err := d.file.WriteAt(b, d.off)
	d.off += int64(len(b))
	return err
}

// Sync waits until it is on the disk.
func (d *Disk) Sync() error { return syscall.Fdatasync(int(d.file.Fd())) }
