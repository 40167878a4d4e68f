package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"haggle/chat"
)

// The types of journal records. Numbers are never given to another meaning.
const (
	typeRoom = iota + 1
	typeGroup
	typeTruncate
	typeFork
	typeReceipt
	typeRead
	typeForget
	typeListing
	typeDropCatalogue
	typeProfile
	typePeer
	typeSetting

	// A baseline is the whole index written into the journal, see heal.go: begin, entries, end.
	typeBaseline      = 32
	typeBaselineEntry = 33
	typeBaselineEnd   = 34
)

// change is a record on its way into journal and index. The payload is what the journal holds; the record was decoded from
// it, so what a restart will read has been read once before anybody is told that it is safe.
type change struct {
	typ     byte
	payload []byte
	record  chat.Record
	raw     []byte          // of a group: its encoding, a part of payload
	after   *chat.RoomState // of a forgotten room: the state it was left with, if the journal tells
}

var errUnknownType = errors.New("unknown record type")

// encodeRecord is a record's journal form. It shares no memory with the record.
func encodeRecord(r chat.Record) (typ byte, b []byte, err error) {
	switch r := r.(type) {
	case chat.RoomRecord:
		b = append(b, r.Buyer[:]...)
		b = append(b, r.Seller[:]...)
		b = binary.AppendVarint(b, r.At)
		b = append(b, flags(r.Touch, r.Accepted))
		return typeRoom, append(b, r.Pinned[:]...), nil
	case chat.GroupRecord:
		raw := r.Group.Encode()
		if len(raw) > chat.MaxGroupBytes {
			return 0, nil, fmt.Errorf("group of %d bytes: %w", len(raw), chat.ErrMalformed)
		}
		b = make([]byte, 0, logKeySize+2*binary.MaxVarintLen64+len(raw))
		b = appendLog(b, r.Log)
		b = binary.AppendVarint(b, r.At)
		b = binary.AppendVarint(b, int64(r.ClockOff))
		b = append(b, flags(r.Stranger, r.Hide))
		return typeGroup, append(b, raw...), nil
	case chat.TruncateRecord:
		b = binary.AppendUvarint(appendLog(b, r.Log), r.Head.Seq)
		return typeTruncate, append(b, r.Head.Hash[:]...), nil
	case chat.ForkRecord:
		return typeFork, append(appendLog(b, r.Log), r.Evidence...), nil
	case chat.ReceiptRecord:
		b = appendLog(b, r.Receipt.Log)
		b = append(b, r.Receipt.By[:]...)
		b = binary.AppendUvarint(b, r.Receipt.Delivered)
		return typeReceipt, binary.AppendUvarint(b, r.Receipt.Read), nil
	case chat.ReadRecord:
		return typeRead, binary.AppendUvarint(appendLog(b, r.Log), r.Seq), nil
	case chat.ForgetRecord:
		return typeForget, append(append(b, r.Room[:]...), byte(r.Mine)), nil
	case chat.ListingRecord:
		b = append(append(b, flags(r.Own)), r.Listing.Seller[:]...)
		return typeListing, append(b, r.Listing.Encode()...), nil
	case chat.DropCatalogueRecord:
		return typeDropCatalogue, append(b, r.Seller[:]...), nil
	case chat.ProfileRecord:
		return typeProfile, append(append(b, r.Profile.Peer[:]...), r.Profile.Encode()...), nil
	case chat.PeerRecord:
		return typePeer, append(append(b, r.Peer.ID[:]...), encodePeer(r.Peer)...), nil
	case chat.SettingRecord:
		b = appendText(append(b, flags(r.Value != nil)), r.Key)
		return typeSetting, append(b, r.Value...), nil
	}
	return 0, nil, fmt.Errorf("record %T: %w", r, chat.ErrInvalid)
}

