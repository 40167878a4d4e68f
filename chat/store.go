package chat

import (
	"errors"
	"time"
)

// Errors a Store answers with and callers act on.
var (
	ErrNotFound = errors.New("not found")
	ErrDiskFull = errors.New("no space left on the disk")
	ErrReadOnly = errors.New("the store cannot be written any more") // until the program is started again
	// ErrUnwritable: the folder is gone, or the system has no file left to open. The next change tries again.
	ErrUnwritable = errors.New("the store cannot be written now")
	ErrClosed     = errors.New("closed")
)

// Record is one durable change. The set is closed: stores switch over it.
type Record interface{ record() }

type (
	// RoomRecord creates a room or replaces what a person set of it. It makes the room shown.
	RoomRecord struct {
		Buyer, Seller PeerID
		At            int64 // wall milliseconds: CreatedAt of a new room, and its ActiveAt when Touch is set
		Touch         bool
		Accepted      bool
		Pinned        ListingID
	}
	// GroupRecord appends a group to its log. The node has checked that it continues the log's head. The store also
	// drops the body of an entry that a withdrawal in the group names (same log, lower seq), counts rows, and moves
	// Clock, Last and, when it brings a row, ActiveAt and Shown. The room exists already, or is created by a
	// RoomRecord earlier in the same batch.
	GroupRecord struct {
		Log      LogID
		Group    *Group
		At       int64 // wall milliseconds here
		ClockOff int32 // seconds the author's clock is off ours, 0 when it is not or cannot be told
		Stranger bool  // counts against the stranger's quota
		Hide     bool  // a log taken back or brought again below Floor: no rows
	}
	// TruncateRecord takes the entries of an own log beyond Head back after a fork: the folder had been rolled back.
	TruncateRecord struct {
		Log  LogID
		Head Head // Seq is the end of a stored group, or 0
	}
	// ForkRecord stops a log for good and keeps the conflicting group as evidence.
	ForkRecord struct {
		Log      LogID
		Evidence []byte
	}
	// ReceiptRecord moves a device's marks; a mark never goes back and never passes the log's head.
	ReceiptRecord struct{ Receipt Receipt }
	// ReadRecord moves the own read mark of a log; it never goes back.
	ReadRecord struct {
		Log LogID
		Seq uint64
	}
	// ForgetRecord deletes a room on this machine. Every log keeps its head; groups of the other's logs go; groups of
	// own logs stay because only this machine can serve them, without the bodies that were delivered. No row remains.
	ForgetRecord struct {
		Room RoomID
		Mine Role
	}
	// ListingRecord puts a verified listing if it is Newer than what is held. A header-only record of a hidden listing
	// replaces the goods. The store keeps earlier versions of own listings and those that entries refer to for
	// ListingVersion.
	ListingRecord struct {
		Listing *Listing
		Own     bool
	}
	// DropCatalogueRecord removes all listings of a seller, own ones never.
	DropCatalogueRecord struct{ Seller PeerID }
	// ProfileRecord puts a verified profile if it is Newer than what is held.
	ProfileRecord struct{ Profile *Profile }
	// PeerRecord replaces what is known of a peer.
	PeerRecord struct{ Peer Peer }
	// SettingRecord replaces a setting of the node; at most 4 KiB, nil removes it.
	SettingRecord struct {
		Key   string
		Value []byte
	}
)

func (RoomRecord) record()          {}
func (GroupRecord) record()         {}
func (TruncateRecord) record()      {}
func (ForkRecord) record()          {}
func (ReceiptRecord) record()       {}
func (ReadRecord) record()          {}
func (ForgetRecord) record()        {}
func (ListingRecord) record()       {}
func (DropCatalogueRecord) record() {}
func (ProfileRecord) record()       {}
func (PeerRecord) record()          {}
func (SettingRecord) record()       {}

// Batch is what becomes durable together or not at all.
type Batch struct {
	Records []Record
	// Soft batches hold only what the other side or the next start can tell again (receipts, last seen): they survive
	// kill -9 like all others, but need no sync of their own.
	Soft bool
}

// Peer is what is known of a remote installation whose key was proven at least once.
type Peer struct {
	ID        PeerID
	ProvenAt  int64    // wall milliseconds of the first proof
	LastSeen  int64    // wall milliseconds of the last
	Addresses []string // host:port that worked, newest first, at most 8
	Blocked   bool
	Verified  bool
	// The state of our copy of its catalogue: complete up to CatalogueVersion with CatalogueDigest, at CatalogueAt.
	CatalogueVersion uint64
	CatalogueDigest  uint64
	CatalogueAt      int64
}

// Row is a stored message as pages and searches give it.
type Row struct {
	Log      LogID
	Entry    Entry // Body nil when it was withdrawn
	ClockOff int32
}

