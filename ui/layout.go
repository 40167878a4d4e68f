package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// column stacks what it holds, each as wide as the column. Unlike Fyne's box it asks for heights after it has set widths,
// so text that wraps gets the room it takes.
type column struct{ gap float32 }

func newColumn(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{gap}, objects...)
}

// Layout is for Fyne.
func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Move(fyne.NewPos(0, y))
		if o.Size().Width != size.Width {
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		}
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		y += height + c.gap
	}
}

// MinSize is for Fyne; heights are those for the width that was set last.
func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	n := 0
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size.Width = max(size.Width, least.Width)
			size.Height += least.Height
			n++
		}
	}
	size.Height += c.gap * float32(max(0, n-1))
	return size
}

// row puts what it holds side by side, each in the middle of its height. The one at grow takes what is left of the width;
// none does if grow is negative.
type row struct {
	gap  float32
	grow int
}

func newRow(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(row{gap, grow}, objects...)
}

// Layout is for Fyne.
func (r row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Width - r.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		width := least.Width
		if i == r.grow {
			width = max(width, width+left)
		}
		if o.Size().Width != width {
			o.Resize(fyne.NewSize(width, least.Height))
		}
		height := min(size.Height, o.MinSize().Height)
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos(x, (size.Height-height)/2))
		x += width + r.gap
	}
}

// MinSize is for Fyne.
func (r row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	n := 0
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size.Width += least.Width
			size.Height = max(size.Height, least.Height)
			n++
		}
	}
	size.Width += r.gap * float32(max(0, n-1))
	return size
}

// flow puts what it holds side by side at its least size and goes on below where the width ends.
type flow struct {
	gap  float32
	last *float32 // the width of the last layout
}

func newFlow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(flow{gap, new(float32)}, objects...)
}

// Layout is for Fyne.
func (f flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	*f.last = size.Width
	f.place(objects, size.Width, true)
}

// MinSize is for Fyne; the height is that for the width that was set last.
func (f flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		if o.Visible() {
			widest = max(widest, o.MinSize().Width)
		}
	}
	return fyne.NewSize(widest, f.place(objects, max(*f.last, widest), false))
}

// place returns the height that objects take, and puts them there if move is set.
func (f flow) place(objects []fyne.CanvasObject, width float32, move bool) float32 {
	x, y, line := float32(0), float32(0), float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		if x > 0 && x+least.Width > width {
			x, y, line = 0, y+line+f.gap, 0
		}
		if move {
			o.Move(fyne.NewPos(x, y))
			o.Resize(least)
		}
		x += least.Width + f.gap
		line = max(line, least.Height)
	}
	return y + line
}

// inset keeps a distance around an object.
func inset(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

func pad(all float32, o fyne.CanvasObject) *fyne.Container { return inset(all, all, all, all, o) }

// sized gives an object at least a size.
type sized struct{ least fyne.Size }

func newSized(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(sized{fyne.NewSize(width, height)}, o)
}

// Layout is for Fyne.
func (sized) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
		o.Move(fyne.Position{})
	}
}

// MinSize is for Fyne.
func (s sized) MinSize(objects []fyne.CanvasObject) fyne.Size {
	least := s.least
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least
}

// page scrolls a column, no wider than most, in the middle if there is more room.
type page struct {
	widget.BaseWidget
	content *fyne.Container
	most    float32
	scroll  *container.Scroll
}

func newPage(most float32, content *fyne.Container) *page {
	p := &page{content: content, most: most}
	p.scroll = container.NewVScroll(container.New(centred{most}, content))
	p.ExtendBaseWidget(p)
	pages.add(p)
	return p
}

// top scrolls to the beginning.
func (p *page) top() { p.scroll.ScrollToTop() }

// holds reports whether something lies on the page: it moves with it. Nothing in this toolkit knows what it lies on.
func (p *page) holds(o fyne.CanvasObject) bool {
	before, at := placeOf(o), p.scroll.Content.Position()
	p.scroll.Content.Move(at.AddXY(1, 0))
	moved := placeOf(o) != before
	p.scroll.Content.Move(at)
	return moved
}

// reveal scrolls no further than it takes to see something on the page.
func (p *page) reveal(o fyne.CanvasObject) {
	const around = 3 * grid // what is said about a field stands below it
	top, high := placeOf(o).Y-placeOf(p.scroll.Content).Y, o.Size().Height
	offset, room := p.scroll.Offset.Y, p.scroll.Size().Height
	switch {
	case top-around < offset || high+2*around > room:
		p.scroll.ScrollToOffset(fyne.NewPos(0, max(0, top-around)))
	case top+high+around > offset+room:
		p.scroll.ScrollToOffset(fyne.NewPos(0, top+high+around-room))
	}
}

// height is what the content takes at the width it has, in whole points: in sums of fractions a hair gets lost on the way to
// the scroll, which then shows a bar.
func (p *page) height() float32 { return ceil(p.content.MinSize().Height) }

// relayout follows a change of heights inside.
func (p *page) relayout() {
	p.content.Refresh()
	p.settle(p.Size())
}

func (p *page) settle(size fyne.Size) {
	// The width first: heights follow from it.
	p.scroll.Content.Resize(fyne.NewSize(size.Width, p.scroll.Content.MinSize().Height))
	p.scroll.Resize(size)
	p.scroll.Refresh()
}

// CreateRenderer is for Fyne.
func (p *page) CreateRenderer() fyne.WidgetRenderer { return &pageRenderer{p} }

type pageRenderer struct{ page *page }

func (r *pageRenderer) Layout(size fyne.Size)        { r.page.settle(size) }
func (r *pageRenderer) MinSize() fyne.Size           { return fyne.NewSize(0, 64) }
func (r *pageRenderer) Refresh()                     { r.page.relayout() }
func (r *pageRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.page.scroll} }
func (r *pageRenderer) Destroy()                     {}

// centred puts objects into the middle, no wider than most.
type centred struct{ most float32 }

// Layout is for Fyne.
func (c centred) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := size.Width
	if c.most > 0 {
		width = min(width, c.most)
	}
	for _, o := range objects {
		if o.Size().Width != width {
			o.Resize(fyne.NewSize(width, o.MinSize().Height))
		}
		o.Resize(fyne.NewSize(width, max(size.Height, o.MinSize().Height)))
		o.Move(fyne.NewPos((size.Width-width)/2, 0))
	}
}

// MinSize is for Fyne.
func (centred) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}
