package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// chipLine is chips side by side. Those that do not fit are behind a last one that offers them in a menu, but for the
// chosen one, which is always seen.
type chipLine struct {
	widget.BaseWidget
	kit   *kit
	chips []*chip
	more  *chip
	seen  []*chip
}

func newChipLine(k *kit) *chipLine {
	l := &chipLine{kit: k}
	l.more = newChip(k.say("market.more"), l.offer)
	l.ExtendBaseWidget(l)
	return l
}

func (l *chipLine) add(c *chip) { l.chips = append(l.chips, c) }

// offer shows the chips that do not fit.
func (l *chipLine) offer() {
	seen := map[*chip]bool{}
	for _, c := range l.seen {
		seen[c] = true
	}
	var items []menuItem
	for _, c := range l.chips {
		if !seen[c] {
			items = append(items, menuItem{text: c.name, do: c.tapped})
		}
	}
	l.kit.menuBelow(l.more, items)
}

// fit finds out which chips are seen at a width.
func (l *chipLine) fit(width float32) {
	l.seen = l.seen[:0]
	whole := -grid
	for _, c := range l.chips {
		whole += c.MinSize().Width + grid
	}
	if whole <= width {
		l.seen = append(l.seen, l.chips...)
		return
	}
	left := width - l.more.MinSize().Width
	for _, c := range l.chips {
		if c.chosen {
			left -= c.MinSize().Width + grid
		}
	}
	fits := true
	for _, c := range l.chips {
		if !c.chosen {
			left -= c.MinSize().Width + grid
			if fits = fits && left >= 0; !fits {
				continue
			}
		}
		l.seen = append(l.seen, c)
	}
}

// CreateRenderer is for Fyne.
func (l *chipLine) CreateRenderer() fyne.WidgetRenderer { return &chipLineRenderer{l} }

type chipLineRenderer struct{ of *chipLine }

// Layout is for Fyne.
func (r *chipLineRenderer) Layout(size fyne.Size) {
	r.of.fit(size.Width)
	x := float32(0)
	for _, o := range r.Objects() {
		least := o.MinSize()
		o.Resize(least)
		o.Move(fyne.NewPos(x, 0))
		x += least.Width + grid
	}
}

// MinSize is for Fyne.
func (r *chipLineRenderer) MinSize() fyne.Size { return r.of.more.MinSize() }

// Refresh is for Fyne.
func (r *chipLineRenderer) Refresh() {
	r.Layout(r.of.Size())
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *chipLineRenderer) Objects() []fyne.CanvasObject {
	var objects []fyne.CanvasObject
	for _, c := range r.of.seen {
		objects = append(objects, c)
	}
	if len(r.of.seen) < len(r.of.chips) {
		objects = append(objects, r.of.more)
	}
	return objects
}

// Destroy is for Fyne.
func (r *chipLineRenderer) Destroy() {}
