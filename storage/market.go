package storage

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"haggle/chat"
	"haggle/text"
)

// Listing implements chat.Store.
func (db *DB) Listing(seller chat.PeerID, id chat.ListingID) (*chat.Listing, error) {
	return read(db, func(v *view) (*chat.Listing, error) {
		i := v.goods.find(goodsID{seller, id})
		if i == nil {
			return nil, chat.ErrNotFound
		}
		return v.record(i)
	})
}

// record reads a listing's signed record.
func (v *view) record(i *item) (*chat.Listing, error) {
	value, err := v.need(versionKey(i.hash))
	if err != nil {
		return nil, err
	}
	return decodeVersion(value)
}

func decodeVersion(value []byte) (*chat.Listing, error) {
	var seller chat.PeerID
	if len(value) < len(seller) {
		return nil, asDamage(errCorrupt)
	}
	copy(seller[:], value)
	l, err := chat.ReadListing(seller, value[len(seller):])
	if err != nil {
		return nil, fmt.Errorf("%w: listing: %w", errDamaged, err)
	}
	return l, nil
}

// ListingVersion implements chat.Store.
func (db *DB) ListingVersion(hash chat.Hash) (*chat.Listing, error) {
	return read(db, func(v *view) (*chat.Listing, error) {
		value, err := v.get(versionKey(hash))
		if err != nil {
			return nil, err
		}
		return decodeVersion(value)
	})
}

// Listings implements chat.Store.
func (db *DB) Listings(q chat.ListingQuery) (total int, page []*chat.Listing, err error) {
	page, err = read(db, func(v *view) ([]*chat.Listing, error) {
		found := v.goods.matching(q)
		total = len(found)
		slices.SortFunc(found, func(a, b *item) int { return a.compare(b, q.Sort) })
		limit := chat.PageLimit
		if q.Limit > 0 {
			limit = min(q.Limit, chat.MaxPage)
		}
		found = found[min(max(q.Offset, 0), total):]
		var page []*chat.Listing
		for _, i := range found[:min(limit, len(found))] {
			l, err := v.record(i)
			if err != nil {
				return nil, err
			}
			page = append(page, l)
		}
		return page, nil
	})
	return total, page, err
}

// matching returns the items that a query asks for.
func (g *goods) matching(q chat.ListingQuery) []*item {
	all := g.items
	if !q.Seller.IsZero() {
		all = g.of(q.Seller)
	}
	needle, category := text.NewNeedle(q.Text), text.Fold(q.Category)
	var found []*item
	for _, i := range all {
		if i.matches(q, needle, category) {
			found = append(found, i)
		}
	}
	return found
}

// matches checks what is cheap first. needle and category are the query's, folded.
func (i *item) matches(q chat.ListingQuery, needle text.Needle, category string) bool {
	switch {
	case !i.hasGoods:
		return false
	case i.status == chat.Hidden && (q.Status != chat.Hidden || i.key.seller != q.Self):
		return false
	case q.Status != 0 && q.Status != i.status:
		return false
	case category != "" && category != i.foldedCategory:
		return false
	case q.Min != nil && (q.Min.Currency != i.price.Currency || i.price.Minor < q.Min.Minor):
		return false
	case q.Max != nil && (q.Max.Currency != i.price.Currency || i.price.Minor > q.Max.Minor):
		return false
	}
	return needle.MatchFolded(i.folded)
}

func (i *item) compare(o *item, by chat.Sort) int {
	order := 0
	switch by {
	case chat.Newest:
		order = cmp.Compare(o.updatedAt, i.updatedAt)
	case chat.PriceUp:
		order = cmp.Or(cmp.Compare(i.price.Currency, o.price.Currency), cmp.Compare(i.price.Minor, o.price.Minor))
	case chat.PriceDown:
		order = cmp.Or(cmp.Compare(i.price.Currency, o.price.Currency), cmp.Compare(o.price.Minor, i.price.Minor))
	}
	return cmp.Or(order, i.key.compare(o.key))
}

// Catalogue implements chat.Store. Records of one version stay together, so that after skips none; goods of a hidden
// listing are not shown.
func (db *DB) Catalogue(seller chat.PeerID, after uint64, maxBytes int) (records [][]byte, more bool, err error) {
	records, err = read(db, func(v *view) ([][]byte, error) {
		list := slices.DeleteFunc(slices.Clone(v.goods.of(seller)), func(i *item) bool { return i.version <= after })
		slices.SortFunc(list, func(a, b *item) int {
			return cmp.Or(cmp.Compare(a.version, b.version), a.key.compare(b.key))
		})
		var records [][]byte
		size := 0
		for len(list) > 0 {
			same := 1
			for same < len(list) && list[same].version == list[0].version {
				same++
			}
			next, n, err := v.encoded(list[:same])
			if err != nil {
				return nil, err
			}
			if size += n; len(records) > 0 && size > maxBytes {
				break
			}
			records, list = append(records, next...), list[same:]
		}
		more = len(list) > 0
		return records, nil
	})
	return records, more, err
}

// encoded returns the records of items as they may be shown, and their size.
func (v *view) encoded(list []*item) (records [][]byte, size int, err error) {
	for _, i := range list {
		l, err := v.record(i)
		if err != nil {
			return nil, 0, err
		}
		if l.Status == chat.Hidden {
			l = l.HeaderOnly()
		}
		raw := l.Encode()
		records, size = append(records, raw), size+len(raw)
	}
	return records, size, nil
}

// CatalogueState implements chat.Store.
func (db *DB) CatalogueState(seller chat.PeerID) (digest uint64, count, size int, err error) {
	_, err = read(db, func(v *view) (struct{}, error) {
		for _, i := range v.goods.of(seller) {
			digest ^= i.share()
			count++
			size += i.size
		}
		return struct{}{}, nil
	})
	return digest, count, size, err
}

// Profile implements chat.Store.
func (db *DB) Profile(id chat.PeerID) (*chat.Profile, error) {
	return read(db, func(v *view) (*chat.Profile, error) {
		value, err := v.get(profileKey(id))
		if err != nil {
			return nil, err
		}
		p, err := chat.DecodeProfile(id, value)
		if err != nil {
			return nil, fmt.Errorf("%w: profile: %w", errDamaged, err)
		}
		return p, nil
	})
}

// Peer implements chat.Store.
func (db *DB) Peer(id chat.PeerID) (chat.Peer, error) {
	return read(db, func(v *view) (chat.Peer, error) {
		value, err := v.get(peerKey(id))
		if err != nil {
			return chat.Peer{}, err
		}
		p, err := decodePeer(id, value)
		return p, asDamage(err)
	})
}

// Peers implements chat.Store: sorted by ID.
func (db *DB) Peers() ([]chat.Peer, error) {
	return read(db, func(v *view) ([]chat.Peer, error) {
		var peers []chat.Peer
		err := v.scan([]byte{keyPeer}, []byte{keyPeer}, func(key, value []byte) (bool, error) {
			var id chat.PeerID
			copy(id[:], key[1:])
			p, err := decodePeer(id, value)
			peers = append(peers, p)
			return true, err
		})
		return peers, asDamage(err)
	})
}

// Setting implements chat.Store.
func (db *DB) Setting(key string) ([]byte, error) {
	return read(db, func(v *view) ([]byte, error) {
		value, err := v.get(settingKey(key))
		if errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		return bytes.Clone(value), err
	})
}
