package storage

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"haggle/chat"
	"haggle/storage/journal"
	"haggle/storage/seal"
)

// A store is changed from the open to sealed, or back, while it is opened: nobody reads or writes it meanwhile. Each thing
// says by itself which of both it is, is written anew beside the old one, made durable and only then put in its place; so
// whenever the process dies, everything is there in one form, or in both. fileChange is there from before the first step until
// after the last: an Open that finds it does all that is left. An older program refuses the store from the first step on.

const (
	fileChange   = "change" // says that there is a change under way
	oldSuffix    = ".old"
	sealedSuffix = ".sealed"
)

// beginChange notes that the store changes, if it does, and which program may open it. format is what it says itself.
func (db *DB) beginChange(format int) error {
	want := plainFormat
	if db.locks.sealing {
		want = sealedFormat
	}
	_, err := os.Lstat(db.path(fileChange))
	under := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err = os.Lstat(db.path(dirJournal))
	fresh := errors.Is(err, fs.ErrNotExist)
	db.changing = db.opts.Key != nil && !fresh && (under || format != want)
	if db.changing {
		if err := db.step("begin", func() error { return replaceFile(db.opts.Dir, fileChange, []byte("under way\n")) }); err != nil {
			return err
		}
		if want == plainFormat {
			return nil // until all is in the open
		}
	}
	return db.step("format", func() error { return writeFormat(db.opts.Dir, want) })
}

// endChange: everything is as it should be.
func (db *DB) endChange() error {
	if db.changing && !db.locks.sealing {
		if err := db.step("format", func() error { return writeFormat(db.opts.Dir, plainFormat) }); err != nil {
			return err
		}
	}
	db.changing = false
	return db.step("end", func() error {
		if err := os.Remove(db.path(fileChange)); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		return syncDir(db.opts.Dir)
	})
}

// step does a part of a change.
func (db *DB) step(what string, do func() error) error {
	if err := db.opts.step(what); err != nil {
		return err
	}
	return do()
}

func (db *DB) journalOptions(after uint64) journal.Options {
	o := journal.Options{Dir: db.path(dirJournal), After: after, FS: db.opts.journalFS, Plain: !db.locks.sealing}
	if db.locks.records != nil {
		o.Seal = db.locks.records
	}
	return o
}

// openPresent opens the index as it is now: during a change it may still be the other kind.
func (db *DB) openPresent(suspicious bool) (*index, error) {
	place, key := db.path(dirIndex), db.locks.indexKey()
	if db.changing {
		for _, left := range []string{dirIndex + newSuffix, dirIndex + oldSuffix} {
			if err := os.RemoveAll(db.path(left)); err != nil {
				return nil, err
			}
		}
		open, err := inTheOpen(place)
		if err != nil {
			return nil, err
		}
		if _, err := os.Lstat(place); err == nil && open == db.locks.sealing {
			key, db.indexIsOld = db.locks.index, true
			if open {
				key = nil
			}
		}
	}
	return openIndex(place, db.opts.Self, key, suspicious)
}

