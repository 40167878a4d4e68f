package chat_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// groupOf is a signed group of ann's as buyer.
func groupOf(lines ...line) *chat.Group {
	return authorIn(ann, me, chat.Buyer, annDevice).group(lines...)
}

func TestGroupRoundTrip(t *testing.T) {
	atCap := []line{says("a").at(chat.MaxClock), says("b").at(chat.MaxClock)}
	for name, g := range map[string]*chat.Group{
		"one":          groupOf(says("hello")),
		"many":         groupOf(repeat(chat.MaxGroupCount, says("x"))...),
		"no body":      groupOf(line{kind: 9}),
		"without body": groupOf(says("a"), says("gone").withoutBody(), takesBack(2)),
		"largest body": groupOf(line{kind: 9, body: make([]byte, chat.MaxEntryBody)}),
		"any time":     groupOf(says("a").sent(math.MinInt64), says("b").sent(math.MaxInt64), says("c").sent(0), says("d").sent(-1)),
		"clock cap":    groupOf(atCap...),
		"largest kind": groupOf(line{kind: math.MaxUint16, body: []byte{0}}),
	} {
		raw := g.Encode()
		got, err := chat.DecodeGroup(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(plain(got), plain(g)) {
			t.Errorf("%s: decoded as %+v, want %+v", name, got, g)
		}
		if !bytes.Equal(got.Encode(), raw) {
			t.Errorf("%s: encoded again as other bytes", name)
		}
		if err := got.Verify(ann.id); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := got.Verify(bo.id); !errors.Is(err, chat.ErrBadSignature) {
			t.Errorf("%s: somebody else's signature: %v", name, err)
		}
	}
}

// plain is a group whose empty bodies are all alike.
func plain(g *chat.Group) chat.Group {
	c := chat.Group{Entries: slices.Clone(g.Entries), Signature: g.Signature}
	for i := range c.Entries {
		if e := &c.Entries[i]; e.BodySize == 0 {
			e.Body = nil
		}
	}
	return c
}

// rawGroup puts a group together by hand: what Encode never writes.
type rawGroup struct {
	version  byte
	first    uint64
	previous [32]byte
	count    uint64
	entries  []byte
	tail     []byte
}

func (g rawGroup) bytes() []byte {
	b := binary.AppendUvarint([]byte{g.version}, g.first)
	b = append(b, g.previous[:]...)
	b = binary.AppendUvarint(b, g.count)
	b = append(b, g.entries...)
	b = append(b, make([]byte, ed25519.SignatureSize)...)
	return append(b, g.tail...)
}

// rawEntry is an entry's clock and time differences, kind, size field and what follows it.
func rawEntry(clock, sent, kind, size uint64, rest ...byte) []byte {
	var b []byte
	for _, v := range []uint64{clock, sent, kind, size} {
		b = binary.AppendUvarint(b, v)
	}
	return append(b, rest...)
}

func TestDecodeGroupRefuses(t *testing.T) {
	good := rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, 3<<1|1, 'a', 'b', 'c')}
	if _, err := chat.DecodeGroup(good.bytes()); err != nil {
		t.Fatalf("the pattern itself: %v", err)
	}
	two := append(rawEntry(5, 0, 1, 1), rawEntry(1, 0, 1, 1)...)
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"one byte":              {1},
		"only zeros":            make([]byte, 200),
		"version 0":             rawGroup{version: 0, first: 1, count: 1, entries: good.entries}.bytes(),
		"version 2":             rawGroup{version: 2, first: 1, count: 1, entries: good.entries}.bytes(),
		"seq 0":                 rawGroup{version: 1, first: 0, count: 1, entries: good.entries}.bytes(),
		"seq beyond 2^63":       rawGroup{version: 1, first: 1 << 63, count: 1, entries: good.entries}.bytes(),
		"no entries":            rawGroup{version: 1, first: 1, count: 0}.bytes(),
		"257 entries":           rawGroup{version: 1, first: 1, count: 257, entries: bytes.Repeat(rawEntry(1, 0, 1, 1), 257)}.bytes(),
		"2^64-1 entries":        rawGroup{version: 1, first: 1, count: math.MaxUint64, entries: good.entries}.bytes(),
		"more than announced":   rawGroup{version: 1, first: 1, count: 1, entries: two}.bytes(),
		"less than announced":   rawGroup{version: 1, first: 1, count: 3, entries: two}.bytes(),
		"tail":                  rawGroup{version: 1, first: 1, count: 1, entries: good.entries, tail: []byte{0}}.bytes(),
		"clock beyond the cap":  rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(1<<63, 0, 1, 1)}.bytes(),
		"clocks beyond the cap": rawGroup{version: 1, first: 1, count: 2, entries: append(rawEntry(1<<63-2, 0, 1, 1), rawEntry(1<<63-2, 0, 1, 1)...)}.bytes(),
		"clock that wraps":      rawGroup{version: 1, first: 1, count: 2, entries: append(rawEntry(10, 0, 1, 1), rawEntry(math.MaxUint64, 0, 1, 1)...)}.bytes(),
		"clock that stays":      rawGroup{version: 1, first: 1, count: 2, entries: append(rawEntry(10, 0, 1, 1), rawEntry(0, 0, 1, 1)...)}.bytes(),
		"kind beyond 16 bits":   rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1<<16, 1)}.bytes(),
		"body of 64 KiB + 1":    rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, (chat.MaxEntryBody+1)<<1|1, make([]byte, chat.MaxEntryBody+1)...)}.bytes(),
		"body of 2^62":          rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, 1<<63|1)}.bytes(),
		"short body":            rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, 100<<1|1, 'a')}.bytes(),
		"absent empty body":     rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, 0, make([]byte, 32)...)}.bytes(),
		"short body hash":       rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, 3<<1, make([]byte, 31)...)}.bytes(),
		"absent 64 KiB + 1":     rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, (chat.MaxEntryBody+1)<<1, make([]byte, 32)...)}.bytes(),
		"long varint":           append(append([]byte{1, 0x81, 0x00}, make([]byte, 32)...), good.bytes()[34:]...),
		"too large":             append(good.bytes(), make([]byte, chat.MaxGroupBytes)...),
	} {
		if g, err := chat.DecodeGroup(b); !errors.Is(err, chat.ErrMalformed) {
			t.Errorf("%s: %+v, %v, want ErrMalformed", name, g, err)
		}
	}
}

