package kiosk

import (
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// How a Latch slows down who guesses: freeTries wrong PINs cost nothing, each further one doubles the wait.
const (
	freeTries = 5
	firstWait = 30 * time.Second
	mostWait  = time.Hour
)

// The reasons why a Latch does not open.
var (
	ErrWrongPIN = errors.New("this is not the PIN")
	ErrWait     = errors.New("too many wrong PINs: wait")
	ErrNoPIN    = errors.New("no PIN is set")
	errDamaged  = errors.New("what is kept of the PIN is damaged")
)

// Latch lets the owner in. It keeps in a file how often somebody guessed wrong, so that pulling the plug does not give five
// more guesses; and the last good PIN's hash, so that a settings file that broke does not lock the owner out.
type Latch struct {
	// Kept reads the file, nil if there is none, and Keep replaces it durably.
	Kept func() ([]byte, error)
	Keep func([]byte) error
	Now  func() time.Time // time.Now if nil

	mu sync.Mutex
}

// latchFile is what is kept.
type latchFile struct {
	PIN   string    `json:"pin,omitempty"` // the hash that stood in the settings last
	Wrong int       `json:"wrong,omitempty"`
	Until time.Time `json:"until,omitzero"` // nobody is let in before
}

// Settle makes the PIN of the settings the one that opens, or if there is none because the file is wrong, the last one that
// stood there. It returns the one that opens now.
func (l *Latch) Settle(s Settings) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.read()
	switch {
	case s.PIN == "" && len(s.Wrong) > 0:
		return f.PIN, err
	case s.PIN == f.PIN && err == nil:
		return s.PIN, nil
	case isPIN(s.PIN) && matches(f.PIN, s.PIN) && err == nil:
		return f.PIN, nil
	}
	f = latchFile{PIN: s.PIN} // whoever writes the settings is the owner
	if isPIN(s.PIN) {
		if f.PIN, err = Hash(s.PIN); err != nil {
			return "", err
		}
	}
	return f.PIN, l.write(f)
}

// Open lets in who knows the PIN. ErrWrongPIN, ErrWait with how long, ErrNoPIN. A guess counts before it is looked at:
// pulling the plug meanwhile does not take it back. It takes as long as a hash.
func (l *Latch) Open(pin string) (wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.read()
	if err != nil {
		return 0, err
	}
	if f.PIN == "" {
		return 0, ErrNoPIN
	}
	if wait := l.left(f); wait > 0 {
		return wait, ErrWait
	}
	f.Wrong++
	if f.Wrong >= freeTries {
		f.Until = l.now().Add(waitAfter(f.Wrong))
	}
	if err := l.write(f); err != nil {
		return 0, err
	}
	if !matches(f.PIN, pin) {
		return l.left(f), ErrWrongPIN
	}
	f.Wrong, f.Until = 0, time.Time{}
	return 0, l.write(f)
}

// Wait is how long nobody is let in.
func (l *Latch) Wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.read()
	if err != nil {
		return mostWait
	}
	return l.left(f)
}

// left is how long to wait still. A clock that was set back does not make that longer than it ever was.
func (l *Latch) left(f latchFile) time.Duration {
	return max(0, min(f.Until.Sub(l.now()), waitAfter(f.Wrong)))
}

// waitAfter is how long to wait after so many wrong PINs.
func waitAfter(wrong int) time.Duration {
	if wrong < freeTries {
		return 0
	}
	return min(firstWait<<min(wrong-freeTries, 10), mostWait)
}

func (l *Latch) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}

// read reads the file. One that cannot be understood opens to nobody, until Settle makes it anew from the settings.
func (l *Latch) read() (latchFile, error) {
	raw, err := l.Kept()
	if err != nil || raw == nil {
		return latchFile{}, err
	}
	var f latchFile
	if err := json.Unmarshal(raw, &f); err != nil || f.Wrong < 0 || f.PIN != "" && !isHash(f.PIN) {
		return latchFile{}, errors.Join(errDamaged, err)
	}
	return f, nil
}

func (l *Latch) write(f latchFile) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return l.Keep(append(raw, '\n'))
}
