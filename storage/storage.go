package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"haggle/chat"
	"haggle/storage/journal"
	"haggle/storage/seal"
)

// What Open refuses for, besides chat.ErrDiskFull and what the file system says.
var (
	// ErrLocked says that another process has the store open.
	ErrLocked = errors.New("the store is in use by another process")
	// ErrNewer says that a newer program wrote the store. Nothing in it was touched.
	ErrNewer = errors.New("the store was written by a newer version")
	// ErrDamaged says that something in the store can be neither read nor made good.
	ErrDamaged = errors.New("the store is damaged")
	// ErrSealed says that the store has a lock and that Options.Key is not its key, or none. Nothing in it was touched.
	ErrSealed = errors.New("the store is locked with another key")
)

// MinFree is the space on the disk that a store leaves free unless Options say otherwise: Badger does not survive a full
// disk.
const MinFree = 64 << 20

// Options say where a store is and who keeps it.
type Options struct {
	// Dir is the store's folder, made if missing.
	Dir string
	// Self is whose store it is: it tells own logs from the other person's.
	Self chat.PeerID
	// Logger gets what a person who looks for a fault needs. nil for none.
	Logger *slog.Logger
	// MinFree is the number of bytes on the disk that the store leaves free, 0 for the constant.
	MinFree uint64
	// Key locks the store: everything in it is sealed with it. nil leaves it in the open. A store that was in the open is
	// sealed before Open returns, file by file; if that is cut short, the next Open goes on.
	Key *seal.Key
	// Unlock opens the lock for good: the other way round.
	Unlock bool
	// Notify, if set, hears of chat.NoticeRebuilt and chat.NoticeDamaged, from Open and later from other goroutines. It must
	// neither block nor call the store.
	Notify func(chat.Notice)

	free      func(dir string) (uint64, error) // what the disk has, for tests
	growth    uint64                           // instead of compactGrowth, for tests
	photos    int64                            // instead of chat.PhotoBytes, for tests
	journalFS journal.FS                       // for tests
	step      func(what string) error          // asked before each step of a change of lock, and before an index goes to quarantine, for tests
}

// DB is the chat.Store on disk. Its methods may be called from any goroutine.
type DB struct {
	opts  Options
	log   *slog.Logger
	lock  *os.File
	apply applier

	use    sync.RWMutex // held by readers, so that the index is not replaced under them
	index  *index       // nil once there is nothing to read any more
	builds int          // how often the index was built again

	queue  queue
	repair chan repair
	ended  chan struct{} // the committer has ended

	background sync.WaitGroup
	stop       context.CancelFunc
	clean      bool // the end is in order

	drafts drafts
	blobs  blobs
	locks  locks

	changing   bool // from the open to sealed, or back
	indexIsOld bool // the index is still the other kind

	// The rest is the committer's.
	journal   *journal.Journal
	readOnly  error // why nothing can be written any more
	lost      bool  // the journal lost what the index does not have either
	rebuilt   time.Time
	compactor compactor
	scrub     uint64 // next journal record to be checked, 0 for none
}

var _ chat.Store = (*DB)(nil)

