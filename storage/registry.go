package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
)

// Badger encrypts what it writes with data keys of its own, which its registry keeps, encrypted with the key that it is given.
// Here there is one data key for the index's whole life: that is never long, and the tables can be checked before Badger looks
// at them.

const (
	keyLife       = 20 * 365 * 24 * time.Hour
	onlyKey       = 1
	registryLimit = 4 << 10
	registrySays  = "Hello Badger" // in the open unless the index is encrypted, behind the nonce
	registryAt    = 16
	registryHead  = registryAt + len(registrySays)
)

// openRegistry makes the registry of an index that is to be encrypted with key and returns its data key. Badger would do it,
// too, but on a machine that thinks it is 1970 it would take no data key at all for a fresh one. errDamaged.
func openRegistry(dir string, key []byte) (*pb.DataKey, error) {
	if key == nil {
		return nil, nil
	}
	if err := os.MkdirAll(dir, privateFolder); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := checkRegistry(filepath.Join(dir, badger.KeyRegistryFileName)); err != nil {
		return nil, err
	}
	var data *pb.DataKey
	err := guarded(func() error {
		r, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{
			Dir: dir, EncryptionKey: key, EncryptionKeyRotationDuration: math.MinInt64, // whatever time it is
		})
		if err != nil {
			return err
		}
		if data, err = r.DataKey(onlyKey); err != nil { // there is none yet
			data, err = r.LatestDataKey()
		}
		return errors.Join(err, r.Close())
	})
	if err == nil && (data == nil || data.KeyId != onlyKey) {
		err = errCorrupt
	}
	if err != nil && !isFull(err) {
		err = fmt.Errorf("%w: key registry: %w", errDamaged, err)
	}
	return data, err
}

// checkRegistry looks at a registry before Badger does, which takes as much memory as the file says.
func checkRegistry(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	wrong := fmt.Errorf("%w: key registry", errDamaged)
	if !info.Mode().IsRegular() || info.Size() > registryLimit {
		return wrong
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if len(raw) < registryHead {
		return wrong
	}
	for rest := raw[registryHead:]; len(rest) > 0; {
		if len(rest) < 8 || int64(binary.BigEndian.Uint32(rest)) > int64(len(rest)-8) {
			return wrong
		}
		rest = rest[8+binary.BigEndian.Uint32(rest):]
	}
	return nil
}

// decryptIndex is the index of a table as it was before it was encrypted: the nonce stands behind.
func decryptIndex(index []byte, key *pb.DataKey) ([]byte, error) {
	if key == nil {
		return index, nil
	}
	n := len(index) - registryAt
	if n < 0 {
		return nil, errCorrupt
	}
	return y.XORBlockAllocate(index[:n], key.Data, index[n:])
}

// inTheOpen reports whether there is an index in dir that is not encrypted.
func inTheOpen(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, badger.KeyRegistryFileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	says := make([]byte, len(registrySays))
	n, err := f.ReadAt(says, registryAt)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(says[:n]) == registrySays, nil
}
