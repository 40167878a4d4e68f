package storage

import (
	"encoding/binary"
	"errors"
	"fmt"

	"haggle/storage/journal"
)

// A baseline is the whole index as journal records: typeBaseline, a typeBaselineEntry for each key with its value, and
// typeBaselineEnd. An index that is built again starts from the last complete one; what stands before it counts no more.
// It closes holes: what damage took from the journal, the index still has.

// baselineBytes is how much of a baseline is appended at once.
const baselineBytes = 1 << 20

// baseline finds the record number of the last complete baseline, 0 if there is none.
func (db *DB) baseline() (uint64, error) {
	var begun, complete uint64
	err := db.journal.Read(1, func(n uint64, typ byte, _ []byte) error {
		switch typ {
		case typeBaseline:
			begun = n
		case typeBaselineEntry:
		case typeBaselineEnd:
			complete, begun = max(complete, begun), 0
		default:
			begun = 0 // it was given up: a baseline is written in one go
		}
		return nil
	})
	if errors.Is(err, journal.ErrDamaged) {
		err = nil // Read tells of each damage once, and the holes are kept
		db.lost = true
	}
	return complete, err
}

// heal makes journal and index whole together after the journal lost records. What the index has is written into the
// journal again; if the index is not whole either, it is first cut down to what the journal still proves.
func (db *DB) heal() error {
	db.log.Error("Journal has holes", "holes", len(db.journal.Holes()))
	if err := db.checkNow(); errors.Is(err, errDamaged) {
		if err := db.rebuild(err); err != nil {
			return err
		}
		db.lost = true
	} else if err != nil {
		return err
	}
	if err := db.writeBaseline(); err != nil {
		return fmt.Errorf("heal journal: %w", err)
	}
	if db.lost {
		db.notifyDamaged()
		db.lost = false
	}
	return nil
}

// writeBaseline writes a baseline and drops what stands before it.
func (db *DB) writeBaseline() error {
	if err := db.room(); err != nil {
		return err
	}
	if err := db.journal.Rotate(); err != nil {
		return err
	}
	begin, err := db.journal.Append([]journal.Record{{Type: typeBaseline}}, false)
	if err != nil {
		return err
	}
	if err := db.writeEntries(); err != nil {
		return err
	}
	if _, err := db.journal.Append([]journal.Record{{Type: typeBaselineEnd}}, true); err != nil {
		return err
	}
	if err := db.moveTo(db.journal.Stats().Next - 1); err != nil {
		return err
	}
	return db.compactAll(journal.Compaction{
		Keep: func(n uint64, _ byte, _ []byte) bool { return n >= begin }, All: true, Healed: true,
	})
}

// writeEntries appends the index's content.
func (db *DB) writeEntries() error {
	v := db.index.view()
	defer v.discard()
	var records []journal.Record
	size := 0
	flush := func() error {
		_, err := db.journal.Append(records, false)
		records, size = nil, 0
		return err
	}
	err := v.scan(nil, nil, func(key, value []byte) (bool, error) {
		if !inBaseline(key) {
			return true, nil
		}
		payload := baselineEntry(key, value)
		records = append(records, journal.Record{Type: typeBaselineEntry, Payload: payload})
		if size += 64 + len(payload); size < baselineBytes {
			return true, nil
		}
		return true, flush()
	})
	return errors.Join(err, flush())
}

// inBaseline reports whether a key belongs into a baseline: the head, and what is made again out of what it has, do not.
func inBaseline(key []byte) bool {
	switch key[0] {
	case keyGroup, keyRoom, keyEvidence, keyListing, keyVersion, keyAbout, keyPeer, keyProfile, keySetting:
		return true
	}
	return false
}

func baselineEntry(key, value []byte) []byte { return append(appendText(nil, string(key)), value...) }

// putEntry reads an entry of a baseline into the stage.
func (s *stage) putEntry(payload []byte) error {
	n, used := binary.Uvarint(payload)
	if used <= 0 || n == 0 || n > uint64(len(payload)-used) {
		return errCorrupt
	}
	key, value := payload[used:used+int(n)], payload[used+int(n):]
	if !inBaseline(key) {
		return errCorrupt
	}
	switch key[0] {
	case keyRoom:
		state, err := decodeState(value)
		if err != nil {
			return err
		}
		s.setRoom(state.ID(), state)
	case keyListing:
		i, err := decodeItem(key, value)
		if err != nil {
			return err
		}
		s.setListing(i)
	default:
		s.put(key, value)
		return referEntry(s, key, value)
	}
	return nil
}

// moveTo moves the index to a position without a change.
func (db *DB) moveTo(position uint64) error {
	on := db.index.view()
	defer on.discard()
	return db.index.commit(newStage(on), on, position, min(position, db.journal.Stats().Durable), nil)
}