// Position is where the row sorts.
func (r *Row) Position() Position { return r.Entry.At(r.Log) }

// ID names the row's message.
func (r *Row) ID() MessageID { return MessageID{LogID: r.Log, Seq: r.Entry.Seq} }

// Sort orders a search of listings.
type Sort uint8

// The orders; ties go by seller and listing ID.
const (
	Newest Sort = iota
	PriceUp
	PriceDown
)

// ListingQuery filters listings; zero fields do not.
type ListingQuery struct {
	Self     PeerID // whose own hidden listings may be found by asking for Hidden
	Text     string // substring of title or description, folded; several words must all be there
	Seller   PeerID
	Category string // exact, folded
	Status   Status // zero: all but hidden
	Min, Max *Money // goods in another currency are out
	Sort     Sort   // by price: grouped by currency
	Offset   int
	Limit    int // 1 to MaxPage
}

// Store keeps everything durable. storage.DB is the real one, storetest.Mem the one for tests; storetest's suite holds
// both to this contract. Every method may be called from any goroutine; reads see a consistent snapshot of all that
// was applied before them, in commit order; arguments and results share no memory with the store.
type Store interface {
	// Commit makes the batch durable and then calls done, once, from the store's goroutine: nil means that it is on
	// disk (a Soft one: written) and visible to reads. Batches are applied in the order of the calls; Commit itself does
	// not wait for the disk. ErrDiskFull and ErrUnwritable refuse cleanly: nothing of the batch is there. done must not block.
	Commit(b Batch, done func(error))

	// Room returns a copy of the room's state, or ErrNotFound.
	Room(RoomID) (*RoomState, error)
	// EachRoom visits rooms, shown or not, by ActiveAt, newest first, until do returns false.
	EachRoom(do func(RoomID, *RoomState) bool) error
	// Groups returns encoded groups of a log in order, beginning with the one that holds from, until maxBytes are
	// reached, but at least one. None when from is beyond the head or below what is still held.
	Groups(log LogID, from uint64, maxBytes int) ([][]byte, error)
	// HashAt returns the header hash at seq, LogStart's for 0; ErrNotFound when it is not held.
	HashAt(log LogID, seq uint64) (Hash, error)
	// Rows returns a page in order, oldest first: the limit rows just before or just after at. With before and at nil
	// the newest ones, without before and at nil the oldest.
	Rows(room RoomID, at *Position, before bool, limit int) ([]Row, error)
	// Row returns one message, or ErrNotFound for what is no row here.
	Row(MessageID) (Row, error)
	// LastRow returns the highest row's seq of a log at or before at; 0 if there is none.
	LastRow(log LogID, at Position) (uint64, error)
	// SearchRows returns rows whose text or caption contains every word of query, folded, newest first by Clock; in one
	// room, or in all when room is nil.
	SearchRows(query string, room *RoomID, limit int) ([]Row, error)
	// FindRows names the rows of a room that SearchRows returns, in its order: for very many of them.
	FindRows(query string, room RoomID, limit int) ([]MessageID, error)

	// Listing returns the current version, or ErrNotFound.
	Listing(seller PeerID, id ListingID) (*Listing, error)
	// ListingVersion returns a version by hash, with its goods if they are still held.
	ListingVersion(Hash) (*Listing, error)
	// Listings returns how many match and the page of them.
	Listings(ListingQuery) (total int, page []*Listing, err error)
	// Catalogue returns a seller's current records with a version above after, lowest version first, encoded, until
	// maxBytes are reached but at least one; more tells that there are others.
	Catalogue(seller PeerID, after uint64, maxBytes int) (records [][]byte, more bool, err error)
	// CatalogueState sums a seller's records up: Digest (see ListingDigest), number and bytes.
	CatalogueState(seller PeerID) (digest uint64, count, bytes int, err error)

	Profile(PeerID) (*Profile, error) // ErrNotFound
	Peer(PeerID) (Peer, error)        // ErrNotFound
	Peers() ([]Peer, error)
	Setting(key string) ([]byte, error) // ErrNotFound

	// SetDraft keeps the unsent text of a room, durable when it returns; an empty text removes it.
	SetDraft(room RoomID, text string, at time.Time) error
	// Draft returns the unsent text, empty if there is none.
	Draft(room RoomID) (string, error)
}

// ListingDigest is one record's share in a catalogue's digest; the shares are combined with exclusive or, so that a
// change costs one step and the order does not matter. A hint to ask, not a proof: every record is signed.
func ListingDigest(l *Listing) uint64 {
	h := l.Hash()
	var d uint64
	for _, b := range h[:8] {
		d = d<<8 | uint64(b)
	}
	return d
}
