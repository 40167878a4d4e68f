package floor

import (
	"encoding/binary"

	"github.com/dgraph-io/badger/v4"

	"haggle/bench/ends"
)

const (
	ownKey   = 'o'
	theirKey = 't'

	foldMost   = 2000 // messages in one transaction
	recentMost = 4096 // messages kept in memory for a link that has nothing to catch up
)

// openDB opens Badger with the options of a program for a desk: small tables, no metrics.
func openDB(dir string, sync bool) (*badger.DB, error) {
	return badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithMetricsEnabled(false).WithSyncWrites(sync).
		WithMemTableSize(8 << 20).WithNumMemtables(2).WithNumCompactors(2).WithValueLogFileSize(16 << 20).WithValueThreshold(1 << 20).
		WithBlockCacheSize(8 << 20).WithDetectConflicts(false))
}

func keyOf(kind byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, seq)
}

// newest is the highest number of a kind, 0 if there is none.
func newest(db *badger.DB, kind byte) (seq uint64, err error) {
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Reverse: true, Prefix: []byte{kind}})
		defer it.Close()
		if it.Seek(keyOf(kind, 1<<63)); it.Valid() {
			seq = binary.BigEndian.Uint64(it.Item().Key()[1:])
		}
		return nil
	})
	return seq, err
}

// commit keeps what comes until work is closed: what waits is one transaction.
func (n *node) commit() error {
	for first := range n.work {
		fold, size := []work{first}, len(first.messages)
	more:
		for size < foldMost {
			select {
			case w, open := <-n.work:
				if !open {
					break more
				}
				fold, size = append(fold, w), size+len(w.messages)
			default:
				break more
			}
		}
		if err := n.keep(fold); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) keep(fold []work) error {
	txn := n.db.NewTransaction(true)
	defer txn.Discard()
	for _, w := range fold {
		kind := byte(theirKey)
		if w.own {
			kind = ownKey
		}
		for _, m := range w.messages {
			if err := txn.Set(keyOf(kind, seqOf(m)), m); err != nil {
				return err
			}
		}
	}
	if err := txn.Commit(); err != nil {
		return err
	}
	own, theirs := 0, 0
	n.mu.Lock()
	for _, w := range fold {
		if !w.own {
			n.theirs = w.last
			theirs += len(w.messages)
			continue
		}
		n.own = w.last
		own += len(w.messages)
		n.recent = append(n.recent, w.messages...)
	}
	if extra := len(n.recent) - recentMost; extra > 0 {
		n.recent = append([][]byte(nil), n.recent[extra:]...)
	}
	n.told.Broadcast()
	n.mu.Unlock()
	ends.Tell(ends.Accepted, own)
	ends.Tell(ends.Received, theirs)
	return nil
}
