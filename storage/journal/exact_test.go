package journal

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// build makes a journal in memory of n records in batches of 3, of some segments.
func build(t *testing.T, n int) (Options, *memFS) {
	t.Helper()
	m := newMemFS(rand.New(rand.NewPCG(7, 7)))
	o := Options{FS: m, Seal: testSeal, first: 8 << 10, max: 8 << 10}
	j, _ := mustOpen(t, o)
	appendN(t, j, n, 3)
	return o, m
}

// frameOf returns the segment and the place of a record.
func frameOf(t *testing.T, m *memFS, n uint64) (name string, f frame) {
	t.Helper()
	for _, name := range slices.Backward(segmentFiles(m)) {
		id, _ := parseName(name)
		if id > n {
			continue
		}
		h, err := parseHeader(m.get(name), id, testSeal)
		if err != nil {
			t.Fatal(err)
		}
		for s := newScanner(m.get(name), h, maxNumber); ; {
			f, ok := s.next()
			if !ok {
				t.Fatalf("record %d not found", n)
			}
			if f.number == n {
				return name, f
			}
		}
	}
	t.Fatalf("no segment of record %d", n)
	return "", frame{}
}

// TestExactHoles damages single records: the hole is as wide as what was lost and nothing else is.
func TestExactHoles(t *testing.T) {
	const last = 300
	o, m := build(t, last)
	if len(segmentFiles(m)) < 3 {
		t.Fatal("too few segments")
	}
	activeID, _ := parseName(segmentFiles(m)[len(segmentFiles(m))-1])
	for _, c := range []struct {
		name  string
		after uint64
		hit   []uint64
		want  []Hole
	}{
		{"first", 0, []uint64{1}, []Hole{{1, 1}}},
		{"two in a row", 0, []uint64{7, 8}, []Hole{{7, 8}}},
		{"two apart", 0, []uint64{7, 9}, []Hole{{7, 7}, {9, 9}}},
		{"last of a sealed segment", 0, []uint64{activeID - 1}, []Hole{{activeID - 1, activeID - 1}}},
		{"first of the active segment", 0, []uint64{activeID}, []Hole{{activeID, activeID}}},
		{"active, proven by a later batch", 0, []uint64{last - 3}, []Hole{{last - 3, last - 3}}},
		{"active, proven by the index", last, []uint64{last}, []Hole{{last, last}}},
		{"active, inside the last batch, proven by the index", last, []uint64{last - 1}, []Hole{{last - 1, last - 1}}},
		{"active, last batch, no proof", 0, []uint64{last - 1}, nil},
	} {
		for _, part := range []string{"head", "payload", "number", "zeroed"} {
			t.Run(c.name+"/"+part, func(t *testing.T) {
				m := m.clone()
				for _, n := range c.hit {
					name, f := frameOf(t, m, n)
					b := m.get(name)[f.off:f.end()]
					switch part {
					case "head":
						b[0] ^= 4
					case "payload":
						b[frameHeader+max(len(f.payload)-1, -8)] ^= 1 // of an empty payload its checksum
					case "number":
						b[8] ^= 1
					case "zeroed":
						clear(b)
					}
				}
				o.FS, o.After = m, c.after
				j, r := mustOpen(t, o)
				want := numbers(1, last)
				if c.want == nil { // a torn batch
					want = numbers(1, last-3)
					if r.Torn == 0 || r.Next != last-2 || len(r.Quarantined) > 0 {
						t.Fatalf("report = %+v", r)
					}
				} else if r.Next != last+1 {
					t.Fatalf("report = %+v", r)
				}
				want = slices.DeleteFunc(want, func(n uint64) bool { return slices.Contains(c.hit, n) })
				have, holes := checkHoles(t, j, want)
				if !slices.Equal(have, want) || !slices.Equal(holes, c.want) {
					t.Fatalf("read %v, holes %v; want %v, %v", have, holes, want, c.want)
				}
			})
		}
	}
}

// TestHeaderCopy: one damaged header costs nothing.
func TestHeaderCopy(t *testing.T) {
	o, m := build(t, 200)
	for _, off := range []int{0, headerCopy} {
		for _, name := range segmentFiles(m) {
			clear(m.get(name)[off : off+headerSize])
		}
		c := m.clone()
		o.FS = c
		j, r := mustOpen(t, o)
		if len(r.Holes)+len(r.Quarantined) > 0 {
			t.Fatalf("report = %+v", r)
		}
		checkRecords(t, j, numbers(1, 200))
		_, m = build(t, 200)
	}
}

