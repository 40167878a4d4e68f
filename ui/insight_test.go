package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// sightOf is how much of something in focus is out of sight, above or below: 0 for nothing.
func sightOf(win fyne.Window, p *page) (float32, bool) {
	o, ok := win.Canvas().Focused().(fyne.CanvasObject)
	if !ok || !p.holds(o) {
		return 0, false
	}
	top := placeOf(o).Y - placeOf(p.scroll).Y
	return max(0, -top, top+o.Size().Height-p.scroll.Size().Height), true
}

// TestFocusIsInSight: who walks through a page by the keyboard sees where; and what is beside the page scrolls nothing.
func TestFocusIsInSight(t *testing.T) {
	play(t, func(w *world) {
		w.win.Resize(fyne.NewSize(1024, 400))
		w.app.goTo(placeSettings)
		w.settle()
		s, ok := w.app.spots[placeSettings].list.(*settings)
		if !ok {
			t.Fatalf("there are no settings but %T", w.app.spots[placeSettings].list)
		}
		walk := func(step func()) (seen int, farthest float32) {
			for range 60 {
				step()
				w.settle()
				out, on := sightOf(w.win, s.page)
				if !on {
					continue
				}
				seen++
				if farthest = max(farthest, s.page.scroll.Offset.Y); out > 0 {
					t.Fatalf("%v of %T are out of sight", out, w.win.Canvas().Focused())
				}
			}
			return seen, farthest
		}
		for name, step := range map[string]func(){"down": w.win.Canvas().FocusNext, "up": w.win.Canvas().FocusPrevious} {
			if seen, farthest := walk(step); seen < 12 || farthest < 300 {
				t.Errorf("%s: %d things in focus, scrolled to %v", name, seen, farthest)
			}
		}

		s.page.scroll.ScrollToOffset(fyne.NewPos(0, 50))
		at := s.page.scroll.Offset
		outside := 0
		for range 60 {
			w.win.Canvas().FocusNext()
			if _, on := sightOf(w.win, s.page); on {
				break
			}
			if outside++; s.page.scroll.Offset != at {
				t.Fatalf("%T is beside the page, and scrolls it", w.win.Canvas().Focused())
			}
		}
		if outside == 0 {
			t.Error("nothing beside the page got the focus")
		}
	})
}

// TestNewGoodsTitleInSight: where the window is so low that the photos fill it, the title that is typed into is seen all the
// same, and so is what is wrong with it.
func TestNewGoodsTitleInSight(t *testing.T) {
	inShop(t, 512, 300, nil, func(s *shop) {
		e := s.startOffer()
		expect := func(when string) {
			t.Helper()
			if out, on := sightOf(s.win, e.page); !on || out > 0 {
				t.Errorf("%s: %v of the title are out of sight (%v)", when, out, on)
			}
		}
		expect("at the beginning")
		e.page.top()
		s.win.Canvas().Unfocus()
		e.submit()
		s.settle()
		expect("without a title")
		wrong := e.titleField.wrong
		if top := placeOf(wrong).Y - placeOf(e.page.scroll).Y; !wrong.Visible() || top < 0 || top+wrong.Size().Height > e.page.scroll.Size().Height {
			t.Errorf("what is wrong is at %v of %v", top, e.page.scroll.Size().Height)
		}
	})
}
