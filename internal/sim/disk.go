package sim

import (
	"math/rand/v2"
	"sync"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lan"
)

// disk is a store whose commits take time, may be refused because it is full, and may be ended by a crash: what was not
// acknowledged then may or may not have been written.
type disk struct {
	*storetest.Mem
	index  int // of the machine
	random *rand.Rand

	mu      sync.Mutex
	queue   []commit
	wake    chan struct{}
	crashed bool
	full    bool
}

type commit struct {
	batch chat.Batch
	done  func(error)
}

func newDisk(mem *storetest.Mem, index int, random *rand.Rand) *disk {
	d := &disk{Mem: mem, index: index, random: random, wake: make(chan struct{}, 1)}
	go d.run()
	return d
}

// Commit implements chat.Store.
func (d *disk) Commit(b chat.Batch, done func(error)) {
	d.mu.Lock()
	crashed := d.crashed
	if !crashed {
		d.queue = append(d.queue, commit{b, done})
	}
	d.mu.Unlock()
	if crashed {
		done(chat.ErrClosed)
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
			c := d.queue[0]
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
				c.done(chat.ErrClosed)
			case crashed:
				d.Mem.Commit(c.batch, func(error) { c.done(chat.ErrClosed) }) // on disk, but nobody was told
			case full:
				c.done(chat.ErrDiskFull)
			default:
				d.Mem.Commit(c.batch, c.done)
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
