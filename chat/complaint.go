package chat

import (
	"log/slog"
	"time"
)

// How many lines a minute the log takes about what peers do wrong: of one peer, and of all. Who misbehaves a thousand times
// a second, or under a thousand names, must not fill the disk with it.
const (
	peerComplaints = 5
	allComplaints  = 60
)

// minute counts what happens in a minute.
type minute struct {
	began time.Time
	count int
}

// allows counts once more, and reports whether that is still within most.
func (m *minute) allows(most int) bool {
	if now := time.Now(); now.Sub(m.began) >= time.Minute {
		*m = minute{began: now}
	}
	m.count++
	return m.count <= most
}

// silent is the log for what there were too many lines of.
var silent = slog.New(slog.DiscardHandler)

// about is the log for what a peer did wrong.
func (n *Node) about(id PeerID) *slog.Logger {
	if p := n.peers[id]; p != nil && !p.complaints.allows(peerComplaints) || !n.complaints.allows(allComplaints) {
		return silent
	}
	return n.log
}
