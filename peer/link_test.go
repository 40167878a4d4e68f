package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// keep makes r keep the others.
func (r *rig) keep(others ...*rig) {
	var wanted []chat.Wanted
	for _, o := range others {
		wanted = append(wanted, chat.Wanted{Peer: o.self, Addresses: []string{o.address()}})
	}
	r.Keep(wanted)
}

// expect waits for exactly this event.
func expect[E chat.LinkEvent](r *rig) E {
	r.t.Helper()
	e := r.next()
	got, ok := e.(E)
	if !ok {
		r.t.Fatalf("got %#v", e)
	}
	return got
}

// linkTo is r's link to another rig, nil if there is none.
func (r *rig) linkTo(other *rig) *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.links[other.remote()]
}

// within fails the test if the bubble's clock has not moved between low and high since began.
func within(t testing.TB, what string, began time.Time, low, high time.Duration) {
	t.Helper()
	if took := time.Since(began); took < low || took > high {
		t.Errorf("%s took %v, want %v to %v", what, took, low, high)
	}
}

func TestB7CleanQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		<-time.After(time.Minute) // long after what ends idle or silent links
		began := time.Now()
		b.stop()
		if down := expect[chat.LinkDown](a); down.Remote != b.remote() || down.Idle {
			t.Errorf("%+v", down)
		}
		within(t, "LinkDown", began, 0, time.Second)
	})
}

func TestB7CablePulled(t *testing.T) {
	for name, c := range map[string]struct {
		watched bool
		limit   time.Duration
	}{"usual": {false, 5500 * time.Millisecond}, "watched": {true, 2750 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				a, b := f.rig(), f.rig()
				a.keep(b)
				expect[chat.LinkUp](a)
				a.Watch(b.self, c.watched)
				<-time.After(time.Minute + 700*time.Millisecond)
				began := time.Now()
				f.pull()
				expect[chat.LinkDown](a)
				within(t, "LinkDown", began, c.limit/2, c.limit)
				expect[chat.LinkUp](a) // over a new cable
				within(t, "LinkUp", began, 0, c.limit+time.Second)
			})
		})
	}
}

func TestB7Killed(t *testing.T) {
	f := newFabric(t)
	a := f.rig()
	i := newIntruder(t) // not hostile here: a process that is gone
	c := f.call("10.0.0.66", a)
	if _, _, err := i.enter(c); err != nil {
		t.Fatal(err)
	}
	expect[chat.LinkUp](a)
	began := time.Now()
	_ = c.Close()
	expect[chat.LinkDown](a)
	within(t, "LinkDown", began, 0, time.Second)
}

func TestIdleLinksEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		began := time.Now()
		a.dial(b)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		<-time.After(2 * time.Second)
		if err := a.Send(b.remote(), chat.CatalogueAsk{}); err != nil {
			t.Error(err)
		}
		expect[chat.FrameReceived](b)
		if down := expect[chat.LinkDown](a); !down.Idle {
			t.Errorf("%+v", down)
		}
		if down := expect[chat.LinkDown](b); !down.Idle {
			t.Errorf("%+v", down)
		}
		within(t, "the end", began, 5*time.Second, 5*time.Second+lastWords)
		a.quiet(time.Hour)
	})
}

// TestKeptLinksLast: either side may keep a link, and let go of it.
func TestKeptLinksLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		b.keep(a)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		a.quiet(time.Hour)
		a.keep(b)
		b.Keep(nil)
		b.quiet(time.Hour)
		began := time.Now()
		a.Keep(nil)
		for _, r := range []*rig{a, b} {
			if down := expect[chat.LinkDown](r); !down.Idle {
				t.Errorf("%+v", down)
			}
		}
		within(t, "the end", began, 3*time.Second, 3*time.Second+lastWords)
		a.quiet(time.Hour)
	})
}

// TestKeepWhileMeeting: what is kept between the hello and the link is told afterwards.
func TestKeepWhileMeeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		b := f.rig()
		var a *rig
		a = f.rig(func(c *Config) {
			c.Known = func(chat.PeerID) bool {
				a.keep(b)
				return true
			}
		})
		b.dial(a)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		a.quiet(time.Hour)
		b.quiet(0)
	})
}

