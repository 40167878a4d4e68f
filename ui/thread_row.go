package ui

import (
	"time"

	"haggle/chat"
	"haggle/text"
)

// said is a message ready for the screen: its text went through package text, off the UI goroutine, because cleaning
// what a stranger wrote may take milliseconds.
type said struct {
	id       chat.MessageID
	at       chat.Position
	mine     bool
	sent     int64 // wall milliseconds of the author, as they said
	clockOff time.Duration
	state    chat.State
	text     string // the part shown at first; a picture's caption
	rest     string // what "show more" shows then, part by part
	picture  *chat.Image
	fetch    chat.ImageState // of picture
	received uint32          // bytes of it
	about    *goodsCard      // nil: no goods
	unknown  bool
}

// goodsCard is a thing a message is about, as its author saw it.
type goodsCard struct {
	listing  chat.ListingID
	title    string // clean, one line
	price    string // then; empty when that version is not known here
	priceNow string // empty when it is the same
	status   chat.Status
	hash     chat.Hash // of the first photo,
	photo    []byte    // and its thumbnail, encoded; nil for none
}

// sayable makes a message ready. now is a listing as it is today; nil when there is none.
func sayable(m *chat.Message, self chat.PeerID, now func(chat.ListingID) *chat.Listing) *said {
	s := &said{
		id: m.ID, at: m.Position(), mine: m.Author == self, sent: m.SentAt,
		clockOff: time.Duration(m.ClockOff) * time.Second, state: m.State, unknown: m.Unknown,
	}
	if m.State != chat.Withdrawn && !m.Unknown {
		s.text, s.rest = folded(text.Clean(m.Text))
		s.picture, s.fetch, s.received = m.Image, m.Picture, m.Received
	}
	if m.About != nil {
		s.about = cardOf(m.About, now(m.About.Listing))
	}
	return s
}

func cardOf(about *chat.AboutView, now *chat.Listing) *goodsCard {
	c := &goodsCard{listing: about.Listing, title: text.Line(about.Title, chat.MaxTitle)}
	if about.Price != nil {
		c.price = money(*about.Price)
	}
	return c.today(now)
}

// today is the card with what the thing is like now; now may be nil.
func (c *goodsCard) today(now *chat.Listing) *goodsCard {
	t := *c
	if now == nil {
		return &t
	}
	t.status, t.priceNow = now.Status, ""
	if now.Goods == nil {
		return &t
	}
	if t.title == "" {
		t.title = text.Line(now.Goods.Title, chat.MaxTitle)
	}
	if current := money(now.Goods.Price); current != t.price {
		t.priceNow = current
	}
	t.hash, t.photo = chat.Hash{}, nil
	if len(now.Goods.Photos) > 0 {
		t.hash, t.photo = now.Goods.Photos[0].Hash, now.Goods.Photos[0].Thumbnail
	}
	return &t
}

// folded cuts clean text where a bubble ends at first.
func folded(clean string) (shown, rest string) {
	shown, _ = text.Folded(clean)
	return shown, clean[len(shown):]
}

// rowKind says how a row looks, and so which objects can show it.
type rowKind uint8

const (
	rowLabel   rowKind = iota // a day, a time, a note about a clock
	rowUnread                 // the divider
	rowGoods                  // the talk turns to this thing
	rowSpeech                 // a text
	rowPicture                // a picture, with or without a caption
	rowOdd                    // withdrawn, or of a kind that a newer version knows
	rowKinds
)

// threadRow is one row of a thread. Rows are measured once per width, when they come into view for the first time.
type threadRow struct {
	kind  rowKind
	said  *said          // the message; of a decoration the one it stands above
	label string         // rowLabel
	shape shape          // valid for the width in it
	look  int            // counts changes of how it looks
	thing chat.ListingID // what the talk is about up to here, as far as is loaded

	hits   []text.Span // what is marked of its text,
	sought int         // for which search
}

// message reports whether the row is a message rather than a decoration between messages.
func (r *threadRow) message() bool { return r.kind >= rowSpeech }

// follow tells what the talk is about after the row before this one; it stays as it is while that is not loaded.
func (r *threadRow) follow(last *threadRow) {
	switch {
	case r.said.about != nil:
		r.thing = r.said.about.listing
	case last != nil:
		r.thing = last.thing
	}
}

func rowOf(s *said) *threadRow {
	switch {
	case s.unknown || s.state == chat.Withdrawn:
		return &threadRow{kind: rowOdd, said: s}
	case s.picture != nil:
		return &threadRow{kind: rowPicture, said: s}
	default:
		return &threadRow{kind: rowSpeech, said: s}
	}
}

// quiet is how long nobody says anything before a time is shown again.
const quiet = 5 * time.Minute

// between is what stands between a message and the one before it, whose row is last: nil at the beginning of the room.
func (t *thread) between(last *threadRow, s *said) []*threadRow {
	var rows []*threadRow
	var before *said
	var thing chat.ListingID
	if last != nil {
		before, thing = last.said, last.thing
	}
	label := func(words string) { rows = append(rows, &threadRow{kind: rowLabel, said: s, label: words}) }
	switch {
	case before == nil || daysBetween(t.kit.at(before.sent), t.kit.at(s.sent)) != 0:
		label(t.dayAndTime(s.sent))
	case t.kit.at(s.sent).Sub(t.kit.at(before.sent)).Abs() > quiet:
		label(t.kit.clock(s.sent))
	}
	if s.id == t.divider {
		rows = append(rows, &threadRow{kind: rowUnread, said: s})
	}
	if s.about != nil && s.about.listing != thing {
		rows = append(rows, &threadRow{kind: rowGoods, said: s})
	}
	if s.clockOff != 0 && (before == nil || before.mine || before.clockOff == 0) {
		label(t.clockOffWords(s.clockOff))
	}
	return rows
}
