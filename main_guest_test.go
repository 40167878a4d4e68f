package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// patience is how long a test waits for what comes soon.
const patience = 30 * time.Second

// station is a node that runs in the test, with what it told.
type station struct {
	*haggle
	t      *testing.T
	events chan chat.Event
}

// stationAt starts a node on loopback, without discovery.
func stationAt(t *testing.T, dir string) *station {
	t.Helper()
	s := &station{t: t, events: make(chan chat.Event, 10_000)}
	o := options{data: dir, listen: endpoint{"127.0.0.1", "0"}, noDiscovery: true}
	var err error
	if s.haggle, err = start(o, func(e chat.Event) { s.events <- e }, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

// waitFor reads events until one is what is waited for.
func waitFor[E chat.Event](t *testing.T, events <-chan chat.Event, is func(E) bool) E {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e := <-events:
			if e, ok := e.(E); ok && is(e) {
				return e
			}
		case <-late:
			var none E
			t.Fatalf("no %T in %v", none, patience)
		}
	}
}

// await is chat.Await that must not fail.
func await[T any](t *testing.T, begin func(then func(T, error))) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	v, err := chat.Await(ctx, begin)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// publish offers a thing with a photo.
func (s *station) publish(title string) *chat.Listing {
	s.t.Helper()
	return await(s.t, func(then func(*chat.Listing, error)) {
		s.node.Publish(chat.Goods{Title: title, Price: chat.Money{Minor: 1250, Currency: "CNY"}, Quantity: 1}, then)
	})
}

// meet links two stations and waits until the first shows the other's goods.
func (s *station) meet(other *station, goods int) {
	s.t.Helper()
	if _, err := s.node.AddPeer(s.t.Context(), other.network.Addresses()[0], other.self); err != nil {
		s.t.Fatal(err)
	}
	for {
		_, n, _, err := s.store.CatalogueState(other.self)
		if err != nil {
			s.t.Fatal(err)
		}
		if n == goods {
			return
		}
		waitFor(s.t, s.events, func(e chat.ListingChanged) bool { return e.Listing.Seller == other.self })
	}
}

// visitor is a guest with what its node told.
type visitor struct {
	*guest
	t      *testing.T
	events chan chat.Event
}

