package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// stageKit is what a widget needs that stands in a window alone.
func stageKit(t *testing.T, on fyne.CanvasObject, width, height float32) *kit {
	t.Helper()
	return &kit{words: NewWords("en"), window: window(t, on, width, height), clipboard: &clip{}}
}

// openedMenu is the menu that is open.
func openedMenu(t *testing.T, k *kit) *menu {
	t.Helper()
	m, ok := k.window.Canvas().Overlays().Top().(*menu)
	if !ok {
		t.Fatal("no menu is open")
	}
	return m
}

func TestMenu(t *testing.T) {
	stage(t)
	anchor := newChip("anchor", nil)
	k := stageKit(t, anchor, 400, 300)
	k.window.Canvas().Focus(anchor)
	var taken []string
	open := func() *menu {
		var items []menuItem
		for _, word := range []string{"one", "two", "three"} {
			items = append(items, menuItem{text: word, chosen: word == "two", danger: word == "three", do: func() { taken = append(taken, word) }})
		}
		k.menuAt(fyne.NewPos(390, 290), items)
		return openedMenu(t, k)
	}
	press := func(keys ...fyne.KeyName) {
		for _, key := range keys {
			k.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
		}
	}
	gone := func(what string) {
		t.Helper()
		if k.window.Canvas().Overlays().Top() != nil || k.window.Canvas().Focused() != fyne.Focusable(anchor) {
			t.Errorf("after %s the menu is there, or the focus is not where it was", what)
		}
	}
	m := open()
	if at, size := m.card.Position(), m.card.Size(); at.X < grid || at.X+size.Width > 400-grid || at.Y+size.Height > 300-grid || size.Height < 3*touch {
		t.Errorf("a card of %v stands at %v", size, at)
	}
	press(fyne.KeyReturn)
	if len(taken) != 0 {
		t.Error("Return takes what nobody marked")
	}
	press(fyne.KeyDown, fyne.KeyDown)
	if !m.rows[1].check.Visible() || m.rows[0].check.Visible() || m.rows[1].color != colorAccentSoft || m.rows[0].color != "" {
		t.Error("what holds, or what is marked, is not shown")
	}
	press(fyne.KeyReturn)
	gone("Return")
	open()
	press(fyne.KeyUp, fyne.KeyUp, fyne.KeyTab, fyne.KeySpace)
	gone("Space")
	open()
	press(fyne.KeyEnd, fyne.KeyDown, fyne.KeyEnter)
	gone("Enter")
	m = open()
	m.rows[2].MouseIn(&desktop.MouseEvent{})
	if m.rows[2].color != colorDangerSoft {
		t.Error("the mouse does not mark")
	}
	test.Tap(m.rows[2])
	gone("a tap")
	if want := []string{"two", "three", "one", "three"}; !slices.Equal(taken, want) {
		t.Errorf("taken are %q, want %q", taken, want)
	}
	open()
	press(fyne.KeyDown, fyne.KeyEscape)
	gone("Esc")
	test.Tap(open())
	gone("a tap beside it")
	if len(taken) != 4 {
		t.Errorf("leaving a menu takes %q", taken[4:])
	}
	k.menuAt(fyne.Position{}, nil)
	gone("a menu of nothing")
}

// TestMenuOfMany: a menu that is taller than the window scrolls to what is marked.
func TestMenuOfMany(t *testing.T) {
	stage(t)
	c := (*choice)(nil)
	got := ""
	k := &kit{words: NewWords("en")}
	c = newChoice(k, "currency", "EUR", currenciesFor("EUR"), func(s string) { got = s })
	k.window = window(t, c, 300, 260)
	test.Tap(c)
	m := openedMenu(t, k)
	for range c.of {
		m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		r := m.rows[m.marked]
		if top := r.Position().Y - m.list.Offset.Y; top < -1 || top+r.Size().Height > m.list.Size().Height+1 {
			t.Errorf("row %d is marked and not seen", m.marked)
		}
	}
	if m.card.Size().Height > 260-2*grid {
		t.Errorf("the card is %v high", m.card.Size().Height)
	}
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if last := c.of[len(c.of)-1]; got != last || c.value != last {
		t.Errorf("chosen is %q, shown %q", got, c.value)
	}
}

func TestFieldMenu(t *testing.T) {
	stage(t)
	k := &kit{words: NewWords("en"), clipboard: &clip{}}
	e := newEntry(k, "")
	k.window = window(t, e, 400, 300)
	menuSays := func() []string {
		test.TapSecondary(e)
		var names []string
		for _, i := range openedMenu(t, k).items {
			names = append(names, i.text)
		}
		return names
	}
	take := func(name string) {
		t.Helper()
		m := openedMenu(t, k)
		m.take(slices.IndexFunc(m.items, func(i menuItem) bool { return i.text == name }))
	}
	if got := menuSays(); !slices.Equal(got, []string{"Paste"}) {
		t.Errorf("an empty field offers %q", got)
	}
	k.clipboard.SetContent("words")
	take("Paste")
	if e.Text != "words" || k.window.Canvas().Focused() != fyne.Focusable(e) {
		t.Errorf("pasted is %q", e.Text)
	}
	menuSays()
	take("Select all")
	if got := menuSays(); !slices.Equal(got, []string{"Cut", "Copy", "Paste", "Select all"}) {
		t.Errorf("a field with selected text offers %q", got)
	}
	k.clipboard.SetContent("")
	take("Cut")
	if e.Text != "" || k.clipboard.Content() != "words" {
		t.Errorf("cut leaves %q, the clipboard holds %q", e.Text, k.clipboard.Content())
	}
}
