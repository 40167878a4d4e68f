package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// menuItem is one thing to choose in a menu.
type menuItem struct {
	text   string
	chosen bool // it is what holds now
	danger bool // somebody could regret it
	do     func()
}

// menu is a card over the window with things to choose from. The arrows mark one and Return takes it; Esc and a tap beside the
// card leave everything as it is.
type menu struct {
	widget.BaseWidget
	kit    *kit
	items  []menuItem
	rows   []*menuRow
	marked int // -1: none
	list   *container.Scroll
	card   *panel
	place  func(card, window fyne.Size) fyne.Position
	before fyne.Focusable // had the focus
}

var (
	_ fyne.Focusable         = (*menu)(nil)
	_ fyne.Tabbable          = (*menu)(nil)
	_ fyne.Shortcutable      = (*menu)(nil)
	_ fyne.Tappable          = (*menu)(nil)
	_ fyne.SecondaryTappable = (*menu)(nil)
)

const (
	menuLeast float32 = 160 // wide
	menuInset float32 = 6   // around the rows
)

// menuBelow opens a menu under an object, or above it where there is more room.
func (k *kit) menuBelow(o fyne.CanvasObject, items []menuItem) {
	k.openMenu(items, func(card, window fyne.Size) fyne.Position {
		at := placeOf(o)
		below := at.Y + o.Size().Height + gap
		if above := at.Y - gap - card.Height; below+card.Height > window.Height-grid && above >= grid {
			return fyne.NewPos(at.X, above)
		}
		return fyne.NewPos(at.X, below)
	})
}

// menuAt opens a menu at a point of the window: below it, or above where there is more room.
func (k *kit) menuAt(at fyne.Position, items []menuItem) {
	k.openMenu(items, func(card, window fyne.Size) fyne.Position {
		if at.Y+card.Height > window.Height-grid && at.Y-card.Height >= grid {
			return fyne.NewPos(at.X, at.Y-card.Height)
		}
		return at
	})
}

func (k *kit) openMenu(items []menuItem, place func(card, window fyne.Size) fyne.Position) {
	if len(items) == 0 {
		return
	}
	m := &menu{kit: k, items: items, marked: -1, place: place}
	rows := newColumn(0)
	for i := range items {
		r := m.newRow(i)
		m.rows = append(m.rows, r)
		rows.Add(r)
	}
	m.list = container.NewVScroll(rows)
	m.card = newPanel(colorSurface, radius, pad(menuInset, m.list))
	m.card.line, m.card.lifted = colorLine, true
	m.ExtendBaseWidget(m)
	c := k.window.Canvas()
	m.before = c.Focused()
	c.Overlays().Add(m)
	m.Resize(c.Size())
	c.Focus(m)
}

// close takes the menu away; the focus goes back to where it was.
func (m *menu) close() {
	c := m.kit.window.Canvas()
	c.Overlays().Remove(m)
	if m.before != nil {
		c.Focus(m.before)
	}
}

// take closes the menu and does what was chosen.
func (m *menu) take(i int) {
	m.close()
	m.items[i].do()
}

// mark marks one, and scrolls so far that it is seen.
func (m *menu) mark(i int) {
	m.marked = i
	for at, r := range m.rows {
		r.show(at == i)
	}
	r := m.rows[i]
	top, bottom := r.Position().Y, r.Position().Y+r.Size().Height
	switch offset := m.list.Offset.Y; {
	case top < offset:
		m.list.ScrollToOffset(fyne.NewPos(0, top))
	case bottom > offset+m.list.Size().Height:
		m.list.ScrollToOffset(fyne.NewPos(0, bottom-m.list.Size().Height))
	}
}

// TypedKey is for Fyne.
func (m *menu) TypedKey(e *fyne.KeyEvent) {
	n := len(m.items)
	switch e.Name {
	case fyne.KeyDown, fyne.KeyTab:
		m.mark((m.marked + 1) % n)
	case fyne.KeyUp:
		m.mark((max(m.marked, 0) + n - 1) % n)
	case fyne.KeyHome, fyne.KeyPageUp:
		m.mark(0)
	case fyne.KeyEnd, fyne.KeyPageDown:
		m.mark(n - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if m.marked >= 0 {
			m.take(m.marked)
		}
	case fyne.KeyEscape:
		m.close()
	default:
	}
}

// AcceptsTab is for Fyne: Tab stays in the menu.
func (*menu) AcceptsTab() bool { return true }

// TypedRune is for Fyne.
func (*menu) TypedRune(rune) {}

// TypedShortcut is for Fyne: what is behind the menu hears none.
func (*menu) TypedShortcut(fyne.Shortcut) {}

// FocusGained is for Fyne.
func (*menu) FocusGained() {}

// FocusLost is for Fyne.
func (*menu) FocusLost() {}

// Tapped is for Fyne: beside the card.
func (m *menu) Tapped(*fyne.PointEvent) { m.close() }

// TappedSecondary is for Fyne.
func (m *menu) TappedSecondary(*fyne.PointEvent) { m.close() }

// CreateRenderer is for Fyne.
func (m *menu) CreateRenderer() fyne.WidgetRenderer { return &menuRenderer{m} }

type menuRenderer struct{ of *menu }

// Layout is for Fyne: the card is all in the window, wherever it was wanted.
func (r *menuRenderer) Layout(size fyne.Size) {
	m := r.of
	whole := m.list.Content.MinSize()
	card := fyne.NewSize(min(whole.Width+2*menuInset, size.Width-2*grid), min(ceil(whole.Height)+2*menuInset, size.Height-2*grid))
	at := m.place(card, size)
	m.card.Resize(card)
	m.card.Move(fyne.NewPos(max(grid, min(at.X, size.Width-grid-card.Width)), max(grid, min(at.Y, size.Height-grid-card.Height))))
}

// MinSize is for Fyne.
func (r *menuRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(menuLeast) }

// Refresh is for Fyne.
func (r *menuRenderer) Refresh() {
	r.Layout(r.of.Size())
	r.of.card.Refresh()
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *menuRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.of.card} }

// Destroy is for Fyne.
func (*menuRenderer) Destroy() {}

// menuRow is one item on the card. The mouse marks it as the arrows do.
type menuRow struct {
	tappable
	of    *menu
	at    int
	label *label
	check *icon
}

func (m *menu) newRow(i int) *menuRow {
	item := m.items[i]
	r := &menuRow{of: m, at: i, label: newWhole(item.text, sizeBody, colorText), check: newIcon("check", colorAccent, 18)}
	parts := []fyne.CanvasObject{r.label}
	for _, other := range m.items {
		if other.chosen { // then all have room for the check
			r.check.Hidden = !item.chosen
			parts = []fyne.CanvasObject{newSized(18, 18, r.check), r.label}
			break
		}
	}
	r.become(r, newSized(menuLeast, touch, inset(0, 0, 12, 20, newRow(grid+gap, -1, parts...))), radiusSmall, func() { m.take(i) })
	r.name = item.text
	r.show(false)
	return r
}

func (r *menuRow) show(marked bool) {
	back, front := fyne.ThemeColorName(""), colorText
	item := &r.of.items[r.at]
	switch {
	case item.danger && marked:
		back, front = colorDangerSoft, colorOnDanger
	case item.danger:
		front = colorDanger
	case marked:
		back, front = colorAccentSoft, colorOnSoft
	}
	r.label.paint(front)
	r.paint(back, "")
}

// MouseIn is for Fyne.
func (r *menuRow) MouseIn(*desktop.MouseEvent) { r.of.mark(r.at) }
