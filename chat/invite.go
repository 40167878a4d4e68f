package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Invite says who somebody is and where to find them, on one line that fits a QR code or a chat elsewhere:
//
//	haggle:RKEOHXL-UBHYZLM-7KS3MWT-ZOS5OLO-FGOCN7D-WKBEG7G-TOSEADN-APN5OAC@10.0.0.5:42445,[fe80::1%eth0]:42445
type Invite struct {
	Peer      PeerID
	Addresses []string // host:port, 1 to 8
}

const (
	inviteScheme    = "haggle:"
	inviteAddresses = 8
	maxInvite       = 1024 // bytes of a line
)

func (i Invite) String() string {
	return inviteScheme + i.Peer.String() + "@" + strings.Join(i.Addresses, ",")
}

// ParseInvite reads String's form, forgiving as ParsePeerID does, and white space around it. ErrInvalid.
func ParseInvite(s string) (Invite, error) {
	bad := func(why string) (Invite, error) { return Invite{}, fmt.Errorf("invite: %s: %w", why, ErrInvalid) }
	s = strings.TrimSpace(s)
	if len(s) > maxInvite {
		return bad("too long")
	}
	if len(s) < len(inviteScheme) || !strings.EqualFold(s[:len(inviteScheme)], inviteScheme) {
		return bad("it does not begin with " + inviteScheme)
	}
	id, list, found := strings.Cut(s[len(inviteScheme):], "@")
	if !found {
		return bad("no address")
	}
	peer, err := ParsePeerID(id)
	if err != nil {
		return bad("not a peer ID")
	}
	addresses := strings.Split(list, ",")
	if len(addresses) > inviteAddresses {
		return bad("too many addresses")
	}
	for _, a := range addresses {
		if !plausibleAddress(a) {
			return bad("not an address")
		}
	}
	return Invite{Peer: peer, Addresses: addresses}, nil
}

// plausibleAddress reports whether a text has the form host:port. What the host is, the network says.
func plausibleAddress(a string) bool {
	at := strings.LastIndexByte(a, ':')
	if at < 1 || len(a) > maxAddress {
		return false
	}
	host, port := a[:at], a[at+1:]
	if port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" || strings.Trim(port, "0") == "" {
		return false
	}
	if len(port) == 5 && port > "65535" {
		return false
	}
	for _, c := range []byte(host) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"'<>\^{|}@/`+"`", c) >= 0 {
			return false
		}
	}
	return strings.HasPrefix(host, "[") == strings.HasSuffix(host, "]") && (host[0] == '[') == strings.Contains(host, ":")
}

// AddInvited is AddPeer for an invite: all its addresses are tried at once, and the first that proves the key counts. An
// invite without a peer takes whoever answers. When nobody does, ErrWrongIdentity and ErrSelf go before ErrUnreachable.
func (n *Node) AddInvited(ctx context.Context, i Invite) (PeerView, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		peer PeerView
		err  error
	}
	results := make(chan result, len(i.Addresses))
	for _, a := range i.Addresses {
		go func() {
			peer, err := n.AddPeer(ctx, a, i.Peer)
			results <- result{peer, err}
		}()
	}
	err := ErrUnreachable
	for range i.Addresses {
		r := <-results
		if r.err == nil {
			return r.peer, nil
		}
		if errors.Is(r.err, ErrWrongIdentity) || errors.Is(r.err, ErrSelf) {
			err = r.err
		}
	}
	return PeerView{}, err
}
