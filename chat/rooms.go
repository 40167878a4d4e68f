package chat

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// OpenRoom finds or creates the room of an ordered pair; self must be one of them. It needs nobody's consent and no
// network, and nothing is sent before the first message. A non-zero about pins that listing on this side. created tells
// that the room was not shown before. ErrSelfChat, ErrInvalid, ErrBlocked, ErrNotFound (unknown listing).
func (n *Node) OpenRoom(buyer, seller PeerID, about ListingID, then func(room RoomView, created bool, err error)) {
	change(n, func(_ struct{}, err error) { then(RoomView{}, false, err) }, func() { n.openRoom(buyer, seller, about, then) })
}

func (n *Node) openRoom(buyer, seller PeerID, about ListingID, then func(RoomView, bool, error)) {
	fail := func(err error) { then(RoomView{}, false, err) }
	if buyer == seller {
		fail(ErrSelfChat)
		return
	}
	if n.self.ID != buyer && n.self.ID != seller {
		fail(fmt.Errorf("a room of two others: %w", ErrInvalid))
		return
	}
	if n.blocked(buyer) || n.blocked(seller) {
		fail(ErrBlocked)
		return
	}
	if !about.IsZero() {
		if _, err := n.store.Listing(seller, about); err != nil {
			fail(fmt.Errorf("the listing: %w", err))
			return
		}
	}
	r, err := n.room(buyer, seller)
	if err != nil {
		fail(err)
		return
	}
	created := !r.stored || !r.state.Shown
	same := !created && r.state.Accepted && (about.IsZero() || r.state.Pinned == about)
	if !about.IsZero() {
		r.state.Pinned = about
	}
	answer := func(err error) {
		if err != nil {
			fail(err)
			return
		}
		room, err := n.Room(r.id)
		then(room, created, err)
		if !same {
			n.touch(r.id)
		}
	}
	switch {
	case same:
		n.stage(&step{soft: true, room: r.id, then: answer}) // in order with what is still on its way
	case !r.stored:
		n.create(r, true)
		n.stage(&step{soft: true, room: r.id, then: answer})
	default:
		n.accept(r)
		r.state.Shown = true
		n.stageRoom(r, created, answer)
	}
}

// Accept lets a stranger's room out of the requests: quotas end and pictures may come.
func (n *Node) Accept(id RoomID, then func(RoomView, error)) {
	change(n, then, func() {
		r, err := n.roomByID(id)
		if err != nil {
			then(RoomView{}, err)
			return
		}
		n.accept(r)
		n.stageRoom(r, false, func(err error) {
			if err != nil {
				then(RoomView{}, err)
				return
			}
			then(n.Room(id))
			n.touch(id)
		})
	})
}

// accept notes that a person here wants the room, and asks for what a quota kept out.
func (n *Node) accept(r *room) {
	if r.state.Accepted {
		return
	}
	n.strangers -= min(n.strangers, r.state.stranger())
	r.state.Accepted = true
	n.noteContact(r.state)
	n.updateKeep()
	n.wantRoom(r)
	n.retryParcels()
	if r.refusing {
		r.refusing = false
		for _, l := range n.linksTo(r.peer) {
			n.sendHave(l, r.mine, false)
		}
	}
}

// DeleteRoom deletes a conversation on this machine only. The logs keep their heads, so a new message brings the room
// back without the old ones, and its ID never changes.
func (n *Node) DeleteRoom(id RoomID, then func(struct{}, error)) {
	change(n, then, func() {
		r, err := n.roomByID(id)
		if err != nil {
			then(struct{}{}, err)
			return
		}
		n.strangers -= min(n.strangers, r.state.stranger())
		r.state.Shown, r.state.Last, r.state.StrangerCount, r.state.StrangerBytes = false, nil, 0, 0
		n.stage(&step{records: []Record{ForgetRecord{Room: id, Mine: r.mine}}, size: 128, room: id, then: func(err error) {
			if err != nil {
				then(struct{}{}, err)
				return
			}
			n.unwant(func(at place) bool { return at.message.Room == id })
			n.dropDraft(id, func(err error) {
				then(struct{}{}, err)
				n.touch(id)
			})
		}})
	})
}

// dropDraft removes a room's unsent text, off the node's goroutine: it waits for the disk. then comes back to it.
func (n *Node) dropDraft(id RoomID, then func(error)) {
	go func() {
		err := n.store.SetDraft(id, "", n.cfg.Now())
		n.call(func() { then(err) }, func() { then(err) })
	}()
}