// TestSilentWhenDialled: who accepts and says nothing is left alone after a while, for the next address.
func TestSilentWhenDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		door := f.listen(netip.MustParseAddrPort("10.0.0.77:1"))
		over := make(chan struct{})
		defer close(over)
		go every(0, over, func() error {
			_, err := door.Accept()
			return err
		})
		defer func() { _ = door.Close() }()
		began := time.Now()
		a.Keep([]chat.Wanted{{Peer: b.self, Addresses: []string{"10.0.0.77:1", b.address()}}})
		expect[chat.LinkUp](a)
		within(t, "the second address", began, helloLimit, helloLimit+headStart)
	})
}

// TestOneSideEndsAnIdleLink: the other side hears that this says nothing against anybody's presence.
func TestOneSideEndsAnIdleLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig(func(c *Config) { c.Idle = time.Hour })
		a.dial(b)
		expect[chat.LinkUp](b)
		if down := expect[chat.LinkDown](b); !down.Idle {
			t.Errorf("%+v", down)
		}
	})
}

// TestWritesAreCoalesced: what waits goes out together.
func TestWritesAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		var writes atomic.Int32
		f.tap = func([]byte) { writes.Add(1) }
		a, b := f.rig(), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		synctest.Wait()
		writes.Store(0)
		l := a.linkTo(b)
		l.queue.mu.Lock() // hold the writer up
		for k := range 1000 {
			l.queue.lanes[talkLane].put(framed(t, wire.Wrap(chat.CatalogueAsk{After: uint64(k)})))
		}
		l.queue.mu.Unlock()
		poke(l.queue.wake)
		for range 1000 {
			expect[chat.FrameReceived](b)
		}
		if n := writes.Load(); n > 5 {
			t.Errorf("%d writes for 1,000 frames of 6 bytes", n)
		}
	})
}

// TestCrossedDials: both dial at once, 200 times; one link is left, and it is the same one for both.
func TestCrossedDials(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			f := newBubble(t)
			a, b := f.rig(), f.rig()
			synctest.Wait()
			var both sync.WaitGroup
			for _, p := range [][2]*rig{{a, b}, {b, a}} {
				both.Go(func() { p[0].dial(p[1]) })
			}
			both.Wait()
			settled(t, a, b)
			settled(t, b, a)
			la, lb := a.linkTo(b), b.linkTo(a)
			if la == nil || lb == nil {
				t.Fatal("no link is left")
			}
			if la.conn.Conn.(*end).cord != lb.conn.Conn.(*end).cord || la.dialled == lb.dialled {
				t.Errorf("two links are left: dialled %v and %v", la.dialled, lb.dialled)
			}
		})
	}
}

// settled exchanges a frame over the link that is left and checks what was told about it on the way.
func settled(t *testing.T, from, to *rig) {
	t.Helper()
	mark := chat.CatalogueAsk{After: 7}
	var l *link
	var told []string
	for {
		if l != from.linkTo(to) { // the first, or another took its place and lost what was sent
			l = from.linkTo(to)
			_ = from.Send(to.remote(), mark)
		}
		select {
		case e := <-from.Events():
			told = append(told, fmt.Sprintf("from %T", e))
		case e := <-to.Events():
			told = append(told, fmt.Sprintf("to %T", e))
			if got, ok := e.(chat.FrameReceived); ok && got.Frame == mark {
				return
			}
		case <-time.After(patience):
			t.Fatalf("nothing comes over the link: here %v, there %v, told %v", from.linkTo(to) != nil, to.linkTo(from) != nil, told)
		}
	}
}

// TestReplaced: a device that has lost its link dials again; the new link takes the place of the old one without an end.
func TestReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		b.dial(a)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		f.pull()
		b.linkTo(a).cut() // b notices, a does not
		expect[chat.LinkDown](b)
		b.dial(a)
		expect[chat.LinkUp](b)
		expect[chat.LinkUp](a)
		if err := a.Send(b.remote(), chat.CatalogueAsk{After: 1}); err != nil {
			t.Error(err)
		}
		expect[chat.FrameReceived](b)
	})
}

