package wire_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"haggle/chat"
	"haggle/peer/wire"
)

func encode(t testing.TB, f *wire.Frame) []byte {
	t.Helper()
	b, err := wire.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(b []byte) (*wire.Frame, error) {
	return wire.NewReader(bytes.NewReader(b)).Read(wire.MaxFrame)
}

func hello() *wire.Hello {
	return &wire.Hello{
		ProtocolMin: 1, ProtocolMax: 2, Features: 5, Device: bytes.Repeat([]byte{7}, 8), Nonce: bytes.Repeat([]byte{9}, wire.NonceSize),
		Port: 42445, WallMs: 1_700_000_000_000, Version: "1.2.3", Keep: true,
	}
}

// linkFrames are about the link, chatFrames go between nodes. Their bytes are fixed for good: a version that encodes them
// differently does not understand this one.
var linkFrames = map[string]struct {
	frame *wire.Frame
	bytes string
}{
	"hello": {
		&wire.Frame{Body: &wire.Frame_Hello{Hello: hello()}},
		"3f0a3d08011002190500000000000000220807070707070707072a100909090909090909090909090909090930cdcb023880d095ffbc314205312e322e334801",
	},
	"keep":      {&wire.Frame{Body: &wire.Frame_Keep{Keep: &wire.Keep{Keep: true}}}, "0412020801"},
	"unkeep":    {&wire.Frame{Body: &wire.Frame_Keep{Keep: &wire.Keep{}}}, "021200"},
	"ping":      {&wire.Frame{Body: &wire.Frame_Ping{Ping: &wire.Ping{Id: 300}}}, "051a0308ac02"},
	"pong":      {&wire.Frame{Body: &wire.Frame_Pong{Pong: &wire.Pong{Id: 300}}}, "05220308ac02"},
	"peers ask": {&wire.Frame{Body: &wire.Frame_PeersAsk{PeersAsk: &wire.PeersAsk{}}}, "023200"},
	"peers": {&wire.Frame{Body: &wire.Frame_Peers{Peers: &wire.Peers{Peers: []*wire.Whereabouts{
		{Peer: bytes.Repeat([]byte{1}, 32), Device: bytes.Repeat([]byte{2}, 8), Addresses: bytes.Repeat([]byte{3}, wire.AddressSize), Linked: true},
	}}}}, "463a440a420a20" + strings.Repeat("01", 32) + "1208" + strings.Repeat("02", 8) + "1a12" + strings.Repeat("03", 18) + "2001"},
	"reach ask": {&wire.Frame{Body: &wire.Frame_ReachAsk{ReachAsk: &wire.ReachAsk{Id: 300}}}, "05420308ac02"},
	"reach": {&wire.Frame{Body: &wire.Frame_Reach{Reach: &wire.Reach{
		Id: 1, Outcome: wire.Reach_OUTCOME_OTHER, WallMs: 300, Discovers: true, HearsYou: true, HearsSelf: true, Echoes: true,
	}}}, "114a0f0801100618ac022001280130013801"},
	"bye": {&wire.Frame{Body: &wire.Frame_Bye{Bye: &wire.Bye{Reason: wire.Bye_REASON_IDLE}}}, "042a020802"},
}

var chatFrames = map[string]struct {
	frame chat.Frame
	bytes string
}{
	"have": {
		chat.Have{Mine: chat.Seller, Ask: true, Heads: []chat.Head{
			{Author: chat.Buyer, Device: chat.DeviceID{1}, Seq: 300, Hash: chat.Hash{31: 2}},
			{Author: chat.Seller, Device: chat.DeviceID{3}},
		}},
		"6a8201670802" + "12310801" + "12080100000000000000" + "18ac02" + "2220" + strings.Repeat("00", 31) + "02" +
			"122e0802" + "12080300000000000000" + "2220" + strings.Repeat("00", 32) + "1801",
	},
	"have nothing": {chat.Have{Mine: chat.Buyer}, "058201020801"},
	"entries": {
		chat.Entries{Mine: chat.Buyer, Author: chat.Seller, Device: chat.DeviceID{4}, Groups: [][]byte{{1, 2}, {3}}},
		"188a011508011002" + "1a080400000000000000" + "22020102" + "220103",
	},
	"receipt": {
		chat.ReceiptFrame{
			Mine: chat.Seller, Author: chat.Buyer, Device: chat.DeviceID{5}, By: chat.DeviceID{6}, Delivered: 9, Read: 8,
			Signature: [64]byte{63: 1},
		},
		"6192015e08021001" + "1a080500000000000000" + "22080600000000000000" + "28093008" + "3a40" + strings.Repeat("00", 63) + "01",
	},
	"profile":       {chat.ProfileFrame{Record: []byte{1}}, "069a01030a0101"},
	"catalogue":     {chat.CatalogueFrame{Digest: 1 << 63}, "0ca201090900000000000000" + "80"},
	"catalogue ask": {chat.CatalogueAsk{After: 300}, "06aa010308ac02"},
	"listings":      {chat.ListingsFrame{Records: [][]byte{{7}, {8, 9}}, More: true, Digest: 1}, "15b201120a01070a0208091001210100000000000000"},
	"want": {
		chat.Want{Of: chat.Reference{Kind: chat.InMessage, Mine: chat.Buyer, Author: chat.Seller, Device: chat.DeviceID{7}, Seq: 300}, Hash: chat.Hash{31: 4}, Offset: 65536, Count: 9},
		"3ec2013b2220" + strings.Repeat("00", 31) + "04" + "2880800430090a11080110021a08070000000000000020ac02",
	},
	"want of goods":   {chat.Want{Of: chat.Reference{Kind: chat.InListing, Listing: chat.ListingID{15: 3}}, Hash: chat.Hash{31: 4}}, "37c201342220" + strings.Repeat("00", 31) + "041210" + strings.Repeat("00", 15) + "03"},
	"want of profile": {chat.Want{Of: chat.Reference{Kind: chat.InProfile}, Hash: chat.Hash{31: 4}, Count: 1}, "29c201262220" + strings.Repeat("00", 31) + "0430011801"},
	"chunk":           {chat.Chunk{Hash: chat.Hash{31: 5}, Size: 300, Offset: 298, Data: []byte{1, 2}}, "2fca012c0a20" + strings.Repeat("00", 31) + "0510ac0218aa0222020102"},
	"absent":          {chat.Absent{Hash: chat.Hash{31: 6}}, "25d201220a20" + strings.Repeat("00", 31) + "06"},
	"parcel offer":    {chat.ParcelOffer{ID: chat.Hash{31: 7}, Size: 4096}, "288202250a20" + strings.Repeat("00", 31) + "07108020"},
	"parcel ask":      {chat.ParcelAsk{ID: chat.Hash{31: 7}, Offset: 300}, "288a02250a20" + strings.Repeat("00", 31) + "0710ac02"},
	"parcel chunk":    {chat.ParcelChunk{ID: chat.Hash{31: 7}, Size: 300, Offset: 298, Data: []byte{1, 2}}, "2f92022c0a20" + strings.Repeat("00", 31) + "0710ac0218aa0222020102"},
	"parcel taken":    {chat.ParcelTaken{ID: chat.Hash{31: 7}}, "259a02220a20" + strings.Repeat("00", 31) + "07"},
	"listings yours":  {chat.ListingsFrame{Records: [][]byte{{7}}, Yours: true}, "08b201050a01071801"},
}

func TestLinkFramesGolden(t *testing.T) {
	for name, c := range linkFrames {
		t.Run(name, func(t *testing.T) {
			b := encode(t, c.frame)
			if got := hex.EncodeToString(b); got != c.bytes {
				t.Errorf("encoded %s, want %s", got, c.bytes)
			}
			f, err := read(b)
			if err != nil || !proto.Equal(f, c.frame) {
				t.Errorf("decoded %v, %v", f, err)
			}
			if chatFrame, err := f.Chat(); chatFrame != nil || err != nil {
				t.Errorf("Chat() = %v, %v", chatFrame, err)
			}
		})
	}
}

func TestChatFramesGolden(t *testing.T) {
	for name, c := range chatFrames {
		t.Run(name, func(t *testing.T) {
			b := encode(t, wire.Wrap(c.frame))
			if got := hex.EncodeToString(b); got != c.bytes {
				t.Errorf("encoded %s, want %s", got, c.bytes)
			}
			f, err := read(b)
			if err != nil {
				t.Fatal(err)
			}
			clear(b)
			got, err := f.Chat()
			if err != nil || !reflect.DeepEqual(got, c.frame) {
				t.Errorf("decoded %+v, %v, want %+v", got, err, c.frame)
			}
		})
	}
}

func TestReaderFollowsProtodelim(t *testing.T) {
	var stream bytes.Buffer
	want := wire.Wrap(chat.Entries{Groups: [][]byte{make([]byte, 50_000), {1}}})
	small := wire.Wrap(chat.CatalogueAsk{After: 1})
	for _, f := range []*wire.Frame{want, small, want, small} {
		if _, err := protodelim.MarshalTo(&stream, f); err != nil {
			t.Fatal(err)
		}
	}
	b := stream.Bytes()
	r := wire.NewReader(iotest.OneByteReader(bytes.NewReader(b)))
	for i, f := range []*wire.Frame{want, small, want, small} {
		if got, err := r.Read(wire.MaxFrame); err != nil || !proto.Equal(got, f) {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	if _, err := r.Read(wire.MaxFrame); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	other := new(wire.Frame)
	if err := protodelim.UnmarshalFrom(bufio.NewReader(bytes.NewReader(encode(t, want))), other); err != nil || !proto.Equal(other, want) {
		t.Errorf("protodelim reads: %v", err)
	}
}

func TestUnknownFramesAreIgnored(t *testing.T) {
	later := protowire.AppendTag(nil, 99, protowire.BytesType)
	later = protowire.AppendBytes(later, []byte("of version 2"))
	f, err := read(append([]byte{byte(len(later))}, later...))
	if err != nil || f.GetBody() != nil {
		t.Fatalf("read %v, %v", f, err)
	}
	if c, err := f.Chat(); c != nil || err != nil {
		t.Errorf("Chat() = %v, %v", c, err)
	}
	if f, err := read([]byte{0}); err != nil || f.GetBody() != nil {
		t.Errorf("empty frame: %v, %v", f, err)
	}
	if wire.Wrap(nil) != nil {
		t.Error("a frame was made of nothing")
	}
}

// delimited puts a length before what may be no frame at all.
func delimited(b []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(b))), b...)
}

