package journal

import (
	"io"
	"os"
	"path/filepath"
)

// FS is what a journal asks of a folder. Names are relative to it, with slashes. An FS is used by one goroutine. Tests put
// one in memory behind it that fails and loses power.
type FS interface {
	// Create makes a file, or empties the one there, and opens it.
	Create(name string) (File, error)
	// Open opens a file that is there for reading and writing.
	Open(name string) (File, error)
	// Names lists the files in a folder; "." is the folder of the FS itself.
	Names(dir string) ([]string, error)
	// Rename moves a file over another, or to a new name, atomically.
	Rename(from, to string) error
	// Remove deletes a file.
	Remove(name string) error
	// Mkdir makes a folder unless it is there.
	Mkdir(name string) error
	// SyncDir makes the creations, renamings and removals in a folder durable.
	SyncDir(name string) error
}

// File is an open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size is the file's length in bytes.
	Size() (int64, error)
	// Sync makes what was written durable.
	Sync() error
}

// DirFS returns the FS of a real folder: what Options.Dir means. Tests wrap it.
func DirFS(dir string) FS { return dirFS(dir) }

type dirFS string

func (d dirFS) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

func (d dirFS) Create(name string) (File, error) {
	return d.open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}

func (d dirFS) Open(name string) (File, error) { return d.open(name, os.O_RDWR) }

func (d dirFS) open(name string, flag int) (File, error) {
	f, err := os.OpenFile(d.path(name), flag, 0o600)
	if err != nil {
		return nil, err
	}
	return dirFile{f}, nil
}

func (d dirFS) Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(d.path(dir))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d dirFS) Rename(from, to string) error { return rename(d.path(from), d.path(to)) }

func (d dirFS) Remove(name string) error { return os.Remove(d.path(name)) }

func (d dirFS) Mkdir(name string) error { return os.MkdirAll(d.path(name), 0o700) }

func (d dirFS) SyncDir(name string) error { return syncDir(d.path(name)) }

// dirFile is an open file of a dirFS.
type dirFile struct{ *os.File }

func (f dirFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f dirFile) Sync() error { return syncData(f.File) }
