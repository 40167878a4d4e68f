package chat_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"haggle/chat"
)

// wire is the network of one node, and the test is everybody else on it: it speaks with their keys and reads what the
// node sends. What the node does is handed over through channels, so that the test may look whenever all is quiet.
type wire struct {
	t      testing.TB
	events chan chat.LinkEvent
	sent   chan delivery
	did    chan any // Keep, Visit, Announce, Block and Rotate as kept, visited, announced, blocked, rotated
	dial   func(address string, want chat.PeerID) (chat.PeerID, error)
}

type delivery struct {
	to    chat.Remote
	frame chat.Frame
}

type (
	kept      []chat.Wanted
	visited   chat.PeerID
	announced uint32
	rotated   chat.DeviceID
	watched   struct {
		peer chat.PeerID
		on   bool
	}
	blocked struct {
		peer chat.PeerID
		on   bool
	}
)

const manyFrames = 1 << 15

func newWire(t testing.TB) *wire {
	return &wire{t: t, events: make(chan chat.LinkEvent, 256), sent: make(chan delivery, manyFrames), did: make(chan any, manyFrames)}
}

func (w *wire) note(what any) {
	select {
	case w.did <- what:
	default:
		w.t.Error("the node asks too much of its link")
	}
}

func (w *wire) Send(to chat.Remote, f chat.Frame) error {
	select {
	case w.sent <- delivery{to, f}:
	default:
		w.t.Error("the node sends without end")
	}
	return nil
}

func (w *wire) Dial(_ context.Context, address string, want chat.PeerID) (chat.PeerID, error) {
	return w.dial(address, want)
}

func (w *wire) Diagnose(_ context.Context, about chat.PeerID) (chat.Diagnosis, error) {
	return chat.Diagnosis{Peers: []chat.PeerFacts{{Peer: about}}}, nil
}

func (w *wire) Probe(context.Context) (int, error) { return 0, chat.ErrUnreachable }

func (w *wire) Events() <-chan chat.LinkEvent    { return w.events }
func (w *wire) Keep(list []chat.Wanted)          { w.note(kept(list)) }
func (w *wire) Visit(p chat.PeerID)              { w.note(visited(p)) }
func (w *wire) Announce(catalogue uint32)        { w.note(announced(catalogue)) }
func (w *wire) Block(p chat.PeerID, on bool)     { w.note(blocked{p, on}) }
func (w *wire) Watch(p chat.PeerID, on bool)     { w.note(watched{p, on}) }
func (w *wire) Rotate(d chat.DeviceID)           { w.note(rotated(d)) }
func (w *wire) Addresses() []string              { return []string{"192.0.2.1:7"} }
func (w *wire) AddressesOf(chat.PeerID) []string { return nil }
func (w *wire) down(r chat.Remote, idle bool)    { w.tell(chat.LinkDown{Remote: r, Idle: idle}) }
func (w *wire) seen(p chat.PeerID, catalogue uint32) {
	w.tell(chat.PeerSeen{Peer: p, Catalogue: catalogue})
}

// tell gives the node an event and waits until it is done with it.
func (w *wire) tell(e chat.LinkEvent) {
	w.events <- e
	synctest.Wait()
}

// asked is what the node asked of its link since the last call, of one kind.
func asked[T any](w *wire) []T {
	synctest.Wait()
	return of[T](drain(w.did))
}

// of picks the values of one type.
func of[T, A any](all []A) []T {
	var some []T
	for _, a := range all {
		if v, ok := any(a).(T); ok {
			some = append(some, v)
		}
	}
	return some
}

// drain empties a channel that nobody writes to now.
func drain[T any](from chan T) []T {
	var all []T
	for {
		select {
		case v := <-from:
			all = append(all, v)
		default:
			return all
		}
	}
}

// far is the other end of a link: one device of another person, played by hand.
type far struct {
	d      *desk
	person person
	device chat.DeviceID
	unread []chat.Frame // taken off the wire for another end
}