// TestHP41LengthsThatLie: lengths that are negative, overflow or promise what does not come.
func TestHP41LengthsThatLie(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":              {nil, io.EOF},
		"half a length":        {[]byte{0x80}, io.ErrUnexpectedEOF},
		"one byte too few":     {[]byte{2, 0x12}, io.ErrUnexpectedEOF},
		"large and too few":    {append(binary.AppendUvarint(nil, wire.MaxFrame), make([]byte, 20_000)...), io.ErrUnexpectedEOF},
		"limit and one":        {binary.AppendUvarint(nil, wire.MaxFrame+1), wire.ErrTooLarge},
		"2^27":                 {binary.AppendUvarint(nil, 1<<27), wire.ErrTooLarge},
		"HP38 1 GB":            {binary.AppendUvarint(nil, 1<<30), wire.ErrTooLarge},
		"HP42 2^32-1":          {binary.AppendUvarint(nil, 1<<32-1), wire.ErrTooLarge},
		"2^64-1, that is -1":   {binary.AppendUvarint(nil, 1<<64-1), wire.ErrTooLarge},
		"length without end":   {bytes.Repeat([]byte{0xff}, 100), wire.ErrTooLarge},
		"HTTP":                 {[]byte("GET / HTTP/1.1\r\n\r\n"), io.ErrUnexpectedEOF},
		"not protobuf":         {delimited(bytes.Repeat([]byte{0xff}, 30)), wire.ErrMalformed},
		"inner length lies":    {delimited([]byte{0x12, 0x7f, 1}), wire.ErrMalformed},
		"version is not UTF-8": {delimited([]byte{0x0a, 0x03, 0x42, 0x01, 0xff}), wire.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := read(c.raw); !errors.Is(err, c.want) {
				t.Errorf("read %v, %v, want %v", f, err, c.want)
			}
		})
	}
}

