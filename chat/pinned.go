package chat

// turnsTo is what the talk is about once a group has arrived: on the seller's machine, too, and on another one of the
// buyer's, the pinned goods are those the buyer's newest message is about. The buyer chose them by entering from their
// page, so what a seller answers never takes the buyer back. Goods that are not here pin nothing.
func (n *Node) turnsTo(r *room, log *roomLog, g *Group) ListingID {
	if log.id.Author != Buyer {
		return r.state.Pinned
	}
	for i := len(g.Entries) - 1; i >= 0; i-- {
		e := &g.Entries[i]
		if !e.Row() {
			continue
		}
		body, err := DecodeBody(e.Kind, e.Body)
		if err != nil || body.About == nil {
			continue
		}
		for _, other := range r.order {
			if other != log && other.id.Author == Buyer && other.staged.clock > e.Clock {
				return r.state.Pinned // they have written on another machine since
			}
		}
		if _, err := n.store.Listing(r.state.Seller, body.About.Listing); err != nil {
			return r.state.Pinned
		}
		return body.About.Listing
	}
	return r.state.Pinned
}
