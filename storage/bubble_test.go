package storage

import (
	"testing"
	"testing/synctest"

	"haggle/chat"
)

// TestInBubble: simulations run whole nodes with this store under virtual time, and every goroutine must end.
func TestInBubble(t *testing.T) {
	me, _ := keyOf(1)
	dir := t.TempDir()
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			db := mustOpen(t, Options{Dir: dir, Self: me})
			a, room := newAuthor(0)
			if err := commit(t, db, chatBatch(room)); err != nil {
				t.Fatal(err)
			}
			if err := a.resume(db); err != nil {
				t.Fatal(err)
			}
			if err := commit(t, db, chat.Batch{Records: []chat.Record{a.says("hello")}}); err != nil {
				t.Fatal(err)
			}
			mustClose(t, db)
		})
	}
}
