package chat

import (
	"errors"
	"slices"
	"time"
)

// Catch-up (DESIGN 6). Nothing is ever "resent": both sides name what they have, each streams what the other lacks, and
// a receipt moves the stream on. What a lost link or a lost frame leaves behind, the next Have mends.

const (
	window     = 1 << 20   // bytes of one log on a link beyond its last receipt
	frameBytes = 192 << 10 // groups of one frame; a larger group has a frame of its own
	patience   = 5 * time.Second
	maxPatient = 60 * time.Second
)

// cursor is how far one log was streamed on one link.
type cursor struct {
	next   uint64 // the next entry to send; always the first of a group
	flight []sent // beyond the last receipt, in order
	bytes  int    // of flight
}

type sent struct {
	last  uint64
	bytes int
}

// sendHave names what is durable here of the room in which self plays mine.
func (n *Node) sendHave(l *link, mine Role, ask bool) {
	have := Have{Mine: mine, Ask: ask}
	r, err := n.roomWith(l.remote.Peer, mine)
	if err != nil {
		n.log.Error("Room not read", "err", err)
		return
	}
	for _, log := range r.order {
		at := log.durable
		if log.mending != nil {
			at = log.mending.at
		}
		if at.seq > 0 {
			have.Heads = append(have.Heads, Head{Author: log.id.Author, Device: log.id.Device, Seq: at.seq, Hash: at.hash})
		}
	}
	n.send(l, have)
	for _, log := range r.order {
		if log.id.Author != mine && log.durable.seq > 0 {
			n.send(l, n.receipt(log))
		}
	}
}

// roomWith is the room with a peer in which self plays mine.
func (n *Node) roomWith(peer PeerID, mine Role) (*room, error) {
	if mine == Buyer {
		return n.room(n.self.ID, peer)
	}
	return n.room(peer, n.self.ID)
}

// receiveHave places the cursors where the other side stands and begins to stream.
func (n *Node) receiveHave(l *link, f Have) {
	mine := f.Mine.Other()
	r, err := n.roomWith(l.remote.Peer, mine)
	if err != nil {
		n.log.Error("Room not read", "err", err)
		return
	}
	l.heard[mine] = true
	l.missing(mine, f.Heads)
	theirs := make(map[logKey]Head, len(f.Heads))
	for _, h := range f.Heads {
		theirs[logKey{h.Author, h.Device}] = h
		if h.Author == mine && h.Device == n.self.Device && h.Seq > 0 {
			if log := r.log(mine, h.Device); log != nil {
				r.add(log) // this device's own log, which its folder may have lost altogether
			}
		}
	}
	for _, log := range r.order {
		key := logKey{log.id.Author, log.id.Device}
		head := theirs[key]
		delete(l.cursors, log.id)
		if log.forked {
			continue
		}
		if head.Seq > log.durable.seq {
			if key.author == mine && key.device == n.self.Device {
				n.mend(l, log)
			}
			continue
		}
		if !n.sameAt(log, head) {
			if key.author == mine {
				n.mend(l, log)
			} else {
				n.showVersion(l, log, head.Seq)
			}
			continue // their version of their own log is theirs to sort out; a conflicting group would prove the fork
		}
		log.mending = nil // their version is the beginning of ours: nothing to mend
		l.cursors[log.id] = &cursor{next: head.Seq + 1}
	}
	if f.Ask {
		n.sendHave(l, mine, false)
	}
	for _, log := range r.order {
		n.pump(l, log)
	}
}

// showVersion sends the group of ours at seq to the log's author, who holds another there: a folder was rolled back, and
// what its device wrote then, before it heard of it and took a new ID, nobody else would ever ask about.
func (n *Node) showVersion(l *link, log *roomLog, seq uint64) {
	groups, err := n.store.Groups(log.id, seq, 1)
	if err != nil {
		n.log.Error("Groups not read", "err", err)
		return
	}
	if len(groups) > 0 {
		n.send(l, Entries{Mine: log.room.mine, Author: log.id.Author, Device: log.id.Device, Groups: groups[:1]})
	}
}

// sameAt reports whether a head lies on our version of the log. What was deleted here cannot be told and passes: it
// cannot be served either.
func (n *Node) sameAt(log *roomLog, head Head) bool {
	switch head.Seq {
	case 0:
		return true
	case log.durable.seq:
		return head.Hash == log.durable.hash
	}
	hash, err := n.store.HashAt(log.id, head.Seq)
	return isNotFound(err) || (err == nil && hash == head.Hash)
}

