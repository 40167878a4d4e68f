package storetest

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"testing"

	"haggle/chat"
)

// world is a store under test and the people around it.
type world struct {
	*testing.T
	store       Reopener
	me, ann, bo person
}

type person struct {
	id  chat.PeerID
	key ed25519.PrivateKey
}

func newWorld(t *testing.T) *world {
	return &world{T: t, me: someone(1), ann: someone(2), bo: someone(3)}
}

// someone is a person with a key from 32 bytes of seed.
func someone(seed byte) person {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return person{chat.PeerID(key.Public().(ed25519.PublicKey)), key} //nolint:forcetypeassert // its documented type
}

// author writes one log, chained and signed as a node would.
type author struct {
	log   chat.LogID
	key   ed25519.PrivateKey
	seq   uint64
	hash  chat.Hash
	clock chat.Clock
}

func newAuthor(buyer, seller person, role chat.Role, device byte) *author {
	a := &author{log: chat.LogID{Room: chat.RoomFor(buyer.id, seller.id), Author: role, Device: chat.DeviceID{device}}}
	who := buyer
	if role == chat.Seller {
		who = seller
	}
	a.key, a.hash = who.key, chat.LogStart(a.log.Room, who.id, a.log.Device)
	return a
}

// line is an entry to be written.
type line struct {
	clock chat.Clock // 0: one more than the last
	kind  chat.Kind
	body  []byte
	bare  bool // the body does not come with it
}

func says(text string) line {
	b := chat.Body{Kind: chat.KindText, Text: text}
	return line{kind: chat.KindText, body: b.Encode()}
}

func (l line) at(clock chat.Clock) line { l.clock = clock; return l }

func takesBack(seq uint64) line {
	b := chat.Body{Kind: chat.KindWithdrawal, Seq: seq}
	return line{kind: chat.KindWithdrawal, body: b.Encode()}
}

func about(text string, l *chat.Listing) line {
	b := chat.Body{Kind: chat.KindText, Text: text, About: &chat.About{Listing: l.ID, Version: l.Version, Hash: l.Hash()}}
	return line{kind: chat.KindText, body: b.Encode()}
}

// group writes lines as one group.
func (a *author) group(lines ...line) *chat.Group {
	g := new(chat.Group)
	for _, l := range lines {
		e := chat.Entry{Seq: a.seq + 1, Previous: a.hash, Clock: a.clock + 1, SentAt: 1_700_000_000_000 + int64(a.seq), Kind: l.kind}
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

// record is a group that arrives at a time that only grows.
func (a *author) record(lines ...line) chat.GroupRecord {
	g := a.group(lines...)
	return chat.GroupRecord{Log: a.log, Group: g, At: 1_700_000_000_000 + int64(a.clock)}
}

func (a *author) head() chat.Head {
	return chat.Head{Author: a.log.Author, Device: a.log.Device, Seq: a.seq, Hash: a.hash}
}

// fork is the author as they were: another version of the log starts here.
func (a *author) fork() *author { b := *a; return &b }

func opened(buyer, seller person) chat.RoomRecord {
	return chat.RoomRecord{Buyer: buyer.id, Seller: seller.id, At: 1_700_000_000_000, Touch: true, Accepted: true}
}

// goods makes a signed listing.
func goods(seller person, id byte, version uint64, status chat.Status, g chat.Goods) *chat.Listing {
	l := &chat.Listing{Seller: seller.id, ID: chat.ListingID{id, 0xff}, Version: version, Status: status, UpdatedAt: int64(version)}
	if g.Price.Currency == "" {
		g.Price = chat.Money{Minor: 100 * int64(id), Currency: "EUR"}
	}
	l.SetGoods(g)
	l.Sign(seller.key)
	return l
}

// try commits one batch and waits for its fate.
func try(s chat.Store, records ...chat.Record) error {
	done := make(chan error, 1)
	s.Commit(chat.Batch{Records: records}, func(err error) { done <- err })
	return <-done
}

func (w *world) commit(records ...chat.Record) {
	w.Helper()
	if err := try(w.store, records...); err != nil {
		w.Fatalf("commit: %v", err)
	}
}

func (w *world) refused(want error, records ...chat.Record) {
	w.Helper()
	if err := try(w.store, records...); !errors.Is(err, want) {
		w.Fatalf("commit: %v, want %v", err, want)
	}
}

func (w *world) reopen() { w.store = w.store.Reopen(w.T) }

func (w *world) state(id chat.RoomID) *chat.RoomState {
	w.Helper()
	s, err := w.store.Room(id)
	if err != nil {
		w.Fatalf("room: %v", err)
	}
	return s
}

// texts are the texts of rows; "-" stands for one that was taken back.
func texts(rows []chat.Row) []string {
	out := []string{}
	for _, r := range rows {
		if !r.Entry.HasBody() {
			out = append(out, "-")
			continue
		}
		b, err := chat.DecodeBody(r.Entry.Kind, r.Entry.Body)
		if err != nil {
			out = append(out, "?")
			continue
		}
		out = append(out, b.Text)
	}
	return out
}

// page is the newest rows of a room as texts.
func (w *world) page(id chat.RoomID) []string {
	w.Helper()
	rows, err := w.store.Rows(id, nil, true, chat.MaxPage)
	if err != nil {
		w.Fatalf("rows: %v", err)
	}
	return texts(rows)
}

// same compares whatever two values are.
func same[T any](w *world, what string, got, want T) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

func must[T any](w *world, v T, err error) T {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return v
}
