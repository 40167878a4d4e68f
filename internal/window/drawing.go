package window

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
)

// shape is part of a drawing: a colour wherever in holds, in a square from -1 to 1.
type shape struct {
	color color.NRGBA
	in    func(x, y float64) bool
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func disc(cx, cy, r float64) func(x, y float64) bool {
	return func(x, y float64) bool { return math.Hypot(x-cx, y-cy) <= r }
}

func ring(cx, cy, r, width float64) func(x, y float64) bool {
	return func(x, y float64) bool { return math.Abs(math.Hypot(x-cx, y-cy)-r) <= width/2 }
}

// box is a rectangle with round corners.
func box(cx, cy, w, h, r float64) func(x, y float64) bool {
	return func(x, y float64) bool {
		dx, dy := max(math.Abs(x-cx)-w/2+r, 0), max(math.Abs(y-cy)-h/2+r, 0)
		return math.Hypot(dx, dy) <= r
	}
}

// bar is a line with round ends.
func bar(x1, y1, x2, y2, width float64) func(x, y float64) bool {
	dx, dy := x2-x1, y2-y1
	length := dx*dx + dy*dy
	return func(x, y float64) bool {
		t := min(max(((x-x1)*dx+(y-y1)*dy)/length, 0), 1)
		return math.Hypot(x-x1-t*dx, y-y1-t*dy) <= width/2
	}
}

// trapezium is as wide as top at y1 and as bottom at y2.
func trapezium(cx, y1, y2, top, bottom float64) func(x, y float64) bool {
	return func(x, y float64) bool {
		t := (y - y1) / (y2 - y1)
		return t >= 0 && t <= 1 && math.Abs(x-cx) <= (top+(bottom-top)*t)/2
	}
}

func both(a, b func(x, y float64) bool) func(x, y float64) bool {
	return func(x, y float64) bool { return a(x, y) && b(x, y) }
}

func above(limit float64) func(x, y float64) bool {
	return func(_, y float64) bool { return y <= limit }
}

// drawings are sample photos by name: the colours of the ground, and what stands on it.
var drawings = map[string]struct {
	from, to uint32
	shapes   []shape
}{
	"teapot": {0xF6E7D2, 0xE9C9A0, []shape{
		{rgb(0x2F6F73), ring(0.52, 0.02, 0.24, 0.1)},
		{rgb(0x2F6F73), bar(-0.4, 0.1, -0.72, -0.2, 0.13)},
		{rgb(0x3A8A8C), disc(0, 0.1, 0.5)},
		{rgb(0x2F6F73), box(0, -0.4, 0.5, 0.08, 0.04)},
		{rgb(0xE2B33C), disc(0, -0.5, 0.08)},
		{rgb(0x2F6F73), box(0, 0.58, 0.52, 0.08, 0.04)},
		{rgb(0x58A8A6), disc(-0.17, -0.07, 0.12)},
	}},
	"bicycle": {0xDCEBF3, 0xB4D3E4, []shape{
		{rgb(0x2B3A42), ring(-0.46, 0.25, 0.33, 0.06)},
		{rgb(0x2B3A42), ring(0.46, 0.25, 0.33, 0.06)},
		{rgb(0xC8402F), bar(-0.46, 0.25, -0.2, -0.22, 0.06)},
		{rgb(0xC8402F), bar(-0.2, -0.22, 0.3, -0.22, 0.06)},
		{rgb(0xC8402F), bar(-0.2, -0.22, 0.02, 0.25, 0.06)},
		{rgb(0xC8402F), bar(0.02, 0.25, 0.3, -0.22, 0.06)},
		{rgb(0xC8402F), bar(-0.46, 0.25, 0.02, 0.25, 0.06)},
		{rgb(0xC8402F), bar(0.46, 0.25, 0.27, -0.36, 0.06)},
		{rgb(0x2B3A42), bar(0.2, -0.4, 0.4, -0.38, 0.06)},
		{rgb(0x2B3A42), bar(-0.32, -0.31, -0.1, -0.31, 0.07)},
	}},
	"lamp": {0x34405C, 0x1F2740, []shape{
		{color.NRGBA{R: 0xFF, G: 0xE6, B: 0xA3, A: 0x50}, trapezium(0, -0.16, 0.66, 0.8, 1.7)},
		{rgb(0xD9B36A), bar(0, -0.1, 0, 0.6, 0.06)},
		{rgb(0xD9B36A), box(0, 0.64, 0.6, 0.1, 0.05)},
		{rgb(0xF7D679), trapezium(0, -0.62, -0.14, 0.4, 0.86)},
	}},
	"books": {0xEFE9DC, 0xD8CDB4, []shape{
		{rgb(0x9C3D3D), box(0, 0.5, 1.2, 0.22, 0.03)},
		{rgb(0xF4EFE2), box(0.54, 0.5, 0.1, 0.14, 0.01)},
		{rgb(0x2F5D8A), box(-0.06, 0.26, 1.04, 0.22, 0.03)},
		{rgb(0xF4EFE2), box(0.41, 0.26, 0.08, 0.14, 0.01)},
		{rgb(0x3D7A4E), box(0.05, 0.02, 1.1, 0.22, 0.03)},
		{rgb(0xE2B33C), bar(-0.34, 0.02, 0.1, 0.02, 0.03)},
		{rgb(0xD99A2B), box(-0.1, -0.22, 0.9, 0.22, 0.03)},
		{rgb(0xC8402F), disc(0.05, -0.47, 0.14)},
		{rgb(0x3D7A4E), bar(0.05, -0.58, 0.12, -0.68, 0.04)},
	}},
	"chair": {0xE6EFE3, 0xC2D8BD, []shape{
		{rgb(0x7A4A26), bar(-0.34, 0.1, -0.42, 0.74, 0.07)},
		{rgb(0x7A4A26), bar(0.34, 0.1, 0.42, 0.74, 0.07)},
		{rgb(0x8C5A30), bar(-0.32, 0.1, -0.36, -0.66, 0.08)},
		{rgb(0x8C5A30), bar(0.32, 0.1, 0.36, -0.66, 0.08)},
		{rgb(0xA66E3C), box(0, -0.5, 0.74, 0.14, 0.05)},
		{rgb(0xA66E3C), box(0, -0.22, 0.7, 0.1, 0.05)},
		{rgb(0xC4813F), box(0, 0.1, 0.92, 0.16, 0.08)},
	}},
	"guitar": {0xF3DEDA, 0xE2B4AB, []shape{
		{rgb(0x4A2E1C), bar(0.1, -0.1, 0.56, -0.7, 0.1)},
		{rgb(0x2B1B10), bar(0.52, -0.65, 0.64, -0.8, 0.16)},
		{rgb(0xB5651D), disc(-0.26, 0.36, 0.4)},
		{rgb(0xB5651D), disc(0.02, 0, 0.28)},
		{rgb(0x2B1B10), disc(-0.1, 0.15, 0.13)},
		{rgb(0xF4E6C8), bar(-0.36, 0.5, 0.56, -0.7, 0.015)},
		{rgb(0x2B1B10), bar(-0.44, 0.4, -0.26, 0.54, 0.05)},
	}},
	"headphones": {0xE8E4F2, 0xC5BCE0, []shape{
		{rgb(0x3A3550), both(ring(0, 0.02, 0.56, 0.12), above(0.02))},
		{rgb(0x2A2640), box(-0.54, 0.26, 0.26, 0.52, 0.12)},
		{rgb(0x2A2640), box(0.54, 0.26, 0.26, 0.52, 0.12)},
		{rgb(0x7C6CC4), box(-0.45, 0.26, 0.12, 0.42, 0.06)},
		{rgb(0x7C6CC4), box(0.45, 0.26, 0.12, 0.42, 0.06)},
	}},
	"plant": {0xF4F1E4, 0xDDE5C8, []shape{
		{rgb(0x3D7A4E), bar(0, 0.2, -0.4, -0.4, 0.2)},
		{rgb(0x4E9A62), bar(0, 0.2, 0.38, -0.46, 0.2)},
		{rgb(0x2F6340), bar(0, 0.2, 0, -0.64, 0.22)},
		{rgb(0x5BAA6F), bar(0, 0.2, 0.52, -0.08, 0.16)},
		{rgb(0x468A58), bar(0, 0.2, -0.52, -0.02, 0.16)},
		{rgb(0xC4673A), trapezium(0, 0.2, 0.76, 0.66, 0.46)},
		{rgb(0xA9532B), box(0, 0.2, 0.76, 0.14, 0.04)},
	}},
	"camera": {0xE3EAEA, 0xB9C9C9, []shape{
		{rgb(0x2B3A42), box(0, 0.08, 1.2, 0.74, 0.1)},
		{rgb(0x2B3A42), box(-0.1, -0.32, 0.5, 0.2, 0.06)},
		{rgb(0x8A5A3A), box(0, 0.16, 1.2, 0.38, 0.02)},
		{rgb(0x11181C), disc(0, 0.1, 0.33)},
		{rgb(0x4D6C7A), disc(0, 0.1, 0.22)},
		{rgb(0x9FC4D1), disc(-0.07, 0.03, 0.07)},
		{rgb(0xE2B33C), disc(0.46, -0.2, 0.05)},
	}},
	"kite": {0xCFE8F7, 0x8FC3E6, []shape{
		{rgb(0xFFFFFF), disc(-0.6, 0.5, 0.16)},
		{rgb(0xFFFFFF), disc(-0.42, 0.46, 0.2)},
		{rgb(0xFFFFFF), disc(-0.22, 0.52, 0.14)},
		{rgb(0x7A4A26), bar(-0.02, 0.26, 0.2, 0.78, 0.02)},
		{rgb(0xC8402F), trapezium(0.1, -0.7, -0.2, 0, 0.76)},
		{rgb(0xE2B33C), trapezium(0.1, -0.2, 0.34, 0.76, 0)},
	}},
}

// The sides of a drawing.
const (
	drawnWidth  = 800
	drawnHeight = 640
)

// Drawing writes a sample photo to a folder and returns its path. name is one of teapot, bicycle, lamp, books, chair,
// guitar, headphones, plant, camera and kite.
func Drawing(folder, name string) (string, error) {
	d := drawings[name]
	from, to := rgb(d.from), rgb(d.to)
	img := image.NewNRGBA(image.Rect(0, 0, drawnWidth, drawnHeight))
	for py := range drawnHeight {
		for px := range drawnWidth {
			var r, g, b float64
			for _, s := range [...][2]float64{{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}} { // soft edges
				x := (float64(px) + s[0] - drawnWidth/2) / (drawnHeight / 2)
				y := (float64(py) + s[1] - drawnHeight/2) / (drawnHeight / 2)
				c := over(from, to, float64(py)/drawnHeight)
				for _, s := range d.shapes {
					if s.in(x, y) {
						c = over(c, s.color, float64(s.color.A)/0xff)
					}
				}
				r, g, b = r+float64(c.R), g+float64(c.G), b+float64(c.B)
			}
			img.SetNRGBA(px, py, color.NRGBA{uint8(r / 4), uint8(g / 4), uint8(b / 4), 0xff})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: 90}); err != nil {
		return "", err
	}
	path := filepath.Join(folder, name+".jpg")
	return path, os.WriteFile(path, file.Bytes(), 0o600)
}

// over is b on a, as far as share says.
func over(a, b color.NRGBA, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}