// Draft is what a person wants to say: a text, or a picture that was put with PutPicture and a caption, which may be empty.
// About is the listing it is about, which is then pinned.
type Draft struct {
	Text  string
	Image *Image
	About ListingID
}

// check says what is wrong with a draft: ErrBlank, ErrTooLarge, ErrInvalid.
func (d *Draft) check(blank func(string) bool) error {
	bytes, characters, what := MaxTextBytes, MaxText, "message"
	switch {
	case d.Image != nil:
		bytes, characters, what = MaxCaption, MaxCaption, "caption"
		if !d.Image.fetchable() || len(d.Image.Thumbnail) == 0 || len(d.Image.Thumbnail) > MaxThumbnail {
			return fmt.Errorf("what is said of the picture: %w", ErrInvalid)
		}
	case blank(d.Text):
		return ErrBlank
	}
	if len(d.Text) > bytes || utf8.RuneCountInString(d.Text) > characters {
		return fmt.Errorf("a %s has at most %d characters: %w", what, characters, ErrTooLarge)
	}
	if !utf8.ValidString(d.Text) {
		return fmt.Errorf("text is not UTF-8: %w", ErrInvalid)
	}
	return nil
}

// Post appends a message to the room's log. A nil error means that it is on disk, whether or not the other is there.
// ErrBlank, ErrTooLarge, ErrNotFound (room, listing or picture), ErrBlocked, ErrDiskFull, ErrReadOnly.
func (n *Node) Post(id RoomID, d Draft, then func(Message, error)) {
	change(n, then, func() { n.post(id, d, then) })
}

func (n *Node) post(id RoomID, d Draft, then func(Message, error)) {
	fail := func(err error) { then(Message{}, err) }
	if err := d.check(n.cfg.Blank); err != nil {
		fail(err)
		return
	}
	r, err := n.roomByID(id)
	if err != nil {
		fail(err)
		return
	}
	if n.blocked(r.peer) {
		fail(ErrBlocked)
		return
	}
	if !n.mayWrite(r) {
		n.hold(func() { n.post(id, d, then) })
		return
	}
	body := Body{Kind: KindText, Text: d.Text}
	if d.Image != nil {
		if !n.here(d.Image.Hash) {
			fail(fmt.Errorf("the picture: %w", ErrNotFound))
			return
		}
		body.Kind, body.Image = KindImage, d.Image
	}
	if !d.About.IsZero() {
		listing, err := n.store.Listing(r.state.Seller, d.About)
		if err != nil {
			fail(fmt.Errorf("the listing: %w", err))
			return
		}
		body.About = &About{Listing: d.About, Version: listing.Version, Hash: listing.Hash()}
	}
	if !r.state.Accepted || !r.state.Shown || (!d.About.IsZero() && r.state.Pinned != d.About) {
		n.accept(r)
		r.state.Shown = true
		if !d.About.IsZero() {
			r.state.Pinned = d.About
		}
		n.stageRoom(r, false, func(error) {})
	}
	n.append(r, body, n.nowMilli(), then)
}

// append chains an entry of this device to its log and stages it.
func (n *Node) append(r *room, body Body, sentAt int64, then func(Message, error)) {
	log := r.log(r.mine, n.self.Device)
	if log == nil || log.forked {
		then(Message{}, fmt.Errorf("this device's log is closed: %w", ErrReadOnly))
		return
	}
	e := Entry{Seq: log.staged.seq + 1, Previous: log.staged.hash, Clock: r.state.Clock.Next(n.cfg.Now()), SentAt: sentAt, Kind: body.Kind}
	e.SetBody(body.Encode())
	n.chain(r, log, e, then)
}

// chain stages an entry that continues its log.
func (n *Node) chain(r *room, log *roomLog, e Entry, then func(Message, error)) {
	at := tip{e.Seq, e.Hash(), e.Clock}
	r.add(log)
	log.staged, r.state.Clock = at, e.Clock
	if e.Kind == KindImage {
		log.images = e.Seq
	}
	n.stage(&step{own: &ownEntry{log, e}, size: 64 + len(e.Body), room: r.id, sure: func() {
		log.durable = at
		if len(n.fresh) == 0 || n.fresh[len(n.fresh)-1] != log {
			n.fresh = append(n.fresh, log)
		}
	}, then: func(err error) {
		if err != nil {
			then(Message{}, err)
			return
		}
		n.noteActivity(r)
		m := messageOf(r.state, n.self.ID, &Row{Log: log.id, Entry: e})
		n.resolve(r.state.Seller, &m)
		then(m, nil)
		if e.Row() {
			n.notify(MessagePosted{Message: m})
		}
		n.touch(r.id)
	}})
}

