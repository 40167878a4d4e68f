package chat

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// Errors of the node's methods that callers act on.
var (
	ErrSelfChat  = errors.New("nobody can chat with themselves")
	ErrDelivered = errors.New("already delivered")
	ErrTooLarge  = errors.New("too large")
)

// Identity is who this installation is.
type Identity struct {
	ID     PeerID
	Key    ed25519.PrivateKey
	Device DeviceID
}

// Config is all a Node needs. Self, Store and Link are required.
type Config struct {
	Self  Identity
	Store Store
	Link  Link
	// Blobs keeps the pictures; it belongs to Store. Nil: there are none, and thumbnails are all that is shown.
	Blobs Blobs
	// CheckPicture is the gate for pictures of peers: nil if data is one, within the limits, and what was said of it; a
	// portrait need not be more than a thumbnail. It may take seconds and is called from goroutines of the store. Required
	// with Blobs.
	CheckPicture func(data []byte, want Image, portrait bool) error
	// Name is the profile's name on the first start.
	Name string
	// Notify takes events, on the node's goroutine; it must not block. Nil drops them.
	Notify func(Event)
	// Now is the wall clock, time.Now if nil. Rand makes IDs and jitter, crypto/rand if nil.
	Now  func() time.Time
	Rand io.Reader
	// Parcels keeps what this node carries for others; see Carry. Nil: nothing is carried. Taking what others carry needs
	// none.
	Parcels Parcels
	// Host makes this a guest's node: it shows the market of Host, another node on this machine, which looks after it and
	// tells what is new with Introduce. Nobody is visited, and nobody hears of a guest who has not written to them.
	Host *Node
	// Rotate makes a new DeviceID durable: called when another run writes under the present one, or when the profile
	// folder was rolled back. Nil keeps the ID, which stops the log instead.
	Rotate func() (DeviceID, error)
	// Restored tells that the profile came back from a backup and has not run since: before anything is written, the other
	// people are asked for what it lacks, if they are there within ten seconds.
	Restored bool
	// Blank and Skeleton are text's: what shows nothing, and what look-alikes share. Nil means white space and lower case.
	Blank    func(string) bool
	Skeleton func(string) string
	Logger   *slog.Logger
}

// Node is the running domain: it owns the order of everything. Methods that change something take then, which is
// called once, on the node's goroutine, before the events the change causes; it must not block or call a method that
// waits. Await turns such a call into one that waits. Methods that only read may be called from any goroutine.
type Node struct {
	cfg   Config
	store Store
	link  Link
	blobs Blobs
	log   *slog.Logger

	calls   chan call
	commits chan error
	done    chan struct{} // closed when Run has returned
	answers chan func()   // of blobs: at most a few for each link
	view    atomic.Pointer[view]

	pictures atomic.Pointer[map[Hash]ImageState] // those being fetched, and those nobody gives

	// What follows belongs to Run's goroutine.
	self     Identity
	rooms    map[RoomID]*room
	links    map[Remote]*link
	queue    []*step    // waits for the commit in flight
	inflight []*step    // nil when no commit is under way
	fresh    []*roomLog // own logs with groups just committed, to be sent
	acks     []*roomLog // logs that became longer, to be acknowledged
	touched  []RoomID   // rooms whose summary is another, to be told
	diskFull bool
	restored restored
	fetches  map[Hash]*fetch // pictures that are missing
	paced    time.Time       // not before: the next bytes of one are wanted
	marking  int             // people's wishes about pictures that are on their way to the disk

	profile   *Profile
	private   bool // read receipts are off
	ahead     selfState
	version   uint64
	catalogue uint64                 // digest of own
	own       map[ListingID]*Listing // headers of the own goods that are stored

	peers      map[PeerID]*peerState
	contacts   map[PeerID]contact
	strangers  uint64 // bytes of all requests
	complaints minute // lines of the log about what peers did wrong
	market     uint64 // bytes of all foreign catalogues
	elsewhere  map[DeviceID][]string
	offering   map[ListingID]*Listing // own versions on their way to the disk
	outdated   bool                   // view is to be replaced

	carried map[PeerID][]*carried // for others
	intake  *intake               // the parcel that is coming, nil if none
}