// pump streams what the other side lacks of a log, as far as the window allows.
func (n *Node) pump(l *link, log *roomLog) {
	c := l.cursors[log.id]
	for c != nil && c.next <= log.durable.seq && c.bytes < window {
		groups, err := n.store.Groups(log.id, c.next, frameBytes)
		if err != nil {
			n.log.Error("Groups not read", "err", err)
			return
		}
		if len(groups) == 0 || !n.sendGroups(l, log, c, groups) {
			return
		}
	}
}

// sendFresh sends what was committed a moment ago from memory to links that stand right before it.
func (n *Node) sendFresh() {
	logs := n.fresh
	n.fresh = nil
	for _, log := range logs {
		groups := log.fresh
		log.fresh = nil
		if len(groups) == 0 {
			continue // the log stood twice in the list
		}
		var encoded [][]byte
		for _, l := range n.linksTo(log.room.peer) {
			c := l.cursors[log.id]
			if c == nil {
				if !l.heard[log.room.mine] || groups[0].First() != 1 || log.mending != nil {
					continue
				}
				c = &cursor{next: 1} // a log that began after the other side's Have
				l.cursors[log.id] = c
			}
			if c.next != groups[0].First() || withdraws(groups) || c.bytes >= window {
				n.pump(l, log)
				continue
			}
			if encoded == nil {
				for _, g := range groups {
					encoded = append(encoded, g.Encode())
				}
			}
			if n.sendGroups(l, log, c, encoded) {
				n.pump(l, log)
			}
		}
	}
}

// withdraws reports whether an entry takes another back: then the store knows which bodies are gone.
func withdraws(groups []*Group) bool {
	for _, g := range groups {
		for i := range g.Entries {
			if g.Entries[i].Kind == KindWithdrawal {
				return true
			}
		}
	}
	return false
}

// sendGroups packs groups into frames and moves the cursor; false when the link is gone or the window is full.
func (n *Node) sendGroups(l *link, log *roomLog, c *cursor, groups [][]byte) bool {
	for len(groups) > 0 {
		if c.bytes >= window {
			return false
		}
		count, size := 0, 0
		for count < len(groups) && (count == 0 || size+len(groups[count]) <= frameBytes) {
			size += len(groups[count])
			count++
		}
		last, ok := groupLast(groups[count-1])
		if !ok {
			n.log.Error("Stored group is malformed")
			return false
		}
		f := Entries{Mine: log.room.mine, Author: log.id.Author, Device: log.id.Device, Groups: groups[:count:count]}
		if !n.send(l, f) {
			return false
		}
		if c.bytes == 0 {
			l.progress = time.Now()
		}
		c.next, c.bytes, c.flight = last+1, c.bytes+size, append(c.flight, sent{last, size})
		log.handed = max(log.handed, last)
		groups = groups[count:]
	}
	return true
}

// groupLast reads an encoded group's last seq without decoding it.
func groupLast(b []byte) (uint64, bool) {
	if len(b) < 1 {
		return 0, false
	}
	r := reader{b: b[1:]}
	first := r.uvarint()
	r.take(32)
	count := r.uvarint()
	return first + count - 1, !r.bad && count > 0
}

// receiveEntries takes groups of one log: checked, chained in memory, on their way to the disk.
func (n *Node) receiveEntries(l *link, f Entries) {
	mine := f.Mine.Other()
	r, err := n.roomWith(l.remote.Peer, mine)
	if err != nil {
		n.log.Error("Room not read", "err", err)
		return
	}
	log := r.log(f.Author, f.Device)
	if log == nil || log.forked {
		return
	}
	held := false
	for _, raw := range f.Groups {
		g, err := DecodeGroup(raw)
		if err == nil {
			err = n.admit(l, log, g, len(raw))
		}
		switch {
		case err == nil:
		case errors.Is(err, errHeld):
			held = true
		case errors.Is(err, ErrGap):
			n.askAgain(l, mine)
			return
		case errors.Is(err, errRolledBack), errors.Is(err, ErrFork) && log.id.Author == mine:
			n.mend(l, log)
			return
		case errors.Is(err, ErrFork):
			n.fork(log, raw)
			return
		case errors.Is(err, errQuota):
			r.refusing = true
			return
		default:
			n.about(l.remote.Peer).Warn("Entries refused", "peer", l.remote.Peer, "err", err)
			return
		}
	}
	if held {
		n.owe(log)
		if n.inflight == nil {
			n.sendAcks() // the receipt they lack is for something durable already
		}
	}
}

