package chat

import (
	"cmp"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// What a group can be refused for. ErrGap and ErrFork say what the other side must do or has done; see Node.
var (
	ErrBadSignature = errors.New("signature does not verify")
	ErrGap          = errors.New("entries are missing before this one")
	ErrFork         = errors.New("two entries with one sequence number")
)

// Role is the part somebody plays in a room.
type Role uint8

// The two roles. Buyer sorts first.
const (
	Buyer Role = iota
	Seller
)

func (r Role) String() string {
	if r == Seller {
		return "seller"
	}
	return "buyer"
}

// Other is the role across the table.
func (r Role) Other() Role { return 1 - r }

// LogID names one append-only log: the entries one device of the buyer or the seller wrote in a room.
type LogID struct {
	Room   RoomID
	Author Role
	Device DeviceID
}

// MessageID names one entry for good.
type MessageID struct {
	LogID
	Seq uint64 // from 1, without gaps
}

// String is the opaque text form that RPC and links to messages use.
func (id MessageID) String() string {
	return fmt.Sprintf("%s.%c%s.%d", id.Room, id.Author.String()[0], id.Device, id.Seq)
}

// ParseMessageID reads MessageID.String's form.
func ParseMessageID(s string) (MessageID, error) {
	var id MessageID
	bad := fmt.Errorf("message ID: %w", ErrBadID)
	parts := strings.Split(s, ".")
	if len(s) > 128 || len(parts) != 3 || parts[1] == "" {
		return id, bad
	}
	room, err := ParseRoomID(parts[0])
	if err != nil {
		return id, bad
	}
	switch parts[1][0] {
	case 'b':
		id.Author = Buyer
	case 's':
		id.Author = Seller
	default:
		return id, bad
	}
	device, err := ParseDeviceID(parts[1][1:])
	if err != nil {
		return id, bad
	}
	seq, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil || seq == 0 || strconv.FormatUint(seq, 10) != parts[2] {
		return id, bad
	}
	id.Room, id.Device, id.Seq = room, device, seq
	return id, nil
}

// Clock is a hybrid logical clock, one per room: max(newest in the room + 1, wall milliseconds << 16). It orders a reply
// after what its author had seen; a wrong wall clock disturbs stamps, never order (Kulkarni et al., "Logical Physical
// Clocks", 2014). It saturates at MaxClock.
type Clock uint64

// MaxClock is where the clock stops; there it may stay along a log.
const MaxClock Clock = math.MaxInt64

// Next is the stamp of a new entry written at wall time now when c is the newest stamp in the room.
func (c Clock) Next(now time.Time) Clock {
	wall := Clock(0)
	if ms := now.UnixMilli(); ms > 0 {
		wall = MaxClock
		if ms < int64(MaxClock>>16) {
			wall = Clock(ms) << 16
		}
	}
	if c >= MaxClock {
		return MaxClock
	}
	return min(max(c+1, wall), MaxClock)
}

// Position is where a message sorts in its room: by Clock, then Role, Device and Seq. Both sides compare the same bytes.
type Position struct {
	Clock  Clock
	Author Role
	Device DeviceID
	Seq    uint64
}

// Compare orders positions as messages are shown.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Clock, q.Clock), cmp.Compare(p.Author, q.Author),
		strings.Compare(string(p.Device[:]), string(q.Device[:])), cmp.Compare(p.Seq, q.Seq))
}

// Kind says how to read a body. Unknown kinds are kept and passed on untouched.
type Kind uint16

// The kinds this version writes.
const (
	KindText       Kind = 1
	KindImage      Kind = 2
	KindWithdrawal Kind = 3
)

// Entry is one signed fact in a log: header and body. Its hash covers the header only, so the body may be dropped while
// the chain still holds.
type Entry struct {
	Seq      uint64
	Previous Hash
	Clock    Clock
	SentAt   int64 // wall milliseconds of the author, for display, never compared
	Kind     Kind
	BodySize uint32
	BodyHash Hash
	Body     []byte // nil once dropped
}

const headerSize = 8 + 32 + 8 + 8 + 2 + 4 + 32

// Hash is the header's hash: what the next entry and the signature refer to.
func (e *Entry) Hash() Hash {
	var b [headerSize]byte
	binary.BigEndian.PutUint64(b[0:], e.Seq)
	copy(b[8:], e.Previous[:])
	binary.BigEndian.PutUint64(b[40:], uint64(e.Clock))
	binary.BigEndian.PutUint64(b[48:], uint64(e.SentAt))
	binary.BigEndian.PutUint16(b[56:], uint16(e.Kind))
	binary.BigEndian.PutUint32(b[58:], e.BodySize)
	copy(b[62:], e.BodyHash[:])
	return tagged("haggle header v1\x00", b[:])
}

// SetBody fills in the body with its size and hash.
func (e *Entry) SetBody(body []byte) {
	e.Body, e.BodySize, e.BodyHash = body, uint32(len(body)), tagged("", body)
}

// HasBody reports whether the body is here. An empty body always is.
func (e *Entry) HasBody() bool { return e.Body != nil || e.BodySize == 0 }

// At is the position of the entry when it stands in log.
func (e *Entry) At(log LogID) Position {
	return Position{Clock: e.Clock, Author: log.Author, Device: log.Device, Seq: e.Seq}
}