// Open opens the store in o.Dir, or makes one. It returns ErrLocked within a moment if another process has it, ErrNewer
// if a newer program wrote it, and chat.ErrDiskFull if the disk has less room than MinFree. Whatever is wrong with the
// index, it is built again from the journal before Open returns; what is damaged is moved to quarantine, never deleted.
func Open(o Options) (*DB, error) {
	if o.MinFree == 0 {
		o.MinFree = MinFree
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notify == nil {
		o.Notify = func(chat.Notice) {}
	}
	if o.growth == 0 {
		o.growth = compactGrowth
	}
	if o.photos == 0 {
		o.photos = chat.PhotoBytes
	}
	if o.free == nil {
		o.free = journal.FreeSpace
	}
	if o.step == nil {
		o.step = func(string) error { return nil }
	}
	db := &DB{
		opts: o, log: o.Logger, apply: applier{self: o.Self},
		queue: newQueue(), repair: make(chan repair), ended: make(chan struct{}),
	}
	db.blobs = blobs{
		dir: db.path(dirBlobs), quarantine: db.path(dirQuarantine), space: db.space, log: o.Logger, quota: o.photos,
		refs: newReferences(), known: map[chat.Hash]*blob{},
	}
	if o.Key != nil {
		db.locks = newLocks(*o.Key, !o.Unlock)
		db.blobs.seal = db.locks.blobsSeal()
	}
	if err := db.open(); err != nil {
		_ = db.release() // why it did not open is what counts
		return nil, fmt.Errorf("open store: %w", err)
	}
	return db, nil
}

// started writes down how many starts in a row came to nothing, this one included; 0 at a clean end.
func (db *DB) started(n int) error { return writeStarts(db.opts.Dir, n) }

func (db *DB) path(name string) string { return filepath.Join(db.opts.Dir, name) }

func (db *DB) open() error {
	format, err := readFormat(db.opts.Dir)
	if err != nil {
		return err
	}
	if format == sealedFormat && db.opts.Key == nil {
		return ErrSealed
	}
	if err := os.MkdirAll(db.opts.Dir, privateFolder); err != nil {
		return err
	}
	if db.lock, err = os.OpenFile(db.path(fileLock), os.O_RDWR|os.O_CREATE, privateFile); err != nil {
		return err
	}
	if err := tryLock(db.lock); err != nil {
		return err
	}
	if err := db.room(); err != nil {
		return err
	}
	if err := db.beginChange(format); err != nil {
		return err
	}
	starts := readStarts(db.opts.Dir)
	if err := db.started(starts + 1); err != nil {
		return err
	}
	if err := db.openBoth(starts); err != nil {
		return err
	}
	if err := db.change(); err != nil {
		return fmt.Errorf("change lock: %w", err)
	}
	if err := db.drafts.open(db.opts.Dir, &db.locks); err != nil {
		return err
	}
	if err := db.endChange(); err != nil {
		return err
	}
	db.blobs.use(db.index.refs)
	if err := db.blobs.start(); err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	var ctx context.Context
	ctx, db.stop = context.WithCancel(context.Background()) //nolint:forbidigo // Close stops it
	db.scrub = 1
	if starts > 0 {
		db.background.Go(func() { db.checkIndex(ctx) })
	}
	go db.run()
	return nil
}

// openBoth opens journal and index and brings the index up to date, building it again if there is anything wrong with it.
// starts is how many in a row came to nothing.
func (db *DB) openBoth(starts int) error {
	x, err := (*index)(nil), fmt.Errorf("%w: the last starts came to nothing", errDamaged)
	if starts < suspectStarts {
		x, err = db.openPresent(starts > 0)
	}
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	damaged := err
	var after uint64
	if x != nil {
		after = x.head.hard
	}
	j, report, err := journal.Open(db.journalOptions(after))
	if err != nil {
		if x != nil {
			err = errors.Join(err, x.close())
		}
		if errors.Is(err, journal.ErrNewer) {
			return fmt.Errorf("%w: %w", ErrNewer, err)
		}
		if errors.Is(err, journal.ErrSealed) {
			return fmt.Errorf("%w: %w", ErrSealed, err)
		}
		return err
	}
	db.journal, db.index = j, x
	if x != nil {
		for _, hole := range report.Holes {
			// One at the end may say more than there was: after a clean end the index has all of it.
			all := starts == 0 && hole.To == report.Next-1 && hole.From <= x.head.position+1
			db.lost = db.lost || hole.To > x.head.position && !all
		}
		if damaged = db.catchUp(); errors.Is(damaged, errDamaged) {
			x = nil
		} else if damaged != nil {
			return damaged
		}
	}
	if x == nil {
		if err := db.rebuild(damaged); err != nil {
			return err
		}
	}
	if len(db.journal.Holes()) > 0 {
		return db.heal()
	}
	return nil
}

// room is chat.ErrDiskFull unless the disk has room to spare.
func (db *DB) room() error { return db.space(0) }

// space is chat.ErrDiskFull unless the disk has room to spare after n more bytes, or chat.ErrUnwritable if the folder is gone.
func (db *DB) space(n int) error {
	free, err := db.opts.free(db.opts.Dir)
	if err != nil {
		return fmt.Errorf("%w: %w", chat.ErrUnwritable, err)
	}
	if free < db.opts.MinFree+uint64(n) {
		return chat.ErrDiskFull
	}
	return nil
}

// notifyDamaged tells that something is lost.
func (db *DB) notifyDamaged() {
	db.blobs.expectLoss()
	db.opts.Notify(chat.NoticeDamaged)
}

// Close writes what Commit took before and ends the store. It may be called again.
func (db *DB) Close() error {
	if !db.queue.close() {
		<-db.ended
		return nil
	}
	db.stop()
	db.background.Wait()
	<-db.ended
	db.drafts.close()
	if db.readOnly == nil {
		if err := db.settle(); err != nil {
			db.log.Error("Store not settled", "err", err)
		} else {
			db.clean = true
		}
	}
	return db.release()
}

// settle syncs what soft batches left unsynced, and lets the index know that it may expect all of it.
func (db *DB) settle() error {
	if err := db.journal.Sync(); err != nil {
		return err
	}
	stats := db.journal.Stats()
	if db.index.head.hard >= stats.Durable && db.index.head.position == stats.Next-1 {
		return nil
	}
	return db.moveTo(stats.Next - 1)
}

// release closes all that is open. A clean end is one of journal and index.
func (db *DB) release() error {
	err := db.blobs.close()
	db.use.Lock()
	defer db.use.Unlock()
	if db.index != nil {
		err = errors.Join(err, db.index.close())
		db.index = nil
	}
	if db.journal != nil {
		err = errors.Join(err, db.journal.Close())
		if err == nil && db.clean {
			err = db.started(0)
		}
		db.journal = nil
	}
	if db.lock != nil {
		unlock(db.lock)
		err = errors.Join(err, db.lock.Close())
		db.lock = nil
	}
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
