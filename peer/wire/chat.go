package wire

import (
	"fmt"

	"haggle/chat"
)

// maxHeads is the number of logs of a room, of both authors.
const maxHeads = 2 * chat.MaxLogs

// Wrap is a frame of chat as it travels. Nil for a frame of a type that this version does not send.
func Wrap(f chat.Frame) *Frame {
	switch f := f.(type) {
	case chat.Have:
		have := &Have{Mine: roleOut(f.Mine), Ask: f.Ask, Heads: make([]*Head, len(f.Heads))}
		for i := range f.Heads {
			h := &f.Heads[i]
			have.Heads[i] = &Head{Author: roleOut(h.Author), Device: h.Device[:], Seq: h.Seq, Hash: h.Hash[:]}
		}
		return &Frame{Body: &Frame_Have{have}}
	case chat.Entries:
		return &Frame{Body: &Frame_Entries{&Entries{
			Mine: roleOut(f.Mine), Author: roleOut(f.Author), Device: f.Device[:], Groups: f.Groups,
		}}}
	case chat.ReceiptFrame:
		return &Frame{Body: &Frame_Receipt{&Receipt{
			Mine: roleOut(f.Mine), Author: roleOut(f.Author), Device: f.Device[:], By: f.By[:],
			Delivered: f.Delivered, Read: f.Read, Signature: f.Signature[:],
		}}}
	case chat.ProfileFrame:
		return &Frame{Body: &Frame_Profile{&Profile{Record: f.Record}}}
	case chat.CatalogueFrame:
		return &Frame{Body: &Frame_Catalogue{&Catalogue{Digest: f.Digest}}}
	case chat.CatalogueAsk:
		return &Frame{Body: &Frame_CatalogueAsk{&CatalogueAsk{After: f.After}}}
	case chat.ListingsFrame:
		return &Frame{Body: &Frame_Listings{&Listings{Records: f.Records, More: f.More, Yours: f.Yours, Digest: f.Digest}}}
	case chat.Want:
		return &Frame{Body: &Frame_Want{wantOut(f)}}
	case chat.Chunk:
		return &Frame{Body: &Frame_Chunk{&Chunk{Hash: f.Hash[:], Size: f.Size, Offset: f.Offset, Data: f.Data}}}
	case chat.Absent:
		return &Frame{Body: &Frame_Absent{&Absent{Hash: f.Hash[:]}}}
	case chat.ParcelOffer:
		return &Frame{Body: &Frame_ParcelOffer{&ParcelOffer{Id: f.ID[:], Size: f.Size}}}
	case chat.ParcelAsk:
		return &Frame{Body: &Frame_ParcelAsk{&ParcelAsk{Id: f.ID[:], Offset: f.Offset}}}
	case chat.ParcelChunk:
		return &Frame{Body: &Frame_ParcelChunk{&ParcelChunk{Id: f.ID[:], Size: f.Size, Offset: f.Offset, Data: f.Data}}}
	case chat.ParcelTaken:
		return &Frame{Body: &Frame_ParcelTaken{&ParcelTaken{Id: f.ID[:]}}}
	}
	return nil
}

func wantOut(f chat.Want) *Want {
	w := &Want{Hash: f.Hash[:], Offset: f.Offset, Count: f.Count}
	switch f.Of.Kind {
	case chat.InMessage:
		w.Of = &Want_Message{&InMessage{Mine: roleOut(f.Of.Mine), Author: roleOut(f.Of.Author), Device: f.Of.Device[:], Seq: f.Of.Seq}}
	case chat.InListing:
		w.Of = &Want_Listing{f.Of.Listing[:]}
	case chat.InProfile:
		w.Of = &Want_Profile{true}
	}
	return w
}

