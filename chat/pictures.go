package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrNoPictures says that this node was made without a place for pictures.
var ErrNoPictures = errors.New("pictures are not kept here")

// ImageState is how far a picture has come to this machine.
type ImageState uint8

// The states. A picture that failed or was cancelled comes when a person asks for it.
const (
	ImageWaiting ImageState = iota + 1
	ImageFetching
	ImageHere
	ImageFailed
	ImageCancelled
)

var imageStateNames = [...]string{
	ImageWaiting: "waiting", ImageFetching: "fetching", ImageHere: "here", ImageFailed: "failed", ImageCancelled: "cancelled",
}

func (s ImageState) String() string {
	if int(s) < len(imageStateNames) {
		return imageStateNames[s]
	}
	return ""
}

// ImageState tells how far a picture is, and how many of its bytes are here. From any goroutine.
func (n *Node) ImageState(image Image) (state ImageState, received uint32) {
	if n.blobs == nil {
		return ImageWaiting, 0
	}
	switch s := n.blobs.Blob(image.Hash); {
	case s.Here:
		return ImageHere, image.Size
	case s.Mark == MarkFailed:
		return ImageFailed, s.Received
	case s.Mark == MarkCancelled:
		return ImageCancelled, s.Received
	default:
		if state = (*n.pictures.Load())[image.Hash]; state == 0 {
			if state = ImageWaiting; !image.fetchable() {
				state = ImageFailed
			}
		}
		return state, s.Received
	}
}

// lost reports whether the picture of an own message is on neither side any more, so that only a person can send it again.
// What was not delivered nobody else can have; what was, the other side was asked for and does not give. Nothing else of
// a message can fail for good: what is posted is on the disk, and the other side refuses no valid entry for ever.
func (n *Node) lost(m *Message) bool {
	self := n.view.Load().self
	if n.blobs == nil || m.Author != self.ID || m.ID.Device != self.Device {
		return false
	}
	return m.State == Waiting && m.Picture != ImageHere || m.Picture == ImageFailed
}

// tellLost tells that an own message has failed, or has not any more; heal is false where only the first is news.
func (n *Node) tellLost(id MessageID, heal bool) {
	if m, err := n.Message(id); err == nil && (m.State == Failed || heal) {
		n.notify(MessageStateChanged{ID: id, State: m.State})
	}
}

// Image is the photo as the pictures of messages are described.
func (p *Photo) Image() Image {
	return Image{Hash: p.Hash, Size: p.Size, Width: p.Width, Height: p.Height, Type: p.Type, Thumbnail: p.Thumbnail}
}

// PutPicture makes a picture that passed the gate durable, so that a message, goods or the profile may refer to it. It
// blocks until then. ErrDiskFull, ErrTooLarge, ErrReadOnly, ErrNoPictures.
func (n *Node) PutPicture(ctx context.Context, data []byte) (Hash, error) {
	if n.blobs == nil {
		return Hash{}, ErrNoPictures
	}
	return Await(ctx, func(then func(Hash, error)) { n.blobs.PutBlob(data, then) })
}

// ReadPicture reads a picture that is here, verified. It blocks. ErrNotFound: it has not come, or was damaged and comes
// again from whoever has it.
func (n *Node) ReadPicture(h Hash) ([]byte, error) {
	if n.blobs == nil {
		return nil, ErrNotFound
	}
	data, err := n.blobs.ReadBlob(h)
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	return data, nil
}

// here reports whether a picture is whole on this machine.
func (n *Node) here(h Hash) bool { return n.blobs != nil && n.blobs.Blob(h).Here }

// RoomBytes is what the pictures of a room take on the disk.
func (n *Node) RoomBytes(id RoomID) (int64, error) {
	if n.blobs == nil {
		return 0, nil
	}
	return n.blobs.RoomBytes(id)
}

// FetchImage asks for the picture of a message now: one of a stranger, or that failed or was cancelled. ErrNotFound,
// ErrInvalid (no picture).
func (n *Node) FetchImage(id MessageID, then func(Message, error)) {
	n.withImage(id, then, func(r *room, image *Image) {
		if n.here(image.Hash) {
			then(n.Message(id))
			return
		}
		n.marking++
		n.blobs.MarkBlob(image.Hash, NoMark, n.blobDone(func(err error) {
			n.marking--
			if err != nil {
				then(Message{}, err)
				return
			}
			var begun *fetch
			if n.miss(*image, placeIn(r, id), true) {
				begun = n.begin(n.peer(r.peer))
			}
			then(n.Message(id))
			if begun != nil {
				n.tellFetch(begun)
			}
			if len(n.linksTo(r.peer)) == 0 {
				n.link.Visit(r.peer)
			}
		}))
	})
}

