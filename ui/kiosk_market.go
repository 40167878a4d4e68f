package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// kioskMarket is the market for a finger: the same goods and searches, with large cards, categories that scroll sideways and a
// keyboard on the screen.
type kioskMarket struct {
	*market
	keys *typeDesk
	all  *fyne.Container
}

// kioskCard is the least width of a card.
const kioskCard float32 = 228

// newKioskMarket shows the categories that the owner wants; all if there are none.
func newKioskMarket(k *kit, only []string) *kioskMarket {
	m := &kioskMarket{market: newMarket(k)}
	m.grid.least, m.grid.gap, m.grid.edge = kioskCard, gutter, kioskGutter
	m.grid.scroll.OnScrolled = func(fyne.Position) {
		k.stirred()
		m.grid.update()
	}
	drag := newDragger(k, func(dy float32) {
		m.grid.scroll.ScrollToOffset(m.grid.scroll.Offset.SubtractXY(0, dy))
		m.grid.update()
	})
	m.body.Objects = []fyne.CanvasObject{m.grid, drag, container.New(topMiddle{}, big(m.news))}
	m.keys = newTypeDesk(k, m.search, nil)
	m.keys.done = k.window.Canvas().Unfocus
	m.search.gained = func() { m.keys.show(deskKeyboard) }
	m.keys.field(func() { k.window.Canvas().Focus(m.search) })
	top := inset(12, 12, kioskGutter, kioskGutter, newRow(12, 1, newSized(280, reach, m.search), m.categories(only)))
	m.all = container.New(upright{grow: 1}, top, m.body, m.keys.object)
	m.keys.told = m.all.Refresh
	return m
}

// object is the screen.
func (m *kioskMarket) object() fyne.CanvasObject { return m.all }

// categories are large chips, which scroll sideways.
func (m *kioskMarket) categories(only []string) fyne.CanvasObject {
	k := m.kit
	m.chips = nil
	line := newRow(grid, -1)
	add := func(stored, text string) {
		var c *chip
		c = newChip(text, func() {
			k.stirred()
			m.chooseCategory(c, stored)
		})
		c.radius = reach / 2
		m.chips = append(m.chips, c)
		line.Add(big(c))
	}
	if len(only) == 0 {
		add("", k.say("market.all"))
		for _, w := range categories {
			add(w.stored, k.say(w.key))
		}
	}
	for _, stored := range only {
		if !slices.ContainsFunc(m.chips, func(c *chip) bool { return c.name == k.word(categories, stored) }) {
			add(stored, k.word(categories, stored))
		}
	}
	m.chips[0].choose(true)
	if len(only) > 0 {
		m.query.Category = only[0]
		m.ask()
	}
	return newSized(0, reach, newStrip(k, line))
}
