package storage

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// resident is how many bytes of an index's tables are in this process's memory.
func resident(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	table := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if !strings.HasSuffix(fields[0], ":") {
			name := fields[len(fields)-1]
			table = strings.HasPrefix(name, dir) && filepath.Ext(name) == ".sst"
		} else if table && fields[0] == "Rss:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			bytes += kb << 10
		}
	}
	return bytes
}

// TestTablesLeaveMemory: what was written and read of the tables does not stay in memory, and can still be read.
func TestTablesLeaveMemory(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	defer mustClose(t, db)
	a, room := newAuthor(0)
	if err := commit(t, db, chatBatch(room)); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	write := func(bytes int) {
		for n := 0; n < bytes; n += 64 << 10 {
			var texts []string
			for range 16 {
				texts = append(texts, randomText(4<<10))
			}
			b := chatBatch(a.says(texts...))
			b.Soft = true
			if err := commit(t, db, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(24 << 20)
	rows, err := db.Rows(a.log.Room, nil, false, 1<<30)
	if err != nil || uint64(len(rows)) != a.seq {
		t.Fatalf("%d of %d messages are there: %v", len(rows), a.seq, err)
	}
	if all := resident(t, dir); all < 16<<20 {
		t.Fatalf("%d bytes of tables are in memory after all was read: there is nothing to let go", all)
	}
	left := int64(0)
	for range 32 { // a compaction may be under way
		write(letGoEvery)
		if left = resident(t, dir); left < 8<<20 {
			break
		}
	}
	if left >= 8<<20 {
		t.Errorf("%d bytes of tables stay in memory", left)
	}
	if rows, err = db.Rows(a.log.Room, nil, false, 1<<30); err != nil || uint64(len(rows)) != a.seq {
		t.Errorf("%d of %d messages are there: %v", len(rows), a.seq, err)
	}
}
