package journal

import (
	"errors"
	"fmt"
	"slices"
)

const (
	// MaxPayload is the most bytes one record may hold.
	MaxPayload = 1 << 20
	// MaxSegment is about how much a file of a journal takes.
	MaxSegment = maxSize
	// MaxBatch is the most bytes one batch may take on disk: 32 and the payload for each record, in multiples of 8.
	MaxBatch = 4 << 20

	firstSize = 256 << 10   // of the first segment; each further one is twice as large,
	maxSize   = 8 << 20     // up to this
	maxFile   = 3 * maxSize // sealing what was plain may make it so large; no more is ever read from a file

	keepBuffer = 1 << 20 // an encoding buffer above this is not kept between batches
)

var (
	// ErrBroken is returned by all that changes a Journal once a write or a sync failed, until Reopen succeeds. It wraps
	// the first failure.
	ErrBroken = errors.New("journal: broken until it is reopened")
	// ErrNewer is returned by Open for a folder that a newer program wrote. Nothing in it was touched.
	ErrNewer = errors.New("journal: written by a newer version")
	// ErrSealed is returned by Open for a folder with sealed segments unless Options.Seal is what they were sealed with.
	// Nothing in it was touched.
	ErrSealed = errors.New("journal: sealed with another key")
	// ErrTooLarge is returned by Append for a record above MaxPayload or a batch above MaxBatch. Nothing was written.
	ErrTooLarge = errors.New("journal: record or batch is too large")
	// ErrDamaged is what a DamageError is.
	ErrDamaged = errors.New("journal: records are damaged")
	// ErrClosed is returned by every use of a Journal after Close.
	ErrClosed = errors.New("journal: closed")
)

// Record is what a caller keeps: a type of its own choosing and up to MaxPayload bytes, also none.
type Record struct {
	Type    byte
	Payload []byte
}

// Hole is a range of record numbers, both ends included, that cannot be read. Where only a file could have told how far it
// went (the last segment lost whole, or two records in a row in a compacted segment), To is an upper bound and numbers
// up to it are never given out again.
type Hole struct {
	From, To uint64
}

// Options say where a journal is.
type Options struct {
	// Dir is the folder, made if missing. It must not be used by two processes at once.
	Dir string
	// After is the newest record number that the caller's index has applied. The journal may be expected to hold all up to
	// it: what is missing at the end is then a Hole and its numbers are not given out again. 0 if there is no index.
	After uint64
	// FS replaces the folder Dir, for tests. nil means Dir.
	FS FS
	// Seal hides the payloads, nil for none. Segments that were written without can be read with it.
	Seal Seal
	// Plain has new segments written without Seal, which is for reading only.
	Plain bool

	first, max int64 // segment sizes in tests
}

// seal is what new segments are sealed with.
func (o Options) seal() Seal {
	if o.Plain {
		return nil
	}
	return o.Seal
}

// Report tells what Open or Reopen found and did.
type Report struct {
	// Next is the number that the next record will get.
	Next uint64
	// Holes are the ranges missing between segments and in the last one, ascending. Sealed segments are checked when they
	// are read, so Read(1, ...) is the full check.
	Holes []Hole
	// Quarantined are the copies of damaged files made by this call, as paths below the folder.
	Quarantined []string
	// Torn is how many bytes of unfinished writes were cleared from the end of the last segment.
	Torn int
}

// Stats are sizes for a log line or a status page.
type Stats struct {
	// Segments is the number of files.
	Segments int
	// Bytes is what they take on disk, unused preallocation included.
	Bytes int64
	// Live is how much of Bytes a Compact with everything applied would keep, as far as Compact calls have told so far.
	Live int64
	// Next is the number that the next record will get.
	Next uint64
	// Durable is the newest record number covered by a successful sync.
	Durable uint64
}

// Journal is an open journal. One goroutine uses it.
type Journal struct {
	fs   FS
	opts Options

	segs    []segment // ascending by id; the last is the active one
	file    File      // the active segment
	seed    uint32    // of its frames
	off     int64     // where its next frame goes
	next    uint64    // number of the next record
	durable uint64    // every record up to this one survives a power cut
	buf     []byte    // encoding buffer

	holes  []Hole // all that are known, ascending
	broken error  // not nil after a failed write or sync, or Close
}

// segment is a file of the journal.
type segment struct {
	id      uint64
	size    int64 // of the file
	header  header
	lost    bool  // no good header: nothing in it can be read
	live    int64 // bytes that the last Compact would have kept, -1 if it never looked
	through uint64
}

// Append writes batch as one whole behind the newest record and returns the number of its first record; the others follow
// without gaps. With sync it returns once the batch is on disk, otherwise the next sync covers it. An empty batch
// writes nothing.
//
// ErrTooLarge and a failure to make a further segment (a full disk, say) leave the journal as it was. Any other failure is
// ErrBroken: Reopen then drops what no successful sync had covered, so a batch that failed is not found later in this
// process. (If the process dies before that, it may be.)
func (j *Journal) Append(batch []Record, sync bool) (first uint64, err error) {
	if j.broken != nil {
		return 0, j.broken
	}
	size := 0
	h := j.active().header
	for _, r := range batch {
		if len(r.Payload) > MaxPayload {
			return 0, fmt.Errorf("%w: record of %d bytes", ErrTooLarge, len(r.Payload))
		}
		if size += h.frameSize(len(r.Payload)); size > MaxBatch {
			return 0, fmt.Errorf("%w: batch of more than %d bytes", ErrTooLarge, MaxBatch)
		}
	}
	if j.next+uint64(len(batch)) > maxNumber {
		return 0, fmt.Errorf("%w: no record numbers left", ErrTooLarge)
	}
	if len(batch) > 0 {
		if err := j.write(batch, int64(size)); err != nil {
			return 0, err
		}
	}
	first = j.next
	j.next += uint64(len(batch))
	if sync {
		return first, j.Sync()
	}
	return first, nil
}

