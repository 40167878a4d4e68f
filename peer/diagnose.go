package peer

import (
	"bytes"
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"haggle/chat"
	"haggle/peer/discovery"
	"haggle/peer/wire"
)

const (
	// diagnosisLimit leaves whoever asks the time to tell within 5 s.
	diagnosisLimit = 4200 * time.Millisecond
	maxExamined    = 4 // peers of a kind, linked or not, when none is named
	maxTrials      = 4 // addresses of one peer
)

// Diagnose implements chat.Link. One runs at a time; others wait.
func (n *Node) Diagnose(ctx context.Context, about chat.PeerID) (chat.Diagnosis, error) {
	ctx, cancel := context.WithTimeout(ctx, diagnosisLimit)
	defer cancel()
	d := chat.Diagnosis{Port: n.port, Discovers: n.cfg.Discovery != nil}
	select {
	case n.diagnosing <- struct{}{}:
		defer func() { <-n.diagnosing }()
	case <-ctx.Done():
		return d, ctx.Err()
	}
	began := time.Now()
	cases, linked := n.cases(about)
	d.Linked, d.Peers = linked, make([]chat.PeerFacts, len(cases))
	var running sync.WaitGroup
	var states []discovery.InterfaceState
	running.Go(func() { states = n.checkInterfaces(ctx) })
	for i, c := range cases {
		running.Go(func() { d.Peers[i] = n.examine(ctx, c) })
	}
	running.Wait()
	for _, s := range states {
		facts := chat.InterfaceFacts{
			Name: s.Name, Unused: string(s.Reason), HeardSelf: s.HeardSelf > 0, HeardOthers: s.HeardOthers > 0, Echoes: s.Echoes,
		}
		for _, ip := range s.Addrs {
			facts.Addresses = append(facts.Addresses, ip.String())
		}
		d.Interfaces = append(d.Interfaces, facts)
	}
	for i := range d.Peers {
		p := &d.Peers[i]
		p.Heard = n.cfg.Discovery != nil && n.cfg.Discovery.Heard(p.Peer).After(began)
		p.OnLink = slices.ContainsFunc(cases[i].addresses, func(a string) bool { return onLink(states, a) })
	}
	return d, nil
}

func (n *Node) checkInterfaces(ctx context.Context) []discovery.InterfaceState {
	if n.cfg.Discovery == nil {
		return n.interfaces()
	}
	return n.cfg.Discovery.Check(ctx, true)
}

// examined is a peer to look at: what is known, and what to try.
type examined struct {
	facts     chat.PeerFacts
	link      *link // nil if there is none
	addresses []string
}

// cases picks whom to look at: the peer asked about, or some of those that are linked and of those that should be.
func (n *Node) cases(about chat.PeerID) (cases []examined, linked int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	links := make(map[chat.PeerID]*link)
	for remote, l := range n.links {
		if remote.Peer != n.self {
			links[remote.Peer] = l
		}
	}
	var absent []examined
	for p, l := range links {
		if about.IsZero() || p == about {
			cases = append(cases, n.caseOf(p, l))
		}
	}
	for p, m := range n.peers {
		wanted := p == about || about.IsZero() && (m.kept || m.seen() || len(m.hints) > 0) && !m.blocked && p != n.self
		if wanted && links[p] == nil {
			absent = append(absent, n.caseOf(p, nil))
		}
	}
	if !about.IsZero() && len(cases)+len(absent) == 0 {
		absent = append(absent, examined{facts: chat.PeerFacts{Peer: about}})
	}
	// Those that are alive first: about the others there is least to tell.
	order := func(a, b examined) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), bytes.Compare(a.facts.Peer[:], b.facts.Peer[:]))
	}
	slices.SortFunc(cases, order)
	slices.SortFunc(absent, order)
	return slices.Concat(absent[:min(len(absent), maxExamined)], cases[:min(len(cases), maxExamined)]), len(links)
}

func rank(c examined) int {
	switch {
	case c.facts.Alive:
		return 0
	case len(c.facts.LinkedTo) > 0:
		return 1
	default:
		return 2
	}
}

// caseOf gathers what is known of p. n.mu is held.
func (n *Node) caseOf(p chat.PeerID, l *link) examined {
	c := examined{facts: chat.PeerFacts{Peer: p, Linked: l != nil}, link: l}
	if m := n.peers[p]; m != nil {
		c.facts.Alive = m.seen()
		c.facts.LinkedTo = m.tellers()
		c.addresses = m.candidates(&device{})
	}
	if l != nil {
		c.facts.Version = l.version
		c.addresses = nil
		if l.address != "" {
			c.addresses = []string{l.address}
		}
	}
	c.addresses = c.addresses[:min(len(c.addresses), maxTrials)]
	return c
}

// examine dials the peer's addresses and, if it is linked, has it dial us.
func (n *Node) examine(ctx context.Context, c examined) chat.PeerFacts {
	facts := c.facts
	facts.Tried = make([]chat.Trial, len(c.addresses))
	var running sync.WaitGroup
	hellos := make([]*wire.Hello, len(c.addresses))
	for i, address := range c.addresses {
		running.Go(func() {
			reach, hello := n.knock(ctx, address, facts.Peer)
			facts.Tried[i], hellos[i] = chat.Trial{Address: address, Reach: reach}, hello
		})
	}
	var answer *wire.Reach
	if c.link != nil {
		running.Go(func() { answer = c.link.askReach(ctx) })
	}
	running.Wait()
	for _, h := range hellos {
		if facts.Version == "" && h != nil {
			facts.Version = h.GetVersion()
		}
	}
	if answer != nil {
		facts.Answered = true
		facts.ClockOff = clockOff(answer.GetWallMs(), n.cfg.Now())
		facts.Discovers = answer.GetDiscovers()
		facts.Reaches = reaches[answer.GetOutcome()]
		facts.HearsUs, facts.HearsSelf, facts.EchoesSelf = answer.GetHearsYou(), answer.GetHearsSelf(), answer.GetEchoes()
	}
	return facts
}

// onLink reports whether a host:port is on a network of an interface in use.
func onLink(states []discovery.InterfaceState, address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(states, func(s discovery.InterfaceState) bool {
		return s.Reason == "" && slices.ContainsFunc(s.Networks, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) })
	})
}
