package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// label is plain text without padding, in a size and colour of the theme. It is as wide as it is made; what does not fit
// is cut with an ellipsis after lines lines.
type label struct {
	widget.BaseWidget
	text  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
	bold  bool
	align fyne.TextAlign
	lines int  // at most; 0 for as many as it takes
	whole bool // never narrower than its text, for one line
}

// newLabel is one line that is cut where it ends.
func newLabel(text string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *label {
	l := &label{text: text, size: size, color: color, lines: 1}
	l.ExtendBaseWidget(l)
	return l
}

// newWhole is one line that is never cut: for our own words, in places made for them.
func newWhole(text string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *label {
	l := newLabel(text, size, color)
	l.whole = true
	return l
}

// newParagraph is text of as many lines as it takes.
func newParagraph(text string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *label {
	l := newLabel(text, size, color)
	l.lines = 0
	return l
}

// strong makes it bold.
func (l *label) strong() *label {
	l.bold = true
	return l
}

// centred puts its lines into the middle.
func (l *label) centred() *label {
	l.align = fyne.TextAlignCenter
	return l
}

// upTo lets it have some lines.
func (l *label) upTo(lines int) *label {
	l.lines = lines
	return l
}

// set shows another text.
func (l *label) set(text string) {
	if l.text != text {
		l.text = text
		l.Refresh()
	}
}

// paint shows it in another colour.
func (l *label) paint(color fyne.ThemeColorName) {
	if l.color != color {
		l.color = color
		l.Refresh()
	}
}

func (l *label) face() textFace {
	return textFace{theme.SizeForWidget(l.size, l), fyne.TextStyle{Bold: l.bold}}
}

// CreateRenderer is for Fyne.
func (l *label) CreateRenderer() fyne.WidgetRenderer {
	r := &labelRenderer{label: l}
	r.Refresh()
	return r
}

type labelRenderer struct {
	label *label
	texts []fyne.CanvasObject
	shown []string
	width float32 // for which shown was broken
	text  string
	face  textFace
}

// lead is the space between lines, as the theme has it.
func (r *labelRenderer) lead() float32 {
	return theme.SizeForWidget(theme.SizeNameLineSpacing, r.label)
}

// flow breaks the text for the present width, if anything it depends on is another.
func (r *labelRenderer) flow() {
	l := r.label
	width, face := l.Size().Width, l.face()
	if r.width == width && r.text == l.text && r.face == face && r.shown != nil {
		return
	}
	r.width, r.text, r.face = width, l.text, face
	switch {
	case l.whole || width <= 0:
		r.shown = []string{l.text}
	case l.lines == 1:
		r.shown = []string{shorten(l.text, face, width)}
	default:
		r.shown = wrap(l.text, face, width, l.lines)
	}
}

// Layout is for Fyne.
func (r *labelRenderer) Layout(size fyne.Size) {
	r.flow()
	r.draw()
	height := r.face.height()
	step := height + r.lead()
	y := float32(0)
	if r.label.lines == 1 {
		y = (size.Height - height) / 2
	}
	for _, t := range r.texts {
		t.Move(fyne.NewPos(0, y))
		t.Resize(fyne.NewSize(size.Width, height))
		y += step
	}
}

// draw makes the lines' objects say what is shown.
func (r *labelRenderer) draw() {
	l := r.label
	for len(r.texts) < len(r.shown) {
		r.texts = append(r.texts, canvas.NewText("", nil))
	}
	r.texts = r.texts[:len(r.shown)]
	c := theme.ColorForWidget(l.color, l)
	for i, line := range r.shown {
		t, ok := r.texts[i].(*canvas.Text)
		if !ok {
			continue
		}
		if t.Text == line && t.TextSize == r.face.size && t.TextStyle == r.face.style && t.Color == c && t.Alignment == l.align {
			continue
		}
		t.Text, t.TextSize, t.TextStyle, t.Color, t.Alignment = line, r.face.size, r.face.style, c, l.align
		t.Refresh()
	}
}

// MinSize is for Fyne: of text of several lines at its present width.
func (r *labelRenderer) MinSize() fyne.Size {
	l := r.label
	face := l.face()
	height := face.height()
	if l.whole {
		return fyne.NewSize(face.width(l.text), height)
	}
	if l.lines == 1 {
		return fyne.NewSize(0, height)
	}
	r.flow()
	n := float32(max(1, len(r.shown)))
	return fyne.NewSize(0, n*height+(n-1)*r.lead())
}

// Refresh is for Fyne.
func (r *labelRenderer) Refresh() {
	r.shown = nil
	r.Layout(r.label.Size())
	canvas.Refresh(r.label)
}

// Objects is for Fyne.
func (r *labelRenderer) Objects() []fyne.CanvasObject { return r.texts }

// Destroy is for Fyne.
func (r *labelRenderer) Destroy() {}
