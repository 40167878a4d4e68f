package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// fill is a ground in a colour of the theme. It is drawn as one line as broad as itself: without a graphics card a point of a
// line takes a third of what one of a rectangle does, and the grounds of a window are most of its points.
type fill struct {
	widget.BaseWidget
	color fyne.ThemeColorName
}

func newFill(color fyne.ThemeColorName) *fill {
	f := &fill{color: color}
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer is for Fyne.
func (f *fill) CreateRenderer() fyne.WidgetRenderer {
	return laidOut(&fillRenderer{f, canvas.NewLine(theme.ColorForWidget(f.color, f))}, f)
}

type fillRenderer struct {
	fill *fill
	line *canvas.Line
}

// Layout is for Fyne. The ends of a line are drawn to the point, but its sides may be one off where the breadth is odd: so they
// are those that end at the window's edge, or have something beside them, in all grounds that there are.
func (r *fillRenderer) Layout(size fyne.Size) {
	l := r.line
	if size.Width > size.Height {
		l.StrokeWidth = size.Height
		l.Position1, l.Position2 = fyne.NewPos(0, size.Height/2), fyne.NewPos(size.Width, size.Height/2)
	} else {
		l.StrokeWidth = size.Width
		l.Position1, l.Position2 = fyne.NewPos(size.Width/2, 0), fyne.NewPos(size.Width/2, size.Height)
	}
	canvas.Refresh(l)
}

// MinSize is for Fyne.
func (*fillRenderer) MinSize() fyne.Size { return fyne.Size{} }

// Refresh is for Fyne.
func (r *fillRenderer) Refresh() {
	r.line.StrokeColor = theme.ColorForWidget(r.fill.color, r.fill)
	r.line.Refresh()
}

// Objects is for Fyne.
func (r *fillRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.line} }

// Destroy is for Fyne.
func (*fillRenderer) Destroy() {}

// hairline stands between two parts; it is laid out across or down.
type hairline struct {
	widget.BaseWidget
}

func newLine() *hairline {
	l := &hairline{}
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer is for Fyne.
func (l *hairline) CreateRenderer() fyne.WidgetRenderer {
	r := &hairlineRenderer{l, canvas.NewRectangle(nil)}
	r.rect.FillColor = theme.ColorForWidget(colorLine, l)
	return laidOut(r, l)
}

type hairlineRenderer struct {
	line *hairline
	rect *canvas.Rectangle
}

// Layout is for Fyne.
func (r *hairlineRenderer) Layout(size fyne.Size) { r.rect.Resize(size) }

// MinSize is for Fyne.
func (*hairlineRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

// Refresh is for Fyne.
func (r *hairlineRenderer) Refresh() {
	r.rect.FillColor = theme.ColorForWidget(colorLine, r.line)
	r.rect.Refresh()
}

// Objects is for Fyne.
func (r *hairlineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }

// Destroy is for Fyne.
func (*hairlineRenderer) Destroy() {}
