package ui

import (
	"testing"

	"fyne.io/fyne/v2/theme"
)

// TestPhotosAtTheEdges: the first photo cannot go earlier and the last not later, and their arrows are grey.
func TestPhotosAtTheEdges(t *testing.T) {
	files := pictureFiles(t, "a.jpg", "b.jpg", "c.jpg")
	inShop(t, 1200, 800, nil, func(s *shop) {
		e := s.startOffer()
		check := func() {
			t.Helper()
			for i, tile := range e.photos.tiles {
				for _, c := range []struct {
					arrow *tappable
					can   bool
				}{{tile.before, i > 0}, {tile.after, i < len(e.photos.tiles)-1}} {
					if grey := c.arrow.glyph.color == theme.ColorNameDisabled; c.arrow.disabled == c.can || grey == c.can {
						t.Errorf("photo %d of %d, %s: disabled %v, grey %v", i+1, len(e.photos.tiles), c.arrow.name, c.arrow.disabled, grey)
					}
				}
			}
		}
		drop(s, files[:1])
		check()
		drop(s, files[1:])
		check()
		first := e.photos.tiles[0]
		s.tap(first.before)
		s.tap(first.after)
		if e.photos.tiles[1] != first {
			t.Error("the first photo does not go later, or went earlier")
		}
		check()
		s.tap(e.photos.tiles[2].drop)
		check()
	})
}