// Chat is the frame as chat knows it, with all sizes checked: ErrMalformed. Nil, without an error, for a frame that is
// about the link or of a kind that this version does not know.
func (f *Frame) Chat() (chat.Frame, error) {
	c := new(checker)
	var out chat.Frame
	switch b := f.GetBody().(type) {
	case *Frame_Have:
		out = c.have(b.Have)
	case *Frame_Entries:
		e := b.Entries
		c.records(e.GetGroups(), chat.MaxGroupBytes)
		out = chat.Entries{
			Mine: c.role(e.GetMine()), Author: c.role(e.GetAuthor()), Device: c.device(e.GetDevice()), Groups: e.GetGroups(),
		}
	case *Frame_Receipt:
		r := b.Receipt
		receipt := chat.ReceiptFrame{
			Mine: c.role(r.GetMine()), Author: c.role(r.GetAuthor()), Device: c.device(r.GetDevice()), By: c.device(r.GetBy()),
			Delivered: r.GetDelivered(), Read: r.GetRead(),
		}
		c.copy(receipt.Signature[:], r.GetSignature())
		out = receipt
	case *Frame_Profile:
		c.record(b.Profile.GetRecord(), chat.MaxRecordBytes)
		out = chat.ProfileFrame{Record: b.Profile.GetRecord()}
	case *Frame_Catalogue:
		out = chat.CatalogueFrame{Digest: b.Catalogue.GetDigest()}
	case *Frame_CatalogueAsk:
		out = chat.CatalogueAsk{After: b.CatalogueAsk.GetAfter()}
	case *Frame_Listings:
		l := b.Listings
		c.records(l.GetRecords(), chat.MaxRecordBytes)
		out = chat.ListingsFrame{Records: l.GetRecords(), More: l.GetMore(), Yours: l.GetYours(), Digest: l.GetDigest()}
	case *Frame_Want:
		out = c.want(b.Want)
	case *Frame_Chunk:
		chunk := chat.Chunk{Size: b.Chunk.GetSize(), Offset: b.Chunk.GetOffset(), Data: b.Chunk.GetData()}
		c.copy(chunk.Hash[:], b.Chunk.GetHash())
		c.check(chunk.Size <= chat.MaxBlob && len(chunk.Data) > 0 && len(chunk.Data) <= chat.ChunkBytes &&
			uint64(chunk.Offset)+uint64(len(chunk.Data)) <= uint64(chunk.Size), "chunk")
		out = chunk
	case *Frame_Absent:
		var absent chat.Absent
		c.copy(absent.Hash[:], b.Absent.GetHash())
		out = absent
	case *Frame_ParcelOffer:
		offer := chat.ParcelOffer{Size: b.ParcelOffer.GetSize()}
		c.copy(offer.ID[:], b.ParcelOffer.GetId())
		c.check(offer.Size > 0 && offer.Size <= chat.MaxParcel, "parcel")
		out = offer
	case *Frame_ParcelAsk:
		ask := chat.ParcelAsk{Offset: b.ParcelAsk.GetOffset()}
		c.copy(ask.ID[:], b.ParcelAsk.GetId())
		c.check(ask.Offset < chat.MaxParcel, "parcel")
		out = ask
	case *Frame_ParcelChunk:
		chunk := chat.ParcelChunk{Size: b.ParcelChunk.GetSize(), Offset: b.ParcelChunk.GetOffset(), Data: b.ParcelChunk.GetData()}
		c.copy(chunk.ID[:], b.ParcelChunk.GetId())
		c.check(chunk.Size <= chat.MaxParcel && len(chunk.Data) > 0 && len(chunk.Data) <= chat.ChunkBytes &&
			uint64(chunk.Offset)+uint64(len(chunk.Data)) <= uint64(chunk.Size), "parcel")
		out = chunk
	case *Frame_ParcelTaken:
		var done chat.ParcelTaken
		c.copy(done.ID[:], b.ParcelTaken.GetId())
		out = done
	}
	if c.bad != "" {
		return nil, fmt.Errorf("%s: %w", c.bad, ErrMalformed)
	}
	return out, nil
}

// checker converts fields and remembers the first that does not fit.
type checker struct{ bad string }

func (c *checker) check(ok bool, what string) {
	if !ok && c.bad == "" {
		c.bad = what
	}
}

func (c *checker) role(r Role) chat.Role {
	c.check(r == Role_ROLE_BUYER || r == Role_ROLE_SELLER, "role")
	if r == Role_ROLE_SELLER {
		return chat.Seller
	}
	return chat.Buyer
}

func roleOut(r chat.Role) Role {
	if r == chat.Seller {
		return Role_ROLE_SELLER
	}
	return Role_ROLE_BUYER
}

func (c *checker) copy(to, from []byte) {
	c.check(len(from) == len(to), "length")
	copy(to, from)
}

func (c *checker) device(b []byte) (d chat.DeviceID) {
	c.copy(d[:], b)
	return d
}

func (c *checker) have(h *Have) chat.Have {
	out := chat.Have{Mine: c.role(h.GetMine()), Ask: h.GetAsk()}
	c.check(len(h.GetHeads()) <= maxHeads, "heads")
	if c.bad != "" || len(h.GetHeads()) == 0 {
		return out
	}
	out.Heads = make([]chat.Head, len(h.GetHeads()))
	for i, head := range h.GetHeads() {
		to := &out.Heads[i]
		to.Author, to.Device, to.Seq = c.role(head.GetAuthor()), c.device(head.GetDevice()), head.GetSeq()
		c.copy(to.Hash[:], head.GetHash())
	}
	return out
}

func (c *checker) want(w *Want) chat.Want {
	out := chat.Want{Offset: w.GetOffset(), Count: w.GetCount()}
	c.copy(out.Hash[:], w.GetHash())
	c.check(uint64(out.Offset)+uint64(out.Count) <= chat.MaxBlob, "range")
	switch of := w.GetOf().(type) {
	case *Want_Message:
		m := of.Message
		out.Of = chat.Reference{
			Kind: chat.InMessage, Mine: c.role(m.GetMine()), Author: c.role(m.GetAuthor()), Device: c.device(m.GetDevice()), Seq: m.GetSeq(),
		}
	case *Want_Listing:
		out.Of.Kind = chat.InListing
		c.copy(out.Of.Listing[:], of.Listing)
	case *Want_Profile:
		out.Of.Kind = chat.InProfile
	default: // of a later version: answered as what is not here
	}
	return out
}

func (c *checker) record(r []byte, most int) { c.check(len(r) > 0 && len(r) <= most, "record") }

func (c *checker) records(rs [][]byte, most int) {
	for _, r := range rs {
		c.record(r, most)
	}
}
