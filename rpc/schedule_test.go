package rpc

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"haggle/chat"
)

// TestSchedule plays events: "w1" is a write in lane 1 that comes in, "r2" a read in lane 2, "a1" a job that wants to be
// alone, "n" one without a lane; "-w1" is the end of the oldest such that runs. What was started stands in want.
func TestSchedule(t *testing.T) {
	for _, c := range []struct{ play, want string }{
		{"w1 w1 w1", "w1 w1 w1"},
		{"w1 r1", "w1"},
		{"w1 r1 -w1", "w1 r1"},
		{"w1 w1 r1 r1 -w1", "w1 w1"},
		{"w1 w1 r1 r1 -w1 -w1", "w1 w1 r1 r1"},
		{"w1 r1 w1 -w1", "w1 r1"},                  // the second write does not overtake the read
		{"r1 r1 w1 r1 -r1", "r1 r1"},               // nor the last read the write
		{"a1 a1 w1 -a1", "a1 a1"},                  // alone is alone
		{"a1 w2 r2 n n", "a1 w2 n n"},              // other lanes and none do not wait
		{"w1 a1 w1 -w1 -a1", "w1 a1 w1"},           //
		{"a1 -a1 a1", "a1 a1"},                     // an empty lane is like new
		{"r1 w1 -r1 w1 -w1 r1 -w1", "r1 w1 w1 r1"}, //
	} {
		synctest.Test(t, func(t *testing.T) {
			var started []string
			running := map[string][]*call{}
			s := newScheduler(func(c *call) {
				started = append(started, c.method)
				running[c.method] = append(running[c.method], c)
			})
			go s.run(t.Context())
			for _, event := range strings.Fields(c.play) {
				if name, ended := strings.CutPrefix(event, "-"); ended {
					one := running[name][0]
					running[name] = running[name][1:]
					s.done <- one
				} else {
					one := &call{method: event}
					switch event[0] {
					case 'w':
						one.class = writes
					case 'r':
						one.class = reads
					}
					if len(event) > 1 {
						one.lane = laneOf(chat.RoomID{event[1]})
					}
					s.in <- one
				}
				synctest.Wait()
			}
			if got := strings.Join(started, " "); got != c.want {
				t.Errorf("%s started %s, want %s", c.play, got, c.want)
			}
			close(s.in)
			for ended := true; ended; { // until nothing runs
				ended = false
				for name := range running {
					for len(running[name]) > 0 {
						one := running[name][0]
						running[name] = running[name][1:]
						s.done <- one
						ended = true
						synctest.Wait()
					}
				}
			}
			if s.underWay != 0 || len(s.lanes) != 0 {
				t.Errorf("%s left %d jobs and %d lanes", c.play, s.underWay, len(s.lanes))
			}
		})
	}
}

// TestScheduleIsBounded: no more requests are read than may be under way.
func TestScheduleIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := 0
		s := newScheduler(func(*call) { running++ })
		go s.run(t.Context())
		taken := 0
		go func() {
			for range 2 * maxUnderWay {
				select {
				case s.in <- &call{method: fmt.Sprint(taken)}:
					taken++
				case <-t.Context().Done():
					return
				}
			}
		}()
		synctest.Wait()
		if running != maxUnderWay || taken > maxUnderWay+cap(s.in) {
			t.Errorf("%d are under way, %d were taken", running, taken)
		}
		s.done <- &call{}
		synctest.Wait()
		if running != maxUnderWay+1 {
			t.Errorf("after one ended %d were started", running)
		}
	})
}
