package memory

import (
	"haggle/chat"
)

// spare is roughly what the maps take for a thing besides its bytes.
const spare = 256

// take refuses with chat.ErrDiskFull what would go beyond the limit. Between two looks at all there is, what went is counted
// as if it were still there. m.mu is held.
func (m *Store) take(n int64) error {
	if m.opts.Limit == 0 {
		return nil
	}
	if m.size+n > m.opts.Limit {
		m.size = m.weigh()
	}
	if m.size+n > m.opts.Limit {
		return chat.ErrDiskFull
	}
	m.size += n
	return nil
}

// weigh is what all there is takes.
func (m *Store) weigh() int64 {
	var size int64
	c := m.written
	for _, r := range c.rooms {
		size += spare
		for _, groups := range r.logs {
			for _, g := range groups {
				size += weight(chat.GroupRecord{Group: g.Group})
			}
		}
	}
	for _, l := range c.listings {
		size += weight(chat.ListingRecord{Listing: l})
	}
	for _, l := range c.versions {
		size += weight(chat.ListingRecord{Listing: l})
	}
	size += int64(len(c.profiles)) * weight(chat.ProfileRecord{})
	size += int64(len(c.peers)+len(c.settings)) * spare
	for _, text := range c.drafts {
		size += spare + int64(len(text))
	}
	for _, b := range m.blobs {
		size += spare + int64(len(b.data))
	}
	return size
}

// weight is what a record takes, and brings to the store that does not have it yet.
func weight(r chat.Record) int64 {
	switch r := r.(type) {
	case chat.GroupRecord:
		size := int64(spare)
		for i := range r.Group.Entries {
			size += spare + int64(len(r.Group.Entries[i].Body))
		}
		return size
	case chat.ListingRecord:
		return spare + int64(len(r.Listing.Encode()))
	case chat.ProfileRecord:
		return spare + chat.MaxProfile
	case chat.ForkRecord:
		return spare + int64(len(r.Evidence))
	default:
		return spare
	}
}

// Wipe ends the store at once and forgets everything. The bytes that it held of messages and pictures are overwritten; what
// it gave out, and all text, the garbage collector takes.
func (m *Store) Wipe() {
	m.close(true)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range []*content{m.written, m.synced} {
		for _, r := range c.rooms {
			for _, groups := range r.logs {
				for _, g := range groups {
					for i := range g.Entries {
						clear(g.Entries[i].Body)
					}
				}
			}
		}
	}
	for _, b := range m.blobs {
		clear(b.data)
	}
	m.written, m.synced, m.blobs, m.soft, m.queue = newContent(m.opts.Self), newContent(m.opts.Self), nil, nil, nil
}
