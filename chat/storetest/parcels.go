package storetest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"haggle/chat"
)

// RunParcels holds what open opens, again and again on the same disk, to the contract of chat.Parcels.
func RunParcels(t *testing.T, open func(t *testing.T) chat.Parcels) {
	kept := open(t)
	a := chat.Parcel{For: chat.PeerID{1}, Sealed: bytes.Repeat([]byte{0xa}, 4<<10)}
	b := chat.Parcel{For: chat.PeerID{2}, Sealed: bytes.Repeat([]byte{0xb}, 4<<20)}
	check := func(want ...chat.ParcelInfo) {
		t.Helper()
		got, err := kept.Carried()
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b chat.ParcelInfo) int { return int(a.For[0]) - int(b.For[0]) })
		if !slices.Equal(got, want) {
			t.Errorf("carried: %+v, want %+v", got, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	infoA := chat.ParcelInfo{ID: a.ID(), For: a.For, Size: 4 << 10, Until: 77}
	infoB := chat.ParcelInfo{ID: b.ID(), For: b.For, Size: 4 << 20, Until: 1 << 50}
	check()
	must(kept.PutParcel(a, 77))
	must(kept.PutParcel(b, 1<<50))
	must(kept.PutParcel(a, 77))
	kept = open(t)
	check(infoA, infoB)
	for offset := 0; offset < len(b.Sealed)+1; offset += 1 << 20 {
		got, err := kept.ReadParcel(infoB.ID, uint32(offset), 1<<20+5)
		must(err)
		if want := b.Sealed[offset:min(offset+1<<20+5, len(b.Sealed))]; !bytes.Equal(got, want) {
			t.Errorf("%d bytes at %d, want %d", len(got), offset, len(want))
		}
	}
	must(kept.DropParcel(infoA.ID))
	must(kept.DropParcel(infoA.ID))
	if _, err := kept.ReadParcel(infoA.ID, 0, 1); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a dropped parcel: %v", err)
	}
	check(infoB)
	kept = open(t)
	check(infoB)
}