// CancelImage stops the picture of a message from coming; what came of it stays, should a person want it after all.
// ErrNotFound, ErrInvalid (no picture, or it is here).
func (n *Node) CancelImage(id MessageID, then func(Message, error)) {
	n.withImage(id, then, func(_ *room, image *Image) {
		if n.here(image.Hash) {
			then(Message{}, fmt.Errorf("the picture is here: %w", ErrInvalid))
			return
		}
		f := n.fetches[image.Hash]
		if f != nil { // no more bytes from now on
			n.release(f)
			delete(n.fetches, f.hash)
			n.publishFetches()
		}
		n.marking++
		n.blobs.MarkBlob(image.Hash, MarkCancelled, n.blobDone(func(err error) {
			n.marking--
			if err != nil {
				then(Message{}, err)
				return
			}
			then(n.Message(id))
			if f != nil {
				n.tellFetch(f)
			}
		}))
	})
}

// withImage runs do on the node's goroutine with a message that has a picture.
func (n *Node) withImage(id MessageID, then func(Message, error), do func(*room, *Image)) {
	change(n, then, func() {
		fail := func(err error) { then(Message{}, err) }
		if n.blobs == nil {
			fail(ErrNoPictures)
			return
		}
		r, err := n.roomByID(id.Room)
		if err != nil {
			fail(err)
			return
		}
		row, err := n.store.Row(id)
		if err != nil {
			fail(err)
			return
		}
		body, err := DecodeBody(row.Entry.Kind, row.Entry.Body)
		if err != nil || body.Image == nil {
			fail(fmt.Errorf("this message has no picture: %w", ErrInvalid))
			return
		}
		do(r, body.Image)
	})
}

// FetchPhotos asks for the full photos of goods that somebody looks at, the first one first. It does not wait for them:
// ListingChanged tells of each.
func (n *Node) FetchPhotos(seller PeerID, id ListingID) {
	if n.cfg.Host != nil {
		n.cfg.Host.FetchPhotos(seller, id)
		return
	}
	n.call(func() {
		if n.blobs == nil || seller == n.self.ID {
			return
		}
		listing, err := n.store.Listing(seller, id)
		if err != nil || listing.Goods == nil {
			return
		}
		missing := false
		for _, p := range slices.Backward(listing.Goods.Photos) {
			if n.here(p.Hash) {
				continue
			}
			missing = true
			n.want(p.Image(), place{peer: seller, ref: Reference{Kind: InListing, Listing: id}}, true)
		}
		if missing && len(n.linksTo(seller)) == 0 {
			n.link.Visit(seller)
		}
	}, func() {})
}

// receiveWant answers with bytes if the asker saw the blob where it says, else as if there were none.
func (n *Node) receiveWant(l *link, w Want) {
	if l.wants++; l.wants > wantsSecond {
		return
	}
	if !n.mayHave(l.remote.Peer, w) || !n.here(w.Hash) {
		n.send(l, Absent{Hash: w.Hash})
		return
	}
	if w.Count > 0 {
		hash := w.Hash
		n.send(l, Chunks{
			Hash: hash, Offset: w.Offset, Count: min(w.Count, wantAhead),
			Open: func() (Blob, error) { return n.blobs.OpenBlob(hash) },
		})
	}
	if w.Of.Kind == InMessage && w.Of.Author == w.Of.Mine.Other() {
		id := MessageID{LogID{n.wantedRoom(l.remote.Peer, w), w.Of.Author, w.Of.Device}, w.Of.Seq}
		size := n.blobs.Blob(w.Hash).Received
		n.notify(ImageSent{ID: id, Bytes: min(w.Offset, size), Size: size})
	}
}

// wantedRoom is the room that a Want names by the asker's role.
func (n *Node) wantedRoom(asker PeerID, w Want) RoomID {
	if w.Of.Mine == Buyer {
		return RoomFor(asker, n.self.ID)
	}
	return RoomFor(n.self.ID, asker)
}

// mayHave reports whether a blob is referred to where the asker says, and the asker may look there.
func (n *Node) mayHave(asker PeerID, w Want) bool {
	switch w.Of.Kind {
	case InMessage:
		if w.Of.Author > Seller || w.Of.Mine > Seller {
			return false
		}
		row, err := n.store.Row(MessageID{LogID{n.wantedRoom(asker, w), w.Of.Author, w.Of.Device}, w.Of.Seq})
		if err != nil {
			return false
		}
		body, err := DecodeBody(row.Entry.Kind, row.Entry.Body)
		return err == nil && body.Image != nil && body.Image.Hash == w.Hash
	case InListing:
		listing, err := n.store.Listing(n.self.ID, w.Of.Listing)
		return err == nil && listing.Status != Hidden && listing.Goods != nil &&
			slices.ContainsFunc(listing.Goods.Photos, func(p Photo) bool { return p.Hash == w.Hash })
	case InProfile:
		return w.Hash != (Hash{}) && n.profile.Picture == w.Hash
	}
	return false
}
