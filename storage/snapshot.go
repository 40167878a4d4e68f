package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"haggle/chat"
	"haggle/storage/journal"
)

// A snapshot is what a backup holds of a store: pieces with names, as the store knew them at one moment. The records are those
// of a baseline, so that what comes back is a journal that begins with one.
const (
	recordsPiece = "records/"
	draftsPiece  = "drafts"
	blobsPiece   = "blobs/"

	maxRecords = 2 * journal.MaxPayload // bytes of one piece of records
)

// Put takes a piece of a snapshot: a name with slashes, and so many bytes.
type Put func(name string, size int64, content io.Reader) error

// Snapshot hands everything that the store knows to put, while it goes on working: the records of one moment, the drafts, and
// the pictures that cannot be had again. Nothing of it is sealed. It holds a piece in memory, at most one picture.
func (db *DB) Snapshot(put Put) error {
	_, _, err := readOnce(db, func(v *view) (struct{}, error) { return struct{}{}, v.snapshot(put) })
	if errors.Is(err, errDamaged) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err == nil {
		d := &db.drafts
		d.mu.Lock()
		texts := encodeDrafts(d.texts)
		d.mu.Unlock()
		err = put(draftsPiece, int64(len(texts)), bytes.NewReader(texts))
	}
	for _, h := range db.blobs.worthKeeping() {
		if err != nil {
			break
		}
		data, gone := db.ReadBlob(h)
		if errors.Is(gone, chat.ErrNotFound) {
			continue // deleted meanwhile, or damaged
		}
		if err = gone; err == nil {
			err = put(blobsPiece+h.String(), int64(len(data)), bytes.NewReader(data))
		}
	}
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// snapshot hands out the records.
func (v *view) snapshot(put Put) error {
	var piece []byte
	n := 0
	flush := func() error {
		n++
		err := put(fmt.Sprintf("%s%06d", recordsPiece, n), int64(len(piece)), bytes.NewReader(piece))
		piece = piece[:0]
		return err
	}
	err := v.scan(nil, nil, func(key, value []byte) (bool, error) {
		if !inBaseline(key) {
			return true, nil
		}
		payload := baselineEntry(key, value)
		piece = append(binary.AppendUvarint(piece, uint64(len(payload))), payload...)
		if len(piece) < baselineBytes {
			return true, nil
		}
		return true, flush()
	})
	if err == nil && len(piece) > 0 {
		err = flush()
	}
	return err
}

// worthKeeping lists the blobs that are here and more than a copy of what others offer, in order.
func (b *blobs) worthKeeping() []chat.Hash {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []chat.Hash
	for h, e := range b.known {
		if e.here && !e.cached && !e.doomed {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(x, y chat.Hash) int { return bytes.Compare(x[:], y[:]) })
	return all
}

// Restoring is a store that comes out of a snapshot. It is none until Finish returned nil; whoever gives up deletes the folder.
type Restoring struct {
	opts    Options
	journal *journal.Journal
	records int
}

// Restore begins a store in o.Dir, which must not be there yet, or be empty.
func Restore(o Options) (*Restoring, error) {
	if err := os.MkdirAll(filepath.Join(o.Dir, dirBlobs), privateFolder); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	j, report, err := journal.Open(journal.Options{Dir: filepath.Join(o.Dir, dirJournal)})
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	r := &Restoring{opts: o, journal: j}
	if report.Next != 1 {
		return nil, errors.Join(fmt.Errorf("restore: there is a store in %s: %w", filepath.Base(o.Dir), fs.ErrExist), j.Close())
	}
	if _, err := j.Append([]journal.Record{{Type: typeBaseline}}, false); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return r, nil
}

// Put takes a piece as Snapshot made it. ErrDamaged for what is none.
func (r *Restoring) Put(name string, size int64, content io.Reader) error {
	limit := int64(maxRecords)
	switch {
	case name == draftsPiece:
		limit = maxSmallFile
	case strings.HasPrefix(name, blobsPiece):
		limit = chat.MaxBlob
	}
	if size < 0 || size > limit {
		return fmt.Errorf("%w: a piece of %d bytes", ErrDamaged, size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(content, data); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	var err error
	switch {
	case strings.HasPrefix(name, recordsPiece):
		err = r.putRecords(data)
	case name == draftsPiece:
		if _, err = decodeDrafts(data); err == nil {
			err = replaceFile(r.opts.Dir, fileDrafts, data)
		}
	case strings.HasPrefix(name, blobsPiece):
		err = r.putBlob(name[len(blobsPiece):], data)
	default:
		err = errCorrupt
	}
	if errors.Is(err, errCorrupt) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func (r *Restoring) putRecords(piece []byte) error {
	var records []journal.Record
	s := scanner{b: piece}
	for len(s.b) > 0 {
		payload := s.take(s.uvarint())
		if s.bad || len(payload) > journal.MaxPayload {
			return errCorrupt
		}
		records = append(records, journal.Record{Type: typeBaselineEntry, Payload: payload})
	}
	r.records += len(records)
	_, err := r.journal.Append(records, false)
	if errors.Is(err, journal.ErrTooLarge) {
		err = errCorrupt
	}
	return err
}

func (r *Restoring) putBlob(name string, data []byte) error {
	h, err := chat.ParseHash(name)
	if err != nil || h != sha256.Sum256(data) || h.String() != name {
		return errCorrupt
	}
	return replaceFile(filepath.Join(r.opts.Dir, dirBlobs), name, data)
}

// Abort gives up. The folder is the caller's to delete.
func (r *Restoring) Abort() { _ = r.journal.Close() }

// Finish makes all of it durable, opens it once as the store of self and reads it. ErrDamaged if it does not fit together.
func (r *Restoring) Finish(self chat.PeerID) error {
	_, err := r.journal.Append([]journal.Record{{Type: typeBaselineEnd}}, true)
	if err = errors.Join(err, r.journal.Close()); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	o := r.opts
	o.Self = self
	damaged := false
	o.Notify = func(n chat.Notice) { damaged = damaged || n == chat.NoticeDamaged }
	db, err := Open(o)
	if err != nil {
		return err
	}
	_, _, err = readOnce(db, func(v *view) (struct{}, error) { return struct{}{}, v.check(context.Background()) }) //nolint:forbidigo // whoever restores waits for it
	if err = errors.Join(err, db.Close()); errors.Is(err, errDamaged) || damaged {
		return fmt.Errorf("%w: %w", ErrDamaged, errors.Join(err, errDamaged))
	}
	return err
}
