package ui

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// gallerySide is the longer side of a photo on a page, decoded.
const gallerySide = 1280

// gallery shows the photos of goods one after the other: buttons and arrow keys go on, a tap makes the photo large.
type gallery struct {
	tappable
	kit            *kit
	photo          *photo
	previous, next *tappable
	count          *label
	pill           *panel
	photos         []chat.Photo
	at             int
}

func newGallery(k *kit) *gallery {
	g := &gallery{kit: k, photo: newPhoto("photo", radiusLarge)}
	g.previous = newOverPhoto("previous", k.say("photo.previous"), func() { g.turn(-1) })
	g.next = newOverPhoto("next", k.say("photo.next"), func() { g.turn(1) })
	g.count = newWhole("", sizeCaption, colorText).strong()
	g.pill = newPanel(colorSurface, radius, inset(3, 3, 10, 10, g.count))
	g.become(g, container.New(galleryLayout{g}, g.photo, g.previous, g.next, g.pill), radiusLarge, g.enlarge)
	g.plain = k.guest
	g.name = k.say("photo.enlarge")
	g.keyed = func(key fyne.KeyName) bool {
		switch key {
		case fyne.KeyLeft:
			g.turn(-1)
		case fyne.KeyRight:
			g.turn(1)
		default:
			return false
		}
		return true
	}
	return g
}

// newOverPhoto is a round button that lies on a photo.
func newOverPhoto(drawing, name string, tapped func()) *tappable {
	t := newIconButton(drawing, name, tapped)
	t.paint(colorSurface, "")
	return t
}

// show shows photos; the one that is seen stays, if it is among them.
func (g *gallery) show(photos []chat.Photo) {
	at := 0
	if g.at < len(g.photos) {
		for i := range photos {
			if photos[i].Hash == g.photos[g.at].Hash {
				at = i
			}
		}
	}
	g.photos, g.at = photos, at
	g.update()
}

func (g *gallery) turn(by int) {
	g.kit.stirred()
	if n := len(g.photos); n > 1 {
		g.at = (g.at + by + n) % n
		g.update()
	}
}

// update shows the photo one is at: its thumbnail until all of it is here.
func (g *gallery) update() {
	several := len(g.photos) > 1
	for _, o := range []fyne.CanvasObject{g.previous, g.next, g.pill} {
		if several {
			o.Show()
		} else {
			o.Hide()
		}
	}
	g.tapped = nil
	if len(g.photos) == 0 {
		g.photo.show(nil, false)
		return
	}
	if !g.kit.guest { // its viewer copies and saves
		g.tapped = g.enlarge
	}
	g.count.set(fmt.Sprintf("%d / %d", g.at+1, len(g.photos)))
	p := g.photos[g.at]
	seen := func() bool { return g.at < len(g.photos) && g.photos[g.at].Hash == p.Hash }
	whole := false
	g.photo.show(nil, false)
	g.kit.pics.full(p.Hash, gallerySide, func(picture image.Image) {
		if picture != nil && seen() {
			whole = true
			g.photo.show(picture, false)
		}
	})
	if !whole && len(p.Thumbnail) > 0 {
		g.kit.pics.small(p.Hash, p.Thumbnail, func(picture image.Image) {
			if picture != nil && seen() && !whole {
				g.photo.show(picture, false)
			}
		})
	}
	canvas.Refresh(g)
}

func (g *gallery) enlarge() { showViewer(g.kit, g.photos, g.at) }

// galleryLayout gives the photo its height and puts the buttons on it.
type galleryLayout struct{ of *gallery }

// Layout is for Fyne.
func (l galleryLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	g := l.of
	g.photo.Resize(size)
	side := g.kit.side()
	y := (size.Height - side) / 2
	g.previous.Resize(fyne.NewSquareSize(side))
	g.previous.Move(fyne.NewPos(12, y))
	g.next.Resize(fyne.NewSquareSize(side))
	g.next.Move(fyne.NewPos(size.Width-12-side, y))
	least := g.pill.MinSize()
	g.pill.Resize(least)
	g.pill.Move(fyne.NewPos(size.Width-12-least.Width, size.Height-12-least.Height))
}

// MinSize is for Fyne: of a height that suits the present width.
func (l galleryLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	if len(l.of.photos) == 0 {
		return fyne.NewSize(0, 160)
	}
	return fyne.NewSize(0, min(420, max(160, l.of.Size().Width*0.72)))
}
