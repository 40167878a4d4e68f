package chat_test

import (
	"strings"
	"testing"

	"haggle/chat"
)

func (d *desk) remarked(id chat.PeerID, r chat.Remark) (chat.PeerView, error) {
	return now(d, ask(func(then func(chat.PeerView, error)) { d.node.SetRemark(id, r, then) }))
}

func (d *desk) verified(id chat.PeerID, on bool) (chat.PeerView, error) {
	return now(d, ask(func(then func(chat.PeerView, error)) { d.node.Verify(id, on, then) }))
}

// TestA9Remark: what a person notes about a peer is kept across restarts, told to whoever shows it, and never sent.
func TestA9Remark(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		f.heard()
		d.told()
		want := chat.Remark{Alias: "安娜 (corner shop)", Note: strings.Repeat("价", chat.MaxNote)}
		v, err := d.remarked(ann.id, want)
		if err != nil || v.Remark != want || v.ID != ann.id {
			t.Fatalf("noted %+v, %v", v.Remark, err)
		}
		if told := toldOf[chat.PeerChanged](d); len(told) != 1 || told[0].Peer != ann.id {
			t.Errorf("told of %v", told)
		}
		if sent := f.heard(); len(sent) > 0 {
			t.Errorf("A9: %T was sent", sent[0])
		}
		d.restart()
		equal(t, "after a restart", d.node.Peer(ann.id).Remark, want)

		for what, wrong := range map[error]chat.Remark{
			chat.ErrTooLarge: {Alias: strings.Repeat("x", chat.MaxName+1)}, chat.ErrInvalid: {Note: "\xff"},
		} {
			_, err := d.remarked(ann.id, wrong)
			fails(t, "a wrong remark", err, what)
		}
		_, err = d.remarked(ann.id, chat.Remark{Note: strings.Repeat("x", chat.MaxNote+1)})
		fails(t, "a long note", err, chat.ErrTooLarge)
		_, err = d.remarked(bo.id, want)
		fails(t, "about a stranger", err, chat.ErrNotFound)
		equal(t, "after what was refused", d.node.Peer(ann.id).Remark, want)

		if _, err := d.remarked(ann.id, chat.Remark{Alias: " \t"}); err != nil {
			t.Error(err)
		}
		equal(t, "taken back", d.node.Peer(ann.id).Remark, chat.Remark{})
		d.restart()
		equal(t, "taken back, after a restart", d.node.Peer(ann.id).Remark, chat.Remark{})
	})
}

// TestA4AliasLikeAName: somebody who is called here what another calls themselves is not to be taken for them.
func TestA4AliasLikeAName(t *testing.T) {
	play(t, func(d *desk) {
		named := func(p person, device chat.DeviceID, name string) {
			profile := &chat.Profile{Peer: p.id, Version: 1, Name: name}
			profile.Sign(p.key)
			d.met(p, device).say(chat.ProfileFrame{Record: profile.Encode()})
		}
		named(ann, annDevice, "Anna")
		named(bo, chat.DeviceID{0xb0}, "Bo")
		equal(t, "tag", d.node.Peer(ann.id).NameTag+d.node.Peer(bo.id).NameTag, "")
		v, err := d.remarked(bo.id, chat.Remark{Alias: "Anna"})
		if err != nil || v.NameTag != bo.id.Short() {
			t.Errorf("the alias has the tag %q, %v", v.NameTag, err)
		}
		equal(t, "the other's tag", d.node.Peer(ann.id).NameTag, ann.id.Short())
		if _, err := d.remarked(bo.id, chat.Remark{Alias: "bo"}); err != nil {
			t.Error(err)
		}
		equal(t, "an alias like the own name", d.node.Peer(bo.id).NameTag, "")
	})
}

// TestA3Verified: the mark is kept across restarts, and survives what a link tells of the peer.
func TestA3Verified(t *testing.T) {
	play(t, func(d *desk) {
		f := d.met(ann, annDevice)
		f.heard()
		d.told()
		v, err := d.verified(ann.id, true)
		if err != nil || !v.Verified {
			t.Fatalf("verified %v, %v", v.Verified, err)
		}
		equal(t, "told", len(toldOf[chat.PeerChanged](d)), 1)
		if sent := f.heard(); len(sent) > 0 {
			t.Errorf("%T was sent", sent[0])
		}
		f.down()
		d.restart()
		d.met(ann, annDevice)
		equal(t, "after a restart", d.node.Peer(ann.id).Verified, true)
		if v, err = d.verified(ann.id, false); err != nil || v.Verified {
			t.Errorf("taken back: %v, %v", v.Verified, err)
		}
		_, err = d.verified(bo.id, true)
		fails(t, "a stranger", err, chat.ErrNotFound)
	})
}
