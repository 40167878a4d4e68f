package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// copyFolder copies a profile with all that its files are but their identity.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", "--sparse=always", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// rollBack gives a folder the content it had when it was copied, each file staying the file it is: what restoring a
// virtual machine's snapshot does.
func rollBack(t *testing.T, folder, copied string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(copied, name)); os.IsNotExist(err) {
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Without --remove-destination cp writes into the files that are there.
	if out, err := exec.Command("cp", "-a", "--sparse=always", copied+"/.", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestPoint6CopiedProfile shows point 6 of the issue, and A5: a copy started beside the original on another machine. Both
// go on, both say so, nothing is lost and nothing forks.
func TestPoint6CopiedProfile(t *testing.T) {
	t.Parallel()
	short(t)
	lan := lanrig.Up(t, 3)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "From Ben"), patience)
	before := post(anna, room, "Before the copy")
	awaitReceived(ben.fromStart(), before, patience)
	anna.quit()

	at := anna.place.elsewhere(3)
	at.data = filepath.Join(t.TempDir(), "profile")
	copyFolder(t, at.data, anna.place.data)
	anna = anna.restart()
	twin := at.start(t)
	if twin.ready.PeerID != anna.ready.PeerID || twin.ready.DeviceID == anna.ready.DeviceID {
		t.Fatalf("the copy is %s %s, the original %s %s",
			twin.ready.PeerID, twin.ready.DeviceID, anna.ready.PeerID, anna.ready.DeviceID)
	}
	for _, p := range []*program{anna, twin} {
		other := twin
		if p == twin {
			other = anna
		}
		said, _ := await(p.fromStart(), patience, "self.elsewhere", func(n elsewhere) bool { return n.DeviceID == other.ready.DeviceID })
		if len(said.Addresses) == 0 {
			t.Error("self.elsewhere names no address")
		}
		if got := call[ofSelf](p, "self.get", nil).Self.OtherDevices; len(got) != 1 || got[0] != other.ready.DeviceID {
			t.Errorf("other devices %v, want %s", got, other.ready.DeviceID)
		}
		if list := call[ofPeers](p, "peers.list", nil).Peers; len(list) != 1 {
			t.Errorf("peers %s, want Ben alone", jsonOf(list))
		}
	}
	meet(t, anna, ben)

	const each = 200
	w := ben.watch()
	fromA, fromT, fromB := say(anna, room, texts("anna", each)...), say(twin, room, texts("twin", each)...), say(ben, room, texts("ben", each)...)
	lastA, lastT, lastB := said(anna, fromA)[each-1], said(twin, fromT)[each-1], said(ben, fromB)[each-1]
	awaitReceived(w, lastA, patience)
	awaitReceived(w, lastT, patience)
	awaitReceived(anna.fromStart(), lastB, patience)
	awaitReceived(twin.fromStart(), lastB, patience)
	awaitDelivered(anna.fromStart(), lastA, patience)
	awaitDelivered(twin.fromStart(), lastT, patience)
	for _, p := range []*program{anna, twin, ben} {
		until(p, patience, "all messages of both", func() bool { return len(history(p, room)) >= 3*each+2 })
	}
	list := wantSame(t, room, ben, anna, twin)
	for _, who := range []string{"anna", "twin", "ben"} {
		wantOnce(t, "the room", list, texts(who, each)...)
	}
	wantOnce(t, "the room", list, "From Ben", "Before the copy")
	if len(list) != 3*each+2 {
		t.Errorf("%d messages, want %d", len(list), 3*each+2)
	}
	if inbox := rooms(ben, ""); len(inbox) != 1 {
		t.Errorf("Ben's inbox %s, want one room", jsonOf(inbox))
	}
	for _, p := range []*program{anna, twin, ben} {
		if n := p.fromStart().count("store.notice"); n > 0 {
			t.Errorf("%d notices about the store: %s", n, p.recent())
		}
	}
}

