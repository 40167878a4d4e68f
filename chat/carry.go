package chat

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A node with Config.Parcels carries what is sealed to others until they take it or CarriedFor is over: at a kiosk, what
// guests asked and nobody acknowledged before they left. It cannot read it.

// ErrTooMany refuses to carry more.
var ErrTooMany = errors.New("no room for more parcels")

// ParcelInfo is what a carrier knows of a parcel.
type ParcelInfo struct {
	ID    Hash
	For   PeerID
	Size  uint32
	Until int64 // wall milliseconds
}

// Parcels keeps what is carried. Its methods may be called from any goroutine.
type Parcels interface {
	// PutParcel makes a parcel durable. ErrDiskFull, ErrReadOnly.
	PutParcel(p Parcel, until int64) error
	// Carried lists what is kept, in any order.
	Carried() ([]ParcelInfo, error)
	// ReadParcel reads bytes of a parcel, fewer at its end. ErrNotFound.
	ReadParcel(id Hash, offset uint32, count int) ([]byte, error)
	// DropParcel deletes a parcel; nil if there is none.
	DropParcel(id Hash) error
}

// carried is a parcel for somebody.
type carried struct{ ParcelInfo }

const (
	offerAgain    = time.Minute // what the other side has not taken
	asksSecond    = 200         // ParcelAsks of one link that are answered in a second
	takenPerHour  = 256         // parcels that one peer may bring
	maxUseless    = 8           // parcels of no use that one peer may bring
	intakePatient = 10 * time.Second
	laterAgain    = 10 * time.Minute
)

func (n *Node) loadCarried() error {
	if n.cfg.Parcels == nil {
		return nil
	}
	list, err := n.cfg.Parcels.Carried()
	if err != nil {
		return fmt.Errorf("what is carried: %w", err)
	}
	for _, info := range list {
		n.carried[info.For] = append(n.carried[info.For], &carried{info})
	}
	for _, all := range n.carried {
		sortCarried(all)
	}
	return nil
}

