package rpc

import (
	"testing"

	"haggle/chat"
)

// TestNoPauseAfterTheEnd: no timer outlives the endpoint.
func TestNoPauseAfterTheEnd(t *testing.T) {
	var p pauses
	told := 0
	tell := func() { p.tell(chat.RoomID{1}, func() { told++ }) }
	tell()
	tell()
	p.end()
	tell()
	tell()
	if told != 4 || len(p.open) > 0 {
		t.Errorf("told %d times of 4, %d pauses are left", told, len(p.open))
	}
}
