package journal

import (
	"fmt"
	"slices"
)

// DamageError tells which records a Read met that cannot be read and that were not known to be missing. It is ErrDamaged.
type DamageError struct {
	Holes []Hole // ascending
}

// Error names how many there are and the first.
func (e *DamageError) Error() string {
	return fmt.Sprintf("journal: %d holes found, the first from record %d to %d", len(e.Holes), e.Holes[0].From, e.Holes[0].To)
}

// Is makes errors.Is(err, ErrDamaged) true.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }

// addHoles adds holes to those known and returns the ones that were not.
func (j *Journal) addHoles(holes []Hole) (fresh []Hole) {
	for _, h := range holes {
		if !slices.ContainsFunc(j.holes, func(k Hole) bool { return k.From <= h.From && h.To <= k.To }) {
			fresh = append(fresh, h)
			j.holes = insertHole(j.holes, h)
		}
	}
	return fresh
}

// insertHole returns the ascending holes with h among them, joined with those it touches.
func insertHole(holes []Hole, h Hole) []Hole {
	var out []Hole
	for i, k := range holes {
		switch {
		case k.To+1 < h.From:
			out = append(out, k)
		case h.To+1 < k.From:
			return append(append(out, h), holes[i:]...)
		default:
			h = Hole{min(h.From, k.From), max(h.To, k.To)}
		}
	}
	return append(out, h)
}

// closeHoles forgets what was missing of the numbers from to to.
func (j *Journal) closeHoles(from, to uint64) {
	var out []Hole
	for _, h := range j.holes {
		if h.From < from {
			out = append(out, Hole{h.From, min(h.To, from-1)})
		}
		if h.To > to {
			out = append(out, Hole{max(h.From, to+1), h.To})
		}
	}
	j.holes = out
}
