package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// pair is a seller and a buyer, Anna and Ben, in hosts 1 and 2 of a LAN, who have met.
func pair(t testing.TB) (lan *lanrig.LAN, anna, ben *program) {
	t.Helper()
	short(t)
	lan = lanrig.Up(t, 2)
	anna, ben = home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	return lan, anna, ben
}

// short leaves a test out of quick runs.
func short(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short")
	}
}

// TestPoint1TwoHosts shows point 1 of the issue, and B1, C1, C2, D1, D8 and D9: two hosts that nobody configured.
func TestPoint1TwoHosts(t *testing.T) {
	short(t)
	lan := lanrig.Up(t, 2)
	anna := home(t, lan, 1).start(t)
	ben := home(t, lan, 2).start(t)

	for _, p := range []*program{anna, ben} {
		other := ben
		if p == ben {
			other = anna
		}
		took := awaitOnline(p.fromStart(), other, 2*time.Second).Sub(ben.readyAt)
		t.Logf("host %d sees the other %v after that was ready", p.place.host, took.Round(time.Millisecond))
		if took > 2*time.Second {
			t.Errorf("B1: took %v, want at most 2 s", took)
		}
		if list := call[ofPeers](p, "peers.list", nil).Peers; len(list) != 1 || list[0].PeerID != other.ready.PeerID || !list[0].Online {
			t.Errorf("B1: peers %s, want exactly the other, online", jsonOf(list))
		}
	}

	w, begun := ben.watch(), time.Now()
	bicycle := publish(anna, "二手自行车 九成新", "350", object{"description": "Almost new", "category": "vehicles"})
	kettle := publish(anna, "Kettle, blue", "12.50")
	for _, goods := range []listing{bicycle, kettle} {
		_, at := awaitListing(w, goods.ListingID, 3*time.Second, func(listing) bool { return true })
		t.Logf("%q was there after %v", goods.Title, at.Sub(begun).Round(time.Millisecond))
	}
	for query, want := range map[string]string{"自行": bicycle.ListingID, "九成新": bicycle.ListingID, "KETTLE": kettle.ListingID, "blue": kettle.ListingID} {
		if found := search(ben, object{"query": query}); len(found) != 1 || found[0].ListingID != want {
			t.Errorf("C2: %q finds %q", query, titles(found))
		}
	}

	want := roomOf(t, anna, ben)
	fromAnna := anna.send("rooms.open", object{"buyer": ben.ready.PeerID})
	fromBen := ben.send("rooms.open", object{"seller": anna.ready.PeerID, "listingId": bicycle.ListingID})
	a, b := result[opened](anna, "rooms.open", fromAnna), result[opened](ben, "rooms.open", fromBen)
	if a.Room.RoomID != want || b.Room.RoomID != want || !a.Created || !b.Created {
		t.Fatalf("D1: rooms %s and %s, want %s, both created", a.Room.RoomID, b.Room.RoomID, want)
	}
	if a.Room.Role != "seller" || b.Room.Role != "buyer" || b.Room.Listing == nil || b.Room.Listing.ListingID != bicycle.ListingID {
		t.Errorf("rooms %s and %s", jsonOf(a.Room), jsonOf(b.Room))
	}

	const each = 1000
	annas, bens := texts("anna", each), texts("ben", each)
	begun = time.Now()
	var fromA, fromB []*request
	for i := range each {
		fromA = append(fromA, say(anna, want, annas[i])...)
		fromB = append(fromB, say(ben, want, bens[i])...)
	}
	lastA, lastB := said(anna, fromA)[each-1], said(ben, fromB)[each-1]
	awaitReceived(ben.fromStart(), lastA, patience)
	awaitReceived(anna.fromStart(), lastB, patience)
	awaitDelivered(anna.fromStart(), lastA, patience)
	awaitDelivered(ben.fromStart(), lastB, patience)
	t.Logf("%d messages each way in %v", each, time.Since(begun).Round(time.Millisecond))

	list := wantSame(t, want, anna, ben)
	if len(list) != 2*each {
		t.Errorf("D8: %d messages, want %d", len(list), 2*each)
	}
	wantOnce(t, "the room", list, annas...)
	wantOnce(t, "the room", list, bens...)
	wantStates(t, anna, history(anna, want), "delivered")
	wantStates(t, ben, history(ben, want), "delivered")
	for _, p := range []*program{anna, ben} {
		if n := p.fromStart().count("message.received"); n != each {
			t.Errorf("message.received came %d times, want %d", n, each)
		}
		if inbox := rooms(p, ""); len(inbox) != 1 || inbox[0].RoomID != want {
			t.Errorf("X9: the inbox is %s", jsonOf(inbox))
		}
	}
}

