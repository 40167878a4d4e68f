package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// roomScreen is a room as it is seen: who it is with, the goods it is about, what was said, and where to write. It is
// given what it shows and reports what is tapped.
type roomScreen struct {
	kit    *kit
	object *fyne.Container

	*header
	portrait *portrait
	called   *called
	presence *label

	goods    *pinnedGoods
	about    bool // there are goods to pin
	absent   bool // the other person is away
	request  *notice
	caution  *notice
	away     *label
	awayBox  *fyne.Container
	bar      *findBar
	thread   *thread
	composer *composer
	state    *fyne.Container // in place of the thread while there is nothing to show
	load     *label
	again    *button // tries once more to read the room

	// What is tapped. All must be set.
	onPerson, onFind, onMenu, onGoods, onAccept, onBlock, onUnblock, onAgain, onWhy func()
}

func newRoomScreen(k *kit) *roomScreen {
	s := &roomScreen{
		kit: k, portrait: newPortrait(chat.PeerID{}, "", touch), called: newCalled(newLabel("", sizeStrong, colorText).strong()),
		presence: newLabel("", sizeCaption, colorMuted), bar: newFindBar(k), thread: newThread(k), composer: newComposer(k),
		away: newParagraph("", sizeCaption, colorMuted).centred(), load: newParagraph("", sizeBody, colorMuted).centred(),
	}
	who := newTappable(inset(gap, gap, 0, grid, newRow(12, 1, s.portrait, newColumn(2, s.called.view, s.presence))), radius, func() { s.onPerson() })
	who.name = k.say("room.person")
	find := newIconButton("search", k.say("room.find"), func() { s.onFind() })
	more := newIconButton("more", k.say("room.more"), func() { s.onMenu() })
	s.header = newHeader(k, who, find, more)
	s.goods = newPinnedGoods(k, func() { s.onGoods() })
	s.request = newNotice(colorAccentSoft, colorOnSoft)
	s.caution = newNotice(colorWarnSoft, colorOnWarn)
	why := newTappable(newSized(touch, touch, container.NewCenter(newWhole(k.say("room.why"), sizeCaption, colorAccent).strong())), radius, func() { s.onWhy() })
	why.name = k.say("room.why")
	s.awayBox = inset(0, 0, gutter, grid, newRow(grid, 0, s.away, why))
	s.again = newButton(tonal, "refresh", k.say("do.retry"), func() { s.onAgain() })
	s.state = container.New(middle{480}, newColumn(gutter, s.load, container.NewCenter(k.fit(s.again))))
	s.wait("")
	foot := container.NewStack(newFill(colorSurface), inset(grid, grid, grid+gap, grid+gap, s.composer.object))
	s.object = container.New(upright{grow: 6, fit: s.fit},
		container.NewStack(newFill(colorSurface), s.Container), s.goods.object, s.bar.object, newLine(), s.request.object, s.caution.object,
		container.NewStack(s.thread, s.state), s.awayBox, newLine(), foot)
	s.goods.object.Hide()
	s.request.object.Hide()
	s.caution.object.Hide()
	s.awayBox.Hide()
	s.thread.OnTyped = func(r rune) {
		k.window.Canvas().Focus(s.composer.field)
		s.composer.field.TypedRune(r)
	}
	s.thread.OnPaste = func(paste *fyne.ShortcutPaste) {
		k.window.Canvas().Focus(s.composer.field)
		s.composer.field.TypedShortcut(paste)
	}
	s.thread.Focus = func(f fyne.Focusable) { k.window.Canvas().Focus(f) }
	s.thread.Picture, s.thread.Goods = s.picture, s.goodsPhoto
	return s
}

// show is what is known of the room now.
func (s *roomScreen) show(v *chat.RoomView) {
	k := s.kit
	name := k.personName(v.Peer)
	k.showPortrait(s.portrait, v.Peer)
	s.called.show(k, v.Peer)
	presence := k.presence(v.Peer)
	if v.Peer.NameTag != "" {
		presence += " · " + k.say("person.tag", v.Peer.NameTag)
	}
	s.presence.set(presence)
	s.goods.show(v.Listing, v.Mine == chat.Seller)
	s.about = v.Listing != nil && v.Listing.Goods != nil
	s.thread.setPeer(name, v.Peer.Online, v.Request)

	visible(s.request.object, v.Request && !v.Peer.Blocked)
	if v.Request {
		s.request.say(k.say("room.request", name),
			newButton(primary, "", k.say("room.accept"), func() { s.onAccept() }),
			newButton(plain, "block", k.say("room.block"), func() { s.onBlock() }))
	}
	switch {
	case v.Peer.Blocked:
		s.caution.say(k.say("room.blocked", name), newButton(plain, "", k.say("room.unblock"), func() { s.onUnblock() }))
	case v.Peer.Resembles != chat.PeerID{}:
		s.caution.say(k.say("room.another", name, v.Peer.Resembles.Short(), v.Peer.NameTag))
	case v.Peer.NameTag != "":
		s.caution.say(k.say("room.alike", v.Peer.NameTag))
	}
	visible(s.caution.object, v.Peer.Blocked || v.Peer.NameTag != "")
	s.away.set(k.say("room.away", name))
	s.absent = !v.Peer.Online && !v.Peer.Blocked
	s.fit(s.object.Size().Height)
	s.object.Refresh()
}

// roomForGoods is the height from which on goods are pinned above what is said, and roomForAway that from which on a line
// below tells that somebody is away.
const (
	roomForGoods float32 = 440
	roomForAway  float32 = 360
)

