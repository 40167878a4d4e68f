package chat

import (
	"fmt"
	"io"
	"slices"
	"time"
)

const (
	settingPrivate = "readReceiptsOff"
	pageBytes      = 160 << 10 // records of one ListingsFrame; the asker asks for the next
	maxCompares    = 3         // comparisons of everything on one link that may end in a difference
)

// loadProfile reads who this installation says it is, and says so for the first time on the first start.
func (n *Node) loadProfile() error {
	switch _, err := n.store.Setting(settingPrivate); {
	case err == nil:
		n.private = true
	case !isNotFound(err):
		return err
	}
	profile, err := n.store.Profile(n.self.ID)
	if err == nil {
		n.profile = profile
		return nil
	}
	if !isNotFound(err) {
		return err
	}
	n.profile = &Profile{Peer: n.self.ID, Version: uint64(Clock(0).Next(n.cfg.Now())), Name: firstRunes(n.cfg.Name, MaxName)}
	key, err := sealingKey(n.self.Key)
	if err != nil {
		return fmt.Errorf("make the sealing key: %w", err)
	}
	copy(n.profile.Sealing[:], key.PublicKey().Bytes())
	n.profile.Sign(n.self.Key)
	done := make(chan error, 1)
	n.store.Commit(Batch{Records: []Record{ProfileRecord{Profile: n.profile}}}, func(err error) { done <- err })
	return <-done
}

func firstRunes(s string, limit int) string {
	r := []rune(s)
	return string(r[:min(len(r), limit)])
}

// selfState is what a person last said of themselves, on the disk or on its way there.
type selfState struct {
	profile *Profile
	private bool
}

// SelfChange is what a person changes of themselves; nil fields stay.
type SelfChange struct {
	Name, About  *string
	Picture      *Hash // put with PutPicture, at most MaxThumbnail bytes; zero for none
	ReadReceipts *bool
}

// SetSelf changes the own profile and settings and tells everybody linked.
func (n *Node) SetSelf(c SelfChange, then func(SelfView, error)) {
	change(n, then, func() {
		next, private := *n.ahead.profile, n.ahead.private
		if c.Name != nil {
			next.Name = *c.Name
		}
		if c.About != nil {
			next.About = *c.About
		}
		if err := next.Check(); err != nil {
			then(SelfView{}, err)
			return
		}
		if n.cfg.Blank(next.Name) && c.Name != nil {
			then(SelfView{}, fmt.Errorf("the name is empty: %w", ErrInvalid))
			return
		}
		var records []Record
		if c.Picture != nil {
			if *c.Picture != (Hash{}) && !n.here(*c.Picture) {
				then(SelfView{}, fmt.Errorf("the picture: %w", ErrNotFound))
				return
			}
			if n.blobs != nil && n.blobs.Blob(*c.Picture).Received > MaxThumbnail {
				then(SelfView{}, fmt.Errorf("the picture: %w", ErrTooLarge))
				return
			}
			next.Picture = *c.Picture
		}
		before := n.ahead.profile
		renamed := next.Name != before.Name || next.About != before.About || next.Picture != before.Picture
		if renamed {
			next.Version = uint64(Clock(next.Version).Next(n.cfg.Now()))
			next.Sign(n.self.Key)
			records = append(records, ProfileRecord{Profile: &next})
		}
		if c.ReadReceipts != nil && *c.ReadReceipts == private {
			private = !*c.ReadReceipts
			setting := SettingRecord{Key: settingPrivate}
			if private {
				setting.Value = []byte{1}
			}
			records = append(records, setting)
		}
		n.ahead = selfState{&next, private}
		n.stage(&step{records: records, size: MaxProfile, soft: len(records) == 0, onto: selfChain{}, then: func(err error) {
			if err != nil {
				if n.ahead.profile == &next {
					n.ahead = selfState{n.profile, n.private}
				}
				then(SelfView{}, err)
				return
			}
			seen := n.view.Load()
			n.profile, n.private = &next, private
			n.publishView()
			n.renewView()
			then(n.Self(), nil)
			if renamed {
				n.tellAlike(seen, n.self.ID)
				for _, l := range n.allLinks() {
					n.send(l, ProfileFrame{Record: n.profile.Encode()})
				}
			}
		}})
	})
}

