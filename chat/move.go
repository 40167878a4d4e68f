package chat

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Moving a store: all that is somebody's own in it, as items that each stand for themselves, so that a store of another kind
// can take them. Of the market only what rooms need goes along; the rest is met again.

// The kinds of items. An item is its length as a uvarint, its kind, and what belongs to the kind.
const (
	itemProfile = iota + 1
	itemPeer
	itemListing
	itemSetting
	itemRoom
	itemGroup
	itemReceipt
	itemRead
	itemDraft
	itemBlob
)

// maxItem is the largest of them: a picture.
const maxItem = MaxBlob + 64

// Export writes all that belongs to self. It reads a store that may be in use: what changes meanwhile is in it, or not.
func Export(self PeerID, store Store, blobs Blobs, to io.Writer) error {
	x := exporter{self: self, store: store, blobs: blobs, to: bufio.NewWriter(to), put: map[Hash]bool{}}
	if err := x.all(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return x.to.Flush()
}

type exporter struct {
	self  PeerID
	store Store
	blobs Blobs
	to    *bufio.Writer
	put   map[Hash]bool // blobs that are written
}

func (x *exporter) item(kind byte, parts ...[]byte) error {
	size := 1
	for _, p := range parts {
		size += len(p)
	}
	if _, err := x.to.Write(append(binary.AppendUvarint(nil, uint64(size)), kind)); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := x.to.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) all() error {
	if err := x.profile(x.self); err != nil {
		return err
	}
	if value, err := x.store.Setting(settingPrivate); err == nil {
		if err := x.item(itemSetting, value); err != nil {
			return err
		}
	} else if !isNotFound(err) {
		return err
	}
	var rooms []*RoomState
	if err := x.store.EachRoom(func(_ RoomID, s *RoomState) bool {
		if s.Shown {
			rooms = append(rooms, s)
		}
		return true
	}); err != nil {
		return err
	}
	for _, s := range rooms {
		if err := x.room(s); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) profile(id PeerID) error {
	p, err := x.store.Profile(id)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := x.blob(p.Picture); err != nil {
		return err
	}
	return x.item(itemProfile, id[:], p.Encode())
}

// blob writes a picture that is here, once and before what refers to it.
func (x *exporter) blob(h Hash) error {
	if x.blobs == nil || x.put[h] || !x.blobs.Blob(h).Here {
		return nil
	}
	data, err := x.blobs.ReadBlob(h)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	x.put[h] = true
	return x.item(itemBlob, data)
}

func (x *exporter) room(s *RoomState) error {
	_, other := s.Role(x.self)
	if err := x.profile(other); err != nil {
		return err
	}
	peer, err := x.store.Peer(other)
	if err == nil {
		b := appendVarint(appendVarint(nil, peer.ProvenAt), peer.LastSeen)
		for _, a := range peer.Addresses {
			b = appendBytes(b, []byte(a))
		}
		err = x.item(itemPeer, other[:], b)
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	if listing, err := x.store.Listing(s.Seller, s.Pinned); err == nil {
		if err := x.item(itemListing, s.Seller[:], listing.Encode()); err != nil {
			return err
		}
	}
	flags := byte(0)
	if s.Accepted {
		flags = 1
	}
	if err := x.item(itemRoom, s.Buyer[:], s.Seller[:], s.Pinned[:], []byte{flags}, appendVarint(nil, s.ActiveAt)); err != nil {
		return err
	}
	for i := range s.Logs {
		if err := x.log(s, &s.Logs[i]); err != nil {
			return err
		}
	}
	draft, err := x.store.Draft(s.ID())
	if err != nil || draft == "" {
		return err
	}
	id := s.ID()
	return x.item(itemDraft, id[:], []byte(draft))
}

func (x *exporter) log(s *RoomState, l *LogState) error {
	id := LogID{Room: s.ID(), Author: l.Author, Device: l.Device}
	head := append(append(append([]byte{}, id.Room[:]...), byte(l.Author)), l.Device[:]...)
	for next := uint64(1); ; {
		groups, err := x.store.Groups(id, next, frameBytes)
		if err != nil {
			return err
		}
		if len(groups) == 0 {
			break
		}
		for _, raw := range groups {
			g, err := DecodeGroup(raw)
			if err != nil {
				return err
			}
			next = g.Last() + 1
			g.Images(func(_ uint64, image *Image) { err = errors.Join(err, x.blob(image.Hash)) })
			if err == nil {
				err = x.item(itemGroup, head, raw)
			}
			if err != nil {
				return err
			}
		}
	}
	for _, m := range l.Marks {
		marks := binary.AppendUvarint(binary.AppendUvarint(nil, m.Delivered), m.Read)
		if err := x.item(itemReceipt, head, m.Device[:], marks); err != nil {
			return err
		}
	}
	if l.ReadTo == 0 {
		return nil
	}
	return x.item(itemRead, head, binary.AppendUvarint(nil, l.ReadTo))
}

// Import puts what Export wrote into an empty store of self's and checks all that is signed. What it took is durable when
// it returns; what comes after an error is not looked at. ErrMalformed, ErrBadSignature, and the store's.
func Import(self PeerID, store Store, blobs Blobs, from io.Reader) error {
	m := importer{self: self, store: store, blobs: blobs, rooms: map[RoomID]*RoomState{}}
	r := bufio.NewReader(from)
	for {
		size, err := binary.ReadUvarint(r)
		if errors.Is(err, io.EOF) {
			return m.commit()
		}
		if err == nil && (size == 0 || size > maxItem) {
			err = ErrMalformed
		}
		var item []byte
		if err == nil {
			item = make([]byte, size)
			_, err = io.ReadFull(r, item)
		}
		if err == nil {
			err = m.item(item[0], item[1:])
		}
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
}

type importer struct {
	self    PeerID
	store   Store
	blobs   Blobs
	rooms   map[RoomID]*RoomState
	records []Record
	size    int
}

// add commits what is gathered once it is enough for a batch.
func (m *importer) add(size int, r Record) error {
	m.records, m.size = append(m.records, r), m.size+size
	if m.size < MaxBatchBytes/2 && len(m.records) < MaxBatchRecords/2 {
		return nil
	}
	return m.commit()
}

func (m *importer) commit() error {
	if len(m.records) == 0 {
		return nil
	}
	done := make(chan error, 1)
	m.store.Commit(Batch{Records: m.records}, func(err error) { done <- err })
	m.records, m.size = nil, 0
	return <-done
}

func (m *importer) item(kind byte, b []byte) error {
	r := reader{b: b}
	switch kind {
	case itemProfile:
		id := PeerID(r.hash())
		p, err := DecodeProfile(id, r.b)
		if err != nil {
			return err
		}
		return m.add(len(b), ProfileRecord{Profile: p})
	case itemPeer:
		return m.peer(&r)
	case itemListing:
		seller := PeerID(r.hash())
		l, err := DecodeListing(seller, r.b)
		if err != nil {
			return err
		}
		return m.add(len(b), ListingRecord{Listing: l, Own: seller == m.self})
	case itemSetting:
		return m.add(len(b), SettingRecord{Key: settingPrivate, Value: b})
	case itemRoom:
		return m.room(&r)
	case itemGroup, itemReceipt, itemRead:
		return m.log(kind, &r, len(b))
	case itemDraft:
		room := RoomID(r.hash())
		if r.bad || m.rooms[room] == nil || len(r.b) > MaxTextBytes {
			return ErrMalformed
		}
		return m.store.SetDraft(room, string(r.b), time.Now())
	case itemBlob:
		return m.blob(b)
	default:
		return nil // of a newer version
	}
}

func (m *importer) peer(r *reader) error {
	p := Peer{ID: PeerID(r.hash())}
	p.ProvenAt, p.LastSeen = r.varint(), r.varint()
	for len(r.b) > 0 && len(p.Addresses) < MaxAddresses {
		p.Addresses = append(p.Addresses, string(r.take(r.uvarint())))
	}
	if r.bad || p.ID == m.self {
		return ErrMalformed
	}
	return m.add(256, PeerRecord{Peer: p})
}

func (m *importer) room(r *reader) error {
	record := RoomRecord{Buyer: PeerID(r.hash()), Seller: PeerID(r.hash()), Touch: true}
	copy(record.Pinned[:], r.take(uint64(len(record.Pinned))))
	flags := r.take(1)
	record.At = r.varint()
	if r.bad || record.Buyer == record.Seller || record.Buyer != m.self && record.Seller != m.self {
		return ErrMalformed
	}
	record.Accepted = flags[0] == 1
	s := NewRoom(record)
	m.rooms[s.ID()] = s
	return m.add(256, record)
}

// log takes what belongs to a log.
func (m *importer) log(kind byte, r *reader, size int) error {
	id := LogID{Room: RoomID(r.hash())}
	author := r.take(1)
	copy(id.Device[:], r.take(uint64(len(id.Device))))
	s := m.rooms[id.Room]
	if r.bad || s == nil || author[0] > byte(Seller) {
		return ErrMalformed
	}
	id.Author = Role(author[0])
	switch kind {
	case itemGroup:
		g, err := DecodeGroup(r.b)
		if err == nil {
			err = g.Verify(s.Of(id.Author))
		}
		if err != nil {
			return err
		}
		return m.add(size, GroupRecord{Log: id, Group: g, At: s.ActiveAt}) // the store checks the chain
	case itemReceipt:
		rec := Receipt{Log: id}
		copy(rec.By[:], r.take(uint64(len(rec.By))))
		rec.Delivered, rec.Read = r.uvarint(), r.uvarint()
		if r.bad {
			return ErrMalformed
		}
		return m.add(size, ReceiptRecord{Receipt: rec})
	default:
		seq := r.uvarint()
		if r.bad {
			return ErrMalformed
		}
		return m.add(size, ReadRecord{Log: id, Seq: seq})
	}
}

func (m *importer) blob(data []byte) error {
	done := make(chan error, 1)
	m.blobs.PutBlob(data, func(_ Hash, err error) { done <- err })
	return <-done
}
