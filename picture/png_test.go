package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// randomPNG is a picture of random pixels and filters.
func randomPNG(random *rand.Rand, s size, depth, colour int, transparent, interlaced bool) []byte {
	chunks := [][]byte{ihdr(s.w, s.h, depth, colour, interlaced)}
	samples := map[int]int{pngGray: 1, pngRGB: 3, pngPalette: 1, pngGrayAlpha: 2, pngRGBA: 4}[colour]
	colours := 1 << min(depth, 8)
	if colour == pngPalette {
		palette := make([]byte, 3*colours)
		for i := range palette {
			palette[i] = byte(random.Uint32())
		}
		chunks = append(chunks, chunk("PLTE", palette))
	}
	if transparent {
		var t []byte
		switch colour {
		case pngPalette:
			for range colours {
				t = append(t, byte(random.Uint32()))
			}
		case pngGray, pngRGB:
			for range samples {
				t = binary.BigEndian.AppendUint16(t, uint16(random.IntN(1<<min(depth, 4))))
			}
		}
		chunks = append(chunks, chunk("tRNS", t))
	}
	var rows []byte
	pass := func(w, h int) {
		for range h {
			if w == 0 {
				return
			}
			rows = append(rows, byte(random.IntN(5)))
			for range (w*depth*samples + 7) / 8 {
				rows = append(rows, byte(random.IntN(1<<random.IntN(9))))
			}
		}
	}
	if interlaced {
		for _, p := range [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
			pass((s.w-p[0]+p[2]-1)/p[2], (s.h-p[1]+p[3]-1)/p[3])
		}
	} else {
		pass(s.w, s.h)
	}
	// In several chunks, one of them empty.
	packed := deflated(rows)
	third := len(packed) / 3
	chunks = append(chunks, chunk("IDAT", packed[:third]), chunk("IDAT", nil), chunk("IDAT", packed[third:]))
	return pngOf(chunks...)
}

// pngSorts are all pairs of depth and colour.
var pngSorts = [][2]int{
	{1, pngGray},
	{2, pngGray},
	{4, pngGray},
	{8, pngGray},
	{16, pngGray},
	{8, pngRGB},
	{16, pngRGB},
	{1, pngPalette},
	{2, pngPalette},
	{4, pngPalette},
	{8, pngPalette},
	{8, pngGrayAlpha},
	{16, pngGrayAlpha},
	{8, pngRGBA},
	{16, pngRGBA},
}

// TestRowsAgreeWithTheLibrary compares the row-by-row decoder with image/png, which is another's work.
func TestRowsAgreeWithTheLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, sort := range pngSorts {
		for _, transparent := range []bool{false, true} {
			if transparent && (sort[1] == pngGrayAlpha || sort[1] == pngRGBA) {
				continue
			}
			t.Run(fmt.Sprintf("colour %d, %d bits, transparent %v", sort[1], sort[0], transparent), func(t *testing.T) {
				for range 20 {
					s := size{1 + random.IntN(30), 1 + random.IntN(20)}
					file := randomPNG(random, s, sort[0], sort[1], transparent, false)
					want, err := decodeFile(pngFile, bytes.NewReader(file))
					if err != nil {
						t.Fatal(err)
					}
					got := shown(t, file)
					if sizeOf(got) != s {
						t.Fatalf("%v, want %v", sizeOf(got), s)
					}
					for y := range s.h {
						for x := range s.w {
							g := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
							w := color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
							if !nearly(g, w, sort[0]/16) && (g.A != 0 || w.A != 0) {
								t.Fatalf("at %d, %d of %v: %v, want %v", x, y, s, g, w)
							}
						}
					}
				}
			})
		}
	}
}

// nearly reports whether two colours differ by at most most. Premultiplying 16 bits, as color.NRGBAModel does, rounds.
func nearly(a, b color.NRGBA, most int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d < -most || d > most {
			return false
		}
	}
	return true
}

