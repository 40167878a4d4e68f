package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"haggle/chat"
	"haggle/text"
)

// look runs do on the written content.
func look[T any](m *Store, do func(*content) (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		var zero T
		return zero, chat.ErrClosed
	}
	return do(m.written)
}

// Room implements chat.Store.
func (m *Store) Room(id chat.RoomID) (*chat.RoomState, error) {
	return look(m, func(c *content) (*chat.RoomState, error) {
		r := c.rooms[id]
		if r == nil {
			return nil, chat.ErrNotFound
		}
		return r.state.Clone(), nil
	})
}

// EachRoom implements chat.Store.
func (m *Store) EachRoom(do func(chat.RoomID, *chat.RoomState) bool) error {
	states, err := look(m, func(c *content) ([]*chat.RoomState, error) {
		var states []*chat.RoomState
		for _, r := range c.rooms {
			states = append(states, r.state.Clone())
		}
		return states, nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(states, func(a, b *chat.RoomState) int {
		x, y := a.ID(), b.ID()
		return cmp.Or(cmp.Compare(b.ActiveAt, a.ActiveAt), bytes.Compare(x[:], y[:]))
	})
	for _, s := range states {
		if !do(s.ID(), s) {
			break
		}
	}
	return nil
}

// Groups implements chat.Store.
func (m *Store) Groups(log chat.LogID, from uint64, maxBytes int) ([][]byte, error) {
	return look(m, func(c *content) ([][]byte, error) {
		r := c.rooms[log.Room]
		if r == nil {
			return nil, nil
		}
		var out [][]byte
		size := 0
		for _, g := range r.logs[log] {
			if g.Last() < from || len(out) == 0 && g.First() > from {
				continue
			}
			raw := g.Encode()
			if size += len(raw); len(out) > 0 && size > maxBytes {
				break
			}
			out = append(out, raw)
		}
		return out, nil
	})
}

// HashAt implements chat.Store.
func (m *Store) HashAt(log chat.LogID, seq uint64) (chat.Hash, error) {
	return look(m, func(c *content) (chat.Hash, error) {
		if r := c.rooms[log.Room]; r != nil {
			if hash, ok := r.hashAt(log, seq); ok {
				return hash, nil
			}
		}
		return chat.Hash{}, chat.ErrNotFound
	})
}

// Rows implements chat.Store.
func (m *Store) Rows(id chat.RoomID, at *chat.Position, before bool, limit int) ([]chat.Row, error) {
	return look(m, func(c *content) ([]chat.Row, error) {
		r := c.rooms[id]
		if r == nil || limit <= 0 {
			return nil, nil
		}
		var page []chat.Row
		for _, row := range r.sorted() {
			if at == nil || before && row.Position().Compare(*at) < 0 || !before && row.Position().Compare(*at) > 0 {
				page = append(page, row)
			}
		}
		if n := len(page); n > limit {
			if before {
				page = page[n-limit:]
			} else {
				page = page[:limit]
			}
		}
		return copyRows(page), nil
	})
}

func copyRows(rows []chat.Row) []chat.Row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Entry.Body = bytes.Clone(rows[i].Entry.Body)
	}
	return rows
}

// Row implements chat.Store.
func (m *Store) Row(id chat.MessageID) (chat.Row, error) {
	return look(m, func(c *content) (chat.Row, error) {
		if r := c.rooms[id.Room]; r != nil {
			for _, row := range r.sorted() {
				if row.ID() == id {
					return copyRows([]chat.Row{row})[0], nil
				}
			}
		}
		return chat.Row{}, chat.ErrNotFound
	})
}

// LastRow implements chat.Store.
func (m *Store) LastRow(log chat.LogID, at chat.Position) (uint64, error) {
	return look(m, func(c *content) (uint64, error) {
		var seq uint64
		if r := c.rooms[log.Room]; r != nil {
			for _, row := range r.sorted() {
				if row.Log == log && row.Position().Compare(at) <= 0 {
					seq = row.Entry.Seq
				}
			}
		}
		return seq, nil
	})
}

