package sim

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"sync"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

// disk is a store whose writes, of batches and of blobs, take time, may be refused because it is full, and may be ended by
// a crash: what was not acknowledged then may or may not have been written.
type disk struct {
	*storetest.Mem
	index  int // of the machine
	random *rand.Rand

	mu      sync.Mutex
	queue   []write
	wake    chan struct{}
	crashed bool
	full    bool
}

// write is something that the Mem is to do. One that frees space is not refused for the lack of it.
type write struct {
	do    func(done func(error))
	done  func(error)
	frees bool
}

func newDisk(mem *storetest.Mem, index int, random *rand.Rand) *disk {
	d := &disk{Mem: mem, index: index, random: random, wake: make(chan struct{}, 1)}
	go d.run()
	return d
}

// Commit implements chat.Store.
func (d *disk) Commit(b chat.Batch, done func(error)) {
	d.add(write{do: func(done func(error)) { d.Mem.Commit(b, done) }, done: done})
}

// PutBlob implements chat.Blobs.
func (d *disk) PutBlob(data []byte, done func(chat.Hash, error)) {
	data = bytes.Clone(data)
	d.add(write{
		do:   func(done func(error)) { d.Mem.PutBlob(data, func(_ chat.Hash, err error) { done(err) }) },
		done: func(err error) { done(sha256.Sum256(data), err) },
	})
}

// AppendBlob implements chat.Blobs.
func (d *disk) AppendBlob(h chat.Hash, size, offset uint32, data []byte, done func(error)) {
	data = bytes.Clone(data)
	d.add(write{do: func(done func(error)) { d.Mem.AppendBlob(h, size, offset, data, done) }, done: done})
}

// FinishBlob implements chat.Blobs.
func (d *disk) FinishBlob(h chat.Hash, check func(data []byte) error, done func(error)) {
	d.add(write{do: func(done func(error)) { d.Mem.FinishBlob(h, check, done) }, done: done})
}

// DropPart implements chat.Blobs.
func (d *disk) DropPart(h chat.Hash, done func(error)) {
	d.add(write{do: func(done func(error)) { d.Mem.DropPart(h, done) }, done: done, frees: true})
}

// MarkBlob implements chat.Blobs.
func (d *disk) MarkBlob(h chat.Hash, m chat.BlobMark, done func(error)) {
	d.add(write{do: func(done func(error)) { d.Mem.MarkBlob(h, m, done) }, done: done, frees: m == chat.NoMark})
}

func (d *disk) add(w write) {
	d.mu.Lock()
	crashed := d.crashed
	if !crashed {
		d.queue = append(d.queue, w)
	}
	d.mu.Unlock()
	if crashed {
		w.done(chat.ErrClosed)
		return
	}
	d.signal()
}

func (d *disk) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *disk) run() {
	for range d.wake {
		for {
			d.mu.Lock()
			if len(d.queue) == 0 {
				crashed := d.crashed
				d.mu.Unlock()
				if crashed {
					return
				}
				break
			}
			w := d.queue[0]
			d.queue = d.queue[1:]
			wait := time.Duration(d.random.Int64N(int64(5 * time.Millisecond)))
			written := d.random.IntN(2) == 0
			d.mu.Unlock()
			d.sleep(wait)
			d.mu.Lock()
			crashed, full := d.crashed, d.full
			d.mu.Unlock()
			switch {
			case crashed && !written:
				w.done(chat.ErrClosed)
			case crashed:
				w.do(func(error) { w.done(chat.ErrClosed) }) // on disk, but nobody was told
			case full && !w.frees:
				w.done(chat.ErrDiskFull)
			default:
				w.do(w.done)
			}
		}
	}
}

// sleep ends when nothing else happens: neither on the network nor at another disk. Whether a node hears of a commit or of
// a frame first would else hang on the scheduler, now and then.
func (d *disk) sleep(wait time.Duration) {
	now := time.Now()
	end := now.Add(wait).Truncate(lan.Tick).Add(lan.Busy + time.Duration(1+d.index))
	if !end.After(now) {
		end = end.Add(lan.Tick)
	}
	time.Sleep(end.Sub(now))
}

// crash ends the store as kill -9 ends a process: whatever waits is refused, and its fate is a coin's.
func (d *disk) crash() {
	d.mu.Lock()
	d.crashed = true
	d.mu.Unlock()
	d.signal()
}

func (d *disk) setFull(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}
