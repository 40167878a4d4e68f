package storage

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"golang.org/x/sys/unix"
)

// letGo has the kernel take Badger's tables out of this process's memory. Badger maps them, so all that was ever written or
// read of them counts as the program's own until memory runs short: after a day of talk that is most of what it has. They
// stay in the system's cache of files, from where a page comes back when it is asked for.
//
// Nothing else may have come to lie where a table was: letting go would wipe it. A table is unmapped as soon as nobody
// refers to it, so an iterator, which refers to all of them, is held meanwhile, and only those count that were there both
// before and after it was made. Badger must not be closed meanwhile; the committer, which closes it, is who calls this.
func (x *index) letGo() {
	dir, err := filepath.Abs(x.db.Opts().Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // as the kernel names it
	}
	if err != nil {
		return
	}
	before := x.tables(dir)
	txn := x.db.NewTransaction(false)
	defer txn.Discard()
	it := txn.NewIterator(badger.IteratorOptions{})
	defer it.Close()
	after := x.tables(dir)
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return // nothing is lost but memory
	}
	defer func() { _ = maps.Close() }()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		from, length, file := mapping(lines.Text())
		if before[file] && after[file] {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, length, unix.MADV_DONTNEED)
		}
	}
}

// tables are the files of Badger's tables now.
func (x *index) tables(dir string) map[string]bool {
	all := map[string]bool{}
	for _, t := range x.db.Tables() {
		all[table.NewFilename(t.ID, dir)] = true
	}
	return all
}

// mapping reads a line of /proc/self/maps: where it lies and which file it is, the latter empty unless it is a file's own
// pages, shared with its cache.
func mapping(line string) (from, length uintptr, file string) {
	fields := strings.SplitN(line, " ", 6) // range, rights, offset, device, inode, and the name after spaces
	if len(fields) < 6 || !strings.HasSuffix(fields[1], "s") {
		return 0, 0, ""
	}
	first, last, _ := strings.Cut(fields[0], "-")
	low, err := strconv.ParseUint(first, 16, 64)
	if err != nil {
		return 0, 0, ""
	}
	high, err := strconv.ParseUint(last, 16, 64)
	if err != nil || high < low {
		return 0, 0, ""
	}
	return uintptr(low), uintptr(high - low), strings.TrimLeft(fields[5], " ")
}
