package storage

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"haggle/chat"
	"haggle/text"
)

// goods holds what searches ask of all current listings in memory. It is never changed in place.
type goods struct {
	items []*item // by seller and ID
}

// item is a current listing as searches need it. Its signed record stands in the index under its hash.
type item struct {
	key       goodsID
	hash      chat.Hash
	version   uint64
	updatedAt int64
	size      int // of the record
	status    chat.Status
	hasGoods  bool
	price     chat.Money
	title     string
	about     string // description
	category  string

	folded         string // title and description as searches compare them
	foldedCategory string
	sum            uint64 // its share in indexHead.quick
}

// newItem is the item of a listing whose record takes size bytes.
func newItem(l *chat.Listing, size int) *item {
	i := &item{
		key: goodsID{l.Seller, l.ID}, hash: l.Hash(), version: l.Version, updatedAt: l.UpdatedAt, status: l.Status,
		size: size, hasGoods: l.Goods != nil,
	}
	if g := l.Goods; g != nil {
		i.price, i.title, i.about, i.category = g.Price, g.Title, g.Description, g.Category
	}
	return i.fold()
}

func (i *item) fold() *item {
	i.folded, i.foldedCategory = text.Fold(i.title+"\n"+i.about), text.Fold(i.category)
	return i
}

// newer reports whether l replaces the item.
func (i *item) newer(l *chat.Listing) bool {
	if l.Version != i.version {
		return l.Version > i.version
	}
	h := l.Hash()
	return bytes.Compare(h[:], i.hash[:]) > 0
}

// share is what the listing adds to a catalogue's digest; see chat.ListingDigest.
func (i *item) share() uint64 { return binary.BigEndian.Uint64(i.hash[:]) }

func (i *item) encode() []byte {
	b := append([]byte(nil), i.hash[:]...)
	b = append(b, byte(i.status), flags(i.hasGoods))
	for _, v := range []uint64{i.version, uint64(i.size), uint64(i.price.Minor)} {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendVarint(b, i.updatedAt)
	for _, s := range []string{i.price.Currency, i.category, i.title, i.about} {
		b = appendText(b, s)
	}
	return b
}

func decodeItem(key, value []byte) (*item, error) {
	i := new(item)
	k, s := scanner{b: key[1:]}, scanner{b: value}
	k.into(i.key.seller[:])
	k.into(i.key.id[:])
	s.into(i.hash[:])
	i.status, i.hasGoods = chat.Status(s.byte()), s.byte() != 0
	i.version, i.size, i.price.Minor = s.uvarint(), int(s.uint32()), int64(s.uvarint())
	i.updatedAt = s.varint()
	i.price.Currency, i.category, i.title, i.about = s.text(), s.text(), s.text(), s.text()
	if k.bad || s.bad {
		return nil, errCorrupt
	}
	return i.fold(), nil
}

func (k goodsID) compare(o goodsID) int {
	return cmp.Or(bytes.Compare(k.seller[:], o.seller[:]), bytes.Compare(k.id[:], o.id[:]))
}

func (i *item) compareKey(k goodsID) int { return i.key.compare(k) }

// find returns an item, nil if there is none.
func (g *goods) find(key goodsID) *item {
	if i, ok := slices.BinarySearchFunc(g.items, key, (*item).compareKey); ok {
		return g.items[i]
	}
	return nil
}

// of returns a seller's items.
func (g *goods) of(seller chat.PeerID) []*item {
	from, _ := slices.BinarySearchFunc(g.items, goodsID{seller: seller}, (*item).compareKey)
	to := from
	for to < len(g.items) && g.items[to].key.seller == seller {
		to++
	}
	return g.items[from:to:to]
}

// with is g with items put in, replaced or, where nil, taken out.
func (g *goods) with(changed map[goodsID]*item) *goods {
	if len(changed) == 0 {
		return g
	}
	keys := make([]goodsID, 0, len(changed))
	for k := range changed {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, goodsID.compare)
	n := &goods{items: make([]*item, 0, len(g.items)+len(changed))}
	old := g.items
	for _, k := range keys {
		i, found := slices.BinarySearchFunc(old, k, (*item).compareKey)
		n.items = append(n.items, old[:i]...)
		if e := changed[k]; e != nil {
			n.items = append(n.items, e)
		}
		if found {
			i++
		}
		old = old[i:]
	}
	n.items = append(n.items, old...)
	return n
}
