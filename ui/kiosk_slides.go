package ui

import (
	"image"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/text"
)

// slides is what the screen shows while nobody is here: goods that can be had, one after the other, and in both languages that
// touching begins a visit. It draws when a slide changes, and for the moment that the change takes.
type slides struct {
	kit   *kit
	cfg   KioskSettings
	view  *fyne.Container
	photo *photo
	price *label
	title *label
	words *label
	who   *label
	face  *portrait
	show  *fyne.Container // the goods
	quiet fyne.CanvasObject
	among *label

	goods   []chat.ListingView
	at      goodsKey
	reading latest[[]chat.ListingView]
	stale   bool
	gone    bool
}

// slidesMost is how many goods take part, the newest; slideFade how long one gives way to the next; and slideWords how much of a
// description is shown.
const (
	slidesMost = 100
	slideWords = 160
	slideFade  = 700 * time.Millisecond
)

func newSlides(k *kit, cfg KioskSettings, touched func()) *slides {
	s := &slides{kit: k, cfg: cfg, photo: newPhoto("photo", 28)}
	s.price = newLabel("", sizeDisplay, colorPrice).strong()
	s.title = newParagraph("", sizeTitle, colorText).strong().upTo(3)
	s.words = newParagraph("", sizeBody, colorMuted).upTo(4)
	s.face, s.who = newPortrait(chat.PeerID{}, "", 44), newLabel("", sizeBody, colorText)
	s.among = newLabel("", sizeCaption, colorMuted)
	en, zh := NewWords("en"), NewWords("zh")
	invite := newPanel(colorAccent, 34, inset(16, 16, 30, 30, newRow(16, -1, newIcon("touch", colorOnAccent, 34),
		newColumn(0, newWhole(en.Say("kiosk.touch"), sizeStrong, colorOnAccent).strong(), newWhole(zh.Say("kiosk.touch"), sizeStrong, colorOnAccent).strong()))))
	brand := newRow(12, -1, newIcon("market", colorAccent, 34), newWhole("Haggle", sizeTitle, colorText).strong())
	about := newColumn(14, s.title, s.price, s.words, newRow(12, 1, s.face, s.who))
	s.show = container.New(slideLayout{}, s.photo, about)
	greet := newColumn(10,
		container.NewCenter(newPanel(colorAccentSoft, 60, newSized(120, 120, container.NewCenter(newIcon("market", colorOnSoft, 58))))),
		newParagraph(en.Say("kiosk.greeting"), sizeTitle, colorText).strong().centred(),
		newParagraph(zh.Say("kiosk.greeting"), sizeTitle, colorText).strong().centred(),
		newParagraph(en.Say("kiosk.greetingHint")+" · "+zh.Say("kiosk.greetingHint"), sizeBody, colorMuted).centred())
	s.quiet = container.New(middle{620}, greet)
	tap := newTappable(container.New(upright{grow: 1},
		inset(20, 0, kioskGutter, kioskGutter, newRow(0, 0, newRow(0, -1, brand), s.among)),
		container.NewStack(s.show, s.quiet),
		inset(0, 28, 0, 0, container.NewCenter(invite))), 0, touched)
	tap.name = en.Say("kiosk.touch")
	tap.plain = true
	s.view = container.NewStack(tap)
	s.show.Hide()
	s.read()
	s.later()
	return s
}

func (s *slides) object() fyne.CanvasObject { return s.view }

func (s *slides) closed() { s.gone = true }

// apply reads the goods anew soon after something about them changed.
func (s *slides) apply(e chat.Event) {
	switch e.(type) {
	case chat.ListingChanged, chat.PeerOnline, chat.PeerOffline, chat.PeerChanged:
	default:
		return
	}
	if s.stale || s.gone {
		return
	}
	s.stale = true
	s.kit.after(marketSettle, func() {
		s.stale = false
		if !s.gone {
			s.read()
		}
	})
}

func (s *slides) read() {
	s.reading.read(s.kit, s.available, func(list []chat.ListingView, err error) {
		switch {
		case s.gone:
		case err != nil:
			s.kit.log.Error("Goods for the slides not read", "err", err)
		default:
			s.goods = list
			s.present()
		}
	})
}

