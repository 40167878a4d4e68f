package ui

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"

	"haggle/chat"
)

const (
	bubbleWidth  float32 = 560 // of text, where there is room for it
	bubbleShare  float32 = 0.8 // of the view's width at most
	bubblePadX   float32 = 12
	bubblePadY   float32 = 8
	photoSide    float32 = 300 // at most
	photoLeast   float32 = 120
	photoInset   float32 = 4
	tickWidth    float32 = 18
	tickHeight   float32 = 12
	cardWidth    float32 = 380
	cardHeight   float32 = 64
	cardPhoto    float32 = 48
	labelPadding float32 = 2
)

// shape is a row measured for one width. All places are in the row: x from the view's left edge, y from its body.
type shape struct {
	width  float32 // of the view
	height float32
	at     fyne.Position // of the bubble, card or label
	size   fyne.Size
	flow   *textFlow
	text   fyne.Position
	photo  fyne.Size // in the bubble's upper left corner, photoInset from its edges
	more   fyne.Position
	tick   fyne.Position
}

// heightOf is the height of a row's body; it is measured the first time the row comes into view.
func (t *thread) heightOf(i int) float32 {
	r := t.rows[i]
	if r.shape.width != t.width {
		r.shape = t.measureRow(r)
		r.look++
	}
	return r.shape.height
}

func (t *thread) measureRow(r *threadRow) shape {
	sh := shape{width: t.width}
	switch r.kind {
	case rowSpeech, rowPicture, rowOdd:
		t.shapeBubble(r, &sh)
	case rowGoods:
		sh.size = fyne.NewSize(min(cardWidth, t.width-2*gutter), cardHeight)
		sh.at = fyne.NewPos((t.width-sh.size.Width)/2, 0)
	default:
		f := t.fonts().small
		sh.flow = newTextFlow(r.words(t), t.width-6*gutter, f)
		sh.size = fyne.NewSize(sh.flow.width, sh.flow.height()+2*labelPadding)
		sh.at = fyne.NewPos((t.width-sh.size.Width)/2, 0)
		sh.text = fyne.NewPos(sh.at.X, labelPadding)
	}
	sh.height = ceil(sh.at.Y + sh.size.Height)
	return sh
}

// words are what a row of text says.
func (r *threadRow) words(t *thread) string {
	switch {
	case r.kind == rowLabel:
		return r.label
	case r.kind == rowUnread:
		return t.kit.say("thread.unread")
	case r.kind != rowOdd:
		return strings.TrimSuffix(r.said.text, "\n")
	case !r.said.unknown:
		return t.kit.say("thread.withdrawn")
	default:
		return t.kit.say("thread.unknown")
	}
}

// shapeBubble breaks the text and puts the tick behind its last word, or under it where there is no room.
func (t *thread) shapeBubble(r *threadRow, sh *shape) {
	f := t.fonts()
	most := min(bubbleWidth, (t.width-2*gutter)*bubbleShare-2*bubblePadX)
	least := float32(0)
	y := bubblePadY
	if r.kind == rowPicture {
		sh.photo = photoBox(r.said.picture, min(most, photoSide))
		most, least = sh.photo.Width+2*photoInset-2*bubblePadX, sh.photo.Width+2*photoInset-2*bubblePadX
		y = sh.photo.Height + 2*photoInset
	}
	words := r.words(t)
	wide := least
	if words != "" || r.kind != rowPicture {
		if r.kind == rowPicture {
			y += bubblePadY / 2
		}
		sh.flow = newTextFlow(words, most, f.body)
		sh.text = fyne.NewPos(bubblePadX, y)
		y += sh.flow.height()
		wide = max(wide, sh.flow.width)
		last := sh.flow.last()
		if r.said.rest != "" {
			last = f.strong.whole(t.kit.say("thread.more"))
			sh.more = fyne.NewPos(bubblePadX, y+gap)
			y += f.strong.height() + grid
			wide = max(wide, last)
		}
		if t.ticked(r) {
			if last+grid+tickWidth > most {
				y += tickHeight + gap
			} else {
				wide = max(wide, last+grid+tickWidth)
			}
		}
		y += bubblePadY
	}
	sh.size = fyne.NewSize(ceil(wide)+2*bubblePadX, ceil(y))
	sh.at = fyne.NewPos(gutter, 0)
	if r.said.mine {
		sh.at.X = t.width - gutter - sh.size.Width
	}
	sh.text = sh.text.AddXY(sh.at.X, 0)
	sh.more = sh.more.AddXY(sh.at.X, 0)
	sh.tick = fyne.NewPos(sh.at.X+sh.size.Width-bubblePadX-tickWidth+gap, sh.size.Height-bubblePadY-tickHeight-gap/2)
}

// ticked reports whether a row says how far it has come.
func (t *thread) ticked(r *threadRow) bool {
	return r.said.mine && r.kind != rowOdd
}

// photoBox is the size a picture is shown in: its own proportions, unless they are extreme or not to be believed.
func photoBox(i *chat.Image, most float32) fyne.Size {
	w, h := float32(i.Width), float32(i.Height)
	if w < 1 || h < 1 {
		w, h = 4, 3
	}
	scale := min(most/w, photoSide/h)
	least := min(photoLeast, most)
	return fyne.NewSize(ceil(min(max(w*scale, least), most)), ceil(min(max(h*scale, least), photoSide)))
}

func ceil(v float32) float32 { return float32(math.Ceil(float64(v))) }
