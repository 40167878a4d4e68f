package rogue

import (
	"crypto/ed25519"

	"haggle/chat"
)

// Author writes a log, chained and signed as a node would. Its fields may be bent before the next Group.
type Author struct {
	Log   chat.LogID
	Key   ed25519.PrivateKey
	Seq   uint64
	Hash  chat.Hash
	Clock chat.Clock
}

// Author begins the log of the peer as the buyer in the room with whom it is linked.
func (p *Peer) Author() *Author {
	room := chat.RoomFor(p.ID, p.Victim)
	return &Author{
		Log: chat.LogID{Room: room, Author: chat.Buyer, Device: p.Device}, Key: p.Key,
		Hash: chat.LogStart(room, p.ID, p.Device), Clock: 1000,
	}
}

// Texts writes messages as one group.
func (a *Author) Texts(texts ...string) *chat.Group {
	bodies := make([][]byte, len(texts))
	for i, text := range texts {
		b := chat.Body{Kind: chat.KindText, Text: text}
		bodies[i] = b.Encode()
	}
	return a.Bodies(chat.KindText, bodies...)
}

// Bodies writes entries of a kind as one group.
func (a *Author) Bodies(kind chat.Kind, bodies ...[]byte) *chat.Group {
	g := new(chat.Group)
	for _, body := range bodies {
		e := chat.Entry{Seq: a.Seq + 1, Previous: a.Hash, Clock: a.Clock + 1, Kind: kind}
		e.SetBody(body)
		g.Entries = append(g.Entries, e)
		a.Seq, a.Hash, a.Clock = e.Seq, e.Hash(), e.Clock
	}
	g.Sign(a.Key)
	return g
}

// Frame carries groups of the log.
func (a *Author) Frame(groups ...*chat.Group) chat.Entries {
	f := chat.Entries{Mine: chat.Buyer, Author: a.Log.Author, Device: a.Log.Device}
	for _, g := range groups {
		f.Groups = append(f.Groups, g.Encode())
	}
	return f
}
