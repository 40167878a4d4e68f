package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// What keys are called that write nothing.
const (
	keyShift   = "shift"
	keyBack    = "back"
	keyEnter   = "enter"
	keyHide    = "hide"
	keyDigits  = "?123"
	keyLetters = "ABC"
)

// The rows of the keyboard, and of its other side.
var (
	lettersRows = []string{"q w e r t y u i o p", "a s d f g h j k l", "shift z x c v b n m back", "?123 , space . enter hide"}
	digitsRows  = []string{"1 2 3 4 5 6 7 8 9 0", "@ # ¥ $ € % & * - +", "( ) / : ; ! ? \" ' back", "ABC , space . enter hide"}
)

// The keyboard's lengths.
const (
	keyLow   float32 = 54
	keyHigh  float32 = 64 // where there is room
	keyGap   float32 = 6
	keysMost float32 = 1000 // wider than that fingers travel far
)

// keyHeight is how high a key is in this window.
func (k *kit) keyHeight() float32 {
	if k.window.Canvas().Size().Height < highFrom {
		return keyLow
	}
	return keyHigh
}

// highFrom is the height of a window in which things may be larger.
const highFrom float32 = 800

// keyboard is Latin keys on the screen. Shift holds for one letter; tapped twice, until it is tapped again.
type keyboard struct {
	kit    *kit
	object *fyne.Container
	rows   *fyne.Container
	press  func(key string)
	high   float32 // a key
	shift  int     // 0, 1 for one letter, 2 for all
	digits bool
	caps   []*cap
}

// cap is the top of a key.
type cap struct {
	tappable
	key   string
	label *label
}

func newKeyboard(k *kit, press func(string)) *keyboard {
	b := &keyboard{kit: k, press: press, high: k.keyHeight()}
	b.rows = container.New(keyRows{b.high})
	b.object = inset(10, 12, kioskGutter, kioskGutter, container.New(middleWide{keysMost}, b.rows))
	b.build()
	return b
}

// build makes the keys of the side that is up.
func (b *keyboard) build() {
	rows := lettersRows
	if b.digits {
		rows = digitsRows
	}
	b.rows.Objects, b.caps = nil, nil
	for _, row := range rows {
		line := container.New(keyRow{b.high})
		for key := range strings.FieldsSeq(row) {
			line.Add(b.newCap(key))
		}
		b.rows.Add(line)
	}
	b.mark()
	b.rows.Refresh()
}

func (b *keyboard) newCap(key string) *cap {
	c := &cap{key: key}
	drawing, name := "", ""
	switch key {
	case keyShift:
		drawing, name = "shift", b.kit.say("keyboard.shift")
	case keyBack:
		drawing, name = "erase", b.kit.say("keyboard.back")
	case keyEnter:
		drawing, name = "enter", b.kit.say("keyboard.enter")
	case keyHide:
		drawing, name = "down", b.kit.say("keyboard.hide")
	}
	var on fyne.CanvasObject
	if drawing != "" {
		c.glyph = newIcon(drawing, colorText, 26)
		on = container.NewCenter(c.glyph)
	} else {
		text := key
		if key == "space" {
			text = b.kit.say("keyboard.space")
		}
		c.label = newWhole(text, sizeStrong, colorText)
		name, on = text, container.NewCenter(c.label)
	}
	c.become(c, newSized(keyLow-6, b.high, on), 10, func() { b.tap(key) })
	c.name = name
	c.paint(colorSurface, "")
	if len(key) > 1 && key != "space" && len([]rune(key)) > 1 {
		c.paint(colorRaised, "")
	}
	b.caps = append(b.caps, c)
	return c
}

// tap presses a key.
func (b *keyboard) tap(key string) {
	switch key {
	case keyShift:
		b.shift = (b.shift + 1) % 3
		b.kit.stirred()
		b.mark()
	case keyDigits, keyLetters:
		b.digits = key == keyDigits
		b.shift = 0
		b.kit.stirred()
		b.build()
	case "space":
		b.press(" ")
	case keyBack, keyEnter, keyHide:
		b.press(key)
	default:
		if b.shift > 0 {
			key = strings.ToUpper(key)
		}
		if b.shift == 1 {
			b.shift = 0
			b.mark()
		}
		b.press(key)
	}
}

// mark shows the letters as they will be written.
func (b *keyboard) mark() {
	for _, c := range b.caps {
		switch {
		case c.key == keyShift:
			c.paint([]fyne.ThemeColorName{colorRaised, colorAccentSoft, colorAccent}[b.shift], "")
		case c.label != nil && len(c.key) == 1 && !b.digits:
			text := c.key
			if b.shift > 0 {
				text = strings.ToUpper(text)
			}
			c.label.set(text)
			c.name = text
		}
	}
}

// keyRows stacks rows of keys.
type keyRows struct{ high float32 }

// Layout is for Fyne.
func (r keyRows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, o := range objects {
		o.Resize(fyne.NewSize(size.Width, r.high))
		o.Move(fyne.NewPos(0, float32(i)*(r.high+keyGap)))
	}
}

// MinSize is for Fyne.
func (r keyRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	n := float32(len(objects))
	return fyne.NewSize(0, n*r.high+max(0, n-1)*keyGap)
}

// keyRow puts keys side by side in a width that ten keys fill; the space bar takes what is left, and a row that has none
// stands in the middle.
type keyRow struct{ high float32 }

// Layout is for Fyne.
func (keyRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	one := (size.Width - 9*keyGap) / 10
	wide := func(o fyne.CanvasObject) float32 {
		if c, ok := o.(*cap); ok {
			switch c.key {
			case keyShift, keyBack, keyDigits, keyLetters, keyEnter, keyHide:
				return one*1.5 + keyGap/2
			case "space":
				return 0
			}
		}
		return one
	}
	left, spaces := size.Width+keyGap, 0
	for _, o := range objects {
		w := wide(o)
		if w == 0 {
			spaces++
		}
		left -= w + keyGap
	}
	x := float32(0)
	if spaces == 0 {
		x = max(0, left/2)
	}
	for _, o := range objects {
		w := wide(o)
		if w == 0 {
			w = left
		}
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos(x, 0))
		x += w + keyGap
	}
}

// MinSize is for Fyne.
func (r keyRow) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, r.high) }

// middleWide puts objects into the middle, no wider than most and as high as there is room.
type middleWide struct{ most float32 }

// Layout is for Fyne.
func (m middleWide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := min(m.most, size.Width)
	for _, o := range objects {
		o.Resize(fyne.NewSize(width, size.Height))
		o.Move(fyne.NewPos((size.Width-width)/2, 0))
	}
}

// MinSize is for Fyne.
func (middleWide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	return size
}
