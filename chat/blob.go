package chat

import (
	"errors"
	"io"
)

// Errors of Blobs.
var (
	// ErrBlobDamaged: the bytes that came are not those that the hash names; they are gone again.
	ErrBlobDamaged = errors.New("these are not the bytes that the hash names")
	// ErrBlobRefused: they are, but the gate for pictures takes them for none; they are gone again.
	ErrBlobRefused = errors.New("not a picture that is taken")
)

// Blobs keeps pictures: bytes named by their SHA-256, each once however often it is referred to. It belongs to the
// Store, whose records refer to blobs:
//
//   - an entry that is held with a body of KindImage, whether or not it is a row: Image.Hash;
//   - the current record of a listing that is held with its goods: Photos[i].Hash;
//   - a profile, own or a peer's: Picture.
//
// A blob stays while something refers to it and goes at once, with its part and its mark, when the last reference goes.
// Each PutBlob holds it besides, until one own record that refers to it is committed. What was fetched before anything
// referred to it, or was put in vain, stays until the store is closed; at the next start what nothing refers to is swept.
// Whole blobs that only other people's listings and profiles refer to are a cache of PhotoBytes: the one that came first
// goes first.
//
// Every method may be called from any goroutine. Those with done do not wait for the disk and call done once, from a
// goroutine of the store, which done must not block; what they did is seen by reads from then on. One blob's calls take
// effect in order.
type Blobs interface {
	// PutBlob makes data a durable blob. ErrDiskFull, ErrTooLarge (MaxBlob), ErrReadOnly, ErrClosed.
	PutBlob(data []byte, done func(Hash, error))

	// Blob tells what is here of a blob, from memory.
	Blob(Hash) BlobState
	// OpenBlob opens a whole blob for reading parts of it, unverified: for a receiver who verifies. ErrNotFound.
	OpenBlob(Hash) (Blob, error)
	// ReadBlob reads a whole blob and verifies it. One that is damaged is moved aside and is ErrNotFound from then on.
	ReadBlob(Hash) ([]byte, error)

	// AppendBlob adds data to the part of a blob of size bytes in all. offset is where the part ends (BlobState's
	// Received); otherwise, and beyond size, it is ErrInvalid. The part survives a restart, but needs no sync: should a
	// power cut tear it, FinishBlob notices. ErrDiskFull, ErrReadOnly, ErrClosed.
	AppendBlob(h Hash, size, offset uint32, data []byte, done func(error))
	// FinishBlob verifies a part that has all its bytes, lets check look at them, makes the blob durable and whole.
	// check may take seconds and other blobs go on meanwhile. ErrBlobDamaged, ErrBlobRefused wrapping what check said: then
	// nothing is left of the part. ErrDiskFull and others leave it. ErrNotFound without a part; nil if the blob is whole.
	FinishBlob(h Hash, check func(data []byte) error, done func(error))
	// DropPart forgets what was fetched of a blob so far.
	DropPart(h Hash, done func(error))
	// MarkBlob keeps a mark of a blob that is not whole, without a sync of its own: a power cut may lose it. NoMark takes it
	// back. ErrInvalid for a whole one, ErrDiskFull, ErrReadOnly, ErrClosed.
	MarkBlob(h Hash, m BlobMark, done func(error))

	// RoomImages visits the rows of a room that have a picture, log by log, until do returns false. It reads no entry: a
	// room may have thousands. do may call the store.
	RoomImages(room RoomID, do func(MessageID, Hash) bool) error
	// RoomBytes is what the pictures of a room take on the disk, each counted once; what another room has, too, is
	// counted in both.
	RoomBytes(room RoomID) (int64, error)
}

// Blob is an open blob. Close it.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() uint32
}

// BlobMark is what was decided about a blob that is not here.
type BlobMark uint8

// The marks. Both end when the blob is put or finished.
const (
	NoMark BlobMark = iota
	MarkFailed
	MarkCancelled
)

// BlobState is what is here of a blob.
type BlobState struct {
	Here     bool
	Received uint32 // bytes of the part, or of the whole
	Mark     BlobMark
}

// Reference says to the other side of a link why it may have a blob that is asked for, which is the only way to it: a
// hash alone opens nothing.
type Reference struct {
	Kind    ReferenceKind
	Mine    Role      // InMessage: what the asker is in the room,
	Author  Role      // and the entry
	Device  DeviceID  //
	Seq     uint64    //
	Listing ListingID // InListing: one of the asked one's own
}

// ReferenceKind is where a blob is referred to.
type ReferenceKind uint8

// The places.
const (
	InMessage ReferenceKind = iota + 1
	InListing
	InProfile
)
