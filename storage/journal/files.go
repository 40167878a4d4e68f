package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

const (
	quarantineDir = "quarantine"
	blockSize     = 4096
)

var zeros [256 << 10]byte

// install makes the file name, durably and all at once: head, then zeros up to size. renamed tells whether the name may
// already stand for the new file when err is not nil; if not, nothing has changed.
func (j *Journal) install(name string, head []byte, size int64) (renamed bool, err error) {
	temp := name + tempSuffix
	if err := j.writeTemp(temp, head, size); err != nil {
		_ = j.fs.Remove(temp) // else the next Open does it
		return false, err
	}
	if err := j.fs.Rename(temp, name); err != nil {
		return true, err
	}
	dir := "."
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir = name[:i]
	}
	return true, j.fs.SyncDir(dir)
}

func (j *Journal) writeTemp(temp string, head []byte, size int64) error {
	f, err := j.fs.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(head, 0)
	for off := int64(len(head)); err == nil && off < size; {
		n := min(size-off, int64(len(zeros)))
		_, err = f.WriteAt(zeros[:n], off)
		off += n
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// load reads segment id, up to maxFile bytes of it, into buf, grown where needed. Blocks that the disk refuses to read count
// as zeros and make whole false; only those of the header are an error.
func (j *Journal) load(id uint64, buf []byte) (img []byte, whole bool, err error) {
	f, err := j.fs.Open(segmentName(id))
	if err != nil {
		return buf, false, err
	}
	defer func() { _ = f.Close() }()
	size, err := f.Size()
	if err != nil {
		return buf, false, err
	}
	n := int(min(size, maxFile))
	img = slices.Grow(buf[:0], n)[:n]
	if err := readFull(f, img, 0); err == nil {
		return img, true, nil
	}
	whole = true
	for off := 0; off < n; off += blockSize {
		block := img[off:min(off+blockSize, n)]
		if err := readFull(f, block, int64(off)); err != nil {
			if off < dataStart {
				return img, false, err
			}
			clear(block)
			whole = false
		}
	}
	return img, whole, nil
}

// readFull fills b from off, with zeros behind the end of the file.
func readFull(f File, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	if n < len(b) && !errors.Is(err, io.EOF) {
		return err
	}
	clear(b[n:])
	return nil
}

// quarantine copies the image of a damaged segment aside and returns the copy's name, "" if there is one already.
func (j *Journal) quarantine(id uint64, img []byte) (string, error) {
	if err := j.fs.Mkdir(quarantineDir); err != nil {
		return "", fmt.Errorf("journal: quarantine: %w", err)
	}
	names, err := j.fs.Names(quarantineDir)
	if err != nil {
		return "", fmt.Errorf("journal: quarantine: %w", err)
	}
	name := fmt.Sprintf("%016x-%08x%s", id, crc32.Checksum(img, castagnoli), segmentSuffix)
	if slices.Contains(names, name) {
		return "", nil
	}
	name = quarantineDir + "/" + name
	if _, err := j.install(name, img, 0); err != nil {
		return "", fmt.Errorf("journal: quarantine: %w", err)
	}
	return name, j.fs.SyncDir(".")
}

// DropQuarantine deletes the copies of damaged segments, for an erasure that must leave nothing behind.
func (j *Journal) DropQuarantine() error {
	if err := j.fs.Mkdir(quarantineDir); err != nil {
		return fmt.Errorf("journal: drop quarantine: %w", err)
	}
	names, err := j.fs.Names(quarantineDir)
	for _, name := range names {
		err = errors.Join(err, j.fs.Remove(quarantineDir+"/"+name))
	}
	if err = errors.Join(err, j.fs.SyncDir(quarantineDir)); err != nil {
		return fmt.Errorf("journal: drop quarantine: %w", err)
	}
	return nil
}
