package rpc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"haggle/chat"
	"haggle/text"
)

// photos is the list of photos: paths, and hashes of those to keep. given tells that there is one, perhaps empty.
func (a *args) photos() (list []string, given bool) {
	raw := a.raw("photos")
	if raw == nil {
		return nil, false
	}
	if raw[0] != '[' {
		a.fail(badParam("photos", "is no list; give one of paths."))
		return nil, true
	}
	elements(raw, func(value []byte) {
		switch {
		case value[0] != '"' || len(value) <= len(`""`) || len(value) > maxPath:
			a.fail(badParam("photos", "has something in it that is no path; give paths, and hashes of photos to keep."))
		case len(list) == chat.MaxPhotos:
			a.fail(badParam("photos", fmt.Sprintf("has more than %d in it; give fewer.", chat.MaxPhotos)))
		default:
			list = append(list, unquote(value))
		}
	})
	return list, true
}

// goodsJob is the job of a change of goods, of new ones if id is zero: at once, or when its photos are prepared.
func (e *Endpoint) goodsJob(c goodsChange, id chat.ListingID, do func([]chat.Photo, answer)) job {
	j := job{lane: lane{kind: listingsLane}, class: writes, run: func(answer answer) { do(nil, answer) }}
	if len(c.photos) == 0 {
		return j
	}
	j.class, j.place = alone, inFiles
	j.run = func(answer answer) {
		photos, err := e.putPhotos(c, id)
		if err != nil {
			answer(nil, err)
			return
		}
		do(photos, answer)
	}
	return j
}

// putPhotos makes the photos of a change of goods. What else is wrong with the change is told before any is kept.
func (e *Endpoint) putPhotos(c goodsChange, id chat.ListingID) ([]chat.Photo, error) {
	goods := chat.Goods{Quantity: 1}
	if !id.IsZero() {
		l, err := e.node.Listing(e.self, id)
		if err != nil {
			return nil, err
		}
		goods = *l.Goods
	}
	had := goods.Photos
	c.apply(&goods, nil)
	if err := goods.Check(); err != nil {
		return nil, err
	}
	if text.Blank(goods.Title) {
		return nil, fmt.Errorf("title is empty: %w", chat.ErrInvalid)
	}
	var photos []chat.Photo
	for i, given := range c.photos {
		photo, err := e.photo(given, i == 0, had)
		if err != nil {
			return nil, err
		}
		photos = append(photos, photo)
	}
	return photos, nil
}

// photo keeps one of the photos that there were, or makes one of a file. Only the first has a large thumbnail.
func (e *Endpoint) photo(given string, first bool, had []chat.Photo) (chat.Photo, error) {
	if h, err := chat.ParseHash(given); err == nil && len(had) > 0 {
		i := slices.IndexFunc(had, func(p chat.Photo) bool { return p.Hash == h })
		if i < 0 {
			return chat.Photo{}, badParam("photos", "has the hash of a photo that these goods do not have; give those that listings.get shows.")
		}
		photo := had[i]
		if first != (i == 0) {
			photo.Thumbnail, err = e.thumbnail(&photo, first)
		}
		return photo, err
	}
	p, err := e.put(given, false)
	if err != nil {
		return chat.Photo{}, err
	}
	photo := chat.Photo{
		Hash: p.Image.Hash, Size: p.Image.Size, Width: p.Image.Width, Height: p.Image.Height, Type: p.Image.Type, Thumbnail: p.SmallThumb,
	}
	if first {
		photo.Thumbnail = p.Image.Thumbnail
	}
	return photo, nil
}

// thumbnail makes the other thumbnail of a photo that becomes the first, or no longer is. If the photo itself is gone,
// it is made of the one there is.
func (e *Endpoint) thumbnail(photo *chat.Photo, first bool) ([]byte, error) {
	data, err := e.node.ReadPicture(photo.Hash)
	if errors.Is(err, chat.ErrNotFound) {
		data, err = photo.Thumbnail, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := e.cfg.Prepare(e.network, bytes.NewReader(data), int64(len(data)), false)
	if err != nil || !first {
		return p.SmallThumb, err
	}
	return p.Image.Thumbnail, nil
}

func (e *Endpoint) listingsSavePhoto(a *args) job {
	a.needed("hash")
	hash := parsed(a, "hash", chat.ParseHash, "is no hash; give the 64 hex digits that listings.get shows.")
	path := a.path("path")
	return job{class: reads, place: inFiles, run: read(func() (savedResult, error) { return e.save(hash, path) })}
}