// TestReplacedByAnotherRun: the other side was restarted so fast that its end was not noticed.
func TestReplacedByAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		identity := newIdentity(t)
		a := f.rig()
		first := f.rig(func(c *Config) { c.Identity = identity })
		a.dial(first)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](first)
		f.pull()
		second := f.rig(func(c *Config) { c.Identity = identity })
		second.dial(a)
		expect[chat.LinkUp](second)
		if up := expect[chat.LinkUp](a); up.Address != second.address() {
			t.Errorf("%+v", up)
		}
	})
}

func TestDialTwiceIsOneLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		first := a.linkTo(b)
		a.dial(b)
		b.dial(a)
		a.quiet(time.Minute)
		b.quiet(time.Minute)
		if a.linkTo(b) != first {
			t.Error("the link was replaced")
		}
	})
}

func TestHP3Blocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		n := f.rig()
		i := newIntruder(t)
		secure, _, err := i.enter(f.call("10.0.0.66", n))
		if err != nil {
			t.Fatal(err)
		}
		expect[chat.LinkUp](n)
		n.Block(i.identity.ID, true)
		expect[chat.LinkDown](n)
		_ = secure.Close()

		secure, in, err := i.enter(f.call("10.0.0.66", n))
		if err != nil {
			t.Fatalf("a blocked peer learns of it: %v", err)
		}
		began := time.Now()
		_ = secure.SetDeadline(time.Now().Add(time.Hour))
		frame := framed(t, wire.Wrap(chat.ProfileFrame{Record: make([]byte, 1000)}))
		taken := 0
		for ; ; taken += len(frame) {
			if _, err := secure.Write(frame); err != nil {
				break
			}
		}
		if taken > ignoreBytes+4096 {
			t.Errorf("%d bytes of a blocked peer were read", taken)
		}
		if f, err := in.Read(wire.MaxFrame); err == nil {
			t.Errorf("a blocked peer heard %v", f)
		}
		within(t, "ignoring", began, 0, ignoreTime)
		n.quiet(time.Minute)

		if _, _, err := i.enter(f.call("10.0.0.66", n)); err != nil {
			t.Fatal(err)
		}
		n.quiet(time.Minute)
		n.Block(i.identity.ID, false)
		if _, _, err := i.enter(f.call("10.0.0.66", n)); err != nil {
			t.Fatal(err)
		}
		expect[chat.LinkUp](n)
	})
}

func TestBlockedIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		a.Block(b.self, true)
		a.keep(b)
		a.quiet(time.Hour)
		b.quiet(0)
		a.Block(b.self, false)
		expect[chat.LinkUp](a)
	})
}

func TestRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b := f.rig(), f.rig()
		a.keep(b)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		<-time.After(time.Minute)
		before, began := a.remote(), time.Now()
		a.Rotate(chat.DeviceID{1, 2, 3})
		for range 2 { // these are two remotes, in no order
			switch e := b.next().(type) {
			case chat.LinkDown:
				if e.Remote != before {
					t.Errorf("%+v", e)
				}
			case chat.LinkUp:
				if e.Remote != a.remote() || e.Remote == before {
					t.Errorf("%+v", e)
				}
			default:
				t.Errorf("unexpected %#v", e)
			}
		}
		within(t, "Rotate", began, 0, 2*time.Second)
		expect[chat.LinkDown](a)
		expect[chat.LinkUp](a)
		if err := b.Send(before, chat.CatalogueAsk{}); !errors.Is(err, chat.ErrNotLinked) {
			t.Errorf("Send to the device of before: %v", err)
		}
	})
}

// TestA5SelfElsewhere: two runs of one identity on two devices tell of one another, and of the other's end.
func TestA5SelfElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		identity := newIdentity(t)
		same := func(c *Config) { c.Identity = identityOf(identity.Key) }
		a, b := f.rig(same), f.rig(same)
		if _, err := a.Dial(t.Context(), b.address(), chat.PeerID{}); !errors.Is(err, chat.ErrSelf) {
			t.Errorf("Dial: %v", err)
		}
		want := chat.SelfElsewhere{Device: b.remote().Device, Addresses: []string{b.address()}}
		if e := expect[chat.SelfElsewhere](a); !reflect.DeepEqual(e, want) {
			t.Errorf("%+v", e)
		}
		if e := expect[chat.SelfElsewhere](b); e.Device != a.remote().Device || e.Gone {
			t.Errorf("%+v", e)
		}
		if err := a.Send(b.remote(), chat.CatalogueAsk{}); !errors.Is(err, chat.ErrNotLinked) {
			t.Errorf("Send to oneself: %v", err)
		}
		a.quiet(time.Hour)
		b.stop()
		if e := expect[chat.SelfElsewhere](a); !e.Gone || e.Device != want.Device {
			t.Errorf("%+v", e)
		}
	})
}

