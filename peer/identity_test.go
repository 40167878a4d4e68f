package peer

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func load(t *testing.T, dir, machine string) Identity {
	t.Helper()
	id, err := loadIdentity(dir, machine, bare{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestIdentityLasts(t *testing.T) {
	dir := t.TempDir()
	first, err := LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	if first.Copied || first.ID.IsZero() || first.ID != peerOf(first.Key) {
		t.Errorf("first start: %+v", first)
	}
	again, err := LoadIdentity(dir)
	if err != nil || again.ID != first.ID || again.Device != first.Device || again.Copied || !again.Key.Equal(first.Key) {
		t.Errorf("second start: %+v, %v", again, err)
	}
	if runtime.GOOS != "windows" {
		for _, name := range []string{keyFile, deviceFile} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != ownerOnly {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("folder holds %v, %v", left, err)
	}
}

// TestA5CopiedFolderIsAnotherDevice: same person, other device, whichever way the folder came here.
func TestA5CopiedFolderIsAnotherDevice(t *testing.T) {
	for name, move := range map[string]func(t *testing.T, dir string) (newDir, machine string){
		"copied": func(t *testing.T, dir string) (string, string) {
			to := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			return to, "here"
		},
		"copied back over itself": func(t *testing.T, dir string) (string, string) {
			path := filepath.Join(dir, deviceFile)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			keep, err := os.Open(path) // as long as it is open, its inode is not given away again
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = keep.Close() }()
			if err := errors.Join(os.Remove(path), os.WriteFile(path, raw, ownerOnly)); err != nil {
				t.Fatal(err)
			}
			return dir, "here"
		},
		"the disk in another machine": func(_ *testing.T, dir string) (string, string) { return dir, "there" },
		"a backup, which has no device file": func(t *testing.T, dir string) (string, string) {
			if err := os.Remove(filepath.Join(dir, deviceFile)); err != nil {
				t.Fatal(err)
			}
			return dir, "here"
		},
		"damaged": func(t *testing.T, dir string) (string, string) {
			if err := os.WriteFile(filepath.Join(dir, deviceFile), bytes.Repeat([]byte("x"), 2*deviceLimit), ownerOnly); err != nil {
				t.Fatal(err)
			}
			return dir, "here"
		},
		"empty": func(t *testing.T, dir string) (string, string) {
			if err := os.Truncate(filepath.Join(dir, deviceFile), 0); err != nil {
				t.Fatal(err)
			}
			return dir, "here"
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before := load(t, dir, "here")
			dir, machine := move(t, dir)
			after := load(t, dir, machine)
			if after.ID != before.ID || after.Device == before.Device || !after.Copied {
				t.Errorf("was device %v, is %v, copied %v", before.Device, after.Device, after.Copied)
			}
			if again := load(t, dir, machine); again.Device != after.Device || again.Copied {
				t.Errorf("then %v, copied %v", again.Device, again.Copied)
			}
		})
	}
}

func TestMovedWithinTheVolumeIsTheSameDevice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "before")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	before := load(t, dir, "here")
	after := dir + " and after"
	if err := os.Rename(dir, after); err != nil {
		t.Fatal(err)
	}
	if id := load(t, after, "here"); id.Device != before.Device || id.Copied {
		t.Errorf("was device %v, is %v, copied %v", before.Device, id.Device, id.Copied)
	}
}

func TestRotateDevice(t *testing.T) {
	dir := t.TempDir()
	before, err := LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	device, err := RotateDevice(dir)
	if err != nil || device == before.Device {
		t.Fatalf("RotateDevice = %v, %v", device, err)
	}
	after, err := LoadIdentity(dir)
	if err != nil || after.Device != device || after.Copied || after.ID != before.ID {
		t.Errorf("then %v, copied %v, %v", after.Device, after.Copied, err)
	}
}

func TestDamagedKeyIsNeverOverwritten(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty":           {},
		"zeros":           make([]byte, 119),
		"text":            []byte("my key"),
		"no DER":          pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: []byte("no DER")}),
		"other kind":      pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der}),
		"other PEM block": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"enormous":        make([]byte, keyLimit+1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, keyFile)
			if err := os.WriteFile(path, content, ownerOnly); err != nil {
				t.Fatal(err)
			}
			if id, err := LoadIdentity(dir); !errors.Is(err, ErrDamagedKey) {
				t.Errorf("LoadIdentity = %v, %v", id.ID, err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
}

func TestKeyIsHiddenFromOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: needs file modes")
	}
	dir := t.TempDir()
	before := load(t, dir, "here")
	path := filepath.Join(dir, keyFile)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if id := load(t, dir, "here"); id.ID != before.ID {
		t.Error("another key")
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != ownerOnly {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestIdentityNeedsItsFolder(t *testing.T) {
	if _, err := LoadIdentity(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadIdentity = %v", err)
	}
}

func TestLeftoverOfACrashIsReplaced(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{keyFile, deviceFile} {
		if err := os.WriteFile(filepath.Join(dir, name+".tmp"), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first := load(t, dir, "here")
	if again := load(t, dir, "here"); again.Device != first.Device || again.ID != first.ID {
		t.Error("identity does not last")
	}
}
