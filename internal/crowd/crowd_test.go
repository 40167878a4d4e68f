package crowd

import (
	"path/filepath"
	"testing"

	"haggle/chat"
	"haggle/peer"
	"haggle/storage"
)

// TestFill: what was made is what a store says it holds.
func TestFill(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "profile")
	size := Size{Messages: 700, Rooms: 20, Goods: 130}
	if err := Fill(folder, size); err != nil {
		t.Fatal(err)
	}
	self, err := peer.LoadIdentity(folder)
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(storage.Options{Dir: StoreIn(folder), Self: self.ID})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var first chat.RoomID
	rooms := 0
	if err := db.EachRoom(func(id chat.RoomID, _ *chat.RoomState) bool {
		if rooms == 0 {
			first = id
		}
		rooms++
		return true
	}); err != nil || rooms != size.Rooms || first != BigRoom(self.ID) {
		t.Errorf("%d rooms, %v; the first is the big one: %t", rooms, err, first == BigRoom(self.ID))
	}
	total, page, err := db.Listings(chat.ListingQuery{Text: "自行车", Limit: chat.MaxPage})
	if err != nil || total != 100 || len(page[0].Goods.Photos) != 1 || len(page[0].Goods.Photos[0].Thumbnail) > chat.MaxThumbnail {
		t.Errorf("%d bicycles, %v", total, err)
	}
	var rows []chat.Row
	for {
		var at *chat.Position
		if len(rows) > 0 {
			p := rows[len(rows)-1].Position()
			at = &p
		}
		page, err := db.Rows(first, at, false, chat.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if rows = append(rows, page...); len(page) == 0 {
			break
		}
	}
	if len(rows) != size.Messages {
		t.Fatalf("%d messages", len(rows))
	}
	for i, r := range rows {
		if b, err := chat.DecodeBody(r.Entry.Kind, r.Entry.Body); err != nil || b.Text != Message(i) {
			t.Fatalf("message %d says %q, %v", i, b.Text, err)
		}
	}
}
