package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"haggle/chat"
)

// What a hostile file may cost the program.
const (
	mostTime   = 3 * time.Second
	mostMemory = 128 << 20
)

// hostileFile is one that means no good, and why package picture refuses it in each way that it may come; empty if it does
// not.
type hostileFile struct {
	Name, File, Send, SendOriginal, Get, GetWhole string
}

// hostileFiles are those that package picture is tested with: the bombs of SECURITY-NOTES.md 2.6, HP49 to HP58, and more.
func hostileFiles(t *testing.T) []hostileFile {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.Command("go", "test", "-count=1", "-tags=headless", "haggle/picture")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "HAGGLE_PICTURE_FILES="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "list"))
	if err != nil {
		t.Fatal(err)
	}
	var list []hostileFile
	if err := json.Unmarshal(raw, &list); err != nil || len(list) < 60 {
		t.Fatalf("%d hostile files, %v", len(list), err)
	}
	for i := range list {
		list[i].File = filepath.Join(folder, list[i].File)
	}
	return list
}

// cost looks how long something takes and how much more memory the program has at the worst instant.
func (p *program) cost(what string, do func()) {
	p.t.Helper()
	folder := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	if err := os.WriteFile(folder+"clear_refs", []byte("5"), 0o600); err != nil { // the worst instant is now
		p.t.Fatal(err)
	}
	memory := func(field string) (bytes int64) {
		status, err := os.ReadFile(folder + "status")
		if err != nil {
			p.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), field)
		if _, err := fmt.Sscan(rest, &bytes); err != nil {
			p.t.Fatal(err)
		}
		return bytes << 10
	}
	before, begun := memory("VmRSS:"), time.Now()
	do()
	took, more := time.Since(begun), memory("VmHWM:")-before
	p.worst.time, p.worst.memory = max(p.worst.time, took), max(p.worst.memory, more)
	if took > mostTime {
		p.t.Errorf("%s took %v, want at most %v", what, took, mostTime)
	}
	if more > mostMemory {
		p.t.Errorf("%s took %d MB of memory, want at most %d", what, more>>20, mostMemory>>20)
	}
}

// kindOf is how a program is told of a picture that is refused.
func kindOf(refused string) string {
	if strings.Contains(refused, "too large") {
		return "tooLarge"
	}
	return "unsupportedImage"
}

// TestHP49To57HostileFiles shows point 3 of the issue, SECURITY-NOTES.md 2.6 and HP49 to HP58, for files to send and
// for photos of goods to publish: each is refused in time and memory, and nothing of it is kept.
func TestHP49To57HostileFiles(t *testing.T) {
	short(t)
	p := alone(t).start(t)
	room := call[opened](p, "rooms.open", object{"seller": alone(t).start(t).ready.PeerID}).Room.RoomID
	refused := 0
	for _, f := range hostileFiles(t) {
		info, err := os.Stat(f.File)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range []struct {
			refused, method string
			params          object
		}{
			{f.Send, "messages.send", object{"roomId": room, "imagePath": f.File}},
			{f.SendOriginal, "messages.send", object{"roomId": room, "imagePath": f.File, "original": true}},
			{f.Send, "listings.publish", object{"title": "Bomb", "price": object{"amount": "1", "currency": "CNY"}, "photos": []string{f.File}}},
			{f.Send, "self.set", object{"avatarPath": f.File}},
		} {
			if way.refused == "" {
				continue
			}
			kind := kindOf(way.refused)
			if info.Size() == 0 {
				kind = "invalid"
			}
			p.cost(f.Name+", "+way.method, func() {
				f := refusal(p, way.method, way.params)
				if got := f.kind(); got != kind && (got != "unsupportedImage" || kind != "tooLarge") { // too large may be found out too late to tell
					t.Errorf("%s, %s: %v, want kind %s", way.refused, way.method, f, kind)
				}
			})
			refused++
		}
	}
	t.Logf("%d refusals, at worst %v and %d MB", refused, p.worst.time.Round(time.Millisecond), p.worst.memory>>20)
	if n := len(history(p, room)) + len(search(p, nil)); n > 0 {
		t.Errorf("%d messages and goods came of refused pictures", n)
	}
	wantBlobs(t, p, 0)
}

// TestHP49To57HostilePeer shows the same for what a hostile peer sends under the right hash, in a message and as
// photos of goods: it ends as failed, and the program works on.
func TestHP49To57HostilePeer(t *testing.T) {
	short(t)
	p := alone(t).start(t)
	r := newRogue(t).meet(p)
	call[opened](p, "rooms.open", object{"buyer": r.id.String()})
	files := hostileFiles(t)
	var photos []chat.Photo
	images := 0
	for _, f := range files {
		data, err := os.ReadFile(f.File)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) == 0 || len(data) > chat.MaxBlob {
			continue // nobody can say of it that it is a picture
		}
		kind := "jpeg"
		if strings.Contains(f.Name, "png") {
			kind = "png"
		}
		for _, way := range []struct {
			refused string
			side    uint32
		}{{f.Get, 100}, {f.GetWhole, 5000}} {
			if way.refused == "" || way.side == 100 && len(data) > 2<<20 {
				continue
			}
			image := r.keep(data, chat.Image{Width: way.side, Height: way.side, Type: kind})
			var m message
			p.cost(fmt.Sprintf("%s of %d", f.Name, way.side), func() {
				m = r.send(p, image)
				awaitImage(p.watch(), m, "failed", patience)
			})
			images++
			if way.side == 100 {
				photos = append(photos, chat.Photo{Hash: image.Hash, Size: image.Size, Width: 100, Height: 100, Type: kind})
			}
		}
	}
	t.Logf("%d pictures refused, at worst %v and %d MB", images, p.worst.time.Round(time.Millisecond), p.worst.memory>>20)
	wantBlobs(t, p, 0)

	// The same as photos of goods; those of messages are known to be bad, so these come from somebody else.
	p = alone(t).start(t)
	other := newRogue(t).meet(p)
	for first := 0; first < len(photos); first += chat.MaxPhotos {
		some := photos[first:min(first+chat.MaxPhotos, len(photos))]
		for _, photo := range some {
			data, err := r.pictures.ReadBlob(photo.Hash)
			if err != nil {
				t.Fatal(err)
			}
			other.keep(data, chat.Image{})
		}
		w := p.watch()
		l := other.publish(fmt.Sprint("Bombs ", first), some...)
		awaitListing(w, l.ID.String(), patience, func(listing) bool { return true })
		p.cost(fmt.Sprint("photos from ", first), func() {
			until(p, patience, "all photos have failed", func() bool {
				got := call[ofListing](p, "listings.get", object{"seller": other.id.String(), "listingId": l.ID.String()}).Listing
				failed := 0
				for _, photo := range got.Photos {
					if photo.State == "failed" {
						failed++
					}
				}
				return failed == len(some)
			})
		})
	}
	t.Logf("%d photos refused, at worst %v and %d MB for nine", len(photos), p.worst.time.Round(time.Millisecond), p.worst.memory>>20)
	wantBlobs(t, p, 0)
}
