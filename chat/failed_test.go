package chat_test

import (
	"testing"
	"time"

	"haggle/chat"
)

// sentPicture posts a picture into the room in which ann buys.
func (d *desk) sentPicture(begin string) (chat.Message, []byte) {
	d.Helper()
	data, image := d.put(begin, 100_000)
	m, err := now(d, ask(func(then func(chat.Message, error)) {
		d.node.Post(chat.RoomFor(ann.id, me.id), chat.Draft{Image: &image, Text: "look"}, then)
	}))
	if err != nil {
		d.Fatal(err)
	}
	return m, data
}

func (d *desk) state(id chat.MessageID) chat.State {
	d.Helper()
	m, err := d.node.Message(id)
	if err != nil {
		d.Fatal(err)
	}
	return m.State
}

// TestD5FailedPicture: an own picture that no machine has any more is for a person to send again, and what they wrote
// with it is still there (X3); one that the other side has comes back by itself.
func TestD5FailedPicture(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		f.down()
		words := d.posted(a.log.Room, "first")
		m, _ := d.sentPicture("ok")
		equal(t, "on the way", d.state(m.ID), chat.Waiting)
		d.disk.Lose(m.Image.Hash)
		equal(t, "its picture was lost", d.state(m.ID), chat.Failed)
		equal(t, "the words before it", d.state(words.ID), chat.Waiting)
		d.restart()
		equal(t, "after a restart", d.state(m.ID), chat.Failed)
		if v, err := d.node.Room(a.log.Room); err != nil || v.Last.State != chat.Failed || v.Last.Text != "look" {
			t.Errorf("X3: the inbox shows %v, %v", v.Last, err)
		}

		f = d.met(ann, annDevice)
		f.say(f.have(a.log.Room))
		d.told()
		f.say(chat.Absent{Hash: m.Image.Hash}, f.receipt(m.ID.LogID, m.ID.Seq, 0))
		last := map[chat.MessageID]chat.State{}
		for _, e := range toldOf[chat.MessageStateChanged](d) {
			last[e.ID] = e.State
		}
		equal(t, "told once it was delivered without the picture", last[m.ID], chat.Failed)
		equal(t, "then", d.state(m.ID), chat.Failed)
		equal(t, "the words before it", d.state(words.ID), chat.Delivered)
	})
}

// TestD5LostPictureComesBack: what was lost here and is there comes back, and nobody has to do anything.
func TestD5LostPictureComesBack(t *testing.T) {
	playPictures(t, func(d *desk) {
		f, a := friend(d)
		m, data := d.sentPicture("ok")
		f.say(f.have(a.log.Room))
		f.say(f.receipt(m.ID.LogID, m.ID.Seq, 0))
		equal(t, "sent", d.state(m.ID), chat.Delivered)
		d.disk.Lose(m.Image.Hash)
		equal(t, "lost here", d.state(m.ID), chat.Delivered)
		d.restart()
		f = d.met(ann, annDevice)
		d.pass(11 * time.Second) // the first question went unanswered
		f.gives(data, len(data))
		d.wantState(m.ID, chat.ImageHere)
		equal(t, "back again", d.state(m.ID), chat.Delivered)
		for _, e := range toldOf[chat.MessageStateChanged](d) {
			equal(t, "told", e.State, chat.Delivered)
		}
	})
}
