package ui

import (
	"maps"
	"time"

	"haggle/chat"
)

const (
	noticeWait = time.Second      // from a message to its notification, in which others join it
	burstQuiet = 20 * time.Second // without a message ends a room's burst
	startTime  = 30 * time.Second // of the program, in which whoever comes is caught up with
	catchTime  = 3 * time.Second  // from somebody's first link to the end of what it brings
	catchGap   = 2 * time.Second  // what still flows then flows closer than this
)

// notices tell of messages that nobody looks at, once per room and burst.
type notices struct {
	kit      *kit
	tell     func(Notice)
	off      func() bool            // switched off by the settings, or these are quiet hours
	watching func(chat.RoomID) bool // whether a person sees the room now
	begun    time.Time

	catching map[chat.PeerID]time.Time // until when what comes of somebody was missed before the start
	waiting  map[chat.RoomID]int       // messages to be told of soon
	bursts   map[chat.RoomID]time.Time // when the last message of a burst was looked at; the zero room is all requests
}

func newNotices(k *kit, tell func(Notice), off func() bool, watching func(chat.RoomID) bool) *notices {
	return &notices{
		kit: k, tell: tell, off: off, watching: watching, begun: k.now(),
		catching: map[chat.PeerID]time.Time{}, waiting: map[chat.RoomID]int{}, bursts: map[chat.RoomID]time.Time{},
	}
}

// apply is for the window.
func (n *notices) apply(e chat.Event) {
	switch e := e.(type) {
	case chat.PeerOnline:
		n.met(e.Peer)
	case chat.MessageReceived:
		room := e.Message.ID.Room
		if n.watching(room) {
			delete(n.bursts, room) // what comes once the person has left is news again
		} else if !n.missed(&e.Message) && !n.off() {
			n.wait(room)
		}
	default:
	}
}

func (n *notices) wait(room chat.RoomID) {
	if len(n.waiting) == 0 {
		n.kit.after(noticeWait, n.ring)
	}
	n.waiting[room]++
}

// met begins to catch up with somebody whom the program meets for the first time since its start, soon after that.
func (n *notices) met(p chat.PeerID) {
	now := n.kit.now()
	if _, again := n.catching[p]; !again && now.Sub(n.begun) < startTime {
		n.catching[p] = now.Add(catchTime)
	}
}

// missed reports whether a message belongs to the first catch-up: it was written before the start, or came with what was.
// Times on the wall are compared by age, so that a clock set right after the start makes no difference.
func (n *notices) missed(m *chat.Message) bool {
	now := n.kit.now()
	if until, ok := n.catching[m.Author]; ok && now.Before(until) {
		if more := now.Add(catchGap); more.After(until) {
			n.catching[m.Author] = more
		}
		return true
	}
	written := time.UnixMilli(m.SentAt).Add(-time.Duration(m.ClockOff) * time.Second)
	return now.Sub(written) > now.Sub(n.begun)
}

// ring looks at the rooms that wait, off the UI's goroutine, and tells of them.
func (n *notices) ring() {
	waiting := n.waiting
	n.waiting = map[chat.RoomID]int{}
	read(n.kit, func() (rooms []chat.RoomView, _ error) {
		for id := range waiting {
			if v, err := n.kit.node.Room(id); err == nil { // whoever shows it tells of an error
				rooms = append(rooms, v)
			}
		}
		return rooms, nil
	}, func(rooms []chat.RoomView, _ error) { n.tellOf(rooms, waiting) })
}

// tellOf tells of those rooms with new messages that are not in a burst already, in one notification.
func (n *notices) tellOf(rooms []chat.RoomView, fresh map[chat.RoomID]int) {
	now := n.kit.now()
	for burst, last := range n.bursts {
		if now.Sub(last) >= burstQuiet {
			delete(n.bursts, burst)
		}
	}
	messages, chats := 0, 0
	rung := maps.Clone(n.bursts)
	for i := range rooms {
		v := &rooms[i]
		count := min(fresh[v.ID], v.Unread)
		if count == 0 || !v.Shown || v.Peer.Blocked || n.watching(v.ID) {
			continue
		}
		burst := v.ID
		if v.Request { // strangers can open as many rooms as there are strangers
			burst = chat.RoomID{}
		}
		n.bursts[burst] = now
		if _, ok := rung[burst]; !ok {
			messages += count
			chats++
		}
	}
	if chats > 0 && !n.off() {
		n.tell(NewNotice(messages, chats, n.kit.words))
	}
}