// TestA5DeviceClash: two runs with one DeviceID both hear of it, and are linked once they took new ones.
func TestA5DeviceClash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		identity := newIdentity(t)
		same := func(c *Config) { c.Identity = identity }
		a, b := f.rig(same), f.rig(same)
		_, err := a.Dial(t.Context(), b.address(), chat.PeerID{})
		if !errors.Is(err, chat.ErrSelf) {
			t.Errorf("Dial: %v", err)
		}
		expect[chat.DeviceClash](a)
		expect[chat.DeviceClash](b)
		a.Rotate(chat.DeviceID{1})
		b.Rotate(chat.DeviceID{2})
		if _, err := a.Dial(t.Context(), b.address(), chat.PeerID{}); !errors.Is(err, chat.ErrSelf) {
			t.Errorf("Dial: %v", err)
		}
		expect[chat.SelfElsewhere](a)
		expect[chat.SelfElsewhere](b)
	})
}

// TestHP43SlowSender: a frame of which a byte a second comes is not waited for, however alive that looks.
func TestHP43SlowSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		n := f.rig()
		i := newIntruder(t)
		secure, in, err := i.enter(f.call("10.0.0.66", n))
		if err != nil {
			t.Fatal(err)
		}
		expect[chat.LinkUp](n)
		began := time.Now()
		_ = secure.SetDeadline(time.Time{})
		go func() {
			for {
				if _, err := in.Read(wire.MaxFrame); err != nil {
					return
				}
			}
		}()
		for _, b := range framed(t, wire.Wrap(chat.ProfileFrame{Record: make([]byte, 1000)})) {
			if _, err := secure.Write([]byte{b}); err != nil {
				break
			}
			<-time.After(time.Second)
		}
		within(t, "waiting", began, frameLimit, frameLimit+2*time.Second)
		expect[chat.LinkDown](n)
	})
}

// TestHP44SlowReader: who does not read holds up at most the queue of its own link, and not for long.
func TestHP44SlowReader(t *testing.T) {
	for name, interval := range map[string]time.Duration{"nothing": time.Hour, "one byte a second": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				n := f.rig()
				i := newIntruder(t)
				c := f.call("10.0.0.66", n)
				secure, _, err := i.enter(c)
				if err != nil {
					t.Fatal(err)
				}
				expect[chat.LinkUp](n)
				over := make(chan struct{})
				defer close(over)
				_ = secure.SetDeadline(time.Time{})
				ping := framed(t, pingFrame)
				go every(time.Second, over, func() error { // alive as far as one can see
					_, err := secure.Write(ping)
					return err
				})
				go every(interval, over, func() error {
					_, err := c.Read(make([]byte, 1))
					return err
				})
				began := time.Now()
				to := chat.Remote{Peer: i.identity.ID, Device: i.identity.Device}
				frame := chat.Entries{Device: to.Device, Groups: [][]byte{make([]byte, 100_000)}}
				if err := n.Send(to, frame); err != nil {
					t.Error(err)
				}
				expect[chat.LinkDown](n)
				within(t, "giving up", began, writeLimit, writeLimit+time.Second)

				if _, _, err := i.enter(f.call("10.0.0.67", n)); err != nil {
					t.Fatal(err)
				}
				expect[chat.LinkUp](n)
				sent := 0
				for n.Send(to, frame) == nil {
					sent += 100_000
				}
				if sent < maxQueued/2 || sent > maxQueued+1<<20 {
					t.Errorf("%d bytes were queued", sent)
				}
				expect[chat.LinkDown](n)
				_ = c.Close()
			})
		})
	}
}

