package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// ledger knows what a journal must hold. Its payloads are unique, so that a record which comes back from the dead shows.
type ledger struct {
	rng     *rand.Rand
	nonce   int
	records map[uint64]rec   // acknowledged ones
	acked   uint64           // all up to this number are
	tried   map[uint64][]rec // batches written behind acked in this run, by number of their first record
	dropped uint64           // records up to this number may have been compacted away if dead
}

func newLedger(rng *rand.Rand) *ledger {
	return &ledger{rng: rng, records: map[uint64]rec{}, tried: map[uint64][]rec{}}
}

// dead tells whether a record may be compacted away.
func dead(n uint64) bool { return n%4 != 0 }

// batch makes records for numbers from first on.
func (l *ledger) batch(first uint64) []Record {
	var batch []Record
	var recs []rec
	for i := range 1 + l.rng.IntN(5) {
		l.nonce++
		size := 64 * l.rng.IntN(3) // few sizes, so that old frames lie where new ones end
		if l.rng.IntN(20) == 0 {
			size = l.rng.IntN(3000)
		}
		r := rec{first + uint64(i), byte(l.nonce), fmt.Sprintf("%d/%d/%s", first+uint64(i), l.nonce, strings.Repeat("x", size))}
		recs = append(recs, r)
		batch = append(batch, Record{Type: r.typ, Payload: []byte(r.payload)})
	}
	l.tried[first] = recs
	return batch
}

// ack notes that all tried batches with numbers up to last are durable, and forgets the others: they may never show again.
func (l *ledger) ack(last uint64) {
	for first := l.acked + 1; first <= last; {
		recs := l.tried[first]
		if len(recs) == 0 {
			panic("acknowledged what was never tried")
		}
		for _, r := range recs {
			l.records[r.n] = r
		}
		first = recs[len(recs)-1].n + 1
	}
	l.acked = max(l.acked, last)
	clear(l.tried)
}

// check compares the records of j, just opened, with what must be there, and takes over what was not acknowledged but is
// there, which is allowed in whole batches.
func (l *ledger) check(j *Journal, r *Report) error {
	if len(r.Holes) > 0 || len(r.Quarantined) > 0 {
		return fmt.Errorf("damage reported: %+v", r)
	}
	got, err := readAll(j)
	if err != nil {
		return err
	}
	have := map[uint64]rec{}
	for i, g := range got {
		if i > 0 && g.n <= got[i-1].n {
			return fmt.Errorf("record %d after %d", g.n, got[i-1].n)
		}
		have[g.n] = g
	}
	for n := uint64(1); n <= l.acked; n++ {
		g, ok := have[n]
		if !ok && (n > l.dropped || !dead(n)) {
			return fmt.Errorf("acknowledged record %d is lost", n)
		}
		if ok && g != l.records[n] {
			return fmt.Errorf("record %d is %.40q, want %.40q", n, g.payload, l.records[n].payload)
		}
	}
	last := j.Next() - 1
	for n := l.acked + 1; n <= last; {
		recs := l.tried[n]
		if len(recs) == 0 {
			return fmt.Errorf("record %d was invented or its batch torn", n)
		}
		for _, want := range recs {
			if have[want.n] != want {
				return fmt.Errorf("record %d is %.40q, want %.40q", want.n, have[want.n].payload, want.payload)
			}
		}
		n = recs[len(recs)-1].n + 1
	}
	l.ack(last)
	return nil
}

// work uses j in one random way. What it appended and failed to is in tried.
func (l *ledger) work(j *Journal) error {
	switch k := l.rng.IntN(40); {
	case k < 32:
		sync := k < 24
		if _, err := j.Append(l.batch(j.Next()), sync); err != nil {
			return err
		}
		if sync {
			l.ack(j.Next() - 1)
		}
	case k < 36:
		op := j.Sync
		if k < 34 {
			op = j.Rotate
		}
		if err := op(); err != nil {
			return err
		}
		if j.Stats().Durable == j.Next()-1 {
			l.ack(j.Next() - 1)
		}
	default:
		l.dropped = l.acked
		return compactAll(j, Compaction{Through: l.acked, Keep: func(n uint64, _ byte, _ []byte) bool { return !dead(n) }, All: k == 39})
	}
	return nil
}

// crashes runs rounds of work. Each ends at a random call: by a power cut, by a kill (what the disk cache holds stays), or by
// a call that fails followed by a kill. It returns the first thing that is wrong.
func crashes(seed uint64, rounds int, noSync, noDirs bool) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	l, m := newLedger(rng), newMemFS(rng)
	m.noSync, m.noDirs = noSync, noDirs
	for round := range rounds {
		end := 1 + rng.IntN(120)
		cut := rng.IntN(2) == 0
		if m.cutAt = end; !cut && rng.IntN(2) == 0 {
			m.cutAt, m.fail = 0, func(op int) bool { return op >= end }
		}
		o := Options{FS: m, Seal: testSeal, first: 6 << 10, max: 24 << 10}
		if rng.IntN(2) == 0 {
			o.After = l.acked
		}
		j, r, err := Open(o)
		if err == nil {
			if err = l.check(j, r); m.ops >= end {
				err = errCut
			}
		}
		for err == nil {
			err = l.work(j)
		}
		if !errors.Is(err, errCut) && !errors.Is(err, errFault) {
			return fmt.Errorf("seed %d, round %d: %w", seed, round, err)
		}
		m = m.restart(cut)
	}
	return nil
}

// TestPowerCut ends the program at 1,000 random calls, by a power cut or otherwise. Nothing acknowledged may be lost,
// nothing torn may show.
func TestPowerCut(t *testing.T) {
	for seed := range uint64(20) {
		if err := crashes(seed, 50, false, false); err != nil {
			t.Error(err)
		}
	}
}

// TestPowerCutNoticesMissingSync proves the harness: without syncs every series of cuts must lose something.
func TestPowerCutNoticesMissingSync(t *testing.T) {
	for seed := range uint64(10) {
		if err := crashes(seed, 50, true, false); err == nil {
			t.Errorf("seed %d: 50 crashes without a sync of files lost nothing", seed)
		}
		if err := crashes(seed, 50, false, true); err == nil {
			t.Errorf("seed %d: 50 crashes without a sync of folders lost nothing", seed)
		}
	}
}
