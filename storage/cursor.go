package storage

import (
	"github.com/dgraph-io/badger/v4"

	"haggle/chat"
)

// cursor walks the rows of one log. It misses nothing: a group that is not there where the next one belongs is damage.
type cursor struct {
	v    *view
	log  chat.LogID
	l    *chat.LogState
	low  uint64           // lowest seq that may be a row
	fore *badger.Iterator // finds groups and goes on from there
	aft  *badger.Iterator // goes back
	it   *badger.Iterator // the one in use

	stored storedGroup
	group  *chat.Group
	i      int // entry of group that was returned last
}

func newCursor(v *view, log chat.LogID, l *chat.LogState, mine chat.Role) *cursor {
	return &cursor{v: v, log: log, l: l, low: max(held(l, mine), l.Floor+1)}
}

func (c *cursor) close() {
	if c.fore != nil {
		c.fore.Close()
	}
	if c.aft != nil {
		c.aft.Close()
	}
	c.fore, c.aft = nil, nil
}

// last is the newest row, nil if there is none.
func (c *cursor) last() (*chat.Row, error) {
	if c.l.Seq < c.low {
		return nil, nil
	}
	if err := c.seekBack(c.l.Seq); err != nil { // a head ends a group
		return nil, err
	}
	c.i = len(c.group.Entries)
	return c.previous()
}

// first is the oldest row.
func (c *cursor) first() (*chat.Row, error) {
	if c.l.Seq < c.low {
		return nil, nil
	}
	if err := c.seek(c.low); err != nil {
		return nil, err
	}
	c.i = -1
	return c.following()
}

// before is the newest row before a position, or at it if that counts.
func (c *cursor) before(at chat.Position, counts bool) (*chat.Row, error) {
	last, err := c.find(at)
	if err != nil || last == 0 {
		return nil, err
	}
	if err := c.seekBack(last); err != nil {
		return nil, err
	}
	c.i = 0
	for c.i < len(c.group.Entries) {
		if order := c.group.Entries[c.i].At(c.log).Compare(at); order > 0 || order == 0 && !counts {
			break
		}
		c.i++
	}
	return c.previous()
}

// after is the oldest row after a position.
func (c *cursor) after(at chat.Position) (*chat.Row, error) {
	last, err := c.find(at)
	if err != nil {
		return nil, err
	}
	if last == 0 {
		return c.first()
	}
	if err := c.seek(last); err != nil {
		return nil, err
	}
	c.i = -1
	for c.i+1 < len(c.group.Entries) && c.group.Entries[c.i+1].At(c.log).Compare(at) <= 0 {
		c.i++
	}
	return c.following()
}

// previous is the next older row.
func (c *cursor) previous() (*chat.Row, error) {
	for {
		for c.i--; c.i >= 0; c.i-- {
			if c.isRow() {
				return c.row(), nil
			}
		}
		first := c.group.First()
		if first <= c.low || c.stored.before == 0 {
			return nil, nil
		}
		c.it.Next()
		if err := c.load(first - 1); err != nil {
			return nil, err
		}
		c.i = len(c.group.Entries)
	}
}

// following is the next newer row.
func (c *cursor) following() (*chat.Row, error) {
	for {
		for c.i++; c.i < len(c.group.Entries); c.i++ {
			if c.isRow() {
				return c.row(), nil
			}
		}
		last := c.group.Last()
		if last >= c.l.Seq {
			return nil, nil
		}
		c.it.Next()
		if err := c.load(last + 1); err != nil {
			return nil, err
		}
		c.i = -1
	}
}

func (c *cursor) isRow() bool { return c.stored.rows.Has(c.i) && c.group.Entries[c.i].Seq >= c.low }

func (c *cursor) row() *chat.Row {
	r := newRow(c.log, &c.group.Entries[c.i], c.stored.clockOff)
	return &r
}

// seek loads the group that holds seq, to go on from there.
func (c *cursor) seek(seq uint64) error {
	c.look(seq)
	return c.load(seq)
}

// seekBack loads the group that ends with last, to go back from there.
func (c *cursor) seekBack(last uint64) error {
	if c.aft == nil {
		c.aft = c.v.iterator(logKey(keyGroup, c.log), true)
	}
	c.it = c.aft
	c.it.Seek(groupKey(c.log, last))
	return c.load(last)
}

// look moves the iterator to the group that holds seq.
func (c *cursor) look(seq uint64) {
	if c.fore == nil {
		c.fore = c.v.iterator(logKey(keyGroup, c.log), false)
	}
	c.it = c.fore
	c.it.Seek(groupKey(c.log, seq))
}

// load reads the group under the iterator, which must hold seq.
func (c *cursor) load(seq uint64) error {
	if !c.it.Valid() {
		return errGap
	}
	item := c.it.Item()
	value, err := readItem(item.Key(), item)
	if err != nil {
		return err
	}
	if c.stored, err = decodeGroup(value); err != nil {
		return asDamage(err)
	}
	if c.group, err = c.stored.group(); err != nil {
		return asDamage(err)
	}
	if seq < c.group.First() || seq > c.group.Last() {
		return errGap
	}
	return nil
}

// find returns the last seq of the newest group that begins at or before a position, 0 if there is none. It gallops back
// from the end, where most questions are, and then halves.
func (c *cursor) find(at chat.Position) (uint64, error) {
	high := c.l.Seq // groups that hold more begin after the position
	low := uint64(0)
	for step := uint64(1); low == 0; step *= 4 {
		if high < c.low {
			return 0, nil
		}
		probe := high
		if step > 1 {
			probe -= min(step, high-c.low)
		}
		first, last, fits, err := c.begins(probe, at)
		if err != nil {
			return 0, err
		}
		if fits {
			low = last
		} else {
			high = first - 1
		}
	}
	for low < high {
		first, last, fits, err := c.begins(low+1+(high-low-1)/2, at)
		if err != nil {
			return 0, err
		}
		if fits {
			low = last
		} else {
			high = first - 1
		}
	}
	return low, nil
}

// begins reports whether the group that holds seq begins at or before a position, and which it is.
func (c *cursor) begins(seq uint64, at chat.Position) (first, last uint64, fits bool, err error) {
	c.look(seq)
	if !c.it.Valid() {
		return 0, 0, false, errGap
	}
	item := c.it.Item()
	value, err := readItem(item.Key(), item)
	if err != nil {
		return 0, 0, false, err
	}
	stored, err := decodeGroup(value)
	if err != nil {
		return 0, 0, false, asDamage(err)
	}
	first, _, clock := stored.start()
	_, last, _ = parseGroupKey(item.Key())
	if first == 0 || first > seq || last < seq {
		return 0, 0, false, errGap
	}
	p := chat.Position{Clock: clock, Author: c.log.Author, Device: c.log.Device, Seq: first}
	return first, last, p.Compare(at) <= 0, nil
}
