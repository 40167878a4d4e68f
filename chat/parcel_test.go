package chat_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
)

// profileOf is somebody's profile with the key that their node makes.
func profileOf(t testing.TB, p person, name string) *chat.Profile {
	t.Helper()
	disk := newDisk(storetest.NewMem(p.id))
	defer func() { _ = disk.Close() }()
	if _, err := chat.New(chat.Config{
		Self: chat.Identity{ID: p.id, Key: p.key, Device: chat.DeviceID{1}}, Store: disk, Link: newWire(t), Name: name,
	}); err != nil {
		t.Fatal(err)
	}
	profile, err := disk.Profile(p.id)
	if err != nil {
		t.Fatal(err)
	}
	return profile
}

// letterOf carries groups of an author's log.
func letterOf(t testing.TB, p person, a *author, list ...*chat.Group) *chat.Letter {
	t.Helper()
	l := &chat.Letter{Author: p.id, Profile: profileOf(t, p, "Guest").Encode(), Role: a.log.Author, Device: a.log.Device}
	for _, g := range list {
		l.Groups = append(l.Groups, g.Encode())
	}
	return l
}

func sealed(t testing.TB, l *chat.Letter, to person) chat.Parcel {
	t.Helper()
	p, err := l.Seal(profileOf(t, to, "To"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParcelIsForItsAddressee(t *testing.T) {
	a := authorIn(ann, me, chat.Buyer, annDevice)
	letter := letterOf(t, ann, a, a.group(says("a secret question")))
	p := sealed(t, letter, me)
	if p.For != me.id || len(p.Sealed) != 4<<10 || bytes.Contains(p.Sealed, []byte("secret")) {
		t.Errorf("a parcel for %v of %d bytes", p.For, len(p.Sealed))
	}
	self := chat.Identity{ID: me.id, Key: me.key}
	got, err := chat.OpenParcel(self, p.Sealed)
	if err != nil || !bytes.Equal(got.Encode(), letter.Encode()) {
		t.Fatalf("opened: %+v, %v", got, err)
	}
	if again := sealed(t, letter, me); bytes.Equal(again.Sealed, p.Sealed) {
		t.Error("two parcels of one letter are equal")
	}
	for what, open := range map[string]func() (*chat.Letter, error){
		"somebody else's": func() (*chat.Letter, error) {
			return chat.OpenParcel(chat.Identity{ID: bo.id, Key: bo.key}, p.Sealed)
		},
		"another name": func() (*chat.Letter, error) {
			return chat.OpenParcel(chat.Identity{ID: bo.id, Key: me.key}, p.Sealed)
		},
		"a flipped bit": func() (*chat.Letter, error) {
			b := bytes.Clone(p.Sealed)
			b[len(b)/2] ^= 1
			return chat.OpenParcel(self, b)
		},
		"cut":     func() (*chat.Letter, error) { return chat.OpenParcel(self, p.Sealed[:len(p.Sealed)-1]) },
		"nothing": func() (*chat.Letter, error) { return chat.OpenParcel(self, nil) },
	} {
		if _, err := open(); !errors.Is(err, chat.ErrMalformed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestParcelsHaveFewSizes: a carrier does not learn how much was said.
func TestParcelsHaveFewSizes(t *testing.T) {
	to := profileOf(t, me, "Me")
	for _, c := range []struct{ content, size int }{{1, 4 << 10}, {3000, 4 << 10}, {4 << 10, 16 << 10}, {2 << 20, 4 << 20}} {
		l := &chat.Letter{Author: ann.id, Profile: []byte("p"), Seq: 1, Picture: make([]byte, c.content)}
		p, err := l.Seal(to)
		if err != nil || len(p.Sealed) != c.size {
			t.Errorf("%d bytes: a parcel of %d, %v", c.content, len(p.Sealed), err)
		}
	}
	l := &chat.Letter{Author: ann.id, Profile: []byte("p"), Seq: 1, Picture: make([]byte, chat.MaxParcel)}
	if _, err := l.Seal(to); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	l.Picture = l.Picture[:1]
	if _, err := l.Seal(&chat.Profile{Peer: bo.id}); !errors.Is(err, chat.ErrUnsealable) {
		t.Errorf("to a profile without a key: %v", err)
	}
}

// TestPack: what was acknowledged is not counted, but goes along, so that the rest can be read where it was lost.
func TestPack(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		profile := profileOf(t, ann, "Ann")
		f.say(chat.ProfileFrame{Record: profile.Encode()})
		room := d.opened(me, ann)
		first := d.posted(room, "one")
		d.posted(room, "two")
		d.posted(d.opened(me, bo), "nobody knows bo's profile")
		f.say(f.receipt(first.ID.LogID, 1, 0))
		d.pass(time.Second)
		d.stop()
		packed, err := chat.Pack(chat.Identity{ID: me.id, Key: me.key, Device: myDevice}, d.disk, nil)
		if err != nil || packed.Waiting != 2 || packed.Left[bo.id] != 1 || len(packed.Left) != 1 || packed.Bare != 0 || len(packed.Parcels) != 1 {
			t.Fatalf("packed %+v, %v", packed, err)
		}
		if p := packed.Parcels[0]; p.For != ann.id || p.Messages != 1 {
			t.Errorf("a parcel for %v with %d messages", p.For, p.Messages)
		}
		letter, err := chat.OpenParcel(chat.Identity{ID: ann.id, Key: ann.key}, packed.Parcels[0].Sealed)
		if err != nil || letter.Author != me.id || len(letter.Groups) != 2 {
			t.Errorf("the letter is %+v, %v", letter, err)
		}
		d.start()
	})
}

func FuzzDecodeLetter(f *testing.F) {
	a := authorIn(ann, me, chat.Buyer, annDevice)
	f.Add(letterOf(f, ann, a, a.group(says("one")), a.group(says("two"), says("three"))).Encode())
	f.Add((&chat.Letter{Author: ann.id, Profile: []byte("p"), Role: chat.Seller, Seq: 7, Picture: []byte("picture")}).Encode())
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := chat.DecodeLetter(raw)
		if err != nil {
			if !errors.Is(err, chat.ErrMalformed) {
				t.Errorf("error %v", err)
			}
			return
		}
		if !bytes.Equal(l.Encode(), raw) {
			t.Errorf("%x decodes and encodes to %x", raw, l.Encode())
		}
	})
}