// How many new profiles of a peer are looked at: so many at once, and then one after the other. Each is told to everybody who
// shows a name.
const (
	profileBurst = 20
	profileEvery = 500 * time.Millisecond
)

// receiveProfile takes the other's profile; of one who changes it without end, the last one in time.
func (n *Node) receiveProfile(l *link, f ProfileFrame) {
	p := n.peer(l.remote.Peer)
	if oldest := time.Now().Add(-profileBurst * profileEvery); p.renamed.Before(oldest) {
		p.renamed = oldest
	}
	if wait := time.Until(p.renamed); wait > 0 {
		if p.unread == nil {
			n.after(wait, func() {
				last := p.unread
				if p.unread = nil; n.links[l.remote] == l {
					n.receiveProfile(l, *last)
				}
			})
		}
		p.unread = &f
		return
	}
	p.renamed = p.renamed.Add(profileEvery)
	profile, err := DecodeProfile(l.remote.Peer, f.Record)
	if err != nil {
		n.about(l.remote.Peer).Warn("Profile refused", "peer", l.remote.Peer, "err", err)
		return
	}
	old, err := n.store.Profile(l.remote.Peer)
	if (err == nil && !profile.Newer(old)) || (err != nil && !isNotFound(err)) {
		return
	}
	n.stage(&step{records: []Record{ProfileRecord{Profile: profile}}, size: len(f.Record), then: func(err error) {
		if err != nil {
			return
		}
		renamed := p.name != profile.Name || p.picture != profile.Picture
		p.name, p.picture = profile.Name, profile.Picture
		before := n.view.Load()
		n.publishView()
		n.introduce(p)
		if renamed {
			n.notify(PeerChanged{Peer: p.stored.ID})
			n.touchRoomsWith(p.stored.ID)
			n.tellAlike(before, p.stored.ID)
		}
		n.wantPortrait(profile)
	}})
}

// loadCatalogue computes the digest of the own goods and finds the newest version.
func (n *Node) loadCatalogue() error {
	var after uint64
	for {
		records, more, err := n.store.Catalogue(n.self.ID, after, 1<<20)
		if err != nil {
			return err
		}
		for _, raw := range records {
			l, err := ReadListing(n.self.ID, raw)
			if err != nil {
				return err
			}
			n.took(l)
			after = max(after, l.Version)
		}
		if !more {
			n.version = after
			return nil
		}
	}
}

// Publish offers goods. ErrInvalid names the field that is wrong.
func (n *Node) Publish(g Goods, then func(*Listing, error)) {
	change(n, then, func() {
		var id ListingID
		if _, err := io.ReadFull(n.cfg.Rand, id[:]); err != nil {
			then(nil, fmt.Errorf("make a listing ID: %w", err))
			return
		}
		n.offer(&Listing{Seller: n.self.ID, ID: id, Status: Available}, g, then)
	})
}

// Revise changes an own listing: edit gets copies of the goods and the status of the newest version. The ID stays, the
// version rises. ErrNotFound, ErrInvalid, or edit's error.
func (n *Node) Revise(id ListingID, edit func(*Goods, *Status) error, then func(*Listing, error)) {
	change(n, then, func() {
		old := n.offering[id]
		if old == nil {
			var err error
			if old, err = n.store.Listing(n.self.ID, id); err != nil {
				then(nil, err)
				return
			}
		}
		goods := *old.Goods
		goods.Photos = slices.Clone(goods.Photos)
		next := &Listing{Seller: old.Seller, ID: id, Status: old.Status}
		if err := edit(&goods, &next.Status); err != nil {
			then(nil, err)
			return
		}
		n.offer(next, goods, then)
	})
}

