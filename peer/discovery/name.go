package discovery

import (
	"encoding/base32"
	"encoding/hex"
	"strings"

	"haggle/chat"
)

const (
	domain     = "local."
	kind       = "_haggle._tcp"
	kindName   = kind + "." + domain                // where instances are found
	kindsName  = "_services._dns-sd._udp." + domain // where kinds are found (RFC 6763, section 9)
	peerChars  = 52
	labelChars = peerChars + 1 + 2*len(instance{}.device)
)

var peerLabel = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// instance names one device of one peer in DNS records: the whole peer ID and half of the device ID, so that two devices
// of a peer never overwrite one another's records. It is the key of the cache.
type instance struct {
	peer   chat.PeerID
	device [4]byte
}

func instanceOf(peer chat.PeerID, device chat.DeviceID) instance {
	return instance{peer: peer, device: [4]byte(device[:4])}
}

// label is the first label of the instance's names: 61 characters.
func (in instance) label() string {
	return peerLabel.EncodeToString(in.peer[:]) + "-" + hex.EncodeToString(in.device[:])
}

func (in instance) name() string { return in.label() + "." + kindName }
func (in instance) host() string { return in.label() + "." + domain }

// parseInstance reads the name of an instance, in any case.
func parseInstance(name string) (instance, bool) { return parseUnder(name, kindName) }

// parseHost reads the name of an instance's host, in any case.
func parseHost(name string) (instance, bool) { return parseUnder(name, domain) }

func parseUnder(name, parent string) (instance, bool) {
	if len(name) != labelChars+1+len(parent) || name[labelChars] != '.' || !strings.EqualFold(name[labelChars+1:], parent) {
		return instance{}, false
	}
	label := strings.ToLower(name[:labelChars])
	if label[peerChars] != '-' {
		return instance{}, false
	}
	peer, err := peerLabel.DecodeString(label[:peerChars])
	if err != nil || len(peer) != len(chat.PeerID{}) { // the decoder skips line ends
		return instance{}, false
	}
	device, err := hex.DecodeString(label[peerChars+1:])
	if err != nil {
		return instance{}, false
	}
	in := instance{peer: chat.PeerID(peer), device: [4]byte(device)}
	if in.label() != label || in.peer.IsZero() {
		return instance{}, false
	}
	return in, true
}
