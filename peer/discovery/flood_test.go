package discovery

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/miekg/dns"
)

// floodEnv holds how many packets this binary is to send as a hostile host.
const floodEnv = "HAGGLE_DISCOVERY_FLOOD"

// flood sends packets of all bad kinds by its eth0 and prints how many got out.
func flood(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	ifi, err := net.InterfaceByName("eth0")
	if err != nil {
		return err
	}
	i := netInterface{index: ifi.Index, name: ifi.Name, flags: ifi.Flags}
	conns := make(map[family]conn)
	for f := range families {
		if conns[f], err = listenMulticast(i, f); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	sent := 0
	for k := range n {
		packet, err := badPacket(random, k)
		if err != nil {
			return err
		}
		f := family(k % 2)
		if conns[f].Write(packet, f.group()) == nil {
			sent++
		}
	}
	return json.NewEncoder(os.Stdout).Encode(sent)
}

// badPacket is the k-th packet of a flood.
func badPacket(random *rand.Rand, k int) ([]byte, error) {
	forged := testAnnouncement(1 + random.IntN(3)) // also those that are really there
	if k%8 == 0 {
		forged = testAnnouncement(1000 + random.IntN(60000))
	}
	r, err := newRecords(forged, []netip.Addr{randomAddr(random), randomAddr(random), netip.MustParseAddr("8.8.8.8")}, nil)
	if err != nil {
		return nil, err
	}
	switch k % 8 {
	case 0, 1:
		return r.announce, nil
	case 2:
		return r.goodbye, nil
	case 3: // foreign answers that lead to more questions in careless programs
		name := fmt.Sprintf("x%d._ipp._tcp.local.", random.IntN(100000))
		return pack([]dns.RR{&dns.PTR{Hdr: header("_ipp._tcp.local.", dns.TypePTR, dns.ClassINET), Ptr: name}})
	case 4:
		return packNamed(0, []instance{instanceOf(forged.Peer, forged.Device)})
	case 5:
		big := make([]byte, 1+random.IntN(9500))
		for i := range big {
			big[i] = byte(random.Uint32())
		}
		return big, nil
	default: // a good packet with some bytes changed
		packet := slices.Clone(r.announce)
		for range 1 + random.IntN(8) {
			packet[random.IntN(len(packet))] = byte(random.Uint32())
		}
		return packet[:1+random.IntN(len(packet))], nil
	}
}

func randomAddr(random *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
}
