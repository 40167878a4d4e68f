package chat

import (
	"errors"
	"runtime"
)

// A step is one change on its way to the disk. At most one commit is in flight; steps that arrive meanwhile wait, chained
// in memory, and become the next batch. This is the group commit: no timer, what queued during the last sync is the
// next group.
type step struct {
	records []Record
	own     *ownEntry // instead of records: an entry to be signed in a group with its neighbours
	size    int       // encoded bytes, roughly
	soft    bool
	acks    *roomLog // the log of the other's, or of another device, that this makes longer; nil for none
	upTo    uint64   // its head then
	joined  bool     // must be in one batch with the step before it
	room    RoomID   // whose memory is dropped when the commit fails; zero for none
	onto    any      // what else the record was made out of and replaces: a ListingID, or selfChain; nil for nothing
	// sure, if set, is called first on success: it moves what frames and answers speak of.
	sure func()
	// then is called when the fate is known; on nil the change is durable. Answer first, then events.
	then func(error)
}

// selfChain is what changes of the own profile and its settings are chained on.
type selfChain struct{}

// ownEntry is an entry this node wrote, staged on its log.
type ownEntry struct {
	log   *roomLog
	entry Entry
}

func (n *Node) stage(s *step) {
	n.queue = append(n.queue, s)
}

// flush hands the next batch to the store unless one is in flight.
func (n *Node) flush() {
	if n.inflight != nil || len(n.queue) == 0 {
		return
	}
	size, count := 0, 0
	for count < len(n.queue) {
		s := n.queue[count]
		records := max(1, len(s.records))
		limit := 1
		if s.joined {
			limit = 3 // a store takes that much, and no more
		}
		if count > 0 && (size+s.size > limit*MaxBatchBytes || count+records > limit*MaxBatchRecords) {
			break
		}
		size += s.size
		count++
	}
	n.inflight = n.queue[:count:count]
	n.queue = n.queue[count:]
	if len(n.queue) == 0 {
		n.queue = nil
	}
	n.store.Commit(n.batch(n.inflight), func(err error) { n.commits <- err })
	n.signAhead(n.inflight)
}

// signAhead signs the receipts that a commit will owe while the disk is at work: they go out when it is done, and if it
// fails nobody has seen them.
func (n *Node) signAhead(steps []*step) {
	for _, s := range steps {
		if s.acks != nil {
			s.acks.ahead = s.upTo
		}
	}
	gaveWay := false
	for _, s := range steps {
		if log := s.acks; log != nil && log.ahead > 0 {
			if len(n.linksTo(log.room.peer)) > 0 {
				if !gaveWay { // to the store, whose disk is to be at work
					gaveWay = true
					runtime.Gosched()
				}
				n.sign(log, log.ahead)
			}
			log.ahead = 0
		}
	}
}

// batch turns steps into records. Own entries of one log that stand together become signed groups (never across a stranger's quota, which lets
// whole groups in); whatever else names
// a room ends its open groups first, so that records keep the order they were decided in.
func (n *Node) batch(steps []*step) Batch {
	b := Batch{Soft: true}
	open := map[*roomLog]*Group{}
	var order []*roomLog
	end := func(log *roomLog) {
		if g := open[log]; g != nil {
			g.Sign(n.self.Key)
			b.Records = append(b.Records, GroupRecord{Log: log.id, Group: g, At: n.nowMilli(), Hide: false})
			log.fresh = append(log.fresh, g)
			delete(open, log)
		}
	}
	endAll := func() {
		for _, log := range order {
			end(log)
		}
		order = order[:0]
	}
	sizes := map[*roomLog]int{}
	for _, s := range steps {
		b.Soft = b.Soft && s.soft
		if s.own == nil {
			if s.room != (RoomID{}) {
				endAll()
			}
			b.Records = append(b.Records, s.records...)
			continue
		}
		log := s.own.log
		g := open[log]
		if g != nil && (len(g.Entries) == MaxGroupCount || g.Last() == StrangerMessages || sizes[log]+s.size > MaxGroupBytes-1024) {
			end(log)
			g = nil
		}
		if g == nil {
			g = &Group{}
			open[log], sizes[log] = g, 0
			order = append(order, log)
		}
		g.Entries = append(g.Entries, s.own.entry)
		sizes[log] += s.size
	}
	endAll()
	return b
}

// committed ends the flight. When the store refused, everything chained on the refused steps fails with them and the
// rooms concerned are read again from the disk: their heads roll back.
func (n *Node) committed(err error) {
	steps := n.inflight
	n.inflight = nil
	if err == nil {
		for _, s := range steps {
			if s.sure != nil {
				s.sure()
			}
		}
		if len(n.fresh)+len(n.acks) > 0 {
			n.sendFresh()
			n.sendAcks()
			runtime.Gosched() // the network works while the answers are made
		}
		for _, s := range steps {
			s.then(nil)
		}
		if n.diskFull {
			n.diskBack()
		}
		return
	}
	n.refused(err)
	lost, undone := map[RoomID]bool{}, map[any]bool{}
	for _, s := range steps {
		if s.room != (RoomID{}) {
			lost[s.room] = true
		}
		if s.onto != nil {
			undone[s.onto] = true
		}
	}
	var kept []*step
	for _, s := range n.queue {
		if lost[s.room] || undone[s.onto] {
			steps = append(steps, s)
		} else {
			kept = append(kept, s)
		}
	}
	n.queue = kept
	for id := range lost {
		n.forgetMemory(id)
	}
	for _, s := range steps {
		s.then(err)
	}
}

// diskBack tells it and asks everybody for what was refused meanwhile.
func (n *Node) diskBack() {
	n.diskFull = false
	n.notify(StoreNotice{Kind: NoticeDiskBack})
	n.resumeFetches()
	n.retryParcels()
	for _, l := range n.allLinks() {
		n.sendHave(l, Buyer, true)
		n.sendHave(l, Seller, true)
	}
}

func (n *Node) refused(err error) {
	n.log.Error("Store refused a batch", "err", err)
	switch {
	case errors.Is(err, ErrDiskFull) && !n.diskFull:
		n.diskFull = true
		n.notify(StoreNotice{Kind: NoticeDiskFull})
	case errors.Is(err, ErrReadOnly):
		n.notify(StoreNotice{Kind: NoticeReadOnly})
	}
}
