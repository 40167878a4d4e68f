package discovery

import (
	"bytes"
	"crypto/rand"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// echo reports whether a multicast packet of this machine comes back to it on a port of our own. It never leaves the
// machine: its hop limit is 0. If it comes back and those on the mDNS port do not, that port is blocked; if neither does,
// something here lets nothing in.
func echo(i netInterface) bool {
	return i.has(ipv4Family) && echo4(i) || i.has(ipv6Family) && echo6(i)
}

func echo4(i netInterface) bool {
	raw, err := net.ListenPacket("udp4", netip.AddrPortFrom(ipv4Family.group().Addr(), 0).String())
	if err != nil {
		return false
	}
	defer func() { _ = raw.Close() }()
	p, ifi := ipv4.NewPacketConn(raw), netIf(i)
	to := echoGroup(raw, ipv4Family)
	err = firstError(
		func() error { return p.JoinGroup(ifi, to) },
		func() error { return p.SetMulticastInterface(ifi) },
		func() error { return p.SetMulticastTTL(0) },
		func() error { return p.SetMulticastLoopback(true) },
	)
	return err == nil && comesBack(raw, to)
}

func echo6(i netInterface) bool {
	raw, err := net.ListenPacket("udp6", netip.AddrPortFrom(ipv6Family.group().Addr(), 0).String())
	if err != nil {
		return false
	}
	defer func() { _ = raw.Close() }()
	p, ifi := ipv6.NewPacketConn(raw), netIf(i)
	to := echoGroup(raw, ipv6Family)
	to.Zone = i.name
	err = firstError(
		func() error { return p.JoinGroup(ifi, to) },
		func() error { return p.SetMulticastInterface(ifi) },
		func() error { return p.SetMulticastHopLimit(0) },
		func() error { return p.SetMulticastLoopback(true) },
	)
	return err == nil && comesBack(raw, to)
}

// echoGroup is the family's group on the port of a socket.
func echoGroup(raw net.PacketConn, f family) *net.UDPAddr {
	to := net.UDPAddrFromAddrPort(f.group())
	if own, ok := raw.LocalAddr().(*net.UDPAddr); ok {
		to.Port = own.Port
	}
	return to
}

// comesBack sends a packet with random bytes and waits for it.
func comesBack(raw net.PacketConn, to *net.UDPAddr) bool {
	var token [16]byte
	_, _ = rand.Read(token[:]) // never fails
	_ = raw.SetDeadline(time.Now().Add(echoTime))
	if _, err := raw.WriteTo(token[:], to); err != nil {
		return false
	}
	var buf [64]byte
	for {
		n, _, err := raw.ReadFrom(buf[:])
		if err != nil {
			return false
		}
		if bytes.Equal(buf[:n], token[:]) {
			return true
		}
	}
}
