package chat_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
)

// person is somebody with a key.
type person struct {
	id  chat.PeerID
	key ed25519.PrivateKey
}

// someone is the person whose key comes from 32 equal bytes.
func someone(seed byte) person {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return person{chat.PeerID(key.Public().(ed25519.PublicKey)), key} //nolint:forcetypeassert // its documented type
}

// many is a person among thousands.
func many(i int) person {
	seed := bytes.Repeat([]byte{0xee}, ed25519.SeedSize)
	seed[0], seed[1], seed[2] = byte(i), byte(i>>8), byte(i>>16)
	key := ed25519.NewKeyFromSeed(seed)
	return person{chat.PeerID(key.Public().(ed25519.PublicKey)), key} //nolint:forcetypeassert // its documented type
}

func sign(key ed25519.PrivateKey, message []byte) []byte { return ed25519.Sign(key, message) }

// author writes one log by hand, chained and signed as a node would.
type author struct {
	log   chat.LogID
	key   ed25519.PrivateKey
	seq   uint64
	hash  chat.Hash
	clock chat.Clock
}

// authorIn is somebody's device in the room of a buyer and a seller.
func authorIn(buyer, seller person, role chat.Role, device chat.DeviceID) *author {
	who := buyer
	if role == chat.Seller {
		who = seller
	}
	room := chat.RoomFor(buyer.id, seller.id)
	return &author{
		log: chat.LogID{Room: room, Author: role, Device: device}, key: who.key, hash: chat.LogStart(room, who.id, device), clock: 1000,
	}
}

// line is an entry to be written.
type line struct {
	kind   chat.Kind
	body   []byte
	clock  chat.Clock // 0: one more than the last
	sentAt int64
	bare   bool // goes without its body
}

func says(text string) line {
	b := chat.Body{Kind: chat.KindText, Text: text}
	return line{kind: chat.KindText, body: b.Encode()}
}

func takesBack(seq uint64) line {
	b := chat.Body{Kind: chat.KindWithdrawal, Seq: seq}
	return line{kind: chat.KindWithdrawal, body: b.Encode()}
}

func (l line) at(clock chat.Clock) line        { l.clock = clock; return l }
func (l line) sent(milli int64) line           { l.sentAt = milli; return l }
func (l line) withoutBody() line               { l.bare = true; return l }
func repeat(n int, l line) []line              { return slices.Repeat([]line{l}, n) }
func (a *author) id(seq uint64) chat.MessageID { return chat.MessageID{LogID: a.log, Seq: seq} }

// group writes lines as one group.
func (a *author) group(lines ...line) *chat.Group {
	g := new(chat.Group)
	for _, l := range lines {
		e := chat.Entry{Seq: a.seq + 1, Previous: a.hash, Clock: a.clock + 1, SentAt: l.sentAt, Kind: l.kind}
		if l.clock != 0 {
			e.Clock = l.clock
		}
		e.SetBody(l.body)
		if l.bare {
			e.Body = nil
		}
		g.Entries = append(g.Entries, e)
		a.seq, a.hash, a.clock = e.Seq, e.Hash(), e.Clock
	}
	g.Sign(a.key)
	return g
}

func (a *author) head() chat.Head {
	return chat.Head{Author: a.log.Author, Device: a.log.Device, Seq: a.seq, Hash: a.hash}
}

// copied is the author at this point once more: what they write is another version of the log.
func (a *author) copied() *author { b := *a; return &b }

// follow moves the author over groups that a node wrote in their log.
func (a *author) follow(list ...*chat.Group) {
	for _, g := range list {
		e := &g.Entries[len(g.Entries)-1]
		a.seq, a.hash, a.clock = e.Seq, e.Hash(), e.Clock
	}
}

// trouble is what a disk does to commits.
type trouble struct {
	hold    bool                   // keep every commit back until release
	refuse  func(chat.Batch) error // nil takes all
	latency time.Duration          // of a sync
}

// disk is a store whose commits the test counts, holds back, delays or refuses.
type disk struct {
	*storetest.Mem
	trouble atomic.Pointer[trouble]
	held    chan func()
	commits atomic.Int64
	records chan chat.Record // all that were handed over
}

