package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// TestPreparedOneByOne: what comes into sight was bound before, and never two things between frames, so that no frame bears a
// whole row of cards.
func TestPreparedOneByOne(t *testing.T) {
	test.NewTempApp(t)
	var waiting []func()
	k := &kit{ctx: t.Context(), post: func(f func()) { waiting = append(waiting, f) }}
	turn := func() bool {
		if len(waiting) == 0 {
			return false
		}
		f := waiting[0]
		waiting = waiting[1:]
		f()
		return true
	}
	const count, columns = 500, 5
	binds, shown := 0, map[fyne.CanvasObject]int{}
	g := newGridView(k, 100, 10, 10, func(float32) float32 { return 90 }, func() fyne.CanvasObject { return canvas.NewRectangle(nil) },
		func(i int, cell fyne.CanvasObject) { binds++; shown[cell] = i })
	near := 0
	g.near = func() { near++ }
	w := test.NewTempWindow(t, g)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(570, 400))
	g.show(count)
	if g.columns != columns || binds != 4*columns {
		t.Fatalf("%d columns, %d things bound at once, where four rows are seen", g.columns, binds)
	}
	for turn() {
	}
	if binds != 5*columns {
		t.Fatalf("%d things bound, where a row is kept below those that are seen", binds)
	}
	for frame := range 200 {
		before := binds
		g.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -15)})
		if binds != before {
			t.Fatalf("frame %d: %d things bound because they were seen and not prepared", frame, binds-before)
		}
		if turn(); binds > before+1 {
			t.Fatalf("frame %d: %d things bound between two frames", frame, binds-before)
		}
	}
	for turn() {
	}
	if g.first == 0 || len(g.cells.Objects) != g.last-g.first {
		t.Errorf("[%d, %d) are to be there, %d are", g.first, g.last, len(g.cells.Objects))
	}
	for at, cell := range g.cells.Objects {
		i := g.first + at
		if want := fyne.NewPos(10+float32(i%columns)*112, 10+float32(i/columns)*100); shown[cell] != i || cell.Position() != want {
			t.Errorf("cell %d shows thing %d at %v, want %d at %v", at, shown[cell], cell.Position(), i, want)
		}
	}
	g.scroll.ScrollToBottom()
	g.update()
	for i := g.last - 4*columns; i < g.last; i++ {
		if g.bound[i] == nil {
			t.Errorf("thing %d is seen and not bound after a jump", i)
		}
	}
	g.show(3) // those that were to be prepared are gone by their turn
	for turn() {
	}
	if len(g.bound) != 3 || near == 0 {
		t.Errorf("%d bound of 3; near was told %d times", len(g.bound), near)
	}
}
