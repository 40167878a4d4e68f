package storage

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

func openParcels(t *testing.T, dir string) *Parcels {
	t.Helper()
	p, err := OpenParcels(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestParcels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parcels")
	storetest.RunParcels(t, func(t *testing.T) chat.Parcels { return openParcels(t, dir) })
}

// TestParcelsAmongOtherFiles: what a crash left is gone, and what is no parcel counts for nothing and stays.
func TestParcelsAmongOtherFiles(t *testing.T) {
	dir := t.TempDir()
	torn := filepath.Join(dir, parcelName(chat.Hash{1})+temporaryFiles)
	short, other := filepath.Join(dir, parcelName(chat.Hash{2})), filepath.Join(dir, "notes.txt")
	for _, path := range []string{torn, short, other} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := openParcels(t, dir)
	if all, err := p.Carried(); len(all) != 0 || err != nil {
		t.Errorf("carried: %v, %v", all, err)
	}
	for path, want := range map[string]bool{torn: false, short: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
