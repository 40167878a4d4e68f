package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"haggle/chat"
	"haggle/text"
)

// still is the layout of what its owner places: it moves nothing and asks for no room, however much comes and goes.
type still struct{}

// Layout is for Fyne.
func (still) Layout([]fyne.CanvasObject, fyne.Size) {}

// MinSize is for Fyne.
func (still) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// container0 is an empty container whose owner places what is in it.
func container0() *fyne.Container { return &fyne.Container{Layout: still{}} }

// rowView is the objects that show a row of one kind. It is bound to one row after another.
type rowView struct {
	kind  rowKind
	box   *fyne.Container
	shown rowLook

	back  *canvas.Rectangle   // bubble or card
	rules [2]canvas.Rectangle // beside the words of the divider
	photo *canvas.Image
	shade *canvas.Rectangle // behind words on a photo
	texts []*canvas.Text
	used  int                 // of texts
	late  bool                // some lines are not painted yet
	marks []*canvas.Rectangle // behind parts of the text
	laid  int                 // of marks
	tick  *tick
}

// rowLook is all that a view's objects depend on but where they are.
type rowLook struct {
	row            *threadRow
	look           int
	before, behind bool // joined
	first, last    int  // lines in view
	chosen         bool
}

func newRowView(kind rowKind) *rowView {
	v := &rowView{kind: kind, box: container0()}
	switch kind {
	case rowSpeech, rowOdd, rowGoods:
		v.back = canvas.NewRectangle(color.Transparent)
	case rowPicture:
		v.back = canvas.NewRectangle(color.Transparent)
		v.shade = canvas.NewRectangle(color.Transparent)
	default:
	}
	return v
}

// release forgets the row, and its picture above all.
func (v *rowView) release() {
	v.shown = rowLook{}
	if v.photo != nil {
		v.photo.Image = nil
	}
}

// show binds the view to a row in view, or only moves it there.
func (v *rowView) show(t *thread, p placedRow, height float32) {
	first, last := 0, 0
	if f := p.row.shape.flow; f != nil { // of a long text only the lines in view have objects
		step := f.m.height()
		top := -p.y - p.row.shape.text.Y
		first = min(max(int(top/step), 0), len(f.lines)-1)
		last = min(max(int((top+height)/step)+1, 0), len(f.lines))
		if len(f.lines) <= wholeLines {
			first, last = 0, len(f.lines)
		}
	}
	look := rowLook{p.row, p.row.look, t.joined(p.index), t.joined(p.index + 1), first, last, t.focused && t.current == p.row}
	if look != v.shown {
		v.shown = look
		v.draw(t, p.row)
		v.box.Resize(fyne.NewSize(t.width, p.height))
	}
	v.box.Move(fyne.NewPos(0, p.y))
}

// wholeLines is up to how many lines a text is drawn as a whole, so that scrolling only moves it.
const wholeLines = 40

func (v *rowView) draw(t *thread, r *threadRow) {
	v.box.Objects = v.box.Objects[:0]
	v.used, v.laid, v.late = 0, 0, false
	switch v.kind {
	case rowLabel:
		v.lines(t, r, t.color(colorMuted))
	case rowUnread:
		v.drawDivider(t, r)
	case rowGoods:
		v.drawGoods(t, r)
	case rowSpeech:
		v.drawBubble(t, r)
		v.drawText(t, r)
	case rowPicture:
		v.drawBubble(t, r)
		v.drawPhoto(t, r)
		v.drawText(t, r)
	default:
		v.drawBubble(t, r)
		v.lines(t, r, t.color(colorMuted))
	}
}

func (v *rowView) put(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
	o.Move(at)
	o.Resize(size)
	v.box.Objects = append(v.box.Objects, o)
}

// say puts one line of text.
func (v *rowView) say(s string, f *measure, c color.Color, at fyne.Position) {
	o := v.object(s, f, c)
	if o.Text != s || o.Color != c || o.TextSize != f.size || o.TextStyle != f.style {
		o.Text, o.Color, o.TextSize, o.TextStyle = s, c, f.size, f.style
		o.Refresh()
	}
	v.put(o, at, fyne.NewSize(f.whole(s), f.height()))
}

// lines puts the lines of the row's text that are in view.
func (v *rowView) lines(t *thread, r *threadRow, c color.Color) {
	f := r.shape.flow
	if f == nil {
		return
	}
	for i := v.shown.first; i < v.shown.last; i++ {
		at := r.shape.text.AddXY(0, float32(i)*f.m.height())
		if v.kind == rowLabel || v.kind == rowUnread {
			at.X += (r.shape.size.Width - f.lines[i].width) / 2
		}
		s := f.part(i)
		if v.late = !t.affords(v, s, f.m, c); v.late {
			return
		}
		v.say(s, f.m, c, at)
	}
}

