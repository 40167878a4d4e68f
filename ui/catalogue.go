package ui

import (
	"haggle/chat"
	"haggle/text"
)

// word is a value that goods carry, as it is stored and sent, and the key of what people read for it.
type word struct{ stored, key string }

// categories are those that the editor offers and the market filters by. Others show as their sellers wrote them.
var categories = []word{
	{"electronics", "category.electronics"},
	{"home", "category.home"},
	{"clothes", "category.clothes"},
	{"books", "category.books"},
	{"sport", "category.sport"},
	{"kids", "category.kids"},
	{"vehicles", "category.vehicles"},
	{"food", "category.food"},
	{"services", "category.services"},
	{"other", "category.other"},
}

// conditions are those that the editor offers.
var conditions = []word{
	{"new", "condition.new"},
	{"like new", "condition.likeNew"},
	{"good", "condition.good"},
	{"used", "condition.used"},
	{"broken", "condition.broken"},
}

// word is what people read for a stored value.
func (k *kit) word(of []word, stored string) string {
	for _, w := range of {
		if w.stored == stored {
			return k.say(w.key)
		}
	}
	return text.Line(stored, chat.MaxWord)
}

// status is what people read for what can be done with goods.
func (k *kit) status(s chat.Status) string {
	switch s {
	case chat.Reserved:
		return k.say("status.reserved")
	case chat.Sold:
		return k.say("status.sold")
	case chat.Hidden:
		return k.say("status.hidden")
	default:
		return k.say("status.available")
	}
}

// title is what goods are called on the screen.
func (k *kit) title(l *chat.Listing) string {
	if l.Goods == nil {
		return k.say("goods.gone")
	}
	if title := text.Line(l.Goods.Title, chat.MaxTitle); title != "" {
		return title
	}
	return k.say("goods.untitled")
}

// goodsKey names goods on the screen.
type goodsKey struct {
	seller chat.PeerID
	id     chat.ListingID
}

func keyOf(l *chat.Listing) goodsKey { return goodsKey{l.Seller, l.ID} }
