package chat_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"haggle/chat"
)

// brings has a carrier bring a parcel and tells whether it was acknowledged by the time all is quiet.
func (f *far) brings(p chat.Parcel) bool {
	f.d.Helper()
	f.say(chat.ParcelOffer{ID: p.ID(), Size: uint32(len(p.Sealed))})
	return f.hands(p)
}

// hands answers what is asked of a parcel. What is said of others stays to be heard.
func (f *far) hands(p chat.Parcel) bool {
	f.d.Helper()
	id := p.ID()
	for {
		var ask *chat.ParcelAsk
		var rest []chat.Frame
		done := false
		for _, frame := range f.heard() {
			a, asks := frame.(chat.ParcelAsk)
			t, takes := frame.(chat.ParcelTaken)
			switch {
			case asks && a.ID == id:
				ask = &a
			case takes && t.ID == id:
				done = true
			default:
				rest = append(rest, frame)
			}
		}
		f.unread = rest
		if done || ask == nil {
			return done
		}
		at := int(ask.Offset)
		data := p.Sealed[at:min(at+chat.ChunkBytes, len(p.Sealed))]
		f.say(chat.ParcelChunk{ID: id, Size: uint32(len(p.Sealed)), Offset: ask.Offset, Data: data})
	}
}

// TestParcelIsTaken: what a guest wrote arrives though the two were never linked, as if it came from the guest.
func TestParcelIsTaken(t *testing.T) {
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		a := authorIn(ann, me, chat.Buyer, annDevice)
		p := sealed(t, letterOf(t, ann, a, a.group(says("is")), a.group(says("it"), says("there?"))), me)
		d.told()
		if !kiosk.brings(p) {
			t.Fatal("not acknowledged")
		}
		d.shows(a.log.Room, "is it there?")
		if got := toldOf[chat.MessageReceived](d); len(got) != 3 || got[0].Message.Author != ann.id {
			t.Errorf("told %+v", got)
		}
		room, err := d.node.Room(a.log.Room)
		if err != nil || room.Peer.Name != "Guest" || !room.Request || room.Unread != 3 || room.Peer.Online {
			t.Errorf("the room is %+v, %v", room, err)
		}
		again := sealed(t, letterOf(t, ann, a, a.group(says("more"))), me)
		if !kiosk.brings(p) || !kiosk.brings(again) || !kiosk.brings(p) {
			t.Error("a repetition is not acknowledged")
		}
		d.shows(a.log.Room, "is it there? more")
		d.restart()
		d.shows(a.log.Room, "is it there? more")
		if name := d.node.Peer(ann.id).Name; name != "Guest" {
			t.Errorf("after a restart the guest's name is %q", name)
		}
	})
}

// TestParcelAcknowledgedOnceDurable: a receipt for what is only in memory would have the carrier forget it.
func TestParcelAcknowledgedOnceDurable(t *testing.T) {
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		a := authorIn(ann, me, chat.Buyer, annDevice)
		p := sealed(t, letterOf(t, ann, a, a.group(says("question"))), me)
		d.pass(time.Second)
		d.disk.trouble.Store(&trouble{hold: true})
		if kiosk.brings(p) {
			t.Error("acknowledged while the disk is not done")
		}
		d.disk.release()
		if got := heardOf[chat.ParcelTaken](kiosk); len(got) != 1 {
			t.Errorf("heard %v once the disk is done", got)
		}

		q := sealed(t, letterOf(t, ann, a, a.group(says("another"))), me)
		d.full()
		if kiosk.brings(q) {
			t.Error("acknowledged though the disk is full")
		}
		d.pass(time.Second)
		if got := heardOf[chat.ParcelTaken](kiosk); len(got) != 0 {
			t.Errorf("acknowledged though the disk refused: %v", got)
		}
		d.disk.release()
		d.posted(d.opened(me, bo), "the disk is back")
		if !kiosk.hands(q) {
			t.Error("not taken once the disk has room")
		}
		d.shows(a.log.Room, "question another")
	})
}

