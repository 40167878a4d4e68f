package wire

import (
	"fmt"

	"haggle/chat"
)

// Limits of a Peers frame.
const (
	MaxPeers     = 32
	MaxAddresses = 4  // of one device
	AddressSize  = 18 // bytes: an IP address as of IPv6, and a port
)

// check sees to it that the fields have the sizes their readers count on.
func (p *Peers) check() error {
	ok := len(p.GetPeers()) <= MaxPeers
	for _, w := range p.GetPeers() {
		ok = ok && len(w.GetPeer()) == len(chat.PeerID{}) && len(w.GetDevice()) == len(chat.DeviceID{}) &&
			len(w.GetAddresses())%AddressSize == 0 && len(w.GetAddresses()) <= MaxAddresses*AddressSize
	}
	if !ok {
		return fmt.Errorf("peers: %w", ErrMalformed)
	}
	return nil
}
