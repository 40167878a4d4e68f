package journal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// unknownRecords is more than a segment can hold: how far numbering jumps when a last segment was lost whole.
const unknownRecords = maxSize / frameHeader

// Open opens the journal in o.Dir, making it if there is none, and reports what it found. What the last segment holds
// beyond doubt is durable when Open returns; damage is reported, not an error. Errors: ErrNewer, or what the file system
// refused; nothing is ever deleted but leftovers of an interrupted Append or Compact.
func Open(o Options) (*Journal, *Report, error) {
	if o.FS == nil {
		o.FS = DirFS(o.Dir)
	}
	if o.first == 0 {
		o.first, o.max = firstSize, maxSize
	}
	j := &Journal{fs: o.FS, opts: o}
	r, err := j.open(o.After, math.MaxUint64)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: open: %w", err)
	}
	return j, r, nil
}

// Reopen closes and opens the journal again, after ErrBroken or a doubt. Everything that no successful sync had covered is
// dropped. If it fails the journal stays broken and Reopen may be tried again; what was read before can still be read.
func (j *Journal) Reopen() (*Report, error) {
	if errors.Is(j.broken, ErrClosed) {
		return nil, j.broken
	}
	fresh := &Journal{fs: j.fs, opts: j.opts, buf: j.buf}
	r, err := fresh.open(max(j.opts.After, j.durable), j.durable)
	if err != nil {
		if j.broken == nil {
			return nil, j.breakDown("reopen", err)
		}
		return nil, fmt.Errorf("%w: reopen: %w", j.broken, err)
	}
	_ = j.file.Close()
	*j = *fresh
	return r, nil
}

// open fills an empty Journal. All records up to after were durable once; those above limit are dropped.
func (j *Journal) open(after, limit uint64) (r *Report, err error) {
	defer func() {
		if err != nil && j.file != nil {
			_ = j.file.Close()
		}
	}()
	if err := j.fs.Mkdir("."); err != nil {
		return nil, err
	}
	if err := j.list(); err != nil {
		return nil, err
	}
	r = &Report{}
	if err := j.dropSuperseded(r); err != nil {
		return nil, err
	}
	// What an earlier process renamed may not be durable yet.
	if err := j.fs.SyncDir("."); err != nil {
		return nil, err
	}
	if err := j.checkChain(r); err != nil {
		return nil, err
	}
	if err := j.resume(r, after, limit); err != nil {
		return nil, err
	}
	if err := j.turn(); err != nil {
		return nil, err
	}
	r.Next, r.Holes = j.next, j.Holes()
	return r, nil
}

// turn begins another segment if the last one is not of the kind, sealed or plain, that is to be written.
func (j *Journal) turn() error {
	seg := j.active()
	if seg.header.seal == j.opts.seal() {
		return nil
	}
	if j.off > dataStart {
		return j.rotate(seg.size, 0)
	}
	file := j.file
	j.segs = j.segs[:len(j.segs)-1] // the new one takes its place
	if err := j.begin(seg.id, seg.size, 0); err != nil {
		return err
	}
	return file.Close()
}

