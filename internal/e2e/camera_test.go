package e2e

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// cameraMaker stands in what cameraFile makes and may never leave the machine.
const cameraMaker = "HAGGLE-CAMERA-53.5511N"

// cameraFile is a JPEG file as a camera held on its side makes it: soft shapes, noise, an orientation, a maker and a place.
// What the camera's upper left corner saw is red, and belongs to the upper right when the picture stands upright.
func cameraFile(t testing.TB, w, h int, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		row := img.Y[y*img.YStride:][:w]
		for x := range row {
			row[x] = byte(60 + (x*130/w+y*60/h+x*y/5000%37+random.IntN(8))%190)
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = byte(100+i%img.CStride*60/img.CStride), 118
		if i%img.CStride < img.CStride/4 && i/img.CStride < h/8 {
			img.Cb[i], img.Cr[i] = 90, 240
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	block := append([]byte("Exif\x00\x00"), exif(6)...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(block)+2))
	return append(append(append(bytes.Clone(file[:2]), segment...), block...), file[2:]...)
}

// exif is an EXIF block with an orientation, the maker's name, and where the picture was taken.
func exif(orientation uint16) []byte {
	const ascii, short, long, rational = 2, 3, 4, 5
	o := binary.BigEndian
	b := []byte("MM\x00*\x00\x00\x00\x08")
	entry := func(tag, kind uint16, count uint32, value uint32) {
		b = o.AppendUint16(b, tag)
		b = o.AppendUint16(b, kind)
		b = o.AppendUint32(b, count)
		b = o.AppendUint32(b, value)
	}
	const gps = 8 + 2 + 3*12 + 4
	const data = gps + 2 + 4*12 + 4
	b = o.AppendUint16(b, 3)
	entry(0x010f, ascii, uint32(len(cameraMaker)), data+48)
	entry(0x0112, short, 1, uint32(orientation)<<16)
	entry(0x8825, long, 1, gps)
	b = o.AppendUint32(b, 0)
	b = o.AppendUint16(b, 4)
	entry(1, ascii, 2, 'N'<<24)
	entry(2, rational, 3, data)
	entry(3, ascii, 2, 'E'<<24)
	entry(4, rational, 3, data+24)
	b = o.AppendUint32(b, 0)
	for _, n := range []uint32{53, 33, 4, 9, 59, 37} {
		b = o.AppendUint32(b, n)
		b = o.AppendUint32(b, 1)
	}
	return append(b, cameraMaker...)
}

// noiseFile is a PNG file of side x side pixels that nothing makes smaller: three bytes each.
func noiseFile(t testing.TB, side int, seed byte) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	random := rand.NewChaCha8([32]byte{seed})
	_, _ = random.Read(img.Pix) // it never fails
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// smallFile is a PNG file of 40 x 40 pixels of one colour, another for each n.
func smallFile(t testing.TB, n int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 * 40 {
		img.SetNRGBA(i%40, i/40, color.NRGBA{byte(n), byte(n >> 8), byte(i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fileOf writes a file into a folder of its own and returns its path.
func fileOf(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
