package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// smallDisk is a folder with so many megabytes of its own.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: needs root")
	}
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// fill leaves so many megabytes of the disk that a folder is on, until the file that it returns is removed.
func fill(t *testing.T, folder string, megabytes uint64) (filler string) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		t.Fatal(err)
	}
	free, filler := disk.Bavail*uint64(disk.Bsize), filepath.Join(folder, "filler")
	if err := os.WriteFile(filler, make([]byte, free-megabytes<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return filler
}

// TestPicturesDiskFull shows X4 and D15: a picture that the receiver's disk has no room for waits, hangs nothing, and comes
// by itself when there is room again.
func TestPicturesDiskFull(t *testing.T) {
	short(t)
	t.Parallel()
	disk := smallDisk(t, 250)
	at := alone(t)
	at.data = filepath.Join(disk, "profile")
	anna, ben := at.start(t), alone(t).start(t)
	add(ben, anna)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	const reserve = 64 // megabytes that the program leaves alone
	filler := fill(t, disk, reserve+8)
	w := anna.watch()
	m := shown(ben, room, fileOf(t, noiseFile(t, 2500, 1)), object{"original": true})
	awaitReceived(w, m, patience)
	await(w, patience, "store.notice", func(n storeNotice) bool { return n.Kind == "diskFull" })
	if image := messageIn(anna, room, m.MessageID).Image; image.State != "waiting" || image.Received == image.Bytes {
		t.Errorf("on a full disk it is %s", jsonOf(image))
	}
	awaitReceived(w, post(ben, room, "There is room for words"), patience)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	awaitWhole(w, m, time.Minute)
	if got := save(anna, m); len(got) != m.Image.Bytes {
		t.Errorf("it has %d bytes, want %d", len(got), m.Image.Bytes)
	}
}

// TestPicturesSaveToFullDisk shows that a picture that cannot be written whole leaves no file.
func TestPicturesSaveToFullDisk(t *testing.T) {
	short(t)
	t.Parallel()
	disk := smallDisk(t, 2)
	p := alone(t).start(t)
	room := call[opened](p, "rooms.open", object{"seller": alone(t).start(t).ready.PeerID}).Room.RoomID
	m := shown(p, room, fileOf(t, noiseFile(t, 1000, 1)), object{"original": true})
	path := filepath.Join(disk, "picture")
	wantRefused(p, "diskFull", "messages.saveImage", object{"messageId": m.MessageID, "path": path})
	wantRefused(p, "diskFull", "listings.savePhoto", object{"hash": m.Image.Hash, "path": path})
	if left, err := os.ReadDir(disk); err != nil || len(left) != 0 {
		t.Errorf("what is left is %v (%v)", left, err)
	}
}
