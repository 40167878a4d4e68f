package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

var (
	testKey  = Key{1, 2, 3}
	quickest = Cost{Time: 1, Memory: 64, Threads: 1}
)

// TestEveryBitCounts: whatever is changed, moved, cut or opened with another key is not taken.
func TestEveryBitCounts(t *testing.T) {
	other := NewKey()
	hash := [32]byte{7}
	for _, c := range []struct {
		name   string
		sealed []byte
		open   func(k *Key, b []byte) ([]byte, error)
		moved  func(b []byte) ([]byte, error)
	}{
		{
			"record", testKey.Records().Seal(nil, []byte("content"), []byte("place")),
			func(k *Key, b []byte) ([]byte, error) { return k.Records().Open(nil, b, []byte("place")) },
			func(b []byte) ([]byte, error) { return testKey.Records().Open(nil, b, []byte("elsewhere")) },
		},
		{
			"file", testKey.Files().Seal("name", []byte("content")),
			func(k *Key, b []byte) ([]byte, error) { return k.Files().Open("name", b) },
			func(b []byte) ([]byte, error) { return testKey.Files().Open("other", b) },
		},
		{
			"chunk", testKey.Blobs().Seal(nil, []byte("content"), hash, 3),
			func(k *Key, b []byte) ([]byte, error) { return k.Blobs().Open(nil, b, hash, 3) },
			func(b []byte) ([]byte, error) { return testKey.Blobs().Open(nil, b, hash, 4) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := c.open(&testKey, c.sealed); err != nil || string(got) != "content" {
				t.Fatalf("%q, %v", got, err)
			}
			if bytes.Contains(c.sealed, []byte("content")) {
				t.Error("it can be read")
			}
			for i := range 8 * len(c.sealed) {
				spoilt := bytes.Clone(c.sealed)
				spoilt[i/8] ^= 1 << (i % 8)
				if _, err := c.open(&testKey, spoilt); !errors.Is(err, ErrForged) {
					t.Fatalf("bit %d: %v", i, err)
				}
			}
			for n := range c.sealed {
				if _, err := c.open(&testKey, c.sealed[:n]); !errors.Is(err, ErrForged) {
					t.Fatalf("cut to %d: %v", n, err)
				}
			}
			if _, err := c.open(&other, c.sealed); !errors.Is(err, ErrForged) {
				t.Errorf("another key: %v", err)
			}
			if _, err := c.moved(c.sealed); !errors.Is(err, ErrForged) {
				t.Errorf("another place: %v", err)
			}
		})
	}
}

// TestNoncesDiffer: the same content at the same place is never sealed alike, which would show that it is the same.
func TestNoncesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		sealed := testKey.Records().Seal(nil, []byte("content"), []byte("place"))
		if nonce := string(sealed[:24]); seen[nonce] {
			t.Fatal("a nonce came twice")
		} else {
			seen[nonce] = true
		}
	}
}

// TestKeysDiffer: no two uses share a key.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, label := range []string{"haggle journal v1", "haggle journal check", "haggle blob v1", "haggle blob name v1", "haggle file v1", "haggle index v1"} {
		seen[string(testKey.derive(label))] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d keys", len(seen))
	}
}

