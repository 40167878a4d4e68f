package chat

import (
	"errors"
	"slices"
	"time"
)

// Pictures come by hash after the messages and goods that name them. One picture is fetched from a peer at a time, the
// asker says how fast: so a picture waits behind every word, resumes at the byte where it broke off, and never fills a
// queue. A picture that does not come ends in a state that a person sees and can try again.

const (
	wantBytes   = 64 << 10         // of one Want
	wantAhead   = 2 * wantBytes    // wanted and not here yet
	wantsRate   = 24 << 20         // bytes that are wanted in a second, of all peers together: more would leave words no time
	wantsBurst  = 1 << 20          // bytes that are wanted at once after a rest
	chunkLimit  = 10 * time.Second // without a byte, before it is asked for again
	chunkTries  = 3                // times nothing came, before the picture counts as failed
	maxDamaged  = 2                // times other bytes came
	maxPlaces   = 16               // places that one picture is fetched for; whoever comes later looks when it is here
	maxFetches  = 20_000           // pictures that are known to be missing, at one time
	tellEvery   = 100 * time.Millisecond
	retryFull   = 30 * time.Second // after a full disk
	retryAbsent = time.Minute      // after nobody gave it; doubled each time,
	maxDoubled  = 6                // so often
	wantsSecond = 1000             // Wants of one link that are answered in a second
)

// place is where a picture is referred to, and who can give it.
type place struct {
	peer    PeerID
	ref     Reference
	message MessageID // InMessage: whose state changes
}

// fetch is a picture that is not here. It waits in the line of each peer that has a place of it.
type fetch struct {
	hash   Hash
	image  Image // what it has to be; Size 0 until the first chunk of a portrait
	places []place

	from     *link // nil while it waits
	of       place // what it is asked of from
	next     uint32
	wanted   uint32
	waits    bool      // for its time to want more
	writing  int       // chunks on their way to the disk
	finished bool      // all bytes are here and are being checked
	heard    time.Time // of the last byte
	told     time.Time // of the last progress
	tries    int
	damaged  int
	paused   time.Time // not before: the disk is full, or nobody gave it
	absent   bool      // nobody gives it now: it counts as failed until the peer comes back, a person asks, or time passed
	givenUp  int       // times that nobody gave it
}

// fetchable reports whether a picture keeps the limits that can be told from what is said of it.
func (i *Image) fetchable() bool {
	return i.Size > 0 && i.Size <= MaxBlob && i.Width > 0 && i.Height > 0 && (i.Type == "jpeg" || i.Type == "png")
}

// want fetches a picture when its turn comes; urgent ones, which a person looks at, come first.
func (n *Node) want(image Image, at place, urgent bool) {
	if n.miss(image, at, urgent) {
		n.fetchNext(n.peer(at.peer))
	}
}

// miss notes that a picture is missing, and puts it into the peer's line. False: it is not, or does not come from there.
func (n *Node) miss(image Image, at place, urgent bool) bool {
	if n.blobs == nil || n.here(image.Hash) || at.peer == n.self.ID {
		return false
	}
	if n.blobs.Blob(image.Hash).Mark != NoMark {
		return false
	}
	f := n.fetches[image.Hash]
	if f == nil {
		if at.ref.Kind != InProfile && !image.fetchable() || len(n.fetches) >= maxFetches {
			return false
		}
		f = &fetch{hash: image.Hash, image: image}
		n.fetches[f.hash] = f
	}
	absent := f.absent
	if !slices.Contains(f.places, at) {
		if len(f.places) == maxPlaces {
			return false
		}
		f.places = append(f.places, at)
		if f.absent { // who refers to it anew may have it again
			f.absent, f.paused = false, time.Time{}
		}
	}
	if urgent {
		f.absent, f.paused = false, time.Time{}
	}
	if absent != f.absent {
		n.publishFetches()
	}
	n.peer(at.peer).queue(f, urgent)
	return true
}

// queue puts a picture into the peer's line, or moves it to the front.
func (p *peerState) queue(f *fetch, urgent bool) {
	if urgent {
		p.line = slices.DeleteFunc(p.line, func(o *fetch) bool { return o == f })
		p.line = slices.Insert(p.line, 0, f)
	} else if !slices.Contains(p.line, f) {
		p.line = append(p.line, f)
	}
}

// wantRoom looks for missing pictures of a room that a person here wants.
func (n *Node) wantRoom(r *room) {
	if n.blobs == nil || !r.stored || !r.state.Accepted {
		return
	}
	var missing []MessageID
	err := n.blobs.RoomImages(r.id, func(id MessageID, h Hash) bool {
		if s := n.blobs.Blob(h); !s.Here && s.Mark == NoMark {
			missing = append(missing, id)
		}
		return len(missing) < maxFetches
	})
	if err != nil {
		n.log.Error("Pictures of a room not read", "err", err)
	}
	for _, id := range missing {
		row, err := n.store.Row(id)
		if err != nil {
			continue // it went meanwhile
		}
		n.wantEntry(r, id, &row.Entry)
	}
}