// list reads the names and headers of all segments. It changes nothing unless all are of a version that is known, then
// it removes temporary files.
func (j *Journal) list() error {
	names, err := j.fs.Names(".")
	if err != nil {
		return err
	}
	var temps []string
	for _, name := range names {
		if base, ok := strings.CutSuffix(name, tempSuffix); ok {
			if _, ok := parseName(base); ok {
				temps = append(temps, name)
			}
			continue
		}
		id, ok := parseName(name)
		if !ok {
			continue
		}
		seg, err := j.inspect(id)
		if err != nil {
			return err
		}
		j.segs = append(j.segs, seg)
	}
	slices.SortFunc(j.segs, func(a, b segment) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	for _, name := range temps {
		if err := j.fs.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// inspect reads the header of segment id.
func (j *Journal) inspect(id uint64) (segment, error) {
	f, err := j.fs.Open(segmentName(id))
	if err != nil {
		return segment{}, err
	}
	defer func() { _ = f.Close() }()
	seg := segment{id: id, live: -1}
	if seg.size, err = f.Size(); err != nil {
		return segment{}, err
	}
	img := make([]byte, min(seg.size, dataStart))
	if err := readFull(f, img, 0); err != nil {
		return segment{}, err
	}
	seg.header, err = parseHeader(img, id, j.opts.Seal)
	if seg.lost = errors.Is(err, errHeader); seg.lost {
		err = nil
	}
	return seg, err
}

// dropSuperseded finishes what an interrupted Compact left: segments whose numbers the one before covers. They are
// removed if that one is whole, else put aside. It also sets what each segment but the last covers.
func (j *Journal) dropSuperseded(r *Report) error {
	var kept []segment
	for _, seg := range j.segs {
		if n := len(kept); n > 0 {
			if before := &kept[n-1]; before.header.compacted && before.header.through >= seg.id {
				if err := j.supersede(*before, seg, r); err != nil {
					return err
				}
				continue
			}
		}
		kept = append(kept, seg)
	}
	j.segs = kept
	for i := range j.segs {
		if i+1 < len(j.segs) {
			j.segs[i].through = j.segs[i+1].id - 1
		}
	}
	return nil
}

func (j *Journal) supersede(by, seg segment, r *Report) error {
	img, _, err := j.load(by.id, nil)
	if err != nil {
		return err
	}
	if _, intact, _ := walk(img, by.header, by.header.through, func(frame) error { return nil }); !intact {
		if img, _, err = j.load(seg.id, img); err != nil {
			return err
		}
		if err := j.aside(seg.id, img, r); err != nil {
			return err
		}
	}
	return j.fs.Remove(segmentName(seg.id))
}

// aside is quarantine with the copy's name noted in r.
func (j *Journal) aside(id uint64, img []byte, r *Report) error {
	name, err := j.quarantine(id, img)
	if name != "" {
		r.Quarantined = append(r.Quarantined, name)
	}
	return err
}

// checkChain looks for files missing between the others, by headers alone; only where one is missing is the segment before
// read, to learn where the hole begins.
func (j *Journal) checkChain(r *Report) error {
	if len(j.segs) > 0 && j.segs[0].id > 1 {
		j.addHoles([]Hole{{1, j.segs[0].id - 1}})
	}
	for i := range len(j.segs) - 1 {
		seg, next := &j.segs[i], &j.segs[i+1]
		chained := !next.lost && next.header.prev == seg.id
		if seg.header.compacted {
			chained = seg.header.through == seg.through
		}
		if !seg.lost && chained {
			continue
		}
		if err := j.survey(seg, r); err != nil {
			return err
		}
	}
	return nil
}

// survey notes the holes of a sealed segment and, if it is damaged, copies it aside.
func (j *Journal) survey(seg *segment, r *Report) error {
	img, _, err := j.load(seg.id, nil)
	if err != nil {
		return err
	}
	holes, intact, _ := seg.walk(img, func(frame) error { return nil })
	j.addHoles(holes)
	if intact {
		return nil
	}
	return j.aside(seg.id, img, r)
}

// resume makes the last segment ready for appending, or begins another behind it if it was damaged or is not the last
// that there was. after and limit are those of open.
func (j *Journal) resume(r *Report, after, limit uint64) error {
	j.next = 1
	if len(j.segs) == 0 {
		if after > 0 {
			j.addHoles([]Hole{{1, after}})
		}
		return j.beginAfter(after)
	}
	last := j.active()
	if last.header.compacted {
		last.through = last.header.through
		if err := j.survey(last, r); err != nil {
			return err
		}
		return j.lostFrom(last.through+1, after)
	}
	img, whole, err := j.load(last.id, nil)
	if err != nil {
		return err
	}
	if last.lost {
		if err := j.aside(last.id, img, r); err != nil {
			return err
		}
		return j.lostFrom(last.id, after)
	}
	t := findTail(img, whole, last.header, after, limit)
	if t.lost || len(t.holes) > 0 {
		if err := j.aside(last.id, img, r); err != nil {
			return err
		}
		j.addHoles(t.holes)
	}
	if err := j.secure(img, t, r); err != nil {
		return err
	}
	switch {
	case t.lost:
		return j.lostFrom(t.last+1, after)
	case len(t.holes) > 0:
		return j.beginAfter(t.last)
	}
	j.seed, j.off, j.next, j.durable = last.header.seed(), int64(t.end), t.last+1, t.last
	return nil
}

// secure opens the last segment and makes durable what findTail found: the frames that perhaps no sync covered are written
// again, since after a failed sync memory may hold what the disk does not, and behind them are zeros, so that nothing
// torn can come back behind a later record. In a damaged segment the rest stays as it is; the numbers there are never
// reached again.
func (j *Journal) secure(img []byte, t tail, r *Report) error {
	file, err := j.fs.Open(segmentName(j.active().id))
	if err != nil {
		return err
	}
	j.file = file
	dirty := len(t.unproven) > 0
	for _, u := range t.unproven {
		if _, err := file.WriteAt(img[u.from:min(u.to, len(img))], int64(u.from)); err != nil {
			return err
		}
	}
	if len(t.holes) == 0 && !t.lost {
		for off := t.end; off < len(img); off += blockSize {
			block := img[off:min(off+blockSize, len(img))]
			if torn := len(block) - countZeros(block); torn > 0 {
				r.Torn += torn
				dirty = true
				if _, err := file.WriteAt(zeros[:len(block)], int64(off)); err != nil {
					return err
				}
			}
		}
	}
	if !dirty {
		return nil
	}
	return file.Sync()
}

func countZeros(b []byte) (n int) {
	for _, c := range b {
		if c == 0 {
			n++
		}
	}
	return n
}

// lostFrom notes that everything from number from on is lost, how much nobody knows, and begins a segment behind.
func (j *Journal) lostFrom(from, after uint64) error {
	to := max(after, from-1+unknownRecords)
	j.addHoles([]Hole{{from, to}})
	return j.beginAfter(to)
}

// beginAfter begins a segment for the records behind number last.
func (j *Journal) beginAfter(last uint64) error {
	if last >= maxNumber {
		return fmt.Errorf("%w: no record numbers left", ErrTooLarge)
	}
	var size int64
	if len(j.segs) > 0 {
		size = 2 * j.active().size
	}
	file := j.file
	if err := j.begin(last+1, size, 0); err != nil {
		return err
	}
	if file != nil {
		_ = file.Close()
	}
	j.durable = last
	return nil
}