// TestDecodeGroupIsFrugal: what a few bytes claim costs no memory before it is there.
func TestDecodeGroupIsFrugal(t *testing.T) {
	claims := rawGroup{version: 1, first: 1, count: chat.MaxGroupCount, entries: rawEntry(5, 0, 1, chat.MaxEntryBody<<1|1, 'a')}.bytes()
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := chat.DecodeGroup(claims); err == nil {
				b.Fatal("accepted")
			}
		}
	})
	if n := r.AllocedBytesPerOp(); n > 64<<10 {
		t.Errorf("%d bytes are allocated for a lie of %d", n, len(claims))
	}
}

func FuzzDecodeGroup(f *testing.F) {
	f.Add(groupOf(says("hello")).Encode())
	f.Add(groupOf(says("a").sent(math.MinInt64), says("gone").withoutBody(), takesBack(2), line{kind: 9}).Encode())
	f.Add(groupOf(says("a").at(chat.MaxClock), says("b").at(chat.MaxClock)).Encode())
	f.Add(rawGroup{version: 1, first: 1, count: 2, entries: append(rawEntry(1<<63-2, 0, 1, 1), rawEntry(1<<63-2, 0, 1, 1)...)}.bytes())
	f.Add(groupOf(repeat(20, says("x"))...).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := chat.DecodeGroup(b)
		if err != nil {
			if !errors.Is(err, chat.ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !bytes.Equal(g.Encode(), b) {
			t.Fatalf("%x is written again as %x", b, g.Encode())
		}
		for i := range g.Entries {
			e := &g.Entries[i]
			if e.Seq != g.First()+uint64(i) || e.Clock > chat.MaxClock || e.BodySize > chat.MaxEntryBody || e.Body != nil && len(e.Body) != int(e.BodySize) {
				t.Fatalf("entry %+v", e)
			}
			if i > 0 && (e.Previous != g.Entries[i-1].Hash() || e.Clock < g.Entries[i-1].Clock) {
				t.Fatalf("entry %d does not follow", i)
			}
		}
		bare := g.Without(func(uint64) bool { return true })
		again, err := chat.DecodeGroup(bare.Encode())
		if err != nil || again.Entries[len(again.Entries)-1].Hash() != g.Entries[len(g.Entries)-1].Hash() {
			t.Fatalf("without bodies the chain does not hold: %v", err)
		}
		_, _ = g.Withdrawn(), g.References()
	})
}

// TestHeaderIsBound changes each field of a header in turn: the hash, and so the signature, covers all of it, and the
// body by its hash.
func TestHeaderIsBound(t *testing.T) {
	base := groupOf(says("hello")).Entries[0]
	for name, change := range map[string]func(*chat.Entry){
		"seq":       func(e *chat.Entry) { e.Seq++ },
		"previous":  func(e *chat.Entry) { e.Previous[31] ^= 1 },
		"clock":     func(e *chat.Entry) { e.Clock++ },
		"time":      func(e *chat.Entry) { e.SentAt-- },
		"kind":      func(e *chat.Entry) { e.Kind++ },
		"body size": func(e *chat.Entry) { e.BodySize++ },
		"body hash": func(e *chat.Entry) { e.BodyHash[0] ^= 1 },
		"body":      func(e *chat.Entry) { e.SetBody([]byte("other")) },
	} {
		e := base
		change(&e)
		if e.Hash() == base.Hash() {
			t.Errorf("a change of the %s leaves the hash as it is", name)
		}
	}
	bare := base
	bare.Body = nil
	equal(t, "the hash without the body", bare.Hash(), base.Hash())
}

func TestLogStartBindsRoomAuthorAndDevice(t *testing.T) {
	room := chat.RoomFor(ann.id, me.id)
	seen := map[chat.Hash]bool{}
	for _, h := range []chat.Hash{
		chat.LogStart(room, ann.id, annDevice), chat.LogStart(room, me.id, annDevice), chat.LogStart(room, ann.id, boDevice),
		chat.LogStart(chat.RoomFor(me.id, ann.id), ann.id, annDevice),
		{},
	} {
		if seen[h] {
			t.Error("two logs start alike")
		}
		seen[h] = true
	}
}

func TestClockNext(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	for _, c := range []struct {
		clock chat.Clock
		now   time.Time
		want  chat.Clock
	}{
		{0, at(0), 1},
		{0, at(-1), 1},
		{0, at(math.MinInt64), 1},
		{0, time.Time{}, 1},
		{0, at(1), 1 << 16},
		{1 << 16, at(1), 1<<16 + 1},
		{1<<16 - 1, at(1), 1 << 16},
		{5 << 16, at(1), 5<<16 + 1},
		{0, at(1<<47 - 2), (1<<47 - 2) << 16},
		{0, at(1<<47 - 1), chat.MaxClock},
		{0, at(1 << 47), chat.MaxClock},
		{0, at(math.MaxInt64), chat.MaxClock},
		{chat.MaxClock - 1, at(0), chat.MaxClock},
		{chat.MaxClock, at(0), chat.MaxClock},
		{chat.MaxClock, at(math.MaxInt64), chat.MaxClock},
		{chat.MaxClock + 1, at(0), chat.MaxClock},
		{math.MaxUint64, at(0), chat.MaxClock},
	} {
		if got := c.clock.Next(c.now); got != c.want {
			t.Errorf("Clock(%d).Next(%d ms) = %d, want %d", c.clock, c.now.UnixMilli(), got, c.want)
		}
	}
	equal(t, "the cap", uint64(chat.MaxClock), 1<<63-1)
	dice := rand.New(rand.NewPCG(1, 2))
	clock := chat.Clock(0)
	for range 10_000 {
		next := clock.Next(at(int64(dice.Uint64() >> dice.IntN(64))))
		if next <= clock && clock != chat.MaxClock || next > chat.MaxClock {
			t.Fatalf("%d follows %d", next, clock)
		}
		if clock = next; clock == chat.MaxClock {
			clock = chat.Clock(dice.Uint64() >> (1 + dice.IntN(63)))
		}
	}
}

func TestPositionOrder(t *testing.T) {
	device := func(b byte) chat.DeviceID { return chat.DeviceID{b} }
	sorted := []chat.Position{
		{},
		{Clock: 1, Author: chat.Buyer, Device: device(1), Seq: 1},
		{Clock: 1, Author: chat.Buyer, Device: device(1), Seq: 2},
		{Clock: 1, Author: chat.Buyer, Device: device(0x7f), Seq: 1},
		{Clock: 1, Author: chat.Buyer, Device: device(0x80), Seq: 1},
		{Clock: 1, Author: chat.Seller, Device: device(0), Seq: 1},
		{Clock: 2, Author: chat.Buyer, Device: device(0), Seq: 1},
		{Clock: chat.MaxClock, Author: chat.Buyer, Device: device(0), Seq: 9},
		{Clock: chat.MaxClock, Author: chat.Buyer, Device: device(0), Seq: math.MaxUint64},
		{Clock: chat.MaxClock, Author: chat.Seller, Device: device(0), Seq: 9},
	}
	for i, p := range sorted {
		for j, q := range sorted {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := p.Compare(q); got != want {
				t.Errorf("place %d compared with place %d is %d", i, j, got)
			}
		}
	}
	dice := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		mixed := slices.Clone(sorted)
		dice.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		slices.SortFunc(mixed, chat.Position.Compare)
		if !slices.Equal(mixed, sorted) {
			t.Fatal("the order depends on what came first")
		}
	}
}