func (f *far) remote() chat.Remote { return chat.Remote{Peer: f.person.id, Device: f.device} }

// up links again, as after a break.
func (f *far) up() { f.d.wire.tell(chat.LinkUp{Remote: f.remote(), Address: "192.0.2.2:7"}) }

func (f *far) down() { f.d.wire.down(f.remote(), false) }

// say hands the node a frame and waits until all is quiet.
func (f *far) say(frames ...chat.Frame) {
	for _, frame := range frames {
		f.d.wire.events <- chat.FrameReceived{Remote: f.remote(), Frame: frame}
	}
	synctest.Wait()
}

// heard is what the node sent here since the last call.
func (f *far) heard() []chat.Frame {
	synctest.Wait()
	for _, s := range drain(f.d.wire.sent) {
		for _, end := range f.d.ends {
			if end.remote() == s.to {
				end.unread = append(end.unread, s.frame)
			}
		}
	}
	frames := f.unread
	f.unread = nil
	return frames
}

// heardOf is what the node sent here since the last call, of one kind; the others are gone, too.
func heardOf[T chat.Frame](f *far) []T { return of[T](f.heard()) }

// entries is the frame that carries groups of a log.
func (f *far) entries(log chat.LogID, groups ...*chat.Group) chat.Entries {
	e := chat.Entries{Mine: f.roleIn(log.Room), Author: log.Author, Device: log.Device}
	for _, g := range groups {
		e.Groups = append(e.Groups, g.Encode())
	}
	return e
}

// roleIn is what this person is in one of the two rooms they share with the node.
func (f *far) roleIn(room chat.RoomID) chat.Role {
	if room == chat.RoomFor(f.person.id, f.d.me.id) {
		return chat.Buyer
	}
	return chat.Seller
}

// write sends an author's lines as one group.
func (f *far) write(a *author, lines ...line) *chat.Group {
	g := a.group(lines...)
	f.say(f.entries(a.log, g))
	return g
}

// have is what this end says it holds of a room: logs it does not name are empty.
func (f *far) have(room chat.RoomID, heads ...chat.Head) chat.Have {
	return chat.Have{Mine: f.roleIn(room), Heads: heads}
}

// receipt is this end's signed receipt for a log of the node's.
func (f *far) receipt(log chat.LogID, delivered, read uint64) chat.ReceiptFrame {
	r := chat.Receipt{Log: log, By: f.device, Delivered: delivered, Read: read}
	r.Sign(f.person.key)
	return chat.ReceiptFrame{
		Mine: f.roleIn(log.Room), Author: log.Author, Device: log.Device, By: f.device, Delivered: delivered, Read: read, Signature: r.Signature,
	}
}

// groups decodes everything in frames that carry entries of a log.
func groups(t testing.TB, log chat.LogID, frames []chat.Frame) []*chat.Group {
	t.Helper()
	var list []*chat.Group
	for _, e := range of[chat.Entries](frames) {
		if e.Author != log.Author || e.Device != log.Device {
			continue
		}
		for _, raw := range e.Groups {
			g, err := chat.DecodeGroup(raw)
			if err != nil {
				t.Fatalf("the node sent a group that does not decode: %v", err)
			}
			list = append(list, g)
		}
	}
	return list
}

// entriesOf are the entries of groups, in order.
func entriesOf(list []*chat.Group) []chat.Entry {
	var all []chat.Entry
	for _, g := range list {
		all = append(all, g.Entries...)
	}
	return all
}

// receipts are the receipts for one log among frames.
func receipts(log chat.LogID, frames []chat.Frame) []chat.ReceiptFrame {
	return slices.DeleteFunc(of[chat.ReceiptFrame](frames), func(r chat.ReceiptFrame) bool {
		return r.Author != log.Author || r.Device != log.Device
	})
}
