package storage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"haggle/chat"
	"haggle/storage/seal"
)

// blobs is the folder of pictures and what is known of each. One blob's tasks run one after the other, on a goroutine that
// lives as long as there are any, so that neither a slow disk nor a check holds up other blobs or the committer. Only a
// blob's task touches its files.
type blobs struct {
	dir, quarantine string
	space           func(n int) error // chat.ErrDiskFull unless the disk can take n bytes
	log             *slog.Logger
	quota           int64       // bytes of the cache
	root            *os.Root    // set by start
	seal            *seal.Blobs // nil in the open
	tasks           sync.WaitGroup

	mu       sync.Mutex
	refs     *references
	known    map[chat.Hash]*blob // those of which there is anything
	cached   int64               // bytes of those that only other people's listings and profiles refer to
	newest   time.Time           // when the last whole one came
	lossy    bool                // references may be missing: nothing is swept
	readOnly bool
	closed   bool
}

// blob is what is known of one. here, received, mark and came change only in its tasks.
type blob struct {
	here     bool
	received uint32
	mark     chat.BlobMark
	came     time.Time

	held   int  // puts whose first reference is still to come
	cached bool // counted in blobs.cached
	doomed bool // nothing refers to it: gone for all to see, and in fact after the task that runs
	busy   bool // a task runs
	tasks  []func(*blob)
}

func (e *blob) empty() bool {
	return !e.here && e.received == 0 && e.mark == chat.NoMark && e.held == 0
}

var _ chat.Blobs = (*DB)(nil)

// use counts by these references from now on: the index was opened or built again.
func (b *blobs) use(refs *references) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refs = refs
	for h, e := range b.known {
		b.classify(h, e)
	}
}

// expectLoss keeps what nothing refers to: the references may come back.
func (b *blobs) expectLoss() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lossy = true
}

// stopWriting refuses writes from now on.
func (b *blobs) stopWriting() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readOnly = true
}

// close refuses tasks from now on and waits for those that were taken.
func (b *blobs) close() error {
	b.mu.Lock()
	ended := b.closed || b.root == nil
	b.closed = true
	b.mu.Unlock()
	if ended {
		return nil
	}
	b.tasks.Wait()
	return b.root.Close()
}

// write runs a task that writes when all tasks of the blob before it are done.
func (b *blobs) write(h chat.Hash, task func(*blob) error, done func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		go done(chat.ErrClosed)
	case b.readOnly:
		go done(chat.ErrReadOnly)
	default:
		b.add(h, func(e *blob) { done(named(task(e))) })
	}
}

// named names the reason that callers act on.
func named(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%w: %w", chat.ErrDiskFull, err)
	case isOutOfFiles(err):
		return fmt.Errorf("%w: %w", chat.ErrUnwritable, err)
	}
	return err
}

// add puts a task at the end of a blob's.
func (b *blobs) add(h chat.Hash, task func(*blob)) {
	e := b.known[h]
	if e == nil {
		e = new(blob)
		b.known[h] = e
	}
	e.tasks = append(e.tasks, task)
	if !e.busy {
		e.busy = true
		b.tasks.Go(func() { b.work(h, e) })
	}
}

// work runs a blob's tasks until there are none.
func (b *blobs) work(h chat.Hash, e *blob) {
	for {
		b.mu.Lock()
		if len(e.tasks) == 0 {
			b.rest(h, e)
			b.mu.Unlock()
			return
		}
		task := e.tasks[0]
		e.tasks[0] = nil // it may hold a picture
		e.tasks = e.tasks[1:]
		b.mu.Unlock()
		task(e)
	}
}

// rest ends a blob's business.
func (b *blobs) rest(h chat.Hash, e *blob) {
	e.busy, e.tasks = false, nil
	if e.empty() {
		delete(b.known, h)
	}
}

// set changes what is known of a blob.
func (b *blobs) set(h chat.Hash, e *blob, change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	b.classify(h, e)
}