var (
	errHeld       = errors.New("held already")
	errQuota      = errors.New("more than a stranger may send")
	errRolledBack = errors.New("somebody holds more of this device's log than this device")
)

// admit checks a group against its log and stages it. l is nil when it came in a parcel. errHeld, ErrGap, ErrFork, ErrBadSignature, ErrMalformed,
// errQuota, errRolledBack.
func (n *Node) admit(l *link, log *roomLog, g *Group, size int) error {
	r := log.room
	if l != nil && log.mending != nil {
		return n.mendWith(l, log, g, size)
	}
	author := r.state.Of(log.id.Author)
	last := &g.Entries[len(g.Entries)-1]
	if g.First() > log.staged.seq+1 {
		return ErrGap
	}
	if g.First() <= log.staged.seq {
		return n.compare(log, g, author)
	}
	first := &g.Entries[0]
	if err := g.Verify(author); err != nil {
		return err
	}
	if first.Previous != log.staged.hash {
		if log.staged.seq == 0 {
			return ErrMalformed // the chain of another room, author or device
		}
		return ErrFork
	}
	if log.id.Author == r.mine && log.id.Device == n.self.Device {
		return errRolledBack
	}
	if log.staged.seq > 0 && (first.Clock < log.staged.clock || first.Clock == log.staged.clock && first.Clock != MaxClock) {
		return ErrMalformed
	}
	stranger := !r.state.Accepted && log.id.Author != r.mine
	if stranger {
		if int(r.state.StrangerCount)+len(g.Entries) > StrangerMessages {
			return errQuota
		}
		more, ok := r.state.charge(size, n.strangers)
		if !ok {
			return errQuota
		}
		r.state.StrangerCount += uint32(len(g.Entries))
		n.strangers += more
	}
	var records []Record
	if thing := n.turnsTo(r, log, g); thing != r.state.Pinned {
		r.state.Pinned = thing
		if r.stored { // otherwise create says so
			records = append(records, n.roomRecord(r, false))
		}
	}
	n.create(r, false)
	r.add(log)
	at := tip{last.Seq, last.Hash(), last.Clock}
	log.staged = at
	r.state.Clock = max(r.state.Clock, last.Clock)
	var clockOff int32
	if l != nil && l.remote.Device == log.id.Device && log.id.Author != r.mine {
		clockOff = l.clockOff
	}
	n.stage(&step{
		records: append(records, GroupRecord{Log: log.id, Group: g, At: n.nowMilli(), ClockOff: clockOff, Stranger: stranger}),
		size:    size, room: r.id, acks: log, upTo: at.seq,
		sure: func() {
			log.durable = at
			n.owe(log)
		},
		then: func(err error) {
			if err == nil {
				n.arrived(r, log, g, clockOff)
			}
		},
	})
	return nil
}

// compare looks at a group that begins at or below the head: a repetition, or proof of a fork.
func (n *Node) compare(log *roomLog, g *Group, author PeerID) error {
	last := &g.Entries[len(g.Entries)-1]
	same := false
	switch {
	case last.Seq == log.staged.seq:
		same = last.Hash() == log.staged.hash
	case last.Seq < log.staged.seq:
		hash, err := n.store.HashAt(log.id, last.Seq)
		same = err == nil && hash == last.Hash()
		if isNotFound(err) { // deleted here, or staged and not stored yet
			return errHeld
		}
	}
	if same {
		return errHeld
	}
	if err := g.Verify(author); err != nil {
		return err
	}
	return ErrFork
}

