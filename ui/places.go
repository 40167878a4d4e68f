package ui

import (
	"haggle/chat"
)

// allSpots says what stands at each place. A place without a line cannot be gone to.
func (a *App) allSpots() [places]spot {
	return [places]spot{
		placeMarket: {make: func(k *kit) pane { return newMarket(k) }},
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
func (a *App) openRoom(chat.RoomID) { a.goTo(placeChats) }

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
