package journal

import (
	"fmt"
	"slices"
)

// Compaction says what one step of Compact may drop.
type Compaction struct {
	// From is where the step begins to look: 0 at first, then Compacted.Next.
	From uint64
	// Through is the newest record that the caller's index has made durable on its own. Segments that reach beyond it are
	// left alone.
	Through uint64
	// Keep tells whether a record is still needed. It is called once for each record looked at, in order; payload is valid
	// during the call only.
	Keep func(n uint64, typ byte, payload []byte) bool
	// All rewrites every segment that holds a record no longer needed, not only those less than half live: an erasure.
	// Call Rotate before the first step, as the active segment is never rewritten.
	All bool
	// Reseal rewrites every segment that is not of the kind, sealed or plain, that is written now; what Keep wants of it.
	Reseal bool
	// Healed rewrites damaged segments too, and closes the holes in and between those looked at: the caller has made them
	// good with new records. Their copies stay in quarantine.
	Healed bool
}

// Compacted is what one step of Compact did.
type Compacted struct {
	// Next is the Compaction.From of the next step, 0 if this was the last.
	Next uint64
	// Rewritten tells whether a file was replaced, Freed by how many bytes that made the journal smaller.
	Rewritten bool
	Freed     int64
}

// Compact looks at one sealed segment and rewrites it without the records no longer needed if that halves the file (see
// Compaction for more), joined with the rewritten one before it if they fit into one. Record numbers stay. The old files go
// once the new one is durable. A step takes memory for three segments and, while it writes, the disk space of one.
//
// A failure leaves the journal as it was, or is ErrBroken. A *DamageError tells that the segment has holes that were not known:
// it is in quarantine now and was left alone, also with Healed. Next is valid then.
func (j *Journal) Compact(c Compaction) (Compacted, error) {
	if j.broken != nil {
		return Compacted{}, j.broken
	}
	i := 0
	for i < len(j.segs)-1 && j.segs[i].through < c.From {
		i++
	}
	if i == len(j.segs)-1 || j.segs[i].through > c.Through {
		return Compacted{}, nil
	}
	next, before := j.segs[i].through+1, j.Stats().Bytes
	rewritten, fresh, err := j.compact(i, c)
	if err != nil {
		return Compacted{}, fmt.Errorf("journal: compact: %w", err)
	}
	if len(fresh) > 0 {
		return Compacted{Next: next}, &DamageError{Holes: fresh}
	}
	return Compacted{Next: next, Rewritten: rewritten, Freed: before - j.Stats().Bytes}, nil
}

// compact is Compact for the sealed segment i. It does nothing if there are fresh holes.
func (j *Journal) compact(i int, c Compaction) (rewritten bool, fresh []Hole, err error) {
	seg := &j.segs[i]
	img, _, err := j.load(seg.id, nil)
	if err != nil {
		return false, nil, err
	}
	kept, used, holes := seg.collect(img, c.Keep)
	if fresh = j.addHoles(holes); len(fresh) > 0 {
		_, err := j.quarantine(seg.id, img)
		return false, fresh, err
	}
	live := seg.header.framesSize(kept)
	seg.live = dataStart + live
	reseal := c.Reseal && seg.header.seal != j.opts.seal()
	heal := c.Healed && (len(holes) > 0 || i == 0 && seg.id > 1)
	switch {
	case len(holes) > 0 && !heal:
		return false, nil, nil
	case !heal && !reseal && 2*live >= seg.size-dataStart && (!c.All || live == used):
		return false, nil, nil
	}
	first, id := i, seg.id
	if i == 0 && heal {
		id = 1
	}
	if i > 0 && j.segs[i-1].header.compacted && j.segs[i-1].size+live <= j.opts.max {
		img, _, err := j.load(j.segs[i-1].id, nil)
		if err != nil {
			return false, nil, err
		}
		if before, _, holes := j.segs[i-1].collect(img, nil); len(holes) == 0 {
			first, id, kept = i-1, j.segs[i-1].id, append(before, kept...)
		}
	}
	return true, nil, j.replace(first, i, id, kept)
}

// collect returns the good frames in the image of a sealed segment that keep wants (nil: all), and how many bytes all of
// them take. The payloads share img.
func (s *segment) collect(img []byte, keep func(uint64, byte, []byte) bool) (kept []frame, used int64, holes []Hole) {
	holes, _, _ = s.walk(img, func(f frame) error {
		used += int64(s.header.frameSize(len(f.payload)))
		if keep == nil || keep(f.number, f.typ, f.payload) {
			kept = append(kept, f)
		}
		return nil
	})
	return kept, used, holes
}

func (h header) framesSize(frames []frame) (n int64) {
	for _, f := range frames {
		n += int64(h.frameSize(len(f.payload)))
	}
	return n
}

// replace makes one compacted segment id, holding the kept frames, of the segments first to last.
func (j *Journal) replace(first, last int, id uint64, kept []frame) error {
	var prev uint64
	if first > 0 {
		prev = j.segs[first-1].id
	}
	h := newHeader(id, prev, 0, j.opts.seal())
	size := dataStart + h.framesSize(kept)
	h.size = size
	h.compacted, h.through, h.newest = true, j.segs[last].through, id-1
	if len(kept) > 0 {
		h.newest = kept[len(kept)-1].number
	}
	img, seed, link := h.image(), h.seed(), id-1
	img = slices.Grow(img, int(size)-len(img))
	for _, f := range kept {
		f.link, f.off, f.flags = link, len(img), flagLast
		img, link = h.encode(img, seed, f), f.number
	}
	if renamed, err := j.install(segmentName(id), img, 0); err != nil {
		if renamed {
			return j.breakDown("compact", err)
		}
		return err
	}
	seg := segment{id: id, size: size, header: h, live: size, through: h.through}
	old := slices.Clone(j.segs[first : last+1])
	j.segs = slices.Replace(j.segs, first, last+1, seg)
	j.closeHoles(id, h.through)
	for _, seg := range old {
		if seg.id == id {
			continue
		}
		if err := j.fs.Remove(segmentName(seg.id)); err != nil {
			return j.breakDown("compact", err)
		}
	}
	if err := j.fs.SyncDir("."); err != nil {
		return j.breakDown("compact", err)
	}
	return nil
}