// arrived tells of a group that is durable now.
func (n *Node) arrived(r *room, log *roomLog, g *Group, clockOff int32) {
	rows := false
	for i := range g.Entries {
		e := &g.Entries[i]
		if e.Kind == KindWithdrawal {
			n.takenBack(r, log, e)
		}
		if !e.Row() {
			continue
		}
		rows = true
		m := messageOf(r.state, n.self.ID, &Row{Log: log.id, Entry: *e, ClockOff: clockOff})
		n.resolve(r.state.Seller, &m)
		if log.id.Author == r.mine {
			n.notify(MessagePosted{Message: m})
		} else {
			m.Unread = e.Seq > log.readTo
			n.notify(MessageReceived{Message: m})
		}
		if r.state.Accepted {
			n.wantEntry(r, m.ID, e)
		}
	}
	if log.id.Author == r.mine { // taken back: the receipts for it were refused before
		for _, l := range n.linksTo(r.peer) {
			n.sendHave(l, r.mine, true)
		}
	}
	if rows {
		r.state.Shown = true
		n.noteActivity(r)
	}
	n.touch(r.id)
}

// takenBack tells that a message the other side wrote has no text any more.
func (n *Node) takenBack(r *room, log *roomLog, e *Entry) {
	body, err := DecodeBody(e.Kind, e.Body)
	if err != nil || log.id.Author == r.mine || body.Seq >= e.Seq {
		return
	}
	id := MessageID{LogID: log.id, Seq: body.Seq}
	n.unwant(func(at place) bool { return at.message == id })
	if _, err := n.store.Row(id); err == nil {
		n.notify(MessageStateChanged{ID: id, State: Withdrawn})
	}
}

// fork stops a log that has two versions and keeps the proof; a stranger's counts against its quota, and beyond that only
// the log's end is kept.
func (n *Node) fork(log *roomLog, evidence []byte) {
	log.forked = true
	if s := log.room.state; !s.Accepted {
		more, ok := s.charge(len(evidence), n.strangers)
		if !ok {
			evidence = nil
		}
		n.strangers += more
	}
	n.about(log.room.peer).Warn("Two versions of a log", "peer", log.room.peer)
	n.create(log.room, false)
	n.stage(&step{
		records: []Record{ForkRecord{Log: log.id, Evidence: evidence}}, size: len(evidence), room: log.room.id,
		then: func(err error) {
			if err == nil {
				n.notify(StoreNotice{Kind: NoticeForked})
				n.touch(log.room.id)
			}
		},
	})
}

// sendAcks sends one cumulative receipt per log that became longer, after the commit that made it so.
func (n *Node) sendAcks() {
	for _, log := range n.acks {
		log.owed = false
		n.sendReceipt(log)
	}
	n.acks = n.acks[:0]
}

// owe notes that a log is to be acknowledged.
func (n *Node) owe(log *roomLog) {
	if !log.owed {
		log.owed = true
		n.acks = append(n.acks, log)
	}
}

func (n *Node) sendReceipt(log *roomLog) {
	links := n.linksTo(log.room.peer)
	if len(links) == 0 {
		return
	}
	f := n.receipt(log)
	for _, l := range links {
		n.send(l, f)
	}
}

// receipt is the signed receipt for what is durable of a log now.
func (n *Node) receipt(log *roomLog) ReceiptFrame {
	delivered := log.durable.seq
	if log.mending != nil {
		delivered = log.mending.at.seq
	}
	rec := n.sign(log, delivered)
	return ReceiptFrame{
		Mine: log.room.mine, Author: log.id.Author, Device: log.id.Device,
		By: rec.By, Delivered: rec.Delivered, Read: rec.Read, Signature: rec.Signature,
	}
}

// sign is the receipt for a log up to delivered.
func (n *Node) sign(log *roomLog, delivered uint64) Receipt {
	rec := Receipt{Log: log.id, By: n.self.Device, Delivered: delivered}
	if !n.private && log.id.Author != log.room.mine {
		rec.Read = min(log.readTo, rec.Delivered)
	}
	if t := &log.told; t.Delivered == rec.Delivered && t.Read == rec.Read && t.By == rec.By {
		return *t
	}
	rec.Sign(n.self.Key)
	log.told = rec
	return rec
}

