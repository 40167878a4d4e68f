package ui

import (
	"cmp"
	"slices"
	"strings"

	"haggle/chat"
	"haggle/text"
)

// inboxRow is a room as the inbox shows it: small, for thousands of them are kept.
type inboxRow struct {
	id       chat.RoomID
	peer     chat.PeerView
	name     string
	mine     chat.Role
	activeAt int64

	preview  string // one line, clean; "" if nothing was said
	lastMine bool
	state    chat.State // of the last message if it is one's own
	draft    string     // one line, clean
	listing  chat.ListingID
	title    string    // of the goods
	hash     chat.Hash // of their first photo
	photo    []byte    // its thumbnail, encoded

	unread     int
	unanswered bool
	request    bool
}

// previewLength bounds how much of a message the inbox keeps: more than its widest row shows.
const previewLength = 90

// rowOfRoom makes a room ready for the inbox, off the UI's goroutine.
func (k *kit) rowOfRoom(v *chat.RoomView) *inboxRow {
	r := &inboxRow{
		id: v.ID, peer: v.Peer, name: k.personName(v.Peer), mine: v.Mine, activeAt: v.ActiveAt,
		unread: v.Unread, unanswered: v.Unanswered, request: v.Request, draft: text.Line(v.Draft, previewLength),
	}
	r.peer.Addresses = nil
	if m := v.Last; m != nil {
		r.lastMine = m.Author != v.Peer.ID
		r.state = m.State
		r.preview = k.preview(m)
	}
	if v.Listing != nil && v.Listing.Goods != nil {
		r.listing = v.Listing.ID
		r.title = text.Line(v.Listing.Goods.Title, chat.MaxTitle)
		if photos := v.Listing.Goods.Photos; len(photos) > 0 {
			r.hash, r.photo = photos[0].Hash, photos[0].Thumbnail
		}
	}
	return r
}

// preview is a message in one line.
func (k *kit) preview(m *chat.Message) string {
	switch {
	case m.State == chat.Withdrawn:
		return k.say("inbox.withdrawn")
	case m.Unknown:
		return k.say("thread.unknown")
	}
	words := text.Line(m.Text, previewLength)
	if m.Image != nil {
		return strings.TrimSpace(k.say("inbox.picture") + " " + words)
	}
	return words
}

// before is the inbox's order: the newest activity first.
func (r *inboxRow) before(o *inboxRow) int {
	return cmp.Or(cmp.Compare(o.activeAt, r.activeAt), slices.Compare(r.id[:], o.id[:]))
}

// inboxFilter is what of the inbox is shown.
type inboxFilter uint8

const (
	showAll inboxFilter = iota
	showUnread
	showUnanswered
	showBuying
	showSelling
	showRequests
	inboxFilters
)

// takes reports whether a filter shows a room. Requests are apart.
func (f inboxFilter) takes(r *inboxRow) bool {
	if r.request != (f == showRequests) {
		return false
	}
	switch f {
	case showUnread:
		return r.unread > 0
	case showUnanswered:
		return r.unanswered
	case showBuying:
		return r.mine == chat.Buyer
	case showSelling:
		return r.mine == chat.Seller
	default:
		return true
	}
}

// inboxRows are all rooms in order, and those a filter shows. A change moves one of them.
type inboxRows struct {
	all    []*inboxRow
	shown  []*inboxRow
	byID   map[chat.RoomID]*inboxRow
	filter inboxFilter
	counts [inboxFilters]int
}

// reset replaces all rooms.
func (s *inboxRows) reset(all []*inboxRow) {
	s.byID = make(map[chat.RoomID]*inboxRow, len(all))
	for _, r := range all {
		s.byID[r.id] = r
	}
	s.all = s.all[:0]
	for _, r := range s.byID {
		s.all = append(s.all, r)
	}
	slices.SortFunc(s.all, (*inboxRow).before)
	s.counts = [inboxFilters]int{}
	for _, r := range s.all {
		s.count(r, 1)
	}
	s.choose(s.filter)
}

// choose shows what another filter takes.
func (s *inboxRows) choose(f inboxFilter) {
	s.filter = f
	s.shown = s.shown[:0]
	for _, r := range s.all {
		if f.takes(r) {
			s.shown = append(s.shown, r)
		}
	}
}

func (s *inboxRows) count(r *inboxRow, by int) {
	for f := range inboxFilters {
		if f.takes(r) {
			s.counts[f] += by
		}
	}
}

// put shows a room as it is now, where it belongs now.
func (s *inboxRows) put(r *inboxRow) {
	if old := s.byID[r.id]; old != nil && old.activeAt == r.activeAt && s.filter.takes(old) == s.filter.takes(r) {
		s.count(old, -1)
		s.count(r, 1)
		*old = *r // where it stands
		return
	}
	s.remove(r.id)
	s.byID[r.id] = r
	s.count(r, 1)
	s.all = insertRow(s.all, r)
	if s.filter.takes(r) {
		s.shown = insertRow(s.shown, r)
	}
}

// remove takes a room out.
func (s *inboxRows) remove(id chat.RoomID) {
	old := s.byID[id]
	if old == nil {
		return
	}
	delete(s.byID, id)
	s.count(old, -1)
	s.all = deleteRow(s.all, old)
	if s.filter.takes(old) {
		s.shown = deleteRow(s.shown, old)
	}
}

func insertRow(list []*inboxRow, r *inboxRow) []*inboxRow {
	i, _ := slices.BinarySearchFunc(list, r, (*inboxRow).before)
	return slices.Insert(list, i, r)
}

func deleteRow(list []*inboxRow, r *inboxRow) []*inboxRow {
	i, found := slices.BinarySearchFunc(list, r, (*inboxRow).before)
	if !found {
		return list
	}
	return slices.Delete(list, i, i+1)
}
