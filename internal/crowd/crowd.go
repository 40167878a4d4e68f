// Package crowd fills a profile with what years on a crowded market leave behind: a room with very many messages, many
// rooms, many goods. Its benchmarks run the window over such a profile, and internal/window runs the real program on one.
//
// The common case: Fill(folder, Years), then start a program on the folder, or Open a window without a screen over it.
//
// What the package guarantees: everything goes through the store's own Commit, signed and chained as nodes do it, so what
// reads it cannot tell the difference; the same Size gives the same words. Only tests use it.
package crowd

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"time"

	"haggle/chat"
	"haggle/peer"
	"haggle/storage"
)

// Size is how much Fill makes.
type Size struct {
	Messages int // in the room that was active last, by turns of both people; a picture every 25
	Rooms    int // in all, each of the others with one message
	Goods    int // of all sellers together, each with a photo
	Sellers  int // 100 if 0
}

// Years is what a window has to be quick with.
var Years = Size{Messages: 100_000, Rooms: 1_000, Goods: 5_000}

// sellers are how many people offer the goods and talk in the rooms, unless Size says otherwise.
const sellers = 100

// now is the time of the newest thing.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Fill makes a profile in a folder that does not exist, laid out as the program expects it.
func Fill(folder string, s Size) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	self, err := peer.LoadIdentity(folder)
	if err != nil {
		return err
	}
	db, err := storage.Open(storage.Options{Dir: StoreIn(folder), Self: self.ID})
	if err != nil {
		return err
	}
	f := &filler{db: db, self: self.Identity, thumbs: thumbnails(32)}
	if f.sellers = s.Sellers; f.sellers == 0 {
		f.sellers = sellers
	}
	f.people()
	f.goods(s.Goods)
	f.rooms(s.Rooms)
	f.talk(s.Messages)
	return errors.Join(f.err, db.Close())
}

// StoreIn is where a profile has its store.
func StoreIn(folder string) string { return filepath.Join(folder, "store") }

// filler writes until something fails.
type filler struct {
	db      *storage.DB
	self    chat.Identity
	thumbs  [][]byte
	sellers int
	err     error
}

func (f *filler) commit(records ...chat.Record) {
	if f.err != nil || len(records) == 0 {
		return
	}
	done := make(chan error, 1)
	f.db.Commit(chat.Batch{Soft: true, Records: records}, func(err error) { done <- err })
	f.err = <-done
}

// Person is the key of one of the others.
func Person(n int) (chat.PeerID, ed25519.PrivateKey) {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(n)+1)
	key := ed25519.NewKeyFromSeed(seed)
	return chat.PeerID(key.Public().(ed25519.PublicKey)), key //nolint:forcetypeassert // its documented type
}

// name is what person n is called; every other one is called in Chinese.
func name(n int) string {
	if n%2 == 0 {
		return fmt.Sprintf("王小明 %d", n)
	}
	return fmt.Sprintf("Tom Baker %d", n)
}

// people makes everybody known.
func (f *filler) people() {
	var records []chat.Record
	for n := range f.sellers {
		id, key := Person(n)
		p := &chat.Profile{Peer: id, Version: 1, Name: name(n)}
		p.Sign(key)
		at := now.Add(-time.Duration(n) * time.Hour).UnixMilli()
		records = append(records, chat.PeerRecord{Peer: chat.Peer{ID: id, ProvenAt: at, LastSeen: at}}, chat.ProfileRecord{Profile: p})
	}
	f.commit(records...)
}

// words are titles that searches are tried on: one in ten of the goods is a bicycle.
var words = [...][2]string{
	{"Bicycle", "自行车"},
	{"Desk lamp", "台灯"},
	{"Teapot", "茶壶"},
	{"Film camera", "胶片相机"},
	{"Oak chair", "橡木椅子"},
	{"Guitar", "吉他"},
	{"Cook book", "菜谱"},
	{"Headphones", "耳机"},
	{"Kite", "风筝"},
	{"Rubber plant", "橡皮树"},
}