// TestHP30Flood: of a peer that sends as fast as it can so much is read and no more, whatever it sends; other links are not
// held up by it.
func TestHP30Flood(t *testing.T) {
	for name, flood := range map[string]struct {
		frame chat.Frame
		most  int // in 10 s
	}{
		"small frames": {chat.CatalogueAsk{}, frameBurst + 10*frameRate},
		"large frames": {chat.Entries{Groups: [][]byte{make([]byte, 190<<10)}}, (byteBurst + 10*byteRate) / (190 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				n, honest := f.rig(), f.rig()
				honest.keep(n)
				expect[chat.LinkUp](n)
				i := newIntruder(t)
				secure, in, err := i.enter(f.call("10.0.0.66", n))
				if err != nil {
					t.Fatal(err)
				}
				expect[chat.LinkUp](n)
				_ = secure.SetDeadline(time.Time{})
				go func() {
					for {
						if _, err := in.Read(wire.MaxFrame); err != nil {
							return
						}
					}
				}()
				raw := framed(t, wire.Wrap(flood.frame))
				go func() {
					for {
						if _, err := secure.Write(raw); err != nil {
							return
						}
					}
				}()
				got, asked := 0, time.Time{}
				var worst time.Duration
				for began := time.Now(); time.Since(began) < 10*time.Second; {
					if asked.IsZero() {
						asked = time.Now()
						if err := honest.Send(n.remote(), chat.CatalogueFrame{Digest: 7}); err != nil {
							t.Fatal(err)
						}
					}
					e := await[chat.FrameReceived](n)
					if e.Remote.Peer == i.identity.ID {
						got++
						continue
					}
					worst, asked = max(worst, time.Since(asked)), time.Time{}
				}
				if got < flood.most/2 || got > flood.most+flood.most/50 {
					t.Errorf("%d frames were read, want about %d", got, flood.most)
				}
				if worst > 100*time.Millisecond {
					t.Errorf("another link's frame waited %v", worst)
				}
				_ = secure.Close()
			})
		})
	}
}

// pingFrame is alive and nothing else.
var pingFrame = &wire.Frame{Body: &wire.Frame_Ping{Ping: &wire.Ping{}}}

// every does something again and again, until it fails or over is closed.
func every(interval time.Duration, over <-chan struct{}, do func() error) {
	for do() == nil {
		select {
		case <-time.After(interval):
		case <-over:
			return
		}
	}
}

