package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// selection is marked text within one message.
type selection struct {
	row      *threadRow
	from, to int // offsets in its flow's text; from is where it began
}

// span is the selection from its first to its last byte.
func (s selection) span() (from, to int) { return min(s.from, s.to), max(s.from, s.to) }

func (s *selection) drop() {
	if s.row != nil {
		s.row.look++
	}
	*s = selection{}
}

// text is what is selected.
func (s selection) text() string {
	if s.row == nil || s.row.shape.flow == nil {
		return ""
	}
	from, to := s.span()
	return s.row.shape.flow.text[from:min(to, len(s.row.shape.flow.text))]
}

// drag is what the pressed mouse moves.
type drag uint8

const (
	dragNothing drag = iota
	dragText
	dragBar
)

// part is what of a message is under the mouse.
type part uint8

const (
	partNone part = iota
	partBubble
	partText
	partMore
	partPhoto
	partCard
)

// part finds what is at a point of the thread.
func (t *thread) part(at fyne.Position) (*placedRow, part) {
	p := t.at(at)
	if p == nil {
		return nil, partNone
	}
	sh := &p.row.shape
	in := at.SubtractXY(0, p.y)
	within := func(from fyne.Position, size fyne.Size) bool {
		return in.X >= from.X && in.Y >= from.Y && in.X < from.X+size.Width && in.Y < from.Y+size.Height
	}
	switch {
	case !within(sh.at, sh.size), p.row.kind == rowLabel, p.row.kind == rowUnread:
		return p, partNone
	case p.row.kind == rowGoods:
		return p, partCard
	case p.row.kind == rowPicture && within(sh.at.AddXY(photoInset, photoInset), sh.photo):
		return p, partPhoto
	case p.row.said.rest != "" && in.Y >= sh.more.Y-gap:
		return p, partMore
	case sh.flow != nil && p.row.kind != rowOdd:
		return p, partText
	}
	return p, partBubble
}

// Tapped is for Fyne: a click.
func (t *thread) Tapped(e *fyne.PointEvent) {
	if t.Focus != nil {
		t.Focus(t)
	}
	if t.chip.under(e.Position) {
		t.toEnd()
		return
	}
	p, what := t.part(e.Position)
	if p == nil {
		return
	}
	t.act(p.row, what)
}

// act does what a click on a part of a message does.
func (t *thread) act(r *threadRow, what part) {
	switch what {
	case partMore:
		t.unfold(r)
	case partPhoto:
		if _, ask := t.progress(r.said); ask {
			if t.OnFetch != nil {
				t.OnFetch(r.said.id)
			}
		} else if t.OnPicture != nil {
			t.OnPicture(r.said.id)
		}
	case partCard:
		if t.OnGoods != nil {
			t.OnGoods(r.said.about.listing)
		}
	default:
	}
}

// unfold shows the next part of a long text.
func (t *thread) unfold(r *threadRow) {
	s := *r.said
	more, rest := folded(s.rest)
	s.text, s.rest = s.text+more, rest
	t.replace(r, &s)
	t.stuck = false
	t.arrange()
}

// TappedSecondary is for Fyne: the menu of a message.
func (t *thread) TappedSecondary(e *fyne.PointEvent) {
	if p, what := t.part(e.Position); what > partNone && what != partCard && t.OnMenu != nil {
		t.OnMenu(p.row.said, e.Position)
	}
}

// MouseDown is for Fyne: where a selection or a drag begins.
func (t *thread) MouseDown(e *desktop.MouseEvent) {
	t.dragging = dragNothing
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	if t.bar.under(e.Position) {
		t.dragging = dragBar
		return
	}
	t.selected.drop()
	if p, what := t.part(e.Position); what == partText {
		at := t.offsetAt(p, e.Position)
		t.selected = selection{p.row, at, at}
		t.dragging = dragText
	}
	t.arrange()
}

// MouseUp is for Fyne.
func (t *thread) MouseUp(*desktop.MouseEvent) {}

// offsetAt is the place in a row's text next to a point of the thread.
func (t *thread) offsetAt(p *placedRow, at fyne.Position) int {
	return p.row.shape.flow.offset(at.SubtractXY(p.row.shape.text.X, p.y+p.row.shape.text.Y))
}

// Dragged is for Fyne.
func (t *thread) Dragged(e *fyne.DragEvent) {
	switch t.dragging {
	case dragBar:
		t.bar.to(t.bar.thumb.Position().Y + e.Dragged.DY)
	case dragText:
		for i := range t.visible {
			if p := &t.visible[i]; p.row == t.selected.row {
				t.selected.to = t.offsetAt(p, e.Position)
				p.row.look++
			}
		}
		switch {
		case e.Position.Y < 0:
			t.scroll(-e.Position.Y / 4)
		case e.Position.Y > t.Size().Height:
			t.scroll((t.Size().Height - e.Position.Y) / 4)
		default:
			t.arrange()
		}
	default:
	}
}

// DragEnd is for Fyne.
func (t *thread) DragEnd() { t.dragging = dragNothing }

// MouseIn is for Fyne.
func (t *thread) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

// MouseMoved is for Fyne: it says when a message was written and how far it has come.
func (t *thread) MouseMoved(e *desktop.MouseEvent) {
	if wide := t.bar.under(e.Position); wide != t.bar.wide {
		t.bar.wide = wide
		t.bar.follow()
	}
	p, what := t.part(e.Position)
	if what == partNone || what == partCard || t.chip.under(e.Position) {
		t.tip.hide()
		return
	}
	t.showTip(p)
}

