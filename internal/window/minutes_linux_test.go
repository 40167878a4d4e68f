package window

import (
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"haggle/internal/lanrig"
)

// TestFiveMinutes is the first five minutes that a person has, on two machines of one network: first start, publish with
// photos, find, chat, pictures, offline and back, kill and back. What was done is read from the profiles in the end.
func TestFiveMinutes(t *testing.T) {
	built(t)
	lan := lanrig.Up(t, 2)
	seller, buyer := newPerson(t, lan, 1), newPerson(t, lan, 2)
	var photos []string
	for _, name := range []string{"teapot", "plant", "camera"} {
		photo, err := Drawing(t.TempDir(), name)
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, photo)
	}

	introduce := func(p *person, name string) {
		p.start()
		p.rest("first")
		p.keys("ctrl+a")
		p.types(name)
		p.keys("Return")
		p.rest("market-empty")
	}
	choose := func(p *person, path string) {
		p.rest("picker")
		p.keys("ctrl+a")
		p.types(path)
		p.keys("Return")
		p.rest("")
	}

	introduce(seller, "Mei")
	seller.keys("ctrl+n")
	seller.rest("editor")
	seller.click(addPhotos.X, addPhotos.Y)
	choose(seller, photos[0])
	seller.click(addPhotos.X+132, addPhotos.Y)
	choose(seller, photos[1])
	seller.click(titleField.X, titleField.Y)
	seller.types("Teapot, one litre")
	seller.keys("Tab")
	seller.types("18.50")
	seller.rest("editor-filled")
	seller.keys("Return")
	seller.rest("published")

	introduce(buyer, "Tom")
	buyer.untilSeen("the goods are at the market", whole, priceColor, 20)
	buyer.rest("market")
	buyer.click(firstCard.X, firstCard.Y)
	buyer.rest("goods")
	buyer.click(chatButton.X, chatButton.Y)
	buyer.rest("room")
	buyer.types("Is it still there?")
	buyer.keys("Return")
	buyer.untilSeen("the own message is shown", roomPart, accentColor, 500)
	buyer.rest("asked")

	seller.untilTitle("(1) Haggle")
	seller.keys("ctrl+2")
	seller.rest("requests")
	seller.click(requestsChip.X, requestsChip.Y)
	seller.rest("request")
	seller.click(requestRow.X, requestRow.Y)
	seller.rest("asked")
	seller.untilTitle("Haggle")
	buyer.keys("ctrl+1")
	buyer.rest("")
	seller.click(composerField.X, composerField.Y)
	seller.types("Yes, come and see.")
	seller.keys("Return")
	buyer.untilTitle("(1) Haggle")
	seller.click(pictureButton.X, pictureButton.Y)
	choose(seller, photos[2])
	seller.rest("along")
	seller.keys("Return")
	buyer.untilTitle("(2) Haggle")
	seller.rest("answered")
	buyer.keys("ctrl+2")
	buyer.rest("answered")
	buyer.untilTitle("Haggle")

	seller.keys("ctrl+1")
	seller.rest("")
	lan.Do("unplug", 2)
	buyer.click(composerField.X, composerField.Y)
	buyer.types("I come at five.")
	buyer.keys("Return")
	buyer.rest("offline")
	lan.Do("plug", 2)
	seller.untilTitle("(1) Haggle")

	buyer.rest("back")
	buyer.types("And I bring cash.")
	buyer.keys("Return")
	<-time.After(echoLimit)
	buyer.must(buyer.Kill())
	buyer.start()
	seller.untilTitle("(2) Haggle")
	buyer.keys("ctrl+2")
	buyer.click(firstRow.X, firstRow.Y)
	buyer.rest("back-again")
	buyer.types("half a sen")
	<-time.After(draftLimit)
	buyer.must(buyer.Kill())
	buyer.start()
	buyer.keys("ctrl+2")
	buyer.click(firstRow.X, firstRow.Y)
	buyer.rest("draft")
	buyer.must(buyer.Stop())
	seller.must(seller.Stop())

	want := []string{"Is it still there?", "Yes, come and see.", "", "I come at five.", "And I bring cash."}
	for _, p := range []*person{seller, buyer} {
		room := p.room()
		if said := room.said(); !slices.Equal(said, want) {
			t.Errorf("host %d holds %q, want %q", p.host, said, want)
		}
		for _, m := range room.Messages {
			if m.State == "waiting" || m.State == "failed" {
				t.Errorf("host %d: %q is %s", p.host, m.Text, m.State)
			}
			if m.Image != nil && m.Image.State != "here" {
				t.Errorf("host %d: the picture is %s", p.host, m.Image.State)
			}
		}
		if p == buyer && room.Draft != "half a sen" {
			t.Errorf("D20: the draft after a kill is %q", room.Draft)
		}
		if goods := room.goods; goods.Title != "Teapot, one litre" || goods.Price.Amount != "18.50" && goods.Price.Amount != "18.5" || len(goods.Photos) != 2 {
			t.Errorf("host %d: the goods are %+v", p.host, goods)
		}
	}
}

// What people wait: D4's echo, long since on the disk, and D20's draft.
const (
	echoLimit  = 50 * time.Millisecond
	draftLimit = 2 * time.Second
)

// Where things are in a window of testWidth and testHeight.
var (
	addPhotos     = image.Pt(550, 160)
	titleField    = image.Pt(700, 309)
	firstCard     = image.Pt(200, 230)
	chatButton    = image.Pt(955, 770)
	roomPart      = image.Rect(440, 130, testWidth, 730)
	composerField = image.Pt(800, 770)
	pictureButton = image.Pt(448, 770)
	requestsChip  = image.Pt(313, 186)
	requestRow    = image.Pt(220, 262)
	firstRow      = image.Pt(220, 262)
)

type toldRoom struct {
	RoomID   string `json:"roomId"`
	Draft    string `json:"draft"`
	Messages []struct {
		Text  string `json:"text"`
		State string `json:"state"`
		Image *struct {
			State string `json:"state"`
		} `json:"image"`
	} `json:"messages"`
	goods toldGoods
	all   []toldGoods
}

type toldGoods struct {
	Title string `json:"title"`
	Price struct {
		Amount string `json:"amount"`
	} `json:"price"`
	Photos []json.RawMessage `json:"photos"`
}

func (r *toldRoom) said() []string {
	var said []string
	for _, m := range r.Messages {
		said = append(said, m.Text)
	}
	return said
}

// room reads the only room and the only goods of a person whose window is closed.
func (p *person) room() toldRoom {
	p.t.Helper()
	var room toldRoom
	p.asked(func(h *Headless) {
		var rooms struct {
			Rooms []toldRoom `json:"rooms"`
		}
		var found struct {
			Listings []toldGoods `json:"listings"`
		}
		err := h.Call("rooms.list", map[string]any{}, &rooms)
		if err == nil && len(rooms.Rooms) != 1 {
			err = fmt.Errorf("there are %d rooms", len(rooms.Rooms))
		}
		if err == nil {
			room = rooms.Rooms[0]
			err = h.Call("messages.list", map[string]any{"roomId": room.RoomID}, &room)
		}
		if err == nil {
			err = h.Call("listings.search", map[string]any{}, &found)
		}
		if err != nil {
			p.t.Fatalf("host %d: %v", p.host, err)
		}
		room.all = found.Listings
		if len(found.Listings) == 1 {
			room.goods = found.Listings[0]
		}
	})
	return room
}
