package window

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"
)

// pngFile is a picture that is hard to compress: more than comes in one piece through X11's clipboard from 700 points on.
func pngFile(t *testing.T, side int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	_, _ = rand.NewChaCha8([32]byte{7}).Read(img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0xff
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestPictureClipboard: pictures that another program copied are pasted into a room and sent, text stays text (D16); and a
// picture of the room is copied for other programs (D18).
func TestPictureClipboard(t *testing.T) {
	const side = 1000
	p := filled(t, Settings{})
	p.start()
	p.keys("ctrl+2")
	p.click(firstRow.X, firstRow.Y)
	empty := p.rest("room")
	p.must(p.Copied("image/png", pngFile(t, 60)))
	p.keys("ctrl+v")
	if pasted := p.rest("pasted"); Differ(empty, pasted) < 5000 {
		t.Error("a pasted picture is not shown")
	}
	p.must(p.Copied("image/png", pngFile(t, side))) // 4 MB: it comes in pieces
	p.keys("ctrl+v")
	p.rest("pasted-again")
	p.must(p.Paste("both"))
	p.untilSeen("pictures are ready", sendButton, chosenColor, 300)
	p.keys("Return")
	p.rest("sent")
	p.click(lastPicture.X, lastPicture.Y)
	p.rest("viewer")
	p.keys("ctrl+c")
	p.rest("copied")
	file, err := p.Clipboard("image/png")
	p.must(err)
	if !bytes.HasPrefix(file, []byte("\x89PNG")) || len(file) < side*side {
		t.Fatalf("another program gets %d bytes, want the picture of %d points a side", len(file), side)
	}
	p.keys("Escape", "ctrl+v") // the focus is on what was said
	p.untilSeen("the picture is ready", sendButton, chosenColor, 300)
	p.rest("pasted-own")
	p.keys("Return")
	p.must(p.Copied("image/tiff", []byte("II*")))
	p.keys("ctrl+v")
	p.rest("nothing")
	p.must(p.Stop())
	last := p.room().Messages
	last = last[max(0, len(last)-3):]
	if len(last) != 3 || last[0].Image == nil || last[1].Image == nil || last[2].Image == nil || last[0].Text != "both" {
		t.Errorf("sent is %+v, want three pictures, the first one with the words", last)
	}
}

// Where the picture is that was sent last, and the button that sends: above up to two lines of what was refused.
var (
	lastPicture = image.Pt(1000, 550)
	sendButton  = image.Rect(1140, 700, testWidth, testHeight)
)
