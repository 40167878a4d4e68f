package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
)

// addFiles gives a fuzz target small files of every sort.
func addFiles(add func(file []byte)) {
	holes := drawing(13, 11, true)
	for _, file := range [][]byte{
		asJPEG(photo(33, 17, 1), 60),
		asJPEG(image.NewGray(image.Rect(0, 0, 9, 9)), 60),
		withEXIF(asJPEG(photo(20, 10, 1), 60), 6),
		afterSOI(asJPEG(photo(20, 10, 1), 60), segment(markerAPP0, jfif), segment(markerCOM, []byte("hello"))),
		flat{w: 40, h: 20, sampling: []byte{0x22, 0x11, 0x11}, levels: []int16{5, 6, 7}, progressive: true, scans: 3}.file(),
		flat{w: 20, h: 20, sampling: []byte{0x41, 0x11, 0x11}, levels: []int16{5, 6, 7}}.file(),
		flat{w: 20, h: 20, sampling: []byte{0x11, 0x11, 0x11, 0x11}, levels: []int16{5, 6, 7, 8}, adobe: 1}.file(),
		flat{w: 20, h: 20, sampling: []byte{0x11, 0x11, 0x11}, levels: []int16{5, 6, 7}, adobe: 1}.file(),
		asPNG(holes),
		afterIHDR(asPNG(holes), chunk("eXIf", exif(binary.LittleEndian, 5))),
		pngOf(ihdr(5, 4, 4, pngPalette, false), chunk("PLTE", []byte("abcdefghi")), chunk("tRNS", []byte{7}), chunk("IDAT", deflated(make([]byte, 16)))),
		pngOf(ihdr(5, 4, 16, pngRGB, false), chunk("tRNS", []byte{0, 0, 0, 0, 0, 0}), chunk("IDAT", deflated(make([]byte, 124)))),
		pngOf(ihdr(3, 2, 8, pngGrayAlpha, false), chunk("IDAT", deflated(make([]byte, 14)))),
		pngOf(ihdr(2, 2, 8, pngGray, true), chunk("IDAT", deflated(make([]byte, 7)))),
		asGIF(holes),
		manyFrames(9, 7, 2),
		riff(riffChunk("VP8L", vp8l(holes))),
		riff(riffChunk("VP8L", flatVP8L(30, 20))),
		riff(riffChunk("VP8 ", vp8(40, 30, 600))),
		riff(vp8x(1<<4|1<<3, 8, 8), riffChunk("ALPH", make([]byte, 65)), riffChunk("VP8 ", vp8(8, 8, 600)), riffChunk("EXIF", exif(binary.BigEndian, 3))),
		[]byte("<svg width='9'/>"),
		nil,
	} {
		add(file)
	}
}

// costly reports whether a file says that it has so many pixels that it would only slow fuzzing down.
func costly(t *testing.T, file []byte) bool {
	h, err := readHeader(newSource(t.Context(), file), jpegFile, pngFile, gifFile, webpFile)
	return err == nil && h.pixels() > 1<<18 && h.pixels() <= MaxFilePixels
}

// FuzzPrepare: what is refused says why, and what is not passes the other side's gate.
func FuzzPrepare(f *testing.F) {
	addFiles(func(file []byte) {
		f.Add(file, false)
		f.Add(file, true)
	})
	f.Fuzz(func(t *testing.T, file []byte, original bool) {
		if costly(t, file) {
			return
		}
		o := Options{Original: original}
		p, err := Prepare(t.Context(), bytes.NewReader(file), int64(len(file)), o)
		if err != nil {
			if class(err) == "another error" {
				t.Fatal(err)
			}
			return
		}
		if info, err := Check(t.Context(), p.Data, o); err != nil || info != p.Info {
			t.Fatalf("%+v is checked as %+v, %v", p.Info, info, err)
		}
		if _, err := CheckThumbnail(p.Thumbnail); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzCheck: what passes can be shown, has the sides that it says, and holds nothing that Prepare would leave out.
func FuzzCheck(f *testing.F) {
	addFiles(func(file []byte) { f.Add(file) })
	f.Fuzz(func(t *testing.T, file []byte) {
		if costly(t, file) {
			return
		}
		info, err := Check(t.Context(), file, Options{Original: true})
		if err != nil {
			if class(err) == "another error" {
				t.Fatal(err)
			}
			return
		}
		img, err := Decode(t.Context(), file, MaxOriginalSide)
		if err != nil || sizeOf(img) != (size{info.Width, info.Height}) {
			t.Fatalf("%+v is shown as %v, %v", info, sizeOf(img), err)
		}
		p, err := Prepare(t.Context(), bytes.NewReader(file), int64(len(file)), Options{Original: true})
		if err != nil || !bytes.Equal(p.Data, file) {
			t.Fatalf("it was changed as an original: %v", err)
		}
		other, err := decodeFile(kind(info.Type), bytes.NewReader(file))
		if err != nil || sizeOf(other) != sizeOf(img) {
			t.Fatalf("the library disagrees: %v", err)
		}
	})
}

// FuzzOrientation: whatever an EXIF block holds, it is one of the eight.
func FuzzOrientation(f *testing.F) {
	for o := orientation(0); o <= 9; o++ {
		f.Add(exif(binary.LittleEndian, o))
		f.Add(exif(binary.BigEndian, o))
	}
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\xff\xff"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if o := readOrientation(block); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
	})
}
