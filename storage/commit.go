package storage

import (
	"errors"
	"fmt"

	"haggle/chat"
	"haggle/storage/journal"
)

// Commit implements chat.Store. The batch is encoded here, so nothing of it is shared; the committer does the rest. done
// must not call the store.
func (db *DB) Commit(b chat.Batch, done func(error)) {
	w := &batch{soft: b.Soft, done: done}
	for _, r := range b.Records {
		c, err := newChange(r)
		if err != nil {
			w.err, w.changes = err, nil
			break
		}
		w.changes = append(w.changes, c)
		w.size += 64 + len(c.payload)
	}
	if w.size > journal.MaxBatch/2 {
		w.err = fmt.Errorf("batch of %d bytes: %w", w.size, chat.ErrInvalid)
	}
	if !db.queue.add(w) {
		go done(chat.ErrClosed)
	}
}

func newChange(r chat.Record) (change, error) {
	if err := chat.CheckRecord(r); err != nil {
		return change{}, err
	}
	typ, payload, err := encodeRecord(r)
	if err != nil {
		return change{}, err
	}
	return decodeRecord(typ, payload)
}

// run is the committer: the one goroutine that writes. What queued up during the last sync is the next write.
func (db *DB) run() {
	defer close(db.ended)
	for {
		fold, ended := db.queue.take()
		switch {
		case len(fold) > 0:
			db.commit(fold)
		case ended:
			return
		case db.housekeeping():
		default:
			select {
			case <-db.queue.wake:
			case r := <-db.repair:
				r.done <- db.repaired(r.seen)
			}
		}
	}
}

// commit writes a fold: one journal write, at most one sync, one index transaction.
func (db *DB) commit(fold []*batch) {
	err := db.readOnly
	if err == nil {
		err = db.room()
	}
	if err == nil {
		if err = db.write(fold); errors.Is(err, errDamaged) {
			// The index could not be read. Nothing was written yet.
			if err = db.rebuild(err); err == nil {
				err = db.write(fold)
			}
		}
	}
	if errors.Is(err, errDamaged) {
		err = db.stopWriting(err)
	}
	tell(fold, err)
}

func tell(fold []*batch, err error) {
	for _, b := range fold {
		b.tell(err)
	}
}

// write stages, journals and applies a fold. What is refused by itself has its own error afterwards.
//
// What the journal has cannot be refused any more, so that is when a fold is told of, and the index follows while others
// go on with it; nobody has a view before it has. Where a picture's file may have to go, all of that comes first.
func (db *DB) write(fold []*batch) error {
	on := db.index.latest()
	defer on.discard()
	s := newStage(on)
	var records []journal.Record
	hard := false
	for _, b := range fold {
		if b.err != nil {
			continue
		}
		own := newStage(s)
		var made []journal.Record
		err := guarded(func() (err error) {
			made, err = db.applyBatch(own, b)
			return err
		})
		if errors.Is(err, errDamaged) {
			return err
		}
		if b.err = err; err != nil {
			continue
		}
		s.merge(own)
		records = append(records, made...)
		hard = hard || !b.soft
	}
	if err := db.append(records, hard); err != nil {
		return err
	}
	if !s.empty() {
		stats := db.journal.Stats()
		sure := func() { tell(fold, nil) }
		if s.touchesBlobs() {
			sure = nil
		}
		if err := db.index.commit(s, on, stats.Next-1, stats.Durable, sure); err != nil {
			return db.reapply(err)
		}
		db.index.relieve()
	}
	db.blobs.referred(s.references, s.adopted)
	return nil
}

// applyBatch works a batch into its stage and returns the journal records of what it changes.
func (db *DB) applyBatch(s *stage, b *batch) ([]journal.Record, error) {
	var records []journal.Record
	for i := range b.changes {
		c := &b.changes[i]
		changed, err := db.apply.apply(s, c)
		if err != nil {
			return nil, err
		}
		if changed {
			records = append(records, journal.Record{Type: c.typ, Payload: c.payload})
		}
	}
	return records, nil
}

// append makes records durable, or only written if nothing hard is among them. On an error nothing of them is there and
// nothing will come back while this process lives.
func (db *DB) append(records []journal.Record, hard bool) error {
	for attempt := 1; ; attempt++ {
		err := db.journalWrite(records, hard)
		if err == nil {
			return nil
		}
		db.log.Error("Journal write failed", "err", err, "attempt", attempt)
		if errors.Is(err, journal.ErrBroken) {
			if reopened := db.reopenJournal(); reopened != nil {
				return db.stopWriting(errors.Join(err, reopened))
			}
		}
		if isFull(err) {
			return chat.ErrDiskFull
		}
		switch {
		case attempt < 2:
		case errors.Is(err, journal.ErrBroken):
			return db.stopWriting(err)
		default: // no further segment could be made, and the journal is as it was
			return fmt.Errorf("%w: %w", chat.ErrUnwritable, err)
		}
	}
}

func (db *DB) journalWrite(records []journal.Record, hard bool) error {
	if len(records) > 0 {
		_, err := db.journal.Append(records, hard)
		return err
	}
	if stats := db.journal.Stats(); hard && stats.Durable+1 < stats.Next {
		return db.journal.Sync() // it repeats what a soft batch said
	}
	return nil
}

// reopenJournal brings a broken journal back. That drops records which no sync had covered; the index has applied them
// and keeps them, but their numbers will be given out again.
func (db *DB) reopenJournal() error {
	if _, err := db.journal.Reopen(); err != nil {
		return err
	}
	return db.realign()
}

// realign moves the index's position back to the journal's end if it is beyond it.
func (db *DB) realign() error {
	stats := db.journal.Stats()
	if db.index.head.position < stats.Next {
		return nil
	}
	on := db.index.view()
	defer on.discard()
	return db.index.commit(newStage(on), on, stats.Next-1, stats.Durable, nil)
}

// reapply saves a write that the journal has and the index refused: the index is made again from the journal. If that
// fails, too, nothing more is written: the batch will be there after the next start, so its sequence numbers are taken.
func (db *DB) reapply(why error) error {
	if err := db.rebuild(why); err != nil {
		return db.stopWriting(err)
	}
	return nil
}

func (db *DB) stopWriting(why error) error {
	db.log.Error("Store cannot be written any more", "err", why)
	db.readOnly = chat.ErrReadOnly
	db.blobs.stopWriting()
	return chat.ErrReadOnly
}
