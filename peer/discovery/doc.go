// Package discovery finds peers on the local network and tells them about us.
//
// The common case:
//
//	d := discovery.New(discovery.Config{Self: discovery.Announcement{Peer: id, Device: device, Port: 42445}})
//	go d.Run(ctx)
//	for batch := range d.Sightings() {
//		// dial what interests us; the key proves who answers
//	}
//
// What is guaranteed:
//
//   - A Sighting is a hint, never a proof. Whoever is on the network can write any announcement, goodbye or address;
//     identity comes from the handshake of whoever dials, presence from the link that results.
//   - The network is never held up by a slow reader of Sightings: what was not read is merged, newest state per peer.
//   - No network, a vanished interface or a taken port are never errors: all is tried again each second.
//   - What strangers send is bounded: packets per source, peers per source, peers in all, addresses per peer. Nothing is
//     logged per packet, only counted.
//   - Names of people and goods are never announced, only the key, a port and a digest of the catalogue.
//
// How it works. On each usable interface runs a responder of hashicorp/mdns, which answers questions that ask for a
// unicast reply (where there are several interfaces, which it confuses, only while we have no socket of our own), and one
// short query of it per address family at start, on a change and after Kick. Beside it a multicast socket of our own per
// interface and family does what that library cannot: announcements, goodbyes, listening, multicast answers and the upkeep
// of what is known (RFC 6762). One goroutine, Run's, owns all state; a goroutine per socket reads and parses.
//
// discovery.go is what others use, run.go the loop, links.go and link.go the interfaces in use, asking.go, answer.go and
// hearing.go the talk on them, cache.go what is known, check.go and echo.go what the network doctor wants to know, packet.go,
// records.go, name.go and txt.go the packets, library.go the library, socket.go and interfaces.go the machine.
package discovery
