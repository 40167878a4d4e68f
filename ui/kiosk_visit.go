package ui

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
)

// visit is what is on the screen of one guest, from the first touch until they leave. When it ends, nothing refers to it any
// more: neither what was typed nor what was seen.
type visit struct {
	of   *Kiosk
	kit  *kit
	feed *Feed
	busy sync.WaitGroup
	stop context.CancelFunc
	here Guest // nil until there is one

	toast  *toast
	bar    *fyne.Container
	below  *fyne.Container
	market *kioskMarket
	goods  *goodsPage // nil if none is open
	room   *guestRoom // nil if none is open
	ending *farewell  // nil until the guest wants to leave
	unsent map[chat.RoomID]string
}

// begin makes a guest of who touched the screen.
func (h *Kiosk) begin() {
	if h.leave {
		return
	}
	h.guests++
	v := &visit{of: h, feed: NewFeed(), toast: newToast(), unsent: map[chat.RoomID]string{}}
	ctx, stop := context.WithCancel(h.kit.ctx)
	v.stop = stop
	v.kit = h.newKit(ctx, nil, &v.busy, h.home())
	h.visit = v
	h.slides.closed()
	h.slides = nil
	v.wait(v.kit.say("kiosk.welcome"))
	h.idle.start()
	read(v.kit, func() (Guest, error) {
		g, err := h.cfg.Guest(ctx, v.feed.Notify)
		if err == nil && ctx.Err() != nil { // they have left meanwhile
			_, _ = g.Leave(context.WithoutCancel(ctx))
			return nil, ctx.Err()
		}
		return g, err
	}, v.ready)
}

// ready shows the market to the guest that there is now.
func (v *visit) ready(g Guest, err error) {
	if err != nil {
		v.kit.log.Error("No guest", "err", err)
		v.of.show(layerScreen, newEmpty("warning", v.kit.say("kiosk.noGuest"), v.kit.say("kiosk.noGuestHint"),
			big(v.kit.bigButton(tonal, "refresh", v.kit.say("do.retry"), v.of.end))))
		return
	}
	v.here, v.kit.node = g, g.Node()
	v.feed.attach(func() { v.of.cfg.Do(v.drain) })
	v.build()
}

// build makes the screens, in the language that holds now: at first, and when the guest wants another language.
func (v *visit) build() {
	k := v.kit
	var goods *goodsKey
	var room *chat.RoomID
	if v.goods != nil {
		goods = &v.goods.key
	}
	if v.room != nil {
		room = &v.room.id
	}
	v.closePanes()
	k.toast = func(sentence string) { v.toast.say(k, sentence) }
	k.ways.goods = func(seller chat.PeerID, id chat.ListingID) {
		k.stirred()
		v.openGoods(goodsKey{seller, id})
	}
	k.ways.chat = v.openChat
	k.ways.seen = func(p pane) bool { return v.room != nil && pane(v.room.roomPane) == p }
	v.below, v.bar = container.NewStack(), container.NewStack()
	v.of.show(layerToast, v.toast.layers)
	v.market = newKioskMarket(k, v.of.cfg.Settings.Categories)
	if goods != nil {
		v.goods = newGoodsPage(k, *goods)
	}
	if room != nil {
		v.enter(*room)
	}
	if v.ending != nil {
		v.ending = newFarewell(k, v.here, v.of.end, v.of.movedHome)
	}
	v.of.show(layerScreen, container.New(topAndRest{}, v.bar, newLine(), v.below))
	v.present()
}

// present shows the screen one is at.
func (v *visit) present() {
	at := pane(v.market)
	heading := fyne.CanvasObject(newTitle(v.kit.say("kiosk.market")))
	var back func()
	switch {
	case v.ending != nil:
		at, back, heading = v.ending, v.stay, newTitle(v.kit.say("kiosk.leaving"))
	case v.room != nil:
		at, back, heading = v.room, v.closeRoom, v.room.heading()
	case v.goods != nil:
		at, back, heading = v.goods, v.closeGoods, newTitle("")
	}
	v.unfocus()
	v.bar.Objects = []fyne.CanvasObject{v.newBar(back, heading)}
	v.bar.Refresh()
	v.below.Objects = []fyne.CanvasObject{at.object()}
	v.below.Refresh()
	at.shown()
}

// newBar is the top of every screen: the way back, where one is, the other language and the way to leave.
func (v *visit) newBar(back func(), heading fyne.CanvasObject) fyne.CanvasObject {
	k := v.kit
	mark := newSized(cornerSide, cornerSide, container.NewCenter(newIcon("market", colorAccent, 34)))
	parts := []fyne.CanvasObject{mark}
	if back != nil {
		parts = append(parts, k.bigIcon("back", k.say("do.back"), back))
	}
	grow := len(parts)
	parts = append(parts, heading, big(k.bigButton(plain, "globe", k.say("kiosk.otherLanguage"), v.switchLanguage)))
	if v.ending == nil {
		parts = append(parts, big(k.bigButton(tonal, "exit", k.say("kiosk.done"), v.askToLeave)))
	}
	row := newRow(12, grow, parts...)
	return container.NewStack(newFill(colorSurface), newSized(0, kioskBar, inset(0, 0, 0, kioskGutter-grid, row)))
}

