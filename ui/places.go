package ui

import (
	"fyne.io/fyne/v2"

	"haggle/chat"
)

// allSpots says what stands at each place. A place without a line cannot be gone to.
func (a *App) allSpots() [places]spot {
	return [places]spot{
		placeMarket: {make: func(k *kit) pane { return newMarket(k) }},
		placeChats: {make: func(k *kit) pane { return newInbox(k) }, blank: func(k *kit) fyne.CanvasObject {
			return newEmpty("chats", k.say("inbox.choose"), "")
		}},
		placeGoods: {make: func(k *kit) pane { return newMyGoods(k) }, blank: noEditor},
	}
}

// openGoods shows a goods page at the market.
func (a *App) openGoods(seller chat.PeerID, id chat.ListingID) {
	key := goodsKey{seller, id}
	a.open(placeMarket, newGoodsPage(a.kit, key))
	a.mark(key)
}

// mark marks the goods at the market whose page is open; none with the zero key.
func (a *App) mark(key goodsKey) {
	if m, ok := a.spots[placeMarket].list.(*market); ok {
		m.choose(key)
	}
}

// openPerson shows somebody among the people.
func (a *App) openPerson(chat.PeerID) { a.goTo(placePeople) }

// openRoom shows a room among the chats.
func (a *App) openRoom(id chat.RoomID) {
	if open, ok := a.spots[placeChats].detail.(*roomPane); ok && open.id == id {
		a.goTo(placeChats)
	} else {
		a.open(placeChats, newRoomPane(a.kit, id))
	}
	a.markRoom(id)
}

// markRoom marks the room in the inbox that is open; none with the zero ID.
func (a *App) markRoom(id chat.RoomID) {
	if b, ok := a.spots[placeChats].list.(*inbox); ok {
		b.at(id)
	}
}

// openChat finds or opens the room in which self buys from a seller, and shows it. However often it is asked for, it is
// one room.
func (a *App) openChat(seller chat.PeerID, about chat.ListingID) {
	then := func(room chat.RoomView, _ bool, err error) {
		a.kit.do(func() {
			if err != nil {
				a.cfg.Logger.Error("Room not opened", "err", err)
				a.kit.toast(a.kit.failure(err))
				return
			}
			a.openRoom(room.ID)
		})
	}
	a.kit.off(func() { a.kit.node.OpenRoom(a.kit.node.Self().ID, seller, about, then) })
}
