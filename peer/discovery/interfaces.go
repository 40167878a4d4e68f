package discovery

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

const maxLinks = 8 // the system allows a process few multicast memberships

// Reason tells why an interface is not used; empty when it is.
type Reason string

// The reasons, with stable values for a report.
const (
	ReasonDown         Reason = "down"         // switched off
	ReasonNoCarrier    Reason = "noCarrier"    // no cable, no Wi-Fi network
	ReasonLoopback     Reason = "loopback"     // leads nowhere
	ReasonPointToPoint Reason = "pointToPoint" // a VPN or a modem
	ReasonNoMulticast  Reason = "noMulticast"  // cannot carry announcements
	ReasonVirtual      Reason = "virtual"      // by its name a container, a virtual machine or a VPN
	ReasonNotNamed     Reason = "notNamed"     // Config.Interfaces names others
	ReasonAbsent       Reason = "absent"       // Config.Interfaces names it, the machine has none of that name
	ReasonNoAddress    Reason = "noAddress"    // no IP address
	ReasonTooMany      Reason = "tooMany"      // enough others are used
	ReasonFailed       Reason = "failed"       // no multicast socket could be opened; tried again each second
)

// virtualNames are beginnings of names of interfaces behind which no colleague sits.
var virtualNames = []string{
	"docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "vethernet", "utun", "tun", "tap", "wg", "tailscale", "zt", "awdl", "llw",
	"cni", "podman", "lxcbr", "lxdbr", "flannel", "cali", "kube", "ipsec", "ppp",
}

// netInterface is one interface as it was at one moment.
type netInterface struct {
	index    int
	name     string
	flags    net.Flags
	prefixes []netip.Prefix // own addresses with their networks, IPv4 first, without zones
}

func (i netInterface) equal(j netInterface) bool {
	return i.index == j.index && i.name == j.name && slices.Equal(i.prefixes, j.prefixes)
}

// addrs are the interface's own addresses without zones, IPv4 first.
func (i netInterface) addrs() []netip.Addr {
	out := make([]netip.Addr, len(i.prefixes))
	for n, p := range i.prefixes {
		out[n] = p.Addr()
	}
	return out
}

func (i netInterface) has(f family) bool {
	return slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() == (f == ipv4Family) })
}

func (i netInterface) loopback() bool { return i.flags&net.FlagLoopback != 0 }

// owns reports whether ip is one of the interface's own addresses.
func (i netInterface) owns(ip netip.Addr) bool {
	ip = ip.WithZone("")
	return slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Addr() == ip })
}

// onLink reports whether ip can be reached on the interface without a router.
func (i netInterface) onLink(ip netip.Addr) bool {
	ip = ip.WithZone("")
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		return i.has(ipv6Family)
	}
	return slices.ContainsFunc(i.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// usable tells why i is not to be used; named are the interfaces asked for, none means all that look like a LAN.
func (i netInterface) usable(named []string) Reason {
	chosen := slices.Contains(named, i.name)
	switch {
	case len(named) > 0 && !chosen:
		return ReasonNotNamed
	case i.flags&net.FlagUp == 0:
		return ReasonDown
	case i.flags&net.FlagLoopback != 0 && !chosen:
		return ReasonLoopback
	case i.flags&net.FlagPointToPoint != 0 && !chosen:
		return ReasonPointToPoint
	case i.flags&net.FlagMulticast == 0 && i.flags&net.FlagLoopback == 0:
		return ReasonNoMulticast
	case !chosen && isVirtual(i.name):
		return ReasonVirtual
	case i.flags&net.FlagRunning == 0:
		return ReasonNoCarrier
	case len(i.prefixes) == 0:
		return ReasonNoAddress
	}
	return ""
}

func isVirtual(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(virtualNames, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// choice is which of a machine's interfaces are used.
type choice struct {
	used   []netInterface
	states []InterfaceState // of all, with the reasons against those not used
	// alone says that the machine has no other interface by which multicast could come in.
	alone bool
}

func choose(all []netInterface, named []string) choice {
	var c choice
	carriers := 0
	for _, i := range all {
		reason := i.usable(named)
		if reason == "" && len(c.used) == maxLinks {
			reason = ReasonTooMany
		}
		if reason == "" {
			c.used = append(c.used, i)
		}
		if i.flags&net.FlagUp != 0 && i.flags&net.FlagMulticast != 0 && !i.loopback() {
			carriers++
		}
		c.states = append(c.states, InterfaceState{Name: i.name, Index: i.index, Addrs: i.addrs(), Networks: i.prefixes, Reason: reason})
	}
	c.alone = carriers == 1 && len(c.used) == 1 && !c.used[0].loopback()
	for _, name := range named {
		if !slices.ContainsFunc(all, func(i netInterface) bool { return i.name == name }) {
			c.states = append(c.states, InterfaceState{Name: name, Reason: ReasonAbsent})
		}
	}
	return c
}

// systemInterfaces lists the machine's interfaces by index. It looks up the addresses, which costs some systems
// milliseconds each time, only of those that wanted says might be used.
func systemInterfaces(wanted func(netInterface) bool) ([]netInterface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	out := make([]netInterface, 0, len(list))
	for _, ifi := range list {
		i := netInterface{index: ifi.Index, name: ifi.Name, flags: ifi.Flags}
		if wanted(i) {
			i.prefixes = prefixesOf(ifi)
		}
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b netInterface) int { return a.index - b.index })
	return out, nil
}

// prefixesOf are none if the interface went away meanwhile.
func prefixesOf(ifi net.Interface) []netip.Prefix {
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, ok := prefixOf(a); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return out
}

func prefixOf(a net.Addr) (netip.Prefix, bool) {
	ipnet, ok := a.(*net.IPNet)
	if !ok {
		return netip.Prefix{}, false
	}
	ip, ok := netip.AddrFromSlice(ipnet.IP)
	ones, bits := ipnet.Mask.Size()
	if !ok || bits == 0 {
		return netip.Prefix{}, false
	}
	ip = ip.Unmap()
	if ip.Is4() && bits == 128 {
		ones -= 96
	}
	p := netip.PrefixFrom(ip, ones)
	return p, p.IsValid() && !ip.IsMulticast() && !ip.IsUnspecified()
}