func TestReadKeepsToItsLimit(t *testing.T) {
	b := encode(t, wire.Wrap(chat.ProfileFrame{Record: make([]byte, 2000)}))
	if _, err := wire.NewReader(bytes.NewReader(b)).Read(wire.MaxHello); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("2,000 bytes for a hello: %v", err)
	}
	if _, err := wire.Append(nil, wire.Wrap(chat.Entries{Groups: [][]byte{make([]byte, wire.MaxFrame)}})); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("Append of too much: %v", err)
	}
}

func TestHelloLimits(t *testing.T) {
	for name, spoil := range map[string]func(*wire.Hello){
		"no device":         func(h *wire.Hello) { h.Device = nil },
		"zero device":       func(h *wire.Hello) { h.Device = make([]byte, 8) },
		"long device":       func(h *wire.Hello) { h.Device = make([]byte, 9) },
		"no nonce":          func(h *wire.Hello) { h.Nonce = nil },
		"long nonce":        func(h *wire.Hello) { h.Nonce = make([]byte, 64) },
		"port":              func(h *wire.Hello) { h.Port = 1 << 16 },
		"versions reversed": func(h *wire.Hello) { h.ProtocolMin = 3 },
		"long version":      func(h *wire.Hello) { h.Version = strings.Repeat("x", 65) },
		"line feed":         func(h *wire.Hello) { h.Version = "1.0\n2026 forged line" },
		"not ASCII":         func(h *wire.Hello) { h.Version = "1.0\u202e" },
	} {
		t.Run(name, func(t *testing.T) {
			h := hello()
			spoil(h)
			if f, err := read(encode(t, &wire.Frame{Body: &wire.Frame_Hello{Hello: h}})); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("read %v, %v", f, err)
			}
		})
	}
	for name, c := range map[string]struct {
		low, high uint32
		speaks    bool
	}{"this": {1, 1, true}, "and later": {1, 255, true}, "only later": {2, 255, false}, "before": {0, 0, false}} {
		if h := (&wire.Hello{ProtocolMin: c.low, ProtocolMax: c.high}); h.Speaks() != c.speaks {
			t.Errorf("%s: Speaks() = %v", name, h.Speaks())
		}
	}
	if got := wire.Printable("v1\nü" + strings.Repeat("x", 100)); got != "v1???"+strings.Repeat("x", 59) {
		t.Errorf("Printable gives %q", got)
	}
}