// classify counts a blob in or out of the cache, and saves a doomed one that is wanted again.
func (b *blobs) classify(h chat.Hash, e *blob) {
	e.doomed = e.doomed && b.unused(h, e)
	now := e.here && b.refs.of(h).cached()
	switch {
	case now && !e.cached:
		b.cached += int64(e.received)
	case !now && e.cached:
		b.cached -= int64(e.received)
	}
	e.cached = now
}

// completed makes a blob whole; its file is in place. The cache may have to give others up.
func (b *blobs) completed(h chat.Hash, e *blob, size int, came time.Time, held int) {
	b.mu.Lock()
	e.here, e.received, e.mark, e.came = true, uint32(size), chat.NoMark, came
	e.held += held
	b.classify(h, e)
	gone := b.evict()
	b.mu.Unlock()
	b.removeAll(gone)
}

// lost forgets a whole blob; its file is gone.
func (b *blobs) lost(h chat.Hash, e *blob) {
	b.set(h, e, func() {
		if e.cached {
			e.cached = false
			b.cached -= int64(e.received)
		}
		e.here, e.received = false, 0
	})
}

// claimed is a blob that was idle and whose files the claimer removes.
type claimed struct {
	hash chat.Hash
	blob *blob
}

// referred follows a commit of references, which are counted already, and of own records: what these refer to was put for
// them and is held for them no more. Blobs that nothing refers to now are gone when it returns, unless they are busy.
func (b *blobs) referred(changes []referenceChange, adopted []chat.Hash) {
	if len(changes) == 0 && len(adopted) == 0 {
		return
	}
	var gone []claimed
	look := func(h chat.Hash) {
		e := b.known[h]
		if e == nil {
			return
		}
		b.classify(h, e)
		if b.unused(h, e) {
			e.doomed = true
			gone = b.claim(gone, h, e, b.unused)
		}
	}
	b.mu.Lock()
	for _, h := range adopted {
		if e := b.known[h]; e != nil && e.held > 0 {
			e.held--
		}
	}
	for _, h := range adopted {
		look(h)
	}
	for i := range changes {
		for _, h := range blobsOf(changes[i].key, changes[i].old) {
			look(h)
		}
		for _, h := range blobsOf(changes[i].key, changes[i].now) {
			look(h)
		}
	}
	gone = append(gone, b.evict()...)
	b.mu.Unlock()
	b.removeAll(gone)
}

func (b *blobs) unused(h chat.Hash, e *blob) bool { return e.held == 0 && b.refs.of(h).none() }

// claim takes a blob that is to go. One that is busy goes later, if that is still right.
func (b *blobs) claim(gone []claimed, h chat.Hash, e *blob, still func(chat.Hash, *blob) bool) []claimed {
	if !e.busy {
		e.busy = true
		return append(gone, claimed{h, e})
	}
	b.add(h, func(e *blob) {
		b.mu.Lock()
		right := still(h, e)
		e.doomed = e.doomed && right
		b.mu.Unlock()
		if right {
			b.remove(h, e)
		}
	})
	return gone
}

// evict chooses the oldest of the cache until the rest may stay.
func (b *blobs) evict() (gone []claimed) {
	for b.cached > b.quota {
		oldest, found := chat.Hash{}, (*blob)(nil)
		for h, e := range b.known {
			if e.cached && (found == nil || e.came.Before(found.came) || e.came.Equal(found.came) && bytes.Compare(h[:], oldest[:]) < 0) {
				oldest, found = h, e
			}
		}
		if found == nil {
			break
		}
		found.cached = false
		b.cached -= int64(found.received)
		gone = b.claim(gone, oldest, found, func(h chat.Hash, e *blob) bool { return e.here && b.refs.of(h).firm == 0 })
	}
	return gone
}

// removeAll deletes the files of claimed blobs, and lets their tasks go on.
func (b *blobs) removeAll(gone []claimed) {
	for _, c := range gone {
		b.remove(c.hash, c.blob)
		b.mu.Lock()
		if len(c.blob.tasks) > 0 {
			b.tasks.Go(func() { b.work(c.hash, c.blob) })
		} else {
			b.rest(c.hash, c.blob)
		}
		b.mu.Unlock()
	}
}

