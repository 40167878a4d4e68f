package storage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	w := startWriter(t, dir, modeOpen)
	if line := w.line(); line != "open" {
		t.Fatalf("writer says %q", line)
	}
	me, _ := keyOf(1)
	before := time.Now()
	if _, err := open(Options{Dir: dir, Self: me}); !errors.Is(err, ErrLocked) {
		t.Fatalf("open beside another process: %v", err)
	}
	if took := time.Since(before); took > time.Second {
		t.Errorf("answered after %v", took)
	}
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	w.drain(t, 0)
	mustClose(t, mustOpen(t, Options{Dir: dir, Self: me})) // a killed process holds no lock
}

func TestSecondOpenInOneProcessIsRefused(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	db := mustOpen(t, o)
	if _, err := open(o); !errors.Is(err, ErrLocked) {
		t.Fatalf("second open: %v", err)
	}
	if err := commit(t, db, chat.Batch{Records: []chat.Record{chat.SettingRecord{Key: "k", Value: []byte("v")}}}); err != nil {
		t.Fatal(err)
	}
}

// contents is every file of a folder with its modification time, but the lock.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range filesOf(t, dir, ".") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = info.ModTime().String() + string(text)
	}
	return all
}

func TestNewerFormatIsNotTouched(t *testing.T) {
	me, _ := keyOf(1)
	o := Options{Dir: t.TempDir(), Self: me}
	db := mustOpen(t, o)
	messages(t, db, 10)
	mustClose(t, db)
	if err := os.WriteFile(filepath.Join(o.Dir, fileFormat), []byte("haggle store 3\n"), privateFile); err != nil {
		t.Fatal(err)
	}
	before := contents(t, o.Dir)
	if _, err := open(o); !errors.Is(err, ErrNewer) {
		t.Fatalf("open: %v", err)
	}
	after := contents(t, o.Dir)
	if len(before) != len(after) {
		t.Fatalf("%d files before, %d after", len(before), len(after))
	}
	for name, was := range before {
		if after[name] != was {
			t.Errorf("%s was touched", name)
		}
	}
}

// TestLostSmallFiles: none of them is needed to open what the journal holds.
func TestLostSmallFiles(t *testing.T) {
	t.Parallel()
	me, _ := keyOf(1)
	for _, name := range []string{fileFormat, fileStarts, fileDrafts, fileLock} {
		for _, content := range []string{"", "haggle store x", "\xff\xff garbage"} {
			o := Options{Dir: t.TempDir(), Self: me, Notify: mayRebuild(t)}
			db := mustOpen(t, o)
			a := messages(t, db, 10)
			if err := db.SetDraft(a.log.Room, "half", time.UnixMilli(1)); err != nil {
				t.Fatal(err)
			}
			mustClose(t, db)
			path := filepath.Join(o.Dir, name)
			if err := os.WriteFile(path, []byte(content), privateFile); err != nil {
				t.Fatal(err)
			}
			if held := verify(t, o.Dir, a.seq); held != a.seq {
				t.Errorf("%s with %q: %d messages", name, content, held)
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if held := verify(t, o.Dir, a.seq); held != a.seq {
				t.Errorf("without %s: %d messages", name, held)
			}
		}
	}
}

func TestDamagedDraftsGoToQuarantine(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	db := mustOpen(t, o)
	if err := db.SetDraft(chat.RoomID{1}, "half a sentence", time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, db)
	if err := os.Truncate(filepath.Join(o.Dir, fileDrafts), 20); err != nil {
		t.Fatal(err)
	}
	db = mustOpen(t, o)
	if text, err := db.Draft(chat.RoomID{1}); text != "" || err != nil {
		t.Errorf("draft %q, %v", text, err)
	}
	if names := filesOf(t, o.Dir, dirQuarantine); len(names) != 1 {
		t.Errorf("quarantine has %v", names)
	}
}

// TestPrivate: nobody else on the machine reads along, and an empty store is small.
func TestPrivate(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "a", "b")}
	db := mustOpen(t, o)
	mustClose(t, db)
	if err := filepath.WalkDir(o.Dir, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		// Badger makes its files itself, in a folder that is closed.
		if info.Mode().Perm()&0o077 != 0 && !strings.Contains(name, string(filepath.Separator)+dirIndex+string(filepath.Separator)) {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