// fit leaves the goods away in a low window, since they stand among the messages, too, and in a still lower one that somebody
// is away, which the header and the messages tell as well.
func (s *roomScreen) fit(height float32) {
	if s.bar.object.Visible() {
		height -= s.bar.object.MinSize().Height
	}
	visible(s.goods.object, s.about && height >= roomForGoods)
	visible(s.awayBox, s.absent && height >= roomForAway)
}

// wait stands in place of the messages: a word while they are read, or that there are none; "" for nothing.
func (s *roomScreen) wait(words string) {
	s.load.set(words)
	s.again.Hide()
	visible(s.state, words != "")
}

// fail says why the messages cannot be shown, and offers to try again.
func (s *roomScreen) fail(words string) {
	s.wait(words)
	s.again.Show()
	s.state.Refresh()
}

// picture is what there is to see of a message's picture: all of it when it is here, before that its thumbnail.
func (s *roomScreen) picture(m *said, ready func()) (seen image.Image) {
	if m.fetch == chat.ImageHere {
		seen = seenNow(ready, func(take func(image.Image)) { s.kit.pics.full(m.picture.Hash, 2*int(photoSide), take) })
	}
	if seen == nil && len(m.picture.Thumbnail) > 0 {
		seen = seenNow(ready, func(take func(image.Image)) { s.kit.pics.small(m.picture.Hash, m.picture.Thumbnail, take) })
	}
	return seen
}

// goodsPhoto is the thumbnail of goods that a message is about, which may carry another picture itself.
func (s *roomScreen) goodsPhoto(c *goodsCard, ready func()) image.Image {
	return seenNow(ready, func(take func(image.Image)) { s.kit.pics.small(c.hash, c.photo, take) })
}

// seenNow is what ask gives at once, nil if that is nothing; ready hears when it gives something later.
func seenNow(ready func(), ask func(take func(image.Image))) (seen image.Image) {
	late := false
	ask(func(i image.Image) {
		switch {
		case i == nil:
		case late:
			ready()
		default:
			seen = i
		}
	})
	late = true
	return seen
}

func visible(o fyne.CanvasObject, on bool) {
	if on != o.Visible() {
		if on {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// pinnedGoods is the thing a room is about, as it is today. Its seller can change its status right here.
type pinnedGoods struct {
	kit    *kit
	object *fyne.Container
	photo  *photo
	title  *label
	price  *label
	status *label
	change *statusChoice // only on the seller's side
	tap    *tappable
	shown  *chat.Listing
}

func newPinnedGoods(k *kit, open func()) *pinnedGoods {
	g := &pinnedGoods{
		kit: k, photo: newPhoto("goods", radiusSmall), title: newLabel("", sizeBody, colorText).strong(),
		price: newWhole("", sizeBody, colorPrice).strong(), status: newWhole("", sizeCaption, colorMuted),
	}
	g.change = newStatusChoice(k, func(to chat.Status) { k.setStatus(g.shown.ID, to) })
	words := newColumn(2, g.title, newRow(grid, -1, g.price, g.status))
	inside := newRow(12, 1, newSized(48, 48, g.photo), words, g.change, newIcon("next", colorMuted, 20))
	g.tap = newTappable(inset(grid, grid, grid, grid, inside), radius, open)
	g.tap.paint(colorRaised, "")
	g.object = container.NewStack(newFill(colorSurface), inset(0, grid+gap, gutter, gutter, g.tap))
	return g
}

func (g *pinnedGoods) show(l *chat.Listing, mine bool) {
	if l == nil || l.Goods == nil {
		return
	}
	g.shown = l
	g.title.set(g.kit.title(l))
	g.price.set(g.kit.price(l.Goods.Price))
	g.status.set(g.kit.statusWords(l.Status))
	visible(g.status, !mine)
	visible(g.change, mine)
	g.change.show(l.Status)
	g.tap.name = g.title.text
	if len(l.Goods.Photos) == 0 {
		g.photo.show(nil, false)
		return
	}
	first := l.Goods.Photos[0]
	g.kit.pics.small(first.Hash, first.Thumbnail, func(i image.Image) {
		if g.shown == l {
			g.photo.show(i, l.Status != chat.Available)
		}
	})
}

// notice is a sentence on a coloured ground, with what can be done about it.
type notice struct {
	object *fyne.Container
	words  *label
	deeds  *fyne.Container
}

func newNotice(ground, letter fyne.ThemeColorName) *notice {
	n := &notice{words: newParagraph("", sizeBody, letter), deeds: newFlow(grid)}
	inside := newColumn(grid, n.words, n.deeds)
	n.object = inset(grid+gap, 0, gutter, gutter, newPanel(ground, radius, inset(12, 12, gutter, gutter, inside)))
	return n
}

// say shows a sentence. The deeds are only made anew when it is another.
func (n *notice) say(words string, deeds ...fyne.CanvasObject) {
	if n.words.text == words {
		return
	}
	n.words.set(words)
	n.deeds.Objects = deeds
	visible(n.deeds, len(deeds) > 0)
	n.object.Refresh()
}

// upright stacks what it holds; the one at grow takes what is left of the height.
type upright struct {
	grow int
	fit  func(height float32) // hears the height first; may be nil
}

// Layout is for Fyne.
func (u upright) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if u.fit != nil {
		u.fit(size.Height)
	}
	left := size.Height
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if o.Size().Width != size.Width { // text tells its height for the width it has
			o.Resize(fyne.NewSize(size.Width, o.Size().Height))
		}
		if i != u.grow {
			left -= o.MinSize().Height
		}
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		height := o.MinSize().Height
		if i == u.grow {
			height = max(0, left)
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, height))
		y += height
	}
}

// MinSize is for Fyne.
func (u upright) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for i, o := range objects {
		if o.Visible() {
			least := o.MinSize()
			size.Width = max(size.Width, least.Width)
			if i != u.grow {
				size.Height += least.Height
			}
		}
	}
	return size
}
