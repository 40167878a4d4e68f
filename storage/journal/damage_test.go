package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sample is a journal in memory with a compacted segment, plain sealed ones and an active one.
func sample(t testing.TB) (o Options, m *memFS, want []uint64) {
	t.Helper()
	m = newMemFS(rand.New(rand.NewPCG(3, 3)))
	o = Options{FS: m, Seal: testSeal, first: 8 << 10, max: 16 << 10}
	j, _ := mustOpen(t, o)
	appendN(t, j, 250, 3)
	if err := j.Rotate(); err != nil {
		t.Fatal(err)
	}
	past := j.Next() - 1
	if err := compactAll(j, Compaction{Through: past, Keep: func(n uint64, _ byte, _ []byte) bool { return n%3 == 0 }, All: true}); err != nil {
		t.Fatal(err)
	}
	appendN(t, j, 500, 3)
	appendN(t, j, 1, 1)
	for n := uint64(1); n < j.Next(); n++ {
		if n > past || n%3 == 0 {
			want = append(want, n)
		}
	}
	checkRecords(t, j, want)
	if j.Stats().Segments < 4 {
		t.Fatalf("sample has %d segments", j.Stats().Segments)
	}
	return o, m, want
}

// segmentFiles returns the names of the segments in m, ascending.
func segmentFiles(m *memFS) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.visible)) {
		if _, ok := parseName(name); ok {
			names = append(names, name)
		}
	}
	return names
}

// lastFrameEnd is where the records of a segment end.
func lastFrameEnd(img []byte) int { return len(bytes.TrimRight(img, "\x00")) }

// TestDamage damages each file of a journal in many ways. Whatever is done, the journal opens, what is read is right, what is
// missing is reported and nothing else is, and the journal works on.
func TestDamage(t *testing.T) {
	o, m, want := sample(t)
	rng := rand.New(rand.NewPCG(4, 4))
	for i, name := range segmentFiles(m) {
		img := m.get(name)
		used := lastFrameEnd(img)
		try := func(what string, damaged []byte) {
			t.Run(fmt.Sprintf("%d/%s", i, what), func(t *testing.T) {
				for _, after := range []uint64{0, want[len(want)-1]} {
					c := m.clone()
					if damaged == nil {
						delete(c.visible, name)
						delete(c.durable, name)
					} else {
						c.put(name, damaged)
					}
					o.After = after
					checkDamaged(t, o, c, want, damaged != nil)
				}
			})
		}
		for k := range 60 {
			at := rng.IntN(used)
			if k < 20 {
				at = k * 4 // the header
			}
			b := slices.Clone(img)
			b[at] ^= 1 << rng.IntN(8)
			try(fmt.Sprintf("flip %d", at), b)
		}
		for at := 0; at < used; at += blockSize {
			b := slices.Clone(img)
			clear(b[at:min(at+blockSize, len(b))])
			try(fmt.Sprintf("zero %d", at), b)
		}
		for range 13 {
			at := rng.IntN(used)
			try(fmt.Sprintf("truncate %d", at), slices.Clone(img[:at]))
		}
		for range 5 {
			at := rng.IntN(used)
			b := slices.Clone(img)
			for k := at; k < min(at+1000, len(b)); k++ {
				b[k] = byte(rng.Uint32())
			}
			try(fmt.Sprintf("noise %d", at), b)
		}
		try("emptied", []byte{})
		try("deleted", nil)
		other := m.get(segmentFiles(m)[(i+1)%len(segmentFiles(m))])
		try("another's content", slices.Clone(other))
	}
}

