package chat

import (
	"errors"
	"math"
)

// Packed is what Pack made of what nobody had acknowledged.
type Packed struct {
	Parcels []Parcel
	Waiting int            // messages of self that were not acknowledged,
	Left    map[PeerID]int // and those of them that are in no parcel, by who should have got them
	Bare    int            // pictures that are in none
}

// Pack seals what self wrote and its readers have not acknowledged, each to the key in its reader's profile. It reads a
// store whose node has ended. Of a log all is packed if there is room, so that it can be read even where its beginning was
// lost.
func Pack(self Identity, store Store, blobs Blobs) (Packed, error) {
	p := packer{self: self, store: store, blobs: blobs, Packed: Packed{Left: map[PeerID]int{}}}
	profile, err := store.Profile(self.ID)
	if err != nil {
		return p.Packed, err
	}
	p.profile = profile.Encode()
	var rooms []*RoomState
	if err := store.EachRoom(func(_ RoomID, s *RoomState) bool {
		rooms = append(rooms, s)
		return true
	}); err != nil {
		return p.Packed, err
	}
	for _, s := range rooms {
		if err := p.room(s); err != nil {
			return p.Packed, err
		}
	}
	return p.Packed, nil
}

type packer struct {
	Packed
	self    Identity
	store   Store
	blobs   Blobs
	profile []byte
}

func (p *packer) room(s *RoomState) error {
	mine, other := s.Role(p.self.ID)
	for i := range s.Logs {
		l := &s.Logs[i]
		delivered, _ := l.Delivered()
		if l.Author != mine || delivered >= l.Seq {
			continue
		}
		waiting, err := p.log(s, l, other, delivered)
		p.Waiting += waiting
		if errors.Is(err, ErrUnsealable) || errors.Is(err, ErrTooLarge) {
			p.Left[other] += waiting
		} else if err != nil {
			return err
		}
	}
	return nil
}

// log packs one log and tells how many messages of it wait.
func (p *packer) log(s *RoomState, l *LogState, other PeerID, delivered uint64) (waiting int, err error) {
	id := LogID{Room: s.ID(), Author: l.Author, Device: l.Device}
	groups, err := p.store.Groups(id, 1, math.MaxInt)
	if err != nil {
		return 0, err
	}
	if size(groups) > maxLogPacked {
		if groups, err = p.store.Groups(id, delivered+1, math.MaxInt); err != nil {
			return 0, err
		}
	}
	var pictures []*Letter
	rows := make([]int, len(groups))
	for n, raw := range groups {
		g, err := DecodeGroup(raw)
		if err != nil {
			return 0, err
		}
		for i := range g.Entries {
			if e := &g.Entries[i]; e.Seq > delivered && e.Row() {
				rows[n]++
			}
		}
		waiting += rows[n]
		g.Images(func(seq uint64, image *Image) {
			if seq <= delivered || p.blobs == nil {
				return
			}
			letter := p.letter(id)
			letter.Seq = seq
			if letter.Picture, err = p.blobs.ReadBlob(image.Hash); err != nil || parcelSize(len(letter.Picture)+MaxProfile+64) == 0 {
				p.Bare++
				return
			}
			pictures = append(pictures, letter)
		})
	}
	to, err := p.store.Profile(other)
	if isNotFound(err) {
		err = ErrUnsealable
	}
	if err != nil {
		return waiting, err
	}
	var letters []*Letter
	var messages []int
	for len(groups) > 0 {
		letter, room := p.letter(id), maxLetter
		messages = append(messages, 0)
		for len(groups) > 0 && len(letter.Groups) < maxLetterGroups && (len(letter.Groups) == 0 || room >= len(groups[0])) {
			letter.Groups = append(letter.Groups, groups[0])
			messages[len(letters)] += rows[0]
			room -= len(groups[0])
			groups, rows = groups[1:], rows[1:]
		}
		letters = append(letters, letter)
	}
	if len(letters)+len(pictures) > MaxParcelsFor {
		if len(letters) > MaxParcelsFor {
			return waiting, ErrTooLarge
		}
		p.Bare += len(letters) + len(pictures) - MaxParcelsFor
		pictures = pictures[:MaxParcelsFor-len(letters)]
	}
	for i, letter := range append(letters, pictures...) {
		parcel, err := letter.Seal(to)
		if err != nil {
			return waiting, err
		}
		if i < len(messages) {
			parcel.Messages = messages[i]
		}
		p.Parcels = append(p.Parcels, parcel)
	}
	return waiting, nil
}

func (p *packer) letter(log LogID) *Letter {
	return &Letter{Author: p.self.ID, Profile: p.profile, Role: log.Author, Device: log.Device}
}

func size(groups [][]byte) int {
	n := 0
	for _, g := range groups {
		n += len(g)
	}
	return n
}
