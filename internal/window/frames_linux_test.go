package window

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"haggle/internal/crowd"
)

// BenchmarkPainted is how long the real program needs from one frame on its screen to the next while the wheel turns, over
// a profile full of years: the X server itself tells when a frame is there. Drawn without a graphics card, as any program is. What
// other programs took of the machine meanwhile is told, too, and the longest time in which it ran nobody: both make frames late.
func BenchmarkPainted(b *testing.B) {
	p := newPerson(b, nil, 0)
	if err := crowd.Fill(p.data(), crowd.Years); err != nil {
		b.Fatal(err)
	}
	p.must(Remember(p.data(), Settings{Introduced: true, Look: Light}))
	p.launch()
	p.must(p.Size(1100, 750))
	frames, err := p.Frames()
	p.must(err)
	defer func() { p.must(frames.Close()) }()
	still := watchStalls(b)
	for _, c := range []struct {
		name  string
		taps  [][2]int
		at    [2]int
		steps int
	}{
		{"market", nil, [2]int{600, 400}, 1},
		{"room", [][2]int{{40, 170}, {260, 262}}, [2]int{800, 400}, -1},
		{"inbox", nil, [2]int{260, 400}, 1},
	} {
		for _, at := range c.taps {
			p.click(at[0], at[1])
			p.rest("")
		}
		p.rest(c.name)
		p.must(p.do("mousemove", "--window", p.id, fmt.Sprint(c.at[0]), fmt.Sprint(c.at[1])))
		frames.Gaps()
		still.longest()
		b.Run(c.name, func(b *testing.B) {
			var gaps []time.Duration
			before, all, ours, begun := p.used(p.CPU), p.used(busy), p.ours(), time.Now()
			for b.Loop() {
				p.must(p.Spin(600 * c.steps))
			}
			after := p.used(p.CPU)
			others := (p.used(busy) - all) - (p.ours() - ours)
			share := float64(max(0, others)) / float64(time.Since(begun)) / float64(runtime.NumCPU())
			gaps = frames.Gaps()
			slices.Sort(gaps)
			if len(gaps) < 100 {
				b.Fatalf("%d frames", len(gaps))
			}
			late := 0
			for _, g := range gaps {
				if g > 32*time.Millisecond {
					late++
				}
			}
			at := func(share int) float64 { return float64(gaps[(len(gaps)-1)*share/100].Milliseconds()) }
			b.ReportMetric(at(50), "ms-median")
			b.ReportMetric(at(99), "ms-99%")
			b.ReportMetric(at(100), "ms-longest")
			b.ReportMetric(float64(late), "over-32ms")
			b.ReportMetric(100*share, "%-others")
			if stall, ok := still.longest(); ok {
				b.ReportMetric(float64(stall.Milliseconds()), "ms-stalled")
			}
			// What the program itself takes for a frame they do not change.
			b.ReportMetric(float64((after-before).Milliseconds())/float64(len(gaps)+1), "ms-cpu")
			b.ReportMetric(float64(len(gaps)), "frames")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// used is a processor time.
func (p *person) used(tell func() (time.Duration, error)) time.Duration {
	p.t.Helper()
	d, err := tell()
	p.must(err)
	return d
}

// ours is the processor time of all that belongs to the measurement: the program, its screen, this test and its tools.
func (p *person) ours() time.Duration {
	p.t.Helper()
	d := p.used(p.CPU) + p.used(p.screen.CPU)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		p.must(syscall.Getrusage(who, &r))
		d += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return d
}

// busy is the processor time of the whole machine that was not idle, what its host took for others included.
func busy() (sum time.Duration, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	fields := strings.Fields(line)
	for _, i := range []int{1, 2, 3, 6, 7, 8} { // user, nice, system, two of interrupts, stolen
		if i >= len(fields) {
			return 0, fmt.Errorf("/proc/stat has %d fields", len(fields))
		}
		ticks, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ticks) * 10 * time.Millisecond
	}
	return sum, nil
}