func newDisk(mem *storetest.Mem) *disk {
	d := &disk{Mem: mem, held: make(chan func(), 1024), records: make(chan chat.Record, manyFrames)}
	d.trouble.Store(&trouble{})
	return d
}

func (d *disk) Commit(b chat.Batch, done func(error)) {
	d.commits.Add(1)
	for _, r := range b.Records {
		select {
		case d.records <- r:
		default:
		}
	}
	t := d.trouble.Load()
	var err error
	if t.refuse != nil && !t.hold {
		err = t.refuse(b)
	}
	switch {
	case t.hold:
		d.held <- func() { d.Mem.Commit(b, done) }
	case err != nil:
		time.AfterFunc(t.latency, func() { done(err) })
	case t.latency > 0:
		time.AfterFunc(t.latency, func() { d.Mem.Commit(b, done) })
	default:
		d.Mem.Commit(b, done)
	}
}

// release lets what was held back go on and holds nothing any more.
func (d *disk) release() {
	d.trouble.Store(&trouble{})
	for _, commit := range drain(d.held) {
		commit()
	}
	synctest.Wait()
}

func (d *disk) full() {
	d.trouble.Store(&trouble{latency: time.Millisecond, refuse: func(chat.Batch) error { return chat.ErrDiskFull }})
}

// desk is one node, its disk and its network, inside a bubble of virtual time. The test plays all other people.
type desk struct {
	*testing.T
	me     person
	device chat.DeviceID
	disk   *disk
	wire   *wire
	node   *chat.Node
	events chan chat.Event
	ends   []*far
	cfg    func(*chat.Config)
	stop   func()
}

var (
	me, ann, bo = someone(1), someone(2), someone(3)
	myDevice    = chat.DeviceID{0x11}
	annDevice   = chat.DeviceID{0xaa}
	boDevice    = chat.DeviceID{0xbb}
)

// play runs a test at a desk.
func play(t *testing.T, test func(*desk)) {
	t.Helper()
	playWith(t, nil, test)
}

// playWith is play with another configuration.
func playWith(t *testing.T, cfg func(*chat.Config), test func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{T: t, me: me, device: myDevice, disk: newDisk(storetest.NewMem(me.id)), cfg: cfg}
		d.start()
		defer func() { // after a Fatal, too: a bubble must not leave goroutines behind
			d.disk.release()
			d.stop()
			if err := d.disk.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(d)
	})
}

func (d *desk) start() {
	d.Helper()
	d.wire, d.events, d.ends = newWire(d.T), make(chan chat.Event, manyFrames), nil
	events := d.events
	cfg := chat.Config{
		Self: chat.Identity{ID: d.me.id, Key: d.me.key, Device: d.device}, Store: d.disk, Link: d.wire, Name: "Me",
		Notify: func(e chat.Event) {
			select {
			case events <- e:
			default:
				d.Error("the node notifies without end")
			}
		},
		Rotate: func() (chat.DeviceID, error) { return chat.DeviceID{0x12}, nil },
	}
	if d.cfg != nil {
		d.cfg(&cfg)
	}
	node, err := chat.New(cfg)
	if err != nil {
		d.Fatal(err)
	}
	d.node = node
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := node.Run(ctx); err != nil {
			d.Errorf("Run: %v", err)
		}
	}()
	d.stop = func() { cancel(); <-ended }
	synctest.Wait()
}

// restart ends the node in order and starts it again on the same disk.
func (d *desk) restart() {
	d.Helper()
	d.stop()
	old := d.disk.Mem
	d.disk = newDisk(old.Restart())
	d.start()
}

// pass lets virtual time go by.
func (d *desk) pass(t time.Duration) {
	<-time.After(t)
	synctest.Wait()
}

// told is what the node told since the last call.
func (d *desk) told() []chat.Event {
	synctest.Wait()
	return drain(d.events)
}

// toldOf is what the node told since the last call, of one kind; the others are gone, too.
func toldOf[T chat.Event](d *desk) []T { return of[T](d.told()) }

