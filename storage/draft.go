package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"haggle/chat"
)

var draftsMagic = []byte("haggledr\x01")

// drafts is unsent text, all in one file that is replaced as a whole: drafts come and go too often for a journal, and an old
// one must not come back.
type drafts struct {
	mu     sync.Mutex
	dir    string
	locks  *locks
	closed bool
	texts  map[chat.RoomID]draft
}

type draft struct {
	text string
	at   int64 // wall milliseconds
}

// open reads the file, and writes it again if it is not sealed as it should be. One that is damaged goes to quarantine.
func (d *drafts) open(dir string, l *locks) error {
	d.dir, d.locks = dir, l
	if err := os.Remove(filepath.Join(dir, fileDrafts+temporaryFiles)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, fileDrafts))
	if errors.Is(err, fs.ErrNotExist) {
		d.texts = map[chat.RoomID]draft{}
		return nil
	}
	if err != nil {
		return err
	}
	plain, sealed, err := l.openFile(fileDrafts, raw)
	if err == nil {
		d.texts, err = decodeDrafts(plain)
	}
	if err == nil && sealed != l.sealing {
		return d.write()
	}
	if err != nil {
		d.texts = map[chat.RoomID]draft{}
		return aside(filepath.Join(dir, fileDrafts), filepath.Join(dir, dirQuarantine))
	}
	return nil
}

func (d *drafts) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
}

// SetDraft implements chat.Store. It waits for the disk.
func (db *DB) SetDraft(room chat.RoomID, text string, at time.Time) error {
	if len(text) > chat.MaxEntryBody {
		return fmt.Errorf("draft of %d bytes: %w", len(text), chat.ErrInvalid)
	}
	d := &db.drafts
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return chat.ErrClosed
	}
	old, had := d.texts[room]
	if old.text == text {
		return nil
	}
	if err := db.room(); err != nil && text != "" {
		return err
	}
	if text == "" {
		delete(d.texts, room)
	} else {
		d.texts[room] = draft{text, at.UnixMilli()}
	}
	err := d.write()
	if err == nil {
		return nil
	}
	if had {
		d.texts[room] = old
	} else {
		delete(d.texts, room)
	}
	if isFull(err) {
		return chat.ErrDiskFull
	}
	return fmt.Errorf("draft: %w", err)
}

func (d *drafts) write() error {
	return replaceFile(d.dir, fileDrafts, d.locks.sealFile(fileDrafts, encodeDrafts(d.texts)))
}

// Draft implements chat.Store.
func (db *DB) Draft(room chat.RoomID) (string, error) {
	d := &db.drafts
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return "", chat.ErrClosed
	}
	return d.texts[room].text, nil
}

// encodeDrafts is the file: magic, number, and for each room, time and text; a checksum ends it.
func encodeDrafts(texts map[chat.RoomID]draft) []byte {
	b := binary.AppendUvarint(slices.Clone(draftsMagic), uint64(len(texts)))
	for room, d := range texts {
		b = append(b, room[:]...)
		b = binary.AppendVarint(b, d.at)
		b = appendText(b, d.text)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeDrafts(b []byte) (map[chat.RoomID]draft, error) {
	n := len(b) - 4
	if n < 0 || !bytes.HasPrefix(b, draftsMagic) || crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return nil, errCorrupt
	}
	s := scanner{b: b[len(draftsMagic):n]}
	texts := map[chat.RoomID]draft{}
	for count := s.uvarint(); count > 0 && !s.bad; count-- {
		var room chat.RoomID
		s.into(room[:])
		texts[room] = draft{at: s.varint(), text: s.text()}
	}
	return texts, s.err()
}
