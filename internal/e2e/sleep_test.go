//go:build unix

package e2e

import (
	"syscall"
	"testing"
	"time"
)

// TestB8Sleep shows B8: a machine that slept goes on by itself within 10 s, and what waited on either side is there.
func TestB8Sleep(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitDelivered(ben.fromStart(), post(ben, room, "Good night"), patience)
	wa, wb := anna.watch(), ben.watch()
	if err := ben.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	fromBen := say(ben, room, "I was about to say this")
	awaitOffline(wa, ben, patience)
	fromAnna := post(anna, room, "Are you asleep?")
	woke := time.Now()
	if err := ben.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	m := said(ben, fromBen)[0]
	for _, at := range []time.Time{awaitReceived(wa, m, patience), awaitReceived(wb, fromAnna, patience)} {
		if took := at.Sub(woke); took > 10*time.Second {
			t.Errorf("took %v, want at most 10 s", took)
		}
	}
	wantSame(t, room, anna, ben)
}
