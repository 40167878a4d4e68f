package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"haggle/storage/seal"
)

// ring is a keyring in memory.
type ring map[string][]byte

func (r ring) Get(id string) ([]byte, error) {
	if secret, ok := r[id]; ok {
		return secret, nil
	}
	return nil, ErrNoRing
}

func (r ring) Set(id string, secret []byte) error {
	r[id] = secret
	return nil
}

func (r ring) Delete(id string) error {
	delete(r, id)
	return nil
}

// noRing is a system without one.
type noRing struct{}

func (noRing) Get(string) ([]byte, error) { return nil, ErrNoRing }
func (noRing) Set(string, []byte) error   { return ErrNoRing }
func (noRing) Delete(string) error        { return ErrNoRing }

// quickly makes passphrases cheap.
func quickly(v *Vault) *Vault {
	v.cost = seal.Cost{Time: 1, Memory: 64, Threads: 1}
	return v
}

func mustOpen(t *testing.T, dir, passphrase string, r Ring) *Vault {
	t.Helper()
	v, err := Open(dir, passphrase, r)
	if err != nil {
		t.Fatal(err)
	}
	return quickly(v)
}

// folder is a profile with files, which are in the open.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"identity.pem": "a key", "window.json": "{}", "desk/goods-1": "words", "desk/goods-2.123.new": "half of it", "device": "which",
		"replaced-1/store/drafts": "other words",
	} {
		at := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(content), ownerOnly)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t *testing.T, dir, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestLockAndUnlock(t *testing.T) {
	dir := folder(t)
	v := mustOpen(t, dir, "", noRing{})
	if v.Key() != nil || IsLocked(dir) || !v.Settled() {
		t.Fatal("a new folder is locked")
	}
	if err := v.Lock(" "); !errors.Is(err, seal.ErrEmpty) || IsLocked(dir) {
		t.Fatalf("an empty passphrase: %v", err)
	}
	if err := v.Lock("secret"); err != nil {
		t.Fatal(err)
	}
	if err := v.Lock("secret"); !errors.Is(err, ErrLocked) {
		t.Errorf("twice: %v", err)
	}
	v = mustOpen(t, dir, "secret", noRing{}) // a kill came between
	if v.Settled() || v.Unlocking() {
		t.Fatal("nothing is left to do")
	}
	if err := v.Settle(); err != nil || !v.Settled() {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"identity.pem": "a key", "window.json": "{}", "desk/goods-1": "words", "replaced-1/store/drafts": "other words"} {
		raw := content(t, dir, name)
		if got, err := v.Unseal(filepath.Base(name), raw); err != nil || string(got) != want || bytes.Contains(raw, []byte(want)) {
			t.Errorf("%s is %q, holds %q, %v", name, raw, got, err)
		}
	}
	if got := content(t, dir, "device"); string(got) != "which" {
		t.Errorf("device %q", got)
	}
	if _, err := os.Lstat(filepath.Join(dir, "desk/goods-2.123.new")); err == nil {
		t.Error("what a kill left is in the open")
	}
	before := content(t, dir, padlockFile)
	if _, err := Open(dir, "", noRing{}); !errors.Is(err, ErrNeeded) {
		t.Errorf("without a passphrase: %v", err)
	}
	if _, err := Open(dir, "other", noRing{}); !errors.Is(err, seal.ErrPassphrase) {
		t.Errorf("with another: %v", err)
	}
	if !bytes.Equal(before, content(t, dir, padlockFile)) {
		t.Error("a refusal changed the padlock")
	}
	key := *v.Key()
	if err := v.Change("other", "new"); !errors.Is(err, seal.ErrPassphrase) {
		t.Errorf("changed with another: %v", err)
	}
	if err := v.Change("secret", "new"); err != nil {
		t.Fatal(err)
	}
	v = mustOpen(t, dir, "new", noRing{})
	if *v.Key() != key {
		t.Error("another key: everything would have to be sealed anew")
	}
	if err := v.Unlock("secret"); !errors.Is(err, seal.ErrPassphrase) {
		t.Errorf("unlocked with the old one: %v", err)
	}
	if err := v.Unlock("new"); err != nil {
		t.Fatal(err)
	}
	v = mustOpen(t, dir, "new", noRing{})
	if !v.Unlocking() {
		t.Fatal("it stays locked")
	}
	if err := v.Settle(); err != nil {
		t.Fatal(err)
	}
	if IsLocked(dir) || v.Key() != nil || string(content(t, dir, "identity.pem")) != "a key" || string(content(t, dir, "desk/goods-1")) != "words" {
		t.Error("it is not open again")
	}
}

func TestKeyring(t *testing.T) {
	dir := folder(t)
	r := ring{}
	v := mustOpen(t, dir, "", r)
	if err := v.Remember(); !errors.Is(err, ErrOpen) {
		t.Errorf("without a lock: %v", err)
	}
	if err := errors.Join(v.Lock("secret"), v.Settle()); err != nil {
		t.Fatal(err)
	}
	v.ring = noRing{}
	if err := v.Remember(); !errors.Is(err, ErrNoRing) || v.Remembered() {
		t.Errorf("without a keyring: %v", err)
	}
	v.ring = r
	if err := v.Remember(); err != nil {
		t.Fatal(err)
	}
	if v := mustOpen(t, dir, "", r); v.Key() == nil || !v.Remembered() {
		t.Error("the keyring does not open it")
	}
	if _, err := Open(dir, "", noRing{}); !errors.Is(err, ErrNeeded) {
		t.Errorf("without the keyring: %v", err)
	}
	stolen := ring{}
	for id, secret := range r {
		stolen[id] = secret
	}
	if err := v.Forget(); err != nil || len(r) > 0 {
		t.Errorf("forget: %v, %v", err, r)
	}
	if _, err := Open(dir, "", stolen); !errors.Is(err, ErrNeeded) {
		t.Errorf("with what the keyring had: %v", err)
	}
	mustOpen(t, dir, "secret", noRing{})
}

// TestPadlockDamage: one of the two files is enough, and the other is made good, also when it is an older one.
func TestPadlockDamage(t *testing.T) {
	dir := folder(t)
	v := mustOpen(t, dir, "", noRing{})
	if err := errors.Join(v.Lock("old"), v.Settle()); err != nil {
		t.Fatal(err)
	}
	old := content(t, dir, padlockFile+copySuffix)
	if err := v.Change("old", "new"); err != nil {
		t.Fatal(err)
	}
	now := content(t, dir, padlockFile)
	damage := map[string]func(string) error{
		"lost":   os.Remove,
		"empty":  func(name string) error { return os.Truncate(name, 0) },
		"spoilt": func(name string) error { return os.WriteFile(name, append([]byte("x"), now...), ownerOnly) },
	}
	for what, do := range damage {
		for _, name := range []string{padlockFile, padlockFile + copySuffix} {
			if err := do(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			mustOpen(t, dir, "new", noRing{})
			if !bytes.Equal(content(t, dir, name), now) {
				t.Errorf("%s %s: not mended", name, what)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, padlockFile+copySuffix), old, ownerOnly); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir, "new", noRing{})
	if !bytes.Equal(content(t, dir, padlockFile+copySuffix), now) {
		t.Error("the old passphrase still opens the copy")
	}
	for _, name := range []string{padlockFile, padlockFile + copySuffix} {
		if err := os.Truncate(filepath.Join(dir, name), 10); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, "new", noRing{}); !errors.Is(err, seal.ErrPadlock) || !IsLocked(dir) {
		t.Errorf("both damaged: %v", err)
	}
}
