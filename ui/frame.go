package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// frame lays the window out: the rail, and beside it the list and the detail of the place one is at. In a narrow window
// the detail, if there is one, covers the list and offers a way back. Behind it is the window's ground, in the page's colour:
// to paint that once more would cost as much as all that stands on it.
type frame struct {
	widget.BaseWidget
	rail  *rail
	line  *hairline
	toast *toast
	over  *fyne.Container // what lies over everything

	list, detail pane
	blank        fyne.CanvasObject // stands where no detail is; nil: the list takes all of it
	leave        func()            // closes the detail
	narrow       bool
}

func newFrame(r *rail) *frame {
	f := &frame{rail: r, line: newLine(), toast: newToast()}
	f.over = f.toast.layers
	f.ExtendBaseWidget(f)
	return f
}

// show puts panes on the screen. detail may be nil; blank is what stands in its place in a wide window, or nil if the
// list takes all of it then.
func (f *frame) show(list, detail pane, blank fyne.CanvasObject, leave func()) {
	f.list, f.detail, f.blank, f.leave = list, detail, blank, leave
	f.Refresh()
}

// tell shows sentences in passing.
func (f *frame) tell(k *kit) func(string) {
	return func(sentence string) { f.toast.say(k, sentence) }
}

// bare reports whether the list has nothing to choose from: it has the window for itself then.
func (f *frame) bare() bool {
	list, ok := f.list.(interface{ bare() bool })
	return ok && list.bare()
}

// front is the pane to type in.
func (f *frame) front() pane {
	if f.detail != nil {
		return f.detail
	}
	return f.list
}

// CreateRenderer is for Fyne.
func (f *frame) CreateRenderer() fyne.WidgetRenderer { return &frameRenderer{f} }

type frameRenderer struct{ of *frame }

// parts are the objects beside the rail that are seen.
func (r *frameRenderer) parts() (list, detail fyne.CanvasObject) {
	f := r.of
	if f.list != nil {
		list = f.list.object()
	}
	switch {
	case f.detail != nil:
		detail = f.detail.object()
	case !f.narrow && !f.bare():
		detail = f.blank
	}
	if f.narrow && detail != nil {
		list = nil
	}
	return list, detail
}

// Layout is for Fyne.
func (r *frameRenderer) Layout(size fyne.Size) {
	f := r.of
	f.narrow = size.Width < narrowBelow
	f.over.Resize(size)
	f.rail.Resize(fyne.NewSize(railWidth, size.Height))
	area := fyne.NewSize(size.Width-railWidth, size.Height)
	list, detail := r.parts()
	if f.detail != nil {
		if f.narrow || f.blank == nil {
			f.detail.back(f.leave)
		} else {
			f.detail.back(nil)
		}
	}
	place := func(o fyne.CanvasObject, x, width float32) {
		if o != nil {
			o.Move(fyne.NewPos(railWidth+x, 0))
			o.Resize(fyne.NewSize(width, area.Height))
		}
	}
	f.line.Hidden = list == nil || detail == nil
	switch {
	case detail == nil:
		place(list, 0, area.Width)
	case list == nil:
		place(detail, 0, area.Width)
	default:
		width := listWidth
		if f.blank == nil { // the list is worth more room than the detail
			width = area.Width - min(max(area.Width*0.44, 384), 560)
		}
		place(list, 0, width)
		place(f.line, width, 1)
		place(detail, width+1, area.Width-width-1)
	}
}

// MinSize is for Fyne.
func (r *frameRenderer) MinSize() fyne.Size { return fyne.NewSize(railWidth+360, 280) }

// Refresh is for Fyne.
func (r *frameRenderer) Refresh() {
	r.Layout(r.of.Size())
	r.of.line.Refresh()
	r.of.rail.Refresh()
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *frameRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.of.rail}
	list, detail := r.parts()
	if list != nil {
		objects = append(objects, list)
	}
	if detail != nil {
		objects = append(objects, detail)
	}
	return append(objects, r.of.line, r.of.over)
}

// Destroy is for Fyne.
func (r *frameRenderer) Destroy() {}
