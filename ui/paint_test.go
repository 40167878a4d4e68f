package ui

import (
	"image/color"
	"reflect"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// painted visits what a painter has to paint, with the size it has.
func painted(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, inside := range o.Objects {
			painted(inside, visit)
		}
	case fyne.Widget:
		for _, inside := range test.WidgetRenderer(o).Objects() {
			painted(inside, visit)
		}
	default:
		visit(o)
	}
}

// nothing reports whether a colour leaves no trace.
func nothing(c color.Color) bool {
	if c == nil {
		return true
	}
	_, _, _, a := c.RGBA()
	return a == 0
}

// TestPaintsNothingUnseen: painters work for what is not seen, too, and frames take half as long again without it. So
// rectangles without a colour are hidden, and nothing paints the page on the page.
func TestPaintsNothingUnseen(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		w.offers("Lamp", 4500, "home")
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.says(w.wang, room, "one", "two")
		for name, open := range map[string]func(){
			"market": func() { w.app.goTo(placeMarket) }, "chats": func() { w.app.goTo(placeChats) }, "room": func() { w.enters(room) },
			"people": func() { w.app.goTo(placePeople) }, "my goods": func() { w.app.goTo(placeGoods) }, "settings": func() { w.app.goTo(placeSettings) },
		} {
			open()
			w.settle()
			things, area := 0, float32(0)
			painted(w.win.Content(), func(o fyne.CanvasObject) {
				things++
				r, ok := o.(*canvas.Rectangle)
				if !ok {
					return
				}
				size := r.Size()
				if nothing(r.FillColor) && (r.StrokeWidth == 0 || nothing(r.StrokeColor)) {
					t.Errorf("%s: a rectangle of %v without a colour is painted", name, size)
				} else if !nothing(r.FillColor) {
					area += size.Width * size.Height
				}
			})
			if window := w.win.Canvas().Size(); things == 0 || area > 1.5*window.Width*window.Height {
				t.Errorf("%s: %d things are painted, rectangles cover the window %.2f times", name, things, area/(window.Width*window.Height))
			}
		}
	})
}

// TestRenderersMadeAgain: Fyne forgets the renderers of what was out of sight for a minute. Those it asks for later draw the
// same, though nobody lays them out.
func TestRenderersMadeAgain(t *testing.T) {
	play(t, func(w *world) {
		w.rest()
		w.offers("Lamp", 4500, "home")
		room := w.room(w.me, w.wang, w.me)
		w.room(w.me, w.wang, w.wang)
		w.says(w.wang, room, "one")
		for name, open := range map[string]func(){
			"market": func() { w.app.goTo(placeMarket) }, "room": func() { w.enters(room) }, "people": func() { w.app.goTo(placePeople) },
			"somebody": func() { w.app.openPerson(w.wang.identity.ID) }, "settings": func() { w.app.goTo(placeSettings) },
		} {
			open()
			w.settle()
			drawn := 0
			widgets(w.win.Content(), func(o fyne.Widget) {
				before, after := test.WidgetRenderer(o).Objects(), o.CreateRenderer().Objects()
				for i := range min(len(before), len(after)) {
					a, b := before[i], after[i]
					if a == b || !a.Visible() || a.Size() == (fyne.Size{}) {
						continue
					}
					drawn++
					if a.Size() != b.Size() || a.Position() != b.Position() {
						t.Errorf("%s: %T drew %T of %v at %v, and draws it of %v at %v when it comes back", name, o, a, a.Size(), a.Position(), b.Size(), b.Position())
					}
				}
			})
			if drawn < 10 {
				t.Errorf("%s: only %d things drawn", name, drawn)
			}
		}
	})
}

// widgets visits our own widgets that are seen, the innermost first.
func widgets(o fyne.CanvasObject, visit func(fyne.Widget)) {
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, inside := range o.Objects {
			widgets(inside, visit)
		}
	case fyne.Widget:
		for _, inside := range test.WidgetRenderer(o).Objects() {
			widgets(inside, visit)
		}
		if reflect.TypeOf(o).Elem().PkgPath() == reflect.TypeFor[label]().PkgPath() {
			visit(o)
		}
	}
}
