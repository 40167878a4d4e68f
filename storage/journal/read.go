package journal

import "errors"

// Read calls fn for every record from number from on, in order: n is its number, payload is valid during the call only. An
// error of fn ends the reading and is returned; a later Read may continue at n+1.
//
// Each record is checked. Damage is skipped; if some of it was not known before, Read still delivers what can be read,
// copies the damaged segments to quarantine, and returns a *DamageError at the end (joined with fn's error, if there is
// one). Read(1, ...) is thus the full check. It works on a broken journal too. It takes memory for one segment, at most 8 MiB,
// while it runs.
func (j *Journal) Read(from uint64, fn func(n uint64, typ byte, payload []byte) error) error {
	if j.file == nil {
		return ErrClosed
	}
	deliver := func(f frame) error {
		if f.number < from {
			return nil
		}
		return fn(f.number, f.typ, f.payload)
	}
	var (
		buf   []byte
		fresh []Hole
	)
	for i := range j.segs {
		seg := &j.segs[i]
		active := i == len(j.segs)-1
		if !active && seg.through < from {
			continue
		}
		img, _, err := j.load(seg.id, buf)
		if err != nil {
			return err
		}
		buf = img
		whole := *seg
		if active {
			img = img[:min(int(j.off), len(img))]
			whole.through = j.next - 1
		}
		holes, intact, err := whole.walk(img, deliver)
		if found := j.addHoles(holes); len(found) > 0 {
			fresh = append(fresh, found...)
			if !intact {
				if _, err := j.quarantine(seg.id, buf); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return join(err, fresh)
		}
	}
	return join(nil, fresh)
}

// join adds a DamageError to err if there are fresh holes.
func join(err error, fresh []Hole) error {
	switch {
	case len(fresh) == 0:
		return err
	case err == nil:
		return &DamageError{Holes: fresh}
	}
	return errors.Join(err, &DamageError{Holes: fresh})
}

// walk is the function walk for any segment, with all that it covers.
func (s *segment) walk(img []byte, fn func(frame) error) (holes []Hole, intact bool, err error) {
	switch {
	case s.lost:
		return []Hole{{s.id, s.through}}, false, nil
	case !s.header.compacted:
		return walk(img, s.header, s.through, fn)
	}
	holes, intact, err = walk(img, s.header, s.header.through, fn)
	if err == nil && s.header.through < s.through {
		holes = append(holes, Hole{s.header.through + 1, s.through})
	}
	return holes, intact, err
}
