package ui

import (
	"slices"

	"fyne.io/fyne/v2"
)

// threadPad is the space before the first and after the last row.
const threadPad = gutter

// arrange lays the rows out from the anchor, binds what comes into view and tells what is seen.
func (t *thread) arrange() {
	size := t.Size()
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	t.stage.Resize(size)
	if t.width != size.Width {
		t.width = size.Width
		t.selected.drop()
	}
	if len(t.rows) > 0 {
		t.aim(size.Height)
		t.visible = t.place(size.Height)
		t.hold()
	} else {
		t.visible = nil
	}
	t.bind(size.Height)
	t.bar.follow()
	t.showChip()
	t.report(size.Height)
}

// place finds the rows in view. It corrects the anchor where the room begins or ends.
func (t *thread) place(height float32) []placedRow {
	n := len(t.rows)
	t.anchor = min(max(t.anchor, 0), n-1)
	if t.stuck = t.stuck && !t.newer; t.stuck {
		t.land(height)
	}
	rows, top, bottom := t.walk(height)
	if !t.stuck && top > threadPad {
		t.offset += threadPad - top
		rows, _, bottom = t.walk(height)
	}
	if !t.stuck && bottom <= height-threadPad {
		t.stuck = !t.newer
		t.land(height)
		rows, _, _ = t.walk(height)
	}
	return rows
}

// land puts the last row at the lower edge.
func (t *thread) land(height float32) {
	t.anchor = len(t.rows) - 1
	t.offset = height - threadPad - t.heightOf(t.anchor)
}

// walk lays rows out from the anchor. top is where the first row of all begins, and bottom where the last one ends, as
// far as they were reached.
func (t *thread) walk(height float32) (rows []placedRow, top, bottom float32) {
	i, y := t.anchor, t.offset
	for i > 0 && y > 0 {
		y -= t.above(i) + t.heightOf(i-1)
		i--
	}
	if i == 0 {
		top = y
	}
	for {
		h := t.heightOf(i)
		if y+h > 0 && y < height {
			rows = append(rows, placedRow{i, t.rows[i], y, h})
		}
		y += h
		if i++; i == len(t.rows) {
			return rows, top, y
		}
		if y >= height {
			return rows, top, height
		}
		y += t.above(i)
	}
}

// hold makes the first message that begins in view the anchor, so that what is above it may change its height.
func (t *thread) hold() {
	best := -1
	for i, p := range t.visible {
		if !p.row.message() {
			continue
		}
		if best < 0 || t.visible[best].y < 0 {
			best = i
		}
		if p.y >= 0 {
			break
		}
	}
	if best < 0 {
		best = 0
	}
	if len(t.visible) > 0 {
		t.anchor, t.offset = t.visible[best].index, t.visible[best].y
	}
	if t.stuck {
		t.fresh = 0
	}
}

// above is the space between a row and the one before it.
func (t *thread) above(i int) float32 {
	switch {
	case i == 0:
		return 0
	case t.joined(i):
		return gap / 2
	case t.rows[i].message() && t.rows[i-1].message():
		return grid + gap
	default:
		return gutter
	}
}

// joined reports whether a row goes on what the one before it began: the same person says more.
func (t *thread) joined(i int) bool {
	if i <= 0 || i >= len(t.rows) {
		return false
	}
	a, b := t.rows[i-1], t.rows[i]
	return a.message() && b.message() && a.said.mine == b.said.mine
}

// bind gives every row in view its objects and takes them from those that left.
func (t *thread) bind(height float32) {
	now := make(map[*threadRow]bool, len(t.visible))
	for _, p := range t.visible {
		now[p.row] = true
	}
	for r := range t.views {
		if !now[r] {
			t.free(r)
		}
	}
	objects := t.stage.Objects[:0]
	for _, p := range t.visible {
		v := t.views[p.row]
		if v == nil {
			v = t.take(p.row.kind)
			t.views[p.row] = v
		}
		v.show(t, p, height)
		objects = append(objects, v.box)
	}
	if n := len(objects); n < len(t.stage.Objects) {
		clear(t.stage.Objects[n:])
	}
	t.stage.Objects = objects
}

// take is an idle view of a kind.
func (t *thread) take(kind rowKind) *rowView {
	idle := t.pool[kind]
	if len(idle) == 0 {
		return newRowView(kind)
	}
	v := idle[len(idle)-1]
	t.pool[kind] = idle[:len(idle)-1]
	return v
}

// idleViews bounds the pool of each kind: more than a large screen shows.
const idleViews = 64

// free takes the objects of a row back.
func (t *thread) free(r *threadRow) {
	v := t.views[r]
	if v == nil {
		return
	}
	delete(t.views, r)
	v.release()
	if len(t.pool[r.kind]) < idleViews {
		t.pool[r.kind] = append(t.pool[r.kind], v)
	}
}

// near is how many rows before the end of what is loaded more is asked for.
const near = 30

// report asks for pages that will be needed and tells what was seen.
func (t *thread) report(height float32) {
	if len(t.visible) == 0 {
		return
	}
	first, last := t.visible[0].index, t.visible[len(t.visible)-1].index
	if t.older && first < near && t.OnOlder != nil {
		t.OnOlder()
	}
	if t.newer && last >= len(t.rows)-near && t.OnNewer != nil {
		t.OnNewer()
	}
	for _, p := range slices.Backward(t.visible) {
		if !p.row.message() || p.row.said.mine || p.y+min(p.height, 24) > height {
			continue
		}
		if s := p.row.said; t.seen.Compare(s.at) < 0 {
			t.seen = s.at
			if t.OnSeen != nil {
				t.OnSeen(s.id)
			}
		}
		return
	}
}

// at is the row under a point of the thread, nil if there is none.
func (t *thread) at(p fyne.Position) *placedRow {
	for i := range t.visible {
		if v := &t.visible[i]; p.Y >= v.y && p.Y < v.y+v.height {
			return v
		}
	}
	return nil
}