// offer signs the next version of a listing, stores it and pushes it.
func (n *Node) offer(next *Listing, g Goods, then func(*Listing, error)) {
	if err := g.Check(); err != nil {
		then(nil, err)
		return
	}
	if n.cfg.Blank(g.Title) {
		then(nil, fmt.Errorf("title is empty: %w", ErrInvalid))
		return
	}
	for i := range g.Photos {
		if p := g.Photos[i].Image(); !p.fetchable() || !n.here(p.Hash) {
			then(nil, fmt.Errorf("photo %d: %w", i+1, ErrNotFound))
			return
		}
	}
	n.version = uint64(Clock(n.version).Next(n.cfg.Now()))
	next.Version, next.UpdatedAt = n.version, n.nowMilli()
	next.SetGoods(g)
	next.Sign(n.self.Key)
	encoded := next.public().Encode()
	if len(encoded) > MaxRecordBytes {
		then(nil, fmt.Errorf("listing: %w", ErrTooLarge))
		return
	}
	n.offering[next.ID] = next
	n.stage(&step{records: []Record{ListingRecord{Listing: next, Own: true}}, size: len(encoded) + 64, onto: next.ID, then: func(err error) {
		if n.offering[next.ID] == next {
			delete(n.offering, next.ID)
		}
		if err != nil {
			then(nil, err)
			return
		}
		n.took(next)
		then(next, nil)
		n.notify(ListingChanged{Listing: next})
		for _, l := range n.allLinks() {
			n.send(l, ListingsFrame{Records: [][]byte{encoded}, Digest: n.catalogue})
		}
		n.link.Announce(uint32(n.catalogue))
	}})
}

// took moves the digest over a version of own goods that is stored now, by the store's rule: one that was overtaken by a
// newer one on the way changes nothing.
func (n *Node) took(l *Listing) {
	old := n.own[l.ID]
	if old != nil {
		if !l.Newer(old) {
			return
		}
		n.catalogue ^= ListingDigest(old)
	}
	n.catalogue ^= ListingDigest(l)
	n.own[l.ID] = l.HeaderOnly()
}

// public is what others may see of an own record: of hidden goods, that they are hidden.
func (l *Listing) public() *Listing {
	if l.Status == Hidden {
		return l.HeaderOnly()
	}
	return l
}

// receiveCatalogue compares the other's catalogue with our copy.
func (n *Node) receiveCatalogue(l *link, f CatalogueFrame) {
	p := n.peer(l.remote.Peer)
	if f.Digest == p.stored.CatalogueDigest {
		p.stored.CatalogueAt = n.nowMilli()
		n.storePeer(p)
		if p.visited = !p.announced || p.seen == uint32(f.Digest); p.visited {
			return
		}
		// The announcement may have overtaken this frame, and the answer to a question is newer than both.
	}
	n.askCatalogue(l, p.stored.CatalogueVersion)
}

// askCatalogue asks for the page after a version; from 0 on it is a comparison of everything.
func (n *Node) askCatalogue(l *link, after uint64) {
	l.asking, l.askedAfter = true, after
	if after == 0 {
		l.compared = map[ListingID]bool{}
	}
	n.send(l, CatalogueAsk{After: after})
}

// How many pages of the own goods a link gets: all of them at once, and then one after the other, slowly. Reading a page
// takes milliseconds, and whoever asks a thousand times a second must not take them from others.
const (
	pageBurst = 60 // more than CatalogueBytes
	pageEvery = 200 * time.Millisecond
)

// receiveCatalogueAsk answers one page; the asker asks for the next, which is all the flow control it needs. Who does not wait
// for the answer has its last question answered in time.
func (n *Node) receiveCatalogueAsk(l *link, f CatalogueAsk) {
	if oldest := time.Now().Add(-pageBurst * pageEvery); l.paged.Before(oldest) {
		l.paged = oldest
	}
	if wait := time.Until(l.paged); wait > 0 {
		if l.unasked == nil {
			n.after(wait, func() {
				if ask := l.unasked; n.links[l.remote] == l {
					l.unasked = nil
					n.receiveCatalogueAsk(l, *ask)
				}
			})
		}
		l.unasked = &f
		return
	}
	l.paged = l.paged.Add(pageEvery)
	n.answerCatalogueAsk(l, f)
}

