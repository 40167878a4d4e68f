package peer

import (
	"testing"

	"haggle/chat"
)

// TestDeaf: a deaf node links to whom it keeps, says nowhere where it could be dialled, and neither asks nor tells where
// others are.
func TestDeaf(t *testing.T) {
	guest := newRig(t, func(c *Config) { c.Deaf = true })
	seller, other := newRig(t), newRig(t)
	other.dial(seller)
	await[chat.LinkUp](seller)
	guest.Keep([]chat.Wanted{{Peer: seller.self, Addresses: []string{seller.address()}}, {Peer: other.self, Addresses: []string{other.address()}}})
	if up := await[chat.LinkUp](seller); up.Remote.Peer != guest.self || up.Address != "" {
		t.Errorf("the seller sees %+v", up)
	}
	await[chat.LinkUp](guest)
	if a := guest.Addresses(); len(a) != 0 {
		t.Errorf("the guest is at %v", a)
	}
	guest.mu.Lock()
	defer guest.mu.Unlock()
	for remote, l := range guest.links {
		if l.told.asked || l.told.asks {
			t.Errorf("whereabouts are exchanged with %v", remote.Peer)
		}
	}
}
