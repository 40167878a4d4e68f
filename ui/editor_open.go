package ui

import (
	"fyne.io/fyne/v2"

	"haggle/chat"
)

// offer opens the editor for new goods.
func (a *App) offer() { a.edit(chat.ListingID{}) }

// edit opens the editor for own goods, unless it is open.
func (a *App) edit(id chat.ListingID) {
	if e, ok := a.spots[placeGoods].detail.(*editor); ok && e.id == id {
		a.goTo(placeGoods)
		return
	}
	if id.IsZero() {
		a.openEditor(nil)
		return
	}
	get := func() (chat.ListingView, error) { return a.kit.node.Listing(a.kit.node.Self().ID, id) }
	read(a.kit, get, func(l chat.ListingView, err error) {
		if err != nil {
			a.cfg.Logger.Error("Own goods not read", "err", err)
			a.kit.toast(a.kit.failure(err))
			return
		}
		a.openEditor(l.Listing)
	})
}

func (a *App) openEditor(old *chat.Listing) {
	currency := a.settings.Currency
	if currency == "" {
		currency = currencyOf(a.cfg.Locale)
	}
	var e *editor
	e = newEditor(a.kit, old, currency,
		func(c string) { a.change(func(s *Settings) { s.Currency = c }) },
		func() { a.closeEditor(e) })
	a.open(placeGoods, e)
	a.mark()
}

// closeEditor closes an editor, wherever one is meanwhile.
func (a *App) closeEditor(e *editor) {
	if a.spots[placeGoods].detail != pane(e) {
		return
	}
	if a.at == placeGoods {
		a.leave()
		return
	}
	e.closed()
	a.spots[placeGoods].detail = nil
	a.mark()
}

// noEditor stands beside the list of own goods while none are edited.
func noEditor(k *kit) fyne.CanvasObject {
	return newEmpty("goods", k.say("mygoods.blank"), k.say("mygoods.blank.hint"), newButton(primary, "plus", k.say("mygoods.offer"), k.ways.offer))
}