// available are the goods that can be had, newest first: nothing that is sold, reserved or hidden. Off the UI's goroutine.
func (s *slides) available() ([]chat.ListingView, error) {
	var list []chat.ListingView
	query := chat.ListingQuery{Status: chat.Available, Limit: min(slidesMost, chat.MaxPage)}
	for {
		_, page, err := s.kit.node.Listings(query)
		if err != nil {
			return nil, err
		}
		for _, v := range page {
			if v.Goods != nil && v.Status == chat.Available && s.wanted(v.Goods.Category) {
				list = append(list, v)
			}
		}
		query.Offset += len(page)
		if len(page) < query.Limit || len(list) >= slidesMost || query.Offset > 20*slidesMost {
			return list[:min(len(list), slidesMost)], nil
		}
	}
}

func (s *slides) wanted(category string) bool {
	return len(s.cfg.Categories) == 0 || slices.Contains(s.cfg.Categories, category)
}

// index is where the goods on the screen stand, -1 if they are gone.
func (s *slides) index() int {
	return slices.IndexFunc(s.goods, func(v chat.ListingView) bool { return keyOf(v.Listing) == s.at })
}

// present shows the goods one is at as they are now, or the first if they can no longer be had.
func (s *slides) present() {
	on := s.cfg.Slideshow && len(s.goods) > 0
	visible(s.show, on)
	visible(s.quiet, !on)
	if !on {
		s.among.set("")
		s.at = goodsKey{}
		return
	}
	i := max(0, s.index())
	v := s.goods[i]
	k := s.kit
	s.at = keyOf(v.Listing)
	s.title.set(k.title(v.Listing))
	s.price.set(k.price(v.Goods.Price))
	s.words.set(text.Line(v.Goods.Description, slideWords))
	peer := k.person(v.Seller)
	s.who.set(k.personName(peer))
	k.showPortrait(s.face, peer)
	s.among.align = fyne.TextAlignTrailing
	s.among.set(k.count("kiosk.offered", len(s.goods)))
	s.showPhoto(v)
	s.show.Refresh()
}

func (s *slides) showPhoto(v chat.ListingView) {
	if len(v.Goods.Photos) == 0 {
		s.photo.show(nil, false)
		return
	}
	first, key, whole := v.Goods.Photos[0], s.at, false
	take := func(full bool) func(image.Image) {
		return func(p image.Image) {
			if p != nil && key == s.at && !s.gone && (full || !whole) {
				whole = whole || full
				s.photo.show(p, false)
			}
		}
	}
	if s.photo.picture == nil {
		s.photo.show(nil, false)
	}
	s.kit.pics.full(first.Hash, gallerySide, take(true))
	if !whole && len(first.Thumbnail) > 0 {
		s.kit.pics.small(first.Hash, first.Thumbnail, take(false))
	}
}

// later goes on to the next goods in a while.
func (s *slides) later() {
	s.kit.after(s.cfg.Slide, func() {
		if s.gone {
			return
		}
		s.turn()
		s.later()
	})
}

// turn shows the next goods.
func (s *slides) turn() {
	if len(s.goods) < 2 || !s.cfg.Slideshow {
		return
	}
	next := s.goods[(s.index()+1)%len(s.goods)]
	key := keyOf(next.Listing)
	s.photo.fadeFrom(slideFade)
	s.at = key
	if len(next.Goods.Photos) == 0 {
		s.photo.show(nil, false)
	}
	s.kit.off(func() { s.kit.node.FetchPhotos(key.seller, key.id) })
	s.present()
}

// slideLayout puts a large photo to the left and what there is to say of it to the right; in a narrow window below.
type slideLayout struct{}

// Layout is for Fyne.
func (slideLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	photo, about := objects[0], objects[1]
	edge := kioskGutter * 1.5
	side := min((size.Width-3*edge)*0.56, (size.Height-2*gutter)*1.25)
	height := min(size.Height-2*gutter, side*0.86)
	width := min(size.Width-side-3*edge, 560)
	left := (size.Width - side - edge - width) / 2
	photo.Resize(fyne.NewSize(side, height))
	photo.Move(fyne.NewPos(left, (size.Height-height)/2))
	about.Resize(fyne.NewSize(width, about.MinSize().Height)) // heights follow from widths
	least := about.MinSize().Height
	about.Resize(fyne.NewSize(width, least))
	about.Move(fyne.NewPos(left+side+edge, max(0, (size.Height-least)/2)))
}

// MinSize is for Fyne.
func (slideLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 160) }
