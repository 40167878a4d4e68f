package picture

import (
	"bytes"
	"image"
	"testing"
)

// A camera's picture of 12 megapixels, and a drawing as large as a screen.
var (
	camera = func() []byte { return withEXIF(asJPEG(photo(4000, 3000, 1), 92), 6) }
	screen = func() []byte { return asPNG(drawing(2560, 1440, false)) }
)

func benchmarkPrepare(b *testing.B, file []byte, o Options) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Prepare(b.Context(), bytes.NewReader(file), int64(len(file)), o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrepareCamera(b *testing.B) { benchmarkPrepare(b, camera(), Options{}) }
func BenchmarkPrepareCameraOriginal(b *testing.B) {
	benchmarkPrepare(b, camera(), Options{Original: true})
}
func BenchmarkPrepareScreen(b *testing.B) { benchmarkPrepare(b, screen(), Options{}) }
func BenchmarkPrepareLargest(b *testing.B) {
	benchmarkPrepare(b, asJPEG(photo(9216, 6912, 1), 85), Options{})
}

func BenchmarkCheck(b *testing.B) {
	file := camera()
	p, err := Prepare(b.Context(), bytes.NewReader(file), int64(len(file)), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Check(b.Context(), p.Data, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	file := camera()
	p, err := Prepare(b.Context(), bytes.NewReader(file), int64(len(file)), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(b.Context(), p.Data, 1600); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeThumbnail(b *testing.B) {
	file := asJPEG(photo(256, 192, 1), 70)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeThumbnail(file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	file := flat{w: 16000, h: 16000, sampling: []byte{0x11}, progressive: true, scans: 20}.file()
	for b.Loop() {
		if _, err := Check(b.Context(), file, Options{}); err == nil {
			b.Fatal("a bomb passed")
		}
	}
}

func BenchmarkScale(b *testing.B) {
	img := photo(4000, 3000, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := scaled(img, size{256, 192}).(*image.YCbCr); !ok {
			b.Fatal("no picture")
		}
	}
}
