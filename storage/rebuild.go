package storage

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"haggle/chat"
	"haggle/storage/journal"
)

const (
	newSuffix    = ".new"
	replayBytes  = 512 << 10 // of one transaction while the journal is applied
	replayKeys   = 4000
	replayStates = 500
)

// errBaseline says that the journal starts anew beyond the index's position.
var errBaseline = fmt.Errorf("%w: journal has a newer baseline", errDamaged)

// catchUp applies what the journal has beyond the index. errDamaged means that the index was closed and must be built
// again.
func (db *DB) catchUp() error {
	var err error
	if db.index.head.position == 0 && !fresh(db.journal) {
		err = fmt.Errorf("%w: it is empty", errDamaged)
	}
	if err == nil {
		err = db.realign()
	}
	if err == nil {
		err = db.replay(db.index, db.index.head.position+1, 0)
	}
	if errors.Is(err, errDamaged) {
		if closed := db.index.close(); closed != nil {
			db.log.Warn("Index did not close", "err", closed)
		}
		db.index = nil
	}
	return err
}

// rebuild makes the index again from the journal, beside the old one, and then puts it in its place. The old one goes to
// quarantine. Reads go on meanwhile as far as the old index answers. The committer calls it, or Open.
func (db *DB) rebuild(why error) error {
	db.log.Warn("Index is built again", "why", why)
	db.rebuilt = time.Now()
	err := db.build(func(place string) error {
		err := db.step("quarantine", func() error { return aside(place, db.path(dirQuarantine)) })
		if err != nil {
			// A Badger that refuses what it finds leaves files of it open, and Windows moves no folder with an open file: the next
			// start moves it before anything is opened.
			err = errors.Join(err, db.started(suspectStarts))
		}
		return err
	})
	if err != nil {
		return err
	}
	if db.lost {
		db.notifyDamaged()
	} else {
		db.opts.Notify(chat.NoticeRebuilt)
	}
	return db.started(1)
}

// build makes the index again and puts it into the place of the old one, which retire takes away. db.lost tells whether the
// journal had everything.
func (db *DB) build(retire func(place string) error) error {
	dir := db.path(dirIndex + newSuffix)
	if err := errors.Join(db.room(), os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("build index: %w", err)
	}
	x, err := openIndex(dir, db.opts.Self, db.locks.indexKey(), false)
	if err != nil {
		return fmt.Errorf("build index: %w", err)
	}
	db.lost = false
	base, err := db.baseline()
	if err == nil {
		err = db.replay(x, max(base, 1), base)
	}
	if err = errors.Join(err, x.close()); err != nil {
		return fmt.Errorf("build index: %w", err)
	}
	if err := db.swap(dir, retire); err != nil {
		return fmt.Errorf("build index: %w", err)
	}
	return nil
}

// fresh tells a journal in which nothing was ever written.
func fresh(j *journal.Journal) bool { return j.Stats().Next == 1 }

// swap puts the index in dir into its place, out of which retire takes the old one.
func (db *DB) swap(dir string, retire func(place string) error) error {
	db.use.Lock()
	defer db.use.Unlock()
	if db.index != nil {
		if err := db.index.close(); err != nil {
			db.log.Warn("Index did not close", "err", err)
		}
		db.index = nil
	}
	place := db.path(dirIndex)
	if err := retire(place); err != nil {
		return err
	}
	if err := os.Rename(dir, place); err != nil {
		return err
	}
	x, err := openIndex(place, db.opts.Self, db.locks.indexKey(), false)
	if err != nil {
		return err
	}
	db.index = x
	db.blobs.use(x.refs)
	db.builds++
	return nil
}