// TestParcelsInAnyOrder: a later part waits for the one before it.
func TestParcelsInAnyOrder(t *testing.T) {
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		a := authorIn(ann, me, chat.Buyer, annDevice)
		first := sealed(t, letterOf(t, ann, a, a.group(says("one"))), me)
		second := sealed(t, letterOf(t, ann, a, a.group(says("two"))), me)
		if kiosk.brings(second) {
			t.Error("a part after a gap is acknowledged")
		}
		d.absent(a.log.Room)
		if len(d.node.Peers()) != 1 {
			t.Error("somebody of whom nothing is held is known")
		}
		if !kiosk.brings(first) {
			t.Error("the first part is not acknowledged")
		}
		if !kiosk.hands(second) {
			t.Error("the second part is not taken after the first")
		}
		d.shows(a.log.Room, "one two")
	})
}

// TestParcelKeepsStrangersQuota: a guest is a stranger, whoever brings what they wrote.
func TestParcelKeepsStrangersQuota(t *testing.T) {
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		a := authorIn(ann, me, chat.Buyer, annDevice)
		p := sealed(t, letterOf(t, ann, a, a.group(repeat(chat.StrangerMessages, says("x"))...)), me)
		q := sealed(t, letterOf(t, ann, a, a.group(says("beyond"))), me)
		if !kiosk.brings(p) || kiosk.brings(q) {
			t.Error("the quota does not hold")
		}
		d.accepted(a.log.Room)
		if !kiosk.hands(q) {
			t.Error("what the quota kept out is not taken once the room is accepted")
		}
	})
}

// TestUselessParcels are acknowledged and dropped, and who brings too many is not listened to any more.
func TestUselessParcels(t *testing.T) {
	a := authorIn(ann, me, chat.Buyer, annDevice)
	good := a.copied().group(says("fine"))
	broken := a.copied().group(says("broken"))
	broken.Signature[0] ^= 1
	other := authorIn(ann, bo, chat.Buyer, annDevice)
	foreign := letterOf(t, ann, a, good)
	foreign.Author = bo.id
	profile := letterOf(t, ann, a, good)
	profile.Profile = profileOf(t, bo, "Bo").Encode()
	own := authorIn(me, ann, chat.Buyer, annDevice)
	bad := map[string]chat.Parcel{
		"a bad signature":      sealed(t, letterOf(t, ann, a, broken), me),
		"of another room":      sealed(t, letterOf(t, ann, a, other.group(says("x"))), me),
		"another's profile":    sealed(t, profile, me),
		"in another's name":    sealed(t, foreign, me),
		"in my own name":       sealed(t, letterOf(t, me, own, own.group(says("x"))), me),
		"sealed to another":    sealed(t, letterOf(t, ann, a, good), bo),
		"nothing that opens":   filled(me, 7, 4<<10),
		"not even a group":     sealed(t, &chat.Letter{Author: ann.id, Profile: profileOf(t, ann, "A").Encode(), Groups: [][]byte{{1}}}, me),
		"a picture of nothing": sealed(t, &chat.Letter{Author: ann.id, Profile: []byte("x"), Seq: 1, Picture: []byte("x")}, me),
	}
	for what, p := range bad {
		play(t, func(d *desk) {
			kiosk := d.met(bo, boDevice)
			if !kiosk.brings(p) {
				t.Errorf("%s: not acknowledged", what)
			}
			d.pass(time.Second)
			if d.rooms() != 0 {
				t.Errorf("%s: a room was made", what)
			}
		})
	}
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		for i := range 8 {
			if !kiosk.brings(filled(me, byte(i), 4<<10)) {
				t.Errorf("parcel %d is not acknowledged", i)
			}
		}
		kiosk.say(chat.ParcelOffer{ID: chat.Hash{9}, Size: 4 << 10})
		if got := heardOf[chat.ParcelAsk](kiosk); len(got) != 0 {
			t.Errorf("the ninth is asked for: %v", got)
		}
		honest := d.met(someone(9), chat.DeviceID{9})
		if !honest.brings(sealed(t, letterOf(t, ann, a, good), me)) {
			t.Error("others are not listened to either")
		}
	})
}

