package rogue

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"haggle/chat"
	"haggle/peer/wire"
)

// The cases of the catalogue that cost something: disk, memory, descriptors, goroutines, or other people's patience. How the
// node takes each wrong frame is tested in chat and peer; here it gets very many of them.

func TestHP13Silent(t *testing.T) {
	attack(t, limits{}, func(a *assault, _ *Peer) { a.hold(scaled(300, 3000), nil) })
}

func TestHP14Garbage(t *testing.T) {
	attack(t, limits{}, func(a *assault, _ *Peer) {
		for range scaled(300, 3000) {
			junk := make([]byte, 3000)
			_, _ = rand.Read(junk)
			a.call(append([]byte{22, 3, 1, 0, 200}, junk...))
		}
	})
}

func TestHP20ReplayedRecord(t *testing.T) {
	attack(t, limits{disk: 64 << 10}, func(a *assault, r *Peer) {
		author := r.Author()
		frame := author.Frame(author.Texts(marker))
		a.flood(r, scaled(5000, 100_000), func(int) chat.Frame { return frame })
	})
}

func TestHP22Gap(t *testing.T) {
	attack(t, limits{disk: 64 << 10}, func(a *assault, r *Peer) {
		author := r.Author()
		author.Texts(marker)
		a.flood(r, scaled(5000, 100_000), func(int) chat.Frame { return author.Frame(author.Texts(marker)) })
	})
}

// TestHP25Evidence forks as many logs as there may be, each with the largest proof: what is kept of a stranger's forks
// counts as what it says does.
func TestHP25Evidence(t *testing.T) {
	attack(t, limits{disk: 3 << 20, logs: true}, func(a *assault, r *Peer) {
		body := bytes.Repeat([]byte(marker), 60<<10/len(marker))
		for i := range 200 {
			author := r.Author()
			author.Log.Device = chat.DeviceID{0xf0, byte(i)}
			author.Hash = chat.LogStart(author.Log.Room, r.ID, author.Log.Device)
			other := *author
			a.say(r, author.Frame(author.Texts(marker)))
			a.say(r, other.Frame(other.Bodies(chat.KindText, body, body, body)))
		}
		r.Settle(a.Context())
	})
}

func TestHP27BadSignature(t *testing.T) {
	attack(t, limits{disk: 16 << 10, logs: true}, func(a *assault, r *Peer) {
		g := r.Author().Texts(marker)
		g.Signature[0] ^= 1
		a.flood(r, scaled(3000, 100_000), func(int) chat.Frame { return r.Author().Frame(g) })
	})
}

func TestHP30ResendsWithoutEnd(t *testing.T) {
	attack(t, limits{disk: 64 << 10}, func(a *assault, r *Peer) {
		a.flood(r, scaled(3000, 100_000), func(int) chat.Frame { return chat.Have{Mine: chat.Buyer, Ask: true} })
	})
}

// TestHP35RoomOpens names rooms, heads and receipts without a word said in them: nothing of it is kept.
func TestHP35RoomOpens(t *testing.T) {
	attack(t, limits{disk: 16 << 10}, func(a *assault, r *Peer) {
		a.flood(r, scaled(5000, 1_000_000), func(i int) chat.Frame {
			device := chat.DeviceID{byte(i), byte(i >> 8), byte(i >> 16)}
			if i%2 == 0 {
				return chat.Have{Mine: chat.Role(i / 2 % 2), Heads: []chat.Head{{Device: device, Seq: math.MaxInt64, Hash: chat.Hash{1}}}}
			}
			return chat.ReceiptFrame{Device: device, By: r.Device, Delivered: math.MaxInt64}
		})
	})
}

// TestHP36Sybils comes as many identities, each with a profile and as many words as a stranger may say, and more.
func TestHP36Sybils(t *testing.T) {
	many := scaled(150, 100_000)
	attack(t, limits{disk: int64(min(many, 5000)) * 32 << 10}, func(a *assault, _ *Peer) {
		for i := range many {
			r, err := New()
			if err != nil {
				a.Error(err)
				return
			}
			if a.enter(r) != nil {
				continue // the house is full, or the door is busy
			}
			go r.Drain()
			author := r.Author()
			a.say(r, r.profile(fmt.Sprint(marker, i)))
			for range 2 * chat.StrangerMessages {
				a.say(r, author.Frame(author.Texts(marker)))
			}
			r.Settle(a.Context())
			if i%3 == 0 {
				r.Close()
			}
		}
	})
	if m := theVictim(t).meters(t); m.Requests > many+40 {
		t.Errorf("%d requests of %d identities", m.Requests, many)
	}
}

