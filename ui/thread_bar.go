package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// threadBar shows where in the loaded part of the room the view is, by the index of rows: their heights are not known
// until they come into view.
type threadBar struct {
	t     *thread
	thumb *canvas.Rectangle
	wide  bool // the mouse is near
}

const (
	barReach float32 = 14 // from the right edge, for the mouse
	barLeast float32 = 28
)

func newThreadBar(t *thread) *threadBar {
	b := &threadBar{t: t, thumb: canvas.NewRectangle(color.Transparent)}
	b.thumb.Hide()
	return b
}

// progress is the part of the rows above the view and the part in it, from 0 to 1.
func (b *threadBar) progress() (above, share float32) {
	t := b.t
	n := float32(len(t.rows))
	first, last := t.visible[0], t.visible[len(t.visible)-1]
	part := func(p placedRow, y float32) float32 { return min(max((y-p.y)/max(p.height, 1), 0), 1) }
	from := float32(first.index) + part(first, 0)
	to := float32(last.index) + part(last, t.Size().Height)
	return from / n, (to - from) / n
}

// follow moves the thumb to where the view is.
func (b *threadBar) follow() {
	t := b.t
	if len(t.visible) == 0 || len(t.visible) == len(t.rows) && t.stuck && !t.older {
		b.thumb.Hide()
		return
	}
	size := t.Size()
	above, share := b.progress()
	height := max(share*size.Height, barLeast)
	y := above * size.Height
	if t.stuck {
		y = size.Height
	}
	y = min(y, size.Height-height)
	width := float32(4)
	if b.wide {
		width = 8
	}
	b.thumb.FillColor, b.thumb.CornerRadius = t.color(theme.ColorNameScrollBar), width/2
	b.thumb.Resize(fyne.NewSize(width, height))
	b.thumb.Move(fyne.NewPos(size.Width-width-2, y))
	b.thumb.Show()
}

// under reports whether a point of the thread is where the bar can be grabbed.
func (b *threadBar) under(at fyne.Position) bool {
	return b.thumb.Visible() && at.X >= b.t.Size().Width-barReach
}

// to brings the view to where the thumb's upper edge is at y.
func (b *threadBar) to(y float32) {
	t := b.t
	n := len(t.rows)
	if n == 0 {
		return
	}
	room := max(1, t.Size().Height-b.thumb.Size().Height)
	part := min(max(y/room, 0), 1)
	t.stuck = part == 1 && !t.newer
	_, share := b.progress()
	where := part * float32(n) * (1 - share)
	t.anchor = min(int(where), n-1)
	t.offset = -(where - float32(t.anchor)) * 20 // a row's height is not known before it is shown: begin near its edge
	t.arrange()
}
