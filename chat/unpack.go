package chat

import (
	"crypto/sha256"
	"errors"
	"slices"
	"time"
)

// Taking parcels. One comes at a time, the receiver asks for each chunk. What is in it is judged as if its author had sent
// it: chain, signature, room by role, the stranger's quota. It is acknowledged once that is durable, or when it is of no
// use; what may be of use later stays with its carrier.

// intake is the parcel that is coming.
type intake struct {
	from  *link
	offer ParcelOffer
	data  []byte
	heard time.Time
	tries int
	busy  bool // it is here, and on its way to the disk
}

// deferred is an offer that could not be taken.
type deferred struct {
	offer ParcelOffer
	until time.Time
}

// verdict is what becomes of a parcel.
type verdict uint8

const (
	notYet  verdict = iota // a quota, a full disk, or entries before it are missing
	taken                  // all that is wanted of it is durable
	useless                // and never will be of use
)

func (n *Node) receiveOffer(l *link, f ParcelOffer) {
	p := n.peer(l.remote.Peer)
	if !isParcelSize(f.Size) || p.useless >= maxUseless || len(l.offers) >= MaxParcelsFor || slices.Contains(l.offers, f) {
		return
	}
	if n.intake != nil && n.intake.from == l && n.intake.offer == f {
		return
	}
	if d, known := l.later[f.ID]; known && time.Now().Before(d.until) || !known && len(l.later) >= MaxParcelsFor {
		return
	}
	delete(l.later, f.ID)
	l.offers = append(l.offers, f)
	n.nextParcel()
}

// nextParcel begins with an offered parcel, of whom was served longest ago.
func (n *Node) nextParcel() {
	if n.intake != nil {
		return
	}
	var next *link
	now := time.Now()
	for _, l := range n.allLinks() {
		p := n.peer(l.remote.Peer)
		if now.Sub(p.takenAt) >= time.Hour {
			p.taken, p.takenAt = 0, now
		}
		if len(l.offers) > 0 && p.taken < takenPerHour && p.useless < maxUseless && (next == nil || l.served.Before(next.served)) {
			next = l
		}
	}
	if next == nil {
		return
	}
	n.peer(next.remote.Peer).taken++
	next.served = now
	n.intake = &intake{from: next, offer: next.offers[0], heard: now}
	next.offers = next.offers[1:]
	n.askParcel()
}

func (n *Node) askParcel() {
	in := n.intake
	n.send(in.from, ParcelAsk{ID: in.offer.ID, Offset: uint32(len(in.data))})
}

func (n *Node) receiveParcelChunk(l *link, f ParcelChunk) {
	in := n.intake
	if in == nil || in.busy || in.from != l || f.ID != in.offer.ID || f.Size != in.offer.Size || int(f.Offset) != len(in.data) {
		return // late, doubled, or never asked for
	}
	in.data = append(in.data, f.Data[:min(len(f.Data), int(in.offer.Size)-len(in.data))]...)
	in.heard, in.tries = time.Now(), 0
	if len(in.data) < int(in.offer.Size) {
		n.askParcel()
		return
	}
	in.busy = true
	end := func(v verdict) { n.endIntake(in, v) }
	if sha256.Sum256(in.data) != in.offer.ID {
		end(useless)
		return
	}
	n.unpack(in.data, end)
}

// endIntake answers for a parcel and goes on with the next.
func (n *Node) endIntake(in *intake, v verdict) {
	if n.intake == in {
		n.intake = nil
	}
	if l := in.from; n.links[l.remote] == l {
		switch v {
		case taken, useless:
			n.send(l, ParcelTaken{ID: in.offer.ID})
		case notYet:
			wait := laterAgain
			if n.diskFull {
				wait = retryFull
			}
			l.later[in.offer.ID] = deferred{in.offer, time.Now().Add(wait)}
		}
		if v == taken {
			l.resumeLater() // it may have been what they were waiting for
		}
	}
	if v == useless {
		n.about(in.from.remote.Peer).Warn("Parcel is of no use", "peer", in.from.remote.Peer)
		n.peer(in.from.remote.Peer).useless++
	}
	n.nextParcel()
}

// resumeLater puts what could not be taken in line once more.
func (l *link) resumeLater() {
	var again []ParcelOffer
	for id, d := range l.later {
		again = append(again, d.offer)
		delete(l.later, id)
	}
	slices.SortFunc(again, func(a, b ParcelOffer) int { return slices.Compare(a.ID[:], b.ID[:]) })
	l.offers = append(l.offers, again...)
}

// retryParcels looks again at what could not be taken.
func (n *Node) retryParcels() {
	for _, l := range n.allLinks() {
		l.resumeLater()
	}
	n.nextParcel()
}

// dropIntake forgets what comes on a link that is gone. What is on its way to the disk already goes on.
func (n *Node) dropIntake(l *link) {
	if in := n.intake; in != nil && in.from == l && !in.busy {
		n.intake = nil
		n.nextParcel()
	}
}

// remindIntake asks again for what does not come, and goes on with others in the end.
func (n *Node) remindIntake(now time.Time) {
	in := n.intake
	if in == nil {
		n.nextParcel() // an hour may have passed
		return
	}
	if in.busy || now.Sub(in.heard) < intakePatient {
		return
	}
	if in.tries++; in.tries < chunkTries {
		in.heard = now
		n.askParcel()
		return
	}
	in.busy = true
	n.endIntake(in, notYet)
}

