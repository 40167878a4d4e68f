package window

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"haggle/internal/crowd"
)

// BenchmarkPainted is how long the real program needs from one frame on its screen to the next while the wheel turns, over
// a profile full of years: the X server itself tells when a frame is there. Drawn without a graphics card, on one core.
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
		b.Run(c.name, func(b *testing.B) {
			var gaps []time.Duration
			before, err := p.CPU()
			p.must(err)
			for b.Loop() {
				p.must(p.Scroll(200 * c.steps))
			}
			after, err := p.CPU()
			p.must(err)
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
			// Other programs make gaps longer; what the program itself takes for a frame they do not change.
			b.ReportMetric(float64((after-before).Milliseconds())/float64(len(gaps)+1), "ms-cpu")
			b.ReportMetric(float64(len(gaps)), "frames")
			b.ReportMetric(0, "ns/op")
		})
	}
}