// wantEntry wants the picture of an entry, if it has one.
func (n *Node) wantEntry(r *room, id MessageID, e *Entry) {
	if e.Kind != KindImage || !e.HasBody() {
		return
	}
	if body, err := DecodeBody(e.Kind, e.Body); err == nil {
		n.want(*body.Image, placeIn(r, id), false)
	}
}

func placeIn(r *room, id MessageID) place {
	ref := Reference{Kind: InMessage, Mine: r.mine, Author: id.Author, Device: id.Device, Seq: id.Seq}
	return place{peer: r.peer, ref: ref, message: id}
}

// wantPeer looks for what a peer that was just linked can give: pictures of common rooms, its portrait, and what waited.
func (n *Node) wantPeer(p *peerState) {
	if n.blobs == nil {
		return
	}
	for _, f := range n.sortedFetches() {
		if f.absent && f.of.peer == p.stored.ID {
			f.absent, f.paused = false, time.Time{}
			p.queue(f, false)
		}
	}
	if !p.looked {
		p.looked = true
		for _, mine := range []Role{Buyer, Seller} {
			if r, err := n.roomWith(p.stored.ID, mine); err == nil {
				n.wantRoom(r)
			}
		}
	}
	if profile, err := n.store.Profile(p.stored.ID); err == nil {
		n.wantPortrait(profile)
	}
	n.fetchNext(p)
}

func (n *Node) wantPortrait(profile *Profile) {
	if profile.Picture != (Hash{}) {
		n.want(Image{Hash: profile.Picture}, place{peer: profile.Peer, ref: Reference{Kind: InProfile}}, false)
	}
}

// fetchNext begins with the first picture of a peer's line that nobody else is giving, and tells of it.
func (n *Node) fetchNext(p *peerState) {
	if f := n.begin(p); f != nil {
		n.tellFetch(f)
	}
}

// begin is fetchNext without telling; nil if there is nothing to begin with.
func (n *Node) begin(p *peerState) *fetch {
	if p.fetching != nil || p.links == 0 {
		return nil
	}
	links := n.linksTo(p.stored.ID)
	p.line = slices.DeleteFunc(p.line, func(f *fetch) bool { return n.fetches[f.hash] != f })
	for i, f := range p.line {
		at := slices.IndexFunc(f.places, func(o place) bool { return o.peer == p.stored.ID })
		if f.from != nil || f.finished || f.writing > 0 || f.absent || at < 0 || time.Now().Before(f.paused) {
			continue
		}
		p.line = slices.Delete(p.line, i, i+1)
		f.from, f.of, f.tries, p.fetching = links[0], f.places[at], 0, f
		n.resume(f)
		n.publishFetches()
		return f
	}
	return nil
}

// resume asks from the byte on that is missing.
func (n *Node) resume(f *fetch) {
	f.next = n.blobs.Blob(f.hash).Received
	f.wanted, f.heard = f.next, time.Now()
	if f.image.Size > 0 && f.next == f.image.Size {
		n.finish(f)
		return
	}
	n.wantMore(f)
}

// wantMore keeps wantAhead bytes on their way, but no more in a second than wantsRate.
func (n *Node) wantMore(f *fetch) {
	size := f.image.Size
	if size == 0 {
		size = MaxThumbnail
	}
	for f.wanted < size && f.wanted-f.next <= wantAhead-wantBytes {
		if n.pace(f) {
			return
		}
		count := min(wantBytes, size-f.wanted)
		if !n.send(f.from, Want{Of: f.of.ref, Hash: f.hash, Offset: f.wanted, Count: count}) {
			return // LinkDown follows
		}
		f.wanted += count
		n.paced = n.paced.Add(time.Duration(count) * time.Second / wantsRate)
	}
}

// pace reports whether the next Want has to wait; then wantMore is called again.
func (n *Node) pace(f *fetch) bool {
	const burst = time.Second * wantsBurst / wantsRate
	if now := time.Now(); n.paced.Before(now.Add(-burst)) {
		n.paced = now.Add(-burst)
	}
	wait := time.Until(n.paced)
	if wait > 0 && !f.waits {
		f.waits = true
		n.after(wait, func() {
			if f.waits = false; n.fetches[f.hash] == f && f.from != nil && !f.finished {
				n.wantMore(f)
			}
		})
	}
	return wait > 0
}

