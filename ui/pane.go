package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// pane is one screen: the list of a place, or the detail beside it. All methods are called on the UI's goroutine.
type pane interface {
	// object is what is on the screen, the same as long as the pane lives.
	object() fyne.CanvasObject
	// apply tells a fact; every one since the pane was made, in order.
	apply(chat.Event)
	// back gives a detail the way to its list, or nil when both are seen: the pane shows a button for it, or hides it.
	back(func())
	// shown tells that the pane came to the front; it takes the focus if typing should go there.
	shown()
	// closed tells that the pane will not be seen again.
	closed()
}

// header is the top of a pane: a way back, what this is, and what can be done with all of it.
type header struct {
	Container   *fyne.Container // named, not embedded: Fyne draws a container only when given itself
	leaveButton *tappable
	leave       func()
}

// headerHeight is that of every pane's top, so that those side by side are in line.
const headerHeight float32 = 64

func newHeader(k *kit, title fyne.CanvasObject, actions ...fyne.CanvasObject) *header {
	h := &header{}
	h.leaveButton = newIconButton("back", k.say("do.back"), func() {
		if h.leave != nil {
			h.leave()
		}
	})
	h.leaveButton.Hide()
	objects := append([]fyne.CanvasObject{h.leaveButton, title}, actions...)
	h.Container = container.New(sized{fyne.NewSize(0, headerHeight)}, inset(0, 0, gutter, gutter, newRow(grid, 1, objects...)))
	return h
}

// back shows or hides the way back.
func (h *header) back(leave func()) {
	h.leave = leave
	if leave == nil {
		h.leaveButton.Hide()
	} else {
		h.leaveButton.Show()
	}
	h.Container.Refresh()
}

// newTitle is the title of a pane's header.
func newTitle(s string) *label { return newLabel(s, sizeTitle, colorText).strong() }

// stacked is a pane's layout: its header above what scrolls.
func stacked(top, below fyne.CanvasObject) *fyne.Container {
	return container.NewStack(container.New(topAndRest{}, top, below))
}

// topAndRest gives all but the last their least height, and the last the rest.
type topAndRest struct{}

// Layout is for Fyne.
func (topAndRest) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if o.Size().Width != size.Width {
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		}
		height := o.MinSize().Height
		if i == len(objects)-1 {
			height = max(0, size.Height-y)
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, height))
		y += height
	}
}

// MinSize is for Fyne.
func (topAndRest) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size.Width = max(size.Width, least.Width)
			size.Height += least.Height
		}
	}
	return size
}
