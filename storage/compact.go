package storage

import (
	"bytes"
	"errors"

	"haggle/chat"
	"haggle/storage/journal"
)

const (
	compactGrowth = 32 << 20 // the journal grows by this much, and a quarter, between two passes
	scrubRecords  = 20_000   // checked at a time
)

// compactor is a pass over the journal that drops what later records made superfluous, one segment at a time.
type compactor struct {
	running bool
	from    uint64
}

// housekeeping does one step of what can wait, and reports whether it did.
func (db *DB) housekeeping() bool {
	switch {
	case db.readOnly != nil || db.room() != nil:
		return false
	case db.scrub > 0:
		db.scrubStep()
		return true
	case db.compactor.running || db.compactionDue():
		db.compactStep()
		return true
	}
	return false
}

// scrubStep checks some of the journal. Once a run, all of it is read: two damages that nobody noticed may be one too many.
func (db *DB) scrubStep() {
	stop := errors.New("enough for now")
	n := 0
	next := uint64(0)
	err := db.journal.Read(db.scrub, func(number uint64, _ byte, _ []byte) error {
		if n++; n > scrubRecords {
			next = number
			return stop
		}
		return nil
	})
	db.scrub = next
	if errors.Is(err, journal.ErrDamaged) {
		if err := db.heal(); err != nil {
			db.log.Error("Journal not healed", "err", err)
		}
	} else if err != nil && !errors.Is(err, stop) {
		db.log.Error("Journal check failed", "err", err)
	}
}

func (db *DB) compactionDue() bool {
	last := db.index.head.compacted
	return uint64(db.journal.Stats().Bytes) > last+max(db.opts.growth, last/4)
}

func (db *DB) compactStep() {
	if !db.compactor.running {
		db.compactor = compactor{running: true}
		if err := db.index.db.Sync(); err != nil {
			db.log.Warn("Index not synced", "err", err)
		}
	}
	v := db.index.view()
	defer v.discard()
	c, err := db.journal.Compact(journal.Compaction{
		From: db.compactor.from, Through: db.index.head.position, Keep: v.keep,
	})
	db.compactor.from = c.Next
	if err == nil && c.Next != 0 {
		return
	}
	if err != nil {
		db.log.Error("Journal not compacted", "err", err)
		if errors.Is(err, journal.ErrBroken) {
			if err := db.reopenJournal(); err != nil {
				_ = db.stopWriting(err)
				return
			}
		}
	}
	db.compactor = compactor{}
	db.index.head.compacted = uint64(db.journal.Stats().Bytes)
}

// compactAll runs a whole pass.
func (db *DB) compactAll(c journal.Compaction) error {
	c.Through = db.index.head.position
	for {
		done, err := db.journal.Compact(c)
		if err != nil {
			return err
		}
		if c.From = done.Next; c.From == 0 {
			db.index.head.compacted = uint64(db.journal.Stats().Bytes)
			return nil
		}
	}
}

// keep reports whether a journal record is still needed. A record is not if what it says was said again later, so that
// leaving it out of a replay, from wherever that starts, changes nothing. What cannot be told is kept.
func (v *view) keep(_ uint64, typ byte, payload []byte) bool {
	needed := true
	err := guarded(func() error {
		needed = v.needed(typ, payload)
		return nil
	})
	return needed || err != nil
}

func (v *view) needed(typ byte, payload []byte) bool {
	switch typ {
	case typeGroup:
		return v.keepGroup(payload)
	case typeReceipt, typeRead, typeListing, typeProfile, typePeer, typeSetting:
	default:
		return true
	}
	c, err := decodeRecord(typ, payload)
	if err != nil {
		return true
	}
	switch r := c.record.(type) {
	case chat.ReceiptRecord:
		return v.keepReceipt(r.Receipt)
	case chat.ReadRecord:
		l := v.log(r.Log)
		return l == nil || r.Seq >= l.ReadTo
	case chat.ListingRecord:
		_, err := v.get(versionKey(r.Listing.Hash()))
		return !errors.Is(err, chat.ErrNotFound)
	case chat.ProfileRecord:
		return v.isNow(profileKey(r.Profile.Peer), r.Profile.Encode())
	case chat.PeerRecord:
		return v.isNow(peerKey(r.Peer.ID), encodePeer(r.Peer))
	case chat.SettingRecord:
		return v.isNow(settingKey(r.Key), r.Value)
	}
	return true
}

// keepGroup: a group of the other's that was forgotten is not needed, since the record that forgot it says where the log
// stood.
func (v *view) keepGroup(payload []byte) bool {
	c := scanner{b: payload}
	log := c.log()
	c.varint()
	c.varint()
	c.byte()
	g := storedGroup{raw: c.b}
	first, entries, _ := g.start()
	l := v.log(log)
	if c.bad || l == nil {
		return true
	}
	mine, _ := v.room(log.Room).Role(v.self)
	return first+uint64(entries) > held(l, mine)
}

// keepReceipt: a receipt is not needed if each of its marks was passed.
func (v *view) keepReceipt(r chat.Receipt) bool {
	l := v.log(r.Log)
	if l == nil {
		return true
	}
	for _, m := range l.Marks {
		if m.Device == r.By {
			return r.Delivered >= max(m.Delivered, 1) || r.Read >= max(m.Read, 1)
		}
	}
	return true
}

func (v *view) log(id chat.LogID) *chat.LogState {
	if state := v.room(id.Room); state != nil {
		return state.Log(id.Author, id.Device)
	}
	return nil
}

// isNow reports whether a key holds the value, or nothing when the value is nil.
func (v *view) isNow(key, value []byte) bool {
	now, err := v.get(key)
	if errors.Is(err, chat.ErrNotFound) {
		return value == nil
	}
	return err != nil || value != nil && bytes.Equal(now, value)
}
