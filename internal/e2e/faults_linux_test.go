package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// two are two people on this machine who have each other's address and a room.
func two(t *testing.T) (anna, ben *program, room string) {
	t.Helper()
	anna, ben = alone(t).start(t), alone(t).start(t)
	add(ben, anna)
	meet(t, anna, ben)
	return anna, ben, open(anna, ben).RoomID
}

// TestDescriptorsExhausted leaves a program not one more file to open: what it was told and has acknowledged is there, no
// crowd at its door keeps a core busy, and with files again all goes on.
func TestDescriptorsExhausted(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben, room := two(t)
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	awaitReceived(ben.fromStart(), post(anna, room, "Hello, Ben"), patience)

	pid := anna.cmd.Process.Pid
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(len(open)), Max: before.Max}, nil); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		c, err := net.Dial("tcp", anna.ready.Addresses[0])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	long := strings.Repeat("as long as a letter ", 150)
	var kept []string
	for i := range 300 { // more than the file that is being written takes
		text := fmt.Sprintf("%d %s", i, long)
		var refused *failure
		switch _, err := say(anna, room, text)[0].wait(patience); {
		case err == nil:
			kept = append(kept, text)
		case !errors.As(err, &refused) || refused.kind() != "storeDamaged":
			t.Fatal(err)
		}
	}
	if len(kept) == 300 {
		t.Error("nothing was refused: no further file was needed")
	}
	var fromBen []message
	for i := range 50 {
		fromBen = append(fromBen, post(ben, room, fmt.Sprintf("Ben %d %s", i, long)))
	}
	busy := cpuOf(t, pid)
	<-time.After(2 * time.Second)
	if took := cpuOf(t, pid) - busy; took > 500*time.Millisecond {
		t.Errorf("it keeps the processor busy for %v of 2 s", took)
	}
	if list := history(anna, room); len(list) < 2 {
		t.Errorf("it does not read any more: %d messages", len(list))
	}
	t.Logf("%d of 300 messages were taken without a file to open", len(kept))

	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil {
		t.Fatal(err)
	}
	again := post(anna, room, "With files again")
	kept = append(kept, again.Text)
	awaitReceived(ben.fromStart(), again, patience)
	last := post(ben, room, "Are you there?")
	awaitReceived(anna.fromStart(), last, patience)
	for _, m := range fromBen {
		awaitDelivered(ben.fromStart(), m, patience)
	}
	wantOnce(t, "the room", wantSame(t, room, anna, ben), kept...)
}

// TestFolderGone takes the profile's folder away under a program: it says that it can keep nothing, goes on reading, and
// goes on with all once the folder is back.
func TestFolderGone(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben, room := two(t)
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	kept := post(anna, room, "Still here")
	moved := anna.place.data + ".moved"
	if err := os.Rename(anna.place.data, moved); err != nil {
		t.Fatal(err)
	}
	wantRefused(anna, "storeDamaged", "messages.send", object{"roomId": room, "text": "Into the void"})
	waits := post(ben, room, "Do you keep this?")
	if list := history(anna, room); len(list) != 2 {
		t.Errorf("%d messages", len(list))
	}
	if err := os.Rename(moved, anna.place.data); err != nil {
		t.Fatal(err)
	}
	again := post(anna, room, "There it is again")
	awaitReceived(anna.fromStart(), waits, patience)
	awaitReceived(ben.fromStart(), again, patience)
	wantOnce(t, "the room", wantSame(t, room, anna, ben), kept.Text, waits.Text, again.Text)
	anna.kill()
	anna = anna.restart()
	wantOnce(t, "after a restart", history(anna, room), kept.Text, waits.Text, again.Text)
}

// TestFolderReadOnly starts a program on a folder that nothing can be written to: it says so and touches nothing.
func TestFolderReadOnly(t *testing.T) {
	short(t)
	t.Parallel()
	disk := smallDisk(t, 128)
	at := alone(t)
	at.data = filepath.Join(disk, "profile")
	p := at.start(t)
	p.quit()
	before := contentOf(t, at.data)
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	f, _ := at.refused(t)
	if f.kind() != "invalid" || !strings.Contains(f.Message, "--data") {
		t.Errorf("%v", &f)
	}
	if after := contentOf(t, at.data); after != before {
		t.Errorf("the folder was changed; before:\n%safter:\n%s", before, after)
	}
}

// cpuOf is the processor time that a process has taken.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	const tick = 10 * time.Millisecond
	return time.Duration(user+system) * tick
}
