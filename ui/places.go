package ui

import (
	"haggle/chat"
)

// allSpots says what stands at each place. A place without a line cannot be gone to.
func (a *App) allSpots() [places]spot {
	return [places]spot{}
}

// openGoods shows a goods page at the market.
func (a *App) openGoods(chat.PeerID, chat.ListingID) { a.goTo(placeMarket) }

// openPerson shows somebody among the people.
func (a *App) openPerson(chat.PeerID) { a.goTo(placePeople) }

// openRoom shows a room among the chats.
func (a *App) openRoom(chat.RoomID) { a.goTo(placeChats) }

// openChat finds or opens the room in which self buys from a seller, and shows it.
func (a *App) openChat(seller chat.PeerID, about chat.ListingID) {
	a.kit.off(func() {
		self := a.kit.node.Self().ID
		a.kit.node.OpenRoom(self, seller, about, func(room chat.RoomView, _ bool, err error) {
			a.kit.do(func() {
				if err != nil {
					a.cfg.Logger.Error("Room not opened", "err", err)
					return
				}
				a.openRoom(room.ID)
			})
		})
	})
}