// receiveChunk takes the bytes that were asked for, in order, and no others.
func (n *Node) receiveChunk(l *link, c Chunk) {
	f := n.fetches[c.Hash]
	if f == nil || f.from != l || f.finished || c.Offset != f.next || uint32(len(c.Data)) > f.wanted-f.next {
		return // late, doubled, or never asked for
	}
	if f.image.Size == 0 && c.Size > 0 && c.Size <= MaxThumbnail {
		f.image.Size = c.Size
		f.wanted = min(f.wanted, c.Size)
	}
	if c.Size != f.image.Size {
		n.about(l.remote.Peer).Warn("Picture has another size than was said", "peer", l.remote.Peer)
		n.giveUp(f)
		return
	}
	f.next += uint32(len(c.Data))
	f.heard, f.tries = time.Now(), 0
	f.writing++
	n.blobs.AppendBlob(f.hash, c.Size, c.Offset, c.Data, n.blobDone(func(err error) { n.chunkStored(f, l, err) }))
}

// blobDone takes a store's answer to the node's goroutine.
func (n *Node) blobDone(then func(error)) func(error) {
	return func(err error) {
		select {
		case n.answers <- func() { then(err) }:
		case <-n.done:
		}
	}
}

func (n *Node) chunkStored(f *fetch, l *link, err error) {
	f.writing--
	if n.fetches[f.hash] != f {
		return
	}
	if f.from == nil && f.writing == 0 {
		n.again(f) // the link broke while these bytes were on their way to the disk
		return
	}
	if f.from != l || f.finished {
		return // of an older link: what the disk says now counts
	}
	switch {
	case err == nil && f.next == f.image.Size && f.writing == 0:
		n.finish(f)
	case err == nil:
		n.wantMore(f)
		if now := time.Now(); now.Sub(f.told) >= tellEvery {
			f.told = now
			n.tellFetch(f)
		}
	case errors.Is(err, ErrInvalid): // the part is not what it was thought to be
		if f.writing == 0 {
			n.resume(f)
		}
	default:
		n.storeFailed(f, err)
	}
}

// finish has the whole picture checked and made durable.
func (n *Node) finish(f *fetch) {
	f.finished = true
	image := f.image
	portrait := f.of.ref.Kind == InProfile
	check := func(data []byte) error { return n.cfg.CheckPicture(data, image, portrait) }
	n.blobs.FinishBlob(f.hash, check, n.blobDone(func(err error) { n.finishedFetch(f, err) }))
}

func (n *Node) finishedFetch(f *fetch, err error) {
	f.finished = false
	if n.fetches[f.hash] != f {
		return
	}
	switch {
	case err == nil:
		if f.from != nil { // so that the other side can say that it came
			n.send(f.from, Want{Of: f.of.ref, Hash: f.hash, Offset: f.image.Size})
		}
		n.endFetch(f)
	case errors.Is(err, ErrBlobDamaged):
		if f.damaged++; f.damaged < maxDamaged {
			n.release(f)
			n.again(f)
			return
		}
		n.about(f.of.peer).Warn("Picture is not what its hash says", "peer", f.of.peer)
		n.mark(f, MarkFailed)
	case errors.Is(err, ErrBlobRefused):
		n.about(f.of.peer).Warn("Picture refused", "peer", f.of.peer, "err", err)
		n.mark(f, MarkFailed)
	default:
		n.storeFailed(f, err)
	}
}

// storeFailed lets a picture wait until the disk may have room again.
func (n *Node) storeFailed(f *fetch, err error) {
	n.log.Error("Picture not stored", "err", err)
	n.refused(err)
	f.paused = time.Now().Add(retryFull)
	n.release(f)
	n.again(f)
}

// resumeFetches goes on with what the full disk stopped.
func (n *Node) resumeFetches() {
	for _, f := range n.sortedFetches() {
		f.paused = time.Time{}
	}
	for _, p := range n.sortedPeers() {
		n.fetchNext(p)
	}
}

// release lets go of the link that a picture came on. The line of that peer moves on.
func (n *Node) release(f *fetch) {
	if f.from == nil {
		return
	}
	p := n.peer(f.from.remote.Peer)
	f.from, p.fetching = nil, nil
	n.publishFetches()
	n.fetchNext(p)
}

// again puts a picture back into the lines of those who have it.
func (n *Node) again(f *fetch) {
	for _, at := range f.places {
		p := n.peer(at.peer)
		p.queue(f, false)
		n.fetchNext(p)
	}
	n.tellFetch(f)
}

// giveUp ends a picture that this place does not give; another one may.
func (n *Node) giveUp(f *fetch) {
	of := f.of
	f.places = slices.DeleteFunc(f.places, func(o place) bool { return o == of })
	if len(f.places) > 0 {
		n.release(f)
		n.again(f)
		n.tellPlace(of, f.image)
		return
	}
	f.places, f.absent = append(f.places, of), true
	f.paused = time.Now().Add(retryAbsent << min(f.givenUp, maxDoubled))
	f.givenUp++
	n.release(f)
	n.publishFetches()
	n.tellFetch(f)
}

