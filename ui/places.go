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
		placePeople: {
			make: func(k *kit) pane { return newPeople(k, a.openPerson, a.openAdd) },
			blank: func(k *kit) fyne.CanvasObject {
				return newEmpty("people", k.say("people.choose"), k.say("people.chooseHint"))
			},
		},
		placeSettings: {make: func(k *kit) pane {
			return newSettings(k, settingsCfg{
				now: a.settings, change: a.change, doctor: func() { a.openWhy(chat.PeerID{}) }, keys: a.showKeys,
				saved: a.showSelf, tray: a.hasTray, folder: a.cfg.Folder, vault: a.cfg.Vault, version: a.cfg.Version, build: a.cfg.Build,
				autostart: a.cfg.Autostart, report: a.reporter(),
			})
		}},
	}
}

// openGoods shows a goods page at the market.
func (a *App) openGoods(seller chat.PeerID, id chat.ListingID) {
	key := goodsKey{seller, id}
	a.open(placeMarket, newGoodsPage(a.kit, key))
	a.mark()
}

// mark marks, in the lists, what is open beside them.
func (a *App) mark() {
	if m, ok := a.spots[placeMarket].list.(*market); ok {
		key := goodsKey{}
		if g, open := a.spots[placeMarket].detail.(*goodsPage); open {
			key = g.key
		}
		m.choose(key)
	}
	if m, ok := a.spots[placeGoods].list.(*myGoods); ok {
		id := chat.ListingID{}
		if e, open := a.spots[placeGoods].detail.(*editor); open {
			id = e.id
		}
		m.choose(id)
	}
	if p, ok := a.spots[placePeople].list.(*people); ok {
		id := chat.PeerID{}
		if one, open := a.spots[placePeople].detail.(*person); open {
			id = one.id
		}
		p.choose(id)
	}
	if b, ok := a.spots[placeChats].list.(*inbox); ok {
		id := chat.RoomID{}
		if r, open := a.spots[placeChats].detail.(*roomPane); open {
			id = r.id
		}
		b.at(id)
	}
}

// openPerson shows somebody among the people; oneself in the settings.
func (a *App) openPerson(id chat.PeerID) {
	if id == a.kit.node.Self().ID {
		a.goTo(placeSettings)
		return
	}
	a.open(placePeople, newPerson(a.kit, id))
	a.mark()
}

// openWhy finds out, among the people, or beside the settings if one is there, why somebody is away; zero for everybody.
func (a *App) openWhy(id chat.PeerID) {
	at := a.at
	if at != placeSettings {
		at = placePeople
	}
	a.open(at, newDoctorPage(a.kit, id))
	a.mark()
}

// openAdd shows the page to reach somebody by address.
func (a *App) openAdd() {
	a.open(placePeople, newAddPerson(a.kit))
	a.mark()
}

// openRoom shows a room among the chats.
func (a *App) openRoom(id chat.RoomID) {
	if open, ok := a.spots[placeChats].detail.(*roomPane); ok && open.id == id {
		a.goTo(placeChats)
	} else {
		a.open(placeChats, newRoomPane(a.kit, id))
	}
	a.mark()
}

// openMessage shows a message that a search found, in its room.
func (a *App) openMessage(id chat.MessageID, query string) {
	a.openRoom(id.Room)
	if p, ok := a.spots[placeChats].detail.(*roomPane); ok {
		p.findAt(query, id)
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
