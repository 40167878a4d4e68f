// Package floor is the straightforward program that Haggle has to be ahead of: Badger with SyncWrites on both sides, every
// message signed and verified (in batches, where there is more than one), mutual TLS 1.3, and a receipt after the commit.
//
// The common case: Run an end that listens and one that dials it; see package ends for how they are driven.
//
// It is what a good programmer would write in a week: one committer folds all that waits into one transaction, catch-up
// streams from an iterator in frames of many messages, receipts are cumulative, nothing waits for a timer. It does
// without most of what Haggle promises (no chain, no forks, no rooms, no withdrawal, no order of two authors, no repair), which
// only makes it quicker.
package floor

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"haggle/bench/ends"
)

// Config says what an end is. One of Listen and Dial is set.
type Config struct {
	Dir          string
	Listen, Dial string
	Sync         bool // Badger syncs each transaction
}

// node is one end.
type node struct {
	cfg    Config
	key    ed25519.PrivateKey
	db     *badger.DB
	work   chan work
	mu     sync.Mutex
	told   *sync.Cond // of changes of what follows
	own    uint64     // newest own message that is kept
	theirs uint64     // newest of the other's that is kept
	recent [][]byte   // the last own messages, up to own
	ended  bool
}

// work is what the committer is to keep.
type work struct {
	own      bool
	messages [][]byte // encoded, in order
	last     uint64
}

// Run runs an end until its input ends.
func Run(cfg Config) error {
	key, err := loadKey(cfg.Dir)
	if err != nil {
		return err
	}
	db, err := openDB(filepath.Join(cfg.Dir, "db"), cfg.Sync)
	if err != nil {
		return err
	}
	n := &node{cfg: cfg, key: key, db: db, work: make(chan work, 64)}
	n.told = sync.NewCond(&n.mu)
	if n.own, err = newest(db, ownKey); err == nil {
		n.theirs, err = newest(db, theirKey)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	committed := make(chan error, 1)
	go func() { committed <- n.commit() }()
	stop, err := n.network()
	if err != nil {
		return errors.Join(err, db.Close())
	}
	seq := n.own
	err = ends.Messages(func(texts [][]byte) error {
		w := work{own: true}
		for _, text := range texts {
			seq++
			w.messages = append(w.messages, newMessage(n.key, seq, text))
		}
		w.last = seq
		n.work <- w
		return nil
	})
	stop()
	close(n.work)
	return errors.Join(err, <-committed, db.Close())
}

func loadKey(dir string) (ed25519.PrivateKey, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "key")
	seed, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		return key, os.WriteFile(name, key.Seed(), 0o600)
	}
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
