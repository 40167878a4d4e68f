package chat_test

import (
	"bytes"
	"testing"

	"haggle/chat"
	"haggle/chat/storetest"
)

// TestMove: what is exported and imported shows the same rooms, with their ticks, marks, drafts and pictures, and goes on.
func TestMove(t *testing.T) {
	withBlobs := func(c *chat.Config) {
		c.Blobs = c.Store.(*disk) //nolint:forcetypeassert // as made by the desk
		c.CheckPicture = func([]byte, chat.Image, bool) error { return nil }
	}
	playWith(t, withBlobs, func(d *desk) {
		f := d.introduced(ann, annDevice, "Ann")
		bike := goods(ann, 1, 1, chat.Available, "bike")
		f.say(catalogue(bike))
		room := d.opened(me, ann)
		first := d.posted(room, "one")
		d.posted(room, "two")
		f.say(f.receipt(first.ID.LogID, 1, 1))
		a := authorIn(me, ann, chat.Seller, annDevice)
		f.write(a, says("answer"), says("unread"))
		d.markedRead(a.id(1))
		data := []byte("a picture of mine")
		hash, err := now(d, ask(func(then func(chat.Hash, error)) { d.disk.PutBlob(data, then) }))
		if err != nil {
			t.Fatal(err)
		}
		image := &chat.Image{Hash: hash, Size: uint32(len(data)), Width: 1, Height: 1, Type: "png", Thumbnail: []byte{1}}
		if _, err := now(d, ask(func(then func(chat.Message, error)) { d.node.Post(room, chat.Draft{Image: image, Text: "look"}, then) })); err != nil {
			t.Fatal(err)
		}
		if err := d.node.SetDraft(room, "unsent"); err != nil {
			t.Fatal(err)
		}
		d.told()
		before := describe(t, d, room)

		var moved bytes.Buffer
		if err := chat.Export(me.id, d.disk, d.disk, &moved); err != nil {
			t.Fatal(err)
		}
		d.stop()
		home := storetest.NewMem(me.id)
		if err := chat.Import(me.id, home, home, bytes.NewReader(moved.Bytes())); err != nil {
			t.Fatal(err)
		}
		old := d.disk
		d.disk, d.device = newDisk(home.Restart()), chat.DeviceID{0x77}
		d.start()
		if after := describe(t, d, room); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		if got, err := d.node.ReadPicture(hash); err != nil || !bytes.Equal(got, data) {
			t.Errorf("picture: %q, %v", got, err)
		}
		d.posted(room, "from home")
		d.shows(room, "answer unread one two look from home")
		if err := old.Close(); err != nil {
			t.Error(err)
		}
		importing := func(self person, raw []byte) error {
			scratch := storetest.NewMem(self.id)
			defer scratch.Wipe()
			return chat.Import(self.id, scratch, scratch, bytes.NewReader(raw))
		}
		for at := 0; at < moved.Len(); at += 1 + at/200 { // whatever comes is taken or refused
			spoilt := bytes.Clone(moved.Bytes())
			spoilt[at] ^= 0x40
			_ = importing(me, spoilt)
			_ = importing(me, moved.Bytes()[:at])
		}
		fails(t, "somebody else's room", importing(bo, moved.Bytes()), chat.ErrMalformed)
	})
}

// describe is what a person sees of a room.
func describe(t *testing.T, d *desk, room chat.RoomID) string {
	t.Helper()
	v, err := d.node.Room(room)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, m := range d.page(room) {
		b.WriteString(m.Text + " " + m.State.String() + "\n")
	}
	state, err := d.disk.Room(room)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(v.Draft + " " + v.Peer.Name + " ")
	b.WriteByte(byte('0' + v.Unread))
	if v.Request {
		b.WriteString(" request")
	}
	b.WriteString(state.Pinned.String())
	return b.String()
}
