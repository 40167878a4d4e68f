package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"haggle/chat"
	hostile "haggle/internal/rogue"
)

// safetyCode is what two people compare.
type safetyCode struct {
	Digits string `json:"digits"`
	Words  struct {
		English []string `json:"en"`
		Chinese []string `json:"zh"`
	} `json:"words"`
}

// TestA3SafetyCode: both programs tell the same code, another pair has another one, and who was compared stays marked.
func TestA3SafetyCode(t *testing.T) {
	short(t)
	t.Parallel()
	anna, ben := alone(t).start(t), alone(t).start(t)
	call[ofPeer](anna, "peers.add", object{"address": ben.ready.Addresses[0]})
	until(ben, patience, "Ben knows Anna", func() bool { return len(call[ofPeers](ben, "peers.list", nil).Peers) == 1 })
	code := call[safetyCode](anna, "peers.safetyCode", object{"peerId": ben.ready.PeerID})
	if other := call[safetyCode](ben, "peers.safetyCode", object{"peerId": anna.ready.PeerID}); !reflect.DeepEqual(code, other) {
		t.Errorf("the codes are %s and %s", jsonOf(code), jsonOf(other))
	}
	if len(code.Words.English) != 12 || len(code.Words.Chinese) != 12 || len(strings.ReplaceAll(code.Digits, " ", "")) != 60 {
		t.Errorf("the code is %s, want 12 words in each language and 60 digits", jsonOf(code))
	}
	wantRefused(anna, "invalid", "peers.safetyCode", object{"peerId": anna.ready.PeerID})
	stranger := alone(t).start(t).ready.PeerID
	wantRefused(anna, "notFound", "peers.safetyCode", object{"peerId": stranger})
	wantRefused(anna, "notFound", "peers.verify", object{"peerId": stranger, "verified": true})

	if p := call[ofPeer](anna, "peers.verify", object{"peerId": ben.ready.PeerID, "verified": true}).Peer; !p.Verified {
		t.Errorf("compared, and shown as %s", jsonOf(p))
	}
	anna.kill()
	anna = anna.restart()
	if list := call[ofPeers](anna, "peers.list", nil).Peers; len(list) != 1 || !list[0].Verified {
		t.Errorf("after a restart: %s", jsonOf(list))
	}
	if list := call[ofPeers](ben, "peers.list", nil).Peers; len(list) != 1 || list[0].Verified {
		t.Errorf("the other side's own mark: %s", jsonOf(list))
	}
}