// TestHostileCarrier: offers without end, chunks nobody asked for, and silence cost nothing but this carrier's turn.
func TestHostileCarrier(t *testing.T) {
	play(t, func(d *desk) {
		bad, good := d.met(bo, boDevice), d.met(someone(9), chat.DeviceID{9})
		for i := range 1000 {
			bad.say(chat.ParcelOffer{ID: chat.Hash{byte(i), byte(i >> 8)}, Size: 4 << 20})
		}
		bad.say(chat.ParcelOffer{ID: chat.Hash{1, 1, 1}, Size: 5000}, chat.ParcelOffer{ID: chat.Hash{1, 1, 2}, Size: 0})
		if asks := heardOf[chat.ParcelAsk](bad); len(asks) != 1 {
			t.Fatalf("%d parcels are asked for at once", len(asks))
		}
		junk := make([]byte, chat.ChunkBytes)
		bad.say(
			chat.ParcelChunk{ID: chat.Hash{7, 7}, Size: 4 << 20, Data: junk},
			chat.ParcelChunk{ID: chat.Hash{0}, Size: 16 << 10, Data: junk[:1]},
			chat.ParcelChunk{ID: chat.Hash{0}, Size: 4 << 20, Offset: 64, Data: junk},
		)
		if asks := heardOf[chat.ParcelAsk](bad); len(asks) != 0 {
			t.Errorf("asks on after junk: %v", asks)
		}
		a := authorIn(ann, me, chat.Buyer, annDevice)
		p := sealed(t, letterOf(t, ann, a, a.group(says("hello"))), me)
		if good.brings(p) {
			t.Error("two parcels come at once")
		}
		d.pass(35 * time.Second)
		if !good.hands(p) {
			t.Error("a silent carrier holds the others up for ever")
		}
		d.shows(a.log.Room, "hello")
	})
}

// TestBlockedAuthorsParcel is acknowledged, so that its carrier learns nothing, and nothing of it is kept.
func TestBlockedAuthorsParcel(t *testing.T) {
	play(t, func(d *desk) {
		kiosk := d.met(bo, boDevice)
		d.introduced(ann, annDevice, "Ann")
		if _, err := now(d, ask(func(then func(chat.PeerView, error)) { d.node.Block(ann.id, true, then) })); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			a := authorIn(ann, me, chat.Buyer, chat.DeviceID{byte(i + 1)})
			if !kiosk.brings(sealed(t, letterOf(t, ann, a, a.group(says("hello"))), me)) {
				t.Errorf("parcel %d is not acknowledged", i)
			}
		}
		if d.rooms() != 0 {
			t.Error("a blocked author has a room")
		}
	})
}

// TestCarriedPicture waits until a person accepts the stranger, and is checked like any other.
func TestCarriedPicture(t *testing.T) {
	checked := 0
	data := bytes.Repeat([]byte("picture "), 1000)
	hash := chat.Hash(sha256.Sum256(data))
	body := chat.Body{Kind: chat.KindImage, Text: "look", Image: &chat.Image{Hash: hash, Size: uint32(len(data)), Width: 3, Height: 2, Type: "png"}}
	shows := line{kind: chat.KindImage, body: body.Encode()}
	for _, fine := range []bool{true, false} {
		cfg := func(c *chat.Config) {
			c.Blobs = c.Store.(*disk) //nolint:forcetypeassert // as made by the desk
			c.CheckPicture = func([]byte, chat.Image, bool) error {
				if checked++; !fine {
					return errors.New("no picture")
				}
				return nil
			}
		}
		playWith(t, cfg, func(d *desk) {
			kiosk := d.met(bo, boDevice)
			a := authorIn(ann, me, chat.Buyer, annDevice)
			words := sealed(t, letterOf(t, ann, a, a.group(shows)), me)
			letter := &chat.Letter{Author: ann.id, Profile: profileOf(t, ann, "Guest").Encode(), Role: chat.Buyer, Device: annDevice, Seq: 1, Picture: data}
			picture := sealed(t, letter, me)
			if kiosk.brings(picture) {
				t.Error("the picture of an entry that is not here is acknowledged")
			}
			if !kiosk.brings(words) {
				t.Error("the entry is not acknowledged")
			}
			if kiosk.hands(picture) {
				t.Error("a stranger's picture is acknowledged")
			}
			if d.disk.Blob(hash) != (chat.BlobState{}) {
				t.Error("a stranger's picture is here")
			}
			d.accepted(a.log.Room)
			if !kiosk.hands(picture) {
				t.Error("the picture is not taken after the room was accepted")
			}
			if d.disk.Blob(hash).Here != fine {
				t.Errorf("picture here: %v, want %v", !fine, fine)
			}
		})
		if checked == 0 {
			t.Error("the gate was not asked")
		}
		checked = 0
	}
}
