package storage

import (
	"bytes"
	"fmt"
	"slices"

	"haggle/chat"
)

// Room implements chat.Store.
func (db *DB) Room(id chat.RoomID) (*chat.RoomState, error) {
	return read(db, func(v *view) (*chat.RoomState, error) {
		state := v.room(id)
		if state == nil {
			return nil, chat.ErrNotFound
		}
		return state.Clone(), nil
	})
}

// EachRoom implements chat.Store. do may call the store.
func (db *DB) EachRoom(do func(chat.RoomID, *chat.RoomState) bool) error {
	all, err := read(db, func(v *view) ([]*roomEntry, error) { return v.rooms.byActive, nil })
	if err != nil {
		return err
	}
	for _, e := range all {
		if !do(e.id, e.state.Clone()) {
			break
		}
	}
	return nil
}

// Groups implements chat.Store.
func (db *DB) Groups(log chat.LogID, from uint64, maxBytes int) ([][]byte, error) {
	return read(db, func(v *view) ([][]byte, error) {
		l, mine := v.logOf(log)
		if l == nil || !holds(l, mine, from) {
			return nil, nil
		}
		var out [][]byte
		size := 0
		next := from
		prefix := logKey(keyGroup, log)
		err := v.scan(prefix, groupKey(log, from), func(key, value []byte) (bool, error) {
			g, err := decodeGroup(value)
			if err != nil {
				return false, asDamage(err)
			}
			_, last, _ := parseGroupKey(key)
			if first, _, _ := g.start(); first > next || last < next || len(out) > 0 && first != next {
				return false, errGap
			}
			next = last + 1
			if size += len(g.raw); len(out) > 0 && size > maxBytes {
				return false, nil
			}
			out = append(out, bytes.Clone(g.raw))
			return size < maxBytes, nil
		})
		if err == nil && len(out) == 0 {
			err = errGap
		}
		return out, err
	})
}

var errGap = fmt.Errorf("%w: group is missing", errDamaged)

// logOf is the log's state, nil if there is none, and the own role in its room.
func (v *view) logOf(log chat.LogID) (*chat.LogState, chat.Role) {
	state := v.room(log.Room)
	if state == nil {
		return nil, 0
	}
	mine, _ := state.Role(v.self)
	return state.Log(log.Author, log.Device), mine
}

// HashAt implements chat.Store.
func (db *DB) HashAt(log chat.LogID, seq uint64) (chat.Hash, error) {
	return read(db, func(v *view) (chat.Hash, error) {
		state := v.room(log.Room)
		if state == nil {
			return chat.Hash{}, chat.ErrNotFound
		}
		l, mine := v.logOf(log)
		switch {
		case seq == 0:
			return chat.LogStart(log.Room, state.Of(log.Author), log.Device), nil
		case l == nil:
			return chat.Hash{}, chat.ErrNotFound
		case seq == l.Seq:
			return l.Hash, nil
		case !holds(l, mine, seq+1):
			return chat.Hash{}, chat.ErrNotFound
		}
		g, err := v.group(log, seq+1) // whose entry names the one before
		if err != nil {
			return chat.Hash{}, err
		}
		return g.Entries[seq+1-g.First()].Previous, nil
	})
}

// group decodes the group that holds seq.
func (v *view) group(log chat.LogID, seq uint64) (*chat.Group, error) {
	stored, _, err := groupAt(v, log, seq)
	if err != nil {
		return nil, err
	}
	g, err := stored.group()
	if err == nil && g.Last() < seq {
		err = errGap
	}
	return g, asDamage(err)
}

// Row implements chat.Store.
func (db *DB) Row(id chat.MessageID) (chat.Row, error) {
	return read(db, func(v *view) (chat.Row, error) { return v.row(id) })
}

// row is one message, or chat.ErrNotFound.
func (v *view) row(id chat.MessageID) (chat.Row, error) {
	l, mine := v.logOf(id.LogID)
	if l == nil || id.Seq <= l.Floor || !holds(l, mine, id.Seq) {
		return chat.Row{}, chat.ErrNotFound
	}
	stored, _, err := groupAt(v, id.LogID, id.Seq)
	if err != nil {
		return chat.Row{}, err
	}
	g, err := stored.group()
	if err != nil {
		return chat.Row{}, asDamage(err)
	}
	i := int(id.Seq - g.First())
	if i >= len(g.Entries) {
		return chat.Row{}, errGap
	}
	if !stored.rows.Has(i) {
		return chat.Row{}, chat.ErrNotFound
	}
	return newRow(id.LogID, &g.Entries[i], stored.clockOff), nil
}