var categories = [...]string{"vehicles", "home", "home", "electronics", "home", "other", "books", "electronics", "sport", "home"}

// listing is number n of the goods.
func (f *filler) listing(n int) *chat.Listing {
	seller, key := Person(n % f.sellers)
	word := words[n/f.sellers%len(words)]
	at := now.Add(-time.Duration(n) * time.Minute).UnixMilli()
	l := &chat.Listing{Seller: seller, ID: goodsID(n), Version: uint64(at) << 16, Status: chat.Available, UpdatedAt: at}
	l.SetGoods(chat.Goods{
		Title: fmt.Sprintf("%s %s %d", word[n%2], word[1-n%2], n), Description: "Sturdy, used twice, pick it up at the fountain. 很结实，只用过两次，喷泉旁边自取。",
		Category: categories[n/f.sellers%len(words)], Condition: "good", Quantity: 1, Price: chat.Money{Minor: int64(100 + n*37%90_000), Currency: "EUR"},
		Photos: []chat.Photo{{Hash: photoHash(n), Size: 400_000, Width: 1600, Height: 1200, Type: "jpeg", Thumbnail: f.thumbs[n%len(f.thumbs)]}},
	})
	l.Sign(key)
	return l
}

func goodsID(n int) (id chat.ListingID) {
	binary.BigEndian.PutUint32(id[:], uint32(n)+1)
	return id
}

func photoHash(n int) (h chat.Hash) {
	binary.BigEndian.PutUint32(h[:], uint32(n)+1)
	return h
}

func (f *filler) goods(n int) {
	for from := 0; from < n; from += 50 {
		var records []chat.Record
		for i := from; i < min(from+50, n); i++ {
			records = append(records, chat.ListingRecord{Listing: f.listing(i)})
		}
		f.commit(records...)
	}
}

