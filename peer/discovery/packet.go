package discovery

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	minPacket      = 12   // a DNS header
	maxPacket      = 9000 // RFC 6762, section 17
	maxRecords     = 64   // questions and records of all sections of one packet
	maxHostAddrs   = 16   // addresses of one host in one packet
	maxLifetime    = 120 * time.Second
	minLifetime    = 10 * time.Second // so that a short TTL cannot make a peer flicker
	minPort        = 1024
	classMask      = 0x7fff // the top bit is "cache flush" in records, "unicast reply wanted" in questions
	classTop       = 0x8000
	headerResponse = 1 << 15
	headerOpcode   = 0xf << 11
	headerRcode    = 0xf
)

var errPacket = errors.New("not an mDNS packet we read")

// message is what a packet says that concerns us. All of it is a stranger's claim.
type message struct {
	query     bool
	id        uint16
	truncated bool           // more known answers follow in another packet
	questions []dns.Question // of a query
	known     []instance     // instances that the asker of a query knows well enough
	found     []found        // instances described completely
	goodbyes  []instance     // instances that take their leave
}

// found is one instance as a packet describes it.
type found struct {
	instance instance
	txt      txt
	port     uint16
	addrs    []netip.Addr // of its host, without zones
	lifetime time.Duration
}

// parse reads a packet. It looks at the size and the header before it decodes anything, at the records of our own kind
// only, and in answers only at instances that are described in one packet by SRV, TXT and addresses under their own name.
func parse(packet []byte) (m message, err error) {
	if err := checkHeader(packet); err != nil {
		return message{}, err
	}
	// The decoder is not ours and what it reads is hostile: a packet is never worth the program.
	defer func() {
		if r := recover(); r != nil {
			m, err = message{}, fmt.Errorf("%w: decoder failed: %v", errPacket, r)
		}
	}()
	var msg dns.Msg
	if err := msg.Unpack(packet); err != nil {
		return message{}, fmt.Errorf("%w: %w", errPacket, err)
	}
	if !msg.Response {
		return parseQuery(&msg), nil
	}
	return parseAnswer(&msg), nil
}

func checkHeader(packet []byte) error {
	if len(packet) < minPacket || len(packet) > maxPacket {
		return fmt.Errorf("%w: size", errPacket)
	}
	if binary.BigEndian.Uint16(packet[2:])&(headerOpcode|headerRcode) != 0 {
		return fmt.Errorf("%w: opcode or response code", errPacket)
	}
	records := 0
	for i := 4; i < minPacket; i += 2 {
		records += int(binary.BigEndian.Uint16(packet[i:]))
	}
	if records > maxRecords {
		return fmt.Errorf("%w: too many records", errPacket)
	}
	return nil
}

func parseQuery(msg *dns.Msg) message {
	m := message{query: true, id: msg.Id, truncated: msg.Truncated, questions: msg.Question}
	for _, rr := range msg.Answer {
		ptr, ok := rr.(*dns.PTR)
		if !ok || !isOurs(ptr.Hdr) || !strings.EqualFold(ptr.Hdr.Name, kindName) || lifetime(ptr.Hdr.Ttl) < maxLifetime/2 {
			continue
		}
		if in, ok := parseInstance(ptr.Ptr); ok {
			m.known = append(m.known, in)
		}
	}
	return m
}

// draft gathers what the records of a packet say about one instance.
type draft struct {
	port           uint16
	lifetime       time.Duration
	txt            txt
	hasSRV, hasTXT bool
	bad            bool
}

func parseAnswer(msg *dns.Msg) message {
	m := message{id: msg.Id}
	drafts := make(map[instance]*draft)
	var order []instance
	hosts := make(map[instance][]netip.Addr)
	about := func(name string) *draft {
		in, ok := parseInstance(name)
		if !ok {
			return &draft{}
		}
		if drafts[in] == nil {
			drafts[in] = &draft{lifetime: maxLifetime}
			order = append(order, in)
		}
		return drafts[in]
	}
	for _, rr := range append(msg.Answer, msg.Extra...) {
		hdr := rr.Header()
		if !isOurs(*hdr) {
			continue
		}
		switch rr := rr.(type) {
		case *dns.PTR:
			if in, ok := parseInstance(rr.Ptr); ok && hdr.Ttl == 0 && strings.EqualFold(hdr.Name, kindName) {
				m.goodbyes = append(m.goodbyes, in)
			}
		case *dns.SRV:
			d := about(hdr.Name)
			target, ok := parseHost(rr.Target)
			in, _ := parseInstance(hdr.Name)
			d.bad = d.bad || !ok || target != in || rr.Port < minPort || hdr.Ttl == 0
			d.port, d.lifetime, d.hasSRV = rr.Port, min(d.lifetime, lifetime(hdr.Ttl)), true
		case *dns.TXT:
			d := about(hdr.Name)
			t, err := parseTXT(rr.Txt)
			d.bad = d.bad || err != nil || hdr.Ttl == 0
			d.txt, d.lifetime, d.hasTXT = t, min(d.lifetime, lifetime(hdr.Ttl)), true
		case *dns.A:
			addHost(hosts, hdr, rr.A)
		case *dns.AAAA:
			addHost(hosts, hdr, rr.AAAA)
		}
	}
	for _, in := range order {
		d := drafts[in]
		if !d.hasSRV || !d.hasTXT || d.bad || instanceOf(in.peer, d.txt.device) != in {
			continue
		}
		m.found = append(m.found, found{instance: in, txt: d.txt, port: d.port, addrs: hosts[in], lifetime: d.lifetime})
	}
	return m
}

func addHost(hosts map[instance][]netip.Addr, hdr *dns.RR_Header, raw []byte) {
	in, ok := parseHost(hdr.Name)
	ip, valid := netip.AddrFromSlice(raw)
	if ok && valid && hdr.Ttl > 0 && len(hosts[in]) < maxHostAddrs {
		hosts[in] = append(hosts[in], ip.Unmap())
	}
}

func isOurs(hdr dns.RR_Header) bool { return hdr.Class&classMask == dns.ClassINET }

// lifetime is how long a record with this TTL (seconds) is believed.
func lifetime(ttl uint32) time.Duration {
	if ttl >= uint32(maxLifetime/time.Second) {
		return maxLifetime
	}
	return max(time.Duration(ttl)*time.Second, minLifetime)
}
