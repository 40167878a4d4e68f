package rpc

import (
	"haggle/chat"
	"haggle/text"
)

type (
	messageResult struct {
		Message messageShape `json:"message"`
	}
	messagesResult struct {
		Messages []messageShape `json:"messages"`
	}
	unreadResult struct {
		Unread int `json:"unread"`
	}
)

func messageAnswer(answer answer) func(chat.Message, error) {
	return then(answer, func(m chat.Message) any { return messageResult{shapeOfMessage(m)} })
}

func (e *Endpoint) messagesSend(a *args) job {
	if a.raw("imagePath") != nil {
		return e.sendPicture(a)
	}
	a.refuse("is of a picture; give imagePath, too.", "caption", "original")
	id := a.room("roomId")
	draft := chat.Draft{Text: a.text("text", textLimit{chat.MaxText, chat.MaxTextBytes}), About: a.optionalListing("listingId")}
	return job{lane: laneOf(id), class: writes, run: func(answer answer) {
		e.node.Post(id, draft, messageAnswer(answer))
	}}
}

func (e *Endpoint) messagesList(a *args) job {
	id, before, after, limit := a.room("roomId"), a.optionalMessage("before"), a.optionalMessage("after"), a.limit()
	at, older := before, true
	if after != (chat.MessageID{}) {
		at, older = after, false
		if before != (chat.MessageID{}) {
			a.fail(badParam("after", "cannot be given together with before; give one of them."))
		}
	}
	return job{lane: laneOf(id), class: reads, place: inPool, run: read(func() (messagesResult, error) {
		list, err := e.node.Messages(id, at, older, limit)
		return messagesResult{shapesOfMessages(list)}, err
	})}
}

func (e *Endpoint) messagesSearch(a *args) job {
	a.needed("query")
	query, limit := a.word("query"), a.limit()
	if text.NewNeedle(query).Empty() {
		a.fail(badParam("query", "has no word to look for; give one."))
	}
	j := job{class: reads, place: inSearch}
	var in *chat.RoomID
	if a.raw("roomId") != nil {
		id := a.optionalRoom("roomId")
		in, j.lane = &id, laneOf(id)
	}
	j.run = read(func() (messagesResult, error) {
		list, err := e.node.SearchMessages(query, in, limit)
		return messagesResult{shapesOfMessages(list)}, err
	})
	return j
}

func (e *Endpoint) messagesMarkRead(a *args) job {
	id, upTo := a.room("roomId"), a.message("upTo")
	return job{lane: laneOf(id), run: func(answer answer) {
		e.node.MarkRead(id, upTo, then(answer, func(unread int) any { return unreadResult{unread} }))
	}}
}

func (e *Endpoint) messagesCancel(a *args) job {
	id := a.message("messageId")
	return job{lane: laneOf(id.Room), place: inPool, run: func(answer answer) {
		m, err := e.node.Message(id)
		switch {
		case err != nil:
			answer(nil, err)
		case m.Image != nil && m.Author != e.self:
			e.node.CancelImage(id, messageAnswer(answer))
		default:
			e.node.Withdraw(id, func(m chat.Message, _ bool, err error) { messageAnswer(answer)(m, err) })
		}
	}}
}
