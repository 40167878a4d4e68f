package ui

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// viewerSide is the longer side of a photo in the viewer, decoded.
const viewerSide = 2560

// zoomSteps are how large the viewer shows a photo; 1 fits the window.
var zoomSteps = [...]float32{1, 1.5, 2, 3, 4, 6}

// viewer shows photos as large as the window. Plus, minus and 0 zoom, the arrows turn, Ctrl+C copies, Esc closes; so do
// buttons, the wheel and dragging.
type viewer struct {
	widget.BaseWidget
	kit            *kit
	photos         []chat.Photo
	at, zoom       int
	shift          fyne.Position // of the photo's middle from the window's
	picture        image.Image
	close          *tappable
	save, copy     *tappable
	previous, next *tappable
	closer, wider  *tappable
	count          *label
	told           *toast         // lies on the photo: the window's own is behind it
	before         fyne.Focusable // had the focus
}

var (
	_ fyne.Focusable      = (*viewer)(nil)
	_ fyne.Scrollable     = (*viewer)(nil)
	_ fyne.Draggable      = (*viewer)(nil)
	_ fyne.Tappable       = (*viewer)(nil)
	_ fyne.Shortcutable   = (*viewer)(nil)
	_ desktop.Keyable     = (*viewer)(nil)
	_ fyne.DoubleTappable = (*viewer)(nil)
)

// showViewer covers the window with a photo.
func showViewer(k *kit, photos []chat.Photo, at int) {
	if at >= len(photos) {
		return
	}
	v := &viewer{kit: k, photos: photos, at: at, count: newWhole("", sizeBody, colorText).strong(), told: newToast()}
	v.close = v.button("close", k.say("do.close"), v.leave)
	v.save = v.button("save", k.say("save.title"), func() { k.savePicture(v.photos[v.at], v.tell) })
	v.copy = v.button("copy", k.say("photo.copy"), v.toClipboard)
	v.previous = v.button("previous", k.say("photo.previous"), func() { v.turn(-1) })
	v.next = v.button("next", k.say("photo.next"), func() { v.turn(1) })
	v.closer = v.button("plus", k.say("photo.closer"), func() { v.scale(v.zoom + 1) })
	v.wider = v.button("minus", k.say("photo.wider"), func() { v.scale(v.zoom - 1) })
	v.ExtendBaseWidget(v)
	c := k.window.Canvas()
	v.before = c.Focused()
	c.Overlays().Add(v)
	v.Resize(c.Size())
	c.Focus(v)
	v.update()
}

// button makes one of the viewer's buttons. The viewer has the focus first: its keys work whatever was clicked.
func (v *viewer) button(drawing, name string, do func()) *tappable {
	t := newOverPhoto(drawing, name, func() {
		v.kit.window.Canvas().Focus(v)
		do()
	})
	t.keyed = v.keyed
	return t
}

// tell says a sentence in passing.
func (v *viewer) tell(sentence string) { v.told.say(v.kit, sentence) }

// toClipboard copies the photo one is at.
func (v *viewer) toClipboard() { v.kit.copyPicture(v.photos[v.at].Hash, v.tell) }

// leave closes the viewer.
func (v *viewer) leave() {
	c := v.kit.window.Canvas()
	c.Overlays().Remove(v)
	if v.before != nil {
		c.Focus(v.before)
	}
}

func (v *viewer) turn(by int) {
	n := len(v.photos)
	v.at = (v.at + by + n) % n
	v.zoom, v.shift = 0, fyne.Position{}
	v.update()
}

func (v *viewer) scale(zoom int) {
	zoom = min(max(zoom, 0), len(zoomSteps)-1)
	v.shift.X *= zoomSteps[zoom] / zoomSteps[v.zoom]
	v.shift.Y *= zoomSteps[zoom] / zoomSteps[v.zoom]
	v.zoom = zoom
	v.Refresh()
}

// update shows the photo one is at: its thumbnail until all of it is here.
func (v *viewer) update() {
	p := v.photos[v.at]
	v.count.set(fmt.Sprintf("%d / %d", v.at+1, len(v.photos)))
	seen := func() bool { return v.photos[v.at].Hash == p.Hash }
	v.picture = nil
	whole := false
	v.kit.pics.full(p.Hash, viewerSide, func(picture image.Image) {
		if picture != nil && seen() {
			whole, v.picture = true, picture
			v.Refresh()
		}
	})
	if !whole && len(p.Thumbnail) > 0 {
		v.kit.pics.small(p.Hash, p.Thumbnail, func(picture image.Image) {
			if picture != nil && seen() && !whole {
				v.picture = picture
				v.Refresh()
			}
		})
	}
	v.Refresh()
}

// Tapped is for Fyne: it keeps the focus, and what is below from being tapped.
func (v *viewer) Tapped(*fyne.PointEvent) { v.kit.window.Canvas().Focus(v) }

// DoubleTapped is for Fyne: closer, and back again.
func (v *viewer) DoubleTapped(*fyne.PointEvent) {
	if v.zoom > 0 {
		v.scale(0)
	} else {
		v.scale(2)
	}
}