// TestLostLast: a last segment that is gone or cut short is noticed without the help of an index.
func TestLostLast(t *testing.T) {
	o, m := build(t, 200)
	files := segmentFiles(m)
	name := files[len(files)-1]
	id, _ := parseName(name)
	t.Run("gone", func(t *testing.T) {
		c := m.clone()
		delete(c.visible, name)
		o.FS = c
		j, r := mustOpen(t, o)
		if want := []Hole{{id, id - 1 + unknownRecords}}; !slices.Equal(r.Holes, want) || r.Next != id+unknownRecords {
			t.Fatalf("report = %+v, want holes %v", r, want)
		}
		checkRecords(t, j, numbers(1, id-1))
	})
	t.Run("cut short", func(t *testing.T) {
		c := m.clone()
		at, f := frameOf(t, c, 198)
		if at != name {
			t.Fatal("the last segment is too short")
		}
		c.put(name, c.get(name)[:f.off])
		o.FS = c
		j, r := mustOpen(t, o)
		if want := []Hole{{198, 197 + unknownRecords}}; !slices.Equal(r.Holes, want) || len(r.Quarantined) != 1 {
			t.Fatalf("report = %+v, want holes %v", r, want)
		}
		checkRecords(t, j, numbers(1, 197))
	})
}

// TestMisplacedFrames: a good frame counts only where it was written. Payloads hold images of frames at will.
func TestMisplacedFrames(t *testing.T) {
	o, m := build(t, 200)
	name, a := frameOf(t, m, 10)
	_, b := frameOf(t, m, 11)
	img := m.get(name)
	h, _ := parseHeader(img, 1, testSeal)
	forged := slices.Clone(img[b.off:b.end()])
	copy(img[a.off:], make([]byte, a.end()-a.off))
	if f, ok := parseFrame(append(make([]byte, a.off), forged...), h.seed(), a.off); ok && a.off != b.off {
		t.Fatalf("a frame of offset %d is good at %d: %+v", b.off, a.off, f)
	}
	if f, ok := parseFrame(img, newHeader(1, 0, h.size, testSeal).seed(), b.off); ok {
		t.Fatalf("a frame is good in another segment of the same id: %+v", f)
	}
	o.FS = m
	j, _ := mustOpen(t, o)
	_, holes := checkHoles(t, j, numbers(1, 200))
	if !slices.Equal(holes, []Hole{{10, 10}}) {
		t.Fatalf("holes = %v", holes)
	}
}

// TestCompactThrough: what the index has not applied is left alone, and so is the active segment.
func TestCompactThrough(t *testing.T) {
	o, m := build(t, 200)
	files := segmentFiles(m)
	second, _ := parseName(files[1])
	none := func(uint64, byte, []byte) bool { return false }
	o.FS = m
	j, _ := mustOpen(t, o)
	for _, c := range []struct {
		through uint64
		first   uint64 // the first record left
	}{{0, 1}, {second - 2, 1}, {second - 1, second}, {second, second}} {
		if err := compactAll(j, Compaction{Through: c.through, Keep: none, All: true}); err != nil {
			t.Fatal(err)
		}
		checkRecords(t, j, numbers(c.first, 200))
	}
	active, _ := parseName(files[len(files)-1])
	if err := compactAll(j, Compaction{Through: 200, Keep: none}); err != nil {
		t.Fatal(err)
	}
	checkRecords(t, j, numbers(active, 200))
	if s := j.Stats(); s.Segments != 2 {
		t.Fatalf("stats = %+v, want all dead segments in one", s)
	}
}

// TestReadStops: fn's error ends reading, and reading goes on behind.
func TestReadStops(t *testing.T) {
	o, m := build(t, 200)
	o.FS = m
	j, _ := mustOpen(t, o)
	stop := errors.New("enough")
	var got []uint64
	for from := uint64(1); ; {
		count := 0
		err := j.Read(from, func(n uint64, _ byte, _ []byte) error {
			if count++; count > 7 {
				return stop
			}
			got = append(got, n)
			return nil
		})
		if err == nil {
			break
		}
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		from = got[len(got)-1] + 1
	}
	if !slices.Equal(got, numbers(1, 200)) {
		t.Fatalf("read %v", got)
	}
}

// TestReadFindsLaterDamage: what goes bad while the journal is open is told once, by the Read that meets it, also if fn stops it.
func TestReadFindsLaterDamage(t *testing.T) {
	o, m := build(t, 200)
	o.FS = m
	j, _ := mustOpen(t, o)
	name, f := frameOf(t, m, 5)
	m.get(name)[f.off] ^= 1
	stop := errors.New("enough")
	err := j.Read(1, func(n uint64, _ byte, _ []byte) error {
		if n == 8 {
			return stop
		}
		return nil
	})
	var damage *DamageError
	if !errors.Is(err, stop) || !errors.Is(err, ErrDamaged) || !errors.As(err, &damage) || !slices.Equal(damage.Holes, []Hole{{5, 5}}) {
		t.Fatalf("Read: %v", err)
	}
	if !hasQuarantine(m) || !strings.Contains(err.Error(), "record 5") {
		t.Fatalf("no copy in quarantine, or no word of it: %v", err)
	}
	if _, err := readAll(j); err != nil {
		t.Fatalf("told twice: %v", err)
	}
}

