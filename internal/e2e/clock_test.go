package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	"haggle/internal/lanrig"
	links "haggle/peer"
	"haggle/peer/discovery"
	"haggle/rpc"
)

// clockVariable makes TestMain the program of a machine whose clock is ahead by so much, instead of running the tests. No
// namespace gives a process another time of day, so the clock that main gives to node and network is set here.
const clockVariable = "HAGGLE_E2E_CLOCK"

// serveWithClock is "haggle rpc --data DIR" with the messages in memory, until the input ends.
func serveWithClock(ahead string) error {
	off, err := time.ParseDuration(ahead)
	if err != nil {
		return err
	}
	now := func() time.Time { return time.Now().Add(off) }
	dir := os.Args[len(os.Args)-1]
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	identity, err := links.LoadIdentity(dir)
	if err != nil {
		return err
	}
	network, err := links.New(links.Config{
		Identity: identity, Now: now,
		Discovery: discovery.New(discovery.Config{Self: discovery.Announcement{Peer: identity.ID, Device: identity.Device}}),
	})
	if err != nil {
		return err
	}
	endpoint := rpc.New(rpc.Config{In: os.Stdin, Out: os.Stdout})
	node, err := chat.New(chat.Config{
		Self: identity.Identity, Store: storetest.NewMem(identity.ID), Link: network, Name: "Clock", Notify: endpoint.Notify, Now: now,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background()) // of the process
	defer stop()
	go func() { _ = network.Run(ctx) }()
	go func() { _ = node.Run(ctx) }()
	return endpoint.Serve(ctx, node)
}

// withClock is a new profile in a host whose clock is ahead by so much, or behind.
func withClock(t *testing.T, lan *lanrig.LAN, host int, ahead time.Duration) place {
	t.Helper()
	at := home(t, lan, host)
	at.program, at.wrapper = os.Args[0], []string{"env", clockVariable + "=" + ahead.String()}
	return at
}

// TestB5Clock shows B5: a clock that is off by ten minutes is named on both sides, and where several agree against one, whose
// it is.
func TestB5Clock(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 3)
	anna, ben := home(t, lan, 1).start(t), withClock(t, lan, 2, 10*time.Minute).start(t)
	meet(t, anna, ben)
	wantCause(t, examine(anna, nil), "clock", "is 10 minutes fast, compared with this machine's")
	wantCause(t, examine(ben, object{"peerId": anna.ready.PeerID}), "clock", "is 10 minutes slow, compared with this machine's")

	carl := withClock(t, lan, 3, 10*time.Minute).start(t)
	meet(t, anna, ben, carl)
	wantCause(t, examine(anna, nil), "clock", "This machine's clock is 10 minutes slow")
	wantCause(t, examine(anna, object{"lang": "zh"}), "clock", "本机时钟慢 10 分钟")
}
