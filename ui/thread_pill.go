package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// pill is a line of words that floats over the thread, or more where the thread is narrow.
type pill struct {
	t              *thread
	ground, letter fyne.ThemeColorName
	box            *fyne.Container
	back           *canvas.Rectangle
	said           string
	words          [pillLines]*canvas.Text // the lines of what is said
	stale          bool                    // the theme is another one since the words were drawn
}

const pillLines = 3

func newPill(t *thread, ground, letter fyne.ThemeColorName) *pill {
	p := &pill{t: t, ground: ground, letter: letter, box: container0(), back: canvas.NewRectangle(color.Transparent), stale: true}
	p.box.Objects = []fyne.CanvasObject{p.back}
	for i := range p.words {
		p.words[i] = canvas.NewText("", color.Transparent)
		p.box.Objects = append(p.box.Objects, p.words[i])
	}
	p.box.Hide()
	return p
}

// lines are the lines of words, and their width.
func (p *pill) lines(words string) (lines []string, width float32) {
	f, most := p.t.fonts().small, p.t.Size().Width-2*gap-3*grid
	if lines = []string{words}; f.whole(words) > most {
		lines = wrap(words, textFace{f.size, f.style}, most, pillLines)
	}
	for _, l := range lines {
		width = max(width, ceil(f.whole(l)))
	}
	return lines, width
}

// size is what the pill takes to say words.
func (p *pill) size(words string) fyne.Size {
	lines, width := p.lines(words)
	return fyne.NewSize(width+3*grid, ceil(float32(len(lines))*p.t.fonts().small.height())+grid+gap)
}

// show says words at a place of the thread.
func (p *pill) show(words string, at fyne.Position) {
	f := p.t.fonts().small
	lines, width := p.lines(words)
	high := f.height()
	all := ceil(float32(len(lines)) * high)
	size := fyne.NewSize(width+3*grid, all+grid+gap)
	fresh := p.said != words || p.stale
	p.said, p.stale = words, false
	p.back.FillColor, p.back.CornerRadius = p.t.color(p.ground), (ceil(high)+grid+gap)/2
	p.back.Resize(size)
	if fresh {
		p.back.Refresh()
	}
	for i, t := range p.words {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		if fresh || t.Text != line {
			t.Text, t.TextSize, t.Color = line, f.size, p.t.color(p.letter)
			t.Refresh()
		}
		t.Move(fyne.NewPos(3*grid/2, (size.Height-all)/2+float32(i)*high))
		t.Resize(fyne.NewSize(width, high))
	}
	p.box.Resize(size)
	p.box.Move(at)
	p.box.Show()
}

func (p *pill) hide() {
	if p.box.Visible() {
		p.box.Hide()
	}
}

// restyle takes the theme's colours and sizes anew, at once if somebody is looking.
func (p *pill) restyle() {
	if p.stale = true; p.box.Visible() {
		p.show(p.said, p.box.Position())
	}
}

// under reports whether a point of the thread is on the pill.
func (p *pill) under(at fyne.Position) bool {
	a, s := p.box.Position(), p.box.Size()
	return p.box.Visible() && at.X >= a.X && at.Y >= a.Y-gap && at.X < a.X+s.Width && at.Y < a.Y+s.Height+gap
}

// showChip says how many messages arrived below, or offers the way there when it is far.
func (t *thread) showChip() {
	size := t.Size()
	far := t.newer || len(t.visible) > 0 && t.visible[len(t.visible)-1].index < len(t.rows)-1
	var words string
	switch {
	case len(t.rows) == 0 || t.stuck || !far && t.fresh == 0:
		t.chip.hide()
		return
	case t.fresh > 0:
		words = t.kit.count("thread.new", t.fresh) + " ↓"
	default:
		words = t.kit.say("thread.newest") + " ↓"
	}
	s := t.chip.size(words)
	t.chip.show(words, fyne.NewPos((size.Width-s.Width)/2, size.Height-s.Height-grid))
}

// tick is how far an own message has come, drawn with lines: a clock, one hook, two hooks, an exclamation mark.
type tick struct {
	box   *fyne.Container
	lines [4]canvas.Line
	ring  canvas.Circle
}

func newTick() *tick { return &tick{box: container0()} }

func (k *tick) show(s chat.State, c color.Color) {
	k.box.Objects = k.box.Objects[:0]
	n := 0
	stroke := func(x1, y1, x2, y2 float32) {
		l := &k.lines[n]
		n++
		l.StrokeColor, l.StrokeWidth = c, 1.5
		l.Position1, l.Position2 = fyne.NewPos(x1, y1), fyne.NewPos(x2, y2)
		k.box.Objects = append(k.box.Objects, l)
	}
	ring := func() {
		k.ring.StrokeColor, k.ring.StrokeWidth, k.ring.FillColor = c, 1.5, color.Transparent
		k.ring.Move(fyne.NewPos(5, 0))
		k.ring.Resize(fyne.NewSquareSize(12))
		k.box.Objects = append(k.box.Objects, &k.ring)
	}
	hook := func(x float32) {
		stroke(x, 6.5, x+3.5, 10)
		stroke(x+3.5, 10, x+10, 2)
	}
	switch s {
	case chat.Waiting:
		ring()
		stroke(11, 3, 11, 6.5)
		stroke(11, 6.5, 13.5, 7.5)
	case chat.Delivered:
		hook(6)
	case chat.Read:
		hook(1)
		hook(7)
	case chat.Failed:
		ring()
		stroke(11, 2.5, 11, 6.5)
		stroke(11, 8.5, 11, 9.5)
	default:
	}
}

// tickIcon is a tick beside the words of the inbox.
type tickIcon struct {
	widget.BaseWidget
	tick  *tick
	state chat.State
}

func newTickIcon() *tickIcon {
	i := &tickIcon{tick: newTick()}
	i.ExtendBaseWidget(i)
	return i
}

func (i *tickIcon) show(s chat.State) {
	if i.state != s {
		i.state = s
		i.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (i *tickIcon) CreateRenderer() fyne.WidgetRenderer {
	r := &tickRenderer{i}
	r.Refresh()
	return r
}

type tickRenderer struct{ of *tickIcon }

// blank is how much of a tick's width has nothing on it, on the left.
func (r *tickRenderer) blank() float32 {
	if r.of.state == chat.Read {
		return 0
	}
	return 5
}

// Layout is for Fyne.
func (r *tickRenderer) Layout(fyne.Size) {
	r.of.tick.box.Move(fyne.NewPos(-r.blank(), 0))
	r.of.tick.box.Resize(fyne.NewSize(tickWidth, tickHeight))
}

// MinSize is for Fyne.
func (r *tickRenderer) MinSize() fyne.Size { return fyne.NewSize(tickWidth-r.blank(), tickHeight) }

// Refresh is for Fyne.
func (r *tickRenderer) Refresh() {
	name := colorMuted
	switch r.of.state {
	case chat.Read:
		name = colorAccent
	case chat.Failed:
		name = colorDanger
	default:
	}
	r.of.tick.show(r.of.state, theme.ColorForWidget(name, r.of))
	r.Layout(fyne.Size{})
	canvas.Refresh(r.of.tick.box)
}

// Objects is for Fyne.
func (r *tickRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.of.tick.box} }

// Destroy is for Fyne.
func (*tickRenderer) Destroy() {}
