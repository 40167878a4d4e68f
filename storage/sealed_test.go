package storage

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"haggle/chat"
	"haggle/storage/seal"
)

// sealedTests, set in the environment, has all tests of the package run on locked stores.
const sealedTests = "STORAGE_TEST_SEALED"

// testKey is nil unless the tests run on locked stores.
var testKey = func() *seal.Key {
	if os.Getenv(sealedTests) == "" {
		return nil
	}
	return &seal.Key{1, 2, 3}
}()

// open opens a store as the tests have it.
func open(o Options) (*DB, error) {
	if o.Key == nil {
		o.Key = testKey
	}
	return Open(o)
}

// openTestIndex opens the index of a closed store.
func openTestIndex(o Options) (*index, error) {
	var key []byte
	if testKey != nil {
		key = testKey.Index()
	}
	return openIndex(filepath.Join(o.Dir, dirIndex), o.Self, key, false)
}

// blobFile is what the file of a picture is called.
func blobFile(h chat.Hash, suffix string) string {
	b := blobs{}
	if testKey != nil {
		b.seal = testKey.Blobs()
	}
	return b.name(h, suffix)
}

// TestSealed runs the other tests once more, on locked stores, but for those that look for what they wrote in the files.
func TestSealed(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	run := "^TestStore$/^(Closed|Baseline)$|^Test(Killed|BlobsKilled|SilentLoss|LostManifest|JournalFaults|PartDamage)$"
	if os.Getenv("HAGGLE_SOAK") != "" {
		run = "."
	}
	cmd := exec.Command(os.Args[0], "-test.run="+run, "-test.skip=^Test(Sealed|Format1|Format2|NothingIsSweptAfterALoss)$")
	cmd.Env = append(os.Environ(), sealedTests+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// fileSize is how long the file of so many bytes of a picture is.
func fileSize(n int64) int64 {
	if testKey != nil {
		return seal.SealedSize(n)
	}
	return n
}