// notices are the kinds of the store notices among events.
func notices(events []chat.Event) []chat.Notice {
	var kinds []chat.Notice
	for _, n := range of[chat.StoreNotice](events) {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// linked links somebody's device and forgets what the two sides say first.
func (d *desk) linked(p person, device chat.DeviceID) *far {
	d.Helper()
	f := &far{d: d, person: p, device: device}
	d.ends = append(d.ends, f)
	f.up()
	f.heard()
	return f
}

// met is linked with both Haves said: the other side holds nothing.
func (d *desk) met(p person, device chat.DeviceID) *far {
	d.Helper()
	f := d.linked(p, device)
	f.say(chat.Have{Mine: chat.Buyer}, chat.Have{Mine: chat.Seller}, chat.CatalogueFrame{})
	f.heard()
	return f
}

// fate is what becomes of a call.
type fate[T any] struct {
	value T
	err   error
}

// ask starts a call and gives the channel on which its fate comes.
func ask[T any](start func(then func(T, error))) chan fate[T] {
	c := make(chan fate[T], 1)
	start(func(v T, err error) { c <- fate[T]{v, err} })
	return c
}

// now is the fate of a call that must be known by now.
func now[T any](d *desk, c chan fate[T]) (T, error) {
	d.Helper()
	synctest.Wait()
	select {
	case f := <-c:
		return f.value, f.err
	default:
		d.Fatal("the call has no answer yet")
		panic("not reached")
	}
}

// pending reports whether a call has no answer yet.
func pending[T any](c chan fate[T]) bool {
	synctest.Wait()
	return len(c) == 0
}

// opened opens a room, or fails the test.
func (d *desk) opened(buyer, seller person) chat.RoomID {
	d.Helper()
	view, err := now(d, ask(func(then func(chat.RoomView, error)) {
		d.node.OpenRoom(buyer.id, seller.id, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
	}))
	if err != nil {
		d.Fatalf("open room: %v", err)
	}
	return view.ID
}

func (d *desk) posting(room chat.RoomID, text string) chan fate[chat.Message] {
	return ask(func(then func(chat.Message, error)) { d.node.Post(room, chat.Draft{Text: text}, then) })
}

// posted posts and fails the test if that fails.
func (d *desk) posted(room chat.RoomID, text string) chat.Message {
	d.Helper()
	m, err := now(d, d.posting(room, text))
	if err != nil {
		d.Fatalf("post %.20q: %v", text, err)
	}
	return m
}

// withdrawn is what Withdraw answers.
type withdrawn struct {
	message chat.Message
	maySeen bool
}

func (d *desk) withdrawing(id chat.MessageID) chan fate[withdrawn] {
	return ask(func(then func(withdrawn, error)) {
		d.node.Withdraw(id, func(m chat.Message, maySeen bool, err error) { then(withdrawn{m, maySeen}, err) })
	})
}

func (d *desk) accepted(room chat.RoomID) {
	d.Helper()
	if _, err := now(d, ask(func(then func(chat.RoomView, error)) { d.node.Accept(room, then) })); err != nil {
		d.Fatalf("accept: %v", err)
	}
}

func (d *desk) deleted(room chat.RoomID) {
	d.Helper()
	if _, err := now(d, ask(func(then func(struct{}, error)) { d.node.DeleteRoom(room, then) })); err != nil {
		d.Fatalf("delete: %v", err)
	}
}

func (d *desk) markedRead(upTo chat.MessageID) int {
	d.Helper()
	unread, err := now(d, ask(func(then func(int, error)) { d.node.MarkRead(upTo.Room, upTo, then) }))
	if err != nil {
		d.Fatalf("mark read: %v", err)
	}
	return unread
}

func (d *desk) published(g chat.Goods) *chat.Listing {
	d.Helper()
	l, err := now(d, ask(func(then func(*chat.Listing, error)) { d.node.Publish(g, then) }))
	if err != nil {
		d.Fatalf("publish: %v", err)
	}
	return l
}

func (d *desk) revising(id chat.ListingID, edit func(*chat.Goods, *chat.Status)) chan fate[*chat.Listing] {
	return ask(func(then func(*chat.Listing, error)) {
		d.node.Revise(id, func(g *chat.Goods, s *chat.Status) error { edit(g, s); return nil }, then)
	})
}

func (d *desk) revised(id chat.ListingID, edit func(*chat.Goods, *chat.Status)) *chat.Listing {
	d.Helper()
	l, err := now(d, d.revising(id, edit))
	if err != nil {
		d.Fatalf("revise: %v", err)
	}
	return l
}

// page is all of a room as a person sees it.
func (d *desk) page(room chat.RoomID) []chat.Message {
	d.Helper()
	list, err := d.node.Messages(room, chat.MessageID{}, true, 1<<20)
	if err != nil {
		d.Fatalf("messages: %v", err)
	}
	return list
}

// words are the texts of messages on one line; "-" is one that was taken back, "?" one of an unknown kind.
func words(list []chat.Message) string {
	texts := make([]string, len(list))
	for i, m := range list {
		switch {
		case m.Unknown:
			texts[i] = "?"
		case m.State == chat.Withdrawn:
			texts[i] = "-"
		default:
			texts[i] = m.Text
		}
	}
	return strings.Join(texts, " ")
}

// shows fails the test unless the room reads like that.
func (d *desk) shows(room chat.RoomID, want string) {
	d.Helper()
	if got := words(d.page(room)); got != want {
		d.Errorf("the room shows %q, want %q", got, want)
	}
}

// full makes the disk refuse everything for want of space.
func (d *desk) full() { d.disk.full() }

// inbox is how many rooms a person sees.
func (d *desk) inbox() int {
	d.Helper()
	total, _, err := d.node.Rooms(chat.AllRooms, 0, 100)
	if err != nil {
		d.Fatal(err)
	}
	return total
}

// rooms is how many rooms are on disk.
func (d *desk) rooms() int {
	d.Helper()
	n := 0
	if err := d.disk.EachRoom(func(chat.RoomID, *chat.RoomState) bool { n++; return true }); err != nil {
		d.Fatal(err)
	}
	return n
}

// stateText is all of a room's state, to be compared.
func stateText(s *chat.RoomState) string {
	last := fmt.Sprint(s.Last)
	c := s.Clone()
	c.Last = nil
	return fmt.Sprintf("%+v %s", *c, last)
}

// textOf is the text of an entry as its author wrote it.
func textOf(e chat.Entry) string {
	b, err := chat.DecodeBody(e.Kind, e.Body)
	if err != nil {
		return "?"
	}
	return b.Text
}

// absent fails the test if the room is on disk.
func (d *desk) absent(room chat.RoomID) {
	d.Helper()
	if _, err := d.disk.Room(room); !errors.Is(err, chat.ErrNotFound) {
		d.Errorf("the room is on disk (%v)", err)
	}
}

// held is how far the node's disk holds a log.
func (d *desk) held(log chat.LogID) chat.LogState {
	d.Helper()
	s, err := d.disk.Room(log.Room)
	if errors.Is(err, chat.ErrNotFound) {
		return chat.LogState{}
	}
	if err != nil {
		d.Fatal(err)
	}
	if l := s.Log(log.Author, log.Device); l != nil {
		return *l
	}
	return chat.LogState{}
}

// mine is the node's own log in a room.
func (d *desk) mine(room chat.RoomID, role chat.Role) chat.LogID {
	return chat.LogID{Room: room, Author: role, Device: d.device}
}

// holds fails the test unless the disk holds a log up to seq.
func (d *desk) holds(log chat.LogID, seq uint64) {
	d.Helper()
	if got := d.held(log).Seq; got != seq {
		d.Errorf("the disk holds the log up to %d, want %d", got, seq)
	}
}

// equal fails the test unless two values are the same.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// fails fails the test unless err is want.
func fails(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// goods makes a listing signed by its seller.
func goods(seller person, id byte, version uint64, status chat.Status, title string) *chat.Listing {
	l := &chat.Listing{Seller: seller.id, ID: chat.ListingID{id, 0xff}, Version: version, Status: status, UpdatedAt: int64(version)}
	l.SetGoods(chat.Goods{Title: title, Price: chat.Money{Minor: 100, Currency: "EUR"}})
	l.Sign(seller.key)
	return l
}

// catalogue is the frame that carries a seller's listings as the whole of their catalogue.
func catalogue(list ...*chat.Listing) chat.ListingsFrame {
	var f chat.ListingsFrame
	for _, l := range list {
		f.Records = append(f.Records, l.Encode())
		f.Digest ^= chat.ListingDigest(l)
	}
	return f
}
