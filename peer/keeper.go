package peer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"haggle/chat"
)

const (
	maxDials    = 8
	dialSpacing = 500 * time.Millisecond // between dials to one peer
	headStart   = 150 * time.Millisecond // of the smaller end, so that seldom both dial
	steady      = 10 * time.Second       // a link that lasted so long was no failure
	fullPause   = time.Second            // until a dial that there were too many links for
	stale       = 300 * time.Millisecond // a dial unanswered for so long is broken off on news: it may lead to where nobody is any more
)

// retries are the pauses after the first, second ... failure to reach a device; the last one repeats.
var retries = [...]time.Duration{
	500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second,
}

// dialling is where the dials to a device stand. Guarded by Node.mu.
type dialling struct {
	next     time.Time // not before
	failures int
	busy     bool
	once     bool // for a visit, whether the peer is kept or not

	began  time.Time          // of the dial under way,
	cancel context.CancelFunc // which ends it; nil once somebody answers, for then it leads somewhere
	again  bool               // it was broken off on news
}

// attempt is one dial that is due.
type attempt struct {
	peer      chat.PeerID
	neighbour *neighbour
	device    *device
	addresses []string
	failures  int
}

// before puts first who waits longest, so that many who are absent hardly hold up the few who are there.
func (a attempt) before(b attempt) int { return a.device.next.Compare(b.device.next) }

