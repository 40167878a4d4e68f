package window

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stalls watches for moments in which the machine itself stands still, as guests do when their host has other things to do:
// threads before all others, one on each processor, that want to run each millisecond.
type stalls struct {
	stop    chan struct{}
	threads sync.WaitGroup
	mu      sync.Mutex
	worst   time.Duration
	barred  bool
}

func watchStalls(b *testing.B) *stalls {
	b.Helper()
	s := &stalls{stop: make(chan struct{})}
	for cpu := range runtime.NumCPU() {
		s.threads.Go(func() { s.beat(cpu) })
	}
	b.Cleanup(func() {
		close(s.stop)
		s.threads.Wait()
	})
	return s
}

// beat ends its thread with its goroutine: no other gets its priority.
func (s *stalls) beat(cpu int) {
	runtime.LockOSThread()
	var one unix.CPUSet
	one.Set(cpu)
	first := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 50}
	if unix.SchedSetaffinity(0, &one) != nil || unix.SchedSetAttr(0, &first, 0) != nil {
		s.mu.Lock()
		s.barred = true
		s.mu.Unlock()
		return
	}
	wait := unix.NsecToTimespec(int64(time.Millisecond))
	for {
		select {
		case <-s.stop:
			return
		default:
		}
		begun := time.Now()
		_ = unix.Nanosleep(&wait, nil)
		late := time.Since(begun) - time.Millisecond
		s.mu.Lock()
		s.worst = max(s.worst, late)
		s.mu.Unlock()
	}
}

// longest is the longest stall since the last call. False: we may not put threads before others.
func (s *stalls) longest() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	worst := s.worst
	s.worst = 0
	return worst, !s.barred
}
