package discovery

import (
	"context"
	"sync"
	"time"

	"haggle/chat"
)

const (
	// checkTime is how long a Check listens: an announcement may have to wait a second for the one before it, an answer
	// waits up to 120 ms.
	checkTime = 1500 * time.Millisecond
	// echoTime is how long a packet of this machine to itself may take.
	echoTime = 300 * time.Millisecond
	// checkGap is between the questions of Checks: each makes everybody answer.
	checkGap = 5 * time.Second
)

// Check announces us on every interface in use, listens for 1.5 s or until ctx ends, and tells how each interface of the
// machine is used and what it heard meanwhile. With ask it also asks for everybody as if nobody were known, at most once
// in 5 s, so that whoever is there speaks. Only while Run runs something goes out and is heard.
func (d *Discovery) Check(ctx context.Context, ask bool) []InterfaceState {
	before := make(map[int]InterfaceState)
	for _, s := range d.Interfaces() {
		before[s.Index] = s
	}
	d.post(func(now time.Time) { d.speak(ask, now) })
	echoes := d.echoes(before)
	timer := time.NewTimer(checkTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	states := d.Interfaces()
	for i := range states {
		s := &states[i]
		was := before[s.Index]
		if s.HeardSelf >= was.HeardSelf && s.HeardOthers >= was.HeardOthers { // else it was made anew
			s.HeardSelf -= was.HeardSelf
			s.HeardOthers -= was.HeardOthers
		}
		s.Echoes = echoes[s.Index]
	}
	return states
}

// speak announces as soon as may be and asks, without the known answers that keep the others silent.
func (d *Discovery) speak(ask bool, now time.Time) {
	for _, l := range d.links {
		l.startAnnounce(now, l.announce.gaps)
		if ask && now.Sub(l.checkedAt) >= checkGap {
			l.checkedAt = now
			d.askEveryone(l, nil, now)
		}
	}
}

// echoes tells by interface index whether a multicast packet on a port that nobody else uses comes back.
func (d *Discovery) echoes(states map[int]InterfaceState) map[int]bool {
	var (
		mu      sync.Mutex
		running sync.WaitGroup
	)
	out := make(map[int]bool)
	c, err := d.survey()
	if err != nil {
		return out
	}
	for _, i := range c.used {
		if states[i.index].Reason != "" && states[i.index].Reason != ReasonFailed {
			continue
		}
		running.Go(func() {
			ok := d.machine.echo(i)
			mu.Lock()
			defer mu.Unlock()
			out[i.index] = ok
		})
	}
	running.Wait()
	return out
}

// Heard is when an announcement of the peer, from any of its devices, was last heard at first hand and is still believed:
// by multicast on UDP port 5353, not through an answer to us alone. Zero: never, or Run does not run.
func (d *Discovery) Heard(peer chat.PeerID) time.Time {
	got := make(chan time.Time, 1)
	d.post(func(time.Time) { got <- d.cache.heard(peer) })
	select {
	case at := <-got:
		return at
	case <-d.ended:
		return time.Time{}
	}
}

// heard is when a source itself last spoke of a device of the peer.
func (k *cache) heard(peer chat.PeerID) (latest time.Time) {
	for in, e := range k.entries {
		if in.peer != peer {
			continue
		}
		for _, c := range e.claims {
			if !c.hearsay && c.heard.After(latest) {
				latest = c.heard
			}
		}
	}
	return latest
}
