package rpc_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/internal/lan"
	"haggle/rpc"
)

// A picture in these tests is a file that begins with picture. It takes pictureTime to prepare, which leaves it as it is.
const (
	picture     = "picture of "
	pictureTime = 500 * time.Millisecond
)

func prepare(ctx context.Context, file io.ReaderAt, size int64, original bool) (rpc.Picture, error) {
	data := make([]byte, size)
	if _, err := file.ReadAt(data, 0); err != nil {
		return rpc.Picture{}, err
	}
	if !bytes.HasPrefix(data, []byte(picture)) {
		return rpc.Picture{}, rpc.Fail(rpc.UnsupportedImage, "The file is no picture; give another one.")
	}
	select {
	case <-time.After(pictureTime):
	case <-ctx.Done():
		return rpc.Picture{}, ctx.Err()
	}
	side := uint32(100)
	if original {
		side = 5000
	}
	return rpc.Picture{
		Data: data, SmallThumb: append([]byte("small "), data...),
		Image: chat.Image{
			Hash: sha256.Sum256(data), Size: uint32(size), Width: side, Height: side, Type: "png", Thumbnail: append([]byte("large "), data...),
		},
	}, nil
}

// checkPicture takes the same files, and portraits, which are thumbnails of them.
func checkPicture(data []byte, _ chat.Image, portrait bool) error {
	if bytes.HasPrefix(data, []byte(picture)) || portrait && bytes.HasPrefix(data, []byte("large ")) {
		return nil
	}
	return errors.New("no picture")
}

