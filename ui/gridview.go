package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// gridView shows many things of one size in columns and costs what is visible, however many there are: the cells on the
// screen are made once and bound to whatever scrolls in. What is about to come into sight is bound one by one between frames:
// a whole row of cards at once would make one frame late.
type gridView struct {
	widget.BaseWidget
	kit     *kit
	least   float32                     // of a cell's width; 0 for one column
	height  func(width float32) float32 // of a cell
	gap     float32
	edge    float32 // around everything
	newCell func() fyne.CanvasObject
	bind    func(i int, cell fyne.CanvasObject) // shows the i-th thing on a cell
	near    func()                              // the end is near: there may be more to load

	count  int
	scroll *container.Scroll
	cells  *fyne.Container
	bound  map[int]fyne.CanvasObject // what is on the screen, by index
	spare  []fyne.CanvasObject

	columns     int
	cell        fyne.Size
	first, last int  // bound are [first, last), once what is out of sight is, too
	waits       bool // for its turn to bind the next that is out of sight
}

// gridSpare is how many rows above and below the screen are kept, so that Tab and the wheel find them.
const gridSpare = 1

func newGridView(k *kit, least, gap, edge float32, height func(float32) float32, newCell func() fyne.CanvasObject, bind func(int, fyne.CanvasObject)) *gridView {
	g := &gridView{kit: k, least: least, gap: gap, edge: edge, height: height, newCell: newCell, bind: bind, bound: map[int]fyne.CanvasObject{}}
	g.cells = container.New(gridCells{g})
	g.scroll = container.NewVScroll(g.cells)
	g.scroll.OnScrolled = func(fyne.Position) { g.update() }
	g.ExtendBaseWidget(g)
	return g
}

// show shows count things. What is on the screen is bound anew; bind does nothing for what is still the same.
func (g *gridView) show(count int) {
	g.count = count
	g.measure()
	for i, cell := range g.bound {
		if i < count {
			g.bind(i, cell)
		}
	}
	g.update()
	g.scroll.Refresh()
	canvas.Refresh(g)
}

// renew binds one thing again, if it is on the screen.
func (g *gridView) renew(i int) {
	if cell, ok := g.bound[i]; ok {
		g.bind(i, cell)
	}
}

// top scrolls to the beginning.
func (g *gridView) top() {
	g.scroll.ScrollToTop()
	g.update()
}

// reveal scrolls so far that the i-th thing is seen, and returns its cell.
func (g *gridView) reveal(i int) fyne.CanvasObject {
	if g.columns == 0 || i < 0 || i >= g.count {
		return nil
	}
	y := g.edge + float32(i/g.columns)*(g.cell.Height+g.gap)
	switch top, bottom := g.scroll.Offset.Y, g.scroll.Offset.Y+g.scroll.Size().Height; {
	case y < top:
		g.scroll.ScrollToOffset(fyne.NewPos(0, y-g.edge))
	case y+g.cell.Height > bottom:
		g.scroll.ScrollToOffset(fyne.NewPos(0, y+g.cell.Height+g.edge-g.scroll.Size().Height))
	}
	g.update()
	return g.bound[i]
}

// indexOf is which thing a cell shows, -1 for none.
func (g *gridView) indexOf(cell fyne.CanvasObject) int {
	for i, c := range g.bound {
		if c == cell {
			return i
		}
	}
	return -1
}

// step is the index one gets to from i by an arrow key, false for another key or the edge.
func (g *gridView) step(i int, key fyne.KeyName) (int, bool) {
	to := i
	switch key {
	case fyne.KeyLeft:
		to--
	case fyne.KeyRight:
		to++
	case fyne.KeyUp:
		to -= g.columns
	case fyne.KeyDown:
		to += g.columns
	default:
	}
	return to, to != i && to >= 0 && to < g.count
}

// measure finds columns and cells for the present width.
func (g *gridView) measure() {
	width := g.Size().Width - 2*g.edge
	if width <= 0 {
		g.columns = 0
		return
	}
	g.columns = 1
	if g.least > 0 {
		g.columns = max(1, int((width+g.gap)/(g.least+g.gap)))
	}
	each := float32(int((width - g.gap*float32(g.columns-1)) / float32(g.columns)))
	g.cell = fyne.NewSize(each, g.height(each))
}