// Scrolled is for Fyne.
func (v *viewer) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY > 0 {
		v.scale(v.zoom + 1)
	} else if e.Scrolled.DY < 0 {
		v.scale(v.zoom - 1)
	}
}

// Dragged is for Fyne.
func (v *viewer) Dragged(e *fyne.DragEvent) {
	v.shift = v.shift.AddXY(e.Dragged.DX, e.Dragged.DY)
	v.Refresh()
}

// DragEnd is for Fyne.
func (*viewer) DragEnd() {}

// FocusGained is for Fyne.
func (*viewer) FocusGained() {}

// FocusLost is for Fyne.
func (*viewer) FocusLost() {}

// KeyDown is for Fyne.
func (*viewer) KeyDown(*fyne.KeyEvent) {}

// KeyUp is for Fyne.
func (*viewer) KeyUp(*fyne.KeyEvent) {}

// TypedRune is for Fyne.
func (v *viewer) TypedRune(r rune) {
	switch r {
	case '+', '=':
		v.scale(v.zoom + 1)
	case '-':
		v.scale(v.zoom - 1)
	case '0':
		v.scale(0)
	}
}

// TypedKey is for Fyne.
func (v *viewer) TypedKey(e *fyne.KeyEvent) { v.keyed(e.Name) }

// keyed reports whether the viewer has a use for a key.
func (v *viewer) keyed(key fyne.KeyName) bool {
	switch key {
	case fyne.KeyEscape:
		v.leave()
	case fyne.KeyLeft:
		v.turn(-1)
	case fyne.KeyRight:
		v.turn(1)
	default:
		return false
	}
	return true
}

// TypedShortcut is for Fyne.
func (v *viewer) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); ok {
		v.toClipboard()
	}
}

// CreateRenderer is for Fyne.
func (v *viewer) CreateRenderer() fyne.WidgetRenderer {
	r := &viewerRenderer{
		of: v, ground: canvas.NewRectangle(nil), pill: newPanel(colorSurface, touch/2, nil),
		image: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleSmooth},
	}
	r.Refresh()
	return laidOut(r, v)
}

type viewerRenderer struct {
	of     *viewer
	ground *canvas.Rectangle
	image  *canvas.Image
	pill   *panel
}

// Layout is for Fyne.
func (r *viewerRenderer) Layout(size fyne.Size) {
	v := r.of
	r.ground.Resize(size)
	zoom := zoomSteps[v.zoom]
	shown := fyne.NewSize(size.Width*zoom, size.Height*zoom)
	// Not so far that the photo leaves the window.
	most := fyne.NewPos((shown.Width-size.Width)/2, (shown.Height-size.Height)/2)
	v.shift.X = min(max(v.shift.X, -most.X), most.X)
	v.shift.Y = min(max(v.shift.Y, -most.Y), most.Y)
	r.image.Resize(shown)
	r.image.Move(fyne.NewPos(v.shift.X-most.X, v.shift.Y-most.Y))
	at := func(o fyne.CanvasObject, x, y float32) {
		o.Resize(fyne.NewSquareSize(touch))
		o.Move(fyne.NewPos(x, y))
	}
	at(v.close, size.Width-gutter-touch, gutter)
	at(v.closer, size.Width-2*(gutter+touch)-grid, gutter)
	at(v.wider, size.Width-3*(gutter+touch)-grid, gutter)
	at(v.save, size.Width-4*(gutter+touch)-grid, gutter)
	at(v.copy, size.Width-5*(gutter+touch)-grid, gutter)
	at(v.previous, gutter, (size.Height-touch)/2)
	at(v.next, size.Width-gutter-touch, (size.Height-touch)/2)
	least := v.count.MinSize()
	r.pill.Resize(fyne.NewSize(least.Width+2*gutter, touch))
	r.pill.Move(fyne.NewPos((size.Width-r.pill.Size().Width)/2, size.Height-gutter-touch))
	v.count.Resize(least)
	v.count.Move(r.pill.Position().AddXY(gutter, (touch-least.Height)/2))
	v.told.layers.Resize(size)
}

// MinSize is for Fyne.
func (r *viewerRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(200) }

// Refresh is for Fyne.
func (r *viewerRenderer) Refresh() {
	v := r.of
	r.ground.FillColor = theme.ColorForWidget(colorStage, v)
	r.ground.Refresh()
	r.image.Image = v.picture
	r.image.Hidden = v.picture == nil
	several := len(v.photos) > 1
	for _, o := range []fyne.CanvasObject{v.previous, v.next, v.count, r.pill} {
		if several {
			o.Show()
		} else {
			o.Hide()
		}
	}
	r.Layout(v.Size())
	r.image.Refresh()
	canvas.Refresh(v)
}

// Objects is for Fyne.
func (r *viewerRenderer) Objects() []fyne.CanvasObject {
	v := r.of
	return []fyne.CanvasObject{r.ground, r.image, v.previous, v.next, v.close, v.closer, v.wider, v.save, v.copy, r.pill, v.count, v.told.layers}
}

// Destroy is for Fyne.
func (r *viewerRenderer) Destroy() {}
