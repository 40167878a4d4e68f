package peer

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"haggle/chat"
)

// ErrDamagedKey says that the key file is there but cannot be used. It is left as it is: whoever owns it may still mend
// it or put a backup in its place.
var ErrDamagedKey = errors.New("the key file is damaged; put a copy of it from a backup in its place")

const (
	keyFile   = "identity.pem" // who this is: part of a backup
	keyType   = "PRIVATE KEY"
	keyLimit  = 16 << 10
	ownerOnly = 0o600
)

// Identity is who a profile folder belongs to and which installation it is.
type Identity struct {
	chat.Identity
	// Copied tells that the folder came from elsewhere (a copy, a backup, another machine), so that it is a new device.
	Copied bool
}

// LoadIdentity reads the identity of the profile in dir, which must exist, and makes what is missing: on the first start
// a key, and a DeviceID whenever the one in the folder was made for another machine or another copy of the folder.
// ErrDamagedKey if there is a key file but no usable key in it. The caller holds the lock of the profile.
func LoadIdentity(dir string) (Identity, error) { return LoadSealedIdentity(dir, bare{}) }

// LoadSealedIdentity is LoadIdentity for a folder whose key file is kept in a safe.
func LoadSealedIdentity(dir string, s Safe) (Identity, error) {
	return loadIdentity(dir, machineID(), s)
}

// Safe hides what is in files. It takes what it did not hide as it is.
type Safe interface {
	Seal(name string, content []byte) []byte
	Unseal(name string, file []byte) ([]byte, error)
}

// bare hides nothing.
type bare struct{}

func (bare) Seal(_ string, content []byte) []byte         { return content }
func (bare) Unseal(_ string, file []byte) ([]byte, error) { return file, nil }

func loadIdentity(dir, machine string, s Safe) (Identity, error) {
	key, err := loadKey(filepath.Join(dir, keyFile), s)
	made := errors.Is(err, fs.ErrNotExist)
	if made {
		key, err = makeKey(filepath.Join(dir, keyFile), s)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	id := Identity{Identity: chat.Identity{Key: key, ID: peerOf(key)}}
	device, err := loadDevice(dir, machine)
	if err != nil {
		id.Copied = !made
		if device, err = makeDevice(dir, machine); err != nil {
			return Identity{}, fmt.Errorf("device: %w", err)
		}
	}
	id.Device = device
	return id, nil
}

// RotateDevice makes a new DeviceID durable in the profile folder and returns it.
func RotateDevice(dir string) (chat.DeviceID, error) { return makeDevice(dir, machineID()) }

func peerOf(key ed25519.PrivateKey) chat.PeerID {
	return chat.PeerID(key[ed25519.SeedSize:])
}

func loadKey(path string, s Safe) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > keyLimit {
		return nil, ErrDamagedKey
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if raw, err = s.Unseal(keyFile, raw); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrDamagedKey, err)
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != keyType {
		return nil, ErrDamagedKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrDamagedKey, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, ErrDamagedKey
	}
	if info.Mode().Perm()&^ownerOnly != 0 {
		if err := os.Chmod(path, ownerOnly); err != nil {
			return nil, fmt.Errorf("keep the key from others: %w", err)
		}
	}
	return key, nil
}

// KeepIdentity makes dir, which must exist and have no key, the profile of an identity that comes from elsewhere. LoadIdentity
// then makes it a new device.
func KeepIdentity(dir string, key ed25519.PrivateKey) error {
	path := filepath.Join(dir, keyFile)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return writeKey(path, key, bare{})
}

func makeKey(path string, s Safe) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return key, writeKey(path, key, s)
}

func writeKey(path string, key ed25519.PrivateKey, s Safe) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	encoded := s.Seal(keyFile, pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der}))
	return replaceFile(path, func(*os.File) ([]byte, error) { return encoded, nil })
}

// replaceFile puts a new file in the place of path, or changes nothing: a temporary file is synced, renamed and the
// folder synced. content is asked with the file that will be there: a rename changes its name only.
func replaceFile(path string, content func(*os.File) ([]byte, error)) (err error) {
	temp := path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownerOnly)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(temp)
		}
	}()
	raw, err := content(f)
	if err != nil {
		return err
	}
	if _, err := f.Write(raw); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
