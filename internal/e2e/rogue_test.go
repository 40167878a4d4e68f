package e2e

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
	chatpeer "haggle/peer"
	"haggle/text"
)

// rogue is a node in this process that speaks the protocol as it should, but keeps as a picture whatever it is given, and
// says of it what it likes.
type rogue struct {
	t        testing.TB
	id       chat.PeerID
	node     *chat.Node
	pictures *storetest.Mem
}

// newRogue runs one on this machine until the test ends.
func newRogue(t testing.TB) *rogue {
	t.Helper()
	identity, network := listener(t)
	store := storetest.NewMem(identity.ID)
	node, err := chat.New(chat.Config{
		Self: identity.Identity, Store: store, Link: network, Blobs: store, Name: "Rogue", Notify: func(chat.Event) {},
		CheckPicture: func([]byte, chat.Image, bool) error { return nil },
		Rotate:       func() (chat.DeviceID, error) { return identity.Device, nil },
		Blank:        text.Blank, Skeleton: text.Skeleton,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	runUntilEnd(t, network.Run, node.Run)
	return &rogue{t: t, id: identity.ID, node: node, pictures: store}
}

// meet links it with a program on this machine, and returns it.
func (r *rogue) meet(p *program) *rogue {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if _, err := r.node.AddInvited(ctx, chat.Invite{Addresses: p.ready.Addresses[:1]}); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// runUntilEnd runs what runs until the test ends.
func runUntilEnd(t testing.TB, all ...func(context.Context) error) {
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, run := range all {
		running.Go(func() { _ = run(ctx) })
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// listener is an identity and its network, which does not run yet.
func listener(t testing.TB) (chatpeer.Identity, *chatpeer.Node) {
	t.Helper()
	identity, err := chatpeer.LoadIdentity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	network, err := chatpeer.New(chatpeer.Config{Identity: identity, Listen: "127.0.0.1:0", Version: "rogue"})
	if err != nil {
		t.Fatal(err)
	}
	return identity, network
}

// keep keeps a picture, whatever it is, and says of it what is said.
func (r *rogue) keep(data []byte, said chat.Image) chat.Image {
	r.t.Helper()
	_, err := chat.Await(r.t.Context(), func(then func(chat.Hash, error)) { r.pictures.PutBlob(data, then) })
	if err != nil {
		r.t.Fatal(err)
	}
	said.Hash, said.Size, said.Thumbnail = sha256.Sum256(data), uint32(len(data)), []byte("no thumbnail either")
	return said
}

// send sends a picture in the room in which p sells.
func (r *rogue) send(p *program, image chat.Image) message {
	r.t.Helper()
	seller, err := chat.ParsePeerID(p.ready.PeerID)
	if err != nil {
		r.t.Fatal(err)
	}
	room, err := chat.Await(r.t.Context(), func(then func(chat.RoomView, error)) {
		r.node.OpenRoom(r.id, seller, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
	})
	if err != nil {
		r.t.Fatal(err)
	}
	w := p.watch()
	m, err := chat.Await(r.t.Context(), func(then func(chat.Message, error)) { r.node.Post(room.ID, chat.Draft{Image: &image}, then) })
	if err != nil {
		r.t.Fatal(err)
	}
	told, _ := await(w, patience, "message.received", func(n ofMessage) bool { return n.Message.MessageID == m.ID.String() })
	return told.Message
}

// publish offers goods with photos.
func (r *rogue) publish(title string, photos ...chat.Photo) *chat.Listing {
	r.t.Helper()
	price, err := chat.ParseMoney("1", "CNY")
	if err != nil {
		r.t.Fatal(err)
	}
	l, err := chat.Await(r.t.Context(), func(then func(*chat.Listing, error)) {
		r.node.Publish(chat.Goods{Title: title, Quantity: 1, Price: price, Photos: photos}, then)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

// goods waits until the rogue has a version of somebody's goods.
func (r *rogue) goods(p *program, l listing, within time.Duration) *chat.Goods {
	r.t.Helper()
	seller, err := chat.ParsePeerID(p.ready.PeerID)
	if err != nil {
		r.t.Fatal(err)
	}
	id, err := chat.ParseListingID(l.ListingID)
	if err != nil {
		r.t.Fatal(err)
	}
	var found *chat.Goods
	until(p, within, "the goods are with the other", func() bool {
		view, err := r.node.Listing(seller, id)
		if err != nil || view.Version != l.Version {
			return false
		}
		found = view.Goods
		return true
	})
	return found
}