// TestHP37Listings offers several times what one seller may have. The memory is mostly what Badger builds its tables in.
func TestHP37Listings(t *testing.T) {
	attack(t, limits{disk: 5 * chat.CatalogueBytes, memory: 320 << 20, logs: true}, func(a *assault, r *Peer) {
		version := uint64(0)
		digest := uint64(0)
		for range scaled(300, 2500) {
			var f chat.ListingsFrame
			for range 4 {
				version++
				l := &chat.Listing{Seller: r.ID, Version: version, Status: chat.Available, UpdatedAt: 1}
				binary.BigEndian.PutUint64(l.ID[:], version)
				l.SetGoods(chat.Goods{
					Title: marker, Description: strings.Repeat("价", chat.MaxDescription), Price: chat.Money{Minor: 1, Currency: "CNY"},
					Photos: []chat.Photo{{Hash: chat.Hash{1}, Size: 9, Width: 9, Height: 9, Type: "jpeg", Thumbnail: make([]byte, chat.MaxThumbnail)}},
				})
				l.Sign(r.Key)
				f.Records = append(f.Records, l.Encode())
				digest ^= chat.ListingDigest(l)
			}
			f.Digest = digest
			a.say(r, f)
		}
		r.Settle(a.Context())
	})
}

// TestHP37AsksForEverything asks for all goods again and again, reads them as fast as they come, and wants more.
func TestHP37AsksForEverything(t *testing.T) {
	theVictim(t).command(t, "publish")
	attack(t, limits{disk: 64 << 10}, func(a *assault, r *Peer) {
		a.flood(r, scaled(3000, 100_000), func(int) chat.Frame { return chat.CatalogueAsk{} })
	})
}

// TestHP37VersionsWithoutEnd changes one thing as often as can be sent: the journal drops what is outdated, sooner or later.
func TestHP37VersionsWithoutEnd(t *testing.T) {
	attack(t, limits{disk: 48 << 20, memory: 160 << 20}, func(a *assault, r *Peer) {
		a.flood(r, scaled(3000, 100_000), func(i int) chat.Frame {
			l := &chat.Listing{Seller: r.ID, ID: chat.ListingID{7}, Version: uint64(i + 1), Status: chat.Available, UpdatedAt: 1}
			l.SetGoods(chat.Goods{Title: marker, Description: strings.Repeat("价", 500), Price: chat.Money{Minor: int64(i), Currency: "CNY"}})
			l.Sign(r.Key)
			return chat.ListingsFrame{Records: [][]byte{l.Encode()}, Digest: chat.ListingDigest(l)}
		})
	})
}

// TestHP18NamesWithoutEnd takes another name as often as can be sent.
func TestHP18NamesWithoutEnd(t *testing.T) {
	attack(t, limits{disk: 64 << 10}, func(a *assault, r *Peer) {
		a.flood(r, scaled(3000, 100_000), func(i int) chat.Frame {
			record := &chat.Profile{Peer: r.ID, Version: uint64(i + 1), Name: fmt.Sprint(marker, i)}
			record.Sign(r.Key)
			return chat.ProfileFrame{Record: record.Encode()}
		})
	})
}

// TestHP38GigabyteAnnounced announces what never comes; so do the next ones.
func TestHP38GigabyteAnnounced(t *testing.T) { lengths(t, binary.AppendUvarint(nil, 1<<30)) }

func TestHP39ChunksNobodyAskedFor(t *testing.T) {
	attack(t, limits{disk: 16 << 10}, func(a *assault, r *Peer) {
		data := make([]byte, chat.ChunkBytes)
		a.flood(r, scaled(500, 16_384), func(i int) chat.Frame { // a gigabyte
			return chat.Chunk{Hash: chat.Hash{byte(i)}, Size: chat.MaxBlob, Offset: uint32(i) % 16 * chat.ChunkBytes, Data: data}
		})
	})
}

func TestHP40ChunkAtTwoGigabytes(t *testing.T) {
	lengths(t, framed(&wire.Frame{Body: &wire.Frame_Chunk{Chunk: &wire.Chunk{Hash: make([]byte, 32), Size: 100, Offset: 1 << 31, Data: []byte{1}}}}))
}

func TestHP41NegativeLengths(t *testing.T) {
	lengths(t, bytes.Repeat([]byte{0xff}, 20))
	lengths(t, binary.AppendUvarint(nil, math.MaxUint64))
}

func TestHP42LargestLength(t *testing.T) { lengths(t, binary.AppendUvarint(nil, math.MaxUint32)) }

