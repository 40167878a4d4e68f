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
	return r
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
	r.image.Resource = drawing(r.icon.name, theme.ColorForWidget(r.icon.color, r.icon))
	r.image.Refresh()
}

// Objects is for Fyne.
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }

// Destroy is for Fyne.
func (r *iconRenderer) Destroy() {}

// drawing is a drawing of ours in a colour. Its name tells the colour, too: Fyne keeps what it has drawn by name.
func drawing(name string, c color.Color) fyne.Resource {
	r, g, b, _ := c.RGBA()
	hex := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	return fyne.NewStaticResource(name+hex+".svg", bytes.ReplaceAll(assets.Drawing(name), []byte("currentColor"), []byte(hex)))
}

// themed is a drawing in whatever the theme's colour is when it is drawn, for widgets of Fyne that take a resource.
type themed struct {
	name  string
	color fyne.ThemeColorName
}

func (d themed) now() fyne.Resource { return drawing(d.name, theme.Color(d.color)) }

// Name is for Fyne.
func (d themed) Name() string { return d.now().Name() }

// Content is for Fyne.
func (d themed) Content() []byte { return d.now().Content() }