// keepLinks dials whoever is kept or to be visited and not linked, until ctx is done.
func (n *Node) keepLinks(ctx context.Context) {
	for {
		due, wait := n.due(time.Now())
		for _, a := range due {
			n.running.Go(func() {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				n.attempt(ctx, cancel, a)
			})
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-n.wakeKeeper:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// due picks the dials that may begin now and tells when to look again; any change before wakes the keeper.
func (n *Node) due(now time.Time) (due []attempt, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wait = time.Hour
	for p, m := range n.peers {
		for _, d := range m.devices {
			if !n.lacks(p, m, d) {
				continue
			}
			at := d.next
			if spaced := m.dialled.Add(dialSpacing); at.Before(spaced) {
				at = spaced
			}
			if at.After(now) {
				wait = min(wait, at.Sub(now))
				continue
			}
			addresses := n.trusted(chat.Remote{Peer: p, Device: d.id}, m.candidates(d), now)
			addresses = slices.DeleteFunc(addresses, n.severed.has)
			if len(addresses) == 0 { // until there are new ones, or old ones are trusted again, or the cable is back
				d.once, d.next = false, now.Add(wrongFor)
				wait = min(wait, wrongFor)
				continue
			}
			due = append(due, attempt{peer: p, neighbour: m, device: d, addresses: addresses, failures: d.failures})
		}
	}
	slices.SortFunc(due, attempt.before)
	begin := due[:0]
	for _, a := range due {
		if n.dials == maxDials {
			break // the end of any of them wakes the keeper
		}
		if a.neighbour.dialled.Equal(now) {
			wait = min(wait, dialSpacing)
			continue
		}
		n.dials++
		a.device.busy, a.neighbour.dialled = true, now
		begin = append(begin, a)
	}
	return begin, wait
}

// lacks reports whether a device of p should be linked and is neither that nor being dialled. n.mu is held.
func (n *Node) lacks(p chat.PeerID, m *neighbour, d *device) bool {
	if d.busy || m.blocked || (!m.kept && !d.once) {
		return false
	}
	if d.id == whichever {
		return !m.seen() && !n.linked(p)
	}
	return (d.once || !d.gone) && n.links[chat.Remote{Peer: p, Device: d.id}] == nil
}

// attempt dials and notes the outcome.
func (n *Node) attempt(ctx context.Context, cancel context.CancelFunc, a attempt) {
	n.mu.Lock()
	a.device.began, a.device.cancel = time.Now(), cancel
	n.mu.Unlock()
	answered := func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		a.device.cancel = nil
	}
	met, err := n.reach(ctx, a.addresses, chat.Remote{Peer: a.peer, Device: a.device.id}, connectLimit(a.failures), answered)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dials--
	d := a.device
	full := errors.Is(err, errFull)
	again := d.again && err != nil || full
	d.busy, d.cancel, d.again, d.once = false, nil, false, d.once && again
	switch {
	case full: // of links to others: whom chat wants to visit is not forgotten for that
		d.next = time.Now().Add(jitter(fullPause))
	case again: // it is due as news have it
	case err != nil:
		d.fail(time.Now())
	case d.id != whichever && d.id != met.Device:
		n.distrust(chat.Remote{Peer: a.peer, Device: d.id}, met.address) // what was announced is no more, or never was
		d.fail(time.Now())
	}
	poke(n.wakeKeeper)
}

// connectLimit keeps the first round through many absent peers short.
func connectLimit(failures int) time.Duration {
	return min(500*time.Millisecond<<min(failures, 3), 3*time.Second)
}

// fail puts the next dial off.
func (d *dialling) fail(now time.Time) {
	pause := retries[min(d.failures, len(retries)-1)]
	d.failures++
	d.next = now.Add(jitter(pause))
}

// jitter is d, a fifth less to a fifth more.
func jitter(d time.Duration) time.Duration {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	spread := uint64(2*d/5) + 1
	return d - d/5 + time.Duration(binary.LittleEndian.Uint64(b[:])%spread)
}

// urge makes dials to a peer due at once; the larger end gives the smaller one a head start. n.mu is held.
func (n *Node) urge(m *neighbour, p chat.PeerID) {
	for _, d := range m.devices {
		d.failures, d.next = 0, time.Now().Add(n.handicapOnNews(p, d.id))
		if d.cancel != nil && time.Since(d.began) >= stale {
			d.again = true
			d.cancel()
		}
	}
	if m.kept || m.wanted() {
		poke(n.wakeKeeper)
	}
}

// handicapOnNews is handicap where only we may have heard news: without discovery nobody tells the other end.
func (n *Node) handicapOnNews(p chat.PeerID, d chat.DeviceID) time.Duration {
	if n.cfg.Discovery == nil {
		return 0
	}
	return n.handicap(p, d)
}

// handicap is how long to wait for the other end to dial, when both have a reason to.
func (n *Node) handicap(p chat.PeerID, d chat.DeviceID) time.Duration {
	if n.smaller(n.device, chat.Remote{Peer: p, Device: d}) {
		return 0
	}
	return headStart
}

// hurryDials makes all dials due.
func (n *Node) hurryDials() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for p, m := range n.peers {
		n.urge(m, p)
	}
}

// Visit implements chat.Link.
func (n *Node) Visit(p chat.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.peers[p]
	if m == nil || p == n.self {
		return
	}
	for _, d := range m.devices {
		if d.id != whichever && !d.busy && n.links[chat.Remote{Peer: p, Device: d.id}] == nil {
			d.once, d.next = true, time.Now().Add(n.handicapOnNews(p, d.id))
		}
	}
	poke(n.wakeKeeper)
}

// met notes a new link. n.mu is held.
func (n *Node) met(l *link) {
	n.news++
	m := n.peers[l.Peer]
	if m == nil {
		return
	}
	if m.kept && l.address != "" {
		m.remember([]string{l.address})
	}
	l.watched.Store(m.watched)
}

// lost notes the end of a link and dials again. n.mu is held.
func (n *Node) lost(l *link) {
	n.news++
	n.toldNoMore(l)
	m := n.peers[l.Peer]
	if m == nil || n.over {
		return
	}
	now := time.Now()
	for _, d := range m.devices {
		if d.id != l.Device && d.id != whichever {
			continue
		}
		if now.Sub(l.since) < steady && !l.idle.Load() {
			d.fail(now)
			continue
		}
		d.failures, d.next = 0, now.Add(n.handicap(l.Peer, l.Device))
	}
	if m.kept && !l.idle.Load() && n.cfg.Discovery != nil {
		n.cfg.Discovery.Kick()
	}
	poke(n.wakeKeeper)
}