// SearchRows implements chat.Store.
func (m *Store) SearchRows(query string, in *chat.RoomID, limit int) ([]chat.Row, error) {
	needle := text.NewNeedle(query)
	return look(m, func(c *content) ([]chat.Row, error) {
		var found []chat.Row
		for id, r := range c.rooms {
			if needle.Empty() || limit <= 0 || in != nil && *in != id {
				continue
			}
			for _, row := range r.sorted() {
				body, err := chat.DecodeBody(row.Entry.Kind, row.Entry.Body)
				if err == nil && row.Entry.HasBody() && needle.Match(body.Text) {
					found = append(found, row)
				}
			}
		}
		slices.SortFunc(found, func(a, b chat.Row) int {
			return cmp.Or(b.Position().Compare(a.Position()), bytes.Compare(a.Log.Room[:], b.Log.Room[:]))
		})
		return copyRows(found[:min(len(found), max(limit, 0))]), nil
	})
}

// FindRows implements chat.Store.
func (m *Store) FindRows(query string, in chat.RoomID, limit int) ([]chat.MessageID, error) {
	rows, err := m.SearchRows(query, &in, limit)
	ids := make([]chat.MessageID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID()
	}
	return ids, err
}

// Listing implements chat.Store.
func (m *Store) Listing(seller chat.PeerID, id chat.ListingID) (*chat.Listing, error) {
	return look(m, func(c *content) (*chat.Listing, error) {
		l := c.listings[goodsID{seller, id}]
		if l == nil {
			return nil, chat.ErrNotFound
		}
		return copyListing(l), nil
	})
}

// ListingVersion implements chat.Store.
func (m *Store) ListingVersion(hash chat.Hash) (*chat.Listing, error) {
	return look(m, func(c *content) (*chat.Listing, error) {
		if l := c.versions[hash]; l != nil {
			return copyListing(l), nil
		}
		for _, l := range c.listings {
			if l.Hash() == hash {
				return copyListing(l), nil
			}
		}
		return nil, chat.ErrNotFound
	})
}

// Listings implements chat.Store.
func (m *Store) Listings(q chat.ListingQuery) (int, []*chat.Listing, error) {
	var total int
	page, err := look(m, func(c *content) ([]*chat.Listing, error) {
		var found []*chat.Listing
		needle, category := text.NewNeedle(q.Text), text.Fold(q.Category)
		for _, l := range c.listings {
			if matches(q, l, needle, category) {
				found = append(found, l)
			}
		}
		total = len(found)
		slices.SortFunc(found, func(a, b *chat.Listing) int { return compareListings(q.Sort, a, b) })
		limit := chat.PageLimit
		if q.Limit > 0 {
			limit = min(q.Limit, chat.MaxPage)
		}
		found = found[min(max(q.Offset, 0), total):]
		var page []*chat.Listing
		for _, l := range found[:min(limit, len(found))] {
			page = append(page, copyListing(l))
		}
		return page, nil
	})
	return total, page, err
}

// matches leaves the text for last: it costs most.
func matches(q chat.ListingQuery, l *chat.Listing, needle text.Needle, category string) bool {
	g := l.Goods
	switch {
	case g == nil, !q.Seller.IsZero() && q.Seller != l.Seller:
		return false
	case l.Status == chat.Hidden && (q.Status != chat.Hidden || l.Seller != q.Self):
		return false
	case q.Status != 0 && q.Status != l.Status:
		return false
	case q.Category != "" && category != text.Fold(g.Category):
		return false
	case q.Min != nil && (q.Min.Currency != g.Price.Currency || g.Price.Minor < q.Min.Minor):
		return false
	case q.Max != nil && (q.Max.Currency != g.Price.Currency || g.Price.Minor > q.Max.Minor):
		return false
	}
	return needle.Empty() || needle.Match(g.Title+"\n"+g.Description)
}

