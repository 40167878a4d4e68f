package chat

import (
	"context"
	"errors"
	"time"
)

// Errors of a Link that callers act on.
var (
	ErrNotLinked     = errors.New("not linked")
	ErrUnreachable   = errors.New("nobody answers at this address")
	ErrWrongIdentity = errors.New("somebody else answers at this address")
	ErrSelf          = errors.New("this is yourself")
)

// Remote is one device of another peer, at the far end of a link.
type Remote struct {
	Peer   PeerID
	Device DeviceID
}

// Frame is what two nodes say to one another on a link. The set is closed; unknown frames are dropped below.
type Frame interface{ frame() }

// A room is named by role between the two linked people: Mine is what the frame's sender is in it. RoomIDs are never sent.
type (
	// Have says what the sender holds of a room; logs it does not name are empty. With Ask the other answers with its own.
	Have struct {
		Mine  Role
		Heads []Head
		Ask   bool
	}
	// Entries carries encoded groups of one log, in order.
	Entries struct {
		Mine   Role
		Author Role
		Device DeviceID
		Groups [][]byte
	}
	// ReceiptFrame carries a signed receipt for a log of the other person.
	ReceiptFrame struct {
		Mine      Role
		Author    Role
		Device    DeviceID
		By        DeviceID
		Delivered uint64
		Read      uint64
		Signature [64]byte
	}
	// ProfileFrame carries the sender's encoded profile.
	ProfileFrame struct{ Record []byte }
	// CatalogueFrame announces the state of the sender's catalogue.
	CatalogueFrame struct{ Digest uint64 }
	// CatalogueAsk asks for the records with a version above After.
	CatalogueAsk struct{ After uint64 }
	// ListingsFrame carries encoded records of the sender's catalogue, lowest version first, in answer to CatalogueAsk or
	// pushed. Unless More, Digest is the state they lead to. With Yours they are newer records of the receiver's own
	// catalogue, which its restored or rolled back folder has lost; Digest and More are unset then.
	ListingsFrame struct {
		Records [][]byte
		More    bool
		Yours   bool
		Digest  uint64
	}
	// Want asks for bytes of a blob, which Of lets the asker have, from Offset on and at most Count. With Count 0 it
	// tells that all before Offset came.
	Want struct {
		Of            Reference
		Hash          Hash
		Offset, Count uint32
	}
	// Chunk is a part of a blob of Size bytes in all. Chunks answer a Want in order.
	Chunk struct {
		Hash         Hash
		Size, Offset uint32
		Data         []byte // at most ChunkBytes
	}
	// Absent answers a Want for what is not here, or not for the asker: the two look alike.
	Absent struct{ Hash Hash }
	// ParcelOffer tells that the sender carries a parcel for the receiver.
	ParcelOffer struct {
		ID   Hash
		Size uint32
	}
	// ParcelAsk asks for bytes of an offered parcel, from Offset on.
	ParcelAsk struct {
		ID     Hash
		Offset uint32
	}
	// ParcelChunk answers a ParcelAsk.
	ParcelChunk struct {
		ID           Hash
		Size, Offset uint32
		Data         []byte // at most ChunkBytes
	}
	// ParcelTaken tells that what was in a parcel is durable with the receiver, or of no use to it: it need not be carried
	// any more.
	ParcelTaken struct{ ID Hash }
	// Chunks is how a node answers a Want, and is never received: while no other frame waits the link opens the blob, sends
	// each Chunk of what was wanted, and closes it; Absent if it cannot be opened. A link may drop what is beyond 16
	// unanswered ones.
	Chunks struct {
		Hash          Hash
		Offset, Count uint32 // what lies beyond the blob's end is left out
		Open          func() (Blob, error)
	}
)

func (Have) frame()           {}
func (Entries) frame()        {}
func (ReceiptFrame) frame()   {}
func (ProfileFrame) frame()   {}
func (CatalogueFrame) frame() {}
func (CatalogueAsk) frame()   {}
func (ListingsFrame) frame()  {}
func (Want) frame()           {}
func (Chunk) frame()          {}
func (Absent) frame()         {}
func (ParcelOffer) frame()    {}
func (ParcelAsk) frame()      {}
func (ParcelChunk) frame()    {}
func (ParcelTaken) frame()    {}
func (Chunks) frame()         {}

