package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// panel is a rounded surface with something on it.
type panel struct {
	widget.BaseWidget
	color  fyne.ThemeColorName
	line   fyne.ThemeColorName // of its edge, "" for none
	radius float32
	lifted bool // casts a soft shadow
	on     fyne.CanvasObject
}

func newPanel(color fyne.ThemeColorName, radius float32, on fyne.CanvasObject) *panel {
	p := &panel{color: color, radius: radius, on: on}
	p.ExtendBaseWidget(p)
	return p
}

// newCard is a panel that stands out from the page.
func newCard(on fyne.CanvasObject) *panel {
	p := newPanel(colorSurface, radiusLarge, on)
	p.line = colorLine
	return p
}

// paint gives it other colours; line may be "".
func (p *panel) paint(color, line fyne.ThemeColorName) {
	if p.color != color || p.line != line {
		p.color, p.line = color, line
		p.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{panel: p, rect: canvas.NewRectangle(nil)}
	r.color()
	return laidOut(r, p)
}

// laidOut lays a new renderer out for the size that its widget has already. Fyne forgets the renderers of what was out of sight
// for a minute, and lays out the new ones only when their widgets get another size.
func laidOut(r fyne.WidgetRenderer, of fyne.Widget) fyne.WidgetRenderer {
	if size := of.Size(); size != (fyne.Size{}) {
		r.Layout(size)
	}
	return r
}

type panelRenderer struct {
	panel *panel
	rect  *canvas.Rectangle
}

func (r *panelRenderer) color() {
	p := r.panel
	surface(r.rect, p, p.color, p.line, p.radius)
	if p.lifted {
		r.rect.Shadow = canvas.Shadow{Color: theme.ColorForWidget(colorShadow, p), BlurRadius: 12, Offset: fyne.NewPos(0, 2)}
	}
}

// surface gives a rectangle colours of the theme as o sees it. Without any it is hidden: painters would work for what nobody
// sees, and a rounded rectangle of nothing costs as much as any other.
func surface(rect *canvas.Rectangle, o fyne.Widget, color, line fyne.ThemeColorName, radius float32) {
	rect.FillColor, rect.CornerRadius = nil, radius
	if color != "" {
		rect.FillColor = theme.ColorForWidget(color, o)
	}
	rect.StrokeColor, rect.StrokeWidth = nil, 0
	rect.Hidden = color == "" && line == ""
	if line != "" {
		rect.StrokeColor, rect.StrokeWidth = theme.ColorForWidget(line, o), 1
	}
}

// Layout is for Fyne.
func (r *panelRenderer) Layout(size fyne.Size) {
	r.rect.Resize(size)
	if r.panel.on != nil {
		r.panel.on.Resize(size)
	}
}

// MinSize is for Fyne.
func (r *panelRenderer) MinSize() fyne.Size {
	if r.panel.on == nil {
		return fyne.Size{}
	}
	return r.panel.on.MinSize()
}

// Refresh is for Fyne.
func (r *panelRenderer) Refresh() {
	r.color()
	r.rect.Refresh()
	canvas.Refresh(r.panel) // the rectangle may be hidden now
	if r.panel.on != nil {
		r.panel.on.Refresh()
	}
}

// Objects is for Fyne.
func (r *panelRenderer) Objects() []fyne.CanvasObject {
	if r.panel.on == nil {
		return []fyne.CanvasObject{r.rect}
	}
	return []fyne.CanvasObject{r.rect, r.panel.on}
}

// Destroy is for Fyne.
func (r *panelRenderer) Destroy() {}