func TestPeersLimits(t *testing.T) {
	place := func() *wire.Whereabouts {
		return &wire.Whereabouts{Peer: make([]byte, 32), Device: make([]byte, 8), Addresses: make([]byte, wire.MaxAddresses*wire.AddressSize)}
	}
	for name, c := range map[string]struct {
		spoil func(*wire.Peers)
		want  error
	}{
		"as many as may be": {func(p *wire.Peers) {
			for range wire.MaxPeers - 1 {
				p.Peers = append(p.Peers, place())
			}
		}, nil},
		"nobody":             {func(p *wire.Peers) { p.Peers = nil }, nil},
		"no addresses":       {func(p *wire.Peers) { p.Peers[0].Addresses = nil }, nil},
		"too many":           {func(p *wire.Peers) { p.Peers = make([]*wire.Whereabouts, wire.MaxPeers+1) }, wire.ErrMalformed},
		"short peer":         {func(p *wire.Peers) { p.Peers[0].Peer = make([]byte, 31) }, wire.ErrMalformed},
		"no peer":            {func(p *wire.Peers) { p.Peers[0].Peer = nil }, wire.ErrMalformed},
		"long device":        {func(p *wire.Peers) { p.Peers[0].Device = make([]byte, 9) }, wire.ErrMalformed},
		"half an address":    {func(p *wire.Peers) { p.Peers[0].Addresses = make([]byte, wire.AddressSize/2) }, wire.ErrMalformed},
		"too many addresses": {func(p *wire.Peers) { p.Peers[0].Addresses = make([]byte, (wire.MaxAddresses+1)*wire.AddressSize) }, wire.ErrMalformed},
	} {
		p := &wire.Peers{Peers: []*wire.Whereabouts{place()}}
		c.spoil(p)
		for i, w := range p.Peers {
			if w == nil {
				p.Peers[i] = place()
			}
		}
		if f, err := read(encode(t, &wire.Frame{Body: &wire.Frame_Peers{Peers: p}})); !errors.Is(err, c.want) {
			t.Errorf("%s: read %v, %v", name, f, err)
		}
	}
}