// change makes journal, index, pictures and what was moved aside the kind that they should be. Journal and index are open and
// agree.
func (db *DB) change() error {
	if !db.changing {
		return nil
	}
	db.log.Info("Lock changes", "sealing", db.locks.sealing)
	if err := db.changeJournal(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := db.changeIndex(); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if err := db.changeBlobs(); err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	for _, dir := range []string{dirQuarantine, filepath.Join(dirJournal, dirQuarantine)} {
		if err := db.changeAside(db.path(dir)); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
	}
	return nil
}

// changeJournal rewrites the journal, segment by segment. Where it is damaged, the index makes it good first.
func (db *DB) changeJournal() error {
	for attempt := 1; ; attempt++ {
		c := journal.Compaction{
			Through: db.index.head.position, Keep: func(uint64, byte, []byte) bool { return true }, Reseal: true,
		}
		var err error
		for more := true; more && err == nil; more = c.From != 0 {
			if err = db.space(2 * journal.MaxSegment); err != nil {
				return err
			}
			var done journal.Compacted
			err = db.step("segment", func() error {
				done, err = db.journal.Compact(c)
				return err
			})
			c.From = done.Next
		}
		switch {
		case err == nil && !db.journal.Mixed():
			return nil
		case err != nil && !errors.Is(err, journal.ErrDamaged), attempt == 3:
			return fmt.Errorf("%w: %w", ErrDamaged, errors.Join(err, errDamaged))
		}
		if err := db.heal(); err != nil {
			return err
		}
	}
}

// changeIndex builds the index again. The old one has nothing that the journal has not, and goes.
func (db *DB) changeIndex() error {
	if !db.indexIsOld {
		return nil
	}
	retire := func(place string) error {
		return db.step("index", func() error { return os.Rename(place, db.path(dirIndex+oldSuffix)) })
	}
	if err := db.step("build", func() error { return db.build(retire) }); err != nil {
		return err
	}
	if db.lost {
		db.notifyDamaged()
		db.lost = false
	}
	db.indexIsOld = false
	return db.step("old index", func() error { return os.RemoveAll(db.path(dirIndex + oldSuffix)) })
}

// changeBlobs rewrites the pictures, one by one.
func (db *DB) changeBlobs() error {
	info, err := os.Lstat(db.path(dirBlobs))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	to := &blobs{dir: db.blobs.dir, quarantine: db.blobs.quarantine, log: db.log, seal: db.blobs.seal}
	from := &blobs{dir: to.dir, quarantine: to.quarantine, log: db.log}
	if to.seal == nil {
		from.seal = db.locks.blobs
	}
	if to.root, err = os.OpenRoot(to.dir); err != nil {
		return err
	}
	defer func() { _ = to.root.Close() }()
	from.root = to.root
	entries, err := fs.ReadDir(to.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		h, suffix, ok := from.parseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if err := db.space(int(min(info.Size(), chat.MaxBlob))); err != nil {
			return err
		}
		if err := db.step("blob", func() error { return from.moveTo(to, h, suffix, info) }); err != nil {
			return named(err)
		}
	}
	return syncDir(to.dir)
}

// moveTo makes a file of a blob one of the other kind.
func (b *blobs) moveTo(to *blobs, h chat.Hash, suffix string, info fs.FileInfo) error {
	if _, ok := b.size(info); !ok {
		return aside(filepath.Join(b.dir, b.name(h, suffix)), b.quarantine)
	}
	if suffix != temporaryFiles {
		data, err := b.readFile(h, suffix)
		switch {
		case errors.Is(err, errBlobLost) && suffix == wholeSuffix:
			return aside(filepath.Join(b.dir, b.name(h, suffix)), b.quarantine)
		case errors.Is(err, errBlobLost):
			b.delete(h, suffix)
			return nil
		case err != nil:
			return err
		}
		if err := to.rewrite(h, suffix, data, info); err != nil {
			return err
		}
	}
	return b.root.Remove(b.name(h, suffix))
}

// rewrite makes a file durable with the time of another.
func (b *blobs) rewrite(h chat.Hash, suffix string, data []byte, like fs.FileInfo) error {
	if err := b.create(h, temporaryFiles, data); err != nil {
		return err
	}
	if err := b.sync(h, temporaryFiles, like.ModTime()); err != nil {
		return err
	}
	if err := b.root.Rename(b.name(h, temporaryFiles), b.name(h, suffix)); err != nil {
		return err
	}
	return syncName(b.root, b.name(h, suffix))
}

// changeAside seals, or opens, what lies in quarantine: file by file, each with its name, which may be a hash.
func (db *DB) changeAside(dir string) error {
	var files []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !e.IsDir() && strings.HasSuffix(name, sealedSuffix) != db.locks.sealing {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := db.step("aside", func() error { return db.changeFile(dir, name) }); err != nil {
			return named(err)
		}
	}
	return removeEmpty(dir)
}

func (db *DB) changeFile(dir, name string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return os.Remove(name) // a link that stood where a file of ours should be
	}
	if err := db.space(int(info.Size())); err != nil {
		return err
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	below, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	if db.locks.sealing {
		var random [8]byte
		_, _ = rand.Read(random[:])
		content := append(appendText(nil, filepath.ToSlash(below)), raw...)
		err = replaceFile(dir, hex.EncodeToString(random[:])+sealedSuffix, db.locks.files.Seal(dirQuarantine, content))
	} else {
		var content []byte
		if content, err = db.locks.files.Open(dirQuarantine, raw); err != nil {
			return nil // damaged once more: it stays as it is
		}
		err = putAside(dir, content)
	}
	if err != nil {
		return err
	}
	return os.Remove(name)
}

// putAside puts back what changeFile sealed.
func putAside(dir string, content []byte) error {
	s := scanner{b: content}
	below := filepath.FromSlash(s.text())
	if s.bad || !filepath.IsLocal(below) {
		return errCorrupt
	}
	at := filepath.Join(dir, below)
	if err := os.MkdirAll(filepath.Dir(at), privateFolder); err != nil {
		return err
	}
	return replaceFile(filepath.Dir(at), filepath.Base(at), s.b)
}

// removeEmpty removes the folders in dir that have nothing in them.
func removeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			below := filepath.Join(dir, e.Name())
			err = errors.Join(err, removeEmpty(below))
			_ = os.Remove(below) // it has something in it
		}
	}
	return err
}

var _ journal.Seal = (*seal.Records)(nil)
