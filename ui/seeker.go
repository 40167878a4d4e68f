package ui

import (
	"time"

	"haggle/text"
)

const (
	searchDelay = 150 * time.Millisecond // from the last key to the search
	searchAgain = time.Second            // from something new to the next search for the same
	maxQuery    = 100                    // characters that are searched for
)

// queryOf is what is searched for when something is typed.
func queryOf(typed string) string { return text.Line(typed, maxQuery) }

// seeker answers what is typed: a moment after the last key, off the UI's goroutine, one question at a time. Only the answer
// to the last question is shown, and none once it was dropped. UI goroutine only.
type seeker[T any] struct {
	kit     *kit
	asked   int // counts questions
	reading latest[T]
	stale   bool
}

// ask gets an answer in a while and shows it, unless something else is asked before.
func (s *seeker[T]) ask(delay time.Duration, get func() (T, error), show func(T, error)) {
	s.asked++
	question := s.asked
	begin := func() {
		if question != s.asked {
			return
		}
		s.reading.read(s.kit, get, func(v T, err error) {
			if question == s.asked {
				show(v, err)
			}
		})
	}
	if delay == 0 {
		begin()
	} else {
		s.kit.after(delay, begin)
	}
}

// drop wants no answer any more.
func (s *seeker[T]) drop() { s.asked++ }

// renew calls ask soon, once for all that happens until then.
func (s *seeker[T]) renew(ask func()) {
	if s.stale {
		return
	}
	s.stale = true
	s.kit.after(searchAgain, func() {
		s.stale = false
		ask()
	})
}