func TestChatRefusesWrongSizes(t *testing.T) {
	device, hash := make([]byte, 8), make([]byte, 32)
	buyer, seller := wire.Role_ROLE_BUYER, wire.Role_ROLE_SELLER
	head := func() *wire.Head { return &wire.Head{Author: buyer, Device: device, Seq: 1, Hash: hash} }
	have := func(spoil func(*wire.Have)) *wire.Frame {
		h := &wire.Have{Mine: seller, Heads: []*wire.Head{head()}}
		spoil(h)
		return &wire.Frame{Body: &wire.Frame_Have{Have: h}}
	}
	entries := func(spoil func(*wire.Entries)) *wire.Frame {
		e := &wire.Entries{Mine: seller, Author: buyer, Device: device, Groups: [][]byte{{1}}}
		spoil(e)
		return &wire.Frame{Body: &wire.Frame_Entries{Entries: e}}
	}
	receipt := func(spoil func(*wire.Receipt)) *wire.Frame {
		r := &wire.Receipt{Mine: seller, Author: buyer, Device: device, By: device, Signature: make([]byte, 64)}
		spoil(r)
		return &wire.Frame{Body: &wire.Frame_Receipt{Receipt: r}}
	}
	listings := func(records ...[]byte) *wire.Frame {
		return &wire.Frame{Body: &wire.Frame_Listings{Listings: &wire.Listings{Records: records}}}
	}
	chunk := func(c *wire.Chunk) *wire.Frame { return &wire.Frame{Body: &wire.Frame_Chunk{Chunk: c}} }
	for name, f := range map[string]*wire.Frame{
		"have: no role":          have(func(h *wire.Have) { h.Mine = 0 }),
		"have: unknown role":     have(func(h *wire.Have) { h.Mine = 3 }),
		"have: negative role":    have(func(h *wire.Have) { h.Mine = -1 }),
		"have: author":           have(func(h *wire.Have) { h.Heads[0].Author = 0 }),
		"have: device":           have(func(h *wire.Have) { h.Heads[0].Device = device[:7] }),
		"have: hash":             have(func(h *wire.Have) { h.Heads[0].Hash = append(hash, 0) }),
		"have: empty head":       have(func(h *wire.Have) { h.Heads[0] = &wire.Head{} }),
		"have: heads":            have(func(h *wire.Have) { h.Heads = slices.Repeat([]*wire.Head{head()}, 513) }),
		"entries: role":          entries(func(e *wire.Entries) { e.Mine = 0 }),
		"entries: author":        entries(func(e *wire.Entries) { e.Author = 9 }),
		"entries: device":        entries(func(e *wire.Entries) { e.Device = nil }),
		"entries: empty group":   entries(func(e *wire.Entries) { e.Groups = append(e.Groups, nil) }),
		"entries: large group":   entries(func(e *wire.Entries) { e.Groups[0] = make([]byte, chat.MaxGroupBytes+1) }),
		"receipt: role":          receipt(func(r *wire.Receipt) { r.Mine = 0 }),
		"receipt: author":        receipt(func(r *wire.Receipt) { r.Author = 0 }),
		"receipt: device":        receipt(func(r *wire.Receipt) { r.Device = nil }),
		"receipt: by":            receipt(func(r *wire.Receipt) { r.By = make([]byte, 9) }),
		"receipt: signature":     receipt(func(r *wire.Receipt) { r.Signature = r.Signature[:63] }),
		"profile: empty":         {Body: &wire.Frame_Profile{Profile: &wire.Profile{}}},
		"profile: large":         {Body: &wire.Frame_Profile{Profile: &wire.Profile{Record: make([]byte, chat.MaxRecordBytes+1)}}},
		"listings: empty record": listings([]byte{1}, nil),
		"listings: large record": listings(make([]byte, chat.MaxRecordBytes+1)),
		"want: hash":             {Body: &wire.Frame_Want{Want: &wire.Want{Hash: hash[:31]}}},
		"want: range":            {Body: &wire.Frame_Want{Want: &wire.Want{Hash: hash, Offset: 1<<32 - 1, Count: 2}}},
		"want: listing":          {Body: &wire.Frame_Want{Want: &wire.Want{Hash: hash, Of: &wire.Want_Listing{Listing: device}}}},
		"want: empty message":    {Body: &wire.Frame_Want{Want: &wire.Want{Hash: hash, Of: &wire.Want_Message{Message: &wire.InMessage{}}}}},
		"HP39 chunk: hash":       chunk(&wire.Chunk{Hash: hash[1:], Size: 1, Data: device[:1]}),
		"HP39 chunk: size":       chunk(&wire.Chunk{Hash: hash, Size: chat.MaxBlob + 1, Data: device}),
		"HP40 chunk: offset":     chunk(&wire.Chunk{Hash: hash, Size: 100, Offset: 1 << 31, Data: device}),
		"HP41 chunk: overflow":   chunk(&wire.Chunk{Hash: hash, Size: 100, Offset: 1<<32 - 1, Data: device}),
		"HP41 chunk: beyond":     chunk(&wire.Chunk{Hash: hash, Size: 7, Data: device}),
		"chunk: data":            chunk(&wire.Chunk{Hash: hash, Size: 1 << 20, Data: make([]byte, chat.ChunkBytes+1)}),
		"chunk: no data":         chunk(&wire.Chunk{Hash: hash, Size: 1}),
		"parcel offer: id":       {Body: &wire.Frame_ParcelOffer{ParcelOffer: &wire.ParcelOffer{Size: 4096}}},
		"parcel offer: size":     {Body: &wire.Frame_ParcelOffer{ParcelOffer: &wire.ParcelOffer{Id: hash, Size: chat.MaxParcel + 1}}},
		"parcel ask: id":         {Body: &wire.Frame_ParcelAsk{ParcelAsk: &wire.ParcelAsk{Id: hash[1:]}}},
		"parcel ask: offset":     {Body: &wire.Frame_ParcelAsk{ParcelAsk: &wire.ParcelAsk{Id: hash, Offset: chat.MaxParcel}}},
		"parcel chunk: id":       {Body: &wire.Frame_ParcelChunk{ParcelChunk: &wire.ParcelChunk{Size: 8, Data: device}}},
		"parcel chunk: size":     {Body: &wire.Frame_ParcelChunk{ParcelChunk: &wire.ParcelChunk{Id: hash, Size: chat.MaxParcel + 1, Data: device}}},
		"parcel chunk: beyond":   {Body: &wire.Frame_ParcelChunk{ParcelChunk: &wire.ParcelChunk{Id: hash, Size: 8, Offset: 1, Data: device}}},
		"parcel chunk: overflow": {Body: &wire.Frame_ParcelChunk{ParcelChunk: &wire.ParcelChunk{Id: hash, Size: 8, Offset: 1<<32 - 1, Data: device}}},
		"parcel chunk: no data":  {Body: &wire.Frame_ParcelChunk{ParcelChunk: &wire.ParcelChunk{Id: hash, Size: 8}}},
		"parcel taken: id":       {Body: &wire.Frame_ParcelTaken{ParcelTaken: &wire.ParcelTaken{}}},
		"absent: hash":           {Body: &wire.Frame_Absent{Absent: &wire.Absent{}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(encode(t, f))
			if err != nil {
				t.Fatal(err)
			}
			if c, err := got.Chat(); c != nil || !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("Chat() = %+v, %v", c, err)
			}
		})
	}
	for name, f := range map[string]*wire.Frame{
		"have": have(func(*wire.Have) {}), "entries": entries(func(*wire.Entries) {}), "receipt": receipt(func(*wire.Receipt) {}),
	} {
		if _, err := f.Chat(); err != nil {
			t.Errorf("unspoilt %s: %v", name, err)
		}
	}
}