func (v *rowView) drawDivider(t *thread, r *threadRow) {
	sh := &r.shape
	y := sh.height / 2
	left, right := sh.at.X-grid, sh.at.X+sh.size.Width+grid
	for i := range v.rules {
		v.rules[i].FillColor = t.color(colorAccent)
	}
	v.put(&v.rules[0], fyne.NewPos(gutter, y), fyne.NewSize(max(0, left-gutter), 1))
	v.put(&v.rules[1], fyne.NewPos(right, y), fyne.NewSize(max(0, t.width-gutter-right), 1))
	v.lines(t, r, t.color(colorAccent))
}

func (v *rowView) drawBubble(t *thread, r *threadRow) {
	const inner = 5 // radius of the corners inside a group
	b, mine := v.back, r.said.mine
	b.StrokeWidth = 0
	switch {
	case r.kind == rowOdd:
		b.FillColor, b.StrokeColor, b.StrokeWidth = color.Transparent, t.color(colorLine), 1
	case mine:
		b.FillColor = t.color(colorBubbleMine)
	default:
		b.FillColor = t.color(colorBubble) // an edge rather than a shadow: shadows cost more than all the rest of a frame
		b.StrokeColor, b.StrokeWidth = t.color(colorLine), 1
	}
	if v.shown.chosen {
		b.StrokeColor, b.StrokeWidth = t.color(colorWarn), 2
	}
	corner := func(group bool) float32 {
		if group {
			return inner
		}
		return radiusLarge
	}
	b.CornerRadius = radiusLarge
	b.TopRightCornerRadius, b.BottomRightCornerRadius = corner(mine && v.shown.before), corner(mine)
	b.TopLeftCornerRadius, b.BottomLeftCornerRadius = corner(!mine && v.shown.before), corner(!mine)
	if v.shown.behind {
		b.BottomRightCornerRadius, b.BottomLeftCornerRadius = corner(mine), corner(!mine)
	}
	b.Refresh()
	v.put(b, r.shape.at, r.shape.size)
}

// drawText puts the text of a bubble, what of it is selected, "show more" and the tick.
func (v *rowView) drawText(t *thread, r *threadRow) {
	sh := &r.shape
	ink, muted := t.color(colorText), t.color(colorMuted)
	if r.said.mine {
		ink, muted = t.color(colorOnMine), t.color(colorOnMineMuted)
	}
	if t.selected.row == r && sh.flow != nil {
		v.drawSelection(t, r)
	}
	if hits := t.hits(r); len(hits) > 0 {
		v.drawFound(t, r, hits, ink)
	} else {
		v.lines(t, r, ink)
	}
	if r.said.rest != "" {
		c := t.color(colorAccent)
		if r.said.mine {
			c = ink
		}
		v.say(t.kit.say("thread.more"), t.fonts().strong, c, sh.more)
	}
	if !t.ticked(r) {
		return
	}
	if v.tick == nil {
		v.tick = newTick()
	}
	switch {
	case r.said.state == chat.Failed, r.said.state == chat.Read:
		muted = ink
	case sh.flow == nil: // on a photo
		muted = color.White
	}
	v.tick.show(r.said.state, muted)
	v.put(v.tick.box, sh.tick, fyne.NewSize(tickWidth, tickHeight))
}

func (v *rowView) drawSelection(t *thread, r *threadRow) {
	f := r.shape.flow
	from, to := t.selected.span()
	c := t.color(theme.ColorNameSelection)
	if r.said.mine {
		c = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x50}
	}
	for i := v.shown.first; i < v.shown.last; i++ {
		x, w := f.span(i, from, to)
		if w > 0 {
			v.mark(c, r.shape.text.AddXY(x, float32(i)*f.m.height()), fyne.NewSize(w, f.m.height()))
		}
	}
}

// mark puts a colour behind what is put after it.
func (v *rowView) mark(c color.Color, at fyne.Position, size fyne.Size) {
	if v.laid == len(v.marks) {
		v.marks = append(v.marks, canvas.NewRectangle(c))
	}
	m := v.marks[v.laid]
	v.laid++
	m.FillColor, m.CornerRadius = c, 3
	v.put(m, at, size)
}

// drawFound puts the lines in view, with a colour behind the words that are searched for.
func (v *rowView) drawFound(t *thread, r *threadRow, hits []text.Span, ink color.Color) {
	f, step := r.shape.flow, r.shape.flow.m.height()
	ground, on := t.color(colorFound), t.color(colorOnFound)
	if r.said.id == t.sought.at {
		ground = t.color(colorFoundNow)
	}
	for i := v.shown.first; i < v.shown.last; i++ {
		at := r.shape.text.AddXY(0, float32(i)*step)
		for _, part := range f.runs(i, hits) {
			c, words := ink, f.text[part.From:part.To]
			if part.hit {
				c = on
			}
			if v.late = !t.affords(v, words, f.m, c); v.late {
				return
			}
			if part.hit {
				v.mark(ground, at.AddXY(-1, 1), fyne.NewSize(f.m.whole(words)+2, step-2))
			}
			v.say(words, f.m, c, at)
			at.X += f.m.whole(words)
		}
	}
}