// across is where a column begins and how wide it is: whole pixels, of which some columns have one more, so that the last one
// ends at the edge.
func (g *gridView) across(column int) (left, width float32) {
	room := g.Size().Width - 2*g.edge + g.gap
	begin := float32(int(room * float32(column) / float32(g.columns)))
	end := float32(int(room * float32(column+1) / float32(g.columns)))
	return g.edge + begin, end - begin - g.gap
}

func (g *gridView) rows() int {
	if g.columns == 0 {
		return 0
	}
	return (g.count + g.columns - 1) / g.columns
}

// update binds what is on the screen, lets go of what has left it, and prepares what is beside it.
func (g *gridView) update() {
	if g.columns == 0 {
		return
	}
	step := g.cell.Height + g.gap
	top := int((g.scroll.Offset.Y - g.edge) / step)
	bottom := int((g.scroll.Offset.Y+g.scroll.Size().Height-g.edge)/step) + 1
	within := func(row int) int { return min(max(0, row)*g.columns, g.count) }
	g.first, g.last = within(top-gridSpare), within(bottom+gridSpare)
	changed := false
	for i, cell := range g.bound {
		if i < g.first || i >= g.last {
			delete(g.bound, i)
			g.spare = append(g.spare, cell)
			changed = true
		}
	}
	for i := within(top); i < within(bottom); i++ {
		changed = g.need(i) || changed
	}
	for i, cell := range g.bound {
		g.place(i, cell)
	}
	if changed {
		g.put()
	}
	g.prepare()
	if g.near != nil && g.last >= g.count-2*g.columns {
		g.near()
	}
}

// need binds the i-th thing, unless it is bound.
func (g *gridView) need(i int) bool {
	if g.bound[i] != nil {
		return false
	}
	var cell fyne.CanvasObject
	if n := len(g.spare); n > 0 {
		cell, g.spare = g.spare[n-1], g.spare[:n-1]
	} else {
		cell = g.newCell()
	}
	g.bound[i] = cell
	g.bind(i, cell)
	return true
}

// place gives a cell its place.
func (g *gridView) place(i int, cell fyne.CanvasObject) {
	left, width := g.across(i % g.columns)
	cell.Move(fyne.NewPos(left, g.edge+float32(i/g.columns)*(g.cell.Height+g.gap)))
	cell.Resize(fyne.NewSize(width, g.cell.Height))
}

// put lets the bound cells be seen, in their order.
func (g *gridView) put() {
	g.cells.Objects = g.cells.Objects[:0]
	for i := g.first; i < g.last; i++ {
		if cell := g.bound[i]; cell != nil {
			g.cells.Objects = append(g.cells.Objects, cell)
		}
	}
	canvas.Refresh(g.cells)
}

// prepare binds the first thing that is out of sight and not bound, when it is its turn, and then the next.
func (g *gridView) prepare() {
	if g.waits || len(g.bound) == g.last-g.first {
		return
	}
	g.waits = true
	g.kit.do(func() {
		g.waits = false
		for i := g.first; i < min(g.last, g.count); i++ {
			if g.need(i) {
				g.place(i, g.bound[i])
				g.put()
				g.prepare()
				return
			}
		}
	})
}

// gridCells is as high as all things are; where the visible ones stand, update knows.
type gridCells struct{ of *gridView }

// Layout is for Fyne.
func (gridCells) Layout([]fyne.CanvasObject, fyne.Size) {}

// MinSize is for Fyne.
func (c gridCells) MinSize([]fyne.CanvasObject) fyne.Size {
	g := c.of
	rows := float32(g.rows())
	if rows == 0 {
		return fyne.Size{}
	}
	return fyne.NewSize(0, 2*g.edge+rows*g.cell.Height+(rows-1)*g.gap)
}

// CreateRenderer is for Fyne.
func (g *gridView) CreateRenderer() fyne.WidgetRenderer { return &gridRenderer{g} }

type gridRenderer struct{ of *gridView }

// Layout is for Fyne.
func (r *gridRenderer) Layout(size fyne.Size) {
	r.of.measure()
	r.of.scroll.Resize(size)
	r.of.scroll.Refresh() // the cells' height may be another
	r.of.update()
}

// MinSize is for Fyne.
func (r *gridRenderer) MinSize() fyne.Size { return fyne.NewSize(r.of.least+2*r.of.edge, 64) }

// Refresh is for Fyne.
func (r *gridRenderer) Refresh() {
	r.of.scroll.Refresh()
	for _, cell := range r.of.bound {
		cell.Refresh()
	}
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *gridRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.of.scroll} }

// Destroy is for Fyne.
func (r *gridRenderer) Destroy() {}
