package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// lowerGround is the ground of a card below its photo: straight above, round below, an edge around. Only its foot, where the
// corners are, is drawn as a rounded rectangle, and the rest as fill draws: without a graphics card a point of the one takes
// five times what one of the other does, and the grounds of cards were a third of what a frame of the market took. Where a
// length may end between two points of the screen, the pieces would not meet: there the foot is all of it.
type lowerGround struct {
	foot  *canvas.Rectangle
	body  *canvas.Line         // down the middle, nearly as broad as the card
	sides [2]*canvas.Rectangle // the edge beside the body, over its ends
	whole bool                 // the foot is all of it
}

func newLowerGround(foot *canvas.Rectangle) *lowerGround {
	return &lowerGround{foot: foot, body: canvas.NewLine(nil), sides: [2]*canvas.Rectangle{canvas.NewRectangle(nil), canvas.NewRectangle(nil)}}
}

// color takes over the colours that the foot has, and leaves it the lower corners.
func (g *lowerGround) color() {
	f := g.foot
	f.BottomLeftCornerRadius, f.BottomRightCornerRadius, f.CornerRadius = f.CornerRadius, f.CornerRadius, 0
	g.body.StrokeColor = f.FillColor
	for _, s := range g.sides {
		s.FillColor = f.StrokeColor
	}
	g.hide()
}

func (g *lowerGround) hide() {
	f := g.foot
	g.body.Hidden = g.whole || f.Hidden || f.FillColor == nil
	for _, s := range g.sides {
		s.Hidden = g.whole || f.Hidden || f.StrokeWidth == 0
	}
}

// layout covers a card of a size from top on. scale is how many points of the screen the length 1 has.
func (g *lowerGround) layout(top float32, size fyne.Size, scale float32) {
	const edge = 1
	g.whole = scale != float32(int(scale))
	g.hide()
	y := top
	if !g.whole {
		y = max(top, size.Height-g.foot.BottomLeftCornerRadius-2*edge) // the body covers the edge on top of it
	}
	g.foot.Move(fyne.NewPos(0, y))
	g.foot.Resize(fyne.NewSize(size.Width, size.Height-y))
	end := y + 2*edge
	g.body.StrokeWidth = size.Width - edge // its sides may be half a point off, and end below the edges
	g.body.Position1, g.body.Position2 = fyne.NewPos(size.Width/2, top), fyne.NewPos(size.Width/2, end)
	for i, s := range g.sides {
		s.Move(fyne.NewPos(float32(i)*(size.Width-edge), top))
		s.Resize(fyne.NewSize(edge, end-top))
	}
	canvas.Refresh(g.body)
}

func (g *lowerGround) refresh() {
	g.body.Refresh()
	for _, s := range g.sides {
		s.Refresh()
	}
}

// objects are what lies on the foot, from below.
func (g *lowerGround) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{g.body, g.sides[0], g.sides[1]}
}