func TestParseMessageID(t *testing.T) {
	id := chat.MessageID{LogID: chat.LogID{Room: chat.RoomFor(ann.id, me.id), Author: chat.Seller, Device: chat.DeviceID{0xab, 1}}, Seq: 42}
	text := id.String()
	if got, err := chat.ParseMessageID(text); err != nil || got != id {
		t.Fatalf("%s is read as %+v, %v", text, got, err)
	}
	room, device := id.Room.String(), id.Device.String()
	equal(t, "text form", text, room+".s"+device+".42")
	for _, bad := range []string{
		"", ".", "..", room, room + ".s" + device, room + ".s" + device + ".", room + ".s" + device + ".0", room + ".s" + device + ".042",
		room + ".s" + device + ".-1", room + ".s" + device + ".+1", room + ".s" + device + ".18446744073709551616", room + ".x" + device + ".1",
		room + "." + device + ".1", room + ".." + "1", strings.ToUpper(room) + ".s" + device + ".1", room[1:] + ".s" + device + ".1",
		room + ".s" + device[1:] + ".1", text + ".1", " " + text, text + "\n", strings.Repeat("1", 10_000), room + ".s" + device + ".1e3",
	} {
		if _, err := chat.ParseMessageID(bad); !errors.Is(err, chat.ErrBadID) {
			t.Errorf("%.140q: %v, want ErrBadID", bad, err)
		}
	}
}

