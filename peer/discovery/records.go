package discovery

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	recordTTL     = 120  // seconds
	legacyTTL     = 10   // seconds, for askers that are plain DNS (RFC 6762, section 6.7)
	maxOwnAddrs   = 8    // of one interface in one announcement
	dnsSDEnumTTL  = 4500 // seconds
	knownInPacket = 18   // known answers, of 76 bytes each, that fit a packet that is not cut into fragments
	maxListed     = 4 * knownInPacket
	maxNamed      = 12 // instances asked for by name in one packet
)

// records is what one interface announces: immutable, packed once.
type records struct {
	self     instance
	set      []dns.RR // PTR, SRV, TXT, A, AAAA; never handed out, packing writes to it
	announce []byte   // all of set, unasked or as multicast answer
	goodbye  []byte   // only the PTR: hashicorp's one-shot query takes any complete set for a live one, whatever its TTL
	kinds    []byte   // answer to "which kinds are there?"
}

// newRecords packs what a announces on an interface with these addresses. elsewhere are our addresses on others.
func newRecords(a Announcement, addrs, elsewhere []netip.Addr) (*records, error) {
	self := instanceOf(a.Peer, a.Device)
	r := &records{self: self}
	r.set = []dns.RR{
		&dns.PTR{Hdr: header(kindName, dns.TypePTR, dns.ClassINET), Ptr: self.name()},
		&dns.SRV{Hdr: header(self.name(), dns.TypeSRV, dns.ClassINET|classTop), Port: uint16(a.Port), Target: self.host()},
		&dns.TXT{Hdr: header(self.name(), dns.TypeTXT, dns.ClassINET|classTop), Txt: formatTXT(a, elsewhere)},
	}
	for _, ip := range addrs[:min(len(addrs), maxOwnAddrs)] {
		if ip.Is4() {
			r.set = append(r.set, &dns.A{Hdr: header(self.host(), dns.TypeA, dns.ClassINET|classTop), A: ip.AsSlice()})
		} else {
			r.set = append(r.set, &dns.AAAA{Hdr: header(self.host(), dns.TypeAAAA, dns.ClassINET|classTop), AAAA: ip.AsSlice()})
		}
	}
	var err error
	if r.announce, err = pack(r.copies()); err != nil {
		return nil, fmt.Errorf("pack announcement: %w", err)
	}
	bye := r.copies()[:1]
	bye[0].Header().Ttl = 0
	if r.goodbye, err = pack(bye); err != nil {
		return nil, fmt.Errorf("pack goodbye: %w", err)
	}
	if r.kinds, err = pack(kindsAnswer()); err != nil {
		return nil, fmt.Errorf("pack kinds: %w", err)
	}
	return r, nil
}

func header(name string, rrtype, class uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: class, Ttl: recordTTL}
}

func kindsAnswer() []dns.RR {
	hdr := header(kindsName, dns.TypePTR, dns.ClassINET)
	hdr.Ttl = dnsSDEnumTTL
	return []dns.RR{&dns.PTR{Hdr: hdr, Ptr: kindName}}
}

func pack(answer []dns.RR) ([]byte, error) {
	m := dns.Msg{Compress: true, Answer: answer}
	m.Response, m.Authoritative = true, true
	return m.Pack()
}

// copies returns the set for one packing.
func (r *records) copies() []dns.RR {
	out := make([]dns.RR, len(r.set))
	for i, rr := range r.set {
		out[i] = dns.Copy(rr)
	}
	return out
}

// plain is copies without the cache-flush bit, as unicast answers want it.
func (r *records) plain(ttl uint32) []dns.RR {
	out := r.copies()
	for _, rr := range out {
		rr.Header().Class &= classMask
		rr.Header().Ttl = min(rr.Header().Ttl, ttl)
	}
	return out
}

// subject is what a question asks us for.
type subject int

const (
	nothing  subject = iota
	everyone         // all instances: a known answer may silence us
	us               // our own names
	kinds            // which kinds of instances there are
)

// subject tells what q asks us for.
func (r *records) subject(q dns.Question) subject {
	if class := q.Qclass & classMask; class != dns.ClassINET && class != dns.ClassANY {
		return nothing
	}
	wants := func(types ...uint16) bool {
		for _, t := range append(types, dns.TypeANY) {
			if q.Qtype == t {
				return true
			}
		}
		return false
	}
	switch {
	case strings.EqualFold(q.Name, kindName) && wants(dns.TypePTR):
		return everyone
	case strings.EqualFold(q.Name, kindsName) && wants(dns.TypePTR):
		return kinds
	case strings.EqualFold(q.Name, r.self.name()) && wants(dns.TypeSRV, dns.TypeTXT):
		return us
	case strings.EqualFold(q.Name, r.self.host()) && wants(dns.TypeA, dns.TypeAAAA):
		return us
	}
	return nothing
}

// legacy packs the answer to a plain DNS question: with its id and the question, a short TTL and no cache-flush bit.
func (r *records) legacy(id uint16, q dns.Question) ([]byte, error) {
	m := dns.Msg{Compress: true, Question: []dns.Question{q}}
	m.Id, m.Response, m.Authoritative = id, true, true
	m.Answer = r.plain(legacyTTL)
	if r.subject(q) == kinds {
		m.Answer = kindsAnswer()
		m.Answer[0].Header().Ttl = legacyTTL
	}
	return m.Pack()
}

// knownAnswer is an instance that need not answer a query, and for how long we would still believe it.
type knownAnswer struct {
	instance instance
	left     time.Duration
}

// packQuery asks for all instances on the link except those that are known, whose list may take several packets. Where
// the list would be longer than maxListed, answers, which all can hear, cost less: only its beginning goes along. Nobody
// minds the id but who asks.
func packQuery(id uint16, known []knownAnswer) (packets [][]byte, err error) {
	if len(known) > maxListed {
		known = known[:knownInPacket]
	}
	m := dns.Msg{Compress: true, Question: []dns.Question{{Name: kindName, Qtype: dns.TypePTR, Qclass: dns.ClassINET}}}
	m.Id = id
	for first := true; first || len(known) > 0; first = false {
		n := min(len(known), knownInPacket)
		m.Answer = nil
		for _, k := range known[:n] {
			hdr := header(kindName, dns.TypePTR, dns.ClassINET)
			hdr.Ttl = uint32(k.left / time.Second)
			m.Answer = append(m.Answer, &dns.PTR{Hdr: hdr, Ptr: k.instance.name()})
		}
		known = known[n:]
		m.Truncated = len(known) > 0
		packet, err := m.Pack()
		if err != nil {
			return nil, err
		}
		packets = append(packets, packet)
		m.Question = nil
	}
	return packets, nil
}

// packNamed asks for at most maxNamed instances.
func packNamed(id uint16, wanted []instance) ([]byte, error) {
	m := dns.Msg{Compress: true}
	m.Id = id
	for _, in := range wanted[:min(len(wanted), maxNamed)] {
		m.Question = append(m.Question, dns.Question{Name: in.name(), Qtype: dns.TypeSRV, Qclass: dns.ClassINET})
	}
	return m.Pack()
}

// asksForEveryone reports whether q is the question that packQuery asks.
func asksForEveryone(q dns.Question) bool {
	return strings.EqualFold(q.Name, kindName) && (q.Qtype == dns.TypePTR || q.Qtype == dns.TypeANY)
}

// asksFor returns the instance that q asks for as packNamed does.
func asksFor(q dns.Question) (instance, bool) {
	if q.Qtype != dns.TypeSRV && q.Qtype != dns.TypeANY {
		return instance{}, false
	}
	return parseInstance(q.Name)
}
