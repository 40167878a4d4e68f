package ui

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/assets"
)

// icon is one of the drawings in assets, in a colour of the theme.
type icon struct {
	widget.BaseWidget
	name  string
	color fyne.ThemeColorName
	side  float32
}

func newIcon(name string, color fyne.ThemeColorName, side float32) *icon {
	i := &icon{name: name, color: color, side: side}
	i.ExtendBaseWidget(i)
	return i
}

// set shows another drawing, or in another colour.
func (i *icon) set(name string, color fyne.ThemeColorName) {
	if i.name != name || i.color != color {
		i.name, i.color = name, color
		i.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (i *icon) CreateRenderer() fyne.WidgetRenderer {
	r := &iconRenderer{icon: i, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return laidOut(r, i)
}

type iconRenderer struct {
	icon  *icon
	image *canvas.Image
}

// Layout is for Fyne.
func (r *iconRenderer) Layout(size fyne.Size) { r.image.Resize(size) }

// MinSize is for Fyne.
func (r *iconRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.icon.side) }

// Refresh is for Fyne.
func (r *iconRenderer) Refresh() {
	r.image.Resource = sketch{r.icon.name, theme.ColorForWidget(r.icon.color, r.icon), r.image}
	r.image.Refresh()
}

// Objects is for Fyne.
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }

// Destroy is for Fyne.
func (r *iconRenderer) Destroy() {}

// sketch is a drawing of ours in a colour, for the canvas that an object is on: Fyne draws lines as many pixels broad as the
// file says, whatever the scale, so the file has to say it for the scale.
type sketch struct {
	name  string
	color color.Color
	on    fyne.CanvasObject
}

// lineWidth is what the files say, and what lines have at a scale of 1.
const lineWidth = 1.8

func (s sketch) scale() float32 {
	if c := canvasOf(s.on); c != nil {
		return c.Scale()
	}
	return 1
}

func (s sketch) hex() string {
	r, g, b, _ := s.color.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// Name is for Fyne, which keeps what it has drawn by name: it tells everything that the drawing depends on.
func (s sketch) Name() string { return fmt.Sprintf("%s%s@%g.svg", s.name, s.hex(), s.scale()) }

// Content is for Fyne.
func (s sketch) Content() []byte {
	line := fmt.Appendf(nil, `stroke-width="%.2f"`, lineWidth*s.scale())
	return bytes.ReplaceAll(bytes.ReplaceAll(assets.Drawing(s.name), []byte("currentColor"), []byte(s.hex())),
		fmt.Appendf(nil, `stroke-width="%g"`, lineWidth), line)
}
