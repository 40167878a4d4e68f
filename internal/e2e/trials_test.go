//go:build unix

package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// The trials of scripts/trials, together with tests elsewhere: what LANs of real people do to a program.

// TestTrialOtherInterfaces shows B1 with the interfaces of containers and a VPN present, the same on both hosts, and the
// default route through the VPN.
func TestTrialOtherInterfaces(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 2)
	for host := 1; host <= 2; host++ {
		for _, command := range []string{
			"ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up",
			"ip link add veth7 type veth peer name veth8 && ip link set veth7 master docker0 up && ip link set veth8 up",
			"ip link add wg0 type veth peer name veth9 && ip link set veth9 up && ip addr add 10.8.0.2/24 dev wg0 && ip link set wg0 up && ip route add default dev wg0",
		} {
			if out, err := lan.Command(host, "sh", "-c", command).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", command, err, out)
			}
		}
	}
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	for _, w := range []watch{anna.fromStart(), ben.fromStart()} {
		other := ben
		if w.p == ben {
			other = anna
		}
		if took := awaitOnline(w, other, patience).Sub(ben.readyAt); took > 2*time.Second {
			t.Errorf("B1: took %v, want at most 2 s", took)
		}
		elsewhere := func(a string) bool { return !on(a, "10.77.0.", "eth0") }
		if a := w.p.ready.Addresses; slices.ContainsFunc(a, elsewhere) {
			t.Errorf("addresses %v", a)
		}
		list := call[ofPeers](w.p, "peers.list", nil).Peers
		if len(list) != 1 || slices.ContainsFunc(list[0].Addresses, elsewhere) {
			t.Errorf("peers %s", jsonOf(list))
		}
	}
}

// on reports whether an address is of a network: in its IPv4 range, or link-local on the interface that leads there.
func on(address, network, iface string) bool {
	return strings.HasPrefix(address, network) || strings.HasPrefix(address, "[fe80:") && strings.Contains(address, "%"+iface+"]")
}

// TestTrialTwoNetworks shows that a host on two networks is met at the right address of each, as one peer.
func TestTrialTwoNetworks(t *testing.T) {
	short(t)
	t.Parallel()
	lan, other := lanrig.Up(t, 2), lanrig.Up(t, 1, lanrig.Network("10.88.0"))
	lan.Do("addif", 1, other, "10.88.0.77/24")
	anna := home(t, lan, 1).start(t)
	leads := map[string]string{"10.77.0.": "eth0", "10.88.0.": "eth1"}
	for network, p := range map[string]*program{"10.77.0.": home(t, lan, 2).start(t), "10.88.0.": home(t, other, 1).start(t)} {
		meet(t, anna, p)
		list := call[ofPeers](p, "peers.list", nil).Peers
		if len(list) != 1 || list[0].PeerID != anna.ready.PeerID || !on(list[0].Addresses[0], network, "eth0") {
			t.Errorf("on %s: peers %s", network, jsonOf(list))
		}
		for _, known := range call[ofPeers](anna, "peers.list", nil).Peers {
			if known.PeerID == p.ready.PeerID && !on(known.Addresses[0], network, leads[network]) {
				t.Errorf("on %s: met at %v", network, known.Addresses)
			}
		}
	}
	if list := call[ofPeers](anna, "peers.list", nil).Peers; len(list) != 2 {
		t.Errorf("peers %s, want two", jsonOf(list))
	}
}

// TestTrialInterfaceRecreated shows B8: an adapter is pulled and plugged in again, as another interface to the system.
func TestTrialInterfaceRecreated(t *testing.T) {
	t.Parallel()
	lan, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	wa, wb := anna.watch(), ben.watch()
	lan.Do("delif", 2)
	awaitOffline(wa, ben, patience)
	awaitOffline(wb, anna, patience)
	waits := post(ben, room, "Without a network")
	w := anna.watch()
	lan.Do("newif", 2, "10.77.0.2/24")
	back := time.Now()
	took := awaitReceived(w, waits, patience).Sub(back)
	t.Logf("delivered %v after the interface is back", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("B8: took %v, want at most 10 s", took)
	}
}

// TestTrialFrozen shows B8: a machine that slept is gone for the others meanwhile, and there again at once.
func TestTrialFrozen(t *testing.T) {
	t.Parallel()
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	sleep := 8 * time.Second
	if soak {
		sleep = time.Minute
	}
	w := anna.watch()
	slept := time.Now()
	if err := ben.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitOffline(w, ben, patience)
	waits := post(anna, room, "Good night")
	<-time.After(time.Until(slept.Add(sleep)))
	if n := w.count("peer.online"); n > 0 {
		t.Errorf("called online %d times while asleep", n)
	}
	wa, wb := anna.watch(), ben.watch()
	if err := ben.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	woke := time.Now()
	received := awaitReceived(wb, waits, patience).Sub(woke)
	online := awaitOnline(wa, ben, patience).Sub(woke)
	t.Logf("received after %v, seen after %v", received.Round(time.Millisecond), online.Round(time.Millisecond))
	if received > 10*time.Second || online > 5*time.Second {
		t.Errorf("B8: received after %v, want at most 10 s; B7: seen after %v, want at most 5 s", received, online)
	}
}

// TestTrialMulticastFiltered shows B2 and B3 on a network without multicast: added by address within 2 s, and found again
// at the remembered one within 2 s of both being there.
func TestTrialMulticastFiltered(t *testing.T) {
	short(t)
	t.Parallel()
	lan := lanrig.Up(t, 2)
	lan.Do("mcast", "off")
	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
	begun := time.Now()
	add(anna, ben)
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("added after %v, want at most 2 s", took)
	}
	meet(t, anna, ben)
	anna.quit()
	ben.quit()
	anna, ben = anna.restart(), ben.restart()
	took := max(awaitOnline(anna.fromStart(), ben, patience).Sub(ben.readyAt), awaitOnline(ben.fromStart(), anna, patience).Sub(ben.readyAt))
	t.Logf("linked %v after both were ready again", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("took %v, want at most 2 s", took)
	}
}
