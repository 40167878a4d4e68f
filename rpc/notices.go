package rpc

import (
	"errors"

	"haggle/chat"
)

type (
	readyShape struct {
		PeerID    string   `json:"peerId"`
		DeviceID  string   `json:"deviceId"`
		Addresses []string `json:"addresses"`
		Version   string   `json:"version"`
	}
	peerNotice struct {
		Peer peerShape `json:"peer"`
	}
	elsewhereNotice struct {
		DeviceID  string   `json:"deviceId"`
		Addresses []string `json:"addresses"`
	}
	listingNotice struct {
		Listing listingShape `json:"listing"`
	}
	roomNotice struct {
		Room roomShape `json:"room"`
	}
	messageNotice struct {
		Message messageShape `json:"message"`
	}
	stateNotice struct {
		MessageID string `json:"messageId"`
		RoomID    string `json:"roomId"`
		Author    string `json:"author"`
		DeviceID  string `json:"deviceId"`
		Seq       uint64 `json:"seq"`
		State     string `json:"state"`
	}
	progressNotice struct {
		MessageID string `json:"messageId"`
		Received  uint32 `json:"received"`
		Bytes     uint32 `json:"bytes"`
	}
	storeNotice struct {
		Kind    chat.Notice `json:"kind"`
		Message string      `json:"message"`
	}
	lagged struct {
		Dropped int `json:"dropped"`
	}
)

func (e *Endpoint) ready(s chat.SelfView) any {
	return notice("ready", readyShape{s.ID.String(), s.Device.String(), listOf(s.Addresses), e.cfg.Version})
}

// listingKey tells notices about one listing.
type listingKey struct {
	seller chat.PeerID
	id     chat.ListingID
}

// Notify takes an event of the node: it is chat.Config's Notify. It never waits.
func (e *Endpoint) Notify(event chat.Event) {
	it := &item{size: 512}
	switch event := event.(type) {
	case chat.PeerOnline:
		it.make = func() any { return e.presence("peer.online", event.Peer, true) }
		if e.adds.keep(e, event.Peer, it) {
			return
		}
	case chat.PeerOffline:
		it.make = func() any { return e.presence("peer.offline", event.Peer, false) }
		if e.adds.keep(e, event.Peer, it) {
			return
		}
	case chat.OtherDevice:
		it.make = func() any {
			return notice("self.elsewhere", elsewhereNotice{event.Device.String(), listOf(event.Addresses)})
		}
	case chat.ListingChanged:
		it.key = listingKey{event.Listing.Seller, event.Listing.ID}
		it.size = 1 << 10
		it.make = func() any {
			return notice("listing.changed", listingNotice{e.listingShape(e.node.ListingView(event.Listing))})
		}
	case chat.RoomChanged:
		it.key, it.reads = event.Room, true
		it.make = func() any { return e.roomChanged(event.Room) }
		e.rooms.tell(event.Room, func() { e.out.add(it) })
		return
	case chat.MessageReceived:
		it.size += len(event.Message.Text)
		it.make = func() any { return notice("message.received", messageNotice{shapeOfMessage(event.Message)}) }
	case chat.MessageStateChanged:
		it.make = func() any { return e.stateChanged(event) }
	case chat.ImageChanged:
		it.key = event.ID
		it.make = func() any {
			return notice("image.progress", progressNotice{event.ID.String(), event.Received, event.Size})
		}
	case chat.ImageSent:
		it.key = event.ID
		it.make = func() any {
			return notice("image.progress", progressNotice{event.ID.String(), event.Bytes, event.Size})
		}
	case chat.StoreNotice:
		it.make = func() any { return notice("store.notice", storeNotice{event.Kind, noticeText(event.Kind)}) }
	default:
		return // PeerChanged, NetworkChanged: whoever asks sees it
	}
	e.out.add(it)
}

func (e *Endpoint) presence(method string, id chat.PeerID, online bool) any {
	shape := shapeOfPeer(e.node.Peer(id))
	shape.Online = online // as it was; meanwhile it may be another
	return notice(method, peerNotice{shape})
}

// roomChanged shows the room as it is now, which is not older than the event.
func (e *Endpoint) roomChanged(id chat.RoomID) any {
	room, err := e.node.Room(id)
	if errors.Is(err, chat.ErrNotFound) {
		return nil // not on the disk yet: another event follows when it is
	}
	if err != nil {
		e.log.Error("Room not read", "err", err)
		return nil
	}
	return notice("room.changed", roomNotice{e.roomShape(room)})
}

func (e *Endpoint) stateChanged(event chat.MessageStateChanged) any {
	id := event.ID
	who, known := e.names[id.Room]
	if !known {
		room, err := e.node.Room(id.Room)
		if err != nil {
			e.log.Error("Room not read", "err", err)
			return nil
		}
		if len(e.names) == 1<<14 {
			clear(e.names)
		}
		who = pair{chat.Buyer: room.Buyer, chat.Seller: room.Seller}
		e.names[id.Room] = who
	}
	return notice("message.state", stateNotice{
		id.String(), id.Room.String(), who[id.Author].String(), id.Device.String(), id.Seq, event.State.String(),
	})
}

func noticeText(kind chat.Notice) string {
	switch kind {
	case chat.NoticeDiskFull:
		return "The disk is full: nothing new is kept until some space is free."
	case chat.NoticeDiskBack:
		return "There is space on the disk again: everything goes on."
	case chat.NoticeReadOnly:
		return "The disk refused to keep something: stop Haggle, check the disk and start it again."
	case chat.NoticeRolledBack:
		return "The profile folder was an older copy: what was missing is fetched from the others."
	case chat.NoticeForked:
		return "Somebody's messages contradict one another: that log is kept and not continued."
	case chat.NoticeRebuilt:
		return "The index was damaged and was made again from the journal: nothing is lost."
	case chat.NoticeDamaged:
		return "A part of the journal is damaged: it was put aside, and what it held is asked for again."
	default:
		return "Something happened to the store; the log on standard error says what."
	}
}
