package picture

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// corners is a picture whose corners differ, so that it shows how it is turned.
func corners(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{250, 20, 20, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{20, 250, 20, 255}
			case x < w/2 && y >= h/2:
				c = color.NRGBA{20, 20, 250, 255}
			case x >= w/2:
				c = color.NRGBA{240, 240, 240, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// edges are EXIF's own words: where the stored picture's first row and first column are, seen upright.
var edges = [9][2]string{
	1: {"top", "left"},
	2: {"top", "right"},
	3: {"bottom", "right"},
	4: {"bottom", "left"},
	5: {"left", "top"},
	6: {"right", "top"},
	7: {"right", "bottom"},
	8: {"left", "bottom"},
}

// stored is how a camera stores a picture with an orientation.
func stored(img *image.NRGBA, o orientation) *image.NRGBA {
	s := sizeOf(img)
	out := image.NewNRGBA(image.Rectangle{Max: image.Pt(o.turned(s).w, o.turned(s).h)})
	for row := range out.Rect.Dy() {
		for column := range out.Rect.Dx() {
			var x, y int
			for i, edge := range edges[o] {
				away := [2]int{row, column}[i]
				switch edge {
				case "top":
					y = away
				case "bottom":
					y = s.h - 1 - away
				case "left":
					x = away
				case "right":
					x = s.w - 1 - away
				}
			}
			out.SetNRGBA(column, row, img.NRGBAAt(x, y))
		}
	}
	return out
}

// asYCbCr is img with colours of less resolution.
func asYCbCr(img image.Image, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	out := image.NewYCbCr(img.Bounds(), ratio)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			c := color.YCbCrModel.Convert(img.At(x, y)).(color.YCbCr)
			out.Y[out.YOffset(x, y)], out.Cb[out.COffset(x, y)], out.Cr[out.COffset(x, y)] = c.Y, c.Cb, c.Cr
		}
	}
	return out
}

func TestFilesStandUpright(t *testing.T) {
	want := corners(64, 48)
	for o := orientation(1); o <= 8; o++ {
		lying := stored(want, o)
		place := exif(binary.LittleEndian, o)
		for name, file := range map[string][]byte{
			"jpeg": withEXIF(asJPEG(lying, 95), o),
			"png":  afterIHDR(asPNG(lying), chunk("eXIf", place)),
			"webp": riff(vp8x(1<<3, lying.Rect.Dx(), lying.Rect.Dy()), riffChunk("VP8L", vp8l(lying)), riffChunk("EXIF", place)),
			"webp with a prefix": riff(vp8x(1<<3, lying.Rect.Dx(), lying.Rect.Dy()), riffChunk("VP8L", vp8l(lying)),
				riffChunk("EXIF", concat([]byte("Exif\x00\x00"), place))),
		} {
			for _, original := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %d original=%v", name, o, original), func(t *testing.T) {
					p := prepared(t, file, Options{Original: original})
					if p.Width != 64 || p.Height != 48 {
						t.Fatalf("%+v", p.Info)
					}
					if d := difference(t, shown(t, p.Data), want); d > 4 {
						t.Errorf("the picture differs by %.1f", d)
					}
					small, err := DecodeThumbnail(p.Thumbnail)
					if err != nil {
						t.Fatal(err)
					}
					if d := difference(t, small, want); d > 8 {
						t.Errorf("the thumbnail differs by %.1f", d)
					}
				})
			}
		}
	}
}

func TestUprightOfEachKind(t *testing.T) {
	const w, h = 96, 64
	for _, to := range []size{{w, h}, {48, 32}, {31, 20}, {7, 5}, {1, 1}} {
		want := image.Image(corners(to.w, to.h))
		if to.w%2 == 1 {
			want = nil // the corners meet within a pixel
		}
		for o := orientation(1); o <= 8; o++ {
			lying := stored(corners(w, h), o)
			rect := lying.Bounds()
			kinds := map[string]image.Image{"NRGBA": lying}
			for _, ratio := range []image.YCbCrSubsampleRatio{
				image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
				image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
			} {
				kinds[ratio.String()] = asYCbCr(lying, ratio)
			}
			for name, img := range map[string]draw.Image{
				"RGBA": image.NewRGBA(rect), "RGBA64": image.NewRGBA64(rect), "NRGBA64": image.NewNRGBA64(rect), "CMYK": image.NewCMYK(rect),
				"paletted": image.NewPaletted(rect, color.Palette{corners(2, 2).At(0, 0), corners(2, 2).At(1, 0), corners(2, 2).At(0, 1), corners(2, 2).At(1, 1)}),
			} {
				draw.Draw(img, rect, lying, image.Point{}, draw.Src)
				kinds[name] = img
			}
			for name, img := range kinds {
				stands := o.turned(to)
				got := upright(img, sizeOf(img), o, stands)
				if sizeOf(got) != to {
					t.Fatalf("%s %d: %v, want %v", name, o, sizeOf(got), to)
				}
				if want == nil {
					continue
				}
				if d := difference(t, got, want); d > 9 {
					t.Errorf("%s, orientation %d, to %v: differs by %.1f", name, o, to, d)
				}
			}
		}
	}
}

func TestUprightGray(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	copy(img.Pix, []byte{1, 2, 3, 4, 5, 6})
	for o, want := range map[orientation][]byte{
		1: {1, 2, 3, 4, 5, 6}, 2: {3, 2, 1, 6, 5, 4}, 3: {6, 5, 4, 3, 2, 1}, 4: {4, 5, 6, 1, 2, 3},
		5: {1, 4, 2, 5, 3, 6}, 6: {4, 1, 5, 2, 6, 3}, 7: {6, 3, 5, 2, 4, 1}, 8: {3, 6, 2, 5, 1, 4},
	} {
		got := upright(img, size{3, 2}, o, size{3, 2}).(*image.Gray)
		if string(got.Pix) != string(want) {
			t.Errorf("%d: %v, want %v", o, got.Pix, want)
		}
	}
}

func TestReadOrientation(t *testing.T) {
	good := exif(binary.BigEndian, 6)
	with := func(change func(b []byte)) []byte {
		b := concat(good)
		change(b)
		return b
	}
	const entry = 8 + 2 + 12 // the second
	for name, c := range map[string]struct {
		exif []byte
		want orientation
	}{
		"big endian":        {good, 6},
		"little endian":     {exif(binary.LittleEndian, 8), 8},
		"nothing":           {nil, 1},
		"no tiff":           {[]byte("this is not a tiff file"), 1},
		"0":                 {exif(binary.BigEndian, 0), 1},
		"9":                 {exif(binary.BigEndian, 9), 1},
		"a long":            {with(func(b []byte) { b[entry+3] = 4 }), 1},
		"two values":        {with(func(b []byte) { b[entry+7] = 2 }), 1},
		"directory outside": {with(func(b []byte) { b[4] = 0xff }), 1},
		"directory at end":  {with(func(b []byte) { binary.BigEndian.PutUint32(b[4:], uint32(len(b)-1)) }), 1},
		"cut in its entry":  {good[:entry+5], 1},
		"many entries":      {with(func(b []byte) { b[8], b[9], b[entry+1] = 0xff, 0xff, 0 }), 1},
	} {
		if got := readOrientation(c.exif); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