// TestB1FindEachOtherAgainAndAgain shows B1: whoever starts is seen at once, and every peer once.
func TestB1FindEachOtherAgainAndAgain(t *testing.T) {
	short(t)
	hosts, rounds := 4, 3
	if soak {
		hosts, rounds = 8, 50
	}
	lan := lanrig.Up(t, hosts)
	var staying []*program
	for host := 1; host < hosts; host++ {
		staying = append(staying, home(t, lan, host).start(t))
	}
	meet(t, staying...)
	newcomer := home(t, lan, hosts)
	var times spread
	for range rounds {
		var watches []watch
		for _, p := range staying {
			watches = append(watches, p.watch())
		}
		p := newcomer.start(t)
		for i, other := range staying {
			for _, at := range []time.Time{awaitOnline(watches[i], p, patience), awaitOnline(p.fromStart(), other, patience)} {
				times = append(times, max(0, at.Sub(p.readyAt)))
			}
		}
		if list := call[ofPeers](p, "peers.list", nil).Peers; len(list) != len(staying) {
			t.Errorf("%d peers, want %d: %s", len(list), len(staying), jsonOf(list))
		}
		left := time.Now()
		p.quit()
		for _, w := range watches {
			if took := awaitOffline(w, p, patience).Sub(left); took > time.Second {
				t.Errorf("B7: a clean quit was noticed after %v", took)
			}
		}
	}
	t.Logf("%d sightings: %v", len(times), times)
	if times.at(100) > 2*time.Second {
		t.Errorf("B1: the slowest took %v, want at most 2 s", times.at(100))
	}
}

// TestA11TwoOnOneHost shows A11: two profiles on one machine meet, on ports that the system chose.
func TestA11TwoOnOneHost(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 1)
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 1).start(t)
	meet(t, anna, ben)
	if a, b := anna.ready.Addresses, ben.ready.Addresses; a[0] != "10.77.0.1:42445" || !strings.HasPrefix(b[0], "10.77.0.1:") || a[0] == b[0] {
		t.Errorf("addresses %v and %v, want the usual port and another", a, b)
	}
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Next door?"), patience)
	awaitReceived(ben.fromStart(), post(anna, room, "Yes"), patience)
	wantSame(t, room, anna, ben)
}

// TestA1IdentityStays shows A1: the same peer after a rename, a restart and a change of address.
func TestA1IdentityStays(t *testing.T) {
	t.Parallel()
	lan, anna, ben := pair(t)
	w := ben.watch()
	call[ofSelf](anna, "self.set", object{"name": "Anna's shop"})
	anna.quit()
	awaitOffline(w, anna, patience)
	lan.Do("readdr", 1, "10.77.0.91/24")
	w = ben.watch()
	again := anna.restart()
	if again.ready.PeerID != anna.ready.PeerID || again.ready.DeviceID != anna.ready.DeviceID {
		t.Errorf("%s %s, was %s %s", again.ready.PeerID, again.ready.DeviceID, anna.ready.PeerID, anna.ready.DeviceID)
	}
	awaitOnline(w, again, patience)
	until(ben, patience, "the new name", func() bool {
		list := call[ofPeers](ben, "peers.list", nil).Peers
		return len(list) == 1 && list[0].Name == "Anna's shop" && list[0].PeerID == anna.ready.PeerID
	})
}

