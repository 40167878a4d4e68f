package sim

import (
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
)

// TestDiskBlobs: blobs take their time, are refused while the disk is full, and nothing is acknowledged after a crash.
func TestDiskBlobs(t *testing.T) {
	data := []byte("a picture of a bicycle")
	h := chat.Hash(sha256.Sum256(data))
	calls := map[string]func(d *disk, done func(error)){
		"put":    func(d *disk, done func(error)) { d.PutBlob(data, func(_ chat.Hash, err error) { done(err) }) },
		"append": func(d *disk, done func(error)) { d.AppendBlob(h, uint32(len(data)), 0, data[:5], done) },
		"finish": func(d *disk, done func(error)) { d.FinishBlob(h, func([]byte) error { return nil }, done) },
		"drop":   func(d *disk, done func(error)) { d.DropPart(h, done) },
		"mark":   func(d *disk, done func(error)) { d.MarkBlob(h, chat.MarkFailed, done) },
		"unmark": func(d *disk, done func(error)) { d.MarkBlob(h, chat.NoMark, done) },
	}
	for name, call := range calls {
		written, lost := 0, 0
		for seed := range uint64(20) {
			synctest.Test(t, func(t *testing.T) {
				mem := storetest.NewMem(chat.PeerID{1})
				d := newDisk(mem, 0, rand.New(rand.NewPCG(seed, 0)))
				do := func() error {
					done := make(chan error, 1)
					call(d, func(err error) { done <- err })
					return <-done
				}
				frees := name == "drop" || name == "unmark"
				began := time.Now()
				d.setFull(true)
				if err := do(); errors.Is(err, chat.ErrDiskFull) == frees {
					t.Errorf("%s on a full disk: %v", name, err)
				}
				if mem.Blob(h) != (chat.BlobState{}) {
					t.Errorf("%s on a full disk left %+v", name, mem.Blob(h))
				}
				if time.Since(began) <= 0 {
					t.Errorf("%s takes no time", name)
				}
				d.setFull(false)
				fate := make(chan error, 1)
				call(d, func(err error) { fate <- err })
				d.crash()
				if err := <-fate; !errors.Is(err, chat.ErrClosed) {
					t.Errorf("%s in a crash: %v", name, err)
				}
				if err := do(); !errors.Is(err, chat.ErrClosed) {
					t.Errorf("%s after a crash: %v", name, err)
				}
				if mem.Blob(h) != (chat.BlobState{}) {
					written++
				} else {
					lost++
				}
				if err := mem.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		if leaves := name == "put" || name == "append" || name == "mark"; lost == 0 || leaves != (written > 0) {
			t.Errorf("%s in a crash: %d times written, %d times lost", name, written, lost)
		}
	}
}
