package chat_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"haggle/chat"
)

// The formats that are signed are for ever: testdata/vectors holds one record a file, with what has to come of it. A file
// is a header of "name: value" lines, an empty line, and the bytes in hexadecimal:
//
//	kind    header, log, group, receipt, listing, profile or body
//	about   one line for people
//	expect  ok, malformed, badSignature or invalid
//	seed    the author's key is of 32 such bytes
//	hash    for what has one: of the header, the log's start, the last entry, the listing
//	body    for a body: its kind
//
// Other implementations may read them too. A file is never changed once a version with it was released;
// -write-vectors adds those of the table below that have no file yet.
var writeVectors = flag.Bool("write-vectors", false, "write testdata/vectors files that are missing")

const vectorFolder = "testdata/vectors"

var vectorErrors = map[string]error{
	"ok": nil, "malformed": chat.ErrMalformed, "badSignature": chat.ErrBadSignature, "invalid": chat.ErrInvalid,
}

// vector is one file.
type vector struct {
	kind, about, expect string
	seed                byte
	hash                string
	body                chat.Kind
	raw                 []byte
}

func (v vector) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: %s\nabout: %s\nexpect: %s\nseed: %02x\n", v.kind, v.about, v.expect, v.seed)
	if v.hash != "" {
		fmt.Fprintf(&b, "hash: %s\n", v.hash)
	}
	if v.kind == "body" {
		fmt.Fprintf(&b, "body: %d\n", v.body)
	}
	b.WriteByte('\n')
	for line := range slices.Chunk([]byte(hex.EncodeToString(v.raw)), 96) {
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.String()
}

// parseVector reads a file's text.
func parseVector(text string) (vector, error) {
	var v vector
	head, data, found := strings.Cut(text, "\n\n")
	if !found {
		return v, errors.New("there is no empty line")
	}
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "kind":
			v.kind = value
		case "about":
			v.about = value
		case "expect":
			v.expect = value
		case "seed":
			seed, err := hex.DecodeString(value)
			if err != nil || len(seed) != 1 {
				return v, errors.New("seed")
			}
			v.seed = seed[0]
		case "hash":
			v.hash = value
		case "body":
			if _, err := fmt.Sscan(value, &v.body); err != nil {
				return v, err
			}
		default:
			return v, fmt.Errorf("unknown line %q", line)
		}
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(data, "\n", ""))
	v.raw = raw
	return v, err
}

// check decodes the vector and compares what comes of it with what is written down.
func (v vector) check() error {
	want, known := vectorErrors[v.expect]
	if !known {
		return fmt.Errorf("expects %q", v.expect)
	}
	hash, again, err := v.decode()
	switch {
	case !errors.Is(err, want):
		return fmt.Errorf("%w, want %s", err, v.expect)
	case err != nil && want == nil:
		return err
	case want != nil:
		return nil
	case hash != v.hash:
		return fmt.Errorf("hash %s, want %s", hash, v.hash)
	case again != nil && !bytes.Equal(again, v.raw):
		return fmt.Errorf("written again as %x", again)
	}
	return nil
}

// decode reads the record and gives its hash and its bytes written again, as far as it has them.
func (v vector) decode() (hash string, again []byte, err error) {
	who := someone(v.seed).id
	switch v.kind {
	case "header":
		e, err := headerOf(v.raw)
		return e.Hash().String(), nil, err
	case "log":
		if len(v.raw) != 32+32+8 {
			return "", nil, errors.New("size")
		}
		start := chat.LogStart(chat.RoomID(v.raw), chat.PeerID(v.raw[32:]), chat.DeviceID(v.raw[64:]))
		return start.String(), nil, nil
	case "group":
		g, err := chat.DecodeGroup(v.raw)
		if err == nil {
			err = g.Verify(who)
		}
		if err != nil {
			return "", nil, err
		}
		last := g.Entries[len(g.Entries)-1]
		return last.Hash().String(), g.Encode(), nil
	case "receipt":
		r, err := receiptOf(v.raw)
		if err == nil {
			err = r.Verify(who)
		}
		return "", nil, err
	case "listing":
		l, err := chat.DecodeListing(who, v.raw)
		if err != nil {
			return "", nil, err
		}
		return l.Hash().String(), l.Encode(), nil
	case "profile":
		p, err := chat.DecodeProfile(who, v.raw)
		if err != nil {
			return "", nil, err
		}
		return "", p.Encode(), nil
	case "body":
		b, err := chat.DecodeBody(v.body, v.raw)
		if err != nil {
			return "", nil, err
		}
		return "", b.Encode(), nil
	}
	return "", nil, fmt.Errorf("unknown kind %q", v.kind)
}

// headerOf reads the 94 bytes that an entry's hash covers, after its tag.
func headerOf(b []byte) (chat.Entry, error) {
	if len(b) != 94 {
		return chat.Entry{}, errors.New("size")
	}
	return chat.Entry{
		Seq: binary.BigEndian.Uint64(b), Previous: chat.Hash(b[8:]), Clock: chat.Clock(binary.BigEndian.Uint64(b[40:])),
		SentAt: int64(binary.BigEndian.Uint64(b[48:])), Kind: chat.Kind(binary.BigEndian.Uint16(b[56:])),
		BodySize: binary.BigEndian.Uint32(b[58:]), BodyHash: chat.Hash(b[62:]),
	}, nil
}

