package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"

	"haggle/chat"
)

// A reference is a place that refers to blobs: a message, a current listing, a profile. The index has an entry for each, so
// that a room's pictures are found without reading its messages; how many there are for each blob is counted in memory.

// imageKey is where a message refers to its picture. All of a log, or of a room, have a prefix in common.
func imageKey(log chat.LogID, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(imagesKey(log), seq)
}

func imagesKey(log chat.LogID) []byte {
	k := make([]byte, 0, 2+32+1+8+8)
	return appendLog(append(k, keyReference, byte(chat.InMessage)), log)
}

func roomImagesKey(room chat.RoomID) []byte {
	return append([]byte{keyReference, byte(chat.InMessage)}, room[:]...)
}

func photosKey(id goodsID) []byte {
	return append(append([]byte{keyReference, byte(chat.InListing)}, id.seller[:]...), id.id[:]...)
}

func pictureKey(peer chat.PeerID) []byte {
	return append([]byte{keyReference, byte(chat.InProfile)}, peer[:]...)
}

// parseImageKey reads imageKey's form.
func parseImageKey(k []byte) (id chat.MessageID) {
	s := scanner{b: k[2:]}
	id.LogID = s.log()
	if b := s.take(8); b != nil {
		id.Seq = binary.BigEndian.Uint64(b)
	}
	return id
}

// adopt notes that an own record refers to blobs: what was put for it goes with it from now on.
func (s *stage) adopt(hashes ...chat.Hash) { s.adopted = append(s.adopted, hashes...) }

// referImages enters the pictures of a group. A value is whether the message is a row, and the blob.
func referImages(s *stage, log chat.LogID, g *chat.Group, rows chat.RowSet) {
	g.Images(func(seq uint64, image *chat.Image) {
		row := flags(rows.Has(int(seq - g.First())))
		s.put(imageKey(log, seq), append([]byte{row}, image.Hash[:]...))
	})
}

// dropImages takes out the pictures of a log from seq on.
func dropImages(s *stage, log chat.LogID, from uint64) error {
	var gone [][]byte
	err := s.scan(imagesKey(log), imageKey(log, from), func(key, _ []byte) (bool, error) {
		gone = append(gone, key)
		return true, nil
	})
	for _, key := range gone {
		s.delete(key)
	}
	return err
}

// photosOf lists the blobs of a listing, none if l is nil or without goods.
func photosOf(l *chat.Listing) (hashes []chat.Hash) {
	if l != nil && l.Goods != nil {
		for i := range l.Goods.Photos {
			hashes = append(hashes, l.Goods.Photos[i].Hash)
		}
	}
	return hashes
}

// referPhotos enters what a current listing refers to; nil takes it out.
func referPhotos(s *stage, key goodsID, l *chat.Listing) error {
	var hashes []byte
	for _, h := range photosOf(l) {
		hashes = append(hashes, h[:]...)
	}
	_, err := replace(s, photosKey(key), hashes)
	return err
}

// referPicture enters what a profile refers to.
func referPicture(s *stage, p *chat.Profile) error {
	var hash []byte
	if p.Picture != (chat.Hash{}) {
		hash = bytes.Clone(p.Picture[:])
	}
	_, err := replace(s, pictureKey(p.Peer), hash)
	return err
}

// referEntry enters what an entry of the index refers to, for those that were written without their references: by a
// baseline, or by a program that knew none. Listings must be there before their versions.
func referEntry(s *stage, key, value []byte) error {
	switch key[0] {
	case keyGroup:
		log, _, ok := parseGroupKey(key)
		stored, err := decodeGroup(value)
		if err != nil || !ok {
			return errCorrupt
		}
		g, err := stored.group()
		if err != nil {
			return err
		}
		referImages(s, log, g, stored.rows)
	case keyVersion:
		l, err := decodeVersion(value)
		if err != nil {
			return err
		}
		id := goodsID{l.Seller, l.ID}
		if i := s.listing(id); i != nil && i.hash == l.Hash() {
			return referPhotos(s, id, l)
		}
	case keyProfile:
		if len(key) != 1+len(chat.PeerID{}) {
			return errCorrupt
		}
		p, err := chat.DecodeProfile(chat.PeerID(key[1:]), value)
		if err != nil {
			return errCorrupt
		}
		return referPicture(s, p)
	}
	return nil
}