// TestHP48SmallFieldsDoNotSwell: a frame of the smallest possible fields must not become many times its size in memory.
func TestHP48SmallFieldsDoNotSwell(t *testing.T) {
	fill := func(body protowire.Number, field []byte) []byte {
		inner := bytes.Repeat(field, (wire.MaxFrame-16)/len(field))
		return delimited(protowire.AppendBytes(protowire.AppendTag(nil, body, protowire.BytesType), inner))
	}
	for name, raw := range map[string][]byte{
		"heads":   fill(16, []byte{0x12, 0}),
		"groups":  fill(17, []byte{0x22, 0}),
		"records": fill(22, []byte{0x0a, 0}),
		"bodies":  delimited(bytes.Repeat([]byte{0x82, 0x01, 0x02, 0x12, 0}, wire.MaxFrame/5)),
		"unknown": fill(99, []byte{0x12, 0}),
	} {
		t.Run(name, func(t *testing.T) {
			in := wire.NewReader(bytes.NewReader(raw))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := in.Read(wire.MaxFrame)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, wire.ErrTooLarge) {
				t.Errorf("Read: %v", err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 2*wire.MaxFrame {
				t.Errorf("%d bytes allocated for a frame of %d", took, len(raw))
			}
		})
	}
}

func FuzzFrame(f *testing.F) {
	for _, c := range linkFrames {
		f.Add(encode(f, c.frame))
	}
	for _, c := range chatFrames {
		f.Add(encode(f, wire.Wrap(c.frame)))
	}
	f.Add([]byte{0})
	f.Add(delimited(bytes.Repeat([]byte{0x12, 0}, 3000)))
	f.Add(binary.AppendUvarint(nil, 1<<40))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := read(raw)
		if err != nil {
			return
		}
		again, err := read(encode(t, got))
		if err != nil || !proto.Equal(got, again) {
			t.Fatalf("%v became %v, %v", got, again, err)
		}
		frame, err := got.Chat()
		if frame == nil || err != nil {
			return
		}
		back, err := wire.Wrap(frame).Chat()
		if err != nil || !reflect.DeepEqual(frame, back) {
			t.Fatalf("%+v became %+v, %v", frame, back, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	raw := encode(b, wire.Wrap(chat.Entries{Device: chat.DeviceID{1}, Groups: [][]byte{make([]byte, 250)}}))
	stream := bytes.NewReader(raw)
	r := wire.NewReader(stream)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		stream.Reset(raw)
		f, err := r.Read(wire.MaxFrame)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Chat(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend writes frames as they go out: one message, and a full frame of 256.
func BenchmarkAppend(b *testing.B) {
	for _, messages := range []int{1, 256} {
		b.Run(fmt.Sprint(messages), func(b *testing.B) {
			frame := chat.Entries{Mine: chat.Buyer, Author: chat.Buyer, Groups: [][]byte{make([]byte, 64+180*messages)}}
			var buffer []byte
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if buffer, err = wire.Append(buffer[:0], wire.Wrap(frame)); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(buffer)))
		})
	}
}
