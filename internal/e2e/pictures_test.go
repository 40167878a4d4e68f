package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// progress is image.progress.
type progress struct {
	MessageID string `json:"messageId"`
	Received  int    `json:"received"`
	Bytes     int    `json:"bytes"`
}

// saved is the result of messages.saveImage and listings.savePhoto.
type saved struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
}

// show sends a picture and does not wait for the answer.
func show(p *program, room, path string, more ...object) *request {
	params := object{"roomId": room, "imagePath": path}
	for _, m := range more {
		for name, value := range m {
			params[name] = value
		}
	}
	return p.send("messages.send", params)
}

// shown sends a picture and returns the message.
func shown(p *program, room, path string, more ...object) message {
	p.t.Helper()
	m := result[ofMessage](p, "messages.send", show(p, room, path, more...)).Message
	if m.Kind != "image" || m.Image == nil || m.Image.State != "here" || m.Image.Received != m.Image.Bytes {
		p.t.Fatalf("sent %s, want a picture that is here", jsonOf(m))
	}
	return m
}

// has reports whether image.progress was told that matches.
func (w watch) has(match func(progress) bool) bool {
	list, _, _ := w.p.since(w.from)
	return slices.ContainsFunc(list, func(n notice) bool {
		return n.method == "image.progress" && match(decode[progress](w.p.t, n.params))
	})
}

// messageIn is a message as a program holds it.
func messageIn(p *program, room, id string) message {
	p.t.Helper()
	for _, m := range history(p, room) {
		if m.MessageID == id {
			return m
		}
	}
	p.t.Fatalf("%s does not hold %s", p.place.data, id)
	return message{}
}

// awaitImage waits until a picture is in a state, and tells when.
func awaitImage(w watch, m message, state string, within time.Duration) time.Time {
	w.p.t.Helper()
	until(w.p, within, "the picture is "+state, func() bool { return messageIn(w.p, m.RoomID, m.MessageID).Image.State == state })
	return time.Now()
}

// awaitWhole waits until all bytes of a picture came, and it is here.
func awaitWhole(w watch, m message, within time.Duration) time.Time {
	w.p.t.Helper()
	_, at := await(w, within, "image.progress", func(n progress) bool { return n.MessageID == m.MessageID && n.Received == m.Image.Bytes })
	awaitImage(w, m, "here", within)
	return at
}

// save saves the picture of a message and returns the file's content.
func save(p *program, m message) []byte {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "saved")
	got := call[saved](p, "messages.saveImage", object{"messageId": m.MessageID, "path": path})
	data, err := os.ReadFile(path)
	if err != nil || got.Path != path || got.Bytes != len(data) || len(data) != m.Image.Bytes {
		p.t.Fatalf("saved %s: %d bytes, want %d (%v)", jsonOf(got), len(data), m.Image.Bytes, err)
	}
	return data
}

// TestPicturesPoint1Camera shows point 1 of the issue, and D15 and D17: a camera's picture of 12 megapixels arrives upright,
// small, and without a word about who made it where; its thumbnail is there at once.
func TestPicturesPoint1Camera(t *testing.T) {
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	path := fileOf(t, cameraFile(t, 4000, 3000, 1))
	w := anna.watch()
	sent := show(ben, room, path, object{"caption": "Like this one"})
	m := result[ofMessage](ben, "messages.send", sent).Message
	at := awaitReceived(w, m, patience)
	whole := awaitWhole(w, m, patience)
	t.Logf("prepared and durable after %v; thumbnail there %v after that; picture of %d bytes %v after that",
		sent.took().Round(time.Millisecond), at.Sub(sent.at).Round(time.Millisecond), m.Image.Bytes, whole.Sub(sent.at).Round(time.Millisecond))
	if took := at.Sub(sent.at); took > 500*time.Millisecond {
		t.Errorf("the thumbnail was there after %v, want at most 500 ms", took)
	}

	data := save(anna, m)
	if len(data) > 2<<20 || m.Image.Width != 3000 || m.Image.Height != 4000 || m.Text != "Like this one" {
		t.Errorf("it became %s", jsonOf(m))
	}
	wantUpright(t, data)
	for what, file := range map[string][]byte{"the picture": data, "the sender's own copy": save(ben, m)} {
		for _, secret := range []string{"Exif", cameraMaker, "MM\x00*"} {
			if bytes.Contains(file, []byte(secret)) {
				t.Errorf("%s holds %q", what, secret)
			}
		}
		for i := 2; i+4 < len(file) && file[i] == 0xff && file[i+1] != 0xda; i += 2 + int(file[i+2])<<8 + int(file[i+3]) {
			if marker := file[i+1]; marker >= 0xe1 && marker <= 0xef || marker == 0xfe {
				t.Errorf("%s has a segment %x", what, marker)
			}
		}
	}
	if files := grep(t, anna.place.data, cameraMaker); len(files) > 0 {
		t.Errorf("the receiver's disk holds the maker's name in %v", files)
	}
	// The original is stripped, too, and keeps its pixels.
	m = shown(ben, room, path, object{"original": true})
	awaitWhole(w, m, patience)
	data = save(anna, m)
	if bytes.Contains(data, []byte(cameraMaker)) || m.Image.Width != 3000 || m.Image.Bytes < 2<<20 {
		t.Errorf("the original became %s", jsonOf(m.Image))
	}
	wantUpright(t, data)
}

