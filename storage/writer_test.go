package storage

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"haggle/chat"
	"haggle/storage/journal"
)

// The test binary is also the process that writes and is killed: with this in its environment it is nothing else.
const (
	writerDir  = "HAGGLE_TEST_WRITER" // the folder of the store
	writerMode = "HAGGLE_TEST_MODE"
	modeNoSync = "nosync" // the journal's syncs do nothing: a power cut must then lose something
	modeOpen   = "open"   // open, say so, wait
	modeBlobs  = "blobs"  // messages with pictures
	modeLock   = "lock"   // switch the lock on
	modeUnlock = "unlock" // and off
	// modeReserve leaves as much room as the program does, says "refused" when there is none, and goes on trying.
	modeReserve = "reserve"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		if err := write(dir, os.Getenv(writerMode)); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func keyOf(seed byte) (chat.PeerID, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return chat.PeerID(key.Public().(ed25519.PublicKey)), key
}

// author writes one log.
type author struct {
	log   chat.LogID
	key   ed25519.PrivateKey
	seq   uint64
	hash  chat.Hash
	clock chat.Clock
}

// newAuthor writes what self says as a buyer to seller number n.
func newAuthor(n byte) (*author, chat.RoomRecord) {
	me, key := keyOf(1)
	seller, _ := keyOf(100 + n)
	a := &author{log: chat.LogID{Room: chat.RoomFor(me, seller), Author: chat.Buyer, Device: chat.DeviceID{1}}, key: key}
	a.hash = chat.LogStart(a.log.Room, me, a.log.Device)
	return a, chat.RoomRecord{Buyer: me, Seller: seller, At: 1, Touch: true, Accepted: true}
}

// says is the record of texts in one group.
func (a *author) says(texts ...string) chat.GroupRecord {
	g := new(chat.Group)
	for _, text := range texts {
		e := chat.Entry{Seq: a.seq + 1, Previous: a.hash, Clock: a.clock + 1, SentAt: 1_700_000_000_000 + int64(a.seq), Kind: chat.KindText}
		body := chat.Body{Kind: chat.KindText, Text: text}
		e.SetBody(body.Encode())
		g.Entries = append(g.Entries, e)
		a.seq, a.hash, a.clock = e.Seq, e.Hash(), e.Clock
	}
	g.Sign(a.key)
	return chat.GroupRecord{Log: a.log, Group: g, At: 1_700_000_000_000 + int64(a.clock)}
}

// resume continues where the store stands.
func (a *author) resume(db *DB) error {
	s, err := db.Room(a.log.Room)
	if err != nil {
		return err
	}
	if l := s.Log(a.log.Author, a.log.Device); l != nil {
		a.seq, a.hash, a.clock = l.Seq, l.Hash, l.Clock
	}
	return nil
}

// textOf is what message seq of the writer says: some are long, so that memtables fill up.
func textOf(seq uint64) string {
	n := 10
	if seq%7 == 0 {
		n = 3000
	}
	return strings.Repeat(fmt.Sprintf("%d ", seq), n)
}

// write opens the store and commits messages to it until it is killed. It says "open" and then each seq that is safe.
func write(dir, mode string) error {
	if mode == modeLock || mode == modeUnlock {
		step, err := strconv.Atoi(os.Getenv(killStep))
		return errors.Join(err, changeLock(dir, mode == modeUnlock, step))
	}
	me, _ := keyOf(1)
	o := Options{Dir: dir, Self: me, MinFree: 1 << 20}
	if mode == modeNoSync {
		o.journalFS = noSync{journal.DirFS(filepath.Join(dir, dirJournal))}
	}
	if mode == modeReserve {
		o.MinFree = MinFree
	}
	db, err := open(o)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if mode == modeOpen {
		_, err := bufio.NewReader(os.Stdin).ReadByte()
		return errors.Join(err, db.Close())
	}
	a, room := newAuthor(0)
	if mode == modeBlobs {
		return writePictures(db, a, room)
	}
	done := make(chan error, 1)
	if err := a.resume(db); errors.Is(err, chat.ErrNotFound) {
		db.Commit(chat.Batch{Records: []chat.Record{room}}, func(err error) { done <- err })
		if err := <-done; err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	peer, _ := keyOf(100)
	for {
		before := *a
		r := a.says(textOf(a.seq + 1))
		if a.seq%11 == 0 {
			soft := []chat.Record{chat.PeerRecord{Peer: chat.Peer{ID: peer, LastSeen: int64(a.seq)}}}
			db.Commit(chat.Batch{Records: soft, Soft: true}, func(error) {})
		}
		db.Commit(chat.Batch{Records: []chat.Record{r}}, func(err error) { done <- err })
		switch err := <-done; {
		case mode == modeReserve && errors.Is(err, chat.ErrDiskFull):
			*a = before
			fmt.Println("refused")
		case err != nil:
			return err
		default:
			fmt.Println("safe", a.seq)
		}
	}
}

// noSync is a folder whose files are never synced.
type noSync struct{ journal.FS }

func (f noSync) SyncDir(string) error { return nil }

func (f noSync) Create(name string) (journal.File, error) {
	file, err := f.FS.Create(name)
	return noSyncFile{file}, err
}

func (f noSync) Open(name string) (journal.File, error) {
	file, err := f.FS.Open(name)
	return noSyncFile{file}, err
}

type noSyncFile struct{ journal.File }

func (noSyncFile) Sync() error { return nil }

// parseSafe reads a line of the writer.
func parseSafe(line string) (seq uint64, ok bool) {
	number, ok := strings.CutPrefix(strings.TrimSpace(line), "safe ")
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, err == nil
}

// verify opens the store that a dead writer left and checks that it holds at least the messages up to safe, each as it was
// written, and nothing that does not follow from them. It returns the last one held.
func verify(t *testing.T, dir string, safe uint64) uint64 {
	t.Helper()
	return verifyWith(t, dir, safe, mayRebuild(t))
}

func verifyWith(t *testing.T, dir string, safe uint64, notify func(chat.Notice)) uint64 {
	t.Helper()
	me, _ := keyOf(1)
	o := Options{Dir: dir, Self: me, MinFree: 1 << 20, Notify: notify}
	db, err := open(o)
	if err != nil {
		t.Fatalf("open after %d safe messages: %v", safe, err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	a, _ := newAuthor(0)
	if err := a.resume(db); err != nil && (safe > 0 || !errors.Is(err, chat.ErrNotFound)) {
		t.Fatalf("room after %d safe messages: %v", safe, err)
	}
	if a.seq < safe {
		t.Fatalf("%d messages, but %d were safe", a.seq, safe)
	}
	for at, seq := (*chat.Position)(nil), a.seq; seq > 0; {
		rows, err := db.Rows(a.log.Room, at, true, 200)
		if err != nil || len(rows) == 0 {
			t.Fatalf("page before message %d: %d rows, %v", seq, len(rows), err)
		}
		for i := len(rows) - 1; i >= 0; i, seq = i-1, seq-1 {
			b, err := chat.DecodeBody(rows[i].Entry.Kind, rows[i].Entry.Body)
			if err != nil || rows[i].Entry.Seq != seq || b.Text != textOf(seq) {
				t.Fatalf("message %d is number %d: %v", seq, rows[i].Entry.Seq, err)
			}
		}
		first := rows[0].Position()
		at = &first
	}
	if err := db.checkNow(); err != nil { // reading has mended what there was to mend
		t.Fatalf("check: %v", err)
	}
	return a.seq
}

func chatBatch(records ...chat.Record) chat.Batch { return chat.Batch{Records: records} }

// randomText is n letters that do not compress well.
func randomText(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rand.IntN(63)]
	}
	return string(b)
}