func (v *rowView) drawPhoto(t *thread, r *threadRow) {
	sh := &r.shape
	at := sh.at.AddXY(photoInset, photoInset)
	bare := !v.drawImage(t, r, at, sh.photo, radius)
	if bare {
		v.shade.FillColor, v.shade.CornerRadius = t.color(colorRaised), radius
		v.put(v.shade, at, sh.photo)
	}
	if words, _ := t.progress(r.said); words != "" {
		v.drawProgress(t, words, at, sh.photo, bare)
	}
}

// drawImage puts what there is of a row's picture; false if that is nothing yet.
func (v *rowView) drawImage(t *thread, r *threadRow, at fyne.Position, size fyne.Size, round float32) bool {
	ready := func() { r.look++; t.arrange() }
	var picture image.Image
	switch {
	case r.kind == rowGoods && t.Goods != nil:
		picture = t.Goods(r.said.about, ready)
	case r.kind == rowPicture && t.Picture != nil:
		picture = t.Picture(r.said, ready)
	}
	if picture == nil {
		return false
	}
	if v.photo == nil {
		v.photo = canvas.NewImageFromImage(nil)
		v.photo.FillMode, v.photo.ScaleMode, v.photo.CornerRadius = canvas.ImageFillCover, canvas.ImageScaleFastest, round
	}
	if v.photo.Image != picture {
		v.photo.Image = picture
		v.photo.Refresh()
	}
	v.put(v.photo, at, size)
	return true
}

// drawProgress puts words on a photo, in its middle.
func (v *rowView) drawProgress(t *thread, words string, at fyne.Position, photo fyne.Size, bare bool) {
	f := t.fonts().small
	words = f.cut(words, photo.Width-4*grid)
	w := f.whole(words)
	c := t.color(colorMuted)
	size := fyne.NewSize(w+2*grid, f.height()+grid)
	mid := at.AddXY((photo.Width-size.Width)/2, (photo.Height-size.Height)/2)
	if !bare {
		c = color.White
		v.shade.FillColor, v.shade.CornerRadius = color.NRGBA{A: 0xA0}, size.Height/2
		v.put(v.shade, mid, size)
	}
	v.say(words, f, c, mid.AddXY(grid, gap))
}

func (v *rowView) drawGoods(t *thread, r *threadRow) {
	sh, card, f := &r.shape, r.said.about, t.fonts()
	b := v.back
	b.FillColor, b.StrokeColor, b.StrokeWidth, b.CornerRadius = t.color(colorSurface), t.color(colorLine), 1, radius
	b.Refresh()
	v.put(b, sh.at, sh.size)
	x := sh.at.X + grid
	if card.photo != nil && v.drawImage(t, r, fyne.NewPos(x, (cardHeight-cardPhoto)/2), fyne.NewSquareSize(cardPhoto), radiusSmall) {
		x += cardPhoto + grid
	} else {
		x += gap
	}
	room := sh.at.X + sh.size.Width - grid - x
	title := card.title
	if title == "" {
		title = t.kit.say("thread.goods.gone")
	}
	h := f.strong.height() + f.small.height()
	y := (cardHeight - h) / 2
	v.say(f.strong.cut(title, room), f.strong, t.color(colorText), fyne.NewPos(x, y))
	v.drawPrice(t, card, fyne.NewPos(x, y+f.strong.height()), room)
}

// drawPrice says what the thing cost when it was asked about, and what is different now.
func (v *rowView) drawPrice(t *thread, card *goodsCard, at fyne.Position, room float32) {
	f := t.fonts().small
	price := f.cut(card.price, room)
	v.say(price, f, t.color(colorPrice), at)
	at.X += f.whole(price) + grid
	room -= f.whole(price) + grid
	var more string
	switch {
	case card.priceNow != "" && card.price != "":
		more = t.kit.say("thread.goods.now", card.priceNow)
	case card.priceNow != "":
		more = card.priceNow
	}
	if state := t.kit.statusWords(card.status); state != "" {
		if more != "" {
			more += " · "
		}
		more += state
	}
	if more != "" && room > 3*grid {
		v.say(f.cut(more, room), f, t.color(colorMuted), at)
	}
}

func (t *thread) color(name fyne.ThemeColorName) color.Color { return theme.ColorForWidget(name, t) }
