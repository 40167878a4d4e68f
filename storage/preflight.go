package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2"
)

// preflight looks at Badger's files before Badger does, which ends the process over some damage and answers other damage
// with an empty database. It removes files without content that a kill left behind; Badger would refuse to start. With
// all, every block of every table is read: Badger's compactions die of a bad one, so that is for the start after a death.
// key is what the tables are encrypted with, nil if they are not.
func preflight(dir string, key *pb.DataKey, all bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	manifest, tables := false, false
	newest := map[string]string{} // by extension; names are numbers of fixed width
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		manifest = manifest || e.Name() == "MANIFEST"
		tables = tables || ext == ".sst"
		newest[ext] = max(newest[ext], e.Name())
	}
	if tables && !manifest {
		return fmt.Errorf("%w: MANIFEST is missing", errDamaged)
	}
	if manifest {
		if err := checkManifest(dir); err != nil {
			return fmt.Errorf("%w: MANIFEST: %w", errDamaged, err)
		}
	}
	// As badgerOptions give them to tables, without checks that end the process.
	tableOptions := table.Options{BlockSize: 4 << 10, BloomFalsePositive: 0.01, Compression: options.Snappy, DataKey: key}
	if key != nil {
		cache, err := ristretto.NewCache(&ristretto.Config[uint64, *fb.TableIndex]{NumCounters: 1000, MaxCost: indexCache, BufferItems: 64})
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		defer cache.Close()
		tableOptions.IndexCache = cache // a table that is encrypted insists on one
	}
	for n, e := range entries {
		name := filepath.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s is no file", errDamaged, e.Name())
		}
		switch ext := filepath.Ext(e.Name()); {
		case ext == ".sst":
			if err := checkTable(name, info.Size(), uint64(n+1), &tableOptions, all); err != nil {
				return fmt.Errorf("%w: %s: %w", errDamaged, e.Name(), err)
			}
		case (ext == ".mem" || ext == ".vlog") && info.Size() == 0:
			if newest[ext] != e.Name() {
				return fmt.Errorf("%w: %s is empty", errDamaged, e.Name())
			}
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("index: %w", err)
			}
		}
	}
	return nil
}

// checkManifest reads the list of tables and sees that each is there. Badger would notice, too, but only after it opened
// memtables, which it leaves open: they hold memory, and on Windows no folder with an open file can be moved to quarantine.
func checkManifest(dir string) error {
	f, err := os.Open(filepath.Join(dir, "MANIFEST"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return guarded(func() error {
		manifest, _, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir))
		if err != nil {
			return err
		}
		for id := range manifest.Tables {
			if _, err := os.Stat(table.NewFilename(id, dir)); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkTable opens a table as Badger would, but in memory and where a panic can be caught: Badger reads the index and the
// last block, and dies of either. With all, every block is checked.
func checkTable(name string, size int64, id uint64, o *table.Options, all bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	index, start, err := tableIndex(f, size)
	if err != nil {
		return err
	}
	return guarded(func() error {
		if index, err = decryptIndex(index, o.DataKey); err != nil {
			return err
		}
		if !all {
			t, last := fb.GetRootAsTableIndex(index, 0), new(fb.BlockOffset)
			if !t.Offsets(last, t.OffsetsLength()-1) || int64(last.Offset()) >= start {
				return errCorrupt
			}
			start = int64(last.Offset())
		} else {
			start = 0
		}
		data := make([]byte, size) // what is not read of it takes no memory
		if _, err := f.ReadAt(data[start:], start); err != nil {
			return err
		}
		t, err := table.OpenInMemoryTable(data, id, o)
		if err != nil || !all {
			return err
		}
		return t.VerifyChecksum()
	})
}

// tableIndex reads a table's end and checks the index that stands there, and where: ... index, its length, its checksum, the
// checksum's length.
func tableIndex(f *os.File, size int64) (index []byte, start int64, err error) {
	start = size
	read := func(n int64) []byte {
		if n <= 0 || n > start || err != nil {
			err = errors.Join(err, io.ErrUnexpectedEOF)
			return nil
		}
		start -= n
		b := make([]byte, n)
		_, err = f.ReadAt(b, start)
		return b
	}
	length := func() int64 {
		if b := read(4); err == nil {
			return int64(binary.BigEndian.Uint32(b))
		}
		return -1
	}
	sum := read(length())
	index = read(length())
	if err != nil {
		return nil, 0, err
	}
	checksum, err := parseChecksum(sum)
	if err != nil {
		return nil, 0, err
	}
	if checksum.Algo < 0 || checksum.Algo > pb.Checksum_XXHash64 {
		return nil, 0, errCorrupt // Badger panics
	}
	return index, start, y.VerifyChecksum(index, checksum)
}

// parseChecksum reads Badger's protobuf message: field 1 is the algorithm, field 2 the sum, each left out when 0.
func parseChecksum(b []byte) (*pb.Checksum, error) {
	c := new(pb.Checksum)
	s := scanner{b: b}
	for len(s.b) > 0 {
		switch s.byte() {
		case 1 << 3:
			c.Algo = pb.Checksum_Algorithm(s.uint32())
		case 2 << 3:
			c.Sum = s.uvarint()
		default:
			return nil, errCorrupt
		}
	}
	return c, s.err()
}

// aside moves a folder or a file out of the way, under a new name in quarantine.
func aside(dir, quarantine string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(quarantine, 0o700); err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	for n := 1; ; n++ {
		to := filepath.Join(quarantine, fmt.Sprintf("%s-%d", strings.TrimSuffix(filepath.Base(dir), ".new"), n))
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(dir, to); err != nil {
				return fmt.Errorf("quarantine: %w", err)
			}
			return nil
		} else if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
	}
}
