package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// evil marks what intruders write where they may.
const evil = "evil"

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// rig is a running Node and what it told.
type rig struct {
	*Node
	t      testing.TB
	cancel context.CancelFunc
	ended  chan error
}

func newIdentity(t testing.TB) Identity {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return identityOf(key)
}

func identityOf(key ed25519.PrivateKey) Identity {
	id := Identity{Identity: chat.Identity{Key: key, ID: peerOf(key)}}
	_, _ = rand.Read(id.Device[:])
	return id
}

// newRig starts a Node on the loopback interface; change adapts its Config.
func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	cfg := Config{Identity: newIdentity(t), Listen: "127.0.0.1:0", Version: "test", Logger: slog.New(failing{t})}
	for _, c := range change {
		c(&cfg)
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, n)
}

func start(t testing.TB, n *Node) *rig {
	ctx, cancel := context.WithCancel(context.Background())
	r := &rig{Node: n, t: t, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- n.Run(ctx) }()
	t.Cleanup(r.stop)
	return r
}

func (r *rig) stop() {
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Errorf("Run: %v", err)
		}
		r.ended <- nil
	case <-time.After(patience):
		r.t.Error("Run does not return")
	}
}

func (r *rig) address() string { return r.listener.Addr().String() }

func (r *rig) remote() chat.Remote { return chat.Remote{Peer: r.self, Device: r.ownDevice()} }

// dial links to the other one or fails the test.
func (r *rig) dial(to *rig) {
	r.t.Helper()
	id, err := r.Dial(r.t.Context(), to.address(), to.self)
	if err != nil || id != to.self {
		r.t.Fatalf("Dial = %v, %v", id, err)
	}
}

// next waits for the next event.
func (r *rig) next() chat.LinkEvent {
	r.t.Helper()
	select {
	case e := <-r.Events():
		return e
	case <-time.After(patience):
		r.t.Fatal("no event")
		return nil
	}
}

// await drops events until one of the type E comes.
func await[E chat.LinkEvent](r *rig) E {
	r.t.Helper()
	for {
		if e, ok := r.next().(E); ok {
			return e
		}
	}
}

// failing is a log handler that fails the test on an error, and on what an intruder wrote.
type failing struct{ t testing.TB }

func (failing) Enabled(context.Context, slog.Level) bool { return true }
func (h failing) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		h.t.Errorf("logged: %s", r.Message)
	}
	r.Attrs(func(a slog.Attr) bool {
		if strings.Contains(a.Value.String(), evil) {
			h.t.Errorf("the log quotes a peer: %s", a)
		}
		return true
	})
	return nil
}
func (h failing) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h failing) WithGroup(string) slog.Handler      { return h }

// TestPanicCostsOneConnection: what fails while it deals with one peer harms no other.
func TestPanicCostsOneConnection(t *testing.T) {
	f := newFabric(t)
	unlucky := newIdentity(t)
	var log strings.Builder
	n := f.rig(func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.Known = func(p chat.PeerID) bool {
			if p == unlucky.ID {
				panic("at the wrong time")
			}
			return false
		}
	})
	a, b := f.rig(func(c *Config) { c.Identity = unlucky }), f.rig()
	a.dial(n)
	expect[chat.LinkUp](a)
	expect[chat.LinkDown](a)
	b.dial(n)
	if up := expect[chat.LinkUp](n); up.Remote != b.remote() {
		t.Errorf("%+v", up)
	}
	if err := (&link{node: n.Node}).read(); !errors.Is(err, errPanic) {
		t.Errorf("read: %v", err)
	}
	n.stop()
	if !strings.Contains(log.String(), "accepted") {
		t.Errorf("the log does not tell where it happened: %s", log.String())
	}
}

func TestTwoNodesExchangeFrames(t *testing.T) {
	a, b := newRig(t), newRig(t)
	a.dial(b)
	upA, upB := await[chat.LinkUp](a), await[chat.LinkUp](b)
	if upA.Remote != b.remote() || upB.Remote != a.remote() {
		t.Fatalf("linked to %v and %v", upA.Remote, upB.Remote)
	}
	if upA.Address != b.address() || upB.Address != a.address() {
		t.Errorf("addresses %q and %q", upA.Address, upB.Address)
	}
	if upA.Version != "test" || upA.ClockOff.Abs() > time.Second {
		t.Errorf("version %q, clock off %v", upA.Version, upA.ClockOff)
	}
	want := chat.Entries{Mine: chat.Seller, Author: chat.Seller, Device: chat.DeviceID{1}, Groups: [][]byte{make([]byte, 100_000), {2}}}
	if err := a.Send(b.remote(), want); err != nil {
		t.Fatal(err)
	}
	got := await[chat.FrameReceived](b)
	e, ok := got.Frame.(chat.Entries)
	if got.Remote != a.remote() || !ok || e.Device != want.Device || !slices.EqualFunc(e.Groups, want.Groups, slices.Equal[[]byte]) {
		t.Errorf("received %+v", got.Remote)
	}
	if err := a.Send(chat.Remote{Peer: b.self}, want); !errors.Is(err, chat.ErrNotLinked) {
		t.Errorf("Send to nobody: %v", err)
	}
	b.stop()
	if down := await[chat.LinkDown](a); down.Remote != b.remote() || down.Idle {
		t.Errorf("LinkDown %+v", down)
	}
	if err := a.Send(b.remote(), want); !errors.Is(err, chat.ErrNotLinked) {
		t.Errorf("Send after LinkDown: %v", err)
	}
}