func (n *Node) answerCatalogueAsk(l *link, f CatalogueAsk) {
	records, more, err := n.store.Catalogue(n.self.ID, f.After, pageBytes)
	if err != nil {
		n.log.Error("Catalogue not read", "err", err)
		return
	}
	answer := ListingsFrame{More: more, Digest: n.catalogue}
	for _, raw := range records {
		listing, err := ReadListing(n.self.ID, raw)
		if err != nil {
			n.log.Error("Own listing not read", "err", err)
			return
		}
		answer.Records = append(answer.Records, listing.public().Encode())
	}
	n.send(l, answer)
}

// receiveListings takes a page of the other's catalogue, or a push.
func (n *Node) receiveListings(l *link, f ListingsFrame) {
	if f.Yours {
		n.takeBack(l, f)
		return
	}
	p := n.peer(l.remote.Peer)
	last := l.askedAfter
	var fresh []*Listing
	var records []Record
	var newer [][]byte // versions the seller has lost
	size, growth, full := 0, 0, false
	for _, raw := range f.Records {
		listing, err := DecodeListing(l.remote.Peer, raw)
		if err != nil {
			n.about(l.remote.Peer).Warn("Listing refused", "peer", l.remote.Peer, "err", err)
			return
		}
		last = max(last, listing.Version)
		if l.compared != nil {
			l.compared[listing.ID] = true
		}
		if listing.Status == Hidden && listing.Goods != nil {
			listing = listing.HeaderOnly() // nobody but the seller has a use for them
		}
		old, err := n.store.Listing(listing.Seller, listing.ID)
		switch {
		case err == nil && old.Newer(listing):
			newer = append(newer, old.Encode())
			continue
		case err == nil && !listing.Newer(old):
			continue
		case err != nil && !isNotFound(err):
			n.log.Error("Listing not read", "err", err)
			return
		}
		more := len(raw)
		if old != nil {
			more -= len(old.Encode())
		}
		if more > 0 && int(p.market)+p.coming+growth+more > CatalogueBytes {
			full = true
			continue
		}
		size, growth = size+len(raw), growth+more
		fresh = append(fresh, listing)
		records = append(records, ListingRecord{Listing: listing})
	}
	n.sendBack(l, newer)
	p.coming += growth
	n.stage(&step{records: records, size: size + 64, soft: len(records) == 0, then: func(err error) {
		p.coming -= growth
		if err != nil {
			return // asked for again when the link reminds
		}
		for _, listing := range fresh {
			n.notify(ListingChanged{Listing: listing})
		}
		n.catalogueCame(l, p, f, last, full)
	}})
}

// catalogueCame looks whether our copy is complete now, and asks for what is missing, unless it is full.
func (n *Node) catalogueCame(l *link, p *peerState, f ListingsFrame, last uint64, full bool) {
	digest, _, bytes, err := n.store.CatalogueState(p.stored.ID)
	if err != nil {
		n.log.Error("Catalogue not read", "err", err)
		return
	}
	n.market += uint64(bytes) - p.market
	p.market = uint64(bytes)
	n.evict(p)
	l.progress = time.Now()
	switch {
	case full:
		n.about(l.remote.Peer).Warn("Catalogue is over its quota", "peer", l.remote.Peer)
		l.asking, l.compared, p.visited = false, nil, true
		p.stored.CatalogueAt = n.nowMilli()
		n.storePeer(p)
	case f.More:
		if n.links[l.remote] == l {
			n.askCatalogue(l, last)
		}
	case digest == f.Digest:
		p.visited = p.visited || l.asking || p.seen == uint32(digest)
		l.asking, l.compared, l.compares = false, nil, 0
		p.stored.CatalogueVersion = max(last, p.stored.CatalogueVersion)
		p.stored.CatalogueDigest, p.stored.CatalogueAt = digest, n.nowMilli()
		n.storePeer(p)
	case !l.asking:
		n.askCatalogue(l, p.stored.CatalogueVersion)
	case l.compared == nil:
		n.askCatalogue(l, 0)
	default: // a quota, a push that was lost, or the seller has lost something itself
		n.giveBack(l)
		l.asking, l.compared = false, nil
		l.compares++
		p.visited = l.compares >= maxCompares
		p.stored.CatalogueAt = n.nowMilli()
		n.storePeer(p)
	}
}

