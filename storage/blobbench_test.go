package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"haggle/chat"
)

// benchPicture is n bytes that are another picture for each i.
func benchPicture(n, i int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	binary.BigEndian.PutUint64(b, uint64(i))
	return b
}

// BenchmarkPutBlob makes pictures durable, as they are sent.
func BenchmarkPutBlob(b *testing.B) {
	me, _ := keyOf(1)
	db := mustOpen(b, Options{Dir: b.TempDir(), Self: me})
	data := benchPicture(300_000, 0)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint64(data, uint64(i))
		if err := keep(db, data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendBlob takes chunks in as they come over the network, one after the other or some ahead.
func BenchmarkAppendBlob(b *testing.B) {
	for _, ahead := range []int{1, 8} {
		b.Run(fmt.Sprint("ahead=", ahead), func(b *testing.B) {
			me, _ := keyOf(1)
			db := mustOpen(b, Options{Dir: b.TempDir(), Self: me})
			const size = 4 << 20
			data := benchPicture(size, 0)
			done := make(chan error, ahead)
			waiting, blob, at := 0, 0, 0
			h := hashOf(data)
			b.SetBytes(chat.ChunkBytes)
			b.ReportAllocs()
			for b.Loop() {
				if at == size {
					binary.BigEndian.PutUint64(data, uint64(blob))
					h[0], h[1], h[2], at = byte(blob), byte(blob>>8), byte(blob>>16), 0
					blob++
				}
				db.AppendBlob(h, size, uint32(at), data[at:at+chat.ChunkBytes], func(err error) { done <- err })
				at += chat.ChunkBytes
				if waiting++; waiting == ahead {
					waiting--
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
			}
			for range waiting {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFinishBlob makes fetched pictures whole.
func BenchmarkFinishBlob(b *testing.B) {
	me, _ := keyOf(1)
	db := mustOpen(b, Options{Dir: b.TempDir(), Self: me})
	data := benchPicture(300_000, 0)
	b.SetBytes(int64(len(data)))
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint64(data, uint64(i))
		if err := fetch(db, data); err != nil {
			b.Fatal(err)
		}
	}
}

// manyMessages is a store with 10,000 messages, each with a small picture or with a text of the same size.
func manyMessages(b *testing.B, pictures bool) (Options, *author) {
	b.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: b.TempDir(), Self: me}
	db := mustOpen(b, o)
	a, room := newAuthor(0)
	if err := commit(b, db, chatBatch(room)); err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		var record chat.GroupRecord
		var err error
		if data := benchPicture(200, i); pictures {
			record = a.shows(data)
			err = wait(func(done func(error)) { db.AppendBlob(hashOf(data), 200, 0, data, done) })
		} else {
			record = a.says(randomText(45))
		}
		if err = errors.Join(err, commit(b, db, chat.Batch{Records: []chat.Record{record}, Soft: true})); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, db)
	return o, a
}

// BenchmarkCommitBesideBlobs is BenchmarkCommit in a store with many pictures: they must cost it nothing.
func BenchmarkCommitBesideBlobs(b *testing.B) {
	for _, pictures := range []bool{false, true} {
		b.Run(fmt.Sprint("pictures=", pictures), func(b *testing.B) {
			o, a := manyMessages(b, pictures)
			db := mustOpen(b, o)
			if err := commit(b, db, chatBatch(a.says("x"))); err != nil { // and what else there is to do after a start
				b.Fatal(err)
			}
			text := randomText(100)
			b.ReportAllocs()
			for b.Loop() {
				if err := commit(b, db, chatBatch(a.says(text))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenBesideBlobs opens a store with many pictures.
func BenchmarkOpenBesideBlobs(b *testing.B) {
	for _, pictures := range []bool{false, true} {
		b.Run(fmt.Sprint("pictures=", pictures), func(b *testing.B) {
			o, _ := manyMessages(b, pictures)
			for b.Loop() {
				db := mustOpen(b, o)
				b.StopTimer()
				mustClose(b, db)
				b.StartTimer()
			}
		})
	}
}