// TestTornNeverReturns: a torn batch is followed by one that ends exactly where a good frame of the torn one begins.
func TestTornNeverReturns(t *testing.T) {
	m := newMemFS(rand.New(rand.NewPCG(8, 8)))
	o := Options{FS: m}
	j, _ := mustOpen(t, o)
	same := Record{Type: 1, Payload: []byte("same size")}
	for range 2 {
		if _, err := j.Append([]Record{same, same, same}, true); err != nil {
			t.Fatal(err)
		}
	}
	name, f := frameOf(t, m, 4)
	m.get(name)[f.off] ^= 1
	j, r := mustOpen(t, o)
	if r.Next != 4 || r.Torn == 0 {
		t.Fatalf("report = %+v", r)
	}
	if _, err := j.Append([]Record{same}, true); err != nil {
		t.Fatal(err)
	}
	_, r = mustOpen(t, o)
	if r.Next != 5 || r.Torn != 0 {
		t.Fatalf("report = %+v: the torn batch is back", r)
	}
}

func TestHoles(t *testing.T) {
	var j Journal
	for _, c := range []struct {
		add   Hole
		fresh bool
		want  []Hole
	}{
		{Hole{10, 20}, true, []Hole{{10, 20}}},
		{Hole{10, 20}, false, []Hole{{10, 20}}},
		{Hole{12, 13}, false, []Hole{{10, 20}}},
		{Hole{30, 40}, true, []Hole{{10, 20}, {30, 40}}},
		{Hole{1, 2}, true, []Hole{{1, 2}, {10, 20}, {30, 40}}},
		{Hole{3, 3}, true, []Hole{{1, 3}, {10, 20}, {30, 40}}},
		{Hole{15, 29}, true, []Hole{{1, 3}, {10, 40}}},
		{Hole{0, 50}, true, []Hole{{0, 50}}},
	} {
		if got := len(j.addHoles([]Hole{c.add})) > 0; got != c.fresh || !slices.Equal(j.holes, c.want) {
			t.Fatalf("after adding %v: %v (new: %v), want %v (%v)", c.add, j.holes, got, c.want, c.fresh)
		}
	}
	j.closeHoles(10, 20)
	if want := []Hole{{0, 9}, {21, 50}}; !slices.Equal(j.holes, want) {
		t.Fatalf("after closing: %v, want %v", j.holes, want)
	}
}

func TestFreeSpace(t *testing.T) {
	free, err := FreeSpace(t.TempDir())
	if err != nil || free == 0 {
		t.Fatalf("FreeSpace = %d, %v", free, err)
	}
	if _, err := FreeSpace(t.TempDir() + "/missing"); err == nil {
		t.Fatal("a missing folder has free space")
	}
}

// TestFirstBatchLargerThanSegment: an empty segment takes a batch that is larger than it was made.
func TestFirstBatchLargerThanSegment(t *testing.T) {
	m := newMemFS(rand.New(rand.NewPCG(9, 9)))
	o := Options{FS: m}
	j, _ := mustOpen(t, o)
	big := make([]byte, MaxPayload)
	for range 3 {
		if _, err := j.Append([]Record{{1, big}, {2, big}, {3, big}}, true); err != nil {
			t.Fatal(err)
		}
	}
	o.FS = m.cut()
	j, r := mustOpen(t, o)
	got, err := readAll(j)
	if err != nil || len(got) != 9 || r.Next != 10 || len(r.Holes) > 0 {
		t.Fatalf("read %d records, %v, report %+v", len(got), err, r)
	}
	for _, name := range segmentFiles(m) {
		if n := len(m.get(name)); n > maxSize {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
}

// TestCompactKeepsHoles: without Healed a damaged segment is evidence, and none of it is merged away.
func TestCompactKeepsHoles(t *testing.T) {
	o, m := build(t, 300)
	o.FS = m
	j, _ := mustOpen(t, o)
	files := segmentFiles(m)
	second, _ := parseName(files[1])
	third, _ := parseName(files[2])
	keep := func(n uint64, _ byte, _ []byte) bool { return n%10 == 0 }
	if err := compactAll(j, Compaction{Through: second - 1, Keep: keep}); err != nil {
		t.Fatal(err)
	}
	name, f := frameOf(t, m, 20)
	m.get(name)[f.off] ^= 1
	hole := []Hole{{11, 20}} // 11 to 19 were dropped, but who knows
	var damage *DamageError
	done, err := j.Compact(Compaction{Through: third - 1, Keep: keep, Healed: true})
	if !errors.As(err, &damage) || !slices.Equal(damage.Holes, hole) || done.Next == 0 || done.Rewritten || !hasQuarantine(m) {
		t.Fatalf("Compact of unknown damage: %+v, %v", done, err)
	}
	for _, c := range []struct {
		healed bool
		holes  []Hole
	}{{false, hole}, {true, nil}} {
		if err := compactAll(j, Compaction{Through: third - 1, Keep: keep, Healed: c.healed}); err != nil {
			t.Fatal(err)
		}
		j, _ = mustOpen(t, o)
		_, _ = readAll(j)
		if !slices.Equal(j.Holes(), c.holes) {
			t.Fatalf("healed %v: holes %v, want %v", c.healed, j.Holes(), c.holes)
		}
	}
}
