package chat

import (
	"fmt"
	"unicode/utf8"
)

// Remark is what a person here notes about a peer, for themselves: nothing of it ever leaves this machine.
type Remark struct {
	Alias string // what the peer is called here instead of its name, "" for that; at most MaxName characters
	Note  string // at most MaxNote characters
}

const (
	tagAlias = iota + 1
	tagNote
)

// settingRemark begins the key under which a peer's remark is kept. It is a setting rather than a part of the peer's
// record: programs that know of no remarks keep it, and a peer's record is written often.
func settingRemark(id PeerID) string { return "remark/" + id.String() }

func (r *Remark) check() error {
	if !utf8.ValidString(r.Alias) || !utf8.ValidString(r.Note) {
		return fmt.Errorf("a remark is not UTF-8: %w", ErrInvalid)
	}
	if utf8.RuneCountInString(r.Alias) > MaxName {
		return fmt.Errorf("an alias has at most %d characters: %w", MaxName, ErrTooLarge)
	}
	if utf8.RuneCountInString(r.Note) > MaxNote {
		return fmt.Errorf("a note has at most %d characters: %w", MaxNote, ErrTooLarge)
	}
	return nil
}

// encode is the stored form, nil for nothing.
func (r *Remark) encode() []byte {
	var f fields
	f.string(tagAlias, r.Alias)
	f.string(tagNote, r.Note)
	return f.b
}

func decodeRemark(b []byte) (r Remark, err error) {
	err = eachField(b, func(f field) error {
		switch f.tag {
		case tagAlias:
			r.Alias = string(f.data)
		case tagNote:
			r.Note = string(f.data)
		}
		return nil
	})
	return r, err
}

// loadRemark reads what was noted about a peer in an earlier run. What cannot be read is left alone: it is nobody's loss
// but a name's, and no reason not to start.
func (n *Node) loadRemark(p *peerState) error {
	raw, err := n.store.Setting(settingRemark(p.stored.ID))
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if p.remark, err = decodeRemark(raw); err != nil {
		n.log.Error("Remark not read", "err", err)
	}
	return nil
}

// SetRemark replaces what is noted about a peer; the peer is told nothing. ErrNotFound for one whose key was never proven,
// ErrTooLarge, ErrInvalid.
func (n *Node) SetRemark(id PeerID, r Remark, then func(PeerView, error)) {
	change(n, then, func() {
		p := n.peers[id]
		if p == nil || p.stored.ProvenAt == 0 {
			then(PeerView{}, ErrNotFound)
			return
		}
		if err := r.check(); err != nil {
			then(PeerView{}, err)
			return
		}
		if n.cfg.Blank(r.Alias) {
			r.Alias = ""
		}
		record := SettingRecord{Key: settingRemark(id), Value: r.encode()}
		n.stage(&step{records: []Record{record}, size: 128 + len(record.Value), then: func(err error) {
			if err != nil {
				then(PeerView{}, err)
				return
			}
			before := n.view.Load()
			p.remark = r
			n.tellMarked(p, then)
			n.tellAlike(before, id)
		}})
	})
}

// Verify notes that a person has compared the safety code with a peer's and found it the same, or takes that back. The
// peer is told nothing. ErrNotFound for one whose key was never proven.
func (n *Node) Verify(id PeerID, verified bool, then func(PeerView, error)) {
	change(n, then, func() {
		p := n.peers[id]
		if p == nil || p.stored.ProvenAt == 0 {
			then(PeerView{}, ErrNotFound)
			return
		}
		before := p.stored.Verified
		p.stored.Verified = verified
		n.stage(&step{records: []Record{PeerRecord{Peer: p.stored}}, size: 256, then: func(err error) {
			if err != nil {
				p.stored.Verified = before
				then(PeerView{}, err)
				return
			}
			n.tellMarked(p, then)
		}})
	})
}

// tellMarked answers and tells that a peer is marked otherwise.
func (n *Node) tellMarked(p *peerState, then func(PeerView, error)) {
	id := p.stored.ID
	n.publishView()
	n.renewView()
	then(n.Peer(id), nil)
	n.notify(PeerChanged{Peer: id})
}
