package chat_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"haggle/chat"
)

// seeded is the peer whose key comes from 32 equal bytes, as in DESIGN's golden vectors.
func seeded(b byte) chat.PeerID {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
	return chat.PeerID(key.Public().(ed25519.PublicKey))
}

func TestRoomForGolden(t *testing.T) {
	for _, c := range []struct {
		buyer, seller byte
		room          string
	}{
		{0x01, 0x02, "288c34e70ab3767a3cb406b1e5397428d66162ff9d80e0c428ad36fa5128d2a1"},
		{0x02, 0x01, "e3e09c88eed3a464b9b77c987dda873bba330e421597631a91679a37609c96af"},
		{0x01, 0x03, "af01b1ff691a8aaa8e221d8c7ca21709e8df9e43ab073171f35863108cd16dde"},
		{0xff, 0x00, "b287d4be6bc53264154d7440ca85ab51a8d4cfff9874c644eca980d957736d2b"},
	} {
		if got := chat.RoomFor(seeded(c.buyer), seeded(c.seller)).String(); got != c.room {
			t.Errorf("RoomFor(%#x, %#x) = %s, want %s", c.buyer, c.seller, got, c.room)
		}
	}
}

func TestPeerIDGolden(t *testing.T) {
	for b, want := range map[byte]string{
		1: "RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC",
		2: "QE4XODV-IPULV6Y-VVDKRTM-GTD6ZT4-FY3CURW-TXDPISJ-56YHVXD-6JWOKAE",
	} {
		if got := seeded(b).String(); got != want {
			t.Errorf("peer of seed %#x = %s, want %s", b, got, want)
		}
		for _, form := range []string{
			want, strings.ToLower(want), strings.ReplaceAll(want, "-", ""), " " + strings.ReplaceAll(want, "-", " ") + "\n",
			strings.NewReplacer("O", "0", "I", "1", "B", "8").Replace(want),
		} {
			if got, err := chat.ParsePeerID(form); err != nil || got != seeded(b) {
				t.Errorf("ParsePeerID(%q) = %v, %v", form, got, err)
			}
		}
	}
}

func TestParsePeerIDRefuses(t *testing.T) {
	good := seeded(1).String()
	for _, bad := range []string{
		"", good[1:], good + "A", strings.Replace(good, "R", "S", 1), strings.Replace(good, "K", "9", 1),
		strings.Repeat("A", 10_000), "RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAD",
	} {
		if _, err := chat.ParsePeerID(bad); err == nil {
			t.Errorf("ParsePeerID(%.70q) accepted", bad)
		}
	}
}

func FuzzParsePeerID(f *testing.F) {
	f.Add(seeded(1).String())
	f.Add("rkeohxl ubhyzlm")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := chat.ParsePeerID(s)
		if err != nil {
			return
		}
		again, err := chat.ParsePeerID(id.String())
		if err != nil || again != id {
			t.Fatalf("ParsePeerID(%q): text form does not round-trip", s)
		}
	})
}

func FuzzParseHexIDs(f *testing.F) {
	f.Add(seeded(1).Short())
	f.Add(chat.RoomFor(seeded(1), seeded(2)).String())
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := chat.ParseRoomID(s); err == nil && id.String() != s {
			t.Fatalf("room ID %q is not canonical", s)
		}
		if id, err := chat.ParseListingID(s); err == nil && id.String() != s {
			t.Fatalf("listing ID %q is not canonical", s)
		}
		if id, err := chat.ParseDeviceID(s); err == nil && id.String() != s {
			t.Fatalf("device ID %q is not canonical", s)
		}
	})
}
