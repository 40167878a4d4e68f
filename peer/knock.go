package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"haggle/chat"
	"haggle/peer/wire"
)

const (
	// knockLimit is how long a knock may take: the system needs 3 s to find out that a machine is not on its network.
	knockLimit = 3500 * time.Millisecond
	// minPort is the lowest port that is dialled because another says so; below are services of systems.
	minPort = 1024

	// What is dialled for others: for each link, and in all.
	reachGap   = 10 * time.Second
	reachBurst = 3
	maxKnocks  = 2 // at a time
)

// knock dials want at address to see who answers, and hangs up. No link comes of it.
func (n *Node) knock(ctx context.Context, address string, want chat.PeerID) (chat.Reach, *wire.Hello) {
	ctx, cancel := context.WithTimeout(ctx, knockLimit)
	defer cancel()
	t := n.guard.dial()
	if t == nil {
		return chat.ReachUntried, nil
	}
	defer t.done()
	raw, err := n.connect(ctx, address)
	if err != nil {
		return reachOf(err), nil
	}
	defer turnAway(raw)
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	secure := tls.Client(raw, tlsConfig(n.certificate, want))
	if _, err := prove(ctx, secure); err != nil {
		switch {
		case errors.Is(err, chat.ErrWrongIdentity):
			return chat.ReachStranger, nil
		case ctx.Err() != nil:
			return chat.ReachSilent, nil
		}
		return chat.ReachOther, nil
	}
	f, err := wire.NewReader(secure).Read(wire.MaxHello) // who accepts speaks first
	hello := f.GetHello()
	switch {
	case err != nil, hello == nil: // it has no time for us, but it is there
		return chat.ReachProven, nil
	case !hello.Speaks():
		return chat.ReachOther, hello
	}
	return chat.ReachProven, hello
}

// reachOf is what a failure to connect says.
func reachOf(err error) chat.Reach {
	switch {
	case refused(err):
		return chat.ReachRefused
	case noRoute(err):
		return chat.ReachNoRoute
	}
	return chat.ReachSilent
}

// reaches says which outcome stands for what.
var reaches = map[wire.Reach_Outcome]chat.Reach{
	wire.Reach_OUTCOME_UNSPECIFIED: chat.ReachUntried,
	wire.Reach_OUTCOME_PROVEN:      chat.ReachProven, wire.Reach_OUTCOME_REFUSED: chat.ReachRefused, wire.Reach_OUTCOME_SILENT: chat.ReachSilent,
	wire.Reach_OUTCOME_NO_ROUTE: chat.ReachNoRoute, wire.Reach_OUTCOME_STRANGER: chat.ReachStranger, wire.Reach_OUTCOME_OTHER: chat.ReachOther,
}

func outcomeOf(r chat.Reach) wire.Reach_Outcome {
	for outcome, reach := range reaches {
		if reach == r {
			return outcome
		}
	}
	return wire.Reach_OUTCOME_UNSPECIFIED
}

// newReachLimit bounds how often one link may have us dial.
func newReachLimit() *rate.Limiter { return rate.NewLimiter(rate.Every(reachGap), reachBurst) }

// asksForReach dials the other side where its link comes from, and nowhere else, if it asks so seldom that it cannot use
// us against anybody; otherwise it gets no answer.
func (l *link) asksForReach(id uint32) {
	l.node.mu.Lock()
	work := l.node.work
	l.node.mu.Unlock()
	if work == nil || !l.reachLimit.Allow() {
		return
	}
	select {
	case l.node.knocks <- struct{}{}:
	default:
		return
	}
	l.node.running.Go(func() {
		defer func() { <-l.node.knocks }()
		ctx, cancel := l.during(work)
		defer cancel()
		l.say(&wire.Frame{Body: &wire.Frame_Reach{Reach: l.node.tryReach(ctx, l, id)}})
	})
}

// during is a context that ends with the link.
func (l *link) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-l.broken:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (n *Node) tryReach(ctx context.Context, l *link, id uint32) *wire.Reach {
	answer := &wire.Reach{Id: id, Discovers: n.cfg.Discovery != nil}
	began := time.Now()
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		if n.cfg.Discovery == nil {
			return
		}
		for _, s := range n.cfg.Discovery.Check(ctx, false) {
			used := s.Reason == ""
			answer.HearsSelf = answer.HearsSelf || used && s.HeardSelf > 0
			answer.Echoes = answer.Echoes || used && s.Echoes
		}
		answer.HearsYou = n.cfg.Discovery.Heard(l.Peer).After(began.Add(-askedBefore))
	}()
	reach := chat.ReachUntried
	if ip := addressOf(l.conn); ip.IsValid() && l.port >= minPort {
		reach, _ = n.knock(ctx, hostPort(ip, l.port), l.Peer)
	}
	<-listened
	answer.Outcome, answer.WallMs = outcomeOf(reach), n.cfg.Now().UnixMilli()
	return answer
}

// askedBefore is how long before its question the other side may have announced itself for it.
const askedBefore = time.Second

// reachAnswers takes the answer to the one question that is open.
type reachAnswers chan *wire.Reach

func (r reachAnswers) put(answer *wire.Reach) {
	select {
	case r <- answer:
	default: // nobody asked
	}
}

// ask asks the other side to dial us; nil if it does not answer in time.
func (l *link) askReach(ctx context.Context) *wire.Reach {
	id := l.node.questions.Add(1)
	for range len(l.reach) {
		<-l.reach
	}
	l.say(&wire.Frame{Body: &wire.Frame_ReachAsk{ReachAsk: &wire.ReachAsk{Id: id}}})
	for {
		select {
		case answer := <-l.reach:
			if answer.GetId() == id {
				return answer
			}
		case <-l.broken:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}