// lengths has many rogues send raw after their hello: the link ends, and no memory was taken for what does not come.
func lengths(t *testing.T, raw []byte) {
	t.Helper()
	attack(t, limits{disk: int64(scaled(64<<10, 1<<20))}, func(a *assault, _ *Peer) { // each is remembered as somebody met
		for range scaled(20, 500) {
			r := a.silent()
			if r == nil {
				return
			}
			_ = r.Write(raw)
			ended := make(chan struct{})
			go func() { r.Drain(); close(ended) }()
			select {
			case <-ended:
			case <-time.After(patience):
				a.Error("the link lasts")
			}
		}
	})
}

// TestHP43SlowSenders begin a frame each and send a byte now and then.
func TestHP43SlowSenders(t *testing.T) {
	attack(t, limits{disk: 64 << 10}, func(a *assault, _ *Peer) {
		all := a.crowd(scaled(30, 100))
		for range scaled(5, 40) {
			for _, r := range all {
				_ = r.Write([]byte{0x80}) // one more digit of a length, then the link is gone
			}
			<-time.After(200 * time.Millisecond)
		}
	})
}

// TestHP44SlowReaders ask for all there is and read nothing of it: up to 8 MiB wait for each until it is cut off.
func TestHP44SlowReaders(t *testing.T) {
	attack(t, limits{disk: 64 << 10, memory: int64(scaled(30, 100)) * 10 << 20}, func(a *assault, _ *Peer) {
		var all []*Peer
		for range scaled(30, 100) {
			if r := a.silent(); r != nil {
				all = append(all, r)
			}
		}
		for range scaled(100, 1000) {
			for _, r := range all {
				_ = r.Say(chat.CatalogueAsk{}, chat.Have{Mine: chat.Buyer, Ask: true})
			}
		}
		<-time.After(time.Second)
	})
}

// TestHP45IdleConnections holds thousands of connections from as many addresses.
func TestHP45IdleConnections(t *testing.T) {
	attack(t, limits{}, func(a *assault, _ *Peer) {
		a.hold(scaled(1000, 10_000), func() {
			if m := a.v.meters(a); m.Descriptors > 128+64 || m.Goroutines > 4*128+200 {
				a.Errorf("%d descriptors and %d goroutines for silent connections", m.Descriptors, m.Goroutines)
			}
		})
	})
}

func TestHP46ConnectAndClose(t *testing.T) {
	attack(t, limits{}, func(a *assault, _ *Peer) {
		for range scaled(5000, 150_000) {
			a.call(nil)
		}
	})
}

// TestHP48SwellingFrames are as many of the smallest fields as a frame can hold: nothing on the wire is compressed, and
// nothing may swell either.
func TestHP48SwellingFrames(t *testing.T) {
	lengths(t, append(binary.AppendUvarint(nil, 200<<10), bytes.Repeat([]byte{0x0a, 0x00}, 100<<10)...))
}

// flood has r say as many frames as fast as they are taken. That the link is ended is no failure: it is defence.
func (a *assault) flood(r *Peer, count int, frame func(i int) chat.Frame) {
	for i := range count {
		if r.Say(frame(i)) != nil {
			return
		}
	}
	r.Settle(a.Context())
}

func (a *assault) say(r *Peer, frames ...chat.Frame) { _ = r.Say(frames...) }

// call opens a connection from a new address, sends what it has to say, and goes.
func (a *assault) call(say []byte) {
	c, err := Dial(a.Context(), a.from(), a.v.address)
	if err != nil {
		return
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	_, _ = c.Write(say)
	_ = c.Close()
}

// hold opens connections that say nothing, and looks, until the victim has closed all of them.
func (a *assault) hold(count int, look func()) {
	var all []net.Conn
	for range count {
		if c, err := Dial(a.Context(), a.from(), a.v.address); err == nil {
			all = append(all, c)
		}
	}
	if look != nil {
		look()
	}
	for _, c := range all {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			a.Error("a connection that says nothing lasts")
		}
		_ = c.Close()
	}
}

// crowd is as many linked rogues as are let in.
func (a *assault) crowd(count int) (all []*Peer) {
	for range count {
		if r := a.linked(); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// profile is what it says it is called.
func (p *Peer) profile(name string) chat.ProfileFrame {
	record := &chat.Profile{Peer: p.ID, Version: 1, Name: name}
	record.Sign(p.Key)
	return chat.ProfileFrame{Record: record.Encode()}
}

func framed(f *wire.Frame) []byte {
	b, err := wire.Append(nil, f)
	if err != nil {
		panic(err)
	}
	return b
}