// checkDamaged opens the damaged journal in m, of which the records want were durable, and checks what it makes of it. Only
// without o.After may the newest records be taken for a torn tail, if nothing behind them tells otherwise.
func checkDamaged(t *testing.T, o Options, m *memFS, want []uint64, quarantined bool) {
	t.Helper()
	o.FS = m
	before := m.clone()
	j, r := mustOpen(t, o)
	if last := want[len(want)-1]; r.Next <= last {
		if o.After > 0 || r.Next < last-60 {
			t.Fatalf("number %d would be given out again: %+v", r.Next, r)
		}
		want = slices.DeleteFunc(slices.Clone(want), func(n uint64) bool { return n >= r.Next })
	}
	have, holes := checkHoles(t, j, want)
	if len(have) < len(want) && quarantined && !hasQuarantine(m) {
		t.Fatalf("%d of %d records read, holes %v, nothing in quarantine", len(have), len(want), holes)
	}
	for _, name := range segmentFiles(m) {
		if old := before.visible[name]; old != nil && len(have) < len(want) && !bytes.Equal(old.cache, m.get(name)) && !hasCopy(m, old.cache) {
			t.Fatalf("segment %s was changed and not copied before", name)
		}
	}

	// It works on, and the next start finds the same.
	first, err := j.Append([]Record{record(j.Next())}, true)
	if err != nil || first != r.Next {
		t.Fatalf("Append = %d, %v; want %d", first, err, r.Next)
	}
	files := len(m.visible)
	again, _ := mustOpen(t, o)
	have = append(have, first)
	have2, holes2 := checkHoles(t, again, append(slices.Clone(want), first))
	if !slices.Equal(have2, have) || !slices.Equal(holes2, holes) || len(m.visible) != files {
		t.Fatalf("second start: %d records, holes %v, %d files; first: %d, %v, %d", len(have2), holes2, len(m.visible), len(have), holes, files)
	}

	// Healed, it has no holes left and keeps what it has.
	if err := again.Rotate(); err != nil {
		t.Fatal(err)
	}
	all := func(uint64, byte, []byte) bool { return true }
	if err := compactAll(again, Compaction{Through: first, Keep: all, Healed: true}); err != nil {
		t.Fatal(err)
	}
	healed, r := mustOpen(t, o)
	if h := append(again.Holes(), r.Holes...); len(h) > 0 {
		t.Fatalf("holes after healing: %v", h)
	}
	checkRecords(t, healed, have)
}

// checkHoles reads all of j and fails unless every number of want was read or is in a hole, and not both.
func checkHoles(t *testing.T, j *Journal, want []uint64) (have []uint64, holes []Hole) {
	t.Helper()
	got, err := readAll(j)
	if err != nil && len(j.Holes()) == 0 {
		t.Fatalf("Read: %v without holes", err)
	}
	if _, err := readAll(j); err != nil {
		t.Fatalf("the same damage was reported twice: %v", err)
	}
	holes = j.Holes()
	inHole := func(n uint64) bool {
		return slices.ContainsFunc(holes, func(h Hole) bool { return h.From <= n && n <= h.To })
	}
	for _, g := range got {
		if w := record(g.n); g.typ != w.Type || g.payload != string(w.Payload) {
			t.Fatalf("record %d is wrong", g.n)
		}
		if inHole(g.n) {
			t.Fatalf("record %d was read and is in a hole of %v", g.n, holes)
		}
		have = append(have, g.n)
	}
	if !slices.IsSorted(have) {
		t.Fatalf("records out of order: %v", have)
	}
	for _, n := range want {
		if !slices.Contains(have, n) && !inHole(n) {
			t.Fatalf("record %d is missing and in none of %v", n, holes)
		}
	}
	return have, holes
}

func hasQuarantine(m *memFS) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(m.visible)), func(name string) bool { return strings.HasPrefix(name, quarantineDir) })
}

func hasCopy(m *memFS, content []byte) bool {
	for name, ino := range m.visible {
		if strings.HasPrefix(name, quarantineDir) && bytes.Equal(ino.cache, content) {
			return true
		}
	}
	return false
}