// hostileGuest is a rogue that is linked with a program of this machine, from an address of its own.
func hostileGuest(t *testing.T, p *program) *hostile.Peer {
	t.Helper()
	r, err := hostile.New()
	if err != nil {
		t.Fatal(err)
	}
	guests++
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Enter(ctx, fmt.Sprintf("127.66.%d.%d", guests/200, 1+guests%200), p.ready.Addresses[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	go r.Drain()
	return r
}

var guests int

// calls has a guest say what it is called, as it is: no program of ours would.
func calls(t *testing.T, r *hostile.Peer, name string) {
	t.Helper()
	record := &chat.Profile{Peer: r.ID, Version: uint64(time.Now().UnixMicro()), Name: name} // a newer one each time, however quick
	record.Sign(r.Key)
	if err := r.Say(chat.ProfileFrame{Record: record.Encode()}); err != nil {
		t.Fatal(err)
	}
}

// known is what p tells of a guest.
func known(p *program, r *hostile.Peer) *peer {
	for _, other := range call[ofPeers](p, "peers.list", nil).Peers {
		if other.PeerID == r.ID.String() {
			return &other
		}
	}
	return nil
}

// TestHP15LookAlikes: whoever has a name that a person takes for another's gets a tag, and so does the other one.
func TestHP15LookAlikes(t *testing.T) {
	short(t)
	p := alone(t).start(t)
	a, b := hostileGuest(t, p), hostileGuest(t, p)
	for _, pair := range []struct{ kind, name, like string }{
		{"case", "Rosa's shop", "ROSA'S SHOP"},
		{"width", "Rosa", "Ｒｏｓａ"},
		{"zero width", "Rosa", "Ro\u200bsa"},
		{"Cyrillic", "Rosa", "Rоsа"},
		{"Greek", "TIMO", "ΤΙΜΟ"},
		{"digits for letters", "Colin Olli", "C0lin O11i"},
		{"letters for digits", "Shop 101", "Shop lOI"},
		{"a combining mark", "Zoë", "Zoe\u0308"},
		{"an accent", "Jose", "José"},
		{"bidi", "Rosa", "\u202eRosa\u202c"},
		{"letters that join", "Modern", "Modem"},
		{"spaces", "安娜的小店", "安娜 的小店"},
		{"Han", "日月堂", "曰月堂"},
		{"styled letters", "bold", "𝐛𝐨𝐥𝐝"},
		{"punctuation", "Rosa", "Rosa."},
	} {
		calls(t, a, "nobody at all")
		calls(t, b, "somebody else")
		until(p, patience, "no tags", func() bool {
			x, y := known(p, a), known(p, b)
			return x != nil && y != nil && x.Name == "nobody at all" && y.Name == "somebody else" && x.NameTag == nil && y.NameTag == nil
		})
		calls(t, a, pair.name)
		calls(t, b, pair.like)
		until(p, patience, "tags for both, "+pair.kind, func() bool {
			x, y := known(p, a), known(p, b)
			return x.NameTag != nil && y.NameTag != nil && *x.NameTag == a.ID.Short() && *y.NameTag == b.ID.Short()
		})
	}
}

// TestHP16BidiNames: nothing that turns a line round reaches a program by way of a name.
func TestHP16BidiNames(t *testing.T) {
	cleanNames(t, "\u202eexe.gnp", "\u2066a\u2067b\u2068c\u2069", "\u200fname\u200e", "\u061cx")
}

// TestHP17NamesNobodySees: nor does what nobody sees.
func TestHP17NamesNobodySees(t *testing.T) {
	cleanNames(t, "a\u200b\u200cb\u2060", "\u3164\u3164", "\u2800\u115f", "x\x00\x07\x1b[2J", "\U000e0041tags", "\ufeff", "line\nbreak\rand\u2028more")
}

func cleanNames(t *testing.T, names ...string) {
	t.Helper()
	short(t)
	p := alone(t).start(t)
	r := hostileGuest(t, p)
	for _, name := range names {
		calls(t, r, "before")
		until(p, patience, "the first name", func() bool { o := known(p, r); return o != nil && o.Name == "before" })
		calls(t, r, name)
		until(p, patience, fmt.Sprintf("the name %+q", name), func() bool { return known(p, r).Name != "before" })
		shown := known(p, r).Name
		for _, c := range shown {
			if unicode.Is(unicode.Cc, c) || unicode.Is(unicode.Cf, c) || strings.ContainsRune("\u3164\u2800\u115f\u2028", c) {
				t.Errorf("%+q is told as %+q", name, shown)
				break
			}
		}
	}
}

// TestA4BetweenMachines: two machines of one name both carry a tag, in the list of peers and in the rooms, and a room tells of
// it when it happens.
func TestA4BetweenMachines(t *testing.T) {
	all := neighbours(t, 3)
	anna, ben, carl := all[0], all[1], all[2]
	rename := func(p *program, name string) {
		t.Helper()
		call[ofSelf](p, "self.set", object{"name": name})
	}
	for p, name := range map[*program]string{anna: "Anna", ben: "Rosa", carl: "Carl"} {
		rename(p, name)
	}
	id := open(ben, anna).RoomID // Anna buys from Ben
	awaitReceived(ben.fromStart(), post(anna, id, "Hello Rosa"), patience)
	until(anna, patience, "all names", func() bool {
		names := map[string]bool{}
		for _, p := range call[ofPeers](anna, "peers.list", nil).Peers {
			names[p.Name] = p.NameTag == nil
		}
		return names["Rosa"] && names["Carl"]
	})
	w := anna.watch()
	rename(carl, "ＲОSА") // full width and Cyrillic
	changed, _ := await(w, patience, "room.changed", func(n ofRoom) bool { return n.Room.RoomID == id && n.Room.Peer.NameTag != nil })
	if tag := *changed.Room.Peer.NameTag; !strings.HasPrefix(ben.ready.PeerID, tag) {
		t.Errorf("the room's tag is %s", tag)
	}
	for _, p := range call[ofPeers](anna, "peers.list", nil).Peers {
		if p.NameTag == nil || !strings.HasPrefix(p.PeerID, *p.NameTag) {
			t.Errorf("no tag: %s", jsonOf(p))
		}
	}
	w = anna.watch()
	rename(carl, "Carl")
	await(w, patience, "room.changed", func(n ofRoom) bool { return n.Room.RoomID == id && n.Room.Peer.NameTag == nil })
}

// TestA6BetweenMachines: after a block nothing of a peer is told, counted or stored, across restarts; it does not hear of it;
// and after the unblocking the room is back with its history.
func TestA6BetweenMachines(t *testing.T) {
	all := neighbours(t, 2)
	anna, ben := all[0], all[1]
	id := open(anna, ben).RoomID
	before := post(ben, id, "Before the block")
	awaitReceived(anna.fromStart(), before, patience)
	awaitDelivered(ben.fromStart(), before, patience)
	offered := call[ofListing](ben, "listings.publish", object{"title": "Lamp", "price": object{"amount": "1", "currency": "CNY"}}).Listing
	until(anna, patience, "the goods", func() bool { return len(search(anna, object{"query": "lamp"})) == 1 })

	blocking := anna.watch()
	if p := call[ofPeer](anna, "peers.block", object{"peerId": ben.ready.PeerID, "blocked": true}).Peer; !p.Blocked || p.Online {
		t.Fatalf("blocked: %s", jsonOf(p))
	}
	await(blocking, patience, "room.changed", func(n ofRoom) bool { return n.Room.RoomID == id && n.Room.Peer.Blocked }) // the last of it
	folder := func() int64 { return sizeOf(t, anna.place.data) }
	silent := func(p *program, when string) {
		t.Helper()
		w, size := p.watch(), folder()
		var last message
		for i := range 200 {
			last = post(ben, id, fmt.Sprintf("Are you there? %d", i))
		}
		if last.State != "waiting" {
			t.Errorf("%s: the blocked one is told %s", when, last.State)
		}
		pause := time.After(4 * time.Second) // for what must not come
		<-pause
		if n := w.count("message.received") + w.count("room.changed") + w.count("peer.online"); n > 0 {
			t.Errorf("%s: %d notices of a blocked peer", when, n)
		}
		if n := len(rooms(p, "")) + len(search(p, object{"query": "lamp"})); n > 0 {
			t.Errorf("%s: %d rooms and goods of a blocked peer", when, n)
		}
		if grown := folder() - size; grown > 64<<10 {
			t.Errorf("%s: the folder grew by %d bytes", when, grown)
		}
	}
	silent(anna, "blocked")
	anna.kill()
	anna = anna.restart()
	silent(anna, "after a restart")
	for _, m := range history(ben, id)[1:] {
		if m.State != "waiting" {
			t.Fatalf("the blocked one is told %s", jsonOf(m))
		}
	}
	call[ofPeer](anna, "peers.block", object{"peerId": ben.ready.PeerID, "blocked": false})
	until(anna, patience, "the room is back", func() bool { return len(rooms(anna, "requests")) == 1 && len(history(anna, id)) > 1 })
	if list := history(anna, id); list[0].MessageID != before.MessageID || len(list) > 1+chat.StrangerMessages {
		t.Errorf("%d messages, the first %s", len(list), jsonOf(list[0]))
	}
	call[ofRoom](anna, "rooms.accept", object{"roomId": id})
	until(anna, patience, "all that was said meanwhile", func() bool { return len(history(anna, id)) == 401 })
	until(anna, patience, "the goods again", func() bool { return len(search(anna, object{"query": offered.Title})) == 1 })
}

// sizeOf is what a folder's files hold together.
func sizeOf(t *testing.T, folder string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// TestNoWordsInLogs: of fifty markers in texts, names, titles, queries, drafts, paths and what a camera noted, on both sides
// and from a rogue, none is in any log, however much is logged.
func TestNoWordsInLogs(t *testing.T) {
	short(t)
	var markers []string
	mark := func() string {
		m := fmt.Sprintf("qmarker%02dq", len(markers))
		markers = append(markers, m)
		return m
	}
	at := func() place { p := alone(t); p.flags = append(p.flags, "--log-level", "debug"); return p }
	anna, ben := at().start(t), at().start(t)
	for _, p := range []*program{anna, ben} {
		call[ofSelf](p, "self.set", object{"name": mark(), "about": mark()})
	}
	call[ofPeer](anna, "peers.add", object{"address": ben.ready.Addresses[0]})
	until(ben, patience, "Ben knows Anna", func() bool { return len(call[ofPeers](ben, "peers.list", nil).Peers) == 1 })
	id := open(anna, ben).RoomID
	noted := func() string { // a picture with words beside its pixels
		file := smallFile(t, len(markers))
		words := []byte("tEXtComment\x00" + mark())
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(words)-4))
		chunk = binary.BigEndian.AppendUint32(append(chunk, words...), crc32.ChecksumIEEE(words))
		return fileOf(t, slices.Concat(file[:33], chunk, file[33:])) // behind the header
	}
	for _, p := range []*program{anna, ben} {
		for range 5 {
			post(p, id, mark())
		}
		m := call[ofMessage](p, "messages.send", object{"roomId": id, "imagePath": noted(), "caption": mark()}).Message
		if m.Image == nil {
			t.Fatal("no picture")
		}
		l := call[ofListing](p, "listings.publish", object{
			"title": mark(), "description": mark(), "category": mark(), "condition": mark(), "photos": []string{noted()},
			"price": object{"amount": "1", "currency": "CNY"},
		}).Listing
		call[ofListing](p, "listings.update", object{"listingId": l.ListingID, "title": mark()})
		call[nothing](p, "rooms.setDraft", object{"roomId": id, "text": mark()})
		search(p, object{"query": mark()})
		call[ofMessages](p, "messages.search", object{"query": mark()})
		_ = refusal(p, "messages.send", object{"roomId": id, "imagePath": "/nowhere/" + mark()})
		_ = refusal(p, "peers.add", object{"invite": "haggle:" + mark()})
		_ = refusal(p, "nothing."+mark(), nil)
		_ = refusal(p, "self.get", object{mark(): mark()})
	}
	r := hostileGuest(t, anna)
	calls(t, r, mark())
	author := r.Author()
	bad := author.Texts(mark())
	bad.Signature[0] ^= 1
	good := r.Author()
	l := &chat.Listing{Seller: r.ID, ID: chat.ListingID{1}, Version: 1, Status: chat.Available}
	l.SetGoods(chat.Goods{Title: mark(), Description: mark(), Price: chat.Money{Minor: 1, Currency: "CNY"}})
	l.Sign(r.Key)
	raw := l.Encode()
	raw[12] ^= 1
	for _, f := range []chat.Frame{
		author.Frame(bad), good.Frame(good.Texts(mark(), mark())),
		chat.ProfileFrame{Record: []byte(mark())},
		chat.ListingsFrame{Records: [][]byte{raw}},
		chat.ListingsFrame{Records: [][]byte{l.Encode()}, Digest: chat.ListingDigest(l)},
		chat.Entries{Mine: chat.Buyer, Groups: [][]byte{[]byte(mark())}},
	} {
		if err := r.Say(f); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r.Settle(ctx)
	until(anna, patience, "the rogue's words", func() bool { return len(rooms(anna, "requests")) == 1 })
	anna.quit()
	ben.quit()
	if len(markers) < 50 {
		t.Errorf("only %d markers", len(markers))
	}
	for name, p := range map[string]*program{"Anna": anna, "Ben": ben} {
		log, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(log, []byte("Linked")) {
			t.Errorf("%s logged nothing: is this the right file?", name)
		}
		for _, m := range markers {
			if strings.Contains(string(log), m) {
				t.Errorf("%s's log holds %s", name, m)
			}
		}
	}
}