// TestPoint6RolledBack shows point 6 of the issue, and DESIGN.md 5: a folder rolled back in place, on the same machine,
// under the same path, with the same files. It takes a new device, gets back what the peer holds, and what was written
// on either side of the snapshot is there once.
func TestPoint6RolledBack(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]bool{"PeerAnswersFirst": false, "WritesFirst": true} {
		t.Run(name, func(t *testing.T) {
			lan, anna, ben := pair(t)
			room := open(anna, ben).RoomID
			talk := func(what string, n int) {
				t.Helper()
				wa, wb := anna.watch(), ben.watch()
				fromA, fromB := say(anna, room, texts("anna "+what, n)...), say(ben, room, texts("ben "+what, n)...)
				lastA, lastB := said(anna, fromA)[n-1], said(ben, fromB)[n-1]
				awaitReceived(wb, lastA, patience)
				awaitReceived(wa, lastB, patience)
				awaitDelivered(wa, lastA, patience)
				awaitDelivered(wb, lastB, patience)
			}
			talk("before", 100)
			bicycle := publish(anna, "Bicycle", "300")
			anna.quit()
			snapshot := filepath.Join(t.TempDir(), "snapshot")
			copyFolder(t, snapshot, anna.place.data)

			anna = anna.restart()
			meet(t, anna, ben)
			talk("after", 100)
			newer := call[ofListing](anna, "listings.setStatus", object{"listingId": bicycle.ListingID, "status": "sold"}).Listing
			awaitListing(ben.fromStart(), bicycle.ListingID, patience, func(l listing) bool { return l.Version == newer.Version })
			old := anna.ready
			anna.quit()
			rollBack(t, anna.place.data, snapshot)

			if meanwhile {
				lan.Do("unplug", 2) // so that Anna writes before she can know
			}
			anna = anna.restart()
			if anna.ready.DeviceID != old.DeviceID {
				t.Fatal("the rolled back folder was taken for a copy: the test did not restore it in place")
			}
			var lost []string
			if meanwhile {
				lost = texts("anna rolled back", 20)
				said(anna, say(anna, room, lost...))
				lan.Do("plug", 2)
			}
			await(anna.fromStart(), 2*patience, "store.notice", func(n storeNotice) bool { return n.Kind == "rolledBack" })
			if now := call[ofSelf](anna, "self.get", nil).Self; now.DeviceID == old.DeviceID || now.PeerID != old.PeerID {
				t.Errorf("now %s %s, was %s %s", now.PeerID, now.DeviceID, old.PeerID, old.DeviceID)
			}
			want := 401 + len(lost)
			marker := post(anna, room, "Back again")
			awaitReceived(ben.fromStart(), marker, patience)
			for _, p := range []*program{anna, ben} {
				until(p, patience, "everything of everybody", func() bool { return len(history(p, room)) >= want })
			}
			list := wantSame(t, room, anna, ben)
			for _, what := range []string{"anna before", "ben before", "anna after", "ben after"} {
				wantOnce(t, "the room", list, texts(what, 100)...)
			}
			wantOnce(t, "the room", list, lost...)
			if len(list) != want {
				t.Errorf("%d messages, want %d", len(list), want)
			}
			awaitDelivered(anna.fromStart(), marker, patience)

			// The goods, too: the newest version comes back, and the next one wins.
			until(anna, patience, "the goods as they were", func() bool {
				found := search(anna, object{"query": "Bicycle"})
				return len(found) == 1 && found[0].Status == "sold"
			})
			w := ben.watch()
			call[ofListing](anna, "listings.setStatus", object{"listingId": bicycle.ListingID, "status": "available"})
			awaitListing(w, bicycle.ListingID, 3*time.Second, func(l listing) bool { return l.Status == "available" })

			// And it stays so.
			anna.quit()
			anna = anna.restart()
			meet(t, anna, ben)
			talk("at the end", 10)
			wantSame(t, room, anna, ben)
		})
	}
}
