package chat

import "time"

// A profile that came back from a backup lacks what was written since; the other people have it. It writes as a new device, so
// no sequence number is ever used twice. Still, before it writes into a room it takes back what the other side holds of it, if
// they are there: what is written then stands behind it, whatever the clocks say.

// restoredPatience is how long a message waits for that after the start, and goes ahead if nobody came.
const restoredPatience = 10 * time.Second

// restored is what waits in a node whose profile came back.
type restored struct {
	until time.Time // zero: nothing waits any more
	held  []func()
}

// missing notes how far the other side's Have goes in own logs.
func (l *link) missing(mine Role, heads []Head) {
	l.theirs[mine] = l.theirs[mine][:0]
	for _, h := range heads {
		if h.Author == mine {
			l.theirs[mine] = append(l.theirs[mine], h)
		}
	}
}

// mayWrite reports whether what the other side holds of own logs was taken back, or was waited for long enough.
func (n *Node) mayWrite(r *room) bool {
	if n.restored.until.IsZero() || time.Now().After(n.restored.until) {
		return true
	}
	for _, l := range n.linksTo(r.peer) {
		if l.heard[r.mine] && n.tookBack(r, l) {
			return true
		}
	}
	return false
}

func (n *Node) tookBack(r *room, l *link) bool {
	for _, h := range l.theirs[r.mine] {
		log := r.logs[logKey{h.Author, h.Device}]
		if log == nil || log.durable.seq < h.Seq && !log.forked {
			return false
		}
	}
	return true
}

// hold keeps what is to be written for later.
func (n *Node) hold(write func()) { n.restored.held = append(n.restored.held, write) }

// writeHeld writes what waited, in the order in which it came. What must wait on is held again.
func (n *Node) writeHeld() {
	held := n.restored.held
	n.restored.held = nil
	for _, write := range held {
		write()
	}
}
