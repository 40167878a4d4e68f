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

// TestD16Paste: pictures that another program copied are pasted into a room and sent; text stays text.
func TestD16Paste(t *testing.T) {
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
	p.must(p.Copied("image/png", pngFile(t, 1000))) // 4 MB: it comes in pieces
	p.keys("ctrl+v")
	p.rest("pasted-again")
	p.must(p.Paste("both"))
	p.rest("written")
	p.keys("Return")
	p.rest("sent")
	p.must(p.Copied("image/tiff", []byte("II*")))
	p.keys("ctrl+v")
	p.rest("nothing")
	p.must(p.Stop())
	last := p.room().Messages
	last = last[max(0, len(last)-2):]
	if len(last) != 2 || last[0].Image == nil || last[1].Image == nil || last[0].Text != "both" || last[1].Text != "" {
		t.Errorf("sent is %+v, want two pictures, the first one with the words", last)
	}
}
