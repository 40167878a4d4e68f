package chat

import (
	"context"
	"fmt"
	"time"
)

// Diagnosis is what was found out about the network a moment ago: facts only. Package doctor puts them into words.
type Diagnosis struct {
	Port       int  // where links are accepted; 0 if nowhere
	Discovers  bool // peers are looked for on the LAN
	Interfaces []InterfaceFacts
	Peers      []PeerFacts // those that were tried, the one asked about first
	Linked     int         // peers that are linked
}

// InterfaceFacts are about one network interface of the machine.
type InterfaceFacts struct {
	Name      string
	Addresses []string
	Unused    string // why it is not used, one of peer/discovery's reasons; empty if it is
	// What came in by multicast on UDP port 5353 within the diagnosis: own packets, and those of other machines.
	HeardSelf, HeardOthers bool
	Echoes                 bool // an own multicast packet on another UDP port came back
}

// PeerFacts are about one other peer.
type PeerFacts struct {
	Peer     PeerID
	Name     string // as it calls itself, empty if unknown
	Linked   bool
	OnLink   bool     // one of its addresses is on a network of this machine
	Alive    bool     // its announcement is
	Heard    bool     // its multicast came in within the diagnosis
	Tried    []Trial  // addresses that were dialled from here
	LinkedTo []PeerID // linked peers that say they are linked to it

	// Of a linked peer.
	Version string

	// Answers of a linked peer; without Answered they mean nothing.
	Answered   bool
	ClockOff   time.Duration // its wall clock less ours
	Discovers  bool          // it looks for peers on the LAN
	Reaches    Reach         // what came of its dial to where this node accepts links
	HearsUs    bool          // our multicast came in there
	HearsSelf  bool          // its own does
	EchoesSelf bool          // so does one on another UDP port
}

// Trial is what came of dialling an address.
type Trial struct {
	Address string
	Reach   Reach
}

// Reach is what came of dialling somebody.
type Reach uint8

// The outcomes. The first is also what a peer says that did not dial.
const (
	ReachUntried  Reach = iota
	ReachProven         // the key was proven
	ReachRefused        // the machine answers, nobody accepts links there
	ReachSilent         // nothing answers
	ReachNoRoute        // the machine cannot be found on the network
	ReachStranger       // somebody else answers
	ReachOther          // what answers speaks another protocol, or another version of ours
)

// Diagnose finds out how the network does, which takes up to 4.5 s, and makes a noise on it: not to be called without a
// person who waits. about is the peer to look at, zero for whoever is linked or should be. It may be called from any
// goroutine.
func (n *Node) Diagnose(ctx context.Context, about PeerID) (Diagnosis, error) {
	if !about.IsZero() && about == n.view.Load().self.ID {
		return Diagnosis{}, ErrSelf
	}
	d, err := n.link.Diagnose(ctx, about)
	if err != nil {
		return Diagnosis{}, fmt.Errorf("diagnose the network: %w", err)
	}
	for i := range d.Peers {
		d.Peers[i].Name = n.Peer(d.Peers[i].Peer).Name
	}
	return d, nil
}

// Watch tells whether somebody looks at a peer's presence right now, as with a room on the screen: that it is gone is then
// noticed twice as fast. It may be called from any goroutine.
func (n *Node) Watch(peer PeerID, watched bool) { n.link.Watch(peer, watched) }

// Probe tries each address of the machine's own networks, as far as they are small, at the usual port, and links to
// whoever proves a key there; it returns how many did. It takes some seconds and looks like an attack to those who guard
// a network: only a person may ask for it. It may be called from any goroutine.
func (n *Node) Probe(ctx context.Context) (found int, err error) { return n.link.Probe(ctx) }
