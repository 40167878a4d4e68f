package journal

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// fixedJournal returns the images of three segments, the second compacted, with the records 1 to 60 but for some dropped ones.
// They are the same on every run.
func fixedJournal() (images [3][]byte, ids [3]uint64) {
	ids = [3]uint64{1, 21, 41}
	for i, id := range ids {
		h := header{id: id, salt: [8]byte{'s', 'a', 'l', 't', 0, 0, 0, byte(i)}, size: 12 << 10}
		if i > 0 {
			h.prev = ids[i-1]
		}
		if i == 1 {
			h.compacted, h.through, h.newest = true, 40, 40
		}
		img, last := h.image(), id-1
		for n := id; n < id+20; n++ {
			if i == 1 && n%4 != 0 {
				continue
			}
			r := record(n)
			f := frame{number: n, link: last, off: len(img), typ: r.Type, payload: r.Payload}
			if n%3 == 0 || n == id+19 {
				f.flags = flagLast
			}
			if f.flags == flagLast || h.compacted {
				last = n
			}
			img = appendFrame(img, h.seed(), f)
		}
		if i == 0 {
			img = appendFrame(img, h.seed(), frame{number: id + 20, link: last, off: len(img), flags: flagEnd})
		}
		images[i] = append(img, make([]byte, int(h.size)-len(img))...)
	}
	return images, ids
}

// TestFixedJournal pins the format: what version 1 wrote is read for ever.
func TestFixedJournal(t *testing.T) {
	m := newMemFS(rand.New(rand.NewPCG(5, 5)))
	images, ids := fixedJournal()
	for i, img := range images {
		m.put(segmentName(ids[i]), img)
	}
	j, r := mustOpen(t, Options{FS: m})
	if r.Next != 61 || len(r.Holes) > 0 || r.Torn > 0 {
		t.Fatalf("report = %+v", r)
	}
	checkRecords(t, j, slices.Concat(numbers(1, 20), []uint64{24, 28, 32, 36, 40}, numbers(41, 60)))
}

// FuzzReplay puts any bytes in the place of a segment, or of a part of one. The journal opens, gives out no record that was
// never written, and works on.
func FuzzReplay(f *testing.F) {
	images, ids := fixedJournal()
	f.Add([]byte{}, uint8(2), uint16(0), uint64(0))
	f.Add(make([]byte, 5000), uint8(1), uint16(0), uint64(60))
	f.Add([]byte{1, 2, 3}, uint8(0), uint16(dataStart+5), uint64(10))
	for i, img := range images {
		f.Add(img, uint8(i), uint16(0), uint64(60))
		f.Add(img[dataStart:], uint8(i), uint16(dataStart+32), uint64(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8, at uint16, after uint64) {
		if len(data) > 1<<16 || after > 1<<40 {
			return
		}
		m := newMemFS(rand.New(rand.NewPCG(6, 6)))
		for i, img := range images {
			if i == int(which)%len(images) {
				off := min(int(at), len(img))
				if at == 0 {
					img = data
				} else {
					img = slices.Concat(img[:off], data, img[min(off+len(data), len(img)):])
				}
			}
			m.put(segmentName(ids[i]), slices.Clone(img))
		}
		for range 2 {
			j, r, err := Open(Options{Seal: testSeal, FS: m, After: after, first: 8 << 10, max: 16 << 10})
			if err != nil {
				t.Fatal(err)
			}
			if r.Next <= after {
				t.Fatalf("next %d is not behind %d", r.Next, after)
			}
			got, err := readAll(j)
			if err != nil && len(j.Holes()) == 0 {
				t.Fatal(err)
			}
			for i, g := range got {
				if i > 0 && g.n <= got[i-1].n {
					t.Fatalf("record %d after %d", g.n, got[i-1].n)
				}
				if w := record(g.n); g.typ != w.Type || g.payload != string(w.Payload) {
					t.Fatalf("record %d was invented: %d %q", g.n, g.typ, g.payload)
				}
			}
			if _, err := j.Append([]Record{record(r.Next)}, true); err != nil {
				t.Fatal(err)
			}
			after = r.Next
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