// addReferences makes the references of an index that was written without.
func (x *index) addReferences() error {
	v := x.view()
	defer v.discard()
	s := newStage(v)
	for _, kind := range []byte{keyGroup, keyVersion, keyProfile} {
		err := v.scan([]byte{kind}, []byte{kind}, func(key, value []byte) (bool, error) {
			return true, referEntry(s, key, value)
		})
		if err != nil {
			return asDamage(err)
		}
	}
	return x.commit(s, v, x.head.position, x.head.hard, nil)
}

// referenceChange is a reference that a stage replaces.
type referenceChange struct {
	key      []byte
	old, now []byte // nil: none
}

// references counts, for each blob, what refers to it.
type references struct {
	mu    sync.Mutex
	count map[chat.Hash]uses
}

// uses counts references: other people's listings and profiles, and all else.
type uses struct{ firm, loose uint32 }

func (u uses) none() bool { return u == uses{} }

// cached: nobody here chose to have it.
func (u uses) cached() bool { return u.firm == 0 && u.loose > 0 }

func newReferences() *references { return &references{count: map[chat.Hash]uses{}} }

func (r *references) of(h chat.Hash) uses {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[h]
}

func (r *references) change(self chat.PeerID, changes []referenceChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		for _, h := range blobsOf(c.key, c.now) {
			r.add(self, c.key, h, 1)
		}
		for _, h := range blobsOf(c.key, c.old) {
			r.add(self, c.key, h, ^uint32(0))
		}
	}
}

func (r *references) add(self chat.PeerID, key []byte, h chat.Hash, n uint32) {
	u := r.count[h]
	if chat.ReferenceKind(key[1]) == chat.InMessage || bytes.HasPrefix(key[2:], self[:]) {
		u.firm += n
	} else {
		u.loose += n
	}
	if u.none() {
		delete(r.count, h)
	} else {
		r.count[h] = u
	}
}

// load counts an entry of the index that is being opened.
func (r *references) load(self chat.PeerID, key, value []byte) error {
	if len(key) < 2+len(self) || chat.ReferenceKind(key[1]) == chat.InMessage && len(value) != 33 {
		return fmt.Errorf("%w: reference", errDamaged)
	}
	for _, h := range blobsOf(key, value) {
		r.add(self, key, h, 1)
	}
	return nil
}

// blobsOf reads a reference's value.
func blobsOf(key, value []byte) []chat.Hash {
	if len(value) > 0 && chat.ReferenceKind(key[1]) == chat.InMessage {
		value = value[1:]
	}
	var hashes []chat.Hash
	for ; len(value) >= len(chat.Hash{}); value = value[len(chat.Hash{}):] {
		hashes = append(hashes, chat.Hash(value[:len(chat.Hash{})]))
	}
	return hashes
}

// RoomImages implements chat.Blobs. do may call the store.
func (db *DB) RoomImages(room chat.RoomID, do func(chat.MessageID, chat.Hash) bool) error {
	type message struct {
		id   chat.MessageID
		hash chat.Hash
	}
	all, err := read(db, func(v *view) ([]message, error) {
		var all []message
		state := v.room(room)
		if state == nil {
			return nil, nil
		}
		prefix := roomImagesKey(room)
		err := v.scan(prefix, prefix, func(key, value []byte) (bool, error) {
			id := parseImageKey(key)
			if l := state.Log(id.Author, id.Device); l != nil && id.Seq > l.Floor && value[0]&1 != 0 {
				all = append(all, message{id, chat.Hash(value[1:])})
			}
			return true, nil
		})
		return all, err
	})
	for _, m := range all {
		if !do(m.id, m.hash) {
			break
		}
	}
	return err
}

// RoomBytes implements chat.Blobs.
func (db *DB) RoomBytes(room chat.RoomID) (int64, error) {
	return read(db, func(v *view) (int64, error) {
		counted := map[chat.Hash]bool{}
		total := int64(0)
		prefix := roomImagesKey(room)
		err := v.scan(prefix, prefix, func(key, value []byte) (bool, error) {
			for _, h := range blobsOf(key, value) {
				if !counted[h] {
					total += int64(db.blobs.state(h).Received)
				}
				counted[h] = true
			}
			return true, nil
		})
		return total, err
	})
}