// New makes a node; Run drives it. It reads the store, so it may take some milliseconds.
func New(cfg Config) (*Node, error) {
	if cfg.Notify == nil {
		cfg.Notify = func(Event) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Blank == nil {
		cfg.Blank = func(s string) bool { return strings.TrimSpace(s) == "" }
	}
	if cfg.Skeleton == nil {
		cfg.Skeleton = strings.ToLower
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Node{
		cfg: cfg, store: cfg.Store, link: cfg.Link, blobs: cfg.Blobs, log: cfg.Logger, self: cfg.Self,
		calls: make(chan call, 1024), commits: make(chan error, 1), done: make(chan struct{}),
		answers: make(chan func(), 1024), fetches: map[Hash]*fetch{},
		rooms: map[RoomID]*room{}, links: map[Remote]*link{},
		peers: map[PeerID]*peerState{}, contacts: map[PeerID]contact{}, elsewhere: map[DeviceID][]string{},
		offering: map[ListingID]*Listing{}, own: map[ListingID]*Listing{}, carried: map[PeerID][]*carried{},
	}
	n.publishFetches()
	if err := n.load(); err != nil {
		return nil, fmt.Errorf("load the node's state: %w", err)
	}
	n.publishView()
	n.renewView()
	return n, nil
}

// load reads what the node keeps in memory: own profile and settings, own catalogue's digest, peers, who has a room.
func (n *Node) load() error {
	if err := n.loadProfile(); err != nil {
		return err
	}
	n.ahead = selfState{n.profile, n.private}
	if err := n.loadCatalogue(); err != nil {
		return err
	}
	if err := n.loadPeers(); err != nil {
		return err
	}
	if err := n.loadCarried(); err != nil {
		return err
	}
	return n.store.EachRoom(func(_ RoomID, s *RoomState) bool {
		n.noteContact(s)
		n.strangers += s.stranger()
		return true
	})
}

// Run drives the node until ctx ends; it returns once what it handed to the store is durable or refused.
func (n *Node) Run(ctx context.Context) error {
	defer func() {
		close(n.done)
		n.refuseCalls()
	}()
	if n.cfg.Restored {
		n.restored.until = time.Now().Add(restoredPatience)
	}
	n.greet()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			n.restored.until = time.Time{}
			n.writeHeld()
			n.drain()
			return nil
		case c := <-n.calls:
			c.do()
			n.drainCalls()
		case err := <-n.commits:
			n.committed(err)
		case answer := <-n.answers:
			answer()
		case e := <-n.link.Events():
			n.linkEvent(e)
		case <-tick.C:
			n.tick()
		}
		n.writeHeld()
		n.flush()
		n.tellTouched()
		n.renewView()
	}
}

// drainCalls takes what else waits, so that calls made together are committed together.
func (n *Node) drainCalls() {
	for range cap(n.calls) {
		select {
		case c := <-n.calls:
			c.do()
		default:
			return
		}
	}
}

// drain answers every call that was made and waits for its commit.
func (n *Node) drain() {
	n.drainCalls()
	for {
		n.flush()
		if n.inflight == nil {
			break
		}
		n.committed(<-n.commits)
	}
	for n.marking > 0 {
		(<-n.answers)()
	}
	n.tellTouched()
}

// call is what another goroutine wants the node's to do; refuse is called instead once the node has ended.
type call struct{ do, refuse func() }

// call runs do on the node's goroutine, as soon as it gets there. It blocks while 1,024 calls wait.
func (n *Node) call(do, refuse func()) {
	select {
	case <-n.done:
		refuse()
		return
	default:
	}
	select {
	case n.calls <- call{do, refuse}:
		select {
		case <-n.done: // this call, or another, may have slipped in behind the last look
			n.refuseCalls()
		default:
		}
	case <-n.done:
		refuse()
	}
}

// refuseCalls answers what was asked too late.
func (n *Node) refuseCalls() {
	for {
		select {
		case c := <-n.calls:
			c.refuse()
		default:
			return
		}
	}
}

// change is call for methods with then: once the node has ended it answers ErrClosed.
func change[T any](n *Node, then func(T, error), f func()) {
	n.call(f, func() {
		var none T
		then(none, ErrClosed)
	})
}

// after runs f on the node's goroutine when d has passed.
func (n *Node) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() { n.call(f, func() {}) })
}

// Await calls start with a then that ends the wait:
//
//	room, err := chat.Await(ctx, func(then func(chat.RoomView, error)) { n.OpenRoom(buyer, seller, about, then) })
func Await[T any](ctx context.Context, start func(then func(T, error))) (T, error) {
	type result struct {
		value T
		err   error
	}
	got := make(chan result, 1)
	start(func(v T, err error) { got <- result{v, err} })
	select {
	case r := <-got:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// notify tells a fact; whoever asks back sees a view that includes it.
func (n *Node) notify(e Event) {
	n.renewView()
	n.cfg.Notify(e)
}

func (n *Node) nowMilli() int64 { return n.cfg.Now().UnixMilli() }

// jitter is a random duration below limit, from the same source as IDs.
func (n *Node) jitter(limit time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(n.cfg.Rand, b[:]); err != nil || limit <= 0 {
		return 0
	}
	var v uint64
	for _, c := range b[:7] {
		v = v<<8 | uint64(c)
	}
	return time.Duration(v % uint64(limit))
}

// touch notes that a room's summary is another; one RoomChanged per turn of the loop says so.
func (n *Node) touch(id RoomID) {
	if r := n.rooms[id]; r == nil || !r.touched {
		n.touched = append(n.touched, id)
		if r != nil {
			r.touched = true
		}
	}
}

func (n *Node) tellTouched() {
	for _, id := range n.touched {
		if r := n.rooms[id]; r != nil {
			r.touched = false
		}
		n.notify(RoomChanged{Room: id})
	}
	n.touched = n.touched[:0]
}

// tick looks after what time alone brings: links that hang, peers not seen for long.
func (n *Node) tick() {
	now := time.Now()
	for _, l := range n.allLinks() {
		n.remind(l, now)
	}
	n.remindFetches(now)
	n.remindIntake(now)
	n.remindCarried(now)
}