func (s *station) welcome() *visitor {
	s.t.Helper()
	v := &visitor{t: s.t, events: make(chan chat.Event, 10_000)}
	var err error
	if v.guest, err = s.newGuest(func(e chat.Event) { v.events <- e }); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// ask writes to a seller.
func (v *visitor) ask(seller chat.PeerID, about chat.ListingID, text string) chat.Message {
	v.t.Helper()
	room := await(v.t, func(then func(chat.RoomView, error)) {
		v.node.OpenRoom(v.identity.ID, seller, about, func(r chat.RoomView, _ bool, err error) { then(r, err) })
	})
	return await(v.t, func(then func(chat.Message, error)) { v.node.Post(room.ID, chat.Draft{Text: text, About: about}, then) })
}

func TestGuestChats(t *testing.T) {
	seller, kiosk := stationAt(t, t.TempDir()), stationAt(t, t.TempDir())
	bike := seller.publish("bicycle")
	own := kiosk.publish("the kiosk's own lamp")
	kiosk.meet(seller, 1)
	anna := kiosk.welcome()
	total, page, err := anna.node.Listings(chat.ListingQuery{Limit: 10})
	if err != nil || total != 2 {
		t.Fatalf("the first screen has %d listings, %v; want those of seller and kiosk: %v", total, err, page)
	}
	lamp := seller.publish("lamp")
	waitFor(t, anna.events, func(e chat.ListingChanged) bool { return e.Listing.ID == lamp.ID })

	anna.ask(seller.self, bike.ID, "is it still there?")
	got := waitFor(t, seller.events, func(e chat.MessageReceived) bool { return true }).Message
	if got.Text != "is it still there?" || got.Author != anna.identity.ID {
		t.Fatalf("the seller received %+v", got)
	}
	if name := seller.node.Peer(got.Author).Name; name != anna.name {
		t.Errorf("the seller sees the name %q, want %q", name, anna.name)
	}
	await(t, func(then func(chat.Message, error)) { seller.node.Post(got.ID.Room, chat.Draft{Text: "yes"}, then) })
	waitFor(t, anna.events, func(e chat.MessageReceived) bool { return e.Message.Text == "yes" })
	anna.ask(kiosk.self, own.ID, "what is this?")
	waitFor(t, kiosk.events, func(e chat.MessageReceived) bool { return e.Message.Text == "what is this?" })

	before := anna.identity.ID
	anna.end()
	bo := kiosk.welcome()
	defer bo.end()
	if bo.identity.ID == before {
		t.Error("the next guest has the same key")
	}
	if total, _, err := bo.node.Rooms(chat.AllRooms, 0, 10); err != nil || total != 0 {
		t.Errorf("the next guest finds %d rooms, %v", total, err)
	}
	if total, _, err := bo.node.Listings(chat.ListingQuery{Limit: 10}); err != nil || total != 3 {
		t.Errorf("the next guest finds %d listings, %v", total, err)
	}
}

// markers are texts that nobody else writes. They are made when they are needed: a copy that is kept would be found.
const (
	markers    = 50
	markerHead = 12
)

func marker(i int) string {
	sum := sha256.Sum256([]byte("haggle marker " + strconv.Itoa(i)))
	return hex.EncodeToString(sum[:markerHead])
}

// findMarkers counts the markers that are in data.
func findMarkers(data []byte) int {
	n := 0
	for i := range markers {
		if bytes.Contains(data, []byte(marker(i))) {
			n++
		}
	}
	return n
}

// markersBelow counts the markers in the files below a folder.
func markersBelow(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		n += findMarkers(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// markersInHeap counts the markers in all that the program can still reach.
func markersInHeap(t *testing.T) int {
	t.Helper()
	for range 3 { // pools keep things for two
		runtime.GC()
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	debug.WriteHeapDump(f.Fd())
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return findMarkers(data)
}

// TestGuestLeavesNothing: after a visit 50 markers of the guest's are neither in the kiosk's folder nor in its memory, and yet
// what the guest wrote arrives once the seller is back, though the kiosk was started anew meanwhile.
func TestGuestLeavesNothing(t *testing.T) {
	sellerDir := t.TempDir()
	seller := stationAt(t, sellerDir)
	bike := seller.publish("bicycle")
	kioskDir := t.TempDir()
	kiosk := stationAt(t, kioskDir)
	kiosk.meet(seller, 1)
	seller.stop() // else its memory is part of ours

	visit := func() {
		anna := kiosk.welcome()
		room := anna.ask(seller.self, bike.ID, "hello").ID.Room
		for i := range markers {
			if i%10 == 0 {
				if err := anna.node.SetDraft(room, marker(i)); err != nil {
					t.Fatal(err)
				}
			}
			anna.ask(seller.self, bike.ID, marker(i))
		}
		if _, err := anna.node.PutPicture(t.Context(), []byte(marker(0))); err != nil {
			t.Fatal(err)
		}
		if n := markersInHeap(t); n != markers {
			t.Errorf("%d markers in memory during the visit, want %d: the search finds nothing", n, markers)
		}
		if left, want := anna.end(), (farewell{waiting: markers + 1, carried: markers + 1}); left != want {
			t.Errorf("left %+v, want %+v", left, want)
		}
	}
	visit()
	if n := markersInHeap(t); n != 0 {
		t.Errorf("%d markers are in memory after the visit", n)
	}
	if n := markersBelow(t, kioskDir); n != 0 {
		t.Errorf("%d markers are in the kiosk's folder while it runs", n)
	}
	kiosk.stop()
	if n := markersBelow(t, kioskDir); n != 0 {
		t.Errorf("%d markers are in the kiosk's folder", n)
	}

	kiosk, seller = stationAt(t, kioskDir), stationAt(t, sellerDir)
	if _, err := seller.node.AddPeer(t.Context(), kiosk.network.Addresses()[0], kiosk.self); err != nil {
		t.Fatal(err)
	}
	waitFor(t, seller.events, func(e chat.MessageReceived) bool { return e.Message.Text == marker(markers-2) })
	if total, page, err := seller.node.Rooms(chat.Requests, 0, 10); err != nil || total != 1 || !strings.HasPrefix(page[0].Peer.Name, "Guest ") {
		t.Errorf("the seller has %d requests, %v, %v", total, page, err)
	} else if page[0].Unread != chat.StrangerMessages {
		t.Errorf("%d messages arrived, want %d until the guest is accepted", page[0].Unread, chat.StrangerMessages)
	} else if _, err := chat.Await(t.Context(), func(then func(chat.RoomView, error)) { seller.node.Accept(page[0].ID, then) }); err != nil {
		t.Error(err)
	}
	waitFor(t, seller.events, func(e chat.MessageReceived) bool { return e.Message.Text == marker(markers-1) })
	for {
		left, err := os.ReadDir(filepath.Join(kioskDir, parcelsDir))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the kiosk keeps what was taken")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestGuestIsToldWhatIsLost: what is for somebody whose profile nobody here knows cannot be sealed to them.
func TestGuestIsToldWhatIsLost(t *testing.T) {
	kiosk := stationAt(t, t.TempDir())
	anna := kiosk.welcome()
	anna.ask(chat.PeerID{1, 2, 3}, chat.ListingID{}, "anybody there?")
	if left, want := anna.end(), (farewell{waiting: 1}); left != want {
		t.Errorf("left %+v, want %+v", left, want)
	}
}

func TestGuestName(t *testing.T) {
	for kiosk, want := range map[string]string{
		"Hall":       "Guest 4F2A at Hall",
		" \u200b":    "Guest 4F2A",
		"a\nb\u202e": "Guest 4F2A at a b",
	} {
		if got := guestName(chat.PeerID{0x4f, 0x2a}, kiosk); got != want {
			t.Errorf("guest at %q: %q, want %q", kiosk, got, want)
		}
	}
}