// pictureFile makes a file with a picture.
func pictureFile(t testing.TB, of string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "picture")
	if err := os.WriteFile(path, []byte(picture+of), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func hashOf(of string) string { return chat.Hash(sha256.Sum256([]byte(picture + of))).String() }

func pictureRequest(id int, room, path string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"messages.send","params":{"roomId":%q,"imagePath":%q,"caption":"%d"}}`, id, room, path, id)
}

// TestPicturesKeepTheirPlace: nine pictures and texts between them, all sent at once, stand in the room as they were sent;
// and other rooms do not wait for them.
func TestPicturesKeepTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room, other := p.room(peerOf(2)), p.room(peerOf(3))
		var lines []string
		for i := range 9 {
			lines = append(lines, pictureRequest(2*i, room, pictureFile(t, fmt.Sprint(i))), sendRequest(2*i+1, room, fmt.Sprint(2*i+1)))
		}
		begun := time.Now()
		p.send(append(lines, listRequest(100, room), sendRequest(200, other, "Not held up"))...)
		if m := p.answer(); string(*m.ID) != "200" || time.Since(begun) >= pictureTime {
			t.Errorf("answer %s after %v, want the other room's at once", *m.ID, time.Since(begun))
		}
		for i := range 18 {
			if m := p.answer(); m.Error != nil || string(*m.ID) != fmt.Sprint(i) {
				t.Fatalf("answer %s %v, want %d", *m.ID, m.Error, i)
			}
		}
		var page struct {
			Messages []struct {
				Text, Kind string
				Image      *struct {
					Hash, State string
					Received    int
				}
			}
		}
		if err := json.Unmarshal(p.answer().Result, &page); err != nil || len(page.Messages) != 18 {
			t.Fatalf("%d messages, %v", len(page.Messages), err)
		}
		for i, m := range page.Messages {
			if m.Text != fmt.Sprint(i) || (i%2 == 0) != (m.Kind == "image") {
				t.Errorf("message %d is %+v", i, m)
			}
			if m.Image != nil && (m.Image.Hash != hashOf(fmt.Sprint(i/2)) || m.Image.State != "here" || m.Image.Received == 0) {
				t.Errorf("picture %d is %+v", i, *m.Image)
			}
		}
	})
}

// TestRefusedPicturesLeaveNothing: each fault has its kind, tells in one sentence what to do, and nothing is kept.
func TestRefusedPicturesLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room := p.room(peerOf(2))
		good, folder := pictureFile(t, "something"), t.TempDir()
		empty, other := filepath.Join(folder, "empty"), filepath.Join(folder, "other")
		for path, content := range map[string]string{empty: "", other: "no such thing"} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		none := filepath.Join(folder, "none")
		for _, c := range []struct{ method, params, kind string }{
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, room, none), "notFound"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, room, folder), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, room, empty), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, room, "a\x00b"), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":""}`, room), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, room, other), "unsupportedImage"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q,"text":"x"}`, room, good), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"text":"x","caption":"y"}`, room), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"text":"x","original":true}`, room), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q,"original":"yes"}`, room, good), "invalid"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q,"caption":%q}`, room, good, strings.Repeat("x", 2049)), "tooLarge"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q}`, chat.RoomID{1}, good), "notFound"},
			{"messages.send", fmt.Sprintf(`{"roomId":%q,"imagePath":%q,"listingId":%q}`, room, good, chat.ListingID{1}), "notFound"},
			{"self.set", fmt.Sprintf(`{"avatarPath":%q}`, other), "unsupportedImage"},
			{"listings.publish", fmt.Sprintf(`{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[%q,%q]}`, folder, good), "invalid"},
			{"listings.publish", fmt.Sprintf(`{"title":" ","price":{"amount":"1","currency":"CNY"},"photos":[%q]}`, good), "invalid"},
			{"listings.publish", fmt.Sprintf(`{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[%q,7]}`, good), "invalid"},
			{"listings.publish", `{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[""]}`, "invalid"},
			{"listings.publish", `{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[` + strings.Repeat(`"x",`, 9) + `"x"]}`, "invalid"},
			{"listings.publish", fmt.Sprintf(`{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[%q]}`, hashOf("something")), "notFound"},
			{"listings.savePhoto", fmt.Sprintf(`{"hash":%q,"path":%q}`, hashOf("something"), none), "notFound"},
		} {
			p.send(`{"jsonrpc":"2.0","id":0,"method":"` + c.method + `","params":` + c.params + `}`)
			m := p.answer()
			if m.Error == nil || m.Error.Data.Kind != c.kind {
				t.Errorf("%s %.200s: %s %+v, want %s", c.method, c.params, m.Result, m.Error, c.kind)
				continue
			}
			if s := m.Error.Message; !strings.HasSuffix(s, ".") || !strings.Contains(s, ";") || strings.Contains(s, "\n") {
				t.Errorf("%s: %q is no sentence that says what to do", c.method, s)
			}
		}
		if list := p.ask("messages.list", `{"roomId":"`+room+`"}`, "messages"); string(list) != "[]" {
			t.Errorf("there are messages: %s", list)
		}
		if _, err := os.Stat(none); err == nil {
			t.Error("a photo that is not here made a file")
		}
		hash := chat.Hash(sha256.Sum256([]byte(picture + "something")))
		if _, err := p.node.ReadPicture(hash); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the picture of refused requests is here: %v", err)
		}
	})
}

// TestSaveNeverOverwrites: a picture goes to a new file; what fails leaves none.
func TestSaveNeverOverwrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room := p.room(peerOf(2))
		p.send(pictureRequest(1, room, pictureFile(t, "a chair")))
		var sent struct{ Message struct{ MessageID string } }
		if err := json.Unmarshal(p.answer().Result, &sent); err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		for _, c := range []struct{ path, kind string }{
			{filepath.Join(folder, "new"), ""},
			{filepath.Join(folder, "new"), "exists"},
			{folder, "exists"},
			{filepath.Join(folder, "no", "such"), "notFound"},
			{filepath.Join(folder, strings.Repeat("x", 300)), "invalid"},
		} {
			for _, request := range []string{
				fmt.Sprintf(`"method":"messages.saveImage","params":{"messageId":%q,"path":%q}`, sent.Message.MessageID, c.path),
				fmt.Sprintf(`"method":"listings.savePhoto","params":{"hash":%q,"path":%q}`, hashOf("a chair"), c.path),
			} {
				if c.kind == "" {
					_ = os.Remove(c.path)
				}
				p.send(`{"jsonrpc":"2.0","id":2,` + request + `}`)
				m := p.answer()
				if c.kind != "" {
					if m.Error == nil || m.Error.Data.Kind != c.kind {
						t.Errorf("%s: %s %+v, want %s", c.path, m.Result, m.Error, c.kind)
					}
					continue
				}
				if want := fmt.Sprintf(`{"path":%q,"bytes":%d}`, c.path, len(picture+"a chair")); string(m.Result) != want {
					t.Errorf("%s %+v, want %s", m.Result, m.Error, want)
				}
			}
			if data, err := os.ReadFile(filepath.Join(folder, "new")); err != nil || string(data) != picture+"a chair" {
				t.Errorf("saved %q, %v", data, err)
			}
		}
	})
}