// TestSlowChatHoldsPeersUp: chat that does not read its events for a while loses neither frames nor links.
func TestSlowChatHoldsPeersUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		a, b, c := f.rig(), f.rig(), f.rig()
		a.Block(b.self, true) // or c would make them meet
		b.Block(a.self, true)
		a.keep(c)
		b.keep(c)
		expect[chat.LinkUp](a)
		expect[chat.LinkUp](b)
		const frames = 3 * maxEvents
		for k := range frames {
			for _, r := range []*rig{a, b} {
				if err := r.Send(c.remote(), chat.CatalogueAsk{After: uint64(k)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		a.quiet(writeLimit - time.Second)
		b.quiet(0)
		next := map[chat.PeerID]uint64{}
		for range 2 * frames {
			got := await[chat.FrameReceived](c)
			if ask := got.Frame.(chat.CatalogueAsk); ask.After != next[got.Remote.Peer] {
				t.Fatalf("frame %d came as number %d", ask.After, next[got.Remote.Peer])
			}
			next[got.Remote.Peer]++
		}
		if next[a.self] != frames || next[b.self] != frames {
			t.Errorf("received %v", next)
		}
	})
}

// TestMessagesOvertakeCatalogues: what is queued of a catalogue waits for messages.
func TestMessagesOvertakeCatalogues(t *testing.T) {
	q := newQueue()
	for k := range 300 {
		q.put(bulkLane, []byte{1, byte(k)})
		q.put(talkLane, []byte{0, byte(k)})
		if k%3 == 0 {
			if f := q.take(); f[0] != 0 {
				t.Fatalf("a catalogue came before a message: %v", f)
			}
		}
	}
	var last []byte
	for f := q.take(); f != nil; f = q.take() {
		if last != nil && last[0] > f[0] {
			t.Fatalf("%v after %v", f, last)
		}
		if last != nil && last[0] == f[0] && last[1]+1 != f[1] {
			t.Fatalf("%v after %v", f, last)
		}
		last = f
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes are left", q.bytes)
	}
	q.close()
	if q.put(talkLane, []byte{1}) {
		t.Error("a closed queue took a frame")
	}
}

// TestHP42FramesThatLie: a proven peer that breaks the rules loses the link, nothing else happens.
func TestHP42FramesThatLie(t *testing.T) {
	for name, raw := range map[string][]byte{
		"HP42 frame length 2^32-1": {0xff, 0xff, 0xff, 0xff, 0x0f},
		"HP38 1 GB announced":      {0x80, 0x80, 0x80, 0x80, 0x04},
		"HP41 endless length":      bytes.Repeat([]byte{0xff}, 20),
		"no protobuf":              {3, 0xff, 0xff, 0xff},
		"second hello":             framed(t, helloFrame(newIntruder(t).hello())),
		"entries without a role":   framed(t, &wire.Frame{Body: &wire.Frame_Entries{Entries: &wire.Entries{}}}),
		"bye":                      framed(t, &wire.Frame{Body: &wire.Frame_Bye{Bye: &wire.Bye{Reason: 77}}}),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFabric(t)
			n, honest := f.rig(), f.rig()
			honest.keep(n)
			expect[chat.LinkUp](n)
			i := newIntruder(t)
			secure, in, err := i.enter(f.call("10.0.0.66", n))
			if err != nil {
				t.Fatal(err)
			}
			expect[chat.LinkUp](n)
			if _, err := secure.Write(raw); err != nil {
				t.Fatal(err)
			}
			if down := expect[chat.LinkDown](n); down.Remote.Peer != i.identity.ID || down.Idle {
				t.Errorf("%+v", down)
			}
			for err == nil {
				_, err = in.Read(wire.MaxFrame)
			}
			if err := honest.Send(n.remote(), chat.CatalogueAsk{}); err != nil {
				t.Error(err)
			}
			expect[chat.FrameReceived](n)
		})
	}
}

// TestHP66LaterVersions: frames of a later version are passed over; without a common version there is no link.
func TestHP66LaterVersions(t *testing.T) {
	f := newFabric(t)
	n := f.rig()
	i := newIntruder(t)
	secure, _, err := i.enter(f.call("10.0.0.66", n))
	if err != nil {
		t.Fatal(err)
	}
	expect[chat.LinkUp](n)
	if _, err := secure.Write([]byte{4, 0x9a, 0x06, 0x01, 0x00}); err != nil { // field 99
		t.Fatal(err)
	}
	if _, err := secure.Write(framed(t, wire.Wrap(chat.CatalogueAsk{After: 3}))); err != nil {
		t.Fatal(err)
	}
	if got := expect[chat.FrameReceived](n); got.Frame != (chat.CatalogueAsk{After: 3}) {
		t.Errorf("%+v", got)
	}

	c := f.call("10.0.0.67", n)
	_ = c.SetDeadline(time.Now().Add(patience))
	later := newIntruder(t)
	secure = tls.Client(c, later.config)
	in := wire.NewReader(secure)
	h := later.hello()
	h.ProtocolMin, h.ProtocolMax = 2, 255
	if _, err := secure.Write(framed(t, helloFrame(h))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hello", "bye"} {
		got, err := in.Read(wire.MaxHello)
		if err != nil || (got.GetHello() == nil) == (want == "hello") || (got.GetBye().GetReason() == wire.Bye_REASON_PROTOCOL) != (want == "bye") {
			t.Fatalf("%s: %v, %v", want, got, err)
		}
	}
	n.quiet(0)
}

func TestClockOff(t *testing.T) {
	for name, c := range map[string]struct{ ahead, want time.Duration }{
		"right":     {0, 0},
		"ahead":     {37 * time.Minute, 37 * time.Minute},
		"behind":    {-time.Hour, -time.Hour},
		"far ahead": {200 * 365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newBubble(t)
				a := f.rig()
				b := f.rig(func(cfg *Config) { cfg.Now = func() time.Time { return time.Now().Add(c.ahead) } })
				a.dial(b)
				if up := expect[chat.LinkUp](a); up.ClockOff != c.want {
					t.Errorf("%v, want %v", up.ClockOff, c.want)
				}
				if up := expect[chat.LinkUp](b); up.ClockOff != -c.want {
					t.Errorf("%v, want %v", up.ClockOff, -c.want)
				}
			})
		})
	}
	for _, wall := range []int64{-1 << 63, 1<<63 - 1} {
		if off := clockOff(wall, time.Now()).Abs(); off != 100*365*24*time.Hour {
			t.Errorf("a clock at %d is off by %v", wall, off)
		}
	}
}

