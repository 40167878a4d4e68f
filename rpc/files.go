package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"haggle/chat"
)

// Prepare makes a picture ready to travel: a file of size bytes that a person chose. With original it keeps its sides.
// It may take seconds, and several at a time may wait. Errors that are a *Failure tell what is wrong with the picture.
type Prepare func(ctx context.Context, file io.ReaderAt, size int64, original bool) (Picture, error)

// Picture is one that is ready to travel.
type Picture struct {
	Data       []byte     // the whole file
	Image      chat.Image // what is said of it, and its thumbnail
	SmallThumb []byte     // a smaller one, for the photos of goods after the first
}

// readyPicture opens a file and makes the picture in it ready to travel.
func (e *Endpoint) readyPicture(path string, original bool) (Picture, error) {
	if e.cfg.Prepare == nil {
		return Picture{}, unsupported("a picture")
	}
	file, size, err := openFile(path)
	if err != nil {
		return Picture{}, err
	}
	defer func() { _ = file.Close() }()
	return e.cfg.Prepare(e.network, file, size, original)
}

// put prepares a picture and makes it durable.
func (e *Endpoint) put(path string, original bool) (Picture, error) {
	p, err := e.readyPicture(path, original)
	if err == nil {
		_, err = e.node.PutPicture(e.work, p.Data)
	}
	return p, err
}

// putPortrait makes a portrait durable, which is no larger than a thumbnail.
func (e *Endpoint) putPortrait(path string) (chat.Hash, error) {
	p, err := e.readyPicture(path, false)
	if err != nil {
		return chat.Hash{}, err
	}
	return e.node.PutPicture(e.work, p.Image.Thumbnail)
}

// openFile opens an ordinary file that is not empty.
func openFile(path string) (file *os.File, size int64, err error) {
	info, err := os.Stat(path) // before opening: that would wait for a pipe's other end
	if err == nil && !info.Mode().IsRegular() {
		what := "no ordinary file"
		if info.IsDir() {
			what = "a folder"
		}
		return nil, 0, Fail(Invalid, fmt.Sprintf("%s is %s; give the path of a picture.", shown(path), what))
	}
	if err == nil {
		file, err = os.Open(path)
	}
	if err == nil {
		info, err = file.Stat()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = Fail(NotFound, fmt.Sprintf("There is no file %s; check the path.", shown(path)))
	case err != nil:
		err = Fail(Invalid, fmt.Sprintf("%s cannot be read; check the path and who may read it (%v).", shown(path), reason(err)))
	case info.Size() == 0:
		err = Fail(Invalid, fmt.Sprintf("%s is an empty file; give the path of a picture.", shown(path)))
	default:
		return file, info.Size(), nil
	}
	if file != nil {
		_ = file.Close()
	}
	return nil, 0, err
}

// savedResult is what is told of a file that was written.
type savedResult struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
}

// save writes a picture that is here to a new file. A file that cannot be written whole is removed again.
func (e *Endpoint) save(h chat.Hash, path string) (savedResult, error) {
	data, err := e.node.ReadPicture(h)
	if errors.Is(err, chat.ErrNotFound) {
		err = Fail(NotFound, "The picture is not here yet; fetch it and wait until its state is here.")
	}
	if err != nil {
		return savedResult{}, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // as any program saves what a person asks it to
	if err != nil {
		return savedResult{}, notSaved(path, err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return savedResult{}, notSaved(path, errors.Join(err, os.Remove(path)))
	}
	return savedResult{path, len(data)}, nil
}

func notSaved(path string, err error) *Failure {
	switch {
	case errors.Is(err, fs.ErrExist):
		return Fail(Exists, fmt.Sprintf("There is a file %s already, which is never overwritten; give another path.", shown(path)))
	case errors.Is(err, fs.ErrNotExist):
		return Fail(NotFound, fmt.Sprintf("There is no folder for %s; make it or give another path.", shown(path)))
	case errors.Is(err, syscall.ENOSPC):
		return Fail(DiskFull, "There is too little space on that disk; free some or give another path.")
	default:
		return Fail(Invalid, fmt.Sprintf("%s cannot be written; give another path (%v).", shown(path), reason(err)))
	}
}

// reason is what the system says is wrong, without the path.
func reason(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// shown is a path for a message: on one line and not endless.
func shown(path string) string { return fmt.Sprintf("%.200q", path) }
