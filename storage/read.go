package storage

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"haggle/chat"
)

// repairPause is how long the store does not build its index again for a read: damage that a rebuilt index still shows is
// no damage of the index.
const repairPause = time.Minute

// repair asks the committer for a new index, unless it has made one since the asker looked.
type repair struct {
	seen int
	done chan error
}

// read runs do on a view of the store now. If the index turns out damaged it is built again, and do runs a second time.
func read[T any](db *DB, do func(v *view) (T, error)) (T, error) {
	result, seen, err := readOnce(db, do)
	if !errors.Is(err, errDamaged) {
		return result, err
	}
	db.log.Error("Index is damaged", "err", err)
	r := repair{seen, make(chan error, 1)}
	select {
	case db.repair <- r:
		if err := <-r.done; err != nil {
			return result, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	case <-db.ended:
		return result, chat.ErrClosed
	}
	if result, _, err = readOnce(db, do); errors.Is(err, errDamaged) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return result, err
}

func readOnce[T any](db *DB, do func(v *view) (T, error)) (result T, seen int, err error) {
	db.use.RLock()
	defer db.use.RUnlock()
	if db.index == nil {
		return result, 0, chat.ErrClosed
	}
	v, err := db.index.believed()
	if err != nil {
		return result, db.builds, err
	}
	defer v.discard()
	err = guarded(func() error {
		var err error
		result, err = do(v)
		return err
	})
	return result, db.builds, err
}

// guarded turns a panic or a fault over a damaged file into errDamaged.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return do()
}

// repaired answers a repair.
func (db *DB) repaired(seen int) error {
	if seen != db.builds {
		return nil
	}
	if !db.rebuilt.IsZero() && time.Since(db.rebuilt) < repairPause {
		return errDamaged
	}
	return db.rebuild(errDamaged)
}