// TestB10IPv6Only shows B10: a LAN without IPv4, on link-local addresses and by address.
func TestB10IPv6Only(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 2)
	for host := 1; host <= 2; host++ {
		if out, err := lan.Command(host, "ip", "addr", "flush", "dev", "eth0", "scope", "global").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Six?"), patience)

	carl := home(t, lan, 2, "--no-discovery").start(t)
	if len(anna.ready.Addresses) == 0 {
		t.Fatal("no address")
	}
	if got := call[ofPeer](carl, "peers.add", object{"address": anna.ready.Addresses[0]}).Peer; got.PeerID != anna.ready.PeerID {
		t.Errorf("%s answered at %s", got.PeerID, anna.ready.Addresses[0])
	}
}

// TestB10ThreeAddressesOnePeer shows B10: a machine on two networks, with three addresses, is one peer.
func TestB10ThreeAddressesOnePeer(t *testing.T) {
	short(t)
	t.Parallel()
	lan, other := lanrig.Up(t, 2), lanrig.Up(t, 1, lanrig.Network("10.88.0"))
	lan.Do("addif", 1, other, "10.88.0.77/24")
	if out, err := lan.Command(1, "ip", "addr", "add", "10.77.0.71/24", "dev", "eth0").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	anna := home(t, lan, 1).start(t)
	for i, p := range []*program{home(t, lan, 2).start(t), home(t, other, 1).start(t)} {
		meet(t, anna, p)
		room := open(anna, p).RoomID
		awaitReceived(anna.fromStart(), post(p, room, fmt.Sprintf("From network %d", i)), patience)
		if list := call[ofPeers](p, "peers.list", nil).Peers; len(list) != 1 || list[0].PeerID != anna.ready.PeerID {
			t.Errorf("peers %s, want one", jsonOf(list))
		}
	}
}

// TestInterface shows --interface: only the networks named are used.
func TestInterface(t *testing.T) {
	short(t)
	t.Parallel()
	lan, other := lanrig.Up(t, 3), lanrig.Up(t, 1, lanrig.Network("10.88.0"))
	lan.Do("addif", 1, other, "10.88.0.77/24")
	lan.Do("addif", 3, other, "10.88.0.78/24")
	near, far := home(t, lan, 2).start(t), home(t, other, 1).start(t)
	anna := home(t, lan, 1, "--interface", "eth1").start(t)
	meet(t, anna, far)
	if slices.ContainsFunc(anna.ready.Addresses, func(a string) bool { return strings.HasPrefix(a, "10.77.") }) {
		t.Errorf("addresses %v, want none of eth0", anna.ready.Addresses)
	}
	both := home(t, lan, 3).start(t) // a neighbour on both networks is met by now, so Anna would have been
	meet(t, both, near)
	meet(t, both, far)
	if list := call[ofPeers](near, "peers.list", nil).Peers; len(list) != 1 || list[0].PeerID != both.ready.PeerID {
		t.Errorf("the near network sees %s", jsonOf(list))
	}
}

// TestB11NoNetwork shows B11 and C4: without a network everything starts and can be read, and it recovers alone.
func TestB11NoNetwork(t *testing.T) {
	t.Parallel()
	lan, anna, ben := pair(t)
	w := ben.watch()
	goods := publish(anna, "旧书 Old books", "5")
	awaitListing(w, goods.ListingID, patience, func(listing) bool { return true })
	room := open(anna, ben).RoomID
	awaitDelivered(ben.fromStart(), post(ben, room, "Which books?"), patience)
	ben.quit()
	lan.Do("ifdown", 2)

	ben = ben.restart()
	if list := history(ben, room); len(list) != 1 || list[0].Text != "Which books?" || list[0].State != "delivered" {
		t.Errorf("history %s", jsonOf(list))
	}
	found := search(ben, object{"query": "旧书"})
	if len(found) != 1 || found[0].AsOf == nil {
		t.Fatalf("C4: found %s", jsonOf(found))
	}
	if list := call[ofPeers](ben, "peers.list", nil).Peers; len(list) != 1 || list[0].Online || list[0].LastSeen == nil {
		t.Errorf("peers %s, want one, offline", jsonOf(list))
	}
	waits := post(ben, room, "Are you there?")
	if waits.State != "waiting" {
		t.Errorf("state %s, want waiting", waits.State)
	}
	lan.Do("ifup", 2)
	awaitReceived(anna.fromStart(), waits, patience)
	awaitDelivered(ben.fromStart(), waits, patience)
}
