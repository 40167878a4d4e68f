package rpc

import (
	"fmt"

	"haggle/chat"
)

// sendPicture is messages.send with a picture. The room waits until it is prepared, so that a text that is sent after it
// comes after it.
func (e *Endpoint) sendPicture(a *args) job {
	a.refuse("cannot be given together with imagePath; give it as caption.", "text")
	id, path, original := a.room("roomId"), a.path("imagePath"), a.flag("original")
	draft := chat.Draft{About: a.optionalListing("listingId")}
	if caption := a.optional("caption", textLimit{chat.MaxCaption, chat.MaxCaption}); caption != nil {
		draft.Text = *caption
	}
	return job{lane: laneOf(id), place: inFiles, run: func(answer answer) {
		if err := e.canSend(id, draft.About); err != nil {
			answer(nil, err)
			return
		}
		p, err := e.put(path, original != nil && *original)
		if err != nil {
			answer(nil, err)
			return
		}
		draft.Image = &p.Image
		e.node.Post(id, draft, messageAnswer(answer))
	}}
}

// canSend tells what is wrong with a message before its picture is prepared and kept.
func (e *Endpoint) canSend(id chat.RoomID, about chat.ListingID) error {
	room, err := e.node.Room(id)
	if err != nil || about.IsZero() {
		return err
	}
	if _, err := e.node.Listing(room.Seller, about); err != nil {
		return fmt.Errorf("the listing: %w", err)
	}
	return nil
}

func (e *Endpoint) messagesFetchImage(a *args) job {
	id := a.message("messageId")
	return job{lane: laneOf(id.Room), run: func(answer answer) {
		e.node.FetchImage(id, messageAnswer(answer))
	}}
}

func (e *Endpoint) messagesSaveImage(a *args) job {
	id, path := a.message("messageId"), a.path("path")
	return job{lane: laneOf(id.Room), class: reads, place: inFiles, run: read(func() (savedResult, error) {
		m, err := e.node.Message(id)
		if err != nil {
			return savedResult{}, err
		}
		if m.Image == nil {
			return savedResult{}, fmt.Errorf("this message has no picture: %w", chat.ErrInvalid)
		}
		return e.save(m.Image.Hash, path)
	})}
}
