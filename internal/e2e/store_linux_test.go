package e2e

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"haggle/internal/lanrig"
)

// TestPoint4IndexLost shows point 4 of the issue, and F9: whatever happens to the index, it is made again from the
// journal, somebody is told, and nothing that failed to open is deleted.
func TestPoint4IndexLost(t *testing.T) {
	short(t)
	t.Parallel()
	each := func(t *testing.T, folder, pattern string, do func(path string) error) {
		t.Helper()
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s in %s (%v)", pattern, folder, err)
		}
		for _, path := range paths {
			if err := do(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(t *testing.T, index string){
		"Missing": func(t *testing.T, index string) { each(t, index, "", os.RemoveAll) },
		"Emptied": func(t *testing.T, index string) {
			each(t, index, "*", func(p string) error { return os.Truncate(p, 0) })
		},
		"NoFiles":    func(t *testing.T, index string) { each(t, index, "*", os.Remove) },
		"NoManifest": func(t *testing.T, index string) { each(t, index, "MANIFEST", os.Remove) },
		"TornTable": func(t *testing.T, index string) {
			each(t, index, "*.sst", func(p string) error { return os.Truncate(p, 100) })
		},
		"Garbage": func(t *testing.T, index string) {
			each(t, index, "*", func(p string) error { return os.WriteFile(p, []byte("this is no index"), 0o600) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := neighbours(t, 2)
			anna, ben := all[0], all[1]
			goods := publish(anna, "Kettle", "12.50")
			id := open(anna, ben).RoomID
			fromA, fromB := say(anna, id, texts("anna", 300)...), say(ben, id, texts("ben", 300)...)
			awaitReceived(ben.fromStart(), said(anna, fromA)[299], patience)
			awaitReceived(anna.fromStart(), said(ben, fromB)[299], patience)
			call[nothing](anna, "rooms.setDraft", object{"roomId": id, "text": "Half a sen"})
			before := history(anna, id)
			anna.quit()
			damage(t, filepath.Join(anna.place.data, "store", "index"))

			anna = anna.restart()
			told, _ := await(anna.fromStart(), patience, "store.notice", func(n storeNotice) bool { return n.Kind == "rebuilt" })
			if !strings.HasSuffix(told.Message, ".") {
				t.Errorf("the message is %q, want a sentence", told.Message)
			}
			if after := history(anna, id); jsonOf(idsOf(after)) != jsonOf(idsOf(before)) {
				t.Errorf("%d messages before, %d after, or in another order", len(before), len(after))
			}
			if r := roomIn(rooms(anna, ""), id); r == nil || r.Draft != "Half a sen" {
				t.Errorf("the room is %s", jsonOf(r))
			}
			if found := search(anna, object{"query": "kettle"}); len(found) != 1 || found[0].Hash != goods.Hash {
				t.Errorf("the goods are %s", jsonOf(found))
			}
			if name != "Missing" && name != "NoFiles" {
				if kept, err := os.ReadDir(filepath.Join(anna.place.data, "store", "quarantine")); err != nil || len(kept) == 0 {
					t.Errorf("what failed to open was not kept: %v", err)
				}
			}
			anna.quit()
			anna = anna.restart()
			if n := anna.fromStart().count("store.notice"); n > 0 {
				t.Errorf("%d notices at the next start: %s", n, anna.recent())
			}
		})
	}
}

func idsOf(list []message) (ids []string) {
	for _, m := range list {
		ids = append(ids, m.MessageID)
	}
	return ids
}

// TestPoint4Newer shows point 4 of the issue, and F9: what a newer Haggle wrote is refused and left untouched.
func TestPoint4Newer(t *testing.T) {
	short(t)
	p := alone(t).start(t)
	p.quit()
	format := filepath.Join(p.place.data, "store", "format")
	text, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(string(text), "1", "9", 1)
	if newer == string(text) {
		t.Fatalf("the format is %q", text)
	}
	if err := os.WriteFile(format, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	before := contentOf(t, p.place.data)
	f, _ := p.place.refused(t)
	if f.kind() != "storeNewer" {
		t.Errorf("%v, want storeNewer", &f)
	}
	if after := contentOf(t, p.place.data); after != before {
		t.Errorf("the folder was changed; before:\n%safter:\n%s", before, after)
	}
}

// contentOf lists the files of a folder with their hashes.
func contentOf(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %x\n", strings.TrimPrefix(path, folder), sha256.Sum256(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPoint4DiskFull shows point 4 of the issue: a full disk refuses politely, nothing is acknowledged that is not kept,
// reading goes on, and once there is space everything does.
func TestPoint4DiskFull(t *testing.T) {
	short(t)
	t.Parallel()
	lanrig.Need(t)
	disk := t.TempDir()
	if err := syscall.Mount("haggle-e2e", disk, "tmpfs", 0, "size=128m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	at := alone(t)
	at.data = filepath.Join(disk, "profile")
	anna, ben := at.start(t), alone(t).start(t)
	add(anna, ben)
	meet(t, anna, ben)
	id := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, id, "While there is space"), patience)

	filler := filepath.Join(disk, "filler")
	if out, err := exec.Command("fallocate", "-l", "80M", filler).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w := anna.watch()
	f := refusal(anna, "messages.send", object{"roomId": id, "text": "No space"})
	if f.kind() != "diskFull" {
		t.Errorf("%v, want diskFull", f)
	}
	await(w, patience, "store.notice", func(n storeNotice) bool { return n.Kind == "diskFull" })
	waits := post(ben, id, "Comes later")
	for range 3 { // it goes on refusing, and reading goes on
		wantRefused(anna, "diskFull", "messages.send", object{"roomId": id, "text": "No space"})
		if list := history(anna, id); len(list) != 1 {
			t.Errorf("history %s", jsonOf(list))
		}
	}
	if list := history(ben, id); list[len(list)-1].State != "waiting" {
		t.Errorf("Ben was told %s of what Anna has no space for", list[len(list)-1].State)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	back := post(anna, id, "There is space again")
	await(w, patience, "store.notice", func(n storeNotice) bool { return n.Kind == "diskBack" })
	awaitReceived(ben.fromStart(), back, patience)
	awaitReceived(anna.fromStart(), waits, patience)
	awaitDelivered(ben.fromStart(), waits, patience)
	wantSame(t, id, anna, ben)

	// Neither does it start on a full disk, and it does as soon as there is space.
	anna.quit()
	if out, err := exec.Command("fallocate", "-l", "80M", filler).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if f, _ := at.refused(t); f.kind() != "diskFull" {
		t.Errorf("%v, want diskFull", &f)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	anna = at.start(t)
	if n := len(history(anna, id)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}
