package peer

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"haggle/chat"
	"haggle/peer/wire"
)

const (
	checkLimit = time.Second // to answer whether one is still there
	writeSize  = 16 << 10    // a TLS record
)

// errProtocol says that a proven peer broke the rules; the link ends.
var errProtocol = errors.New("the other side broke the protocol")

// other is the far end of a connection, as its key and its hello told.
type other struct {
	chat.Remote
	nonce    [wire.NonceSize]byte
	port     uint16 // where it says that it accepts links, 0 if nowhere
	address  string // where it can be dialled, empty if unknown
	clockOff time.Duration
	version  string
	features uint64
}

// link is a connection to one device of a proven peer. run reads, write writes, both end when either does.
type link struct {
	other
	node    *Node
	conn    *conn
	tls     *tls.Conn
	in      *wire.Reader
	ticket  *ticket
	dialled bool          // by us
	device  chat.DeviceID // the own one, as the hello told
	since   time.Time

	pace       pace // of reading
	reach      reachAnswers
	reachLimit *rate.Limiter // of the other side's asking

	queue   *queue
	answers answers              // to Wants, sent when queue is empty
	changed chan struct{}        // holds a value after ours, theirs or watched changed
	bye     chan wire.Bye_Reason // holds why we end it, at most one
	broken  chan struct{}        // closed when the connection is
	breaks  atomic.Bool          // broken is closed or about to
	done    chan struct{}        // closed when chat knows of the end
	ours    atomic.Bool          // we keep the link
	theirs  atomic.Bool          // the other side does
	watched atomic.Bool          // somebody looks at the other's presence
	active  atomic.Int64         // the connection's age when a frame of chat last passed or ours or theirs changed
	busy    atomic.Bool          // the reader waits for chat
	idle    atomic.Bool          // ended because neither side keeps it

	// Guarded by Node.mu.
	replaces *link // whose done comes before our LinkUp
	replaced bool  // another link took our place: it reports
	ending   bool  // LinkDown is on its way
	known    bool  // no stranger
	told     told

	reported bool // chat holds the remote for linked; for run, and after done for whoever replaces the link
}

// run sees the link through from its first byte after the handshake to LinkDown. hello, if any, goes out first.
func (l *link) run(hello []byte) {
	defer l.node.running.Done()
	defer l.ticket.done()
	defer close(l.done)
	started := l.start(hello)
	if old := l.replaces; old != nil {
		<-old.done
		l.reported, l.replaces = old.reported, nil
	}
	if started {
		written := make(chan struct{})
		go func() {
			defer close(written)
			l.write()
		}()
		if l.tell(l.up()) {
			l.reported = true
			l.conn.frameDone()
			l.askIfKept()
			l.node.log.Debug("Linked", "peer", l.Peer, "device", l.Device, "dialled", l.dialled)
			err := l.read()
			if hostile(err) {
				l.node.seldom.Do(func() { l.node.log.Warn("Link broken off", "peer", l.Peer, "reason", reason(err)) })
			}
			l.node.log.Debug("Link ended", "peer", l.Peer, "device", l.Device, "reason", reason(err))
		}
		l.cut()
		<-written
	}
	l.cut()
	l.node.ended(l)
}

func (l *link) start(hello []byte) bool {
	if _, err := l.tls.Write(hello); err != nil {
		return false
	}
	l.touch()
	l.conn.watch(l.silence())
	return true
}

func (l *link) touch() { l.active.Store(l.conn.age()) }

func (l *link) silence() time.Duration {
	if l.watched.Load() {
		return l.node.cfg.Silence / 2
	}
	return l.node.cfg.Silence
}