func newRow(log chat.LogID, e *chat.Entry, clockOff int32) chat.Row {
	r := chat.Row{Log: log, Entry: *e, ClockOff: clockOff}
	r.Entry.Body = bytes.Clone(e.Body) // not the whole group's memory
	return r
}

// LastRow implements chat.Store.
func (db *DB) LastRow(log chat.LogID, at chat.Position) (uint64, error) {
	return read(db, func(v *view) (uint64, error) {
		l, mine := v.logOf(log)
		if l == nil || l.Rows == 0 {
			return 0, nil
		}
		c := newCursor(v, log, l, mine)
		defer c.close()
		row, err := c.before(at, true)
		if row == nil {
			return 0, err
		}
		return row.Entry.Seq, err
	})
}

// Rows implements chat.Store. A page is a merge of the room's logs; those that have nothing near it are not read.
func (db *DB) Rows(room chat.RoomID, at *chat.Position, before bool, limit int) ([]chat.Row, error) {
	return read(db, func(v *view) ([]chat.Row, error) {
		state := v.room(room)
		if state == nil || limit <= 0 {
			return nil, nil
		}
		m := newMerge(v, state, at, before)
		defer m.close()
		var page []chat.Row
		for len(page) < limit {
			row, err := m.next()
			if err != nil {
				return nil, err
			}
			if row == nil {
				break
			}
			page = append(page, *row)
		}
		if before {
			slices.Reverse(page)
		}
		return page, nil
	})
}

// merge yields the rows of a room's logs in order, forwards or backwards.
type merge struct {
	heads  []head
	back   bool
	sooner func(a, b chat.Position) bool
}

// head is the next row of a log, or how soon it could come at best as long as the log was not read.
type head struct {
	cursor *cursor
	start  *chat.Position // where to begin, nil for the log's end
	row    *chat.Row
	at     chat.Position
}

func newMerge(v *view, state *chat.RoomState, at *chat.Position, back bool) *merge {
	mine, _ := state.Role(v.self)
	m := &merge{back: back, sooner: func(a, b chat.Position) bool { return a.Compare(b) < 0 }}
	if back {
		m.sooner = func(a, b chat.Position) bool { return a.Compare(b) > 0 }
	}
	id := state.ID()
	for i := range state.Logs {
		l := &state.Logs[i]
		if l.Rows == 0 || l.Seq <= l.Floor {
			continue
		}
		log := chat.LogID{Room: id, Author: l.Author, Device: l.Device}
		end := chat.Position{Clock: l.Clock, Author: l.Author, Device: l.Device, Seq: l.Seq}
		h := head{cursor: newCursor(v, log, l, mine), start: at}
		switch {
		case back && (at == nil || end.Compare(*at) < 0):
			h.start, h.at = nil, end
		case back:
			h.at = *at
		case at != nil && end.Compare(*at) <= 0:
			continue
		}
		m.heads = append(m.heads, h)
	}
	return m
}

// next is the next row, nil at the end.
func (m *merge) next() (*chat.Row, error) {
	for len(m.heads) > 0 {
		best := 0
		for i := range m.heads {
			if m.sooner(m.heads[i].at, m.heads[best].at) {
				best = i
			}
		}
		h := &m.heads[best]
		row := h.row
		if err := m.advance(best); err != nil {
			return nil, err
		}
		if row != nil {
			return row, nil
		}
	}
	return nil, nil
}

// advance moves a head to its next row, or takes it out at its end.
func (m *merge) advance(i int) error {
	h := &m.heads[i]
	var err error
	switch {
	case h.row != nil && m.back:
		h.row, err = h.cursor.previous()
	case h.row != nil:
		h.row, err = h.cursor.following()
	case m.back && h.start == nil:
		h.row, err = h.cursor.last()
	case m.back:
		h.row, err = h.cursor.before(*h.start, false)
	case h.start == nil:
		h.row, err = h.cursor.first()
	default:
		h.row, err = h.cursor.after(*h.start)
	}
	if err != nil {
		return err
	}
	if h.row == nil {
		h.cursor.close()
		m.heads = slices.Delete(m.heads, i, i+1)
		return nil
	}
	h.at = h.row.Position()
	return nil
}

func (m *merge) close() {
	for i := range m.heads {
		m.heads[i].cursor.close()
	}
}
