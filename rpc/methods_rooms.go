package rpc

import (
	"haggle/chat"
)

type (
	roomResult struct {
		Room roomShape `json:"room"`
	}
	openResult struct {
		Room    roomShape `json:"room"`
		Created bool      `json:"created"`
	}
	roomsResult struct {
		Total int         `json:"total"`
		Rooms []roomShape `json:"rooms"`
	}
)

var filterWords = map[string]chat.RoomFilter{
	"buying": chat.Buying, "selling": chat.Selling, "unread": chat.Unread, "unanswered": chat.Unanswered, "requests": chat.Requests,
}

const filterList = "buying, selling, unread, unanswered and requests"

func (e *Endpoint) roomsOpen(a *args) job {
	buyer, seller, listing := a.optionalPeer("buyer"), a.optionalPeer("seller"), a.optionalListing("listingId")
	switch given := [2]bool{a.raw("buyer") != nil, a.raw("seller") != nil}; given {
	case [2]bool{true, false}:
		seller = e.self
	case [2]bool{false, true}:
		buyer = e.self
	default:
		a.fail(badParam("seller", "or buyer has to be given, one of them; the other one is oneself."))
	}
	return job{lane: laneOf(chat.RoomFor(buyer, seller)), run: func(answer answer) {
		e.node.OpenRoom(buyer, seller, listing, func(room chat.RoomView, created bool, err error) {
			answer(func() any { return openResult{e.roomShape(room), created} }, err)
		})
	}}
}

func (e *Endpoint) roomsList(a *args) job {
	filter := choice(a, "filter", filterWords, filterList)
	offset, limit := a.page()
	return job{class: reads, place: inPool, run: read(func() (roomsResult, error) {
		total, page, err := e.node.Rooms(filter, offset, limit)
		result := roomsResult{total, []roomShape{}}
		for _, r := range page {
			result.Rooms = append(result.Rooms, e.roomShape(r))
		}
		return result, err
	})}
}

func (e *Endpoint) roomsAccept(a *args) job {
	id := a.room("roomId")
	return job{lane: laneOf(id), run: func(answer answer) {
		e.node.Accept(id, then(answer, func(r chat.RoomView) any { return roomResult{e.roomShape(r)} }))
	}}
}

func (e *Endpoint) roomsDelete(a *args) job {
	id := a.room("roomId")
	return job{lane: laneOf(id), run: func(answer answer) {
		e.node.DeleteRoom(id, then(answer, func(struct{}) any { return nothing{} }))
	}}
}

func (e *Endpoint) roomsSetDraft(a *args) job {
	id, draft := a.room("roomId"), a.text("text", textLimit{4 * chat.MaxTextBytes, 4 * chat.MaxTextBytes})
	return job{lane: laneOf(id), place: inPool, run: read(func() (nothing, error) {
		return nothing{}, e.node.SetDraft(id, draft)
	})}
}
