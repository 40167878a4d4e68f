package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// TestLowerGround: the pieces of a card's ground leave no gap, its dear part is no larger than its corners, and where its
// pieces would not meet it is one.
func TestLowerGround(t *testing.T) {
	size := fyne.NewSize(187, 272)
	const top = 124
	for _, c := range []struct {
		scale float32
		whole bool
	}{{1, false}, {1.25, true}, {1.5, true}, {2, false}} {
		foot := canvas.NewRectangle(color.White)
		foot.CornerRadius, foot.StrokeWidth, foot.StrokeColor = radiusLarge, 1, color.Black
		g := newLowerGround(foot)
		g.color()
		g.layout(top, size, c.scale)
		if foot.Size().Width != size.Width || foot.Position().Y+foot.Size().Height != size.Height || foot.BottomRightCornerRadius != radiusLarge || foot.CornerRadius != 0 {
			t.Errorf("scale %v: the foot is %v at %v", c.scale, foot.Size(), foot.Position())
		}
		if g.body.Hidden != c.whole || g.sides[0].Hidden != c.whole || (foot.Position().Y == top) != c.whole {
			t.Fatalf("scale %v: in pieces %v, the foot begins at %v", c.scale, !g.body.Hidden, foot.Position().Y)
		}
		if c.whole {
			continue
		}
		if foot.Size().Height > radiusLarge+4 {
			t.Errorf("scale %v: the foot is %v high", c.scale, foot.Size().Height)
		}
		if from, to := g.body.Position1.Y, g.body.Position2.Y; from != top || to < foot.Position().Y+1 || to > size.Height-radiusLarge {
			t.Errorf("scale %v: the body goes from %v to %v, the foot begins at %v", c.scale, from, to, foot.Position().Y)
		}
		if left, right := g.sides[0], g.sides[1]; left.Position() != fyne.NewPos(0, top) || right.Position().X+right.Size().Width != size.Width ||
			left.Size() != right.Size() || left.Position().Y+left.Size().Height != g.body.Position2.Y || g.body.StrokeWidth < size.Width-2 {
			t.Errorf("scale %v: sides %v at %v and %v, the body %v broad", c.scale, left.Size(), left.Position(), right.Position(), g.body.StrokeWidth)
		}
		foot.FillColor, foot.StrokeWidth = nil, 0 // nothing is painted for nobody
		if g.color(); !g.body.Hidden || !g.sides[1].Hidden {
			t.Errorf("scale %v: a ground without colours is painted", c.scale)
		}
	}
}
