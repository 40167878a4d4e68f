package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// choices are chips of which at most one is chosen; a tap on that one takes it back.
type choices struct {
	*fyne.Container
	of     []word
	chips  []*chip
	chosen string // stored form, or another word that no chip has
}

// newChoices makes chips of words; changed hears what a tap chose, "" for none.
func newChoices(k *kit, of []word, changed func(stored string)) *choices {
	c := &choices{of: of}
	var objects []fyne.CanvasObject
	for _, w := range of {
		one := newChip(k.say(w.key), func() {
			to := w.stored
			if c.chosen == to {
				to = ""
			}
			c.choose(to)
			changed(to)
		})
		c.chips = append(c.chips, one)
		objects = append(objects, one)
	}
	c.Container = newFlow(grid, objects...)
	return c
}

// choose marks the chip of a word, if there is one.
func (c *choices) choose(stored string) {
	c.chosen = stored
	for i, w := range c.of {
		c.chips[i].choose(w.stored == stored)
	}
}

// known reports whether what is chosen has a chip.
func (c *choices) known() bool {
	return c.chosen == "" || slices.ContainsFunc(c.of, func(w word) bool { return w.stored == c.chosen })
}

// choice is one of several short texts, and a menu of them behind it.
type choice struct {
	tappable
	kit   *kit
	label *label
	value string
	of    []string
	taken func(string)
}

func newChoice(k *kit, name, value string, of []string, taken func(string)) *choice {
	c := &choice{kit: k, label: newWhole(value, sizeBody, colorText).strong(), value: value, of: of, taken: taken}
	inside := newRow(gap, -1, c.label, newIcon("down", colorMuted, 18))
	c.become(c, newSized(touch, touch, inset(0, 0, 12, 10, container.NewCenter(inside))), radius, c.open)
	c.name = name
	c.paint(colorSurface, colorLine)
	return c
}

// choose shows a value.
func (c *choice) choose(value string) {
	c.value = value
	c.label.set(value)
}

func (c *choice) open() {
	var items []menuItem
	for _, value := range c.of {
		items = append(items, menuItem{text: value, chosen: value == c.value, do: func() {
			c.choose(value)
			c.taken(value)
		}})
	}
	c.kit.menuBelow(c, items)
}

// currenciesFor are those to choose among: the usual ones, with one more if it is another.
func currenciesFor(one string) []string {
	usual := []string{"CNY", "EUR", "USD", "GBP", "JPY", "HKD", "TWD", "CHF", "SGD", "AUD", "CAD", "INR"}
	if !slices.Contains(usual, one) {
		usual = append([]string{one}, usual...)
	}
	return usual
}

// currencyOf is what people of a locale such as de_AT.UTF-8 pay with, as far as it can be told.
func currencyOf(locale string) string {
	if len(locale) < 5 || locale[2] != '_' && locale[2] != '-' {
		return "EUR"
	}
	if c, ok := currencyByRegion[locale[3:5]]; ok {
		return c
	}
	if locale[:2] == "zh" {
		return "CNY"
	}
	return "EUR"
}

var currencyByRegion = map[string]string{
	"CN": "CNY", "US": "USD", "GB": "GBP", "JP": "JPY", "HK": "HKD", "TW": "TWD", "CH": "CHF", "SG": "SGD", "AU": "AUD", "CA": "CAD", "IN": "INR",
}

// sideBySide shares the width among objects; where that is too narrow they stand one below the other.
type sideBySide struct{ gap float32 }

// sideLeast is the width that each needs to stand beside another.
const sideLeast float32 = 220

func (s sideBySide) beside(n int, width float32) bool {
	return width >= float32(n)*sideLeast+float32(n-1)*s.gap
}

// Layout is for Fyne.
func (s sideBySide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if !s.beside(len(objects), size.Width) {
		column(s).Layout(objects, size)
		return
	}
	n := float32(len(objects))
	width := (size.Width - (n-1)*s.gap) / n
	for i, o := range objects {
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
		o.Move(fyne.NewPos(float32(i)*(width+s.gap), 0))
	}
}

// MinSize is for Fyne; the height is that for the widths that were set last.
func (s sideBySide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) > 1 && objects[1].Position().Y > 0 {
		return fyne.NewSize(0, column(s).MinSize(objects).Height)
	}
	height := float32(0)
	for _, o := range objects {
		height = max(height, o.MinSize().Height)
	}
	return fyne.NewSize(0, height)
}
