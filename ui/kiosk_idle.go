package ui

import "time"

// idle notices that a guest has gone: nobody touched anything for a while, was asked and did not answer. Whatever a person
// does is told to it with stir; keys that are typed, too, so it never cuts somebody who types. UI goroutine only.
type idle struct {
	kit           *kit
	rest, warning time.Duration
	warn          func(left int) // the guest is asked, and again each second; left are seconds
	calm          func()         // somebody was here after all
	end           func()         // nobody was

	run    int // counts starts and stops, so that an old timer does nothing
	on     bool
	warned bool
	last   time.Time // when something was last done
}

// start begins to watch.
func (i *idle) start() {
	i.run++
	i.on, i.warned, i.last = true, false, i.kit.now()
	i.wait(i.rest)
}

// stop ends it.
func (i *idle) stop() {
	i.run++
	i.on, i.warned = false, false
}

// stir tells that a person did something.
func (i *idle) stir() {
	if !i.on {
		return
	}
	i.last = i.kit.now()
	if i.warned {
		i.warned = false
		i.calm()
		i.run++
		i.wait(i.rest)
	}
}

func (i *idle) wait(d time.Duration) {
	run := i.run
	i.kit.after(d, func() {
		if i.on && run == i.run {
			i.look()
		}
	})
}

// look sees how long nothing was done.
func (i *idle) look() {
	quiet := i.kit.now().Sub(i.last)
	switch left := i.rest + i.warning - quiet; {
	case quiet < i.rest:
		i.warned = false
		i.wait(i.rest - quiet)
	case left > 0:
		i.warned = true
		whole := int((left + time.Second - 1) / time.Second)
		i.warn(whole)
		i.wait(left - time.Duration(whole-1)*time.Second)
	case !i.warned: // the machine slept: nobody is cut off without having been asked
		i.last = i.kit.now().Add(-i.rest)
		i.look()
	default:
		i.stop()
		i.end()
	}
}