func (v *visit) switchLanguage() {
	language := "zh"
	if v.kit.words.Language == language {
		language = "en"
	}
	v.kit.words = NewWords(language)
	v.build()
}

func (v *visit) openGoods(key goodsKey) {
	v.closeRoomPane()
	if v.goods != nil {
		v.goods.closed()
	}
	v.goods = newGoodsPage(v.kit, key)
	v.present()
}

func (v *visit) closeGoods() {
	v.goods.closed()
	v.goods = nil
	v.present()
}

func (v *visit) openChat(seller chat.PeerID, about chat.ListingID) {
	k := v.kit
	k.stirred()
	then := func(room chat.RoomView, _ bool, err error) {
		k.do(func() {
			switch {
			case err != nil:
				k.log.Error("Room not opened", "err", err)
				k.toast(k.failure(err))
			case v.room == nil && v.ending == nil:
				v.enter(room.ID)
				v.present()
			}
		})
	}
	k.off(func() { k.node.OpenRoom(k.node.Self().ID, seller, about, then) })
}

func (v *visit) closeRoom() {
	v.closeRoomPane()
	v.present()
}

func (v *visit) closeRoomPane() {
	if v.room != nil {
		v.unsent[v.room.id] = v.room.composer.text()
		v.room.closed()
		v.room = nil
	}
}

// enter opens a room with what was written there and not sent.
func (v *visit) enter(id chat.RoomID) {
	v.room = newGuestRoom(v.kit, id)
	v.room.composer.show(v.unsent[id])
}

// askToLeave tells a guest who is done what becomes of what they said.
func (v *visit) askToLeave() {
	v.ending = newFarewell(v.kit, v.here, v.of.end, v.of.movedHome)
	v.present()
}

// stay goes back to where the guest was.
func (v *visit) stay() {
	v.ending = nil
	v.present()
}

// unfocus takes the focus from what is left.
func (v *visit) unfocus() { v.kit.window.Canvas().Unfocus() }

func (v *visit) wait(words string) {
	v.of.show(layerScreen, newEmpty("market", words, ""))
}

func (v *visit) closePanes() {
	v.closeRoomPane()
	if v.goods != nil {
		v.goods.closed()
		v.goods = nil
	}
	if v.market != nil {
		v.market.closed()
		v.market = nil
	}
}

// drain applies what the guest's node told.
func (v *visit) drain() {
	v.feed.drain(v.kit, func(e chat.Event) {
		if v.market != nil {
			v.market.apply(e)
		}
		if v.goods != nil {
			v.goods.apply(e)
		}
		if v.room != nil {
			v.room.apply(e)
		}
		if v.ending != nil {
			v.ending.apply(e)
		}
	})
}

// end sends the guest away and forgets them: by their own wish, or because nobody is there any more.
func (h *Kiosk) end() {
	if h.visit != nil {
		h.endWith(h.visit.kit.say("kiosk.forgetting"), 0)
	}
}

// movedHome ends the visit of a guest who goes on on their own machine, and lets them read that.
func (h *Kiosk) movedHome() {
	if h.visit != nil {
		h.endWith(h.visit.kit.say("kiosk.moved"), movedTime)
	}
}

// movedTime is how long it stands on the screen that a guest goes on elsewhere.
const movedTime = 6 * time.Second

// endWith ends the visit with words on the screen, at least for a while.
func (h *Kiosk) endWith(words string, least time.Duration) {
	v := h.visit
	if h.leave {
		return
	}
	h.idle.stop()
	h.leave, h.still = true, nil
	h.wipe(v)
	h.show(layerScreen, newEmpty("check", words, ""))
	guest := v.here
	h.kit.off(func() {
		v.stop()
		v.busy.Wait()
		if guest != nil {
			carried, err := guest.Leave(context.WithoutCancel(h.kit.ctx))
			if err != nil {
				h.cfg.Logger.Error("Guest not ended well", "err", err)
			}
			h.cfg.Logger.Info("Guest has left", "carried", carried)
		}
		if least == 0 {
			h.kit.do(h.forgotten)
		} else {
			h.kit.after(least, h.forgotten)
		}
	})
}

// wipe takes all that the guest saw and wrote off the screen and out of what the window remembers.
func (h *Kiosk) wipe(v *visit) {
	c := h.cfg.Window.Canvas()
	if v.market != nil {
		v.market.search.SetText("")
	}
	if v.room != nil {
		v.room.composer.field.SetText("")
	}
	c.Unfocus()
	for top := c.Overlays().Top(); top != nil; top = c.Overlays().Top() {
		c.Overlays().Remove(top)
	}
	v.closePanes()
	clear(v.unsent)
	v.toast.words.set("")
	v.kit.pics.drop()
	for _, layer := range []int{layerScreen, layerToast, layerAsk} {
		h.show(layer, nil)
	}
	if h.cfg.Clipboard != nil {
		h.cfg.Clipboard.SetContent("")
	}
	v.market, v.goods, v.room, v.ending, v.bar, v.below, v.toast = nil, nil, nil, nil, nil, nil, newToast()
	v.feed.drop()
}

// forgotten shows the hall's screen again, as new.
func (h *Kiosk) forgotten() {
	h.visit, h.leave = nil, false
	h.kit.pics.drop()
	h.showSlides()
}
