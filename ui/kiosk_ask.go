package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// ask asks a guest whether somebody is still there. The question lies on the screen and leaves the focus where it is: whoever
// was typing goes on, and not a letter is lost.
func (h *Kiosk) ask(left int) {
	if h.still == nil {
		k := h.visit.kit
		h.still = newDial(int(h.cfg.Settings.Warning.Seconds()))
		stay := func() { h.idle.stir() }
		scrim := newTappable(newFill(colorScrim), 0, stay)
		scrim.plain = true
		card := newPanel(colorSurface, 28, inset(28, 28, 36, 36, newColumn(14,
			container.NewCenter(h.still),
			newParagraph(k.say("kiosk.still"), sizeTitle, colorText).strong().centred(),
			newParagraph(k.say("kiosk.stillHint"), sizeBody, colorMuted).centred(),
			newColumn(12, big(k.bigButton(primary, "", k.say("kiosk.here"), stay)), big(k.bigButton(plain, "", k.say("kiosk.finish"), h.end))))))
		card.lifted = true
		h.show(layerAsk, container.NewStack(scrim, container.New(middle{460}, card)))
	}
	h.still.show(left)
}

// unask takes the question away.
func (h *Kiosk) unask() {
	h.still = nil
	h.show(layerAsk, nil)
}

// dial counts seconds down.
type dial struct {
	widget.BaseWidget
	most, left int
}

const dialSide float32 = 124

func newDial(most int) *dial {
	d := &dial{most: max(1, most)}
	d.ExtendBaseWidget(d)
	return d
}

func (d *dial) show(left int) {
	d.left = left
	d.Refresh()
}

// CreateRenderer is for Fyne.
func (d *dial) CreateRenderer() fyne.WidgetRenderer {
	r := &dialRenderer{
		of: d, rest: canvas.NewArc(0, 360, 0.88, nil), arc: canvas.NewArc(0, 360, 0.88, nil),
		number: newWhole("", sizeDisplay, colorText).strong(),
	}
	r.color()
	return laidOut(r, d)
}

type dialRenderer struct {
	of        *dial
	rest, arc *canvas.Arc
	number    *label
}

func (r *dialRenderer) color() {
	r.rest.FillColor = theme.ColorForWidget(colorRaised, r.of)
	r.arc.FillColor = theme.ColorForWidget(colorAccent, r.of)
	r.arc.EndAngle = 360 * float32(min(r.of.left, r.of.most)) / float32(r.of.most)
	r.number.set(strconv.Itoa(r.of.left))
}

// Layout is for Fyne.
func (r *dialRenderer) Layout(size fyne.Size) {
	r.rest.Resize(size)
	r.arc.Resize(size)
	least := r.number.MinSize()
	r.number.Resize(least)
	r.number.Move(fyne.NewPos((size.Width-least.Width)/2, (size.Height-least.Height)/2))
}

// MinSize is for Fyne.
func (r *dialRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(dialSide) }

// Refresh is for Fyne.
func (r *dialRenderer) Refresh() {
	r.color()
	r.Layout(r.of.Size())
	r.rest.Refresh()
	r.arc.Refresh()
}

// Objects is for Fyne.
func (r *dialRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.rest, r.arc, r.number}
}

// Destroy is for Fyne.
func (r *dialRenderer) Destroy() {}
