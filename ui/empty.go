package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// newEmpty fills a pane that has nothing to show: a drawing, what is so, and what to do about it. Where that is too high, it
// scrolls.
func newEmpty(drawing, title, hint string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	disc := newPanel(colorAccentSoft, 36, newSized(72, 72, container.NewCenter(newIcon(drawing, colorOnSoft, 34))))
	parts := []fyne.CanvasObject{
		container.NewCenter(disc),
		newParagraph(title, sizeStrong, colorText).strong().centred(),
	}
	if hint != "" {
		parts = append(parts, newParagraph(hint, sizeBody, colorMuted).centred())
	}
	if len(actions) > 0 {
		parts = append(parts, inset(grid, 0, 0, 0, container.NewCenter(newColumn(grid, actions...))))
	}
	return newPage(0, container.New(middle{360}, newColumn(12, parts...)))
}

// middle puts an object into the middle of a pane, both ways, no wider than most.
type middle struct{ most float32 }

// Layout is for Fyne.
func (m middle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(m.most, size.Width-2*gutter)
	for _, o := range objects {
		if o.Size().Width != width {
			o.Resize(fyne.NewSize(width, o.MinSize().Height))
		}
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(width, height))
		o.Move(fyne.NewPos((size.Width-width)/2, max(0, (size.Height-height)*0.42)))
	}
}

// MinSize is for Fyne.
func (middle) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}
