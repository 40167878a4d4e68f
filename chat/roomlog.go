package chat

import (
	"errors"
	"fmt"
)

// room is what the node holds in memory of a room: heads and marks, as of everything staged. Rows stay in the store.
type room struct {
	id       RoomID
	state    *RoomState // marks, flags and clock are staged values; heads live in logs
	mine     Role
	peer     PeerID
	stored   bool // a RoomRecord is staged or stored
	logs     map[logKey]*roomLog
	order    []*roomLog // logs as they came, for whatever is done to all
	touched  bool       // see Node.touch
	refusing bool       // something of the other's was refused for a quota: ask again once there is room
}

type logKey struct {
	author Role
	device DeviceID
}

// tip is where a log ends.
type tip struct {
	seq   uint64
	hash  Hash
	clock Clock
}

type roomLog struct {
	id      LogID
	room    *room
	staged  tip // the next entry continues this
	durable tip // receipts and Have speak of this
	marks   []DeviceMark
	told    Receipt // our own newest receipt for it, so that none is signed twice; it may be ahead of the disk
	ahead   uint64  // see Node.signAhead
	readTo  uint64
	handed  uint64   // entries up to here were given to some link, or may have been in an earlier run
	images  uint64   // entries of this device's log beyond it are no pictures
	owed    bool     // among Node.acks
	fresh   []*Group // committed a moment ago: sent from memory to links that are at the head
	forked  bool
	mending *mending // own log being taken back after a roll-back
}

// room finds or reads the room of an ordered pair, of which self is one. The memory of a room that does not exist costs
// nothing on disk.
func (n *Node) room(buyer, seller PeerID) (*room, error) {
	id := RoomFor(buyer, seller)
	if r := n.rooms[id]; r != nil {
		return r, nil
	}
	state, err := n.store.Room(id)
	stored := err == nil
	if errors.Is(err, ErrNotFound) {
		state, err = &RoomState{Buyer: buyer, Seller: seller}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a room: %w", err)
	}
	return n.remember(id, state, stored), nil
}

// roomByID is room for callers that have only the ID; ErrNotFound when it was never opened.
func (n *Node) roomByID(id RoomID) (*room, error) {
	if r := n.rooms[id]; r != nil {
		if !r.stored {
			return nil, ErrNotFound
		}
		return r, nil
	}
	state, err := n.store.Room(id)
	if err != nil {
		return nil, err
	}
	return n.remember(id, state, true), nil
}

// touchRoomsWith notes that a peer's rooms show another name.
func (n *Node) touchRoomsWith(peer PeerID) {
	for _, id := range []RoomID{RoomFor(n.self.ID, peer), RoomFor(peer, n.self.ID)} {
		if _, err := n.roomByID(id); err == nil {
			n.touch(id)
		}
	}
}

func (n *Node) remember(id RoomID, state *RoomState, stored bool) *room {
	r := &room{id: id, state: state, stored: stored, logs: map[logKey]*roomLog{}}
	r.mine, r.peer = state.Role(n.self.ID)
	for i := range state.Logs {
		l := &state.Logs[i]
		at := tip{l.Seq, l.Hash, l.Clock}
		log := &roomLog{
			id: LogID{id, l.Author, l.Device}, room: r, staged: at, durable: at, marks: l.Marks, readTo: l.ReadTo, forked: l.Forked,
			images: at.seq,
		}
		if p := n.peers[r.peer]; p != nil && p.stored.ProvenAt != 0 {
			log.handed = at.seq // an earlier run may have; one who was never met has nothing
		}
		r.add(log)
	}
	n.rooms[id] = r
	return r
}

// forgetMemory makes the next use read the room again; cursors into its logs are void until Have is exchanged again. That is
// left to remind: asking at once would bring what the store refused once more, without end while the disk is full.
func (n *Node) forgetMemory(id RoomID) {
	r := n.rooms[id]
	if r == nil {
		return
	}
	delete(n.rooms, id)
	n.strangers -= min(n.strangers, r.state.stranger())
	if state, err := n.store.Room(id); err == nil {
		n.strangers += state.stranger()
	}
	for _, l := range n.allLinks() {
		for log := range l.cursors {
			if log.Room == id {
				delete(l.cursors, log)
			}
		}
		if l.remote.Peer == r.peer {
			l.heard[r.mine] = false
		}
	}
}

// log finds a log, or makes one that add puts into the room once something of it is staged: what a peer merely names
// takes no place. Nil when the author has too many.
func (r *room) log(author Role, device DeviceID) *roomLog {
	if l := r.logs[logKey{author, device}]; l != nil {
		return l
	}
	count := 0
	for _, l := range r.order {
		if l.id.Author == author {
			count++
		}
	}
	if count >= MaxLogs {
		return nil
	}
	start := tip{hash: LogStart(r.id, r.state.Of(author), device)}
	return &roomLog{id: LogID{r.id, author, device}, room: r, staged: start, durable: start}
}

// add puts a log into the room, once.
func (r *room) add(l *roomLog) {
	key := logKey{l.id.Author, l.id.Device}
	if r.logs[key] == nil {
		r.logs[key] = l
		r.order = append(r.order, l)
	}
}

// delivered is the furthest mark of any device of the log's reader.
func (l *roomLog) delivered() (delivered, read uint64) {
	for _, m := range l.marks {
		delivered, read = max(delivered, m.Delivered), max(read, m.Read)
	}
	return min(delivered, l.durable.seq), min(read, l.durable.seq)
}

// mark moves a device's marks forward and reports whether that changed anything.
func (l *roomLog) mark(r *Receipt) bool {
	for i := range l.marks {
		if m := &l.marks[i]; m.Device == r.By {
			if r.Delivered <= m.Delivered && r.Read <= m.Read {
				return false
			}
			m.Delivered, m.Read = max(m.Delivered, r.Delivered), max(m.Read, r.Read)
			return true
		}
	}
	if len(l.marks) >= MaxLogs {
		return false
	}
	l.marks = append(l.marks, DeviceMark{Device: r.By, Delivered: r.Delivered, Read: r.Read})
	return true
}

// waiting reports whether the other person still lacks something of the log.
func (l *roomLog) waiting() bool {
	delivered, _ := l.delivered()
	return l.id.Author == l.room.mine && delivered < l.durable.seq
}

// create stages the room's record if there is none; accepted says that a person here wants it.
func (n *Node) create(r *room, accepted bool) {
	if r.stored {
		return
	}
	r.stored = true
	r.state.CreatedAt, r.state.ActiveAt, r.state.Accepted = n.nowMilli(), n.nowMilli(), accepted
	r.state.Shown = true
	n.stageRoom(r, true, func(error) {})
	n.noteContact(r.state)
	n.updateKeep()
}

// stageRoom stages what a person set of the room.
func (n *Node) stageRoom(r *room, touch bool, then func(error)) {
	n.stage(&step{records: []Record{n.roomRecord(r, touch)}, size: 256, room: r.id, then: then})
}

func (n *Node) roomRecord(r *room, touch bool) RoomRecord {
	return RoomRecord{
		Buyer: r.state.Buyer, Seller: r.state.Seller, At: n.nowMilli(), Touch: touch,
		Accepted: r.state.Accepted, Pinned: r.state.Pinned,
	}
}
