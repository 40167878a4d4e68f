package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	mdnsPort     = 5353
	multicastTTL = 255
	readBuffer   = 1 << 20
	// writeLimit bounds a write that a stuck driver would hold up; Run's goroutine writes.
	writeLimit = 200 * time.Millisecond
)

// family is an address family.
type family int

const (
	ipv4Family family = iota
	ipv6Family
	families
)

func (f family) String() string { return [...]string{"ipv4", "ipv6"}[f] }

// group is where mDNS packets of the family go.
func (f family) group() netip.AddrPort {
	if f == ipv4Family {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), mdnsPort)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xff, 0x02, 15: 0xfb}), mdnsPort)
}

// conn is a multicast socket of one interface and family.
type conn interface {
	// Read reads one packet and tells how it came.
	Read(buf []byte) (int, arrival, error)
	// Write sends to an address on the interface, or to the group. It does not block for long.
	Write(packet []byte, to netip.AddrPort) error
	Close() error
}

// arrival tells how a packet came.
type arrival struct {
	from  netip.AddrPort
	via   int  // index of the interface it came in by; 0 where the system does not tell
	alone bool // it was sent to us alone; false where the system does not tell
}

// listenMulticast joins the family's group on the interface. Other programs may hold the same port.
func listenMulticast(i netInterface, f family) (conn, error) {
	ifi := netIf(i)
	raw, err := net.ListenPacket([...]string{"udp4", "udp6"}[f], f.group().String()) // binds the wildcard address, shared
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if udp, ok := raw.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(readBuffer) // the system may allow less
	}
	group := net.UDPAddrFromAddrPort(f.group())
	var c conn
	if f == ipv4Family {
		p := ipv4.NewPacketConn(raw)
		c, err = conn4{p}, firstError(
			func() error { return p.JoinGroup(ifi, group) },
			func() error { return p.SetMulticastInterface(ifi) },
			func() error { return p.SetMulticastTTL(multicastTTL) },
			func() error { return p.SetMulticastLoopback(true) },
		)
		_ = p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // not on Windows: the sender's network tells there
	} else {
		p := ipv6.NewPacketConn(raw)
		c, err = conn6{p}, firstError(
			func() error { return p.JoinGroup(ifi, group) },
			func() error { return p.SetMulticastInterface(ifi) },
			func() error { return p.SetMulticastHopLimit(multicastTTL) },
			func() error { return p.SetMulticastLoopback(true) },
		)
		_ = p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true)
	}
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("join: %w", err)
	}
	return c, nil
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type conn4 struct{ p *ipv4.PacketConn }

func (c conn4) Read(buf []byte) (int, arrival, error) {
	n, cm, from, err := c.p.ReadFrom(buf)
	in := arrival{from: addrPort(from)}
	if cm != nil {
		in.via, in.alone = cm.IfIndex, cm.Dst != nil && !cm.Dst.IsMulticast()
	}
	return n, in, err
}

func (c conn4) Write(packet []byte, to netip.AddrPort) error {
	_ = c.p.SetWriteDeadline(time.Now().Add(writeLimit))
	_, err := c.p.WriteTo(packet, nil, net.UDPAddrFromAddrPort(to))
	return err
}

func (c conn4) Close() error { return c.p.Close() }

type conn6 struct{ p *ipv6.PacketConn }

func (c conn6) Read(buf []byte) (int, arrival, error) {
	n, cm, from, err := c.p.ReadFrom(buf)
	in := arrival{from: addrPort(from)}
	if cm != nil {
		in.via, in.alone = cm.IfIndex, cm.Dst != nil && !cm.Dst.IsMulticast()
	}
	return n, in, err
}

func (c conn6) Write(packet []byte, to netip.AddrPort) error {
	_ = c.p.SetWriteDeadline(time.Now().Add(writeLimit))
	_, err := c.p.WriteTo(packet, nil, net.UDPAddrFromAddrPort(to))
	return err
}

func (c conn6) Close() error { return c.p.Close() }

func addrPort(a net.Addr) netip.AddrPort {
	udp, ok := a.(*net.UDPAddr)
	if !ok || udp == nil {
		return netip.AddrPort{}
	}
	ap := udp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