// write encodes batch, which takes size bytes, and writes it behind the newest record in one call.
func (j *Journal) write(batch []Record, size int64) error {
	// frameHeader is room for the end mark. A batch too large for an empty segment makes it longer.
	if j.off > dataStart && j.off+size+frameHeader > j.active().size {
		if err := j.rotate(2*j.active().size, size); err != nil {
			return err
		}
	}
	b := j.buf[:0]
	for i, r := range batch {
		f := frame{number: j.next + uint64(i), link: j.durable, off: int(j.off) + len(b), typ: r.Type, payload: r.Payload}
		if i == len(batch)-1 {
			f.flags = flagLast
		}
		b = j.active().header.encode(b, j.seed, f)
	}
	if j.buf = b; cap(b) > keepBuffer {
		j.buf = nil
	}
	if _, err := j.file.WriteAt(b, j.off); err != nil {
		return j.breakDown("append", err)
	}
	j.off += size
	j.active().size = max(j.active().size, j.off)
	return nil
}

// Sync makes every record appended so far durable. Its failure is ErrBroken.
func (j *Journal) Sync() error {
	if j.broken != nil {
		return j.broken
	}
	if j.durable+1 == j.next {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return j.breakDown("sync", err)
	}
	j.durable = j.next - 1
	return nil
}

// Rotate seals the active segment, unless it is empty, and begins another, so that Compact may rewrite what it held.
// It fails as Append does.
func (j *Journal) Rotate() error {
	if j.broken != nil {
		return j.broken
	}
	if j.off == dataStart {
		return nil
	}
	return j.rotate(j.active().size, 0)
}

// rotate begins a segment of about size bytes, with room for need bytes of frames, and then seals the one before.
func (j *Journal) rotate(size, need int64) error {
	if err := j.Sync(); err != nil {
		return err
	}
	file, off, seed := j.file, j.off, j.seed
	if err := j.begin(j.next, size, need); err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	mark := appendFrame(nil, seed, frame{number: j.next, link: j.durable, off: int(off), flags: flagEnd})
	if _, err := file.WriteAt(mark, off); err != nil {
		return j.breakDown("seal", err)
	}
	if err := file.Sync(); err != nil {
		return j.breakDown("seal", err)
	}
	return nil
}

// begin makes segment id, of about size bytes and with room for need bytes of frames, durable and the active one.
func (j *Journal) begin(id uint64, size, need int64) error {
	size = min(max(size, j.opts.first), j.opts.max)
	for size < dataStart+need+frameHeader {
		size *= 2
	}
	var prev uint64
	if len(j.segs) > 0 {
		prev = j.active().id
	}
	h := newHeader(id, prev, size, j.opts.seal())
	if renamed, err := j.install(segmentName(id), h.image(), size); err != nil {
		if renamed {
			return j.breakDown("begin segment", err)
		}
		return fmt.Errorf("journal: begin segment: %w", err)
	}
	file, err := j.fs.Open(segmentName(id))
	if err != nil {
		return j.breakDown("begin segment", err)
	}
	if len(j.segs) > 0 {
		j.active().through = id - 1
	}
	j.segs = append(j.segs, segment{id: id, size: size, header: h, live: -1})
	j.file, j.seed, j.off, j.next = file, h.seed(), dataStart, id
	return nil
}

// active returns the segment that is written to.
func (j *Journal) active() *segment { return &j.segs[len(j.segs)-1] }

// breakDown makes ErrBroken, caused by err while doing what, the answer to every later change.
func (j *Journal) breakDown(what string, err error) error {
	j.broken = fmt.Errorf("%w: %s: %w", ErrBroken, what, err)
	return j.broken
}

// Next returns the number that the next record will get.
func (j *Journal) Next() uint64 { return j.next }

// Holes returns all ranges known to be missing, ascending: those in Reports and those that Read met.
func (j *Journal) Holes() []Hole { return append([]Hole(nil), j.holes...) }

// Mixed reports whether there are segments that are not of the kind, sealed or plain, that is written now.
func (j *Journal) Mixed() bool {
	return slices.ContainsFunc(j.segs, func(s segment) bool { return s.header.seal != j.opts.seal() })
}

// Stats returns the journal's sizes. It reads nothing from disk.
func (j *Journal) Stats() Stats {
	s := Stats{Segments: len(j.segs), Next: j.next, Durable: j.durable}
	for i, seg := range j.segs {
		s.Bytes += seg.size
		switch {
		case i == len(j.segs)-1:
			s.Live += j.off
		case seg.live >= 0:
			s.Live += seg.live
		default:
			s.Live += seg.size
		}
	}
	return s
}

// Close syncs what was appended and closes the journal. It may be called again.
func (j *Journal) Close() error {
	if errors.Is(j.broken, ErrClosed) {
		return nil
	}
	var err error
	if j.broken == nil {
		err = j.Sync()
	}
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
	}
	j.file, j.broken = nil, ErrClosed
	return err
}