// MouseOut is for Fyne.
func (t *thread) MouseOut() {
	t.tip.hide()
	t.bar.wide = false
	t.bar.follow()
}

// showTip puts the full time and the state in words beside a bubble, or above it where there is no room.
func (t *thread) showTip(p *placedRow) {
	words := t.about(p.row.said)
	sh, size := &p.row.shape, t.tip.size(words)
	at := fyne.NewPos(sh.at.X+sh.size.Width+grid, p.y+sh.size.Height-size.Height)
	if p.row.said.mine {
		at.X = sh.at.X - grid - size.Width
	}
	if at.X < gap || at.X+size.Width > t.Size().Width-barReach {
		at = fyne.NewPos(sh.at.X, p.y-size.Height-gap)
		if p.row.said.mine {
			at.X = sh.at.X + sh.size.Width - size.Width
		}
		at.X = max(gap, min(at.X, t.Size().Width-gap-size.Width))
		if at.Y < gap {
			at.Y = p.y + sh.size.Height + gap
		}
	}
	at.Y = min(max(at.Y, gap), t.Size().Height-size.Height-gap)
	t.tip.show(words, at)
}

// Cursor is for Fyne.
func (t *thread) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// FocusGained is for Fyne.
func (t *thread) FocusGained() {
	t.focused = true
	t.arrange()
}

// FocusLost is for Fyne.
func (t *thread) FocusLost() {
	t.focused = false
	t.current = nil
	t.arrange()
}

// TypedRune is for Fyne: whoever types here means the composer.
func (t *thread) TypedRune(r rune) {
	if t.OnTyped != nil {
		t.OnTyped(r)
	}
}

// TypedKey is for Fyne: arrows choose a message, Page keys turn, Return does what a click would, Menu opens its menu.
func (t *thread) TypedKey(e *fyne.KeyEvent) {
	page := t.Size().Height * 0.9
	switch e.Name {
	case fyne.KeyUp:
		t.choose(-1)
	case fyne.KeyDown:
		t.choose(1)
	case fyne.KeyPageUp:
		t.scroll(page)
	case fyne.KeyPageDown:
		t.scroll(-page)
	case fyne.KeyHome:
		t.stuck, t.anchor, t.offset = false, 0, threadPad
		t.arrange()
	case fyne.KeyEnd:
		t.toEnd()
	case fyne.KeyEscape:
		if t.selected.row == nil && t.current == nil {
			passOn(t, e)
			return
		}
		t.selected.drop()
		t.current = nil
		t.arrange()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.actOnCurrent()
	case desktop.KeyMenu:
		t.menuOfCurrent()
	default:
	}
}

// choose moves the keyboard's choice by one message and brings it into view.
func (t *thread) choose(by int) {
	i := len(t.rows)
	switch {
	case t.current != nil:
		i = t.indexOf(t.current)
	case len(t.visible) > 0:
		i = t.visible[len(t.visible)-1].index + 1
		by = -1
	}
	for i += by; i >= 0 && i < len(t.rows) && t.rows[i].kind < rowGoods; i += by {
	}
	if i < 0 || i >= len(t.rows) {
		t.scroll(float32(-by) * 40)
		return
	}
	t.current = t.rows[i]
	t.reveal(i)
}

// reveal scrolls no further than it takes to see a row.
func (t *thread) reveal(i int) {
	height := t.Size().Height
	for _, p := range t.visible {
		if p.index == i && p.y >= 0 && p.y+p.height <= height {
			t.arrange()
			return
		}
	}
	t.stuck = false
	above := len(t.visible) > 0 && i <= t.visible[0].index
	t.anchor, t.offset = i, threadPad
	if h := t.heightOf(i); !above && h < height-2*threadPad {
		t.offset = height - threadPad - h
	}
	t.arrange()
}

func (t *thread) actOnCurrent() {
	switch r := t.current; {
	case r == nil:
	case r.kind == rowGoods:
		t.act(r, partCard)
	case r.kind == rowPicture:
		t.act(r, partPhoto)
	case r.said.rest != "":
		t.act(r, partMore)
	default:
		t.menuOfCurrent()
	}
}

func (t *thread) menuOfCurrent() {
	for _, p := range t.visible {
		if p.row == t.current && p.row.message() && t.OnMenu != nil {
			t.OnMenu(p.row.said, p.row.shape.at.AddXY(grid, p.y+grid))
		}
	}
}

// TypedShortcut is for Fyne: copying and selecting all of a message. What is pasted is for the composer.
func (t *thread) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		if t.OnPaste != nil {
			t.OnPaste(s)
		}
	case *fyne.ShortcutCopy:
		words := t.selected.text()
		if words == "" && t.current != nil && t.current.message() {
			words = t.current.said.text + t.current.said.rest
		}
		if words != "" && t.OnCopy != nil {
			t.OnCopy(words)
		}
	case *fyne.ShortcutSelectAll:
		r := t.current
		if r == nil {
			r = t.selected.row
		}
		if r != nil && r.shape.flow != nil && r.kind != rowOdd {
			t.selected = selection{r, 0, len(r.shape.flow.text)}
			r.look++
			t.arrange()
		}
	default:
		passShortcut(t, s)
	}
}
