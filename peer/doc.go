// Package peer is the network as package chat sees it: Node satisfies chat.Link with mutual TLS over TCP.
//
// The common case:
//
//	identity, err := peer.LoadIdentity(folder)
//	finder := discovery.New(discovery.Config{Self: discovery.Announcement{Peer: identity.ID, Device: identity.Device}})
//	node, err := peer.New(peer.Config{Identity: identity, Discovery: finder})
//	go node.Run(ctx)
//
// What is guaranteed:
//
//   - A Remote in an event proved that it holds the key that its PeerID is, in this very connection. An address, an
//     announcement or a name proves nothing.
//   - Two devices have at most one link, whoever dialled and even when both did at once. LinkUp comes after the other's
//     hello, LinkDown after the last frame of the link.
//   - Send never blocks. Frames arrive in the order of Send, but catalogues travel in a lane of their own: they wait for
//     messages, messages never for them.
//   - A link is gone as soon as the connection breaks, or after a few seconds without a single byte (Config.Silence).
//   - Strangers are bounded before they are known: connections in all and per address, handshakes at once, time to the
//     hello, bytes of a frame. A slow reader of Events slows peers down by TCP, a slow peer is dropped.
//
// How it works. Each link has a goroutine that reads and one that writes. One goroutine, the keeper's, decides when to
// dial whom; each dial is a goroutine. What they share is guarded by one mutex, Node.mu, that nobody holds while waiting.
package peer
