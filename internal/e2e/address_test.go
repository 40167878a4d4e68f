package e2e

import (
	"strings"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestB2AddByAddress shows B2: host:port links two who cannot hear each other, on two networks with a router between, in
// at most 2 s; and it is remembered.
func TestB2AddByAddress(t *testing.T) {
	short(t)
	t.Parallel()
	near, far := lanrig.Up(t, 2, lanrig.Gateway()), lanrig.Up(t, 1, lanrig.Network("10.88.0"), lanrig.Gateway())
	const router = 2 // a host of the near network that is on both
	near.Do("addif", router, far, "10.88.0.254/24")
	for _, command := range []string{"ip addr add 10.77.0.254/24 dev eth0", "ip route del default", "echo 1 >/proc/sys/net/ipv4/ip_forward"} {
		if out, err := near.Command(router, "sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	anna, ben := home(t, near, 1).start(t), home(t, far, 1).start(t)
	begun := time.Now()
	found := add(ben, anna)
	took := time.Since(begun)
	t.Logf("added in %v", took.Round(time.Millisecond))
	if found.PeerID != anna.ready.PeerID || !found.Online || took > 2*time.Second {
		t.Errorf("%s after %v, want Anna, online, within 2 s", jsonOf(found), took)
	}
	meet(t, anna, ben)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Through the router"), patience)

	// Both restart: they find each other again without being told.
	anna.quit()
	ben.quit()
	anna, ben = anna.restart(), ben.restart()
	again := max(awaitOnline(anna.fromStart(), ben, patience).Sub(ben.readyAt), awaitOnline(ben.fromStart(), anna, patience).Sub(ben.readyAt))
	t.Logf("B3: linked %v after both were ready again", again.Round(time.Millisecond))
	if again > 10*time.Second {
		t.Errorf("B3: took %v, want at most 10 s", again)
	}
}

// TestB2WrongIdentity shows B2 and A2: at an address somebody else answers, or nobody, or oneself; nothing is kept.
func TestB2WrongIdentity(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben, carl := alone(t).start(t), alone(t).start(t), alone(t).start(t)
	address := anna.ready.Addresses[0]
	begun := time.Now()
	wantRefused(ben, "wrongIdentity", "peers.add", object{"address": address, "peerId": carl.ready.PeerID})
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("refused after %v, want at most 2 s", took)
	}
	wantRefused(ben, "selfChat", "peers.add", object{"address": ben.ready.Addresses[0]})
	wantRefused(ben, "invalid", "peers.add", object{"address": "nowhere"})
	wantRefused(ben, "invalid", "peers.add", object{"address": address, "peerId": anna.ready.PeerID[1:]})

	carl.kill()
	wantRefused(ben, "unreachable", "peers.add", object{"address": carl.ready.Addresses[0]})
	begun = time.Now()
	wantRefused(ben, "unreachable", "peers.add", object{"address": "192.0.2.1:42445"})
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("refused after %v, want at most 5 s", took)
	}
	if list := call[ofPeers](ben, "peers.list", nil).Peers; len(list) != 0 {
		t.Errorf("peers %s, want none", jsonOf(list))
	}

	// Any form of the ID is accepted.
	typed := strings.ToLower(strings.ReplaceAll(anna.ready.PeerID, "-", " "))
	if got := call[ofPeer](ben, "peers.add", object{"address": address, "peerId": typed}).Peer; got.PeerID != anna.ready.PeerID {
		t.Errorf("linked to %s, want %s", got.PeerID, anna.ready.PeerID)
	}
}

// TestB2Invite shows B2: one line says who it is and where; the first address that leads there is used, and somebody else
// at one of them is refused.
func TestB2Invite(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben, carl := alone(t).start(t), alone(t).start(t), alone(t).start(t)
	invite := func(who *program, addresses ...string) object {
		return object{"invite": "haggle:" + who.ready.PeerID + "@" + strings.Join(addresses, ",")}
	}
	at, dead := anna.ready.Addresses[0], "127.0.0.1:9"
	wantRefused(ben, "wrongIdentity", "peers.add", invite(carl, at))
	wantRefused(ben, "unreachable", "peers.add", invite(anna, dead))
	wantRefused(ben, "invalid", "peers.add", object{"invite": "haggle:" + anna.ready.PeerID})
	wantRefused(ben, "invalid", "peers.add", object{"invite": "haggle:" + anna.ready.PeerID + "@" + at, "address": at})
	if got := call[ofPeer](ben, "peers.add", invite(anna, dead, carl.ready.Addresses[0], at)).Peer; got.PeerID != anna.ready.PeerID || !got.Online {
		t.Errorf("added %s, want Anna, online", jsonOf(got))
	}
	if list := call[ofPeers](ben, "peers.list", nil).Peers; len(list) != 1 {
		t.Errorf("peers %s, want Anna alone", jsonOf(list))
	}
}

// TestB3Remembered shows B3: with all multicast blocked those who met before find each other within 10 s after both
// started again.
func TestB3Remembered(t *testing.T) {
	t.Parallel()
	lan, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Remember me"), patience)
	anna.quit()
	ben.quit()
	lan.Do("mcast", "off")
	anna, ben = anna.restart(), ben.restart()
	for _, w := range []watch{anna.fromStart(), ben.fromStart()} {
		other := ben
		if w.p == ben {
			other = anna
		}
		if took := awaitOnline(w, other, patience).Sub(ben.readyAt); took > 10*time.Second {
			t.Errorf("took %v, want at most 10 s", took)
		}
	}
}
