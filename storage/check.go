package storage

import (
	"context"
	"errors"
	"fmt"

	"haggle/chat"
)

// checkIndex is the full check in the background after a stop that was not clean.
func (db *DB) checkIndex(ctx context.Context) {
	_, err := read(db, func(v *view) (struct{}, error) { return struct{}{}, v.check(ctx) })
	switch {
	case err == nil:
		if err := db.started(1); err != nil {
			db.log.Warn("Start not noted", "err", err)
		}
	case ctx.Err() == nil && !errors.Is(err, chat.ErrClosed):
		db.log.Error("Index check failed", "err", err)
	}
}

// checkNow is the full check for the committer.
func (db *DB) checkNow() error {
	v := db.index.view()
	defer v.discard()
	return guarded(func() error { return v.check(context.Background()) }) //nolint:forbidigo // the committer waits for it
}

// check reads everything and compares it with the heads: errDamaged if something is missing or wrong.
func (v *view) check(ctx context.Context) error {
	for _, e := range v.rooms.byID {
		mine, _ := e.state.Role(v.self)
		for i := range e.state.Logs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := v.checkLog(e.state, &e.state.Logs[i], mine); err != nil {
				return err
			}
		}
	}
	for _, i := range v.goods.items {
		if _, err := v.record(i); err != nil {
			return err
		}
	}
	return v.checkVersions(ctx)
}

// checkLog walks the chain of a log from the first group that is kept to the head.
func (v *view) checkLog(state *chat.RoomState, l *chat.LogState, mine chat.Role) error {
	wrong := func(what string) error { return fmt.Errorf("%w: %s", errDamaged, what) }
	log := chat.LogID{Room: state.ID(), Author: l.Author, Device: l.Device}
	next := held(l, mine)
	var hash chat.Hash // of the entry before next, known unless groups below were deleted
	known := next == 1
	if known {
		hash = chat.LogStart(log.Room, state.Of(l.Author), l.Device)
	}
	rows := uint64(0)
	counted := known
	prefix := logKey(keyGroup, log)
	err := v.scan(prefix, prefix, func(key, value []byte) (bool, error) {
		stored, err := decodeGroup(value)
		if err != nil {
			return false, asDamage(err)
		}
		g, err := stored.group()
		if err != nil {
			return false, asDamage(err)
		}
		_, last, _ := parseGroupKey(key)
		switch {
		case g.First() != next, g.Last() != last:
			return false, wrong("group is missing")
		case known && g.Entries[0].Previous != hash:
			return false, wrong("chain is broken")
		case counted && stored.before != rows:
			return false, wrong("rows do not add up")
		}
		next, hash, known, counted = last+1, g.Entries[len(g.Entries)-1].Hash(), true, true
		rows = stored.before + uint64(stored.rows.Count(len(g.Entries)))
		return true, nil
	})
	switch {
	case err != nil:
		return err
	case next != l.Seq+1:
		return wrong("log ends early")
	case known && hash != l.Hash, counted && rows != l.Rows:
		return wrong("head differs")
	}
	return nil
}

// checkVersions compares the versions of listings with the head's digest.
func (v *view) checkVersions(ctx context.Context) error {
	raw, err := v.get([]byte{keyHead})
	if errors.Is(err, chat.ErrNotFound) {
		return nil // nothing was ever written
	}
	if err != nil {
		return err
	}
	head, err := decodeHead(raw)
	if err != nil {
		return asDamage(err)
	}
	var slow uint64
	err = v.scan([]byte{keyVersion}, []byte{keyVersion}, func(key, value []byte) (bool, error) {
		slow ^= digest(key, value)
		return true, ctx.Err()
	})
	if err == nil && slow != head.slow {
		err = fmt.Errorf("%w: versions differ", errDamaged)
	}
	return err
}
