package chat

import (
	"fmt"
	"time"
)

// mending is the taking back of an own log after the profile folder was rolled back to an older snapshot (DESIGN 5): the
// other side holds another or longer version. Its version wins, since it may have been read; what was written here
// after the fork point is posted again under this device's new ID.
type mending struct {
	at    tip       // up to here both versions are known to agree
	since time.Time // when the other side first spoke of its version
}

// mend looks into what the other side says of an own log: that it holds another version, or a longer one. Saying so proves
// nothing, or anybody could make this device change its ID and break all its links. The other side is asked for its
// version, and mendWith judges that by our own signature; until then nothing of the log goes there.
func (n *Node) mend(l *link, log *roomLog) {
	if log.forked || log.staged.seq != log.durable.seq {
		return // a commit is on its way; the next Have comes back to it
	}
	if log.mending != nil {
		n.believe(l, log)
		return
	}
	base, _ := log.delivered()
	at, err := n.tipAt(log, base)
	if err != nil {
		n.log.Error("Own log not read", "err", err)
		return
	}
	log.room.add(log)
	log.mending = &mending{at: at, since: time.Now()}
	n.sendHave(l, log.room.mine, false)
}

// believe gives in to a version that cannot be shown any more, because the other side has deleted the room: continued
// under the old ID the log would never arrive there. Once per peer and run, and only for somebody whom a person here
// wants to talk to.
func (n *Node) believe(l *link, log *roomLog) {
	p := n.peer(l.remote.Peer)
	if log.id.Device != n.self.Device || !log.room.state.Accepted || p.believed || time.Since(log.mending.since) < patience {
		return
	}
	p.believed = true
	if err := n.replace(log, func() error { return nil }); err != nil {
		n.log.Error("Own log not taken back", "err", err)
	}
}

// rotate takes a new DeviceID, so that no sequence number is ever used twice.
func (n *Node) rotate() bool {
	if n.cfg.Rotate == nil {
		return false
	}
	device, err := n.cfg.Rotate()
	if err != nil {
		n.log.Error("No new device ID", "err", err)
		return false
	}
	n.log.Warn("Profile folder was rolled back or copied: new device ID")
	n.self.Device = device
	n.publishView()
	n.link.Rotate(device)
	n.notify(StoreNotice{Kind: NoticeRolledBack})
	return true
}

// tipAt is the log's tip as it was at the end of the last group that seq covers.
func (n *Node) tipAt(log *roomLog, seq uint64) (tip, error) {
	if seq == 0 {
		return tip{hash: LogStart(log.id.Room, log.room.state.Of(log.id.Author), log.id.Device)}, nil
	}
	groups, err := n.store.Groups(log.id, seq, 1)
	if err != nil {
		return tip{}, err
	}
	if len(groups) == 0 {
		return tip{}, ErrNotFound
	}
	g, err := DecodeGroup(groups[0])
	if err != nil {
		return tip{}, err
	}
	if g.Last() > seq {
		return n.tipAt(log, g.First()-1)
	}
	last := &g.Entries[len(g.Entries)-1]
	return tip{last.Seq, last.Hash(), last.Clock}, nil
}

// mendWith compares the other side's version with ours, group by group. Two versions agree in whole groups: a group is
// signed once, and a snapshot holds it or not.
func (n *Node) mendWith(l *link, log *roomLog, g *Group, size int) error {
	m := log.mending
	last := &g.Entries[len(g.Entries)-1]
	switch {
	case g.First() <= m.at.seq:
		return errHeld
	case g.First() > m.at.seq+1:
		return ErrGap
	case g.Entries[0].Previous != m.at.hash:
		return ErrMalformed
	}
	if err := g.Verify(log.room.state.Of(log.id.Author)); err != nil {
		return err
	}
	if last.Seq <= log.durable.seq {
		hash, err := n.store.HashAt(log.id, last.Seq)
		if err == nil && hash == last.Hash() {
			m.at = tip{last.Seq, last.Hash(), last.Clock}
			return errHeld
		}
	}
	if log.staged.seq != log.durable.seq {
		return ErrGap // own words are on their way to the disk: ask again
	}
	return n.replace(log, func() error { return n.admit(l, log, g, size) })
}

// replace takes our version of a log back to where both agree, lets put stage the beginning of the other, and posts what
// is lost thereby again, under a new ID if this is the device's present log. A crash must not fall between these: they are
// one batch.
func (n *Node) replace(log *roomLog, put func() error) error {
	at := log.mending.at
	lost, err := n.entriesAfter(log, at.seq)
	if err != nil {
		return err
	}
	if log.id.Device == n.self.Device && !n.rotate() {
		log.forked = true
		return fmt.Errorf("this device's log is closed: %w", ErrReadOnly)
	}
	log.mending = nil
	start := len(n.queue)
	if log.durable.seq > at.seq {
		log.staged, log.durable = at, at
		head := Head{Author: log.id.Author, Device: log.id.Device, Seq: at.seq, Hash: at.hash}
		n.stage(&step{records: []Record{TruncateRecord{Log: log.id, Head: head}}, size: 128, room: log.room.id, then: func(error) {}})
	}
	if err := put(); err != nil {
		return err
	}
	for _, e := range lost {
		n.postAgain(log.room, e)
	}
	for _, s := range n.queue[min(start+1, len(n.queue)):] {
		s.joined = true
	}
	return nil
}

// entriesAfter reads our version of a log beyond seq.
func (n *Node) entriesAfter(log *roomLog, seq uint64) ([]Entry, error) {
	var entries []Entry
	for seq < log.durable.seq {
		groups, err := n.store.Groups(log.id, seq+1, MaxGroupBytes)
		if err != nil {
			return nil, err
		}
		if len(groups) == 0 {
			return nil, ErrNotFound
		}
		for _, raw := range groups {
			g, err := DecodeGroup(raw)
			if err != nil {
				return nil, err
			}
			entries = append(entries, g.Entries...)
			seq = g.Last()
		}
	}
	return entries, nil
}

// postAgain writes an entry of the lost version under the new device, with the time it was first written.
func (n *Node) postAgain(r *room, e Entry) {
	if !e.Row() {
		return // taken back, or taking back what is gone
	}
	log := r.log(r.mine, n.self.Device)
	if log == nil || log.forked {
		return
	}
	again := Entry{Seq: log.staged.seq + 1, Previous: log.staged.hash, Clock: r.state.Clock.Next(n.cfg.Now()), SentAt: e.SentAt, Kind: e.Kind}
	again.SetBody(e.Body)
	n.chain(r, log, again, func(Message, error) {})
}