// sortCarried puts what came first first: the entries of one log then come in order.
func sortCarried(all []*carried) {
	slices.SortStableFunc(all, func(a, b *carried) int {
		if a.Until != b.Until {
			return int(min(max(a.Until-b.Until, -1), 1))
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
}

// Carry keeps parcels for others until they are taken, as many as there is room for: kept are those that are durable here.
// The error says why the first of the others is not: ErrTooMany, ErrInvalid (no parcel, or for oneself), ErrDiskFull.
func (n *Node) Carry(parcels []Parcel, then func(kept int, err error)) {
	change(n, func(kept int, err error) { then(kept, err) }, func() { n.carry(parcels, then) })
}

func (n *Node) carry(parcels []Parcel, then func(int, error)) {
	if n.cfg.Parcels == nil {
		then(0, fmt.Errorf("nothing is carried here: %w", ErrInvalid))
		return
	}
	until := n.nowMilli() + CarriedFor.Milliseconds()
	var fresh []*carried
	var refused error
	kept := 0
	for i := range parcels {
		p := &parcels[i]
		info := ParcelInfo{ID: p.ID(), For: p.For, Size: uint32(len(p.Sealed)), Until: until}
		if slices.ContainsFunc(n.carried[p.For], func(c *carried) bool { return c.ID == info.ID }) {
			kept++
			continue
		}
		if err := n.mayCarry(info); err != nil {
			refused = err
			parcels = parcels[:i] // those behind are no use without it
			break
		}
		c := &carried{info}
		fresh = append(fresh, c)
		n.carried[p.For] = append(n.carried[p.For], c)
		until++ // keeps their order
	}
	if len(fresh) == 0 {
		then(kept, refused)
		return
	}
	go func() {
		stored := 0
		var err error
		for i := range parcels {
			if stored == len(fresh) || parcels[i].ID() != fresh[stored].ID {
				continue
			}
			if err = n.cfg.Parcels.PutParcel(parcels[i], fresh[stored].Until); err != nil {
				break
			}
			stored++
		}
		answer := func(end func()) func() {
			return func() {
				end()
				if err == nil {
					err = refused
				}
				then(kept+stored, err)
			}
		}
		n.call(answer(func() { n.carrying(fresh[:stored], fresh[stored:]) }), answer(func() {}))
	}()
}

// mayCarry says whether there is room for a parcel.
func (n *Node) mayCarry(p ParcelInfo) error {
	if p.For == n.self.ID || p.For.IsZero() || !isParcelSize(p.Size) {
		return fmt.Errorf("parcel: %w", ErrInvalid)
	}
	total, forThem := 0, 0
	for id, all := range n.carried {
		for _, c := range all {
			total += int(c.Size)
			if id == p.For {
				forThem += int(c.Size)
			}
		}
	}
	if len(n.carried[p.For]) >= MaxParcelsFor || forThem+int(p.Size) > ParcelBytesFor || total+int(p.Size) > ParcelBytes {
		return ErrTooMany
	}
	return nil
}

// carrying goes on once parcels are durable, or were refused.
func (n *Node) carrying(stored, refused []*carried) {
	for _, c := range refused {
		n.uncarry(c)
	}
	n.updateKeep()
	for _, c := range stored {
		for _, l := range n.linksTo(c.For) {
			n.offerParcel(l, c)
		}
	}
}

// uncarry forgets a parcel in memory.
func (n *Node) uncarry(c *carried) {
	rest := slices.DeleteFunc(n.carried[c.For], func(o *carried) bool { return o == c })
	if n.carried[c.For] = rest; len(rest) == 0 {
		delete(n.carried, c.For)
	}
}

// dropCarried forgets a parcel for good. Should the process end before its file is gone, it is offered once more, which
// does no harm.
func (n *Node) dropCarried(c *carried) {
	n.uncarry(c)
	id := c.ID
	go func() {
		if err := n.cfg.Parcels.DropParcel(id); err != nil {
			n.log.Warn("Parcel not deleted", "err", err)
		}
	}()
}

// offerCarried offers all that is carried for the other side of a link.
func (n *Node) offerCarried(l *link) {
	l.offered = time.Now()
	for _, c := range n.carried[l.remote.Peer] {
		n.offerParcel(l, c)
	}
}

func (n *Node) offerParcel(l *link, c *carried) {
	if l.parcels {
		n.send(l, ParcelOffer{ID: c.ID, Size: c.Size})
	}
}

// carriedFor finds a parcel for the other side of a link: nobody else gets or ends it.
func (n *Node) carriedFor(l *link, id Hash) *carried {
	for _, c := range n.carried[l.remote.Peer] {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (n *Node) receiveParcelAsk(l *link, f ParcelAsk) {
	c := n.carriedFor(l, f.ID)
	if l.wants++; c == nil || f.Offset >= c.Size || l.wants > asksSecond {
		return
	}
	data, err := n.cfg.Parcels.ReadParcel(f.ID, f.Offset, ChunkBytes)
	if err != nil || len(data) == 0 {
		n.log.Error("Parcel not read", "err", err)
		return
	}
	n.send(l, ParcelChunk{ID: f.ID, Size: c.Size, Offset: f.Offset, Data: data})
}

func (n *Node) receiveParcelTaken(l *link, f ParcelTaken) {
	if c := n.carriedFor(l, f.ID); c != nil {
		n.dropCarried(c)
		if len(n.carried[l.remote.Peer]) == 0 {
			n.updateKeep()
		}
	}
}

// remindCarried offers again what was not taken, and drops what nobody took in time.
func (n *Node) remindCarried(now time.Time) {
	if len(n.carried) == 0 {
		return
	}
	wall, dropped := n.nowMilli(), false
	for _, all := range n.carried {
		for _, c := range slices.Clone(all) {
			if c.Until <= wall {
				n.dropCarried(c)
				dropped = true
			}
		}
	}
	if dropped {
		n.updateKeep()
	}
	for _, l := range n.allLinks() {
		if now.Sub(l.offered) >= offerAgain {
			n.offerCarried(l)
		}
	}
}
