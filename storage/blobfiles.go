package storage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"haggle/chat"
	"haggle/storage/seal"
)

// The files of a blob: the whole, its part, a mark.
const (
	dirBlobs    = "blobs"
	wholeSuffix = ""
	partSuffix  = ".part"
	hexHash     = 2 * len(chat.Hash{})
)

var markSuffix = [...]string{chat.MarkFailed: ".failed", chat.MarkCancelled: ".cancelled"}

// errBlobLost: there is no such file any more, or not one that was written here.
var errBlobLost = errors.New("file of a blob is lost")

// start opens the folder and sees what is there. What is not ours stays where it is and counts for nothing; what has a name
// of ours but is no file is moved aside. What nothing refers to is swept.
func (b *blobs) start() error {
	if info, err := os.Lstat(b.dir); err == nil && !info.IsDir() {
		if err := aside(b.dir, b.quarantine); err != nil {
			return err
		}
	}
	if err := os.Mkdir(b.dir, privateFolder); err == nil {
		if err := syncDir(filepath.Dir(b.dir)); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	if b.root, err = os.OpenRoot(b.dir); err != nil {
		return err
	}
	entries, err := fs.ReadDir(b.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries { // sorted: a whole one comes before what else there is of it
		h, suffix, ok := b.parseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err == nil {
			err = b.found(h, suffix, info)
		}
		if err != nil {
			return err
		}
	}
	b.sweep()
	return nil
}

// found makes a file known.
func (b *blobs) found(h chat.Hash, suffix string, info fs.FileInfo) error {
	if suffix == partSuffix && b.seal != nil && info.Mode().IsRegular() && info.Size() <= seal.SealedSize(chat.MaxBlob) {
		var err error
		if info, err = b.trim(h, info.Size()); err != nil {
			return err
		}
	}
	size, ok := b.size(info)
	if !ok {
		b.log.Error("No file of a blob", "mode", info.Mode(), "bytes", info.Size())
		return aside(filepath.Join(b.dir, b.name(h, suffix)), b.quarantine)
	}
	e := b.known[h]
	if e == nil {
		e = new(blob)
	}
	switch {
	case suffix == wholeSuffix:
		e.here, e.received, e.came = true, uint32(size), info.ModTime()
	case suffix == partSuffix && !e.here && size > 0:
		e.received = uint32(size)
	case suffix == markSuffix[chat.MarkCancelled] && !e.here:
		e.mark = chat.MarkCancelled
	case suffix == markSuffix[chat.MarkFailed] && !e.here && e.mark == chat.NoMark:
		e.mark = chat.MarkFailed
	default:
		b.delete(h, suffix) // a kill left it
	}
	if !e.empty() || e.here {
		b.known[h] = e
	}
	return nil
}

// sweep deletes what nothing refers to and counts the cache.
func (b *blobs) sweep() {
	b.mu.Lock()
	var gone []claimed
	for h, e := range b.known {
		if e.came.After(b.newest) {
			b.newest = e.came
		}
		b.classify(h, e)
		if !b.lossy && b.unused(h, e) {
			gone = b.claim(gone, h, e, b.unused)
		}
	}
	gone = append(gone, b.evict()...)
	b.mu.Unlock()
	b.removeAll(gone)
}

// delete removes a file of a blob, if there is one.
func (b *blobs) delete(h chat.Hash, suffix string) {
	if err := b.root.Remove(b.name(h, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.log.Warn("File of a blob not deleted", "err", err) // the next start tries again
	}
}

// aside moves a whole blob's file out of the way.
func (b *blobs) aside(h chat.Hash) {
	if err := aside(filepath.Join(b.dir, b.name(h, wholeSuffix)), b.quarantine); err != nil {
		b.log.Error("Blob not moved aside", "err", err)
	}
}

// open opens a file of a blob that must be there: errBlobLost if it is not, or is none that was written here.
func (b *blobs) open(h chat.Hash, suffix string, flag int) (*os.File, int64, error) {
	info, err := b.root.Lstat(b.name(h, suffix))
	var size int64
	if err == nil {
		var ok bool
		if size, ok = b.size(info); !ok {
			return nil, 0, errBlobLost
		}
	}
	var f *os.File
	if err == nil {
		f, err = b.root.OpenFile(b.name(h, suffix), flag, 0)
	}
	switch {
	case err == nil:
		return f, size, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, errBlobLost
	case errors.Is(err, fs.ErrClosed):
		return nil, 0, chat.ErrClosed
	}
	return nil, 0, err
}

// readFile reads a file of a blob. What the disk cannot read counts as lost.
func (b *blobs) readFile(h chat.Hash, suffix string) ([]byte, error) {
	f, size, err := b.open(h, suffix, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(b.content(f, h, size), 0, size), data); err != nil {
		return nil, fmt.Errorf("%w: %w", errBlobLost, err)
	}
	return data, nil
}

// intact verifies a whole blob without holding it in memory.
func (b *blobs) intact(h chat.Hash) (size int64, err error) {
	f, size, err := b.open(h, wholeSuffix, os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	size, err = io.CopyBuffer(sum, io.NewSectionReader(b.content(f, h, size), 0, size), make([]byte, seal.Chunk))
	if err == nil && chat.Hash(sum.Sum(nil)) != h {
		err = chat.ErrBlobDamaged
	}
	return size, err
}

// create writes a new file, unsynced. The caller deletes it if that fails.
func (b *blobs) create(h chat.Hash, suffix string, data []byte) error {
	b.delete(h, suffix)
	f, err := b.root.OpenFile(b.name(h, suffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return err
	}
	return errors.Join(b.writeAt(f, h, 0, 0, data), f.Close())
}

// appendPart writes behind a part. On an error it is as it was.
func (b *blobs) appendPart(h chat.Hash, offset uint32, data []byte) error {
	if offset == 0 {
		err := b.create(h, partSuffix, data)
		if err != nil {
			b.delete(h, partSuffix)
		}
		return err
	}
	f, _, err := b.open(h, partSuffix, os.O_RDWR)
	if err != nil {
		return err
	}
	return errors.Join(b.extend(f, h, int64(offset), data), f.Close())
}

// install makes the file of a whole blob out of another, durably and all at once. On an error it is the other again.
func (b *blobs) install(h chat.Hash, from string) (came time.Time, err error) {
	came = b.now()
	if err := b.sync(h, from, came); err != nil {
		return came, err
	}
	name := b.name(h, wholeSuffix)
	if err := b.root.Rename(b.name(h, from), name); err != nil {
		return came, err
	}
	if err := syncName(b.root, name); err != nil {
		return came, errors.Join(err, b.root.Rename(name, b.name(h, from)))
	}
	return came, nil
}

// sync makes a file durable, with the time at which it came: the cache goes by that after a restart, too.
func (b *blobs) sync(h chat.Hash, suffix string, came time.Time) error {
	if err := b.root.Chtimes(b.name(h, suffix), came, came); err != nil {
		return err
	}
	f, _, err := b.open(h, suffix, os.O_RDWR)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// now is a time after all times before; a file system keeps a tenth of a microsecond.
func (b *blobs) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now().Truncate(time.Microsecond)
	if !now.After(b.newest) {
		now = b.newest.Truncate(time.Microsecond).Add(time.Microsecond)
	}
	b.newest = now
	return now
}
