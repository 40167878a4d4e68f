package journal

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// faultRun runs a fixed scenario on a disk whose call number n fails, once or from then on, and returns how many calls there
// were. Whatever fails, nothing acknowledged may be lost, and after a Reopen nothing that failed may be there.
func faultRun(t *testing.T, seed uint64, n int, sticky bool) int {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	l, m := newLedger(rng), newMemFS(rng)
	m.fail = func(op int) bool { return op == n || sticky && op > n }
	o := Options{FS: m, Seal: testSeal, first: 6 << 10, max: 24 << 10}
	j, r, err := Open(o)
	if err != nil {
		j, r, err = Open(o)
	}
	if err == nil {
		l.mustCheck(t, m, j, r, n)
		l.survive(t, m, j, n, sticky)
	}
	ops := m.ops
	m = m.cut()
	j, r, err = Open(Options{Seal: testSeal, FS: m, first: 6 << 10, max: 24 << 10, After: l.acked})
	if err != nil {
		t.Fatalf("seed %d, call %d: Open after a power cut: %v", seed, n, err)
	}
	l.mustCheck(t, m, j, r, n)
	return ops
}

// mustCheck is check without faults.
func (l *ledger) mustCheck(t *testing.T, m *memFS, j *Journal, r *Report, n int) {
	t.Helper()
	m.calm = true
	defer func() { m.calm = false }()
	if err := l.check(j, r); err != nil {
		t.Fatalf("call %d failed: %v", n, err)
	}
}

// survive works on, reopening j when it breaks, until that fails too.
func (l *ledger) survive(t *testing.T, m *memFS, j *Journal, n int, sticky bool) {
	t.Helper()
	for range 120 {
		first := j.Next()
		err := l.work(j)
		if err == nil {
			continue
		}
		failed := l.tried[first]
		delete(l.tried, first)
		if errors.Is(err, ErrBroken) {
			if _, again := j.Append([]Record{{}}, true); !errors.Is(again, ErrBroken) {
				t.Fatalf("call %d: Append on a broken journal: %v", n, again)
			}
			r, err := j.Reopen()
			if err != nil {
				r, err = j.Reopen()
			}
			if err != nil {
				if !errors.Is(err, ErrBroken) || !sticky {
					t.Fatalf("call %d: Reopen: %v", n, err)
				}
				l.tried[first] = failed // may be found by the next start
				return
			}
			l.mustCheck(t, m, j, r, n)
		} else if j.Next() != first {
			t.Fatalf("call %d: a failure took record numbers: %v", n, err)
		}
	}
}

// TestFaultSweep fails each call of a scenario once, and each from some call on.
func TestFaultSweep(t *testing.T) {
	for seed := range uint64(2) {
		ops := faultRun(t, seed, 0, false)
		for n := 1; n <= ops; n++ {
			faultRun(t, seed, n, false)
			faultRun(t, seed, n, true)
		}
		t.Logf("seed %d: %d calls", seed, ops)
	}
}