// remove deletes all that there is of a blob.
func (b *blobs) remove(h chat.Hash, e *blob) {
	if e.here {
		b.delete(h, wholeSuffix)
	} else if e.received > 0 {
		b.delete(h, partSuffix)
	}
	if e.mark != chat.NoMark {
		b.delete(h, markSuffix[e.mark])
	}
	b.lost(h, e)
	b.set(h, e, func() { e.mark, e.doomed = chat.NoMark, false })
}

func (b *blobs) state(h chat.Hash) chat.BlobState {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known[h]
	if e == nil || e.doomed {
		return chat.BlobState{}
	}
	return chat.BlobState{Here: e.here, Received: e.received, Mark: e.mark}
}

// Blob implements chat.Blobs.
func (db *DB) Blob(h chat.Hash) chat.BlobState { return db.blobs.state(h) }

// PutBlob implements chat.Blobs.
func (db *DB) PutBlob(data []byte, done func(chat.Hash, error)) {
	if len(data) > chat.MaxBlob {
		go done(chat.Hash{}, fmt.Errorf("blob of %d bytes: %w", len(data), chat.ErrTooLarge))
		return
	}
	data = bytes.Clone(data)
	h := chat.Hash(sha256.Sum256(data))
	b := &db.blobs
	b.write(h, func(e *blob) error {
		came, err := b.put(h, e, data)
		if err == nil {
			b.completed(h, e, len(data), came, 1)
		}
		return err
	}, func(err error) { done(h, err) })
}

// put makes the file of a whole blob, unless there is a good one.
func (b *blobs) put(h chat.Hash, e *blob, data []byte) (time.Time, error) {
	if e.here {
		if _, err := b.intact(h); err == nil {
			return e.came, nil
		}
		b.discard(h, e)
	}
	if err := b.space(len(data)); err != nil {
		return time.Time{}, err
	}
	if err := b.create(h, temporaryFiles, data); err != nil {
		b.delete(h, temporaryFiles)
		return time.Time{}, err
	}
	came, err := b.install(h, temporaryFiles)
	if err != nil {
		b.delete(h, temporaryFiles)
		return time.Time{}, err
	}
	if !e.here && e.received > 0 {
		b.delete(h, partSuffix)
	}
	b.unmark(h, e)
	return came, nil
}

// AppendBlob implements chat.Blobs.
func (db *DB) AppendBlob(h chat.Hash, size, offset uint32, data []byte, done func(error)) {
	data = bytes.Clone(data)
	b := &db.blobs
	b.write(h, func(e *blob) error {
		end := uint64(offset) + uint64(len(data))
		if e.here || len(data) == 0 || offset != e.received || end > uint64(size) || size > chat.MaxBlob {
			return fmt.Errorf("chunk: %w", chat.ErrInvalid)
		}
		if err := b.space(len(data)); err != nil {
			return err
		}
		if err := b.appendPart(h, offset, data); err != nil {
			return err
		}
		b.set(h, e, func() { e.received = uint32(end) })
		return nil
	}, done)
}

// FinishBlob implements chat.Blobs.
func (db *DB) FinishBlob(h chat.Hash, check func(data []byte) error, done func(error)) {
	b := &db.blobs
	b.write(h, func(e *blob) error {
		switch {
		case e.here:
			return nil
		case e.received == 0:
			return chat.ErrNotFound
		}
		size, err := b.checkPart(h, check)
		if errors.Is(err, chat.ErrBlobDamaged) || errors.Is(err, chat.ErrBlobRefused) {
			b.delete(h, partSuffix)
			b.set(h, e, func() { e.received = 0 })
		}
		if err == nil {
			err = b.space(0)
		}
		if err != nil {
			return err
		}
		came, err := b.install(h, partSuffix)
		if err != nil {
			return err
		}
		b.unmark(h, e)
		b.completed(h, e, size, came, 0)
		return nil
	}, done)
}

// checkPart decides whether a part is a blob. The picture is in memory once.
func (b *blobs) checkPart(h chat.Hash, check func(data []byte) error) (size int, err error) {
	data, err := b.readFile(h, partSuffix)
	switch {
	case errors.Is(err, errBlobLost):
		return 0, chat.ErrBlobDamaged
	case err != nil:
		return 0, err
	case sha256.Sum256(data) != h:
		return 0, chat.ErrBlobDamaged
	}
	if err := check(data); err != nil {
		return 0, fmt.Errorf("%w: %w", chat.ErrBlobRefused, err)
	}
	return len(data), nil
}