// decodeRecord reads encodeRecord's form. The change aliases payload.
func decodeRecord(typ byte, payload []byte) (change, error) {
	c := change{typ: typ, payload: payload}
	s := scanner{b: payload}
	var err error
	switch typ {
	case typeRoom:
		var r chat.RoomRecord
		s.into(r.Buyer[:])
		s.into(r.Seller[:])
		r.At = s.varint()
		f := s.byte()
		r.Touch, r.Accepted = f&1 != 0, f&2 != 0
		s.into(r.Pinned[:])
		c.record = r
	case typeGroup:
		r := chat.GroupRecord{Log: s.log(), At: s.varint()}
		off := s.varint()
		if off < math.MinInt32 || off > math.MaxInt32 {
			s.bad = true
		}
		r.ClockOff = int32(off)
		f := s.byte()
		r.Stranger, r.Hide = f&1 != 0, f&2 != 0
		if s.bad {
			break
		}
		c.raw = s.b
		r.Group, err = chat.DecodeGroup(c.raw)
		c.record = r
	case typeTruncate:
		r := chat.TruncateRecord{Log: s.log()}
		r.Head = chat.Head{Author: r.Log.Author, Device: r.Log.Device, Seq: s.uvarint()}
		s.into(r.Head.Hash[:])
		c.record = r
	case typeFork:
		r := chat.ForkRecord{Log: s.log()}
		r.Evidence = s.b
		c.record = r
	case typeReceipt:
		var r chat.ReceiptRecord
		r.Receipt.Log = s.log()
		s.into(r.Receipt.By[:])
		r.Receipt.Delivered, r.Receipt.Read = s.uvarint(), s.uvarint()
		c.record = r
	case typeRead:
		c.record = chat.ReadRecord{Log: s.log(), Seq: s.uvarint()}
	case typeForget:
		var r chat.ForgetRecord
		s.into(r.Room[:])
		r.Mine = s.role()
		c.record = r
		if !s.bad && len(s.b) > 0 {
			c.after, err = decodeState(s.b)
		}
	case typeListing:
		r := chat.ListingRecord{Own: s.byte() != 0}
		var seller chat.PeerID
		s.into(seller[:])
		r.Listing, err = chat.ReadListing(seller, s.b)
		c.record = r
	case typeDropCatalogue:
		var r chat.DropCatalogueRecord
		s.into(r.Seller[:])
		c.record = r
	case typeProfile:
		var peer chat.PeerID
		s.into(peer[:])
		var r chat.ProfileRecord
		r.Profile, err = chat.DecodeProfile(peer, s.b)
		c.record = r
	case typePeer:
		var id chat.PeerID
		s.into(id[:])
		var r chat.PeerRecord
		r.Peer, err = decodePeer(id, s.b)
		c.record = r
	case typeSetting:
		keep := s.byte() != 0
		r := chat.SettingRecord{Key: s.text()}
		if keep {
			r.Value = append([]byte{}, s.b...)
		}
		c.record = r
	default:
		return c, errUnknownType
	}
	if err == nil {
		err = s.err()
	}
	return c, err
}

func encodePeer(p chat.Peer) []byte {
	var b []byte
	b = append(b, flags(p.Blocked, p.Verified))
	for _, v := range []int64{p.ProvenAt, p.LastSeen, p.CatalogueAt} {
		b = binary.AppendVarint(b, v)
	}
	b = binary.AppendUvarint(b, p.CatalogueVersion)
	b = binary.AppendUvarint(b, p.CatalogueDigest)
	b = binary.AppendUvarint(b, uint64(len(p.Addresses)))
	for _, a := range p.Addresses {
		b = appendText(b, a)
	}
	return b
}

func decodePeer(id chat.PeerID, b []byte) (chat.Peer, error) {
	s := scanner{b: b}
	p := chat.Peer{ID: id}
	f := s.byte()
	p.Blocked, p.Verified = f&1 != 0, f&2 != 0
	p.ProvenAt, p.LastSeen, p.CatalogueAt = s.varint(), s.varint(), s.varint()
	p.CatalogueVersion, p.CatalogueDigest = s.uvarint(), s.uvarint()
	for n := s.uvarint(); n > 0 && !s.bad; n-- {
		p.Addresses = append(p.Addresses, s.text())
	}
	return p, s.err()
}
