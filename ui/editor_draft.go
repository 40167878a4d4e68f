package ui

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"

	"haggle/chat"
)

// goodsDraft is what the editor's fields say, whether or not it makes sense.
type goodsDraft struct {
	Title     string   `json:"title"`
	Amount    string   `json:"amount"`
	Currency  string   `json:"currency"`
	Category  string   `json:"category"`
	Condition string   `json:"condition"`
	Quantity  string   `json:"quantity"`
	Text      string   `json:"text"`
	Photos    []string `json:"photos"` // their hashes, in order

	photos []editedPhoto
}

// editedPhoto is one of the goods as they are offered, or a new one.
type editedPhoto struct {
	old   chat.Photo
	fresh *Picture // nil for an old one
}

func (p *editedPhoto) hash() chat.Hash {
	if p.fresh != nil {
		return p.fresh.Image.Hash
	}
	return p.old.Hash
}

func (p *editedPhoto) thumbnail() []byte {
	if p.fresh != nil {
		return p.fresh.Image.Thumbnail
	}
	return p.old.Thumbnail
}

// draftOf is what the editor shows before anything is written.
func draftOf(old *chat.Listing, currency string) goodsDraft {
	if old == nil || old.Goods == nil {
		return goodsDraft{Currency: currency, Quantity: "1"}
	}
	g := old.Goods
	d := goodsDraft{
		Title: g.Title, Amount: g.Price.Amount(), Currency: g.Price.Currency, Category: g.Category, Condition: g.Condition,
		Quantity: strconv.FormatUint(uint64(g.Quantity), 10), Text: g.Description,
	}
	for _, p := range g.Photos {
		d.photos = append(d.photos, editedPhoto{old: p})
	}
	return d
}

func (d goodsDraft) encode() []byte {
	d.Photos = []string{}
	for i := range d.photos {
		d.Photos = append(d.Photos, d.photos[i].hash().String())
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return nil // texts and a list of them: it cannot be
	}
	return raw
}

// draftKeeper keeps what is written about some goods on the desk, a second old at most: the fields in one piece, and each
// new photo in one of its own, since it does not change. Its methods are for the UI's goroutine unless they say otherwise.
type draftKeeper struct {
	kit   *kit
	name  string
	first []byte // what was there to begin with; nil until the draft was read
	due   bool   // something is written that is not kept

	version int
	writing sync.Mutex
	kept    int // the newest version on the disk, under writing
}

func newDraftKeeper(k *kit, id chat.ListingID) *draftKeeper {
	name := "goods-new"
	if !id.IsZero() {
		name = "goods-" + id.String()
	}
	return &draftKeeper{kit: k, name: name}
}

// read returns what was begun, nil if nothing. Off the UI's goroutine.
func (d *draftKeeper) read(old *chat.Listing) (*goodsDraft, error) {
	raw, err := d.kit.desk.Kept(d.name)
	if raw == nil || err != nil {
		return nil, err
	}
	var begun goodsDraft
	if err := json.Unmarshal(raw, &begun); err != nil {
		return nil, err
	}
	had := map[string]chat.Photo{}
	if old != nil && old.Goods != nil {
		for _, p := range old.Goods.Photos {
			had[p.Hash.String()] = p
		}
	}
	for _, hash := range begun.Photos {
		if p, ok := had[hash]; ok {
			begun.photos = append(begun.photos, editedPhoto{old: p})
			continue
		}
		raw, err := d.kit.desk.Kept(d.name + "-" + hash)
		if err != nil || raw == nil {
			continue // the rest is worth having
		}
		fresh := new(Picture)
		if json.Unmarshal(raw, fresh) == nil {
			begun.photos = append(begun.photos, editedPhoto{fresh: fresh})
		}
	}
	return &begun, nil
}

// shownAs says what there is without a draft, and that one may be kept from now on.
func (d *draftKeeper) shownAs(first goodsDraft) { d.first = first.encode() }

// photo keeps a new photo. Off the UI's goroutine.
func (d *draftKeeper) photo(p *Picture) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return d.kit.desk.Keep(d.name+"-"+p.Image.Hash.String(), raw)
}

// changed keeps what get returns then, soon.
func (d *draftKeeper) changed(get func() goodsDraft) {
	if d.due || d.first == nil {
		return
	}
	d.due = true
	d.kit.after(draftDelay, func() { d.flush(get) })
}

// flush keeps what was not kept yet.
func (d *draftKeeper) flush(get func() goodsDraft) {
	if !d.due {
		return
	}
	d.due = false
	raw := get().encode()
	if bytes.Equal(raw, d.first) {
		raw = nil
	}
	d.write(func() error { return d.kit.desk.Keep(d.name, raw) })
}

// forget removes the draft and its photos.
func (d *draftKeeper) forget() {
	d.due = false
	d.write(func() error { return d.kit.desk.Drop(d.name) })
}

// write does something to the disk, unless something later was done before it had its turn.
func (d *draftKeeper) write(do func() error) {
	d.version++
	mine := d.version
	d.kit.off(func() {
		d.writing.Lock()
		defer d.writing.Unlock()
		if mine < d.kept {
			return
		}
		d.kept = mine
		if err := do(); err != nil {
			d.kit.log.Error("Begun goods not kept", "err", err)
		}
	})
}
