package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// figures are what the rounds of a system came to.
type figures struct {
	arrived, told50, told99, burst, away []float64 // microseconds; burst: messages a second; away: milliseconds
}

// compare measures W1, W2 and W3 for all systems, in turns, and prints them side by side.
func compare(o options) error {
	one, many := 1000, 10_000
	if o.quick {
		one, many = 100, 1000
	}
	all := []system{o.haggle(), o.api(), o.floor(), o.jetstream(true), o.jetstream(false), o.bare()}
	got := make([]figures, len(all))
	for round := range o.rounds {
		for i, s := range all {
			dir := filepath.Join(o.dir, fmt.Sprintf("compare-%d-%d", round, i))
			if err := got[i].measure(s, dir, one, many); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	title("W1-W3: %d one by one, %d at once, %d while the other is away; medians of %d rounds", one, many, many, o.rounds)
	row("", "W1 there us", "receipt p50", "p99", "W2 msg/s", "W3 ms")
	for i, s := range all {
		f := &got[i]
		cells := []any{median(f.arrived), median(f.told50), median(f.told99), "-", "-"}
		if !s.only {
			cells[3], cells[4] = median(f.burst), median(f.away)
		}
		row(s.name, cells...)
	}
	ours, api, floor, synced, unsynced, bare := &got[0], &got[1], &got[2], &got[3], &got[4], &got[5]
	title("beside the goals; of each ratio the median over the rounds, and the range")
	goal("the floor is one: W2 beside NATS, sync always", ratios(floor.burst, synced.burst), atLeast, 4)
	goal("the floor is one: W1 beside NATS, sync always", ratios(floor.told50, synced.told50), atMost, 1.8)
	goal("W1 receipt p50 beside floor", ratios(ours.told50, floor.told50), atMost, 0.8)
	goal("W1 receipt p50 beside NATS, sync always", ratios(ours.told50, synced.told50), atMost, 1)
	goal("W1 receipt p99 beside floor", ratios(ours.told99, floor.told99), atMost, 1.5)
	goal("W2 beside floor", ratios(ours.burst, floor.burst), atLeast, 1.5)
	goal("W2 of the node's API beside floor", ratios(api.burst, floor.burst), atLeast, 2)
	goal("W2 beside NATS, sync always", ratios(ours.burst, synced.burst), atLeast, 8)
	goal("W3 beside floor", ratios(ours.away, floor.away), atMost, 0.6)
	fact("W1 receipt p50 beside the bare machine", ratios(ours.told50, bare.told50))
	fact("W1 receipt p50 of the node's API beside the bare machine", ratios(api.told50, bare.told50))
	fact("W1 receipt p50 of the bare machine beside floor", ratios(bare.told50, floor.told50))
	fact("W1 receipt p50 of the bare machine beside NATS, sync always", ratios(bare.told50, synced.told50))
	fact("W2 beside NATS that does not sync", ratios(ours.burst, unsynced.burst))
	fact("W3 beside NATS that does not sync", ratios(ours.away, unsynced.away))
	return nil
}

// measure adds a round.
func (f *figures) measure(s system, dir string, one, many int) error {
	p, err := s.open(filepath.Join(dir, "near"))
	if err != nil {
		return err
	}
	if _, _, err := p.oneByOne(one / 10); err != nil { // what runs for the first time
		return err
	}
	arrived, told, err := p.oneByOne(one)
	if err != nil {
		return err
	}
	f.arrived = append(f.arrived, micro(arrived.at(50)))
	f.told50, f.told99 = append(f.told50, micro(told.at(50))), append(f.told99, micro(told.at(99)))
	if s.only {
		return p.close()
	}
	took, err := p.burst(many)
	if err != nil {
		return err
	}
	if err := p.close(); err != nil {
		return err
	}
	if p, err = s.open(filepath.Join(dir, "far")); err != nil {
		return err
	}
	held, err := p.away(0, many)
	if err != nil {
		return err
	}
	f.burst = append(f.burst, float64(many)/took.Seconds())
	f.away = append(f.away, micro(held)/1000)
	return p.close()
}

// longAway measures W3 with ten times as much, beside the floor and beside a tenth of it.
func longAway(o options) error {
	few, many := 10_000, 100_000
	if o.quick {
		few, many = 1000, 5000
	}
	all := []system{o.haggle(), o.floor(), o.jetstream(false)}
	got := make([][2][]float64, len(all))
	for round := range o.rounds {
		for i, s := range all {
			for j, n := range []int{few, many} {
				dir := filepath.Join(o.dir, fmt.Sprintf("away-%d-%d-%d", round, i, j))
				held, err := heldAfter(s, dir, n)
				if err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				got[i][j] = append(got[i][j], micro(held)/1000)
			}
		}
	}
	title("W3: %d and %d while the other is away, ms; medians of %d rounds", few, many, o.rounds)
	for i, s := range all {
		row(s.name, median(got[i][0]), median(got[i][1]))
	}
	title("beside the goals")
	goal(fmt.Sprintf("W3 of %d beside floor", few), ratios(got[0][0], got[1][0]), atMost, 0.6)
	goal(fmt.Sprintf("W3 of %d beside floor", many), ratios(got[0][1], got[1][1]), atMost, 0.5)
	return nil
}

// heldAfter is W3 of a new pair, in a folder that is gone afterwards.
func heldAfter(s system, dir string, n int) (time.Duration, error) {
	p, err := s.open(dir)
	if err != nil {
		return 0, err
	}
	held, err := p.away(0, n)
	if err != nil {
		return 0, err
	}
	if err := p.close(); err != nil {
		return 0, err
	}
	return held, os.RemoveAll(dir)
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// ratios are those of the same round.
func ratios(a, b []float64) []float64 {
	list := make([]float64, len(a))
	for i := range a {
		list[i] = a[i] / b[i]
	}
	return list
}
