package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"testing"
	"time"
)

// prepared is what Prepare makes of b, which passes the receiver's gates and shows the same sides.
func prepared(t testing.TB, b []byte, o Options) *Prepared {
	t.Helper()
	p, err := Prepare(t.Context(), bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := Check(t.Context(), p.Data, o); err != nil || info != p.Info {
		t.Fatalf("what was prepared is %+v, but Check says %+v, %v", p.Info, info, err)
	}
	if p.Hash != sha256.Sum256(p.Data) {
		t.Error("the hash is another file's")
	}
	if small, err := CheckThumbnail(p.Thumbnail); err != nil || small.Type != JPEG {
		t.Errorf("the thumbnail is %+v, %v", small, err)
	}
	if small, err := CheckThumbnail(p.Small); err != nil || len(p.Small) > MaxSmallBytes || max(small.Width, small.Height) > MaxSmallSide {
		t.Errorf("the small thumbnail is %+v with %d bytes, %v", small, len(p.Small), err)
	}
	if !o.Original {
		if len(p.Data) > MaxBytes || p.Width > MaxSide || p.Height > MaxSide {
			t.Errorf("%+v with %d bytes is too large", p.Info, len(p.Data))
		}
	}
	for _, secret := range []string{"Exif\x00", "HAGGLE", "http://ns.adobe.com", "tEXt", "eXIf"} {
		if bytes.Contains(p.Data, []byte(secret)) || bytes.Contains(p.Thumbnail, []byte(secret)) {
			t.Errorf("%s is still there", secret)
		}
	}
	return p
}

// shown is a picture as Decode shows it.
func shown(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := Decode(t.Context(), data, MaxOriginalSide)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// difference is the mean difference of two pictures of one size, of at most 255.
func difference(t testing.TB, a, b image.Image) float64 {
	t.Helper()
	if sizeOf(a) != sizeOf(b) {
		t.Fatalf("the sides are %v and %v", sizeOf(a), sizeOf(b))
	}
	sum := 0.0
	s := sizeOf(a)
	for y := range s.h {
		for x := range s.w {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			for _, d := range []float64{float64(ar) - float64(br), float64(ag) - float64(bg), float64(ab) - float64(bb), float64(aa) - float64(ba)} {
				sum += math.Abs(d) / 4
			}
		}
	}
	return sum / 257 / float64(s.pixels())
}

func TestPrepareChoosesAFormat(t *testing.T) {
	opaque, holes := drawing(300, 200, false), drawing(300, 200, true)
	for _, c := range []struct {
		name     string
		file     []byte
		original bool
		want     string
		same     image.Image // shown exactly; nil if only nearly
		near     image.Image
	}{
		{"a photo", asJPEG(photo(300, 200, 1), 90), false, JPEG, nil, photo(300, 200, 1)},
		{"a photo, original", asJPEG(photo(300, 200, 1), 90), true, JPEG, nil, photo(300, 200, 1)},
		{"a photo as png", asPNG(photo(600, 400, 1)), false, JPEG, nil, photo(600, 400, 1)},
		{"a photo as png, original", asPNG(photo(600, 400, 1)), true, PNG, nil, photo(600, 400, 1)},
		{"a drawing", asPNG(opaque), false, PNG, opaque, nil},
		{"a drawing, original", asPNG(opaque), true, PNG, opaque, nil},
		{"a drawing with holes", asPNG(holes), false, PNG, holes, nil},
		{"a gif", asGIF(opaque), false, PNG, nil, opaque},
		{"a gif, original", asGIF(opaque), true, PNG, nil, opaque},
		{"a lossless webp", riff(riffChunk("VP8L", vp8l(holes))), false, PNG, holes, nil},
		{"a lossless webp, original", riff(riffChunk("VP8L", vp8l(holes))), true, PNG, holes, nil},
		{"a lossy webp", riff(riffChunk("VP8 ", vp8(64, 48, 4096))), false, JPEG, nil, nil},
		{"a lossy webp with holes", riff(vp8x(1<<4, 64, 48), riffChunk("ALPH", make([]byte, 1+64*48)), riffChunk("VP8 ", vp8(64, 48, 4096))), false, PNG, nil, nil},
		{"holes that do not fit", asPNG(noise(1000, 1000)), false, JPEG, nil, onWhite(noise(1000, 1000))},
		{"holes that fit an original", asPNG(noise(1000, 1000)), true, PNG, noise(1000, 1000), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := prepared(t, c.file, Options{Original: c.original})
			if p.Type != c.want {
				t.Errorf("it became a %s, want a %s", p.Type, c.want)
			}
			img := shown(t, p.Data)
			if c.same != nil && difference(t, img, c.same) != 0 {
				t.Error("it looks different")
			}
			if c.near != nil && difference(t, img, c.near) > 25 {
				t.Errorf("it looks different by %.1f", difference(t, img, c.near))
			}
		})
	}
}

func TestPrepareKeepsTheLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		img  image.Image
		want size
	}{
		{"wide", photo(5000, 900, 2), size{4096, 737}},
		{"high", photo(700, 4400, 2), size{652, 4096}},
		{"narrow", photo(9000, 1, 2), size{4096, 1}},
		{"just so", photo(4096, 700, 2), size{4096, 700}},
	} {
		p := prepared(t, asJPEG(c.img, 75), Options{})
		if got := (size{p.Width, p.Height}); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		small, err := DecodeThumbnail(p.Thumbnail)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := sizeOf(small), c.want.within(MaxThumbnailSide); got != want {
			t.Errorf("%s: a thumbnail of %v, want %v", c.name, got, want)
		}
	}
}