// sendBack sends a seller records of its own, in as many frames as they need.
func (n *Node) sendBack(l *link, records [][]byte) {
	for len(records) > 0 {
		count, size := 0, 0
		for count < len(records) && (count == 0 || size+len(records[count]) <= pageBytes) {
			size += len(records[count])
			count++
		}
		n.send(l, ListingsFrame{Records: records[:count:count], Yours: true})
		records = records[count:]
	}
}

// giveBack sends a seller those of its goods that a comparison of everything did not bring: its folder was restored or
// rolled back. What it has older versions of was sent on the way.
func (n *Node) giveBack(l *link) {
	var after uint64
	for more := true; more; {
		var records [][]byte
		var err error
		if records, more, err = n.store.Catalogue(l.remote.Peer, after, pageBytes); err != nil {
			n.log.Error("Catalogue not read", "err", err)
			return
		}
		var lost [][]byte
		for _, raw := range records {
			listing, err := ReadListing(l.remote.Peer, raw)
			if err != nil {
				n.log.Error("Listing not read", "err", err)
				return
			}
			after = max(after, listing.Version)
			if !l.compared[listing.ID] {
				lost = append(lost, raw)
			}
		}
		n.sendBack(l, lost)
	}
}

// takeBack takes newer versions of own goods that a restored or rolled back folder has lost.
func (n *Node) takeBack(l *link, f ListingsFrame) {
	for _, raw := range f.Records {
		lost, err := DecodeListing(n.self.ID, raw)
		if err != nil {
			n.about(l.remote.Peer).Warn("Listing refused", "peer", l.remote.Peer, "err", err)
			return
		}
		old, err := n.store.Listing(n.self.ID, lost.ID)
		if (err == nil && !lost.Newer(old)) || (err != nil && !isNotFound(err)) {
			continue
		}
		if lost.Goods == nil { // it was hidden: the goods are ours to know
			if old == nil || old.Goods == nil {
				continue
			}
			lost.Goods, lost.body = old.Goods, old.body
			if tagged("", lost.body) != lost.BodyHash {
				continue
			}
		}
		n.version = max(n.version, lost.Version)
		n.stage(&step{records: []Record{ListingRecord{Listing: lost, Own: true}}, size: len(raw), then: func(err error) {
			if err != nil {
				return
			}
			n.took(lost)
			n.notify(ListingChanged{Listing: lost})
			for _, l := range n.allLinks() {
				n.send(l, CatalogueFrame{Digest: n.catalogue})
			}
			n.link.Announce(uint32(n.catalogue))
		}})
	}
}

// evict keeps all foreign goods together under their quota: the seller not seen for longest without a room goes first.
func (n *Node) evict(except *peerState) {
	for n.market > MarketBytes {
		var oldest *peerState
		for _, p := range n.sortedPeers() {
			if _, known := n.contacts[p.stored.ID]; known || p == except || p.market == 0 {
				continue
			}
			if oldest == nil || p.stored.LastSeen < oldest.stored.LastSeen {
				oldest = p
			}
		}
		if oldest == nil {
			return
		}
		n.market -= oldest.market
		oldest.market = 0
		oldest.stored.CatalogueVersion, oldest.stored.CatalogueDigest = 0, 0
		n.stage(&step{records: []Record{DropCatalogueRecord{Seller: oldest.stored.ID}, PeerRecord{Peer: oldest.stored}}, size: 512, then: func(error) {}})
	}
}