// replay applies journal records from number from on; base is the baseline that this begins with, if any. What the journal
// has is applied as far as it fits together; db.lost tells that something is missing.
func (db *DB) replay(x *index, from, base uint64) error {
	r := replay{db: db, x: x, misfits: map[chat.RoomID]bool{}, base: base}
	r.begin()
	defer func() { r.end() }()
	err := db.journal.Read(from, r.record)
	if errors.Is(err, journal.ErrDamaged) {
		db.log.Error("Journal is damaged", "err", err)
		db.lost = true
		if err = r.err; err == nil {
			err = r.flush()
		}
	} else if err == nil {
		err = r.flush()
	}
	if len(r.misfits) > 0 || r.unreadable > 0 {
		db.log.Error("Journal records do not fit", "rooms", len(r.misfits), "unreadable", r.unreadable)
		db.lost = true
	}
	return err
}

// replay is the journal being applied to an index.
type replay struct {
	db *DB
	x  *index

	on    *view
	stage *stage
	last  uint64 // newest record staged or passed over

	base       uint64 // the baseline that this begins with, 0 for none
	inBaseline bool
	misfits    map[chat.RoomID]bool // rooms with a record that does not follow from those before
	unreadable int
	err        error // that ended the reading
}

func (r *replay) begin() { r.on = r.x.view(); r.stage = newStage(r.on) }

func (r *replay) end() { r.on.discard() }

func (r *replay) record(n uint64, typ byte, payload []byte) error {
	r.last = n
	r.err = r.take(typ, bytes.Clone(payload))
	return r.err
}

func (r *replay) take(typ byte, payload []byte) error {
	switch typ {
	case typeBaseline:
		r.inBaseline = r.last == r.base
		return nil
	case typeBaselineEntry:
		if r.inBaseline {
			if err := r.stage.putEntry(payload); err != nil {
				r.unreadable++
			}
		}
		return r.flushFull()
	case typeBaselineEnd:
		if !r.inBaseline {
			return errBaseline
		}
		r.inBaseline = false
		return nil
	}
	c, err := decodeRecord(typ, payload)
	if err != nil {
		r.unreadable++
		return nil
	}
	own := newStage(r.stage)
	changed := false
	err = guarded(func() (err error) {
		changed, err = r.db.apply.apply(own, &c)
		return err
	})
	switch {
	case errors.Is(err, errDamaged):
		return err
	case err != nil:
		if f, ok := c.record.(chat.ForkRecord); ok {
			r.stage.put(evidenceKey(f.Log), append([]byte{}, f.Evidence...)) // stands by itself
		}
		if id, ok := roomOf(c.record); ok {
			r.misfits[id] = true
		} else {
			r.unreadable++
		}
		return nil
	case changed:
		r.stage.merge(own)
	}
	if f, ok := c.record.(chat.ForgetRecord); ok {
		delete(r.misfits, f.Room) // it says where the room stood, and what came before may have been dropped
	}
	return r.flushFull()
}

func (r *replay) flushFull() error {
	if r.stage.size > replayBytes || len(r.stage.puts) > replayKeys || len(r.stage.state) > replayStates {
		return r.flush()
	}
	return nil
}

// flush makes what is staged the index's next moment.
func (r *replay) flush() error {
	stats := r.db.journal.Stats()
	position := max(r.last, r.x.head.position)
	if r.stage.empty() && position == r.x.head.position {
		return nil
	}
	if err := r.x.commit(r.stage, r.on, position, min(position, stats.Durable), nil); err != nil {
		return err
	}
	r.end()
	r.begin()
	return nil
}

// roomOf is the room that a record belongs to.
func roomOf(record chat.Record) (chat.RoomID, bool) {
	switch r := record.(type) {
	case chat.RoomRecord:
		return chat.RoomFor(r.Buyer, r.Seller), true
	case chat.GroupRecord:
		return r.Log.Room, true
	case chat.TruncateRecord:
		return r.Log.Room, true
	case chat.ForkRecord:
		return r.Log.Room, true
	case chat.ReceiptRecord:
		return r.Receipt.Log.Room, true
	case chat.ReadRecord:
		return r.Log.Room, true
	case chat.ForgetRecord:
		return r.Room, true
	case chat.ListingRecord, chat.DropCatalogueRecord, chat.ProfileRecord, chat.PeerRecord, chat.SettingRecord:
	}
	return chat.RoomID{}, false
}
