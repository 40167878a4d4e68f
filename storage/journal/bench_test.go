package journal

import (
	"os"
	"path/filepath"
	"testing"
)

func benchBatch(n int) []Record {
	var batch []Record
	for i := range n {
		batch = append(batch, Record{Type: 1, Payload: make([]byte, 250)})
		batch[i].Payload[0] = byte(i)
	}
	return batch
}

func benchAppend(b *testing.B, n int) {
	j, _ := mustOpen(b, Options{Dir: b.TempDir()})
	batch := benchBatch(n)
	b.SetBytes(int64(n * 250))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(batch, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendSync1(b *testing.B)  { benchAppend(b, 1) }
func BenchmarkAppendSync64(b *testing.B) { benchAppend(b, 64) }

// benchBare is what appending cannot be faster than: a write of as many bytes and a sync, into one file filled before.
func benchBare(b *testing.B, n int) {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for off := int64(0); off < maxSize; off += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:], off); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	data := make([]byte, n*frameSize(250))
	b.SetBytes(int64(n * 250))
	off := int64(0)
	for b.Loop() {
		if off+int64(len(data)) > maxSize {
			off = 0
		}
		if _, err := f.WriteAt(data, off); err != nil {
			b.Fatal(err)
		}
		off += int64(len(data))
		if err := syncData(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareSync1(b *testing.B)  { benchBare(b, 1) }
func BenchmarkBareSync64(b *testing.B) { benchBare(b, 64) }

func BenchmarkReplay(b *testing.B) {
	j, _ := mustOpen(b, Options{Dir: b.TempDir()})
	batch := benchBatch(64)
	for range 2000 {
		if _, err := j.Append(batch, false); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(j.Stats().Bytes)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Read(1, func(uint64, byte, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	o := Options{Dir: b.TempDir()}
	j, _ := mustOpen(b, o)
	batch := benchBatch(64)
	for range 2000 {
		if _, err := j.Append(batch, false); err != nil {
			b.Fatal(err)
		}
	}
	_ = j.Close()
	for b.Loop() {
		j, _, err := Open(o)
		if err != nil {
			b.Fatal(err)
		}
		_ = j.Close()
	}
}
