package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// rec is a record as Read delivers it.
type rec struct {
	n       uint64
	typ     byte
	payload string
}

// readAll returns all records of j and what Read returned.
func readAll(j *Journal) ([]rec, error) {
	var out []rec
	err := j.Read(1, func(n uint64, typ byte, payload []byte) error {
		out = append(out, rec{n, typ, string(payload)})
		return nil
	})
	return out, err
}

// record makes the record that tests expect under number n: its content tells the number.
func record(n uint64) Record {
	return Record{Type: byte(n), Payload: bytes.Repeat([]byte(fmt.Sprintf("<%d>", n)), int(n*7%40))}
}

// mustOpen opens o and closes it at the end of the test.
func mustOpen(t testing.TB, o Options) (*Journal, *Report) {
	t.Helper()
	o.Seal = testSeal
	j, r, err := Open(o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, r
}

// appendN appends n records in batches of size, each synced.
func appendN(t testing.TB, j *Journal, n, size int) {
	t.Helper()
	for n > 0 {
		var batch []Record
		for range min(n, size) {
			batch = append(batch, record(j.Next()+uint64(len(batch))))
		}
		first := j.Next()
		if got, err := j.Append(batch, true); err != nil || got != first {
			t.Fatalf("Append = %d, %v; want %d", got, err, first)
		}
		n -= len(batch)
	}
}

// checkRecords fails unless j holds exactly the records with the numbers want, in order.
func checkRecords(t testing.TB, j *Journal, want []uint64) {
	t.Helper()
	got, err := readAll(j)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	var numbers []uint64
	for _, g := range got {
		numbers = append(numbers, g.n)
		if w := record(g.n); w.Type != g.typ || string(w.Payload) != g.payload {
			t.Fatalf("record %d = %d %q, want %d %q", g.n, g.typ, g.payload, w.Type, w.Payload)
		}
	}
	if !slices.Equal(numbers, want) {
		t.Fatalf("numbers read = %v\nwant %v", numbers, want)
	}
}

// compactAll takes all steps of c.
func compactAll(j *Journal, c Compaction) error {
	for {
		done, err := j.Compact(c)
		if err != nil || done.Next == 0 {
			return err
		}
		c.From = done.Next
	}
}

// numbers returns from to to.
func numbers(from, to uint64) []uint64 {
	var out []uint64
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

func TestAppendReadReopen(t *testing.T) {
	o := Options{Dir: t.TempDir(), first: 8 << 10, max: 32 << 10}
	j, r := mustOpen(t, o)
	if r.Next != 1 || len(r.Holes) != 0 {
		t.Fatalf("report of a new journal = %+v", r)
	}
	appendN(t, j, 1000, 7)
	checkRecords(t, j, numbers(1, 1000))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, r = mustOpen(t, o)
	if r.Next != 1001 || len(r.Holes) != 0 || len(r.Quarantined) != 0 || r.Torn != 0 {
		t.Fatalf("report = %+v", r)
	}
	appendN(t, j, 10, 1)
	checkRecords(t, j, numbers(1, 1010))
	if j.Stats().Segments < 3 {
		t.Fatalf("stats = %+v, want several segments", j.Stats())
	}
}

func TestCompactKeepsNumbers(t *testing.T) {
	o := Options{Dir: t.TempDir(), first: 8 << 10, max: 32 << 10}
	j, _ := mustOpen(t, o)
	appendN(t, j, 2000, 3)
	if err := j.Rotate(); err != nil {
		t.Fatal(err)
	}
	before := j.Stats()
	keep := func(n uint64, _ byte, _ []byte) bool { return n%10 == 0 }
	if err := compactAll(j, Compaction{Through: 2000, Keep: keep, All: true}); err != nil {
		t.Fatal(err)
	}
	var want []uint64
	for n := uint64(10); n <= 2000; n += 10 {
		want = append(want, n)
	}
	checkRecords(t, j, want)
	if after := j.Stats(); after.Bytes*2 > before.Bytes || after.Segments >= before.Segments {
		t.Fatalf("stats before %+v, after %+v", before, after)
	}
	appendN(t, j, 5, 5)
	want = append(want, numbers(2001, 2005)...)
	checkRecords(t, j, want)
	_ = j.Close()
	j, r := mustOpen(t, o)
	if r.Next != 2006 || len(r.Holes) != 0 {
		t.Fatalf("report = %+v", r)
	}
	checkRecords(t, j, want)
}

func TestLimits(t *testing.T) {
	j, _ := mustOpen(t, Options{Dir: t.TempDir()})
	big := make([]byte, MaxPayload)
	for _, c := range []struct {
		name  string
		batch []Record
		want  error
	}{
		{"none", nil, nil},
		{"empty payload", []Record{{Type: 3}}, nil},
		{"largest", []Record{{0, big}}, nil},
		{"too large", []Record{{0, make([]byte, MaxPayload+1)}}, ErrTooLarge},
		{"largest batch", []Record{{0, big}, {1, big}, {2, big}, {3, big[:MaxPayload-4*frameHeader]}}, nil},
		{"batch too large", []Record{{0, big}, {1, big}, {2, big}, {3, big}}, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := j.Next()
			_, err := j.Append(c.batch, true)
			if !errors.Is(err, c.want) {
				t.Fatalf("err = %v, want %v", err, c.want)
			}
			if err != nil && j.Next() != next {
				t.Fatalf("a refused batch took numbers")
			}
		})
	}
	if got, err := readAll(j); err != nil || len(got) != 6 {
		t.Fatalf("read %d records, %v; want 6", len(got), err)
	}
}

func TestClosed(t *testing.T) {
	j, _ := mustOpen(t, Options{Dir: t.TempDir()})
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
	_, appendErr := j.Append([]Record{{}}, true)
	_, reopenErr := j.Reopen()
	_, compactErr := j.Compact(Compaction{})
	readErr := j.Read(1, nil)
	for i, err := range []error{appendErr, reopenErr, compactErr, readErr, j.Sync(), j.Rotate()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("call %d: err = %v, want ErrClosed", i, err)
		}
	}
}