// mark ends a picture for good, until a person asks for it.
func (n *Node) mark(f *fetch, m BlobMark) {
	n.blobs.MarkBlob(f.hash, m, n.blobDone(func(err error) {
		if err != nil {
			n.log.Error("Picture not marked", "err", err)
		}
		n.endFetch(f)
	}))
}

// endFetch forgets a picture that is here or will not come, and tells those who wait for it.
func (n *Node) endFetch(f *fetch) {
	if n.fetches[f.hash] != f {
		return
	}
	delete(n.fetches, f.hash)
	n.release(f)
	n.publishFetches()
	n.tellFetch(f)
}

// dropFetch puts what came on a link that broke back into its line, at the front.
func (n *Node) dropFetch(l *link) {
	p := n.peer(l.remote.Peer)
	f := p.fetching
	if f == nil || f.from != l {
		return
	}
	f.from, p.fetching = nil, nil
	p.queue(f, true)
	n.publishFetches()
	n.tellFetch(f)
	for _, at := range f.places { // another person may have it, or another device of the same one
		n.fetchNext(n.peer(at.peer))
	}
}

// receiveAbsent: the picture is not there, or not for us.
func (n *Node) receiveAbsent(l *link, a Absent) {
	if f := n.fetches[a.Hash]; f != nil && f.from == l && !f.finished {
		n.giveUp(f)
	}
}

// remindFetches asks again for what does not come, and gives it up in the end: no picture hangs at some percent.
func (n *Node) remindFetches(now time.Time) {
	for _, l := range n.allLinks() {
		l.wants = 0
		p := n.peers[l.remote.Peer]
		f := p.fetching
		if f == nil {
			n.fetchNext(p) // the disk may have had time to get room
			continue
		}
		if f.from != l || f.finished || f.writing > 0 || now.Sub(f.heard) < chunkLimit {
			continue
		}
		if f.tries++; f.tries >= chunkTries {
			n.about(l.remote.Peer).Warn("Picture does not come", "peer", l.remote.Peer)
			n.giveUp(f)
			continue
		}
		n.resume(f)
	}
	for _, f := range n.fetches {
		if f.absent && now.After(f.paused) {
			n.retryAbsent()
			break
		}
	}
}

// retryAbsent asks once more for what nobody gave some time ago.
func (n *Node) retryAbsent() {
	for _, f := range n.sortedFetches() {
		if f.absent && time.Now().After(f.paused) {
			f.absent = false
			n.again(f)
		}
	}
}

// unwant forgets places that are gone; a picture without one left is not fetched.
func (n *Node) unwant(gone func(place) bool) {
	for _, f := range n.sortedFetches() {
		f.places = slices.DeleteFunc(f.places, gone)
		if len(f.places) == 0 {
			n.endFetch(f)
			n.blobs.DropPart(f.hash, n.blobDone(func(error) {})) // what is left of it is swept at the next start
		} else if f.from != nil && gone(f.of) {
			n.release(f)
			n.again(f)
		}
	}
}

func (n *Node) sortedFetches() []*fetch {
	all := make([]*fetch, 0, len(n.fetches))
	for _, f := range n.fetches {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *fetch) int { return slices.Compare(a.hash[:], b.hash[:]) })
	return all
}

// publishFetches lets readers on other goroutines see what is being fetched.
func (n *Node) publishFetches() {
	state := map[Hash]ImageState{}
	for h, f := range n.fetches {
		switch {
		case f.from != nil || f.finished:
			state[h] = ImageFetching
		case f.absent:
			state[h] = ImageFailed
		}
	}
	n.pictures.Store(&state)
}

// tellFetch tells whoever shows the picture how far it is.
func (n *Node) tellFetch(f *fetch) {
	for _, at := range f.places {
		n.tellPlace(at, f.image)
	}
}

func (n *Node) tellPlace(at place, image Image) {
	state, received := n.ImageState(image)
	switch at.ref.Kind {
	case InMessage:
		n.notify(ImageChanged{ID: at.message, State: state, Received: received, Size: image.Size})
		if at.ref.Author == at.ref.Mine && (state == ImageHere || state == ImageFailed) {
			n.tellLost(at.message, true)
		}
	case InListing:
		if state == ImageFetching && received > 0 {
			return // of photos the steps are told, not each byte
		}
		if listing, err := n.store.Listing(at.peer, at.ref.Listing); err == nil {
			n.notify(ListingChanged{Listing: listing})
		}
	case InProfile:
		if state == ImageHere {
			n.notify(PeerChanged{Peer: at.peer})
		}
	}
}