// unpack opens a parcel and makes what is in it durable.
func (n *Node) unpack(sealed []byte, end func(verdict)) {
	letter, err := OpenParcel(n.self, sealed)
	if err != nil || letter.Author == n.self.ID {
		end(useless)
		return
	}
	if n.blocked(letter.Author) {
		end(taken) // its carrier is not to blame, and not told
		return
	}
	profile, err := DecodeProfile(letter.Author, letter.Profile)
	if err != nil {
		end(useless)
		return
	}
	r, err := n.roomWith(letter.Author, letter.Role.Other())
	if err != nil {
		n.log.Error("Room not read", "err", err)
		end(notYet)
		return
	}
	if len(letter.Groups) == 0 {
		n.unpackPicture(r, letter, end)
		return
	}
	n.unpackGroups(r, letter, profile, end)
}

// unpackGroups takes entries of one log.
func (n *Node) unpackGroups(r *room, letter *Letter, profile *Profile, end func(verdict)) {
	log := r.log(letter.Role, letter.Device)
	if log == nil || log.forked {
		end(useless)
		return
	}
	known := n.peers[letter.Author] != nil
	if !known && len(n.peers) >= maxPeers {
		end(notYet)
		return
	}
	n.recognise(profile)
	result, last, fresh := taken, uint64(0), false
	for _, raw := range letter.Groups {
		g, err := DecodeGroup(raw)
		if err == nil {
			err = n.admit(nil, log, g, len(raw))
		}
		if err != nil && !errors.Is(err, errHeld) {
			switch {
			case errors.Is(err, ErrGap):
				result = notYet
			case errors.Is(err, errQuota):
				result, r.refusing = notYet, true
			case errors.Is(err, ErrFork):
				n.fork(log, raw)
			default:
				n.log.Warn("Entries refused", "err", err)
				result = useless
			}
			break
		}
		fresh = fresh || err == nil
		last = g.Last()
	}
	if !fresh && !known && !r.stored {
		delete(n.peers, letter.Author) // nothing of it is kept
	}
	if fresh {
		n.keepAuthor(profile)
	}
	// In order with what is still on its way, and failing with it.
	n.stage(&step{soft: true, room: r.id, then: func(err error) {
		if err != nil || log.durable.seq < last { // one that was held may have been on its way to the disk
			result = notYet
		}
		end(result)
	}})
}

// recognise lets an author be shown by name from the first message on.
func (n *Node) recognise(profile *Profile) {
	p := n.peer(profile.Peer)
	if old, err := n.store.Profile(profile.Peer); err == nil && !profile.Newer(old) {
		return
	}
	p.name, p.picture = profile.Name, profile.Picture
	p.introduced = true
	if p.stored.ProvenAt == 0 {
		p.stored.ProvenAt = n.nowMilli() // the signatures prove the key
	}
	n.publishView()
}

// keepAuthor stores who an author says they are.
func (n *Node) keepAuthor(profile *Profile) {
	p := n.peer(profile.Peer)
	n.stage(&step{records: []Record{ProfileRecord{Profile: profile}, PeerRecord{Peer: p.stored}}, size: MaxProfile, then: func(err error) {
		if err == nil {
			n.notify(PeerChanged{Peer: profile.Peer})
		}
	}})
}

// unpackPicture takes the picture of an entry that is here. A stranger's waits, as it does when the stranger is there.
func (n *Node) unpackPicture(r *room, letter *Letter, end func(verdict)) {
	id := MessageID{LogID: LogID{Room: r.id, Author: letter.Role, Device: letter.Device}, Seq: letter.Seq}
	row, err := n.store.Row(id)
	switch {
	case n.blobs == nil, isNotFound(err) && n.holds(r, id): // withdrawn, or deleted here
		end(taken)
		return
	case err != nil, !r.state.Accepted:
		end(notYet)
		return
	}
	body, err := DecodeBody(row.Entry.Kind, row.Entry.Body)
	hash := Hash(sha256.Sum256(letter.Picture))
	if err != nil || body.Image == nil || body.Image.Hash != hash || !body.Image.fetchable() || int(body.Image.Size) != len(letter.Picture) {
		end(useless)
		return
	}
	if n.here(hash) {
		end(taken)
		return
	}
	image := *body.Image
	check := func(data []byte) error { return n.cfg.CheckPicture(data, image, false) }
	drop := func(error) {}
	n.blobs.DropPart(hash, drop)
	n.blobs.AppendBlob(hash, image.Size, 0, letter.Picture, drop) // should it fail, so does the next
	n.blobs.FinishBlob(hash, check, n.blobDone(func(err error) {
		switch {
		case err == nil:
			n.pictureCame(place{peer: r.peer, ref: placeIn(r, id).ref, message: id}, image)
			end(taken)
		case errors.Is(err, ErrBlobDamaged), errors.Is(err, ErrBlobRefused):
			end(useless)
		default:
			n.refused(err)
			end(notYet)
		}
	}))
}

// holds reports whether an entry was here, row or not.
func (n *Node) holds(r *room, id MessageID) bool {
	log := r.logs[logKey{id.Author, id.Device}]
	return log != nil && id.Seq <= log.durable.seq
}

// pictureCame tells whoever waits for a picture that did not come from where it was asked for.
func (n *Node) pictureCame(at place, image Image) {
	if f := n.fetches[image.Hash]; f != nil {
		n.endFetch(f)
		return
	}
	n.tellPlace(at, image)
}