// wantUpright checks that what the camera's upper left corner saw is in the upper right.
func wantUpright(t *testing.T, file []byte) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file)) //nolint:forbidigo // a second opinion of what was made here
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Size() != image.Pt(3000, 4000) {
		t.Fatalf("it has %v", img.Bounds())
	}
	for _, c := range []struct {
		x, y int
		red  bool
	}{{100, 100, false}, {2900, 100, true}, {100, 3900, false}, {2900, 3900, false}} {
		r, g, b, _ := img.At(c.x, c.y).RGBA()
		if red := r > 2*max(g, b); red != c.red {
			t.Errorf("at %d, %d it is %d %d %d", c.x, c.y, r>>8, g>>8, b>>8)
		}
	}
}

// grep lists the files below a folder that hold a text.
func grep(t *testing.T, folder, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPicturesPoint1Words shows point 1 of the issue, and D15: text that is sent while pictures of 19 MB are under way is
// as fast as on a link with nothing else, by less than a factor of two.
func TestPicturesPoint1Words(t *testing.T) {
	_, anna, ben := pair(t)
	room := open(anna, ben).RoomID
	awaitReceived(anna.fromStart(), post(ben, room, "Hello"), patience)
	var idle, during, answers spread
	once := func(i int) time.Duration {
		w := anna.watch()
		r := say(ben, room, fmt.Sprint("word ", i))[0]
		m := result[ofMessage](ben, "messages.send", r).Message
		answers = append(answers, r.took())
		return awaitReceived(w, m, patience).Sub(r.sent)
	}
	for i := range 100 {
		idle = append(idle, once(i))
	}
	const pictures = 8
	// They are made ready while the link is down, so that nothing but sending them goes on beside the words.
	anna.quit()
	var last message
	for i := range pictures {
		last = shown(ben, room, fileOf(t, noiseFile(t, 2500, byte(i))), object{"original": true})
	}
	anna = anna.restart()
	w := anna.fromStart()
	_, begun := await(w, patience, "image.progress", func(n progress) bool { return n.Received > 0 })
	for i := 0; !w.has(func(n progress) bool { return n.MessageID == last.MessageID && n.Received == n.Bytes }); i++ {
		during = append(during, once(i))
	}
	took := awaitWhole(w, last, patience).Sub(begun)
	t.Logf("%d pictures of %d bytes in %v: %.1f MB/s", pictures, last.Image.Bytes, took.Round(time.Millisecond), float64(pictures*last.Image.Bytes)/1e6/took.Seconds())
	t.Log("answers:  ", answers[:100], answers[100:])
	t.Log("idle:  ", idle)
	t.Log("during:", during)
	if len(during) < 20 {
		t.Fatalf("only %d words were said during the transfer", len(during))
	}
	if during.at(50) >= 2*idle.at(50) {
		t.Errorf("words took %v in the middle, want less than twice %v", during.at(50), idle.at(50))
	}
}

// wantBlobs checks how many pictures are on a program's disk.
func wantBlobs(t *testing.T, p *program, want int) {
	t.Helper()
	if files := blobs(t, p); len(files) != want {
		t.Errorf("%d pictures are on the disk, want %d: %v", len(files), want, files)
	}
}

// blobs lists the pictures, and the parts of pictures, on a program's disk.
func blobs(t testing.TB, p *program) (files []string) {
	t.Helper()
	root := filepath.Join(p.place.data, "store", "blobs")
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && entry.Type().IsRegular() && filepath.Ext(path) != ".failed" { // a mark, without bytes
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