// read hands frames on until the link ends; its error says why.
func (l *link) read() (err error) {
	defer l.node.survive(&err)
	for {
		f, err := l.in.Read(wire.MaxFrame)
		if err != nil {
			return err
		}
		switch body := f.GetBody().(type) {
		case nil: // of a later version
		case *wire.Frame_Ping:
			if id := body.Ping.GetId(); id != 0 {
				l.say(&wire.Frame{Body: &wire.Frame_Pong{Pong: &wire.Pong{Id: id}}})
			}
		case *wire.Frame_Pong: // that its bytes came is the answer
		case *wire.Frame_Keep:
			l.touch()
			l.theirs.Store(body.Keep.GetKeep())
			l.keptOrNot()
			poke(l.changed)
		case *wire.Frame_PeersAsk:
			l.asksForPeers()
		case *wire.Frame_Peers:
			l.hearsOf(body.Peers)
		case *wire.Frame_ReachAsk:
			l.asksForReach(body.ReachAsk.GetId())
		case *wire.Frame_Reach:
			l.reach.put(body.Reach)
		case *wire.Frame_Bye:
			return l.heardBye(body.Bye.GetReason())
		case *wire.Frame_Hello:
			return fmt.Errorf("second hello: %w", errProtocol)
		default:
			if err := l.receive(f); err != nil {
				return err
			}
		}
		if !l.paced() {
			return io.EOF
		}
		l.conn.frameDone()
	}
}

func (l *link) receive(f *wire.Frame) error {
	frame, err := f.Chat()
	if err != nil {
		return fmt.Errorf("%w: %w", errProtocol, err)
	}
	l.touch()
	if l.isSelf() {
		return nil
	}
	if !l.tell(chat.FrameReceived{Remote: l.Remote, Frame: frame}) {
		return io.EOF
	}
	runtime.Gosched() // chat is in more of a hurry than the next frame
	return nil
}

// tell hands an event to chat, in turn with all links; false if the link or the node ends first.
func (l *link) tell(e chat.LinkEvent) bool {
	l.busy.Store(true)
	defer l.busy.Store(false)
	select {
	case l.node.events <- e:
		return true
	case <-l.broken:
	case <-l.node.ending:
	}
	return false
}

func (l *link) heardBye(reason wire.Bye_Reason) error {
	switch reason {
	case wire.Bye_REASON_IDLE:
		l.idle.Store(true)
	case wire.Bye_REASON_DUPLICATE:
		// The connection that stays is about to replace this one: wait for it rather than tell of an end that is none.
		select {
		case <-l.broken:
		case <-l.node.ending:
		case <-time.After(checkLimit):
		}
	default:
	}
	return fmt.Errorf("bye (%d): %w", reason, io.EOF)
}

// write sends what is queued, signs of life between, and a Bye at the end.
func (l *link) write() {
	w := bufio.NewWriterSize(l.tls, writeSize)
	defer l.answers.shut()
	last := time.Now()
	timer := time.NewTimer(l.wait(last))
	defer timer.Stop()
	for {
		sent := false
		for frame := l.next(); frame != nil; frame = l.next() {
			if _, err := w.Write(frame); err != nil {
				l.cut()
				return
			}
			sent = true
		}
		if err := w.Flush(); err != nil {
			l.cut()
			return
		}
		if sent {
			last = time.Now()
		}
		select {
		case <-l.queue.wake:
			continue
		case <-l.broken:
			return
		case reason := <-l.bye:
			l.sayBye(w, reason)
			return
		case <-l.changed:
		case <-timer.C:
			if time.Since(last) >= l.beat() {
				l.ping(l.watched.Load())
				last = time.Now()
			}
		}
		if l.idleFor() >= l.node.cfg.Idle {
			l.idle.Store(true)
			l.conn.finish()
			l.sayBye(w, wire.Bye_REASON_IDLE)
			return
		}
		timer.Reset(l.wait(last))
	}
}

// next is what to send now: pictures only when nothing else waits.
func (l *link) next() []byte {
	if frame := l.queue.take(); frame != nil {
		return frame
	}
	frame := l.answers.next(l.node.log)
	if frame != nil {
		l.touch()
	}
	return frame
}

// wait is how long the writer has nothing to do unless it is asked to: last is when it last wrote.
func (l *link) wait(last time.Time) time.Duration {
	wait := time.Until(last.Add(l.beat()))
	if !l.kept() {
		wait = min(wait, l.node.cfg.Idle-l.idleFor())
	}
	return max(wait, 0)
}

