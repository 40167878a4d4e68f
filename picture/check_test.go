package picture

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

func TestCheckKeepsTheLimits(t *testing.T) {
	jpegOf := func(w, h int) []byte { return flat{w: w, h: h, sampling: []byte{0x11}, progressive: true}.file() }
	for _, c := range []struct {
		name string
		file []byte
		o    Options
		want error
	}{
		{"4,096 pixels", jpegOf(4096, 9), Options{}, nil},
		{"4,097 pixels", jpegOf(4097, 9), Options{}, ErrTooLarge},
		{"4,097 pixels high", jpegOf(9, 4097), Options{}, ErrTooLarge},
		{"4,097 pixels, original", jpegOf(4097, 9), Options{Original: true}, nil},
		{"50 megapixels", zeroPNG(6400, 8192, 1, pngGray), Options{Original: true}, nil},
		{"a row more", zeroPNG(6400, 8193, 1, pngGray), Options{Original: true}, ErrTooLarge},
		{"2 MB", asPNG(noise(800, 700)), Options{}, ErrTooLarge},
		{"2 MB, original", asPNG(noise(800, 700)), Options{Original: true}, nil},
		{"20 MB and more", make([]byte, MaxOriginalBytes+1), Options{Original: true}, ErrTooLarge},
	} {
		if _, err := Check(t.Context(), c.file, c.o); class(err) != class(c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestCheckThumbnail(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"good", asJPEG(photo(256, 200, 1), 60), nil},
		{"png", asPNG(drawing(100, 100, true)), nil},
		{"257 pixels", asJPEG(photo(257, 10, 1), 60), ErrTooLarge},
		{"13 KB", asJPEG(noise(200, 200), 90), ErrTooLarge},
		{"gif", asGIF(drawing(10, 10, false)), ErrUnsupported},
		{"webp", riff(riffChunk("VP8L", flatVP8L(10, 10))), ErrUnsupported},
		{"with a place", withEXIF(asJPEG(photo(100, 100, 1), 60), 1), ErrForeign},
		{"nothing", nil, ErrUnsupported},
		{"cut", asJPEG(photo(100, 100, 1), 60)[:900], ErrDamaged},
		{"100 scans", flat{w: 64, h: 64, sampling: []byte{0x11}, progressive: true, scans: 99}.file(), nil},
		{"101 scans", flat{w: 64, h: 64, sampling: []byte{0x11}, progressive: true, scans: 100}.file(), ErrSlow},
		{"65,535 squared in 12 KB", flat{w: 65535, h: 65535, sampling: []byte{0x11}, progressive: true}.file(), ErrTooLarge},
	} {
		_, err := CheckThumbnail(c.file)
		if class(err) != class(c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if img, err := DecodeThumbnail(c.file); class(err) != class(c.want) || (img == nil) != (c.want != nil) {
			t.Errorf("show %s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestEachByteMatters cuts a picture anywhere, and puts a byte behind it.
func TestEachByteMatters(t *testing.T) {
	for _, file := range [][]byte{
		asPNG(drawing(12, 9, true)),
		asJPEG(photo(24, 16, 1), 70),
		flat{w: 24, h: 16, sampling: []byte{0x11}, progressive: true, scans: 2}.file(),
	} {
		if _, err := CheckThumbnail(file); err != nil {
			t.Fatal(err)
		}
		for n := range file {
			if _, err := CheckThumbnail(file[:n]); err == nil {
				t.Errorf("%d of %d bytes of a %.4q file pass", n, len(file), file)
			}
		}
		if _, err := CheckThumbnail(concat(file, []byte{0})); !errors.Is(err, ErrForeign) {
			t.Errorf("a byte behind a %.4q file: %v", file, err)
		}
	}
}

// TestEachBitOfPNGMatters: its checksums see every change.
func TestEachBitOfPNGMatters(t *testing.T) {
	file := asPNG(drawing(12, 9, true))
	for n := range len(file) * 8 {
		changed := bytes.Clone(file)
		changed[n/8] ^= 1 << (n % 8)
		if _, err := CheckThumbnail(changed); err == nil {
			t.Errorf("bit %d changed passes", n)
		}
	}
}

func TestDecodeScales(t *testing.T) {
	file := asJPEG(photo(640, 400, 1), 80)
	for side, want := range map[int]size{1000: {640, 400}, 640: {640, 400}, 320: {320, 200}, 1: {1, 1}, 0: {1, 1}, -5: {1, 1}} {
		img, err := Decode(t.Context(), file, side)
		if err != nil || sizeOf(img) != want {
			t.Errorf("at most %d: %v, %v, want %v", side, sizeOf(img), err, want)
		}
	}
}

// TestDecodeSparesMemory shows an original that fills the memory that decoding may take.
func TestDecodeSparesMemory(t *testing.T) {
	h := header{size: size{6000, 6000}, orientation: 1, memory: memory{decoded: maxDecoding - 3<<20, perPixel: perPixelYCbCr, asIs: true}}
	to := h.affordable(size{4000, 4000})
	if making := h.making(to); making > 3<<20 || making < 2<<20 {
		t.Errorf("of 3 MB that are left it takes %d bytes", making)
	}
	if to := h.affordable(size{100, 100}); to != (size{100, 100}) {
		t.Errorf("a small one becomes %v", to)
	}
}

// TestDecodedIsComparedWithTheHeader decodes files with the headers of others, as if they had been read wrongly.
func TestDecodedIsComparedWithTheHeader(t *testing.T) {
	img := drawing(20, 10, false)
	for k, file := range map[kind][]byte{
		jpegFile: asJPEG(img, 80), pngFile: asPNG(img), gifFile: asGIF(img), webpFile: riff(riffChunk("VP8L", vp8l(img))),
	} {
		for _, interlaced := range []bool{false, true} {
			h := header{kind: k, orientation: 1, interlaced: interlaced}
			h.size = size{20, 10}
			if _, err := decode(newSource(t.Context(), file), h, size{}); err != nil {
				t.Errorf("%s: %v", k, err)
			}
			h.size = size{20, 9}
			if _, err := decode(newSource(t.Context(), file), h, size{}); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s that is higher than its header says: %v", k, err)
			}
		}
	}
}

// TestThumbnailIsFrugal: scrolling decodes dozens of thumbnails in a second, and what they leave behind is collected while
// frames are painted.
func TestThumbnailIsFrugal(t *testing.T) {
	file := asJPEG(photo(256, 192, 1), 60)
	var before, after runtime.MemStats
	const times = 50
	runtime.ReadMemStats(&before)
	for range times {
		if _, err := DecodeThumbnail(file); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	pixels := 256 * 192 * 3 / 2
	if each := int(after.TotalAlloc-before.TotalAlloc) / times; each > 2*pixels+4*len(file) {
		t.Errorf("a thumbnail of %d bytes and %d bytes of pixels takes %d", len(file), pixels, each)
	}
}
