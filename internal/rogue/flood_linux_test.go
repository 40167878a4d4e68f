package rogue

import (
	"slices"
	"testing"
	"time"

	"haggle/chat"
)

// TestA7ThousandASecond is A7: while a peer sends a thousand messages a second, each signed and a frame of its own, an
// honest third peer's messages take at most twice as long as before, and the disk takes no more than a stranger's quota.
func TestA7ThousandASecond(t *testing.T) {
	v := theVictim(t)
	const rate = 1000
	long := time.Duration(scaled(10, 60)) * time.Second
	before := v.settled(t, reading{})
	idle := v.typical(t, long/4)

	a := &assault{T: t, v: v}
	r := a.linked()
	author := r.Author()
	over, ended := make(chan struct{}), make(chan int)
	go func() {
		sent := 0
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for begun := time.Now(); ; {
			for due := int(time.Since(begun) * rate / time.Second); sent < due; sent++ {
				if r.Say(author.Frame(author.Texts(marker))) != nil {
					ended <- sent
					return
				}
			}
			select {
			case <-tick.C:
			case <-over:
				ended <- sent
				return
			}
		}
	}()
	flooded := v.typical(t, long)
	close(over)
	sent := <-ended
	a.leave()
	after := v.settled(t, before)
	rested := v.typical(t, long/4)
	idle = max(idle, rested) // what else the machine does comes and goes
	grown := after.Disk - before.Disk
	t.Logf("%d messages in %v: an honest peer's took %v, %v before and after; the disk grew by %d kB", sent, long, flooded, idle, grown>>10)
	if sent < rate*int(long/time.Second)*9/10 {
		t.Errorf("%d messages were sent, want %d a second", sent, rate)
	}
	const noise = 10 * time.Millisecond // of a machine with two cores that runs other tests, too
	if flooded > 2*idle+noise {
		t.Errorf("an honest peer's messages took %v instead of %v", flooded, idle)
	}
	honest := int64(long/interval) * 3 / 2 * (4 << 10)
	if grown > chat.StrangerBytes+honest {
		t.Errorf("the disk grew by %d kB, want at most the quota", grown>>10)
	}
	if after.Requests > before.Requests+1 {
		t.Errorf("%d requests became %d", before.Requests, after.Requests)
	}
}

// interval is the pause between two messages of the honest peer.
const interval = 20 * time.Millisecond

// typical is the median time of the honest peer's messages over so long.
func (v *victim) typical(t *testing.T, long time.Duration) time.Duration {
	t.Helper()
	var took []time.Duration
	for begun := time.Now(); time.Since(begun) < long; {
		took = append(took, v.talk(t))
		<-time.After(interval)
	}
	slices.Sort(took)
	return took[len(took)/2].Round(time.Microsecond)
}