// receiptOf reads what a receipt's signature covers, after its tag, and the signature.
func receiptOf(b []byte) (chat.Receipt, error) {
	if len(b) != 32+1+8+8+8+8+64 {
		return chat.Receipt{}, errors.New("size")
	}
	return chat.Receipt{
		Log: chat.LogID{Room: chat.RoomID(b), Author: chat.Role(b[32]), Device: chat.DeviceID(b[33:])}, By: chat.DeviceID(b[41:]),
		Delivered: binary.BigEndian.Uint64(b[49:]), Read: binary.BigEndian.Uint64(b[57:]), Signature: [64]byte(b[65:]),
	}, nil
}

func TestVectors(t *testing.T) {
	if *writeVectors {
		writeMissingVectors(t)
	}
	files, err := filepath.Glob(filepath.Join(vectorFolder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			v, err := parseVector(string(text))
			if err == nil {
				err = v.check()
			}
			if err != nil {
				t.Error(err)
			}
			kinds[v.kind]++
		})
	}
	for _, kind := range []string{"header", "log", "group", "receipt", "listing", "profile", "body"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no vector of kind %s in %s", kind, vectorFolder)
		}
	}
	for name := range newVectors() {
		if !slices.Contains(files, filepath.Join(vectorFolder, name+".txt")) {
			t.Errorf("%s has no file", name)
		}
	}
}

