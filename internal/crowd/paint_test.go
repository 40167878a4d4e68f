package crowd

import (
	"maps"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// painted is what a frame of the window consists of.
type painted struct {
	things int     // painters have to look at
	dear   float32 // windows full of points that the shader of rectangles and circles draws
	texts  map[line]bool
}

// line is what painters know drawn text by.
type line struct {
	text  string
	size  float32
	style fyne.TextStyle
}

// painted counts what is seen now.
func (d *desk) painted() *painted {
	p := &painted{texts: map[line]bool{}}
	size := d.win.Canvas().Size()
	p.walk(d.win.Content(), fyne.Position{}, clip{right: size.Width, bottom: size.Height})
	p.dear /= size.Width * size.Height
	return p
}

// clip is a part of the window.
type clip struct{ left, top, right, bottom float32 }

func (c clip) of(at fyne.Position, size fyne.Size) clip {
	return clip{max(c.left, at.X), max(c.top, at.Y), min(c.right, at.X+size.Width), min(c.bottom, at.Y+size.Height)}
}

func (c clip) area() float32 { return max(0, c.right-c.left) * max(0, c.bottom-c.top) }

func (p *painted) walk(o fyne.CanvasObject, from fyne.Position, in clip) {
	if o == nil || !o.Visible() {
		return
	}
	p.things++
	at := from.Add(o.Position())
	own := in.of(at, o.Size())
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *canvas.Rectangle, *canvas.Circle:
		p.dear += own.area()
	case *canvas.Text:
		if own.area() > 0 {
			p.texts[line{o.Text, o.TextSize, o.TextStyle}] = true
		}
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		r := test.WidgetRenderer(o)
		inside = r.Objects()
		_, clips := r.(interface{ IsClip() })
		if _, scrolls := o.(fyne.Scrollable); clips || scrolls {
			in = own
		}
	}
	for _, o := range inside {
		p.walk(o, at, in)
	}
}

// TestFramesAreCheap: what a frame costs without a graphics card follows from the points of rectangles and circles on it, four
// fifths of the time, and from the text that is seen for the first time. Counted, not timed.
func TestFramesAreCheap(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "profile")
	if err := Fill(folder, Size{Messages: 600, Rooms: 60, Goods: 200}); err != nil {
		t.Fatal(err)
	}
	d := open(t, folder)
	scrolls := func(place string, x, y, step, dear float32, things int) {
		t.Helper()
		seen := map[line]bool{}
		most := painted{}
		for range 80 {
			d.scroll(x, y, step)
			for d.pump.turn() { // pages and pictures come between frames
			}
			p := d.painted()
			most.things, most.dear = max(most.things, p.things), max(most.dear, p.dear)
			maps.Copy(seen, p.texts)
		}
		t.Logf("%s: at most %d things, %.2f windows of rectangles; %d texts in all", place, most.things, most.dear, len(seen))
		if most.things > things || most.dear > dear {
			t.Errorf("%s: want at most %d things and %.2f windows of rectangles", place, things, dear)
		}
		for i := range 20 { // back over what was there: nothing is drawn anew
			d.scroll(x, y, -step)
			for l := range d.painted().texts {
				if !seen[l] {
					t.Fatalf("%s, frame %d on the way back: %q is drawn anew", place, i, l.text)
				}
			}
		}
	}
	d.until("the market", func() bool { return d.says("Bicycle") })
	d.until("the photos", func() bool { return d.photos() >= 15 })
	scrolls("market", goodsX, goodsY, -15, 0.75, 800)
	d.tap(railX, chatsY)
	d.until("the inbox", func() bool { return d.says("Tom Baker 1") })
	scrolls("inbox", listX, firstRow, -30, 0.15, 380)
	d.scroll(listX, firstRow, 1e6)
	d.tap(listX, firstRow)
	d.until("the room", func() bool { return d.says("Message 598") })
	scrolls("room", roomX, roomY, 40, 0.6, 480)
}