func TestInterlaced(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, sort := range pngSorts {
		file := randomPNG(random, size{23, 17}, sort[0], sort[1], false, true)
		want, err := decodeFile(pngFile, bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(t, shown(t, file), want); d > 1 {
			t.Errorf("colour %d, %d bits: differs by %.2f", sort[1], sort[0], d)
		}
		if p := prepared(t, file, Options{Original: true}); !bytes.Equal(p.Data, file) {
			t.Errorf("colour %d, %d bits: an original was encoded anew", sort[1], sort[0])
		}
	}
}

func TestRowsRefuse(t *testing.T) {
	pixels := chunk("IDAT", deflated(make([]byte, 2*9)))
	first := ihdr(2, 2, 8, pngRGBA, false)
	palette := ihdr(2, 2, 8, pngPalette, false)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"good":                     {pngOf(first, pixels), nil},
		"no first chunk":           {pngOf(pixels), ErrDamaged},
		"two first chunks":         {pngOf(first, first, pixels), ErrDamaged},
		"no pixels":                {pngOf(first), ErrDamaged},
		"pixels in two places":     {pngOf(first, pixels, chunk("tEXt", nil), pixels), ErrDamaged},
		"palette after pixels":     {pngOf(palette, pixels, chunk("PLTE", []byte("abc"))), ErrDamaged},
		"two palettes":             {pngOf(palette, chunk("PLTE", []byte("abc")), chunk("PLTE", []byte("abc")), pixels), ErrDamaged},
		"palette of 257":           {pngOf(palette, chunk("PLTE", make([]byte, 3*257)), pixels), ErrDamaged},
		"palette of 4 bytes":       {pngOf(palette, chunk("PLTE", make([]byte, 4)), pixels), ErrDamaged},
		"transparency of 257":      {pngOf(palette, chunk("PLTE", make([]byte, 3)), chunk("tRNS", make([]byte, 257)), pixels), ErrDamaged},
		"transparency twice":       {pngOf(first, chunk("tRNS", make([]byte, 6)), pixels), ErrDamaged},
		"3 bits":                   {pngOf(ihdr(2, 2, 3, pngGray, false), pixels), ErrUnsupported},
		"palette of 16 bits":       {pngOf(ihdr(2, 2, 16, pngPalette, false), pixels), ErrUnsupported},
		"colour 5":                 {pngOf(ihdr(2, 2, 8, 5, false), pixels), ErrUnsupported},
		"filter 5":                 {pngOf(first, chunk("IDAT", deflated(append([]byte{5}, make([]byte, 17)...)))), ErrDamaged},
		"a row less":               {pngOf(first, chunk("IDAT", deflated(make([]byte, 9)))), ErrDamaged},
		"a byte less":              {pngOf(first, chunk("IDAT", deflated(make([]byte, 17)))), ErrDamaged},
		"a byte more":              {pngOf(first, chunk("IDAT", deflated(make([]byte, 19)))), ErrDamaged},
		"no zlib":                  {pngOf(first, chunk("IDAT", make([]byte, 30))), ErrDamaged},
		"zlib without its end":     {pngOf(first, chunk("IDAT", deflated(make([]byte, 18))[:9])), ErrDamaged},
		"a name that is no name":   {pngOf(first, chunk("t\x00Xt", nil), pixels), ErrDamaged},
		"an end with something in": {concat([]byte(pngMagic), first, pixels, chunk("IEND", []byte{1})), ErrDamaged},
		"an end without checksum":  {concat([]byte(pngMagic), first, pixels, chunk("IEND", nil)[:8]), ErrDamaged},
	} {
		if _, err := CheckThumbnail(c.file); class(err) != class(c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestIndexOutsideItsPalette shows black, as other programs do.
func TestIndexOutsideItsPalette(t *testing.T) {
	file := pngOf(ihdr(2, 1, 8, pngPalette, false), chunk("PLTE", []byte{1, 2, 3}), chunk("IDAT", deflated([]byte{0, 0, 200})))
	img := shown(t, file).(*image.NRGBA)
	if got := img.NRGBAAt(1, 0); got != (color.NRGBA{0, 0, 0, 255}) {
		t.Errorf("%v", got)
	}
}

func TestWrongChecksumOfPixels(t *testing.T) {
	file := asPNG(drawing(9, 9, false))
	at := bytes.Index(file, []byte("IDAT")) + 20
	file[at] ^= 4
	if _, err := CheckThumbnail(file); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}