// DropPart implements chat.Blobs.
func (db *DB) DropPart(h chat.Hash, done func(error)) {
	b := &db.blobs
	b.write(h, func(e *blob) error {
		if e.here || e.received == 0 {
			return nil
		}
		b.delete(h, partSuffix)
		b.set(h, e, func() { e.received = 0 })
		return nil
	}, done)
}

// MarkBlob implements chat.Blobs.
func (db *DB) MarkBlob(h chat.Hash, m chat.BlobMark, done func(error)) {
	b := &db.blobs
	b.write(h, func(e *blob) error {
		switch {
		case m > chat.MarkCancelled, e.here && m != chat.NoMark:
			return fmt.Errorf("mark: %w", chat.ErrInvalid)
		case m == e.mark:
			return nil
		}
		if m != chat.NoMark {
			if err := b.space(0); err != nil {
				return err
			}
			if err := b.create(h, markSuffix[m], nil); err != nil {
				return err
			}
		}
		b.unmark(h, e)
		b.set(h, e, func() { e.mark = m })
		return nil
	}, done)
}

// unmark deletes the file of the present mark.
func (b *blobs) unmark(h chat.Hash, e *blob) {
	if e.mark != chat.NoMark {
		b.delete(h, markSuffix[e.mark])
	}
}

// attempts of a read: a blob may just have been put again.
const blobAttempts = 3

// ReadBlob implements chat.Blobs.
func (db *DB) ReadBlob(h chat.Hash) ([]byte, error) {
	b := &db.blobs
	for range blobAttempts {
		if _, err := b.readable(h); err != nil {
			return nil, err
		}
		data, err := b.readFile(h, wholeSuffix)
		if err == nil && sha256.Sum256(data) == h {
			return data, nil
		}
		if err != nil && !errors.Is(err, errBlobLost) {
			return nil, fmt.Errorf("read blob: %w", err)
		}
		b.suspect(h)
	}
	return nil, chat.ErrNotFound
}

// OpenBlob implements chat.Blobs.
func (db *DB) OpenBlob(h chat.Hash) (chat.Blob, error) {
	b := &db.blobs
	for range blobAttempts {
		known, err := b.readable(h)
		if err != nil {
			return nil, err
		}
		f, size, err := b.open(h, wholeSuffix, os.O_RDONLY)
		if err == nil && size == int64(known) {
			return openBlob{b.content(f, h, size), f, known}, nil
		}
		if err == nil {
			err = errors.Join(errBlobLost, f.Close())
		}
		if !errors.Is(err, errBlobLost) {
			return nil, fmt.Errorf("open blob: %w", err)
		}
		b.suspect(h)
	}
	return nil, chat.ErrNotFound
}

type openBlob struct {
	io.ReaderAt
	io.Closer
	size uint32
}

// Size implements chat.Blob.
func (b openBlob) Size() uint32 { return b.size }

// readable is the size of a whole blob.
func (b *blobs) readable(h chat.Hash) (uint32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, chat.ErrClosed
	}
	e := b.known[h]
	if e == nil || !e.here || e.doomed {
		return 0, chat.ErrNotFound
	}
	return e.received, nil
}

// suspect looks at a whole blob again, when nothing else happens to it, and discards it if it is damaged.
func (b *blobs) suspect(h chat.Hash) {
	looked := make(chan struct{})
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.add(h, func(e *blob) {
		defer close(looked)
		if !e.here {
			return
		}
		size, err := b.intact(h)
		if err != nil {
			b.discard(h, e)
			return
		}
		b.lost(h, e)
		b.set(h, e, func() { e.here, e.received = true, uint32(size) })
	})
	b.mu.Unlock()
	<-looked
}

// discard moves a damaged blob aside.
func (b *blobs) discard(h chat.Hash, e *blob) {
	b.log.Error("Blob is damaged and moved aside")
	b.aside(h)
	b.lost(h, e)
}
