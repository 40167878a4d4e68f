package sim_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"haggle/internal/lan"
	"haggle/internal/sim"
)

var (
	seeds = flag.Int("seeds", 200, "how many seeds TestSeeds plays")
	first = flag.Int("seed", 0, "the first of them")
)

// config varies everything with the seed.
func config(seed int) sim.Config {
	c := sim.Config{
		Seed: uint64(seed), Nodes: 2 + seed%4, Acts: 60,
		Faults: lan.Faults{Latency: time.Millisecond, Jitter: 20 * time.Millisecond},
		Cuts:   true, Kills: true, PowerCuts: seed%3 == 0, FullDisks: seed%5 == 1, RollBacks: seed%4 == 3, Deletes: seed%7 == 2,
		Jumps: seed%6 == 4,
	}
	if seed%2 == 1 {
		c.Faults.Drop, c.Faults.Double, c.Faults.Reorder = 0.1, 0.1, 0.1
	}
	if seed%11 == 5 {
		c.Faults.Drop, c.Faults.Double, c.Faults.Reorder = 0.3, 0.3, 0.3
	}
	if seed%3 != 0 {
		c.Skew = 36 * time.Hour
	}
	if seed%40 == 7 {
		c.Nodes, c.Acts = 20, 40
	}
	return c
}

// TestSeeds plays random histories with all kinds of fate. -seed N -seeds 1 repeats one.
func TestSeeds(t *testing.T) {
	if testing.Short() {
		*seeds = min(*seeds, 50) // under the race detector each takes ten times as long
	}
	for seed := *first; seed < *first+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { sim.Run(t, config(seed)) })
		if t.Failed() {
			t.Fatalf("seed %d failed: go test ./internal/sim -run TestSeeds -seed %d -seeds 1", seed, seed)
		}
	}
}

// TestSameSeedSameTrace holds what makes a failing seed worth anything.
func TestSameSeedSameTrace(t *testing.T) {
	for _, seed := range []int{1, 3, 8} {
		a, b := sim.Run(t, config(seed)), sim.Run(t, config(seed))
		if a != b {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}

// TestCarry: what guests at a kiosk asked reaches a seller who was never there when they were.
func TestCarry(t *testing.T) {
	for seed := *first; seed < *first+max(1, *seeds*3/10); seed++ {
		faults := lan.Faults{Latency: time.Millisecond, Jitter: 20 * time.Millisecond}
		if seed%2 == 1 {
			faults.Drop, faults.Double, faults.Reorder = 0.05, 0.1, 0.1
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { sim.Carry(t, uint64(seed), faults) })
		if t.Failed() {
			t.Fatalf("seed %d failed: go test ./internal/sim -run TestCarry -seed %d -seeds 1", seed, seed)
		}
	}
}