// TestPrepareShrinksWhatDoesNotFit gives it a picture that no quality makes small enough.
func TestPrepareShrinksWhatDoesNotFit(t *testing.T) {
	file := asJPEG(onWhite(noise(2600, 1800)), 95)
	p := prepared(t, file, Options{})
	if p.Width >= 2600 || p.Width < 1000 {
		t.Errorf("it became %d pixels wide", p.Width)
	}
	if len(p.Data) < MaxBytes/2 {
		t.Errorf("it has %d bytes, half of what would have been allowed", len(p.Data))
	}
}

func TestOriginalKeepsItsPixels(t *testing.T) {
	bare := asJPEG(photo(320, 200, 3), 93)
	dressed := concat(afterSOI(bare,
		segment(markerAPP0, jfif),
		segment(markerAPP1, concat([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 1))),
		segment(markerAPP1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>")),
		segment(0xe2, []byte("ICC_PROFILE\x00 of a device")),
		segment(markerCOM, []byte(exifMarker)),
	), []byte("and a film"))
	p := prepared(t, dressed, Options{Original: true})
	if want := afterSOI(bare, segment(markerAPP0, jfif)); !bytes.Equal(p.Data, want) {
		t.Errorf("of %d bytes %d are left, want the %d that draw the picture", len(dressed), len(p.Data), len(want))
	}
	bare = asPNG(drawing(64, 40, true))
	p = prepared(t, concat(afterIHDR(bare, chunk("tEXt", []byte("Comment\x00"+exifMarker)), chunk("pHYs", make([]byte, 9))), []byte("x")), Options{Original: true})
	if !bytes.Equal(p.Data, bare) {
		t.Error("a png was not just stripped")
	}
	palette := pngOf(ihdr(2, 1, 8, pngPalette, false), chunk("PLTE", []byte("abcdef")), chunk("tRNS", []byte{9}), chunk("IDAT", deflated([]byte{0, 0, 1})))
	if p = prepared(t, palette, Options{Original: true}); !bytes.Equal(p.Data, palette) {
		t.Error("a png with a palette was not just copied")
	}
}

func TestOriginalKeepsItsSize(t *testing.T) {
	img := photo(5000, 600, 4)
	p := prepared(t, asJPEG(img, 80), Options{Original: true})
	if p.Width != 5000 || p.Height != 600 {
		t.Errorf("%+v", p.Info)
	}
	p = prepared(t, withEXIF(asJPEG(img, 80), 6), Options{Original: true})
	if p.Width != 600 || p.Height != 5000 {
		t.Errorf("on its side: %+v", p.Info)
	}
	// 24 MB, of which nothing can be left out.
	large := asPNG(noise(2500, 2500))
	if _, err := Prepare(t.Context(), bytes.NewReader(large), int64(len(large)), Options{Original: true}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an original of %d bytes: %v", len(large), err)
	}
}

// TestPrepareIsTheSameEachTime, so that a picture that is sent to many is stored once.
func TestPrepareIsTheSameEachTime(t *testing.T) {
	file := withEXIF(asJPEG(photo(900, 700, 5), 90), 8)
	if a, b := prepared(t, file, Options{}), prepared(t, file, Options{}); a.Hash != b.Hash || !bytes.Equal(a.Thumbnail, b.Thumbnail) || !bytes.Equal(a.Small, b.Small) {
		t.Error("two preparations differ")
	}
}

func TestTransparentThumbnailLiesOnWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	p := prepared(t, asPNG(img), Options{})
	small, err := DecodeThumbnail(p.Thumbnail)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := small.At(20, 20).RGBA(); r < 0xfa00 {
		t.Errorf("nothing looks like %v", small.At(20, 20))
	}
	if _, _, _, a := shown(t, p.Data).At(20, 20).RGBA(); a != 0 {
		t.Error("the picture itself is on white, too")
	}
}

