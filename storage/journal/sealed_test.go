package journal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// sealedTests, set in the environment, has all tests of the package run on sealed journals.
const sealedTests = "JOURNAL_TEST_SEALED"

// testSeal is nil unless the tests run on sealed journals.
var testSeal = func() Seal {
	if os.Getenv(sealedTests) == "" {
		return nil
	}
	return newTestSeal(1)
}()

// gcmSeal is a Seal for tests.
type gcmSeal struct {
	aead cipher.AEAD
	key  byte
}

func newTestSeal(key byte) Seal {
	block, err := aes.NewCipher(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &gcmSeal{aead, key}
}

func (s *gcmSeal) Overhead() int { return s.aead.Overhead() }

func (s *gcmSeal) Check(salt []byte, id uint64) uint16 {
	return uint16(crc32.ChecksumIEEE(append(slices.Clone(salt), s.key, byte(id))))
}

func (s *gcmSeal) Seal(dst, payload, place []byte) []byte {
	return s.aead.Seal(dst, nil, payload, place)
}

func (s *gcmSeal) Open(dst, sealed, place []byte) ([]byte, error) {
	return s.aead.Open(dst, nil, sealed, place)
}

// TestSealed runs the other tests once more, on sealed journals, but for those that count on how long a record is.
func TestSealed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	run := "^Test(AppendReadReopen|CompactKeepsNumbers|Damage|HeaderCopy|PowerCut|FaultSweep|Kill)$"
	if os.Getenv("HAGGLE_SOAK") != "" {
		run = "."
	}
	cmd := exec.Command(os.Args[0], "-test.run="+run, "-test.skip=^Test(Sealed|Limits|UnreadableBlock|ExactHoles)$")
	cmd.Env = append(os.Environ(), sealedTests+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// mixed is a journal of which some segments are plain and some sealed, with a compacted one of each kind and a hole.
func mixed(t *testing.T) (Options, *memFS, []uint64) {
	t.Helper()
	m := newMemFS(rand.New(rand.NewPCG(3, 3)))
	o := Options{FS: m, first: 8 << 10, max: 16 << 10}
	var want []uint64
	for _, seal := range []Seal{nil, newTestSeal(1), nil, newTestSeal(1)} {
		o.Seal, o.Plain = newTestSeal(1), seal == nil
		j, _, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		from := j.Next()
		appendN(t, j, 300, 3)
		if err := j.Rotate(); err != nil {
			t.Fatal(err)
		}
		keep := func(n uint64, _ byte, _ []byte) bool { return n < from || n%3 == 0 }
		if err := compactAll(j, Compaction{From: from, Through: j.Next() - 1, Keep: keep, All: true}); err != nil {
			t.Fatal(err)
		}
		for n := from; n < j.Next(); n++ {
			if n%3 == 0 {
				want = append(want, n)
			}
		}
		appendN(t, j, 50, 5)
		want = append(want, numbers(j.Next()-50, j.Next()-1)...)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return o, m, want
}

// sealedCount is how many segments in m are sealed, and how many there are.
func sealedCount(m *memFS) (sealed, all int) {
	for _, name := range segmentFiles(m) {
		id, _ := parseName(name)
		if h, err := parseHeader(m.get(name), id, newTestSeal(1)); err == nil && h.seal != nil {
			sealed++
		}
		all++
	}
	return sealed, all
}

func reseal(j *Journal) error {
	return compactAll(j, Compaction{Through: maxNumber, Keep: func(uint64, byte, []byte) bool { return true }, Reseal: true})
}

// TestReseal makes all of a journal sealed and all of it plain, and dies or loses power at each step: every record stays as
// it is, and the next start finishes.
func TestReseal(t *testing.T) {
	o, m, want := mixed(t)
	for _, plain := range []bool{false, true} {
		done := false
		for cut := 1; !done; cut++ {
			c := m.clone()
			c.rng = rand.New(rand.NewPCG(uint64(cut), 1))
			o.FS, o.Plain = c, plain
			c.cutAt = cut
			err := func() error {
				j, _, err := Open(o)
				if err != nil {
					return err
				}
				defer func() { _ = j.Close() }()
				return reseal(j)
			}()
			done = err == nil
			if c.cutAt = 0; !done {
				c = c.cut()
			}
			o.FS = c
			j, r := mustOpenAs(t, o)
			if len(r.Holes) > 0 {
				t.Fatalf("plain %v, cut at %d: holes %v", plain, cut, r.Holes)
			}
			checkRecords(t, j, want)
			if err := reseal(j); err != nil {
				t.Fatal(err)
			}
			checkRecords(t, j, want)
			sealed, all := sealedCount(c)
			if plain && sealed > 0 || !plain && sealed < all || all < 4 {
				t.Fatalf("plain %v, cut at %d: %d of %d sealed", plain, cut, sealed, all)
			}
			if !plain {
				for _, n := range want {
					if text := record(n).Payload; len(text) > 20 && slices.ContainsFunc(segmentFiles(c), func(name string) bool { return bytes.Contains(c.get(name), text) }) {
						t.Fatalf("cut at %d: record %d can be read", cut, n)
					}
				}
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func mustOpenAs(t *testing.T, o Options) (*Journal, *Report) {
	t.Helper()
	j, r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return j, r
}

// TestWrongSeal: with another key, or none, nothing is touched.
func TestWrongSeal(t *testing.T) {
	o, m, _ := mixed(t)
	for name, seal := range map[string]Seal{"none": nil, "another": newTestSeal(2)} {
		c := m.clone()
		before := maps.Clone(c.visible)
		o.FS, o.Seal, o.Plain = c, seal, false
		if _, _, err := Open(o); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
		for file, ino := range before {
			if now := c.visible[file]; now == nil || !bytes.Equal(now.cache, m.visible[file].cache) || now != ino {
				t.Errorf("%s: %s was touched", name, file)
			}
		}
		if len(c.visible) != len(before) {
			t.Errorf("%s: other files than before", name)
		}
	}
}

// TestForged changes what is sealed so that every checksum holds: it is no record any more, and neither is one that was moved
// to another place.
func TestForged(t *testing.T) {
	m := newMemFS(rand.New(rand.NewPCG(3, 3)))
	o := Options{FS: m, first: 8 << 10, max: 8 << 10, Seal: newTestSeal(1)}
	j, _ := mustOpenAs(t, o)
	appendN(t, j, 200, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	name := segmentFiles(m)[0]
	h, err := parseHeader(m.get(name), 1, o.Seal)
	if err != nil {
		t.Fatal(err)
	}
	for _, forge := range []struct {
		name string
		do   func(f *frame)
	}{
		{"content", func(f *frame) { f.payload[len(f.payload)/2] ^= 1 }},
		{"type", func(f *frame) { f.typ++ }},
		{"cut", func(f *frame) { f.payload = f.payload[:4] }},
	} {
		c := m.clone()
		img := c.get(name)
		f, ok := parseFrame(img, h.seed(), dataStart)
		if !ok {
			t.Fatal("no frame")
		}
		f.payload = slices.Clone(f.payload)
		end := f.end()
		forge.do(&f)
		clear(img[f.off:end])
		copy(img[f.off:], appendFrame(nil, h.seed(), f))
		if _, ok := parseFrame(img, h.seed(), f.off); !ok {
			t.Fatal("the forgery has a bad checksum")
		}
		o.FS = c
		j, _ := mustOpenAs(t, o)
		have, holes := checkHoles(t, j, numbers(1, 200))
		if !slices.Equal(holes, []Hole{{1, 1}}) || len(have) != 199 {
			t.Errorf("%s: %d records, holes %v", forge.name, len(have), holes)
		}
		_ = j.Close()
	}
}
