package chat_test

import (
	"context"
	"fmt"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

// instant is a disk without a disk: groups and receipts are durable at once and kept nowhere, so that what is measured is
// the node's own work: chaining, signing, verifying, deciding.
type instant struct{ *storetest.Mem }

func (s instant) Commit(b chat.Batch, done func(error)) {
	for _, r := range b.Records {
		switch r.(type) {
		case chat.GroupRecord, chat.ReceiptRecord:
		default:
			s.Mem.Commit(b, done)
			return
		}
	}
	done(nil)
}

// sink is a network that takes everything and says when a receipt passes.
type sink struct {
	*wire
	receipt chan uint64
}

func (s *sink) Send(_ chat.Remote, f chat.Frame) error {
	if r, ok := f.(chat.ReceiptFrame); ok {
		s.receipt <- r.Delivered
	}
	return nil
}

func (s *sink) Keep([]chat.Wanted) {}

// busy starts a node in a room with ann.
func busy(b *testing.B) (*chat.Node, *sink, chat.RoomID) {
	b.Helper()
	store, link := instant{storetest.NewMem(me.id)}, &sink{newWire(b), make(chan uint64, 1024)}
	node, err := chat.New(chat.Config{Self: chat.Identity{ID: me.id, Key: me.key, Device: myDevice}, Store: store, Link: link, Name: "Me"})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = node.Run(ctx)
	}()
	b.Cleanup(func() {
		cancel()
		<-ended
		_ = store.Close()
	})
	opened := make(chan error, 1)
	node.OpenRoom(ann.id, me.id, chat.ListingID{}, func(_ chat.RoomView, _ bool, err error) { opened <- err })
	if err := <-opened; err != nil {
		b.Fatal(err)
	}
	return node, link, chat.RoomFor(ann.id, me.id)
}

// BenchmarkPost posts one message after another, and a thousand without waiting for each.
func BenchmarkPost(b *testing.B) {
	for _, count := range []int{1, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			node, _, room := busy(b)
			done := make(chan error, count)
			then := func(_ chat.Message, err error) { done <- err }
			b.ReportAllocs()
			for b.Loop() {
				for range count {
					node.Post(room, chat.Draft{Text: "Is it still available? I could come by this afternoon."}, then)
				}
				for range count {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
			}
			perEntry(b, count)
		})
	}
}

// perEntry adds the time of one entry.
func perEntry(b *testing.B, count int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/entry")
}

// BenchmarkReceive takes groups from ann, from the frame to the receipt.
func BenchmarkReceive(b *testing.B) {
	for _, count := range []int{1, chat.MaxGroupCount} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			_, link, _ := busy(b)
			f := &far{person: ann, device: annDevice}
			a := authorIn(ann, me, chat.Buyer, annDevice)
			link.events <- chat.LinkUp{Remote: f.remote()}
			lines := repeat(count, says("Is it still available? I could come by this afternoon."))
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				raw := a.group(lines...).Encode()
				b.StartTimer()
				link.events <- chat.FrameReceived{Remote: f.remote(), Frame: chat.Entries{
					Mine: chat.Buyer, Author: chat.Buyer, Device: annDevice, Groups: [][]byte{raw},
				}}
				if seq := <-link.receipt; seq != a.seq {
					b.Fatalf("acknowledged %d, want %d", seq, a.seq)
				}
			}
			perEntry(b, count)
		})
	}
}

// BenchmarkGroup measures the codec and the signature, apart and for both ends of a group's size.
func BenchmarkGroup(b *testing.B) {
	for _, count := range []int{1, chat.MaxGroupCount} {
		g := groupOf(repeat(count, says("Is it still available? I could come by this afternoon."))...)
		raw := g.Encode()
		for _, c := range []struct {
			name string
			do   func() error
		}{
			{"encode", func() error { _ = g.Encode(); return nil }},
			{"decode", func() error { _, err := chat.DecodeGroup(raw); return err }},
			{"sign", func() error { g.Sign(ann.key); return nil }},
			{"verify", func() error { return g.Verify(ann.id) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, count), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := c.do(); err != nil {
						b.Fatal(err)
					}
				}
				perEntry(b, count)
			})
		}
	}
}

// BenchmarkListing reads and verifies a full record.
func BenchmarkListing(b *testing.B) {
	l := &chat.Listing{Seller: ann.id, ID: chat.ListingID{1}, Version: 1, Status: chat.Available}
	l.SetGoods(full())
	l.Sign(ann.key)
	raw := l.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chat.DecodeListing(ann.id, raw); err != nil {
			b.Fatal(err)
		}
	}
}
