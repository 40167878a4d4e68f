package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// buttonKind is how much a button asks to be tapped.
type buttonKind uint8

const (
	primary buttonKind = iota // the one thing to do here
	tonal                     // another good thing to do
	plain                     // what can be done as well
	danger                    // what cannot be undone
)

// button says what it does, with a drawing before it if it has one.
type button struct {
	tappable
	kind  buttonKind
	label *label
	icon  *icon
}

// newButton makes a button; drawing may be "".
func newButton(kind buttonKind, drawing, text string, tapped func()) *button {
	b := &button{kind: kind, label: newWhole(text, sizeBody, colorText).strong()}
	parts := []fyne.CanvasObject{}
	if drawing != "" {
		b.icon = newIcon(drawing, colorText, 20)
		parts = append(parts, b.icon)
	}
	parts = append(parts, b.label)
	inside := container.NewCenter(newRow(grid, -1, parts...))
	b.become(b, newSized(touch, touch, inset(gap, gap, gutter, gutter, inside)), radius, tapped)
	b.name = text
	b.color()
	return b
}

// say changes its text.
func (b *button) say(text string) {
	b.name = text
	b.label.set(text)
}

// enable lets it be tapped, or not.
func (b *button) enable(on bool) {
	if b.disabled == on {
		b.disabled = !on
		b.color()
	}
}

func (b *button) color() {
	back, front := fyne.ThemeColorName(""), fyne.ThemeColorName("")
	line := fyne.ThemeColorName("")
	switch {
	case b.disabled:
		back, front = colorRaised, colorMuted
	case b.kind == primary:
		back, front = colorAccent, colorOnAccent
	case b.kind == tonal:
		back, front = colorAccentSoft, colorOnSoft
	case b.kind == danger:
		back, front = colorDangerSoft, colorOnDanger
	default:
		back, front, line = colorSurface, colorText, colorLine
	}
	b.label.paint(front)
	if b.icon != nil {
		b.icon.set(b.icon.name, front)
	}
	b.paint(back, line)
}

// newIconButton is a drawing to tap, for what everybody knows by its drawing: back, close, next. name says it in words.
func newIconButton(drawing, name string, tapped func()) *tappable {
	glyph := newIcon(drawing, colorText, 22)
	t := newTappable(newSized(touch, touch, container.NewCenter(glyph)), touch/2, tapped)
	t.name, t.glyph = name, glyph
	return t
}

// chip is a choice among some.
type chip struct {
	tappable
	label  *label
	chosen bool
}

func newChip(text string, tapped func()) *chip {
	c := &chip{label: newWhole(text, sizeBody, colorText)}
	c.become(c, newSized(touch, touch, inset(gap, gap, 14, 14, container.NewCenter(c.label))), touch/2, tapped)
	c.name = text
	c.choose(false)
	return c
}

// choose marks it as the choice, or not.
func (c *chip) choose(on bool) {
	c.chosen = on
	if on {
		c.label.paint(colorOnAccent)
		c.paint(colorAccent, "")
		return
	}
	c.label.paint(colorText)
	c.paint(colorSurface, colorLine)
}

// newBadge is a word on a coloured ground, such as "reserved".
func newBadge(text string, ground, front fyne.ThemeColorName) *panel {
	return newPanel(ground, radiusSmall, inset(2, 2, grid, grid, newWhole(text, sizeCaption, front).strong()))
}

// counter is a number on a pill; nothing when it is 0.
type counter struct {
	panel
	label *label
}

func newCounter() *counter {
	c := &counter{label: newWhole("", sizeCaption, colorOnAccent).strong()}
	c.color, c.radius = colorAccent, 10
	c.on = newSized(20, 20, inset(0, 0, 6, 6, container.NewCenter(c.label)))
	c.ExtendBaseWidget(c)
	c.Hide()
	return c
}

// set shows a number: above 99 as 99+.
func (c *counter) set(n int) {
	c.label.set(shortNumber(n))
	if n > 0 {
		c.Show()
	} else {
		c.Hide()
	}
}