// TestPhotosAreReordered: whatever becomes the first photo has the large thumbnail, and no other has.
func TestPhotosAreReordered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		a, b, c := pictureFile(t, "a"), pictureFile(t, "b"), pictureFile(t, "c")
		type listing struct {
			ListingID string
			Photos    []struct{ Hash, State string }
		}
		change := func(method, params string) listing {
			t.Helper()
			var l listing
			if err := json.Unmarshal(p.ask(method, params, "listing"), &l); err != nil {
				t.Fatal(err)
			}
			return l
		}
		check := func(l listing, want ...string) {
			t.Helper()
			id, err := chat.ParseListingID(l.ListingID)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := p.node.Listing(p.id, id)
			if err != nil || len(stored.Goods.Photos) != len(want) || len(l.Photos) != len(want) {
				t.Fatalf("%d photos, %v, want %q", len(stored.Goods.Photos), err, want)
			}
			for i, of := range want {
				thumb := "small " + picture + of
				if i == 0 {
					thumb = "large " + picture + of
				}
				if photo := stored.Goods.Photos[i]; photo.Hash.String() != hashOf(of) || string(photo.Thumbnail) != thumb || l.Photos[i].State != "here" {
					t.Errorf("photo %d is %s with %q and %s, want %s", i, photo.Hash, photo.Thumbnail, l.Photos[i].State, of)
				}
			}
		}
		l := change("listings.publish", fmt.Sprintf(`{"title":"Kettle","price":{"amount":"1","currency":"CNY"},"photos":[%q,%q]}`, a, b))
		check(l, "a", "b")
		update := func(photos ...string) listing {
			t.Helper()
			list, err := json.Marshal(append([]string{}, photos...))
			if err != nil {
				t.Fatal(err)
			}
			return change("listings.update", fmt.Sprintf(`{"listingId":%q,"photos":%s}`, l.ListingID, list))
		}
		check(update(hashOf("b"), c, hashOf("a")), "b", "c", "a")
		check(change("listings.update", fmt.Sprintf(`{"listingId":%q,"title":"Teapot"}`, l.ListingID)), "b", "c", "a")
		check(update(hashOf("b"), hashOf("a")), "b", "a")
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":9,"method":"listings.update","params":{"listingId":%q,"photos":[%q]}}`, l.ListingID, hashOf("c")))
		if m := p.answer(); m.Error == nil || m.Error.Data.Kind != "invalid" {
			t.Errorf("a photo of other goods: %s %+v", m.Result, m.Error)
		}
		check(update())
	})
}

// TestPreparingEndsWithTheInput: every request is answered, and soon, though pictures wait.
func TestPreparingEndsWithTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, lan.New(1, lan.Faults{}), 1, setup{})
		room, path := p.room(peerOf(2)), pictureFile(t, "a")
		for i := range 20 {
			p.send(pictureRequest(i, room, path))
		}
		begun := time.Now()
		_ = p.in.Close()
		done := 0
		for i := range 20 {
			m := p.answer()
			if string(*m.ID) != fmt.Sprint(i) {
				t.Fatalf("answer %s, want %d", *m.ID, i)
			}
			if m.Error == nil {
				done++
			}
		}
		if took := time.Since(begun); took > 3200*time.Millisecond || done == 0 || done == 20 {
			t.Errorf("%d of 20 were sent in %v", done, took)
		}
		<-p.served
	})
}