// receiveReceipt moves the stream on and, for an own log, the ticks.
func (n *Node) receiveReceipt(l *link, f ReceiptFrame) {
	mine := f.Mine.Other()
	r, err := n.roomWith(l.remote.Peer, mine)
	if err != nil {
		n.log.Error("Room not read", "err", err)
		return
	}
	log := r.logs[logKey{f.Author, f.Device}]
	if log == nil || f.By != l.remote.Device || f.Delivered > log.durable.seq || f.Read > f.Delivered {
		n.about(l.remote.Peer).Warn("Receipt refused", "peer", l.remote.Peer)
		return
	}
	c := l.cursors[log.id]
	if c == nil {
		return // its Have has not shown yet that this is our version of the log: a receipt for another would be a false tick
	}
	rec := Receipt{Log: log.id, By: f.By, Delivered: f.Delivered, Read: f.Read, Signature: f.Signature}
	if log.id.Author == mine && log.advances(&rec) {
		if rec.Verify(l.remote.Peer) != nil {
			n.about(l.remote.Peer).Warn("Receipt refused", "peer", l.remote.Peer)
			return
		}
		n.takeReceipt(log, rec)
	}
	for len(c.flight) > 0 && c.flight[0].last <= f.Delivered {
		c.bytes -= c.flight[0].bytes
		c.flight = c.flight[1:]
		l.progress, l.patience = time.Now(), patience
	}
	n.pump(l, log)
}

func (l *roomLog) advances(r *Receipt) bool {
	for _, m := range l.marks {
		if m.Device == r.By {
			return r.Delivered > m.Delivered || r.Read > m.Read
		}
	}
	return r.Delivered > 0
}

// takeReceipt stages a receipt; the ticks are shown once it is stored.
func (n *Node) takeReceipt(log *roomLog, rec Receipt) {
	wasDelivered, wasRead := log.delivered()
	log.mark(&rec)
	n.stage(&step{records: []Record{ReceiptRecord{Receipt: rec}}, size: 160, soft: true, room: log.room.id, then: func(err error) {
		if err != nil {
			return
		}
		if rec.Delivered > wasDelivered {
			n.notify(MessageStateChanged{ID: MessageID{LogID: log.id, Seq: rec.Delivered}, State: Delivered})
			n.tellIfLost(log, rec.Delivered)
		}
		if rec.Read > wasRead {
			n.notify(MessageStateChanged{ID: MessageID{LogID: log.id, Seq: rec.Read}, State: Read})
			n.tellIfLost(log, rec.Read)
		}
		n.touch(log.room.id)
	}})
}

// tellIfLost tells that an own message of which a tick was told has failed: a picture may have. Words cannot, and are not
// worth waiting for the store.
func (n *Node) tellIfLost(log *roomLog, seq uint64) {
	if seq <= log.images {
		n.tellLost(MessageID{LogID: log.id, Seq: seq}, false)
	}
}

// askAgain exchanges Have at once, at most four times a second per link: a frame was lost on the way.
func (n *Node) askAgain(l *link, mine Role) {
	now := time.Now()
	if now.Sub(l.asked) < 250*time.Millisecond {
		return
	}
	l.asked = now
	n.sendHave(l, mine, false)
}

// remind exchanges Have again when nothing has moved on a link for its patience: frames may be lost, the other's disk
// may have been full, a quota may have ended.
func (n *Node) remind(l *link, now time.Time) {
	if now.Sub(l.progress) < l.patience {
		return
	}
	stalled := !l.heard[Buyer] || !l.heard[Seller]
	for id, c := range l.cursors {
		if r := n.rooms[id.Room]; r != nil && (len(c.flight) > 0 || n.lacks(r, c, id)) {
			stalled = true
		}
	}
	for _, role := range []Role{Buyer, Seller} {
		if r, err := n.roomWith(l.remote.Peer, role); err == nil && slices.ContainsFunc(r.order, (*roomLog).unsettled) {
			stalled = true
		}
	}
	if p := n.peer(l.remote.Peer); l.asking || !p.visited {
		stalled = true
		if !l.asking {
			l.askedAfter = p.stored.CatalogueVersion
		}
		n.askCatalogue(l, l.askedAfter)
	}
	if !stalled {
		return
	}
	l.progress = now
	l.patience = min(2*l.patience, maxPatient)
	n.sendHave(l, Buyer, true)
	n.sendHave(l, Seller, true)
}

// unsettled reports whether the other side has still to acknowledge the log, or to send its version of it.
func (l *roomLog) unsettled() bool { return l.waiting() || l.mending != nil }

// lacks reports whether the cursor is behind something that can be served.
func (n *Node) lacks(r *room, c *cursor, id LogID) bool {
	log := r.logs[logKey{id.Author, id.Device}]
	if log == nil || c.next > log.durable.seq {
		return false
	}
	groups, err := n.store.Groups(id, c.next, 1)
	return err == nil && len(groups) > 0
}