// Withdraw takes back an own message that still waits. maySeen tells that its text had been handed to a link, so the
// other side may have it all the same. ErrDelivered, ErrNotFound, ErrInvalid (not one's own, not from this device).
func (n *Node) Withdraw(id MessageID, then func(m Message, maySeen bool, err error)) {
	change(n, func(_ struct{}, err error) { then(Message{}, false, err) }, func() {
		fail := func(err error) { then(Message{}, false, err) }
		r, err := n.roomByID(id.Room)
		if err != nil {
			fail(err)
			return
		}
		if id.Author != r.mine {
			fail(fmt.Errorf("only one's own message can be taken back: %w", ErrInvalid))
			return
		}
		log := r.logs[logKey{id.Author, id.Device}]
		if log == nil || id.Seq > log.staged.seq {
			fail(ErrNotFound)
			return
		}
		if delivered, _ := log.delivered(); id.Seq <= delivered {
			fail(ErrDelivered)
			return
		}
		if id.Device != n.self.Device {
			fail(fmt.Errorf("it was written on another device: %w", ErrInvalid))
			return
		}
		maySeen := id.Seq <= log.handed
		if id.Seq <= log.durable.seq {
			row, err := n.store.Row(id)
			if err != nil { // it may be an entry that is no message
				fail(err)
				return
			}
			if m := messageOf(r.state, n.self.ID, &row); m.State == Withdrawn {
				then(m, maySeen, nil)
				return
			}
		}
		n.append(r, Body{Kind: KindWithdrawal, Seq: id.Seq}, n.nowMilli(), func(_ Message, err error) {
			if err != nil {
				fail(err)
				return
			}
			row, err := n.store.Row(id)
			if err != nil {
				fail(err)
				return
			}
			m := messageOf(r.state, n.self.ID, &row)
			then(m, maySeen, nil)
			n.notify(MessageStateChanged{ID: id, State: m.State})
		})
	})
}

// MarkRead moves the own read marks to the rows at or before upTo and answers how many are still unread. Marks are per
// log, so what arrives later stays unread wherever it sorts. The other side is told unless that is switched off.
func (n *Node) MarkRead(id RoomID, upTo MessageID, then func(unread int, err error)) {
	change(n, then, func() {
		r, err := n.roomByID(id)
		if err == nil && upTo.Room != id {
			err = ErrNotFound
		}
		var row Row
		if err == nil {
			row, err = n.store.Row(upTo)
		}
		if err != nil {
			then(0, err)
			return
		}
		var records []Record
		var moved []*roomLog
		for _, log := range r.order {
			if log.id.Author == r.mine {
				continue
			}
			seq, err := n.store.LastRow(log.id, row.Position())
			if err != nil {
				then(0, err)
				return
			}
			if seq > log.readTo {
				log.readTo = seq
				records = append(records, ReadRecord{Log: log.id, Seq: seq})
				moved = append(moved, log)
			}
		}
		n.stage(&step{records: records, size: 64 * len(records), soft: true, room: id, then: func(err error) {
			if err != nil {
				then(0, err)
				return
			}
			state, err := n.store.Room(id)
			if err != nil {
				then(0, err)
				return
			}
			then(state.Unread(r.mine), nil)
			if len(moved) > 0 {
				n.touch(id)
			}
			for _, log := range moved {
				if !n.private { // the same receipt once more would tell when it was read
					n.sendReceipt(log)
				}
			}
		}})
	})
}

// SetDraft keeps the unsent text of a room, durable when it returns. It waits for the disk: not for the UI's goroutine.
func (n *Node) SetDraft(id RoomID, text string) error {
	if len(text) > 4*MaxTextBytes {
		return fmt.Errorf("draft: %w", ErrTooLarge)
	}
	if _, err := n.store.Room(id); err != nil {
		return err
	}
	return n.store.SetDraft(id, text, n.cfg.Now())
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