// TestUnreadableBlock lets the disk refuse blocks for a while. Nothing is overwritten, and once it reads again all is there.
func TestUnreadableBlock(t *testing.T) {
	o, m, want := sample(t)
	files := segmentFiles(m)
	for i, name := range files {
		t.Run(name, func(t *testing.T) {
			c := m.clone()
			o.FS = c
			c.visible[name].bad = func(off int) bool { return off >= 2*blockSize }
			j, _ := mustOpen(t, o)
			have, _ := checkHoles(t, j, want)
			if len(have) >= len(want) {
				t.Fatal("no record was unreadable")
			}
			if i == len(files)-1 && j.Next() <= want[len(want)-1] {
				t.Fatalf("number %d would be given out again", j.Next())
			}
			appendN(t, j, 5, 5)
			all := append(slices.Clone(want), numbers(j.Next()-5, j.Next()-1)...)
			c.visible[name].bad = nil
			j, _ = mustOpen(t, o)
			if have, holes := checkHoles(t, j, all); !slices.Equal(have, all) {
				t.Fatalf("read %d of %d, holes %v", len(have), len(all), holes)
			}
		})
	}
}

// TestUnreadableHeader: a disk that does not read at all is an error, not damage.
func TestUnreadableHeader(t *testing.T) {
	o, m, want := sample(t)
	for _, name := range segmentFiles(m) {
		m.visible[name].bad = func(int) bool { return true }
		before := m.clone()
		if _, _, err := Open(o); !errors.Is(err, errFault) {
			t.Fatalf("Open: %v, want the disk's error", err)
		}
		m.visible[name].bad = nil
		checkUntouched(t, before, m)
	}
	j, _ := mustOpen(t, o)
	checkRecords(t, j, want)
}

// TestNewer: a folder with a segment of a later version is refused as it is.
func TestNewer(t *testing.T) {
	o, m, _ := sample(t)
	files := segmentFiles(m)
	for _, name := range files {
		c := m.clone()
		c.put(files[0]+tempSuffix, []byte("left over"))
		for _, off := range []int{0, headerCopy} {
			h := c.get(name)[off : off+headerSize]
			h[8] += 2
			binary.LittleEndian.PutUint32(h[60:], crc32.Checksum(h[:60], castagnoli))
		}
		before := c.clone()
		o.FS = c
		if _, _, err := Open(o); !errors.Is(err, ErrNewer) {
			t.Fatalf("%s: Open: %v, want ErrNewer", name, err)
		}
		checkUntouched(t, before, c)
	}
}

// checkUntouched fails unless both hold the same files.
func checkUntouched(t *testing.T, before, after *memFS) {
	t.Helper()
	if !maps.EqualFunc(before.visible, after.visible, func(a, b *memInode) bool { return bytes.Equal(a.cache, b.cache) }) {
		t.Fatal("files were changed")
	}
}

// TestForeignFiles: what is not the journal's is neither read nor removed.
func TestForeignFiles(t *testing.T) {
	o, m, want := sample(t)
	names := []string{"LOCK", "0.seg", "0000000000000000.seg", "ffffffffffffffff.seg", "000000000000000A.seg", "x.tmp", "0000000000000001.bak"}
	for _, name := range names {
		m.put(name, []byte("not a segment"))
	}
	m.put(segmentName(77)+tempSuffix, []byte("left over"))
	j, r := mustOpen(t, o)
	if len(r.Holes) > 0 {
		t.Fatalf("report = %+v", r)
	}
	checkRecords(t, j, want)
	for _, name := range names {
		if m.visible[name] == nil {
			t.Errorf("%s was removed", name)
		}
	}
	if m.visible[segmentName(77)+tempSuffix] != nil {
		t.Error("a temporary file of ours was left")
	}
}

// TestDropQuarantine leaves no copy behind.
func TestDropQuarantine(t *testing.T) {
	o, m, _ := sample(t)
	m.put(segmentFiles(m)[1], nil)
	j, r := mustOpen(t, o)
	if err := j.Read(1, func(uint64, byte, []byte) error { return nil }); len(r.Holes) == 0 && err == nil {
		t.Fatal("an empty segment was not noticed")
	}
	if !hasQuarantine(m) {
		t.Fatal("nothing in quarantine")
	}
	if err := j.DropQuarantine(); err != nil || hasQuarantine(m) {
		t.Fatalf("DropQuarantine: %v, copies left: %v", err, hasQuarantine(m))
	}
}
