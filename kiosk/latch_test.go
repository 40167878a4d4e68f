package kiosk

import (
	"errors"
	"testing"
	"time"
)

// kept is a file in memory.
type kept struct{ raw []byte }

// latch is a Latch as it is after a restart, on a clock.
func (k *kept) latch(now *time.Time) *Latch {
	return &Latch{
		Kept: func() ([]byte, error) { return k.raw, nil },
		Keep: func(raw []byte) error { k.raw = raw; return nil },
		Now:  func() time.Time { return *now },
	}
}

func TestHash(t *testing.T) {
	one, err := Hash("123456")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Hash("123456")
	if err != nil || one == other {
		t.Errorf("two hashes of a PIN are the same, %v", err)
	}
	if !isHash(one) || !matches(one, "123456") || matches(one, "123457") || matches(one, "") {
		t.Error("a hash does not know its PIN from others")
	}
	for _, pin := range []string{"", "123", "1234567890123", "12a4", "１２３４", " 1234"} {
		if _, err := Hash(pin); !errors.Is(err, ErrPIN) {
			t.Errorf("%q is a PIN: %v", pin, err)
		}
	}
}

// TestK5LatchSlowsDown: five wrong PINs are free, then each waits longer, over restarts and whatever the clock does.
func TestK5LatchSlowsDown(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var file kept
	if _, err := file.latch(&now).Open("2468"); !errors.Is(err, ErrNoPIN) {
		t.Errorf("without a PIN: %v", err)
	}
	if _, err := file.latch(&now).Settle(Settings{PIN: "2468"}); err != nil {
		t.Fatal(err)
	}
	if _, err := file.latch(&now).Open("2468"); err != nil {
		t.Errorf("the PIN does not open: %v", err)
	}
	for i := range freeTries {
		wait, err := file.latch(&now).Open("1111")
		if !errors.Is(err, ErrWrongPIN) || (wait > 0) != (i == freeTries-1) {
			t.Errorf("wrong PIN %d: %v, %v", i+1, wait, err)
		}
	}
	for _, want := range []time.Duration{30, 60, 120, 240, 480, 960, 1920, 3600, 3600} {
		wait, err := file.latch(&now).Open("2468")
		if !errors.Is(err, ErrWait) || wait != want*time.Second {
			t.Errorf("waits %v, want %v: %v", wait, want*time.Second, err)
		}
		now = now.Add(wait - time.Second)
		if _, err := file.latch(&now).Open("2468"); !errors.Is(err, ErrWait) {
			t.Errorf("a second too early: %v", err)
		}
		now = now.Add(time.Second)
		if _, err := file.latch(&now).Open("9999"); !errors.Is(err, ErrWrongPIN) {
			t.Errorf("after the wait: %v", err)
		}
	}
	now = now.Add(-1000 * time.Hour)
	if wait := file.latch(&now).Wait(); wait != mostWait {
		t.Errorf("a clock that was set back lets the owner wait %v", wait)
	}
	now = now.Add(2000 * time.Hour)
	if wait, err := file.latch(&now).Open("2468"); wait != 0 || err != nil {
		t.Errorf("the PIN does not open after the wait: %v, %v", wait, err)
	}
	if _, err := file.latch(&now).Open("1111"); !errors.Is(err, ErrWrongPIN) || file.latch(&now).Wait() != 0 {
		t.Errorf("the right PIN did not make the guesses free again: %v", err)
	}
}

// TestLatchCountsBeforeItLooks: a guess that the disk does not take is not looked at.
func TestLatchCountsBeforeItLooks(t *testing.T) {
	now := time.Now()
	var file kept
	if _, err := file.latch(&now).Settle(Settings{PIN: "2468"}); err != nil {
		t.Fatal(err)
	}
	l := file.latch(&now)
	full := errors.New("no space")
	l.Keep = func([]byte) error { return full }
	if _, err := l.Open("2468"); !errors.Is(err, full) {
		t.Errorf("opened without keeping count: %v", err)
	}
}

// TestLatchKeepsTheLastPIN: a settings file that broke does not lock the owner out, and one without a PIN opens to nobody.
func TestLatchKeepsTheLastPIN(t *testing.T) {
	now := time.Now()
	var file kept
	hash, err := Hash("13579")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    Settings
		pin  string
		want error
	}{
		{Settings{PIN: hash}, "13579", nil},
		{Settings{Wrong: []string{"not TOML"}}, "13579", nil},
		{Settings{PIN: "2468", Wrong: []string{"for all to read"}}, "2468", nil},
		{Settings{PIN: "2468"}, "13579", ErrWrongPIN},
		{Settings{}, "2468", ErrNoPIN},
	} {
		if _, err := file.latch(&now).Settle(c.s); err != nil {
			t.Fatal(err)
		}
		if _, err := file.latch(&now).Open(c.pin); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.s, err, c.want)
		}
	}
	file.raw = []byte(`{"wrong":-5}`)
	if _, err := file.latch(&now).Open("2468"); !errors.Is(err, errDamaged) {
		t.Errorf("a damaged file: %v", err)
	}
	if _, err := file.latch(&now).Settle(Settings{PIN: hash}); err != nil {
		t.Fatal(err)
	}
	if _, err := file.latch(&now).Open("13579"); err != nil {
		t.Errorf("after a damaged file was settled: %v", err)
	}
}