func writeMissingVectors(t *testing.T) {
	for name, v := range newVectors() {
		file := filepath.Join(vectorFolder, name+".txt")
		if _, err := os.Stat(file); err == nil {
			continue
		}
		if v.expect == "ok" {
			v.hash, _, _ = v.decode()
		}
		if err := v.check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(file, []byte(v.text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// newVectors tells how each vector was made.
func newVectors() map[string]vector {
	const seed = 2 // ann's
	all := map[string]vector{}
	add := func(name, kind, expect, about string, raw []byte) {
		all[name] = vector{kind: kind, about: about, expect: expect, seed: seed, raw: raw}
	}
	header := func(e chat.Entry) []byte {
		b := binary.BigEndian.AppendUint64(nil, e.Seq)
		b = append(b, e.Previous[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(e.Clock))
		b = binary.BigEndian.AppendUint64(b, uint64(e.SentAt))
		b = binary.BigEndian.AppendUint16(b, uint16(e.Kind))
		b = binary.BigEndian.AppendUint32(b, e.BodySize)
		return append(b, e.BodyHash[:]...)
	}
	add("header-zero", "header", "ok", "every field zero", header(chat.Entry{}))
	add("header-ones", "header", "ok", "every bit set", bytes.Repeat([]byte{0xff}, 94))
	add("header-first", "header", "ok", "the first entry of ann's log as buyer of seed 01's goods", header(groupOf(says("hello")).Entries[0]))
	room := chat.RoomFor(ann.id, me.id)
	add("log-start", "log", "ok", "room, author and device of ann's log as buyer of seed 01's goods", slices.Concat(room[:], ann.id[:], annDevice[:]))

	add("group-text", "group", "ok", "one text", groupOf(says("hello, 世界").sent(1_700_000_000_000)).Encode())
	add("group-burst", "group", "ok", "three texts under one signature", groupOf(says("one"), says("two"), says("three")).Encode())
	add("group-bare", "group", "ok", "a text without its body, and the withdrawal that took it", groupOf(says("gone").withoutBody(), takesBack(1)).Encode())
	add("group-unknown-kind", "group", "ok", "a kind of a later version, and one with an empty body", groupOf(line{kind: 42, body: []byte{0xff, 0}}, line{kind: 65535}).Encode())
	add("group-times", "group", "ok", "times at both ends of int64", groupOf(says("a").sent(math.MinInt64), says("b").sent(math.MaxInt64)).Encode())
	add("group-clock-cap", "group", "ok", "a clock that stays where it ends", groupOf(says("a").at(chat.MaxClock), says("b").at(chat.MaxClock)).Encode())
	plainGroup := groupOf(says("hello")).Encode()
	flip := func(b []byte, i int) []byte { b = bytes.Clone(b); b[i] ^= 1; return b }
	add("group-flipped-body", "group", "badSignature", "one bit of the body flipped", flip(plainGroup, len(plainGroup)-64-1))
	add("group-flipped-previous", "group", "badSignature", "one bit of the previous hash flipped", flip(plainGroup, 5))
	add("group-flipped-signature", "group", "badSignature", "one bit of the signature flipped", flip(plainGroup, len(plainGroup)-1))
	other := authorIn(bo, me, chat.Buyer, annDevice)
	add("group-of-another", "group", "badSignature", "signed by seed 03", other.group(says("hello")).Encode())
	one := rawEntry(5, 0, 1, 3<<1|1, 'a', 'b', 'c')
	add("group-version", "group", "malformed", "format version 2", rawGroup{version: 2, first: 1, count: 1, entries: one}.bytes())
	add("group-seq-zero", "group", "malformed", "seq 0", rawGroup{version: 1, first: 0, count: 1, entries: one}.bytes())
	add("group-empty", "group", "malformed", "no entry", rawGroup{version: 1, first: 1}.bytes())
	add("group-tail", "group", "malformed", "a byte too many", rawGroup{version: 1, first: 1, count: 1, entries: append(one, 0)}.bytes())
	add("group-clock-falls", "group", "malformed", "a clock that wraps round", rawGroup{version: 1, first: 1, count: 2, entries: slices.Concat(one, rawEntry(math.MaxUint64, 0, 1, 1))}.bytes())
	add("group-clock-stays", "group", "malformed", "a clock that stays below the cap", rawGroup{version: 1, first: 1, count: 2, entries: slices.Concat(one, rawEntry(0, 0, 1, 1))}.bytes())
	add("group-body-size", "group", "malformed", "a body of 64 KiB and a byte, announced", rawGroup{version: 1, first: 1, count: 1, entries: rawEntry(5, 0, 1, (chat.MaxEntryBody+1)<<1|1)}.bytes())
	add("group-count", "group", "malformed", "2^64-1 entries, announced", rawGroup{version: 1, first: 1, count: math.MaxUint64, entries: one}.bytes())
	add("group-long-varint", "group", "malformed", "seq 1 in two bytes", append([]byte{1, 0x81, 0x00}, rawGroup{version: 1, first: 1, count: 1, entries: one}.bytes()[2:]...))

	r := chat.Receipt{Log: chat.LogID{Room: room, Author: chat.Seller, Device: myDevice}, By: annDevice, Delivered: 7, Read: 5}
	r.Sign(ann.key)
	receipt := slices.Concat(r.Log.Room[:], []byte{byte(r.Log.Author)}, r.Log.Device[:], r.By[:], binary.BigEndian.AppendUint64(nil, 7), binary.BigEndian.AppendUint64(nil, 5), r.Signature[:])
	add("receipt", "receipt", "ok", "7 delivered, 5 read", receipt)
	add("receipt-raised", "receipt", "badSignature", "delivered raised after signing", flip(receipt, 49+7))

	l := goods(ann, 1, 7, chat.Available, "lamp")
	add("listing", "listing", "ok", "a lamp for one euro", l.Encode())
	add("listing-hidden", "listing", "ok", "the header of hidden goods", goods(ann, 1, 8, chat.Hidden, "lamp").HeaderOnly().Encode())
	whole := &chat.Listing{Seller: ann.id, ID: chat.ListingID{9}, Version: 1 << 60, Status: chat.Sold, UpdatedAt: -1}
	g := full()
	g.Description, g.Photos = "every field", g.Photos[:2]
	whole.SetGoods(g)
	whole.Sign(ann.key)
	add("listing-full", "listing", "ok", "every field, two photos", whole.Encode())
	add("listing-flipped", "listing", "malformed", "one bit of the body flipped", flip(l.Encode(), len(l.Encode())-1))
	sold := l.Encode()
	sold[1+16+8] = byte(chat.Sold)
	add("listing-status", "listing", "badSignature", "status changed after signing", sold)
	add("listing-of-another", "listing", "badSignature", "signed by seed 03", goods(bo, 1, 7, chat.Available, "lamp").Encode())
	add("listing-no-title", "listing", "invalid", "signed, without a title", resigned(chunk(7, "EUR"), nil))
	add("listing-size", "listing", "malformed", "4 GiB announced, nothing of it there but another body", resigned(nil, func(l *chat.Listing) { l.BodySize = math.MaxUint32 }))

	p := chat.Profile{Peer: ann.id, Version: 3, Name: "安妮", About: "lamps", Sealing: [32]byte{1, 2, 3}, Picture: chat.Hash{4}}
	p.Sign(ann.key)
	add("profile", "profile", "ok", "every field", p.Encode())
	add("profile-renamed", "profile", "badSignature", "name changed after signing", bytes.Replace(p.Encode(), []byte("lamps"), []byte("lambs"), 1))
	p.Name = strings.Repeat("x", chat.MaxName+1)
	p.Sign(ann.key)
	add("profile-long-name", "profile", "invalid", "signed, with a name of 33 characters", p.Encode())

	body := func(name, expect, about string, kind chat.Kind, raw []byte) {
		all[name] = vector{kind: "body", about: about, expect: expect, seed: seed, body: kind, raw: raw}
	}
	body("body-text", "ok", "a text about goods", chat.KindText, (&chat.Body{Text: "still there?", About: &someAbout}).Encode())
	body("body-image", "ok", "a picture with a caption", chat.KindImage, (&chat.Body{Text: "this one", Image: &someImage}).Encode())
	body("body-withdrawal", "ok", "entry 7 is taken back", chat.KindWithdrawal, (&chat.Body{Seq: 7}).Encode())
	body("body-not-utf8", "malformed", "a text that is not UTF-8", chat.KindText, chunk(1, "\xff"))
	body("body-unknown-kind", "malformed", "a kind of a later version", 42, chunk(1, "looks like a text"))
	return all
}
