package memory

import (
	"bytes"
	"sync"

	"haggle/chat"
)

// Parcels is a chat.Parcels in memory: what is put in it outlives the node, as on a disk.
type Parcels struct {
	mu  sync.Mutex
	all map[chat.Hash]parcel
}

type parcel struct {
	info   chat.ParcelInfo
	sealed []byte
}

var _ chat.Parcels = (*Parcels)(nil)

// NewParcels makes an empty one.
func NewParcels() *Parcels { return &Parcels{all: map[chat.Hash]parcel{}} }

// PutParcel implements chat.Parcels.
func (p *Parcels) PutParcel(put chat.Parcel, until int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := chat.ParcelInfo{ID: put.ID(), For: put.For, Size: uint32(len(put.Sealed)), Until: until}
	p.all[info.ID] = parcel{info, bytes.Clone(put.Sealed)}
	return nil
}

// Carried implements chat.Parcels.
func (p *Parcels) Carried() ([]chat.ParcelInfo, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []chat.ParcelInfo
	for _, one := range p.all {
		list = append(list, one.info)
	}
	return list, nil
}

// ReadParcel implements chat.Parcels.
func (p *Parcels) ReadParcel(id chat.Hash, offset uint32, count int) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.all[id]
	if !ok {
		return nil, chat.ErrNotFound
	}
	rest := one.sealed[min(int(offset), len(one.sealed)):]
	return bytes.Clone(rest[:min(count, len(rest))]), nil
}

// DropParcel implements chat.Parcels.
func (p *Parcels) DropParcel(id chat.Hash) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, id)
	return nil
}
