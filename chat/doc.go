// Package chat is the whole idea of Haggle without a line about disks, sockets or widgets: peers, listings, rooms,
// messages, and the Node that keeps them consistent between machines.
//
// The common case: New makes a Node over a Store and a Link, Run drives it, OpenRoom finds the one room of a (buyer,
// seller) pair, Post appends a message to it, and every change comes back as an Event.
//
// What the package guarantees:
//
//   - RoomFor is the only way to a RoomID, so a pair has one room per direction whoever opens it, even offline.
//   - Post's nil error means the message is on disk. A receipt leaves only after the store made its log durable.
//   - A log is gap-free and hash-chained; what arrives is judged by its signature, never by who brought it.
//   - Both sides sort messages by (Clock, Role, Device, Seq), which is a pure function of the set they hold.
//
// It imports the standard library only, and of that no net, os, io/fs, log or database package. One goroutine, Run's,
// owns the Node's state; there is no mutex.
package chat
