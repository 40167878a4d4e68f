package discovery

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"haggle/chat"
)

// ErrStarted says that Run was called before.
var ErrStarted = errors.New("discovery was started before")

// Announcement is what we tell everyone on the network.
type Announcement struct {
	Peer     chat.PeerID
	Device   chat.DeviceID
	Port     int    // where links are accepted, 1024 to 65535; otherwise nothing is announced and we only listen
	Catalog  uint32 // digest of the catalogue
	Roles    string // of the letters b (buys) and s (sells); others are left out
	Protocol int    // version of the link protocol, 0 to 65535
}

// Sighting is what was heard about a peer's device: a hint where to dial, not a proof of anything. One's own peer ID is
// among them when another device announces it.
type Sighting struct {
	Peer     chat.PeerID
	Device   chat.DeviceID
	Addrs    []netip.AddrPort // at most 8, best first; IPv6 link-local ones with zone
	Catalog  uint32
	Protocol int
	// Gone says that the device took its leave or was not heard for long: a reason to ask at Addrs, no proof of absence.
	Gone bool
}

// InterfaceState is how one interface of the machine is used.
type InterfaceState struct {
	Name        string
	Index       int
	Addrs       []netip.Addr   // without zones, IPv4 first; of interfaces that are or might be used
	Networks    []netip.Prefix // of Addrs; while the cable is out, those that the interface had
	Reason      Reason         // why it is not used; empty when it is
	HeardSelf   uint64         // packets of this machine that came back: multicast works locally
	HeardOthers uint64         // packets of other machines
	Refused     uint64         // packets that were malformed, off the link or too many
	Echoes      bool           // set by Check: a packet on another UDP port came back
}

// Config says what to announce and where. Only Self.Peer and Self.Device are required.
type Config struct {
	Self       Announcement
	Interfaces []string     // names of the interfaces to use, whatever kind they are; empty: all that look like a LAN
	Logger     *slog.Logger // nil: none
}

// Discovery finds peers on the local network. Make it with New, start it with Run. Its methods may be called from any
// goroutine, before, during and after Run, and do not block.
type Discovery struct {
	named    []string
	log      *slog.Logger
	machine  machine
	queryID  uint16 // tells our own questions from those of another process of this machine
	started  atomic.Bool
	out      outbox
	kicked   chan struct{}
	updated  chan struct{}
	networks chan struct{}

	mu      sync.Mutex
	next    Announcement
	states  []InterfaceState // without counters
	live    map[int]*link    // what the counters are read from
	answers bucket           // limits unicast answers

	// Owned by Run's goroutine.
	self   Announcement
	links  map[int]*link // by interface index
	cache  *cache
	inbox  chan func(now time.Time) // what other goroutines found out
	ended  chan struct{}            // closed when inbox is no longer read
	work   sync.WaitGroup
	ticked time.Time            // wall clock
	polled time.Time            // when the interfaces were looked at
	lostAt time.Time            // when the last interface went away; zero once one has come
	left   map[int]netInterface // interfaces that were used, by index, until they are again or vanish
}

// machine is what discovery needs of the computer; tests put a smaller one in its place.
type machine struct {
	interfaces func(wanted func(netInterface) bool) ([]netInterface, error)
	listen     func(netInterface, family) (conn, error)
	respond    func(netInterface, *zone) (stop func(), err error)
	ask        func(context.Context, netInterface, family) ([]found, error)
	echo       func(netInterface) bool
}

// New returns a discovery that does nothing until Run.
func New(c Config) *Discovery {
	d := &Discovery{
		named:    slices.Clone(c.Interfaces),
		log:      c.Logger,
		machine:  machine{systemInterfaces, listenMulticast, respond, ask, echo},
		queryID:  uint16(1 + rand.N(1<<16-1)),
		out:      newOutbox(),
		kicked:   make(chan struct{}, 1),
		updated:  make(chan struct{}, 1),
		networks: make(chan struct{}, 1),
		links:    make(map[int]*link),
		left:     make(map[int]netInterface),
		cache:    newCache(),
		inbox:    make(chan func(time.Time), 256),
		ended:    make(chan struct{}),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.Announce(c.Self)
	return d
}

// Sightings returns the channel of what was heard, closed when Run returns. A batch holds each device once, with its
// newest state. A device is reported when something about it changed and, at most once a second, when it was heard again.
func (d *Discovery) Sightings() <-chan []Sighting { return d.out.batches }

// Networks returns a channel that holds a value after the set of used interfaces or their addresses changed.
func (d *Discovery) Networks() <-chan struct{} { return d.networks }

// Announce replaces what is announced. It goes out at once, and not more often than once a second.
func (d *Discovery) Announce(a Announcement) {
	a.Roles = cleanRoles(a.Roles)
	a.Protocol = min(max(a.Protocol, 0), 1<<16-1)
	if a.Port < minPort || a.Port > 1<<16-1 {
		a.Port = 0
	}
	d.mu.Lock()
	d.next = a
	d.mu.Unlock()
	signal(d.updated)
}

// Kick asks the network again who is there, at most once a second: after a link broke, or when a person waits.
func (d *Discovery) Kick() { signal(d.kicked) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Interfaces tells which interfaces are used and why others are not.
func (d *Discovery) Interfaces() []InterfaceState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live == nil {
		c, _ := d.survey()
		return c.states
	}
	states := slices.Clone(d.states)
	for i := range states {
		if l := d.live[states[i].Index]; l != nil && states[i].Reason == "" {
			l.count(&states[i])
		}
	}
	return states
}

// Addresses are our own addresses on the interfaces that are used or would be, IPv4 first. IPv6 link-local addresses, which
// nobody can type on another machine, are among them only if an interface has no other.
func (d *Discovery) Addresses() []netip.Addr {
	c, _ := d.survey()
	var out []netip.Addr
	for _, i := range c.used {
		addrs := i.addrs()
		local := func(ip netip.Addr) bool { return ip.Is6() && ip.IsLinkLocalUnicast() }
		if slices.ContainsFunc(addrs, func(ip netip.Addr) bool { return !local(ip) }) {
			addrs = slices.DeleteFunc(addrs, local)
		}
		for _, ip := range addrs {
			if local(ip) {
				ip = ip.WithZone(i.name)
			}
			out = append(out, ip)
		}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return out
}

// survey looks at the machine's interfaces as they are now.
func (d *Discovery) survey() (choice, error) {
	all, err := d.machine.interfaces(func(i netInterface) bool { return i.usable(d.named) == ReasonNoAddress })
	if err != nil {
		return choice{}, err
	}
	return choose(all, d.named), nil
}
