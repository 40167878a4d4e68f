package journal

// tail is what the last segment holds.
type tail struct {
	last     uint64 // newest record that counts, or that was there once
	unproven int    // offset of the first frame that perhaps no sync covered, not below end if there is none
	end      int    // offset behind the last frame that counts
	holes    []Hole // records that a sync had covered and that cannot be read
	lost     bool   // an end mark was met, so there was a segment behind this one
}

// findTail tells damage from a torn tail in the image of a last, plain segment. Records up to after, and up to the highest
// link of any good frame, were durable once, so whatever of them is missing is a hole. Behind those only whole batches
// without a gap count. Records above limit do not count.
func findTail(img []byte, h header, after, limit uint64) tail {
	durable := max(after, h.id-1)
	s := newScanner(img, h, maxNumber)
	for {
		f, ok := s.next()
		if !ok {
			break
		}
		durable = max(durable, f.link)
	}
	t := tail{last: h.id - 1, unproven: len(img), end: dataStart, lost: s.mark > 0}
	if t.lost {
		durable = max(durable, s.mark-1)
	}
	durable = min(durable, maxNumber-1)
	seen := h.id - 1
	s = newScanner(img, h, maxNumber)
	for {
		f, ok := s.next()
		if !ok || f.number > limit || f.number > durable && f.number != max(seen, durable)+1 {
			break
		}
		if lost := min(f.number-1, durable); lost > seen {
			t.holes = append(t.holes, Hole{seen + 1, lost})
		}
		seen = f.number
		if f.number > durable {
			t.unproven = min(t.unproven, f.off)
		}
		if f.number <= durable || f.flags&flagLast != 0 {
			t.last, t.end = f.number, f.end()
		}
	}
	if seen < durable {
		t.holes = append(t.holes, Hole{seen + 1, durable})
	}
	t.last = max(t.last, durable)
	return t
}