func (l *link) kept() bool { return l.ours.Load() || l.theirs.Load() }

// idleFor is how long no frame of chat passed on a link that neither side keeps; 0 if one does.
func (l *link) idleFor() time.Duration {
	if l.kept() {
		return 0
	}
	return time.Duration(l.conn.age() - l.active.Load())
}

func (l *link) beat() time.Duration {
	if l.watched.Load() {
		return l.node.cfg.Beat / 2
	}
	return l.node.cfg.Beat
}

// ping shows that we are here and, if answer is set, asks the other side to do so, too.
func (l *link) ping(answer bool) {
	ping := &wire.Ping{}
	if answer {
		ping.Id = 1
	}
	l.say(&wire.Frame{Body: &wire.Frame_Ping{Ping: ping}})
}

// sayBye ends the connection in order: the other side reads all that was sent, and its end is awaited for a moment.
func (l *link) sayBye(w *bufio.Writer, reason wire.Bye_Reason) {
	bye, err := wire.Append(nil, &wire.Frame{Body: &wire.Frame_Bye{Bye: &wire.Bye{Reason: reason}}})
	if err == nil {
		_, err = w.Write(bye)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		l.cut()
		return
	}
	l.conn.closeWrite()
}

// say queues a frame about the link.
func (l *link) say(f *wire.Frame) {
	if encoded, err := wire.Append(nil, f); err == nil {
		_ = l.send(talkLane, encoded) // the link says itself when it is gone
	}
}

// send queues an encoded frame. A peer that lets too much pile up is dropped.
func (l *link) send(to lane, encoded []byte) error {
	if !l.queue.put(to, encoded) {
		l.cut()
		return chat.ErrNotLinked
	}
	return nil
}

// end says Bye and lets the link run out; cut breaks it off.
func (l *link) end(reason wire.Bye_Reason) {
	select {
	case l.bye <- reason:
		l.conn.finish()
	default:
	}
}

func (l *link) cut() {
	if l.breaks.CompareAndSwap(false, true) {
		close(l.broken)
		_ = l.conn.Close()
		l.queue.close()
		l.answers.close()
	}
}

// check asks for a sign of life and cuts the link if none comes in time.
func (l *link) check(limit time.Duration) {
	asked := l.conn.age()
	l.ping(true)
	time.AfterFunc(limit, func() {
		if l.conn.heard.Load() < asked && !l.busy.Load() {
			l.conn.giveUp()
			l.cut()
		}
	})
}

// keep tells the other side whether we want the link to last. Idleness starts over with each change, on both sides: one
// may be about to keep what the other lets go. Node.mu is held.
func (l *link) keep(keep bool) {
	if l.ours.Load() == keep {
		return
	}
	l.touch()
	l.ours.Store(keep)
	l.node.news++
	l.say(&wire.Frame{Body: &wire.Frame_Keep{Keep: &wire.Keep{Keep: keep}}})
	poke(l.changed)
	if keep {
		l.askForPeers()
	}
}

// isSelf reports whether the other end is the same person on another device: chat hears of it, not from it.
func (l *link) isSelf() bool { return l.Peer == l.node.self }

func (l *link) up() chat.LinkEvent {
	if l.isSelf() {
		return chat.SelfElsewhere{Device: l.Device, Addresses: l.addresses()}
	}
	return chat.LinkUp{Remote: l.Remote, Address: l.address, ClockOff: l.clockOff, Version: l.version, Parcels: l.features&wire.FeatureParcels != 0}
}

func (l *link) down() chat.LinkEvent {
	if l.isSelf() {
		return chat.SelfElsewhere{Device: l.Device, Addresses: l.addresses(), Gone: true}
	}
	return chat.LinkDown{Remote: l.Remote, Idle: l.idle.Load()}
}

func (l *link) addresses() []string {
	if l.address == "" {
		return nil
	}
	return []string{l.address}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
