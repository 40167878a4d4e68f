package rpc

import (
	"haggle/chat"
)

type (
	listingResult struct {
		Listing listingShape `json:"listing"`
	}
	listingsResult struct {
		Total    int            `json:"total"`
		Listings []listingShape `json:"listings"`
	}
)

var (
	statusWords = map[string]chat.Status{
		"available": chat.Available, "reserved": chat.Reserved, "sold": chat.Sold, "hidden": chat.Hidden,
	}
	sortWords = map[string]chat.Sort{"newest": chat.Newest, "priceUp": chat.PriceUp, "priceDown": chat.PriceDown}
)

const (
	statusList = "available, reserved, sold and hidden"
	sortList   = "newest, priceUp and priceDown"
)

// goodsChange is what a request says of goods; nil fields are not given.
type goodsChange struct {
	title, description, category, condition *string
	price                                   *chat.Money
	quantity                                int      // -1: not given
	photos                                  []string // paths, and hashes of those to keep
	rephoto                                 bool     // photos are given, perhaps none
}

func (a *args) goods() goodsChange {
	c := goodsChange{
		title: a.optional("title", within(chat.MaxTitle)), description: a.optional("description", within(chat.MaxDescription)),
		category: a.optional("category", within(chat.MaxWord)), condition: a.optional("condition", within(chat.MaxWord)),
		price: a.money("price"), quantity: a.number("quantity", 0, chat.MaxQuantity, -1),
	}
	c.photos, c.rephoto = a.photos()
	return c
}

// apply changes what was given; photos are those that were made of it.
func (c *goodsChange) apply(g *chat.Goods, photos []chat.Photo) {
	set := func(field, value *string) {
		if value != nil {
			*field = *value
		}
	}
	set(&g.Title, c.title)
	set(&g.Description, c.description)
	set(&g.Category, c.category)
	set(&g.Condition, c.condition)
	if c.price != nil {
		g.Price = *c.price
	}
	if c.quantity >= 0 {
		g.Quantity = uint32(c.quantity)
	}
	if c.rephoto {
		g.Photos = photos
	}
}

func (e *Endpoint) listingAnswer(answer answer) func(*chat.Listing, error) {
	return then(answer, func(l *chat.Listing) any { return listingResult{e.listingShape(e.node.ListingView(l))} })
}

func (e *Endpoint) listingsPublish(a *args) job {
	a.needed("title")
	a.needed("price")
	change := a.goods()
	return e.goodsJob(change, chat.ListingID{}, func(photos []chat.Photo, answer answer) {
		goods := chat.Goods{Quantity: 1}
		change.apply(&goods, photos)
		e.node.Publish(goods, e.listingAnswer(answer))
	})
}

func (e *Endpoint) listingsUpdate(a *args) job {
	id, change := a.listing("listingId"), a.goods()
	return e.goodsJob(change, id, func(photos []chat.Photo, answer answer) {
		e.node.Revise(id, func(g *chat.Goods, _ *chat.Status) error {
			change.apply(g, photos)
			return nil
		}, e.listingAnswer(answer))
	})
}

func (e *Endpoint) listingsSetStatus(a *args) job {
	a.needed("status")
	id, status := a.listing("listingId"), choice(a, "status", statusWords, statusList)
	return job{lane: lane{kind: listingsLane}, class: writes, run: func(answer answer) {
		e.node.Revise(id, func(_ *chat.Goods, s *chat.Status) error {
			*s = status
			return nil
		}, e.listingAnswer(answer))
	}}
}

func (e *Endpoint) listingsSearch(a *args) job {
	q := chat.ListingQuery{
		Text: a.word("query"), Seller: a.optionalPeer("seller"), Category: a.word("category"),
		Status: choice(a, "status", statusWords, statusList), Min: a.money("minPrice"), Max: a.money("maxPrice"),
		Sort: choice(a, "sort", sortWords, sortList),
	}
	q.Offset, q.Limit = a.page()
	if q.Min != nil && q.Max != nil && q.Min.Currency != q.Max.Currency {
		a.fail(badParam("maxPrice", "has another currency than minPrice; give both in one."))
	}
	return job{lane: lane{kind: listingsLane}, class: reads, place: inPool, run: read(func() (listingsResult, error) {
		total, page, err := e.node.Listings(q)
		result := listingsResult{total, []listingShape{}}
		for _, l := range page {
			result.Listings = append(result.Listings, e.listingShape(l))
		}
		return result, err
	})}
}

func (e *Endpoint) listingsGet(a *args) job {
	seller, id := a.peer("seller"), a.listing("listingId")
	return job{lane: lane{kind: listingsLane}, class: reads, place: inPool, run: read(func() (result listingResult, err error) {
		l, err := e.node.Listing(seller, id)
		if err == nil {
			e.node.FetchPhotos(seller, id)
			result.Listing = e.listingShape(l)
		}
		return result, err
	})}
}