func TestFirstFrameOfGIFOnItsCanvas(t *testing.T) {
	file := manyFrames(20, 10, 3)
	binary.LittleEndian.PutUint16(file[6:], 50) // a wider canvas
	binary.LittleEndian.PutUint16(file[8:], 30)
	const descriptor = 13 + 6
	frame := bytes.IndexByte(file[descriptor:], 0x2c) + descriptor
	binary.LittleEndian.PutUint16(file[frame+1:], 25) // the frame's place
	binary.LittleEndian.PutUint16(file[frame+3:], 15)
	p := prepared(t, file, Options{})
	if p.Width != 50 || p.Height != 30 {
		t.Fatalf("%+v", p.Info)
	}
	img := shown(t, p.Data)
	for _, c := range []struct {
		at    image.Point
		alpha uint32
	}{{image.Pt(0, 0), 0}, {image.Pt(24, 15), 0}, {image.Pt(25, 15), 0xffff}, {image.Pt(44, 24), 0xffff}, {image.Pt(45, 24), 0}, {image.Pt(44, 25), 0}} {
		if _, _, _, a := img.At(c.at.X, c.at.Y).RGBA(); a != c.alpha {
			t.Errorf("at %v the alpha is %#x, want %#x", c.at, a, c.alpha)
		}
	}
}

func TestFourInks(t *testing.T) {
	// Adobe stores how much is left of the paper: here only the second ink is on it.
	file := flat{w: 40, h: 40, sampling: []byte{0x11, 0x11, 0x11, 0x11}, levels: []int16{63, -63, 63, 63}, adobe: 1}.file()
	want := color.RGBA{255, 0, 255, 255}
	got := color.RGBAModel.Convert(shown(t, prepared(t, file, Options{}).Data).At(5, 5)).(color.RGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d < -12 || d > 12 {
			t.Fatalf("it looks %v, want about %v", got, want)
		}
	}
}

// brokenDisk is a file that cannot be read beyond a place.
type brokenDisk struct {
	io.ReaderAt
	end int64
}

func (b brokenDisk) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > b.end {
		return 0, &os.PathError{Op: "read", Path: "file", Err: os.ErrPermission}
	}
	return b.ReaderAt.ReadAt(p, at)
}

func TestPrepareTellsOfBrokenDisks(t *testing.T) {
	b := asPNG(noise(300, 300))
	for _, end := range []int64{0, 100 << 10} {
		_, err := Prepare(t.Context(), brokenDisk{bytes.NewReader(b), end}, int64(len(b)), Options{})
		if !errors.Is(err, os.ErrPermission) || errors.Is(err, ErrDamaged) {
			t.Errorf("readable up to %d: %v", end, err)
		}
	}
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	if _, err := Prepare(t.Context(), folder, 4096, Options{}); err == nil {
		t.Error("a folder is a picture")
	}
}

func TestOneAtATime(t *testing.T) {
	b := asJPEG(photo(64, 64, 1), 80)
	if err := takeTurn(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Prepare(ctx, bytes.NewReader(b), int64(len(b)), Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Prepare did not wait its turn: %v", err)
	}
	if _, err := Check(ctx, b, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Check did not wait its turn: %v", err)
	}
	if _, err := Decode(ctx, b, 100); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Decode did not wait its turn: %v", err)
	}
	if _, err := CheckThumbnail(b); err != nil {
		t.Errorf("a thumbnail waited its turn: %v", err)
	}
	if _, err := Check(ctx, make([]byte, MaxBytes+1), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("what is too long waited its turn: %v", err)
	}
	endTurn()
	if _, err := Check(t.Context(), b, Options{}); err != nil {
		t.Error(err)
	}
}