// TestGolden pins the derivations: what was sealed must open for ever.
func TestGolden(t *testing.T) {
	if got := hex.EncodeToString(testKey.Index()); got != goldenIndex {
		t.Errorf("index key %s", got)
	}
	if got := testKey.Blobs().Name([32]byte{9}); got != goldenName {
		t.Errorf("name %s", got)
	}
	if got := testKey.Records().Check([]byte("saltsalt"), 5); got != goldenCheck {
		t.Errorf("check %d", got)
	}
	sealed, err := hex.DecodeString(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := testKey.Files().Open("drafts", sealed); err != nil || string(got) != "half a sentence" {
		t.Errorf("file: %q, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	b := testKey.Blobs()
	name := b.Name([32]byte{1})
	if len(name) != NameSize || name == b.Name([32]byte{2}) || strings.Contains(name, "0100000000") {
		t.Errorf("name %s", name)
	}
	if h, ok := b.Hash(name); !ok || h != [32]byte{1} {
		t.Errorf("%x, %v", h, ok)
	}
	for i := range name {
		spoilt := []byte(name)
		spoilt[i] ^= 1
		if _, ok := b.Hash(string(spoilt)); ok {
			t.Errorf("letter %d does not count", i)
		}
	}
	for _, bad := range []string{"", name[2:], name + "00", strings.ToUpper(name)} {
		if _, ok := b.Hash(bad); ok {
			t.Errorf("%q is taken for a name", bad)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, size := range []int64{0, 1, Chunk - 1, Chunk, Chunk + 1, 5*Chunk + 7, 20 << 20} {
		if got, ok := PlainSize(SealedSize(size)); !ok || got != size {
			t.Errorf("%d bytes: %d, %v", size, got, ok)
		}
	}
	for _, sealed := range []int64{1, Overhead, SealedChunk + Overhead} {
		if _, ok := PlainSize(sealed); ok {
			t.Errorf("a file of %d bytes is taken", sealed)
		}
	}
}

func TestPadlock(t *testing.T) {
	key := NewKey()
	p, err := NewPadlock(key, "open sesame é", quickest)
	if err != nil {
		t.Fatal(err)
	}
	p, err = ParsePadlock(p.Encode())
	if err != nil {
		t.Fatal(err)
	}
	check := func(p Padlock, passphrase string, want error) {
		t.Helper()
		got, err := p.Open(passphrase)
		if !errors.Is(err, want) || err == nil && got != key {
			t.Errorf("%q: %v", passphrase, err)
		}
	}
	check(p, "open sesame é", nil)
	check(p, "open sesame e\u0301", nil) // typed on another machine
	check(p, "Open sesame é", ErrPassphrase)
	check(p, "", ErrPassphrase)

	ring, secret := p.WithKeyring(key)
	if got, err := ring.OpenWith(secret); err != nil || got != key {
		t.Error(err)
	}
	for _, wrong := range [][]byte{nil, make([]byte, 32), secret[:16]} {
		if _, err := ring.OpenWith(wrong); !errors.Is(err, ErrPassphrase) {
			t.Errorf("secret %x: %v", wrong, err)
		}
	}
	if _, err := ring.WithoutKeyring().OpenWith(secret); !errors.Is(err, ErrPassphrase) {
		t.Errorf("forgotten: %v", err)
	}

	changed, err := ring.WithPassphrase(key, "another", quickest)
	if err != nil {
		t.Fatal(err)
	}
	check(changed, "another", nil)
	check(changed, "open sesame é", ErrPassphrase)
	if got, err := changed.OpenWith(secret); err != nil || got != key {
		t.Errorf("the keyring after a change: %v", err)
	}
	if _, err := NewPadlock(key, " \t", quickest); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty passphrase: %v", err)
	}
	cheaper := p
	cheaper.Cost.Time++ // whoever lowers the cost does not get at the key with it
	check(cheaper, "open sesame é", ErrPassphrase)
	if Usual.Memory < 64<<10 {
		t.Error("a passphrase is too cheap to try")
	}
}

func TestPadlockDamage(t *testing.T) {
	p, err := NewPadlock(testKey, "passphrase", quickest)
	if err != nil {
		t.Fatal(err)
	}
	file := p.Encode()
	for i := range file {
		spoilt := bytes.Clone(file)
		spoilt[i] ^= 1
		if _, err := ParsePadlock(spoilt); !errors.Is(err, ErrPadlock) {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, err := ParsePadlock(file[:i]); !errors.Is(err, ErrPadlock) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	for name, change := range map[string]func(*Padlock){
		"no time":         func(p *Padlock) { p.Cost.Time = 0 },
		"much time":       func(p *Padlock) { p.Cost.Time = 1 << 20 },
		"much memory":     func(p *Padlock) { p.Cost.Memory = 1 << 30 },
		"no memory":       func(p *Padlock) { p.Cost.Memory = 0 },
		"no threads":      func(p *Padlock) { p.Cost.Threads = 0 },
		"no state":        func(p *Padlock) { p.State = "" },
		"an old version":  func(p *Padlock) { p.Version = 0 },
		"many bytes more": func(p *Padlock) { p.Salt = make([]byte, maxFile) },
	} {
		changed := p
		change(&changed)
		if _, err := ParsePadlock(changed.Encode()); !errors.Is(err, ErrPadlock) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Version = 2
	if _, err := ParsePadlock(p.Encode()); !errors.Is(err, ErrNewerPadlock) {
		t.Errorf("a newer one: %v", err)
	}
}

func FuzzPadlock(f *testing.F) {
	p, err := NewPadlock(testKey, "passphrase", quickest)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Encode())
	f.Add([]byte("{}\nsha256 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := ParsePadlock(file)
		if err == nil && (p.Cost.Memory > maxMemory || p.Cost.Time > maxTime) {
			t.Errorf("cost %+v", p.Cost)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	r, payload, place := testKey.Records(), make([]byte, 300), make([]byte, 25)
	var dst []byte
	b.SetBytes(300)
	b.ReportAllocs()
	for b.Loop() {
		dst = r.Seal(dst[:0], payload, place)
	}
}

func BenchmarkPassphrase(b *testing.B) {
	p, err := NewPadlock(testKey, "passphrase", Usual)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Open("passphrase"); err != nil {
			b.Fatal(err)
		}
	}
}
