package ui

import (
	"image"
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
	"haggle/text"
)

// portrait stands for a peer: a disc in a colour that follows from the ID and stays, with the beginnings of the name, and
// a dot if the peer is here now.
type portrait struct {
	widget.BaseWidget
	id     chat.PeerID
	name   string // as its owner wrote it
	side   float32
	online bool
	dotOn  fyne.ThemeColorName // the ground around the dot

	picture image.Image // nil: the beginnings of the name
}

func newPortrait(id chat.PeerID, name string, side float32) *portrait {
	p := &portrait{id: id, name: name, side: side, dotOn: colorSurface}
	p.ExtendBaseWidget(p)
	return p
}

// show stands for a peer from now on.
func (p *portrait) show(id chat.PeerID, name string, online bool) {
	if p.id != id {
		p.picture = nil
	}
	if p.id != id || p.name != name || p.online != online {
		p.id, p.name, p.online = id, name, online
		p.Refresh()
	}
}

// paint shows a picture, or without one the beginnings of the name.
func (p *portrait) paint(picture image.Image) {
	if p.picture != picture {
		p.picture = picture
		p.Refresh()
	}
}

// portraitColors are grounds on which white is read easily, in light and in dark.
var portraitColors = [...]uint32{
	0x0F766E, 0x1D6FA5, 0x4456B0, 0x6B4BB8, 0x8E3F9E, 0xA8346F, 0xB23A48, 0xB04A17, 0x8A5A00, 0x5C6B12, 0x2F7A36, 0x4A6572,
}

func portraitColor(id chat.PeerID) color.NRGBA {
	return rgb(portraitColors[(int(id[0])<<8|int(id[1]))%len(portraitColors)])
}

// initials are what a portrait says: the first letters of the first and the last word, or one Chinese character.
func initials(name string) string {
	first := func(word string) string {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return string(unicode.ToUpper(r))
			}
		}
		return ""
	}
	words := strings.Fields(text.Line(name, chat.MaxName))
	if len(words) == 0 {
		return ""
	}
	a := first(words[0])
	if len(words) == 1 || a != "" && ideographic([]rune(a)[0]) {
		return a
	}
	return a + first(words[len(words)-1])
}

// CreateRenderer is for Fyne.
func (p *portrait) CreateRenderer() fyne.WidgetRenderer {
	r := &portraitRenderer{
		of: p, disc: canvas.NewCircle(nil), ring: canvas.NewCircle(nil), dot: canvas.NewCircle(nil),
		image: &canvas.Image{FillMode: canvas.ImageFillCover, ScaleMode: canvas.ImageScaleFastest},
		text:  &canvas.Text{Alignment: fyne.TextAlignCenter, TextStyle: fyne.TextStyle{Bold: true}, Color: color.White},
	}
	r.color()
	return laidOut(r, p)
}

type portraitRenderer struct {
	of              *portrait
	disc, ring, dot *canvas.Circle
	text            *canvas.Text
	image           *canvas.Image
}

func (r *portraitRenderer) color() {
	p := r.of
	r.disc.FillColor = portraitColor(p.id)
	r.image.Image, r.image.CornerRadius = p.picture, p.side/2
	r.image.Hidden, r.text.Hidden = p.picture == nil, p.picture != nil
	r.text.Text = initials(p.name)
	r.text.TextSize = p.side * 0.4
	if letters := []rune(r.text.Text); len(letters) == 1 || len(letters) > 1 && r.text.TextSize < leastText {
		r.text.Text, r.text.TextSize = string(letters[0]), max(leastText, p.side*0.46)
	}
	r.ring.FillColor = theme.ColorForWidget(p.dotOn, p)
	r.dot.FillColor = theme.ColorForWidget(colorOnline, p)
	r.ring.Hidden, r.dot.Hidden = !p.online, !p.online
}

// Layout is for Fyne.
func (r *portraitRenderer) Layout(size fyne.Size) {
	side := min(size.Width, size.Height)
	at := fyne.NewPos((size.Width-side)/2, (size.Height-side)/2)
	r.disc.Move(at)
	r.disc.Resize(fyne.NewSquareSize(side))
	r.image.Move(at)
	r.image.Resize(fyne.NewSquareSize(side))
	height := r.text.MinSize().Height
	r.text.Move(at.AddXY(0, (side-height)/2))
	r.text.Resize(fyne.NewSize(side, height))
	dot := max(10, side*0.26)
	r.ring.Move(at.AddXY(side-dot+1, side-dot+1))
	r.ring.Resize(fyne.NewSquareSize(dot))
	r.dot.Move(at.AddXY(side-dot+3, side-dot+3))
	r.dot.Resize(fyne.NewSquareSize(dot - 4))
}

// MinSize is for Fyne.
func (r *portraitRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.of.side) }

// Refresh is for Fyne.
func (r *portraitRenderer) Refresh() {
	r.color()
	r.Layout(r.of.Size())
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *portraitRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.disc, r.text, r.image, r.ring, r.dot}
}

// Destroy is for Fyne.
func (r *portraitRenderer) Destroy() {}