// LogStart is the Previous of a log's first entry; it binds the chain to its room, author and device.
func LogStart(room RoomID, author PeerID, device DeviceID) Hash {
	return tagged("haggle log v1\x00", room[:], author[:], device[:])
}

// Group is what was committed together: entries of one log under one signature, stored and sent all or nothing.
type Group struct {
	Entries   []Entry
	Signature [ed25519.SignatureSize]byte // over the last header
}

// First and Last name the sequence numbers at the group's ends.
func (g *Group) First() uint64 { return g.Entries[0].Seq }

// Last is the sequence number of the signed entry.
func (g *Group) Last() uint64 { return g.Entries[len(g.Entries)-1].Seq }

func entryMessage(h Hash) []byte { return append([]byte("haggle entry v1\x00"), h[:]...) }

// Sign signs the group's last header.
func (g *Group) Sign(key ed25519.PrivateKey) {
	last := &g.Entries[len(g.Entries)-1]
	copy(g.Signature[:], ed25519.Sign(key, entryMessage(last.Hash())))
}

// Verify checks the signature against the author's key. The chain inside was checked by decoding.
func (g *Group) Verify(author PeerID) error {
	last := &g.Entries[len(g.Entries)-1]
	if !ed25519.Verify(author[:], entryMessage(last.Hash()), g.Signature[:]) {
		return ErrBadSignature
	}
	return nil
}

const groupVersion = 1

// Encode is the one encoding of a group, on disk and on the wire: version, first seq, the first previous hash, count,
// then per entry the clock and time as differences, the kind, and either the body or its hash; the signature ends it.
func (g *Group) Encode() []byte {
	first := &g.Entries[0]
	b := make([]byte, 0, g.sizeHint())
	b = append(b, groupVersion)
	b = binary.AppendUvarint(b, first.Seq)
	b = append(b, first.Previous[:]...)
	b = binary.AppendUvarint(b, uint64(len(g.Entries)))
	var clock Clock
	var sent int64
	for i := range g.Entries {
		e := &g.Entries[i]
		b = binary.AppendUvarint(b, uint64(e.Clock-clock))
		b = appendVarint(b, e.SentAt-sent)
		clock, sent = e.Clock, e.SentAt
		b = binary.AppendUvarint(b, uint64(e.Kind))
		if e.HasBody() {
			b = binary.AppendUvarint(b, uint64(e.BodySize)<<1|1)
			b = append(b, e.Body...)
		} else {
			b = binary.AppendUvarint(b, uint64(e.BodySize)<<1)
			b = append(b, e.BodyHash[:]...)
		}
	}
	return append(b, g.Signature[:]...)
}

func (g *Group) sizeHint() int {
	n := 64 + 32 + 24
	for i := range g.Entries {
		n += 32 + len(g.Entries[i].Body)
	}
	return n
}

// DecodeGroup reads Encode's form and nothing else; bodies alias b. The entries come back chained: sequence numbers,
// previous hashes and rising clocks hold. Size and count limits are checked before anything is allocated.
func DecodeGroup(b []byte) (*Group, error) {
	bad := func(what string) (*Group, error) { return nil, fmt.Errorf("group %s: %w", what, ErrMalformed) }
	if len(b) > MaxGroupBytes {
		return bad("size")
	}
	if len(b) < 1+1+32+1+4+ed25519.SignatureSize || b[0] != groupVersion {
		return bad("form")
	}
	g := new(Group)
	copy(g.Signature[:], b[len(b)-ed25519.SignatureSize:])
	r := reader{b: b[1 : len(b)-ed25519.SignatureSize]}
	seq := r.uvarint()
	previous := r.hash()
	count := r.uvarint()
	if r.bad || seq == 0 || seq > math.MaxInt64 || count == 0 || count > MaxGroupCount {
		return bad("header")
	}
	g.Entries = make([]Entry, count)
	var clock Clock
	var sent int64
	for i := range g.Entries {
		e := &g.Entries[i]
		delta := Clock(r.uvarint())
		sentDelta := r.varint()
		if delta > MaxClock || clock+delta > MaxClock || (i > 0 && delta == 0 && clock != MaxClock) {
			return bad("clock")
		}
		clock += delta
		sent += sentDelta // wraps as Encode's difference does: every int64 is a legal time
		e.Seq, e.Previous, e.Clock, e.SentAt = seq+uint64(i), previous, clock, sent
		kind := r.uvarint()
		size := r.uvarint()
		if r.bad || kind > math.MaxUint16 || size>>1 > MaxEntryBody {
			return bad("entry")
		}
		e.Kind, e.BodySize = Kind(kind), uint32(size>>1)
		if size&1 == 1 {
			e.SetBody(r.take(size >> 1))
		} else {
			if size == 0 {
				return bad("entry") // an empty body is always present
			}
			e.BodyHash = r.hash()
		}
		if r.bad {
			return bad("entry")
		}
		previous = e.Hash()
	}
	if len(r.b) != 0 {
		return bad("tail")
	}
	return g, nil
}

// Head is how far a log reaches: its last seq and that header's hash. Seq 0 is an empty log.
type Head struct {
	Author Role
	Device DeviceID
	Seq    uint64
	Hash   Hash
}