// LinkEvent is what happens on the network. The set is closed.
type LinkEvent interface{ linkEvent() }

type (
	// LinkUp: the other side proved its key and said hello. A new LinkUp for the same Remote replaces the older link.
	LinkUp struct {
		Remote   Remote
		Address  string        // host:port where it can be dialled, empty if unknown
		ClockOff time.Duration // its wall clock less ours
		Version  string        // its program version, as it says
		Parcels  bool          // it takes parcels
	}
	// LinkDown: the link is gone. Frames handed to Send since the other's last receipt may be lost. Idle: it was closed in
	// order because neither side keeps it, which says nothing against the other's presence.
	LinkDown struct {
		Remote Remote
		Idle   bool
	}
	// FrameReceived: in order per link. The frame shares no memory with the network.
	FrameReceived struct {
		Remote Remote
		Frame  Frame
	}
	// PeerSeen: an announcement with this catalogue digest (its low 32 bits) was heard; a hint, not a proof. Gone tells
	// that it said goodbye or expired.
	PeerSeen struct {
		Peer      PeerID
		Catalogue uint32
		Gone      bool
	}
	// SelfElsewhere: this identity runs on another device, which proved the same key.
	SelfElsewhere struct {
		Device    DeviceID
		Addresses []string
		Gone      bool
	}
	// DeviceClash: another run of this identity has the same DeviceID, too; both must take a new one.
	DeviceClash struct{}
	// NetworkChanged: the machine's networks or addresses are others. It is an Event, too.
	NetworkChanged struct{}
)

func (LinkUp) linkEvent()         {}
func (LinkDown) linkEvent()       {}
func (FrameReceived) linkEvent()  {}
func (PeerSeen) linkEvent()       {}
func (SelfElsewhere) linkEvent()  {}
func (DeviceClash) linkEvent()    {}
func (NetworkChanged) linkEvent() {}

// Wanted is a peer to stay linked with and where it was met before.
type Wanted struct {
	Peer      PeerID
	Addresses []string
}

// Link is the network as the node sees it. peer.Node is the real one, internal/lan's the one in memory. Methods may be
// called from any goroutine.
type Link interface {
	// Send queues a frame and never blocks. An error means that the link is gone; LinkDown follows or came already.
	Send(to Remote, f Frame) error
	// Events must be read all the time; a reader that is slow slows the peers down, not this process.
	Events() <-chan LinkEvent
	// Keep names all peers to stay linked with. Links to others end after some idle seconds unless they are kept there.
	Keep([]Wanted)
	// Visit links to a peer that was seen, for a short exchange.
	Visit(PeerID)
	// Dial links to whoever proves a key at host:port and returns who that is; ErrWrongIdentity unless want is zero or
	// equal; ErrUnreachable; ErrSelf.
	Dial(ctx context.Context, address string, want PeerID) (PeerID, error)
	// Diagnose finds out how the network does, and about a peer, or about some if it is zero. It takes at most 4.5 s; the
	// error is that of ctx, or context.DeadlineExceeded while others ask.
	Diagnose(ctx context.Context, about PeerID) (Diagnosis, error)
	// Watch tells whether somebody looks at a peer's presence right now.
	Watch(p PeerID, watched bool)
	// Probe dials each address of the own networks, as far as they are small, and returns how many peers answered.
	Probe(ctx context.Context) (int, error)
	// Announce tells the LAN the low 32 bits of the own catalogue's digest.
	Announce(catalogue uint32)
	// Block refuses a peer from now on, or no longer: it completes the hello and then hears nothing.
	Block(p PeerID, blocked bool)
	// Rotate makes the device known under a new ID from now on; links are made again.
	Rotate(DeviceID)
	// Addresses are the own host:port on the LAN.
	Addresses() []string
	// AddressesOf are the host:port where a peer was heard.
	AddressesOf(PeerID) []string
}