func FuzzParseMessageID(f *testing.F) {
	id := chat.MessageID{LogID: chat.LogID{Room: chat.RoomFor(ann.id, me.id), Device: chat.DeviceID{1}}, Seq: math.MaxUint64}
	f.Add(id.String())
	id.Author, id.Seq = chat.Seller, 1
	f.Add(id.String())
	f.Add(strings.ToUpper(id.String()))
	f.Add(id.Room.String() + ".b" + id.Device.String() + ".01")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := chat.ParseMessageID(s); err == nil && id.String() != s {
			t.Fatalf("%q is written again as %q", s, id)
		}
	})
}

func TestRoles(t *testing.T) {
	equal(t, "the buyer's other", chat.Buyer.Other(), chat.Seller)
	equal(t, "the seller's other", chat.Seller.Other(), chat.Buyer)
	equal(t, "names", chat.Buyer.String()+" "+chat.Seller.String(), "buyer seller")
}

// TestReceiptIsBound changes each field of a receipt in turn.
func TestReceiptIsBound(t *testing.T) {
	good := chat.Receipt{Log: chat.LogID{Room: chat.RoomFor(ann.id, me.id), Author: chat.Seller, Device: myDevice}, By: annDevice, Delivered: 7, Read: 5}
	good.Sign(ann.key)
	if err := good.Verify(ann.id); err != nil {
		t.Fatal(err)
	}
	if err := good.Verify(bo.id); !errors.Is(err, chat.ErrBadSignature) {
		t.Errorf("somebody else's: %v", err)
	}
	for name, change := range map[string]func(*chat.Receipt){
		"room":      func(r *chat.Receipt) { r.Log.Room[0] ^= 1 },
		"author":    func(r *chat.Receipt) { r.Log.Author = chat.Buyer },
		"device":    func(r *chat.Receipt) { r.Log.Device[7] ^= 1 },
		"by":        func(r *chat.Receipt) { r.By[0] ^= 1 },
		"delivered": func(r *chat.Receipt) { r.Delivered++ },
		"read":      func(r *chat.Receipt) { r.Read++ },
		"signature": func(r *chat.Receipt) { r.Signature[63] ^= 1 },
	} {
		r := good
		change(&r)
		if err := r.Verify(ann.id); !errors.Is(err, chat.ErrBadSignature) {
			t.Errorf("a change of %s: %v", name, err)
		}
	}
}

// TestTagsKeepSignaturesApart: no signature of one kind passes for another.
func TestTagsKeepSignaturesApart(t *testing.T) {
	g := groupOf(says("x"))
	h := g.Entries[0].Hash()
	l := goods(ann, 1, 1, chat.Available, "lamp")
	lh := l.Hash()
	if ed25519.Verify(ann.id[:], h[:], g.Signature[:]) || ed25519.Verify(ann.id[:], lh[:], l.Signature[:]) {
		t.Error("a bare hash is signed")
	}
	g.Signature = l.Signature
	if g.Verify(ann.id) == nil {
		t.Error("a listing's signature passes for a group's")
	}
}
