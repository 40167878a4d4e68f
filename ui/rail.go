package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"haggle/chat"
)

// place is one of the rail's destinations.
type place uint8

const (
	placeMarket place = iota
	placeChats
	placeGoods
	placePeople
	placeSettings
	places
)

// railEdge is above the first and below the last thing on the rail.
const railEdge = grid + gap

// rail is the way to every place, with the own portrait on top.
type rail struct {
	widget.BaseWidget
	ground   *fill
	portrait *portrait
	self     *tappable
	items    [places]*railItem
	offline  *railItem // stands above the settings while there is no network
}

// newRail makes a rail; open hears where somebody wants to go, and why that they ask what is with the network.
func newRail(k *kit, open func(place), why func()) *rail {
	r := &rail{ground: newFill(colorRail)}
	r.portrait = newPortrait(chat.PeerID{}, "", 44)
	r.portrait.dotOn = colorRail
	r.self = newTappable(pad(2, r.portrait), 24, func() { open(placeSettings) })
	r.self.name = k.say("rail.self")
	for at, item := range [places]struct{ drawing, key string }{
		placeMarket: {"market", "rail.market"}, placeChats: {"chats", "rail.chats"}, placeGoods: {"goods", "rail.goods"},
		placePeople: {"people", "rail.people"}, placeSettings: {"settings", "rail.settings"},
	} {
		r.items[at] = newRailItem(item.drawing, k.say(item.key), func() { open(place(at)) })
	}
	r.offline = newRailItem("network", k.say("rail.offline"), why)
	r.offline.warn()
	r.offline.Hide()
	r.ExtendBaseWidget(r)
	return r
}

// showOffline says that there is no network, or no longer.
func (r *rail) showOffline(on bool) {
	if r.offline.Visible() != on {
		visible(r.offline, on)
		r.Refresh()
	}
}

// choose marks where one is.
func (r *rail) choose(at place) {
	for i, item := range r.items {
		item.choose(place(i) == at)
	}
}

// CreateRenderer is for Fyne.
func (r *rail) CreateRenderer() fyne.WidgetRenderer { return &railRenderer{r} }

type railRenderer struct{ of *rail }

// Layout is for Fyne: settings stand at the bottom. In a low window the words go, and then the portrait.
func (r *railRenderer) Layout(size fyne.Size) {
	r.of.ground.Resize(size)
	all := slices.Insert(slices.Clone(r.of.items[:]), int(placeSettings), r.of.offline)
	all = slices.DeleteFunc(all, func(item *railItem) bool { return !item.Visible() })
	items := func() (height float32) {
		for _, item := range all {
			height += item.height() + gap
		}
		return height
	}
	head := railEdge + r.of.self.MinSize().Height + railEdge
	for _, brief := range []bool{false, true} {
		for _, item := range all {
			item.shorten(brief)
		}
		if head+items()+railEdge <= size.Height {
			break
		}
	}
	visible(r.of.self, head+items()+railEdge <= size.Height)
	y := railEdge
	if r.of.self.Visible() {
		least := r.of.self.MinSize()
		r.of.self.Resize(least)
		r.of.self.Move(fyne.NewPos((size.Width-least.Width)/2, y))
		y = head
	}
	low := size.Height - railEdge + gap // from here on up stands what belongs to the bottom
	for _, item := range all[placeSettings:] {
		low -= item.height() + gap
	}
	for i, item := range all {
		height := item.height()
		item.Resize(fyne.NewSize(size.Width-2*grid, height))
		if i == int(placeSettings) {
			y = max(y, low)
		}
		item.Move(fyne.NewPos(grid, y))
		y += height + gap
	}
}

// MinSize is for Fyne.
func (r *railRenderer) MinSize() fyne.Size { return fyne.NewSize(railWidth, 0) }

// Refresh is for Fyne.
func (r *railRenderer) Refresh() {
	for _, o := range r.Objects() {
		o.Refresh()
	}
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *railRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.of.ground, r.of.self}
	for _, item := range r.of.items {
		objects = append(objects, item)
	}
	return append(objects, r.of.offline)
}

// Destroy is for Fyne.
func (r *railRenderer) Destroy() {}

// railItem is one destination: a drawing with its word below, and a number at its corner.
type railItem struct {
	tappable
	icon   *icon
	word   *label
	number *counter
}

func newRailItem(drawing, word string, tapped func()) *railItem {
	i := &railItem{icon: newIcon(drawing, colorMuted, 24), word: newParagraph(word, sizeCaption, colorMuted).upTo(2).centred(), number: newCounter()}
	inside := container.NewStack(
		inset(grid, grid, 1, 1, container.New(upMiddle{}, newColumn(gap, container.NewCenter(i.icon), i.word))),
		container.New(corner{}, i.number),
	)
	i.become(i, newSized(touch, 60, inside), radius, tapped)
	i.name = word
	return i
}

// shorten leaves the word away, or not.
func (i *railItem) shorten(on bool) { visible(i.word, !on) }

// height is what it takes with its word, or without.
func (i *railItem) height() float32 {
	if i.word.Visible() {
		return i.MinSize().Height
	}
	return touch + gap
}

func (i *railItem) choose(on bool) {
	ground, front := fyne.ThemeColorName(""), colorMuted
	if on {
		ground, front = colorAccentSoft, colorOnSoft
	}
	i.word.bold = on
	i.word.color = front
	i.word.Refresh()
	i.icon.set(i.icon.name, front)
	i.paint(ground, "")
}

// warn makes it say what is wrong, rather than where to go.
func (i *railItem) warn() {
	i.word.bold, i.word.color = true, colorDanger
	i.icon.set(i.icon.name, colorDanger)
}

// upMiddle gives objects all of the width, in the middle of the height.
type upMiddle struct{}

// Layout is for Fyne.
func (upMiddle) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height)) // heights follow from widths
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, (size.Height-height)/2))
	}
}

// MinSize is for Fyne.
func (upMiddle) MinSize(objects []fyne.CanvasObject) fyne.Size { return sized{}.MinSize(objects) }

// corner puts an object beside the middle of the upper edge, where a number on a drawing belongs.
type corner struct{}

// Layout is for Fyne.
func (corner) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(o.MinSize())
		o.Move(fyne.NewPos(size.Width/2+4, 4))
	}
}

// MinSize is for Fyne.
func (corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