// TestOneTalksToTwenty: many links at once, each with its own order.
func TestOneTalksToTwenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newBubble(t)
		hub := f.rig()
		const others, frames = 20, 50
		var all sync.WaitGroup
		for range others {
			r := f.rig()
			r.keep(hub)
			all.Go(func() {
				expect[chat.LinkUp](r)
				for k := range frames {
					if err := r.Send(hub.remote(), chat.CatalogueAsk{After: uint64(k)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		next := map[chat.PeerID]uint64{}
		for range others * frames {
			got := await[chat.FrameReceived](hub)
			if got.Frame.(chat.CatalogueAsk).After != next[got.Remote.Peer] {
				t.Fatalf("%+v out of order", got)
			}
			next[got.Remote.Peer]++
		}
		all.Wait()
	})
}

func TestListen(t *testing.T) {
	first := newRig(t)
	if _, err := New(Config{Identity: newIdentity(t), Listen: first.address()}); err == nil {
		t.Error("a port that is taken was taken again")
	}
	if got := first.Addresses(); !slices.Equal(got, []string{first.address()}) {
		t.Errorf("Addresses() = %v", got)
	}
	var free []*Node
	for range 2 {
		n, err := New(Config{Identity: newIdentity(t)})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range n.Addresses() {
			if ap, err := netip.ParseAddrPort(a); err != nil || int(ap.Port()) != n.port {
				t.Errorf("Addresses() has %q", a)
			}
		}
		free = append(free, n)
	}
	if free[0].port == free[1].port {
		t.Error("two nodes on one port")
	}
	for _, n := range free {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	newRig(t).dial(first) // it runs
	if err := first.Run(context.Background()); err == nil {
		t.Error("Run ran twice")
	}
}

func TestDialErrors(t *testing.T) {
	n := newRig(t)
	closed := newRig(t)
	gone := closed.address()
	closed.stop()
	for _, address := range []string{gone, "127.0.0.1:0", "127.0.0.1:99999", "nonsense", "", "[::1", "127.0.0.1"} {
		if id, err := n.Dial(t.Context(), address, chat.PeerID{}); !errors.Is(err, chat.ErrUnreachable) || !id.IsZero() {
			t.Errorf("Dial(%q) = %v, %v", address, id, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Dial(ctx, gone, chat.PeerID{}); !errors.Is(err, chat.ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := closed.Dial(t.Context(), n.address(), chat.PeerID{}); err == nil {
		t.Error("a node that ended dials")
	}
	n.quiet(0)
}

// TestA12NothingReadableOnTheWire looks for what was said in what went over the cable.
func TestA12NothingReadableOnTheWire(t *testing.T) {
	f := newFabric(t)
	tap := new(tap)
	f.tap = tap.add
	a, b := f.rig(), f.rig()
	a.keep(b)
	expect[chat.LinkUp](a)
	expect[chat.LinkUp](b)
	for k := range 200 {
		mark := fmt.Appendf(nil, "MARKER of message %d", k)
		for _, frame := range []chat.Frame{
			chat.Entries{Groups: [][]byte{mark}}, chat.ProfileFrame{Record: mark}, chat.ListingsFrame{Records: [][]byte{mark}},
		} {
			if err := a.Send(b.remote(), frame); err != nil {
				t.Fatal(err)
			}
			expect[chat.FrameReceived](b)
		}
	}
	seen := tap.bytes()
	if len(seen) < 200*3*20 {
		t.Fatalf("only %d bytes were captured", len(seen))
	}
	for what, plain := range map[string][]byte{
		"text": []byte("MARKER"), "own key": a.self[:], "other key": b.self[:], "version": []byte("test"),
	} {
		if bytes.Contains(seen, plain) {
			t.Errorf("the wire shows: %s", what)
		}
	}
}
