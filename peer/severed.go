package peer

import (
	"net/netip"
	"slices"

	"haggle/peer/discovery"
)

// severed tells which addresses lie in networks whose cable is out. To dial there would have the system look for machines in
// vain, and keep it from looking again at once when the cable is back: that took up to a second.
type severed struct {
	names     []string       // of the interfaces without a cable
	out, used []netip.Prefix // their networks, and those in use
}

func severedBy(states []discovery.InterfaceState) (s severed) {
	for _, i := range states {
		switch i.Reason {
		case "":
			s.used = append(s.used, i.Networks...)
		case discovery.ReasonNoCarrier:
			s.names, s.out = append(s.names, i.Name), append(s.out, i.Networks...)
		default:
		}
	}
	return s
}

// has reports whether a host:port is there; of a host's name nobody knows.
func (s severed) has(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	ip := ap.Addr().Unmap()
	if zone := ip.Zone(); zone != "" {
		return slices.Contains(s.names, zone)
	}
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	return slices.ContainsFunc(s.out, within) && !slices.ContainsFunc(s.used, within)
}