func compareListings(by chat.Sort, a, b *chat.Listing) int {
	p, q := a.Goods.Price, b.Goods.Price
	order := 0
	switch by {
	case chat.PriceUp:
		order = cmp.Or(cmp.Compare(p.Currency, q.Currency), cmp.Compare(p.Minor, q.Minor))
	case chat.PriceDown:
		order = cmp.Or(cmp.Compare(p.Currency, q.Currency), cmp.Compare(q.Minor, p.Minor))
	case chat.Newest:
		order = cmp.Compare(b.UpdatedAt, a.UpdatedAt)
	}
	return cmp.Or(order, bytes.Compare(a.Seller[:], b.Seller[:]), bytes.Compare(a.ID[:], b.ID[:]))
}

// Catalogue implements chat.Store.
func (m *Store) Catalogue(seller chat.PeerID, after uint64, maxBytes int) ([][]byte, bool, error) {
	more := false
	records, err := look(m, func(c *content) ([][]byte, error) {
		var list []*chat.Listing
		for key, l := range c.listings {
			if key.seller == seller && l.Version > after {
				list = append(list, l)
			}
		}
		slices.SortFunc(list, func(a, b *chat.Listing) int {
			return cmp.Or(cmp.Compare(a.Version, b.Version), bytes.Compare(a.ID[:], b.ID[:]))
		})
		var records [][]byte
		size := 0
		for len(list) > 0 {
			same := 1 // records of one version stay together, so that after never skips one
			for same < len(list) && list[same].Version == list[0].Version {
				same++
			}
			var next [][]byte
			for _, l := range list[:same] {
				if l.Status == chat.Hidden {
					l = l.HeaderOnly()
				}
				next = append(next, l.Encode())
				size += len(next[len(next)-1])
			}
			if len(records) > 0 && size > maxBytes {
				more = true
				break
			}
			records, list = append(records, next...), list[same:]
		}
		return records, nil
	})
	return records, more, err
}

// CatalogueState implements chat.Store.
func (m *Store) CatalogueState(seller chat.PeerID) (digest uint64, count, size int, err error) {
	_, err = look(m, func(c *content) (struct{}, error) {
		for key, l := range c.listings {
			if key.seller == seller {
				digest ^= chat.ListingDigest(l)
				count++
				size += len(l.Encode())
			}
		}
		return struct{}{}, nil
	})
	return digest, count, size, err
}

// Profile implements chat.Store.
func (m *Store) Profile(id chat.PeerID) (*chat.Profile, error) {
	return look(m, func(c *content) (*chat.Profile, error) {
		p := c.profiles[id]
		if p == nil {
			return nil, chat.ErrNotFound
		}
		return copyProfile(p), nil
	})
}

// Peer implements chat.Store.
func (m *Store) Peer(id chat.PeerID) (chat.Peer, error) {
	return look(m, func(c *content) (chat.Peer, error) {
		p, ok := c.peers[id]
		if !ok {
			return chat.Peer{}, chat.ErrNotFound
		}
		p.Addresses = slices.Clone(p.Addresses)
		return p, nil
	})
}

// Peers implements chat.Store: sorted by ID.
func (m *Store) Peers() ([]chat.Peer, error) {
	return look(m, func(c *content) ([]chat.Peer, error) {
		peers := slices.Collect(maps.Values(c.peers))
		slices.SortFunc(peers, func(a, b chat.Peer) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		for i := range peers {
			peers[i].Addresses = slices.Clone(peers[i].Addresses)
		}
		return peers, nil
	})
}

// Setting implements chat.Store.
func (m *Store) Setting(key string) ([]byte, error) {
	return look(m, func(c *content) ([]byte, error) {
		v, ok := c.settings[key]
		if !ok {
			return nil, chat.ErrNotFound
		}
		return bytes.Clone(v), nil
	})
}

// Draft implements chat.Store.
func (m *Store) Draft(id chat.RoomID) (string, error) {
	return look(m, func(c *content) (string, error) { return c.drafts[id], nil })
}
