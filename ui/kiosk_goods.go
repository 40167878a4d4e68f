package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// toSeller leads to who sells the goods, nil at a kiosk.
func (g *goodsPage) toSeller() func() {
	if g.kit.guest {
		return nil
	}
	return func() { g.kit.ways.person(g.key.seller) }
}

// forGuest puts the photos to the left, as large as there is room, and beside them what there is to say.
func (g *goodsPage) forGuest(words []fyne.CanvasObject) fyne.CanvasObject {
	g.page = newPage(620, inset(kioskGutter, kioskGutter, kioskGutter, kioskGutter, newColumn(16, words...)))
	g.page.scroll.OnScrolled = func(fyne.Position) { g.kit.stirred() }
	return container.New(photoAndWords{g}, inset(kioskGutter, kioskGutter, kioskGutter, 0, g.gallery),
		container.NewStack(g.page, overScroll(g.kit, g.page.scroll)))
}

// photoAndWords puts the photos beside the words, in a narrow window above them; goods without a photo have words alone.
type photoAndWords struct{ of *goodsPage }

// Layout is for Fyne.
func (l photoAndWords) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	photos, words := objects[0], objects[1]
	var all []chat.Photo
	if l.of.record != nil && l.of.record.Goods != nil {
		all = l.of.record.Goods.Photos
	}
	visible(photos, len(all) > 0)
	switch {
	case len(all) == 0:
		words.Resize(size)
		words.Move(fyne.Position{})
	case size.Width < narrowBelow:
		half := size.Height * 0.5
		photos.Resize(fyne.NewSize(size.Width, half))
		words.Resize(fyne.NewSize(size.Width, size.Height-half))
		words.Move(fyne.NewPos(0, half))
	default:
		left := size.Width * 0.54
		photos.Resize(fyne.NewSize(left, size.Height))
		words.Resize(fyne.NewSize(size.Width-left, size.Height))
		words.Move(fyne.NewPos(left, 0))
	}
}

// MinSize is for Fyne.
func (photoAndWords) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 160) }
