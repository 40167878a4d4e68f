package journal

// tail is what the last segment holds.
type tail struct {
	last     uint64 // newest record that counts, or that was there once
	end      int    // offset behind the last frame that counts
	unproven []span // where the frames lie that perhaps no sync covered
	holes    []Hole // records that a sync had covered and that cannot be read
	// lost is set if records behind last are lost, how many nobody knows: the file is shorter than it was made, parts of it
	// cannot be read, or an end mark tells that there was a segment behind this one.
	lost bool
}

// span is a range of offsets, to excluded.
type span struct{ from, to int }

// findTail tells damage from a torn tail in the image of a last, plain segment; whole is false if parts of it could not be
// read. Records up to after, and up to the highest link of any good frame, were durable once, so whatever of them is missing
// is a hole. Behind those only whole batches without a gap count. Records above limit do not count.
func findTail(img []byte, whole bool, h header, after, limit uint64) tail {
	proven := max(after, h.id-1)
	s := newScanner(img, h, maxNumber)
	for {
		f, ok := s.next()
		if !ok {
			break
		}
		proven = max(proven, f.link)
	}
	if s.mark > 0 {
		proven = max(proven, s.mark-1)
	}
	proven = min(proven, maxNumber-1)
	t := tail{last: h.id - 1, end: dataStart, lost: s.mark > 0 || int64(len(img)) < h.size || !whole}
	durable := proven
	if t.lost { // what is torn cannot be told from what is lost
		durable = max(proven, min(s.last, limit))
	}

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
		if f.number > proven {
			t.addUnproven(f)
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

func (t *tail) addUnproven(f frame) {
	if n := len(t.unproven); n > 0 && t.unproven[n-1].to == f.off {
		t.unproven[n-1].to = f.end()
		return
	}
	t.unproven = append(t.unproven, span{f.off, f.end()})
}
