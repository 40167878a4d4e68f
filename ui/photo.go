package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// photo is a picture with round corners that covers its place, or a quiet tile with a drawing where there is none.
type photo struct {
	widget.BaseWidget
	picture image.Image // nil: the tile
	drawing string      // on the tile
	radius  float32
	whole   bool // shows all of the picture rather than cover the place
	dim     bool // behind a veil, for goods that are gone

	before image.Image // gives way to the picture; nil when it has
	gone   float64     // how far, from 0 to 1
}

func newPhoto(drawing string, radius float32) *photo {
	p := &photo{drawing: drawing, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// show shows a picture, or the tile when it is nil.
func (p *photo) show(picture image.Image, dim bool) {
	if p.picture != picture || p.dim != dim {
		p.picture, p.dim = picture, dim
		p.Refresh()
	}
}

// fadeFrom lets the picture that is shown now give way to the next one.
func (p *photo) fadeFrom(d time.Duration) {
	p.before, p.gone = p.picture, 0
	fyne.NewAnimation(d, func(done float32) {
		if p.gone = float64(done); done >= 1 {
			p.before = nil
		}
		p.Refresh()
	}).Start()
}

// CreateRenderer is for Fyne.
func (p *photo) CreateRenderer() fyne.WidgetRenderer {
	r := &photoRenderer{
		of: p, tile: canvas.NewRectangle(nil), veil: canvas.NewRectangle(nil), icon: newIcon(p.drawing, colorMuted, 0),
		image: &canvas.Image{FillMode: canvas.ImageFillCover, ScaleMode: canvas.ImageScaleFastest},
		old:   &canvas.Image{FillMode: canvas.ImageFillCover, ScaleMode: canvas.ImageScaleFastest},
	}
	r.color()
	return laidOut(r, p)
}

type photoRenderer struct {
	of         *photo
	tile, veil *canvas.Rectangle
	icon       *icon
	image, old *canvas.Image
}

func (r *photoRenderer) color() {
	p := r.of
	surface(r.tile, p, colorRaised, "", p.radius)
	surface(r.veil, p, "", "", p.radius)
	if p.dim {
		r.veil.FillColor, r.veil.Hidden = withAlpha(theme.ColorForWidget(colorSurface, p), 0x99), false
	}
	r.icon.set(p.drawing, colorMuted)
	r.image.CornerRadius = p.radius
	r.image.Image = p.picture
	r.image.FillMode = canvas.ImageFillCover
	if p.whole {
		r.image.FillMode = canvas.ImageFillContain
	}
	r.image.Hidden = p.picture == nil
	r.old.CornerRadius, r.old.Image, r.old.Translucency, r.old.Hidden = p.radius, p.before, p.gone, p.before == nil
	r.icon.Hidden = p.picture != nil
	r.tile.Hidden = p.picture != nil && !p.whole
}

// Layout is for Fyne.
func (r *photoRenderer) Layout(size fyne.Size) {
	for _, o := range []fyne.CanvasObject{r.tile, r.veil, r.image, r.old} {
		o.Resize(size)
	}
	side := min(40, min(size.Width, size.Height)*0.4)
	r.icon.Resize(fyne.NewSquareSize(side))
	r.icon.Move(fyne.NewPos((size.Width-side)/2, (size.Height-side)/2))
}

// MinSize is for Fyne.
func (r *photoRenderer) MinSize() fyne.Size { return fyne.Size{} }

// Refresh is for Fyne.
func (r *photoRenderer) Refresh() {
	r.color()
	r.image.Refresh()
	if r.of.before != nil {
		r.old.Refresh()
	}
	r.tile.Refresh()
	r.veil.Refresh()
	r.icon.Refresh()
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *photoRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.tile, r.icon, r.image, r.veil}
	if r.of.before != nil {
		objects = append(objects, r.old)
	}
	return objects
}

// Destroy is for Fyne.
func (r *photoRenderer) Destroy() {}
