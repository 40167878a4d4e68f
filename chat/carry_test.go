package chat_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
)

// playCarrier runs a test at the desk of a node that carries parcels.
func playCarrier(t *testing.T, test func(*desk, *storetest.MemParcels)) {
	t.Helper()
	kept := storetest.NewMemParcels()
	playWith(t, func(c *chat.Config) { c.Parcels = kept }, func(d *desk) { test(d, kept) })
}

// carries hands parcels to the node.
func (d *desk) carries(parcels ...chat.Parcel) (int, error) {
	d.Helper()
	return now(d, ask(func(then func(int, error)) { d.node.Carry(parcels, then) }))
}

// filled is a parcel of a size with nothing in it.
func filled(to person, seed byte, size int) chat.Parcel {
	return chat.Parcel{For: to.id, Sealed: bytes.Repeat([]byte{seed}, size)}
}

// takes links somebody who takes parcels.
func (d *desk) takes(p person, device chat.DeviceID) *far {
	d.Helper()
	f := &far{d: d, person: p, device: device}
	d.ends = append(d.ends, f)
	d.wire.tell(chat.LinkUp{Remote: f.remote(), Parcels: true})
	return f
}

func TestCarry(t *testing.T) {
	playCarrier(t, func(d *desk, kept *storetest.MemParcels) {
		one, two := filled(ann, 1, 4<<10), filled(ann, 2, 256<<10)
		if n, err := d.carries(one, two); n != 2 || err != nil {
			t.Fatalf("carries %d, %v", n, err)
		}
		keeps := asked[keepList](d.wire)
		if len(keeps) == 0 || len(keeps[len(keeps)-1]) != 1 || keeps[len(keeps)-1][0].Peer != ann.id {
			t.Errorf("it does not try to link to whom it carries for: %v", keeps)
		}
		d.restart()
		f := d.takes(ann, annDevice)
		offers := heardOf[chat.ParcelOffer](f)
		if len(offers) != 2 || offers[0].ID != one.ID() || offers[1].ID != two.ID() {
			t.Fatalf("offers %v", offers)
		}
		stranger := d.takes(bo, boDevice)
		stranger.say(chat.ParcelAsk{ID: one.ID()}, chat.ParcelTaken{ID: one.ID()})
		if got := stranger.heard(); len(of[chat.ParcelChunk](got))+len(of[chat.ParcelOffer](got)) != 0 {
			t.Errorf("somebody else is given %v", got)
		}
		var data []byte
		for len(data) < len(two.Sealed) {
			f.say(chat.ParcelAsk{ID: two.ID(), Offset: uint32(len(data))})
			chunks := heardOf[chat.ParcelChunk](f)
			if len(chunks) != 1 || int(chunks[0].Offset) != len(data) || int(chunks[0].Size) != len(two.Sealed) {
				t.Fatalf("chunks %v", chunks)
			}
			data = append(data, chunks[0].Data...)
		}
		if !bytes.Equal(data, two.Sealed) {
			t.Error("other bytes came")
		}
		f.say(chat.ParcelAsk{ID: two.ID(), Offset: uint32(len(data))}, chat.ParcelAsk{ID: chat.Hash{9}})
		if got := heardOf[chat.ParcelChunk](f); len(got) != 0 {
			t.Errorf("beyond the end: %v", got)
		}
		f.say(chat.ParcelTaken{ID: two.ID()}, chat.ParcelTaken{ID: two.ID()})
		d.pass(time.Second)
		if all, _ := kept.Carried(); len(all) != 1 || all[0].ID != one.ID() {
			t.Errorf("kept %v after one was taken", all)
		}
		f.heard()
		d.pass(2 * time.Minute)
		if offers := heardOf[chat.ParcelOffer](f); len(offers) == 0 || offers[0].ID != one.ID() {
			t.Errorf("offered again: %v", offers)
		}
	})
}

// keepList is kept where that name is taken.
type keepList = kept

// TestCarriedForAWeek: what nobody takes goes after seven days, whether or not the node ran all the time.
func TestCarriedForAWeek(t *testing.T) {
	playCarrier(t, func(d *desk, kept *storetest.MemParcels) {
		if _, err := d.carries(filled(ann, 1, 4<<10)); err != nil {
			t.Fatal(err)
		}
		d.stop()
		d.pass(chat.CarriedFor - time.Minute)
		d.start()
		d.pass(10 * time.Second)
		if all, _ := kept.Carried(); len(all) != 1 {
			t.Errorf("kept %v before the time", all)
		}
		d.pass(2 * time.Minute)
		if all, _ := kept.Carried(); len(all) != 0 {
			t.Errorf("kept %v after the time", all)
		}
		f := d.takes(ann, annDevice)
		if offers := heardOf[chat.ParcelOffer](f); len(offers) != 0 {
			t.Errorf("offers %v", offers)
		}
	})
}

// TestCarryHasLimits: in number and bytes, for one peer and for all, and of what is no parcel.
func TestCarryHasLimits(t *testing.T) {
	playCarrier(t, func(d *desk, kept *storetest.MemParcels) {
		for i := range chat.MaxParcelsFor {
			if n, err := d.carries(filled(ann, byte(i), 4<<10)); n != 1 || err != nil {
				t.Fatalf("parcel %d: %d, %v", i, n, err)
			}
		}
		if n, err := d.carries(filled(ann, 200, 4<<10)); n != 0 || !errors.Is(err, chat.ErrTooMany) {
			t.Errorf("one parcel too many: %d, %v", n, err)
		}
		if n, err := d.carries(filled(ann, 0, 4<<10)); n != 1 || err != nil {
			t.Errorf("the same parcel again: %d, %v", n, err)
		}
		for i := range chat.ParcelBytesFor / (4 << 20) {
			if _, err := d.carries(filled(bo, byte(i), 4<<20)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.carries(filled(bo, 200, 4<<10)); !errors.Is(err, chat.ErrTooMany) {
			t.Errorf("more bytes for one peer: %v", err)
		}
		var refused error
		for i := 0; refused == nil && i < 100; i++ {
			_, refused = d.carries(filled(many(i), 1, 4<<20))
		}
		if !errors.Is(refused, chat.ErrTooMany) {
			t.Errorf("more bytes for all: %v", refused)
		}
		total := 0
		all, _ := kept.Carried()
		for _, p := range all {
			total += int(p.Size)
		}
		if total > chat.ParcelBytes {
			t.Errorf("%d bytes are carried", total)
		}
		for _, bad := range []chat.Parcel{filled(me, 1, 4<<10), filled(ann, 1, 4<<10-1), {For: ann.id}, {Sealed: make([]byte, 4<<10)}} {
			if _, err := d.carries(bad); !errors.Is(err, chat.ErrInvalid) {
				t.Errorf("%d bytes: %v", len(bad.Sealed), err)
			}
		}
	})
	play(t, func(d *desk) {
		if _, err := d.carries(filled(ann, 1, 4<<10)); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("a node that carries nothing: %v", err)
		}
	})
}

// TestOldPeersAreNotOffered: who does not take parcels hears nothing of them.
func TestOldPeersAreNotOffered(t *testing.T) {
	playCarrier(t, func(d *desk, _ *storetest.MemParcels) {
		if _, err := d.carries(filled(ann, 1, 4<<10)); err != nil {
			t.Fatal(err)
		}
		f := d.met(ann, annDevice)
		d.pass(3 * time.Minute)
		if offers := heardOf[chat.ParcelOffer](f); len(offers) != 0 {
			t.Errorf("offers %v", offers)
		}
	})
}