// rooms makes all rooms but the one that was active last.
func (f *filler) rooms(n int) {
	var records []chat.Record
	for i := 1; i < n; i++ {
		key := make([]byte, ed25519.SeedSize)
		binary.BigEndian.PutUint64(key[8:], uint64(i))
		private := ed25519.NewKeyFromSeed(key)
		seller := chat.PeerID(private.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // its documented type
		p := &chat.Profile{Peer: seller, Version: 1, Name: name(i)}
		p.Sign(private)
		at := now.Add(-time.Duration(i) * time.Minute).UnixMilli()
		log := newLog(chat.RoomFor(f.self.ID, seller), chat.Seller, seller, private, chat.DeviceID{1})
		records = append(records,
			chat.PeerRecord{Peer: chat.Peer{ID: seller, ProvenAt: at, LastSeen: at}}, chat.ProfileRecord{Profile: p},
			chat.RoomRecord{Buyer: f.self.ID, Seller: seller, At: at, Touch: true, Accepted: true},
			log.group(at, chat.Body{Kind: chat.KindText, Text: fmt.Sprintf("Is %d all right? 我明天下午过来看看，可以便宜一点吗？", i)}))
		if i%3 > 0 {
			records = append(records, chat.ReadRecord{Log: log.id, Seq: 1})
		}
		if len(records) > 400 {
			f.commit(records...)
			records = nil
		}
	}
	f.commit(records...)
}

// BigRoom is the room that was active last: self buys from Person(0).
func BigRoom(self chat.PeerID) chat.RoomID {
	seller, _ := Person(0)
	return chat.RoomFor(self, seller)
}

// turn is how many messages somebody writes before the other does.
const turn = 4

// talk fills the room that was active last.
func (f *filler) talk(n int) {
	seller, key := Person(0)
	room := BigRoom(f.self.ID)
	mine := newLog(room, chat.Buyer, f.self.ID, f.self.Key, f.self.Device)
	theirs := newLog(room, chat.Seller, seller, key, chat.DeviceID{1})
	at := now.Add(-time.Duration(n) * time.Minute)
	f.commit(chat.RoomRecord{Buyer: f.self.ID, Seller: seller, At: at.UnixMilli(), Touch: true, Accepted: true})
	clock := chat.Clock(at.UnixMilli()) << 16
	for said := 0; said < n && f.err == nil; {
		var records []chat.Record
		for said < n && len(records) < 200 {
			log := theirs
			if len(records)%2 == 1 {
				log = mine
			}
			log.clock = max(log.clock, clock)
			bodies := make([]chat.Body, 0, turn)
			for len(bodies) < cap(bodies) && said < n {
				bodies = append(bodies, f.body(said))
				said++
			}
			records = append(records, log.group(at.Add(time.Duration(said)*time.Minute).UnixMilli(), bodies...))
			clock = log.clock
		}
		f.commit(records...)
	}
	f.commit(chat.ReadRecord{Log: theirs.id, Seq: theirs.seq})
}

// body is what is said as number n.
func (f *filler) body(n int) chat.Body {
	words := Message(n)
	if n%25 == 24 {
		return chat.Body{Kind: chat.KindImage, Text: words, Image: &chat.Image{
			Hash: photoHash(1_000_000 + n), Size: 300_000, Width: 1600, Height: uint32(900 + n%7*100), Type: "jpeg", Thumbnail: f.thumbs[n%len(f.thumbs)],
		}}
	}
	return chat.Body{Kind: chat.KindText, Text: words}
}

// Message is what message number n of the big room says.
func Message(n int) string {
	s := fmt.Sprintf("Message %d.", n)
	switch n % 5 {
	case 0:
		s += " 这个东西还在吗？我想明天下午过来看看，可以便宜一点吗？"
	case 1:
		s += " Yes, it is still here. Come by after work, I am at the stall behind the fountain until seven, and bring a bag."
	case 2:
		s += " Good."
	case 3:
		s += " I could give you 25 for both of them if you throw in the two cups as well. 两个一起 25，可以吗？那个杯子也送给我吧。"
	default:
	}
	return s
}

// log writes the log of one author, chained and signed as a node does.
type log struct {
	id    chat.LogID
	key   ed25519.PrivateKey
	seq   uint64
	hash  chat.Hash
	clock chat.Clock
}

func newLog(room chat.RoomID, role chat.Role, author chat.PeerID, key ed25519.PrivateKey, device chat.DeviceID) *log {
	return &log{id: chat.LogID{Room: room, Author: role, Device: device}, key: key, hash: chat.LogStart(room, author, device)}
}

// group says several things at a time, in wall milliseconds.
func (l *log) group(at int64, bodies ...chat.Body) chat.GroupRecord {
	g := new(chat.Group)
	for i, b := range bodies {
		l.clock = max(l.clock+1, chat.Clock(at-int64(len(bodies)-i)*60_000)<<16)
		e := chat.Entry{Seq: l.seq + 1, Previous: l.hash, Clock: l.clock, SentAt: int64(l.clock >> 16), Kind: b.Kind}
		e.SetBody(b.Encode())
		g.Entries = append(g.Entries, e)
		l.seq, l.hash = e.Seq, e.Hash()
	}
	g.Sign(l.key)
	return chat.GroupRecord{Log: l.id, Group: g, At: at}
}

// thumbnails are n different small pictures.
func thumbnails(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		m := image.NewNRGBA(image.Rect(0, 0, 256, 192))
		for y := range 192 {
			for x := range 256 {
				m.SetNRGBA(x, y, color.NRGBA{uint8(x + 8*i), uint8(y + x*y/97), uint8(255 - x/2 - 3*i), 0xff})
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 60}); err != nil {
			panic(err) // a buffer takes everything
		}
		list[i] = b.Bytes()
	}
	return list
}
